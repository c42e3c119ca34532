//! Access tokens: JWT (RFC 7519) signed with Ed25519 (RFC 8037), good for minutes, each naming the key that signed it.
//!
//! A token says who it is for; whether they may still come in is asked of the database each time (`sessions.rs`).

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// What stands before the seed in a private key of RFC 8410 §7.
const PKCS8_START: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// Length of a seed, in bytes.
pub const SEED_LENGTH: usize = 32;
/// How far the clocks of two replicas may differ.
const LEEWAY: TimeDelta = TimeDelta::seconds(5);
/// Longest token that is looked at, in bytes.
const LONGEST: usize = 4_096;

/// What a token says; names as in compat.md §4.4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who signed it.
    pub iss: String,
    /// The person.
    pub sub: Uuid,
    /// The person's name for signing in.
    pub username: String,
    /// The session.
    pub sid: Uuid,
    /// Names the token.
    pub jti: Uuid,
    /// Seconds since 1970 at which it was made.
    pub iat: i64,
    /// Seconds since 1970 at which it is over.
    pub exp: i64,
    /// `access`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the person governs the workspace or all of PAKE.
    pub is_admin: bool,
}

/// Who signs the tokens of PAKE.
pub const ISSUER: &str = "pake";
/// The kind of a token that lets its bearer in.
pub const ACCESS: &str = "access";

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no token of ours, or was altered.
    #[error("the access token is not valid")]
    Invalid,
    /// It was signed with a key that is not known here (yet).
    #[error("the access token is not valid")]
    UnknownKey,
    /// Its time is over.
    #[error("the access token has expired; get a new one at /api/v1/auth/refresh")]
    Expired,
}

/// The seed is no seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing key is damaged")]
pub struct InvalidSeed;

/// A key as it is kept: the newest that is not retired signs, all verify.
pub struct Key {
    id: String,
    public: String,
    sign: EncodingKey,
    verify: DecodingKey,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether it only verifies.
    pub is_retired: bool,
}

impl Key {
    /// The key that comes of these random bytes.
    pub fn new(seed: &[u8], created_at: DateTime<Utc>, is_retired: bool) -> Result<Self, InvalidSeed> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| InvalidSeed)?;
        let public = BASE64URL_NOPAD.encode(pair.public_key().as_ref());
        let verify = DecodingKey::from_ed_components(&public).map_err(|_| InvalidSeed)?;
        let sign = EncodingKey::from_ed_der(&[&PKCS8_START, seed].concat());
        Ok(Self { id: thumbprint(&public), public, sign, verify, created_at, is_retired })
    }

    /// Names it: its thumbprint (RFC 7638).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half, as `x` of RFC 8037.
    pub fn public(&self) -> &str {
        &self.public
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("id", &self.id).field("is_retired", &self.is_retired).finish_non_exhaustive()
    }
}

/// RFC 7638 with the members of RFC 8037 appendix A.3.
fn thumbprint(public: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    BASE64URL_NOPAD.encode(ring::digest::digest(&ring::digest::SHA256, members.as_bytes()).as_ref())
}

/// Signs and verifies access tokens.
#[derive(Debug, Default)]
pub struct Signer(RwLock<Arc<Vec<Key>>>);

impl Signer {
    /// Takes these keys instead of those that it has.
    pub fn use_keys(&self, mut keys: Vec<Key>) {
        keys.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn keys(&self) -> Arc<Vec<Key>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// When the key that signs was made; nothing when there is none.
    pub fn newest(&self) -> Option<DateTime<Utc>> {
        self.keys().iter().rev().find(|key| !key.is_retired).map(|key| key.created_at)
    }

    /// The token that says this. Nothing when there is no key to sign with.
    pub fn sign(&self, claims: &Claims) -> Option<String> {
        let keys = self.keys();
        let key = keys.iter().rev().find(|key| !key.is_retired)?;
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &key.sign).ok()
    }

    /// What a token says, when it is to be believed.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, Refusal> {
        if token.len() > LONGEST {
            return Err(Refusal::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Invalid)?;
        let id = header.kid.filter(|_| header.alg == Algorithm::EdDSA).ok_or(Refusal::Invalid)?;
        let keys = self.keys();
        let key = keys.iter().find(|key| key.id == id).ok_or(Refusal::UnknownKey)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        // Time is passed in, and there is no audience but us.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let claims: Claims =
            jsonwebtoken::decode(token, &key.verify, &validation).map_err(|_| Refusal::Invalid)?.claims;
        if claims.kind != ACCESS {
            return Err(Refusal::Invalid);
        }
        if claims.exp < (now - LEEWAY).timestamp() {
            return Err(Refusal::Expired);
        }
        Ok(claims)
    }

