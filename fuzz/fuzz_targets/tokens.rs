//! What is shown to prove who one is: access tokens, secrets that are kept as a hash, sealed texts. Nothing that somebody makes up
//! is taken for one of ours, and what is ours stops being so with any change.
#![no_main]

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;
use server::{
    bearer_token,
    signer::{ACCESS, Claims, ISSUER, Key, Signer},
    vault::{Place, Vault, VaultOptions},
};
use uuid::Uuid;

const PLACE: Place<'_> = Place { purpose: "fuzzing", row: "1" };

/// What the real ones are made with.
struct Ours {
    signer: Signer,
    access: String,
    vault: Vault,
    sealed: String,
    refresh: String,
}

static OURS: LazyLock<Ours> = LazyLock::new(|| {
    let signer = Signer::default();
    signer.use_keys(vec![Key::new(&[7; 32], now(), false).expect("a key")]);
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: Uuid::nil(),
        username: "ada".to_owned(),
        sid: Uuid::nil(),
        jti: Uuid::nil(),
        iat: now().timestamp(),
        exp: now().timestamp() + 900,
        kind: ACCESS.to_owned(),
        is_admin: false,
    };
    let access = signer.sign(&claims).expect("a token");
    let options = VaultOptions {
        master_key: Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".into()),
        previous_master_keys: Vec::new(),
        key_file: "/nowhere".into(),
    };
    let vault = Vault::open(&options).expect("a vault");
    let sealed = vault.seal(PLACE, b"swordfish").expect("a sealed text");
    let refresh = bearer_token::new(bearer_token::Kind::Refresh).expect("a token").expose_secret().to_owned();
    Ours { signer, access, vault, sealed, refresh }
});

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
}

/// One of ours with a piece of it replaced: the first two bytes say where, the third how much.
fn altered(ours: &str, bytes: &[u8]) -> Option<String> {
    let (&[high, low, length], piece) = bytes.split_first_chunk()?;
    let piece = std::str::from_utf8(piece).ok()?;
    let at = usize::from(u16::from_be_bytes([high, low])) % ours.len();
    let end = (at + usize::from(length)).min(ours.len());
    let text = format!("{}{piece}{}", &ours[..at], &ours[end..]);
    (text != ours).then_some(text)
}

fuzz_target!(|bytes: &[u8]| {
    let Ours { signer, access, vault, sealed, refresh } = &*OURS;
    let made_up = std::str::from_utf8(bytes).ok().map(str::to_owned);
    for text in made_up.iter().chain(&altered(access, bytes)) {
        assert!(text == access || signer.verify(text, now()).is_err(), "{text}");
    }
    for text in made_up.iter().chain(&altered(sealed, bytes)) {
        assert!(text == sealed || vault.unseal(PLACE, text).is_err(), "{text}");
    }
    // A checksum, not a signature: it tells what was mistyped, and must read in one way only.
    for text in made_up.iter().chain(&altered(refresh, bytes)) {
        if let Some(kind) = bearer_token::kind_of(text) {
            assert!(text.is_ascii() && text.len() == refresh.len(), "{kind:?} {text}");
        }
    }
});
