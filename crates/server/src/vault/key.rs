//! A master key, and the keys that are derived from it: HKDF with SHA-256 (RFC 5869), one block.

use data_encoding::{BASE64_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use ring::hmac::{self, HMAC_SHA256};
use secrecy::{ExposeSecret, SecretSlice};

/// Length of a master key, in bytes.
pub const LENGTH: usize = 32;

/// Fewer different bytes than this among 32 are no chance: one random key in 10^15 has so few.
const LEAST_DIFFERENT: usize = 16;

/// The salt of the derivation: keys for other programs come out different.
const SALT: &[u8] = b"PAKE vault 1";

/// A key from which all others come.
pub struct MasterKey {
    /// What HKDF calls the pseudorandom key.
    root: hmac::Key,
    id: String,
}

/// Why a text is no master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// It is not written in a way that is read here.
    #[error("is no key: give 32 random bytes in base64 or hexadecimal, as `openssl rand -base64 32` makes them")]
    Unreadable,
    /// It is too short or too long.
    #[error("is no key: it has {0} bytes instead of 32; `openssl rand -base64 32` makes one")]
    Length(usize),
    /// Nobody drew it.
    #[error("can be guessed: it repeats the same few bytes; `openssl rand -base64 32` makes a random one")]
    Guessable,
}

impl MasterKey {
    /// Reads a key: 32 bytes in base64 (either alphabet, padded or not) or as hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let bytes = SecretSlice::from(decode(text.trim()).ok_or(InvalidKey::Unreadable)?);
        Self::of(bytes.expose_secret())
    }

    /// The key of these bytes.
    pub fn of(bytes: &[u8]) -> Result<Self, InvalidKey> {
        if bytes.len() != LENGTH {
            return Err(InvalidKey::Length(bytes.len()));
        }
        let mut seen = [false; 256];
        for &byte in bytes {
            seen[usize::from(byte)] = true;
        }
        if seen.into_iter().filter(|&seen| seen).count() < LEAST_DIFFERENT {
            return Err(InvalidKey::Guessable);
        }
        let salt = hmac::Key::new(HMAC_SHA256, SALT);
        let root = hmac::Key::new(HMAC_SHA256, hmac::sign(&salt, bytes).as_ref());
        let id = HEXLOWER.encode(&expand(&root, "id", "").as_ref()[..8]);
        Ok(Self { root, id })
    }

    /// Its name: 16 hexadecimal digits that tell nothing about the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The bytes of the key for a use and a purpose.
    pub fn derive_bytes(&self, usage: &str, purpose: &str) -> impl AsRef<[u8]> {
        expand(&self.root, usage, purpose)
    }

    /// The key for a use and a purpose, to sign with.
    pub fn derive(&self, usage: &str, purpose: &str) -> hmac::Key {
        hmac::Key::new(HMAC_SHA256, expand(&self.root, usage, purpose).as_ref())
    }
}

/// The first block of HKDF's second step. A block is as long as what is needed, so there is never a second one.
fn expand(root: &hmac::Key, usage: &str, purpose: &str) -> hmac::Tag {
    let mut context = hmac::Context::with_key(root);
    // No use has a colon in its name: no two pairs give the same.
    for part in [usage.as_bytes(), b":", purpose.as_bytes(), &[1]] {
        context.update(part);
    }
    context.sign()
}

/// The bytes that are written here. Base64 of a random key has other characters than hexadecimal digits.
fn decode(text: &str) -> Option<Vec<u8>> {
    let alphabet = |byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    };
    let decoded = if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        HEXLOWER_PERMISSIVE.decode(text.as_bytes())
    } else {
        let standard: Vec<u8> = text.trim_end_matches('=').bytes().map(alphabet).collect();
        BASE64_NOPAD.decode(SecretSlice::from(standard).expose_secret())
    };
    decoded.ok().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use ring::hkdf::{HKDF_SHA256, Salt};

    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

    fn bytes() -> Vec<u8> {
        HEXLOWER.decode(HEX.as_bytes()).unwrap()
    }

    #[test]
    fn a_key_is_read_in_every_usual_writing() {
        let id = MasterKey::of(&bytes()).unwrap().id().to_owned();
        for text in [
            HEX.to_owned(),
            HEX.to_uppercase(),
            data_encoding::BASE64.encode(&bytes()),
            data_encoding::BASE64URL.encode(&bytes()),
            data_encoding::BASE64URL_NOPAD.encode(&bytes()),
            format!("  {HEX}\r\n"),
        ] {
            assert_eq!(MasterKey::parse(&text).unwrap().id(), id, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_what_to_do() {
        let problem = |text: &str| MasterKey::parse(text).err().unwrap();
        for text in ["", "correct horse battery staple", "====", "ключ"] {
            assert_eq!(problem(text), InvalidKey::Unreadable, "{text}");
        }
        assert_eq!(problem("c2hvcnQ="), InvalidKey::Length(5));
        assert_eq!(problem(&HEX[..62]), InvalidKey::Length(31));
        assert_eq!(problem(&"00".repeat(32)), InvalidKey::Guessable);
        assert_eq!(problem(&data_encoding::BASE64.encode(&b"changeme".repeat(4))), InvalidKey::Guessable);
        for problem in [InvalidKey::Unreadable, InvalidKey::Length(5), InvalidKey::Guessable] {
            assert!(problem.to_string().contains("openssl rand -base64 32"));
        }
    }

    #[test]
    fn keys_are_derived_as_hkdf_does() {
        let root = Salt::new(HKDF_SHA256, SALT).extract(&bytes());
        let mut expected = [0; 32];
        root.expand(&[b"seal:", b"row"], HKDF_SHA256).unwrap().fill(&mut expected).unwrap();
        assert_eq!(MasterKey::of(&bytes()).unwrap().derive_bytes("seal", "row").as_ref(), expected);
    }

    #[test]
    fn each_purpose_and_each_use_has_a_key_of_its_own() {
        let key = MasterKey::of(&bytes()).unwrap();
        let of = |usage, purpose| key.derive_bytes(usage, purpose).as_ref().to_vec();
        let all = [of("seal", "a"), of("seal", "b"), of("sign", "a"), of("sign", ""), of("id", "")];
        for (index, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 32);
            assert!(!all[index + 1..].contains(one));
        }
        assert_eq!(of("seal", "a"), of("seal", "a"));
    }
}