    /// The public halves of all keys (RFC 7517).
    pub fn jwks(&self) -> Value {
        let keys = self.keys();
        let key = |key: &Key| json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.id, "x": key.public });
        json!({ "keys": keys.iter().map(key).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap()
    }

    fn key(number: u8, is_retired: bool) -> Key {
        Key::new(&[number; SEED_LENGTH], noon() + TimeDelta::days(number.into()), is_retired).unwrap()
    }

    fn signer(keys: Vec<Key>) -> Signer {
        let signer = Signer::default();
        signer.use_keys(keys);
        signer
    }

    fn claims() -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            sub: Uuid::from_u128(1),
            username: "ada".to_owned(),
            sid: Uuid::from_u128(2),
            jti: Uuid::from_u128(3),
            iat: noon().timestamp(),
            exp: noon().timestamp() + 900,
            kind: ACCESS.to_owned(),
            is_admin: false,
        }
    }

    #[test]
    fn the_key_of_rfc_8037_has_its_public_half_and_its_thumbprint() {
        let seed = BASE64URL_NOPAD.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = Key::new(&seed, noon(), false).unwrap();
        assert_eq!(key.public, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert!(Key::new(&seed[1..], noon(), false).is_err());
    }

    #[test]
    fn what_is_signed_is_believed_until_its_time_is_over() {
        let signer = signer(vec![key(1, false)]);
        let token = signer.sign(&claims()).unwrap();
        assert_eq!(signer.verify(&token, noon()), Ok(claims()));
        assert_eq!(signer.verify(&token, noon() + TimeDelta::seconds(900)), Ok(claims()));
        assert_eq!(signer.verify(&token, noon() + TimeDelta::seconds(906)), Err(Refusal::Expired));
    }

    #[test]
    fn the_newest_key_signs_and_older_ones_still_verify() {
        let old = signer(vec![key(1, false)]).sign(&claims()).unwrap();
        let both = signer(vec![key(2, false), key(1, true)]);
        assert_eq!(both.verify(&old, noon()), Ok(claims()));
        let new = both.sign(&claims()).unwrap();
        assert_eq!(signer(vec![key(1, false)]).verify(&new, noon()), Err(Refusal::UnknownKey));
        assert_eq!(both.newest(), Some(noon() + TimeDelta::days(2)));
        assert_eq!(both.jwks()["keys"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn nothing_is_believed_that_was_altered_or_is_signed_in_another_way() {
        let signer = signer(vec![key(1, false)]);
        let token = signer.sign(&claims()).unwrap();
        let [head, body, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
        let forged = BASE64URL_NOPAD.encode(&serde_json::to_vec(&Claims { is_admin: true, ..claims() }).unwrap());
        let shared = format!(r#"{{"alg":"HS256","kid":"{}"}}"#, key(1, false).id);
        // A public key must not serve as a shared secret.
        let header = Header { kid: Some(key(1, false).id), ..Header::new(Algorithm::HS256) };
        let public = BASE64URL_NOPAD.decode(key(1, false).public.as_bytes()).unwrap();
        let confused = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(&public)).unwrap();
        for bad in [
            String::new(),
            "..".to_owned(),
            format!("{none}.{body}."),
            format!("{head}.{forged}.{signature}"),
            format!("{head}.{body}."),
            format!("{}.{body}.{signature}", BASE64URL_NOPAD.encode(shared.as_bytes())),
            confused,
            format!("{token}{}", "x".repeat(LONGEST)),
            "\u{0}.\u{202e}.é".to_owned(),
        ] {
            assert_eq!(signer.verify(&bad, noon()), Err(Refusal::Invalid), "{bad}");
        }
        for other in [Claims { kind: "refresh".to_owned(), ..claims() }, Claims { iss: "x".to_owned(), ..claims() }] {
            assert_eq!(signer.verify(&signer.sign(&other).unwrap(), noon()), Err(Refusal::Invalid));
        }
    }

    #[test]
    fn without_a_key_nothing_is_signed_and_debug_shows_no_secret() {
        assert_eq!(signer(Vec::new()).sign(&claims()), None);
        assert_eq!(signer(vec![key(1, true)]).sign(&claims()), None);
        let shown = format!("{:?}", signer(vec![key(1, false)]));
        assert!(shown.contains("is_retired") && !shown.contains("sign:"), "{shown}");
    }
}
