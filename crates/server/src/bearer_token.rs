//! Secrets that are shown once and kept as a hash: refresh tokens, API tokens, links.
//!
//! `pake_<kind>_<43 letters of chance><checksum>`: the beginning lets scanners for leaked secrets find one, the checksum
//! lets them, and us, tell a mistyped one without a look into the database.

use data_encoding::BASE64URL_NOPAD;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The next access token.
    Refresh,
    /// A program's access.
    Api,
    /// A device that was signed in from before.
    Device,
    /// A link: an invitation, a password set anew, the first account.
    Link,
    /// A sign-in that is begun and not yet finished.
    Step,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Refresh, Self::Api, Self::Device, Self::Link, Self::Step];

    /// How its secrets begin.
    const fn start(self) -> &'static str {
        match self {
            Self::Refresh => "pake_rt_",
            Self::Api => "pake_at_",
            Self::Device => "pake_dv_",
            Self::Link => "pake_ln_",
            Self::Step => "pake_st_",
        }
    }
}

/// Random bytes in a secret: 256 bits cannot be guessed, so that a quick hash is enough to keep them.
const CHANCE: usize = 32;
/// Bytes of the checksum.
const CHECK: usize = 4;

/// A new secret.
pub fn new(kind: Kind) -> Result<SecretString> {
    let mut body = [0; CHANCE + CHECK];
    SystemRandom::new().fill(&mut body[..CHANCE]).map_err(|_| Error::internal("the system gives no random numbers"))?;
    let check = crc32fast::hash(&body[..CHANCE]).to_be_bytes();
    body[CHANCE..].copy_from_slice(&check);
    Ok(format!("{}{}", kind.start(), BASE64URL_NOPAD.encode(&body)).into())
}

/// Which kind of secret this is, when it is one as [`new`] makes them.
pub fn kind_of(secret: &str) -> Option<Kind> {
    let kind = Kind::ALL.into_iter().find(|kind| secret.starts_with(kind.start()))?;
    let body = BASE64URL_NOPAD.decode(secret.get(kind.start().len()..)?.as_bytes()).ok()?;
    let (chance, check) = body.split_at_checked(CHANCE)?;
    (check == crc32fast::hash(chance).to_be_bytes()).then_some(kind)
}

/// What is kept of a secret.
pub fn hash(secret: &SecretString) -> String {
    blake3::hash(secret.expose_secret().as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_another_and_says_what_it_is_for() {
        for kind in Kind::ALL {
            let (one, other) = (new(kind).unwrap(), new(kind).unwrap());
            assert_ne!(one.expose_secret(), other.expose_secret());
            assert_ne!(hash(&one), hash(&other));
            assert_eq!(kind_of(one.expose_secret()), Some(kind));
        }
    }

    #[test]
    fn a_mistyped_one_is_none() {
        let secret = new(Kind::Api).unwrap();
        let secret = secret.expose_secret();
        let mut mistyped = secret.to_owned();
        let last = mistyped.pop().unwrap();
        for bad in [mistyped.as_str(), &secret[5..], &format!("{secret}A"), "pake_at_", "pake_at_é", "", "\0"] {
            assert_eq!(kind_of(bad), None, "{bad}");
        }
        mistyped.push(last);
        assert_eq!(kind_of(&mistyped), Some(Kind::Api));
        assert_eq!(kind_of(&secret.replace("pake_at_", "pake_xx_")), None);
    }
}
