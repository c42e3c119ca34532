//! Secrets at rest: sealed with a master key, each bound to the place where it is kept.
//!
//! A sealed text is `v1.<id of the master key>.<nonce, ciphertext and tag>`. The id tells which key opens it, so that a
//! new key seals while older ones still open. The place (what it is for, and which row it belongs to) is authenticated
//! but not part of the text: what is moved to another row or another column does not open there.
//!
//! A file may hold several keys: the first one seals. One that is needed and not known is looked for in the file once more:
//! another process may have written a new one since (`pake secrets rotate`).
//!
//! Master keys are never used as they are: a key for each purpose is derived from them ([`key`](self::key)).

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use data_encoding::BASE64URL_NOPAD;
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretSlice, SecretString};

mod file;
mod key;
#[cfg(test)]
mod tests;

use self::key::MasterKey;
pub use self::{file::KeyFileError, key::InvalidKey};

/// Version of the sealed text.
const VERSION: &str = "v1";

/// Where the master keys come from.
#[derive(Debug, Clone)]
pub struct VaultOptions {
    /// The key that seals; without it the one in `key_file` does.
    pub master_key: Option<SecretString>,
    /// Keys that only open what was sealed with them.
    pub previous_master_keys: Vec<SecretString>,
    /// The file of the key when none is given; it is made when it is not there.
    pub key_file: PathBuf,
}

/// Where a secret is kept: a sealed one opens at its own place only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// What it is for: `one-time password`, `signing key`. Each purpose has a key of its own.
    pub purpose: &'a str,
    /// The id of the row that it belongs to.
    pub row: &'a str,
}

/// Seals and opens.
pub struct Vault {
    keys: RwLock<Arc<Keys>>,
    /// Older keys that are set.
    previous: Vec<Arc<MasterKey>>,
    /// The file of the keys, when none is set.
    file: Option<PathBuf>,
    random: SystemRandom,
}

/// The keys: the first one seals, each of them opens.
type Keys = Vec<Arc<MasterKey>>;

/// Why the master keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// One that is set is no key.
    #[error("{setting}: {problem}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        problem: InvalidKey,
    },
    /// The file of the key cannot be used.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// There is no file to write a new key into.
    #[error(
        "the master key is a setting: give a new one (`openssl rand -base64 32`) as secrets.master_key and the one of now \
         among secrets.previous_master_keys, start every process anew, and run this again without a new key"
    )]
    IsSet,
}

/// The system gave no random numbers.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct SealError;

/// Why a sealed text does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// It was never sealed, or is cut off.
    #[error("this is no sealed text")]
    Malformed,
    /// None of the keys has its id.
    #[error(
        "it was sealed with the master key {key}, which is neither the current one nor among secrets.previous_master_keys"
    )]
    UnknownKey {
        /// The id of the key that it needs.
        key: String,
    },
    /// It was sealed for another place, or was altered.
    #[error("it was altered, or sealed for another place")]
    Refused,
}

/// Why a sealed text is not sealed anew.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResealError {
    /// It does not open.
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// It cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Parses a master key and says what is wrong with it.
pub fn check_key(text: &SecretString) -> Result<(), InvalidKey> {
    MasterKey::parse(text.expose_secret()).map(|_| ())
}

impl Vault {
    /// The vault with these keys. Without a key that is set, the file is read, or made by whoever comes first.
    pub fn open(options: &VaultOptions) -> Result<Self, VaultError> {
        let parse = |setting, text: &SecretString| {
            MasterKey::parse(text.expose_secret()).map_err(|problem| VaultError::Setting { setting, problem })
        };
        let random = SystemRandom::new();
        let (own, file) = match &options.master_key {
            Some(text) => (vec![parse("secrets.master_key", text)?], None),
            None => (file::read_or_make(&options.key_file, &random)?, Some(options.key_file.clone())),
        };
        let previous = options.previous_master_keys.iter().map(|text| parse("secrets.previous_master_keys", text));
        let previous = previous.map(|key| key.map(Arc::new)).collect::<Result<Keys, _>>()?;
        let keys = RwLock::new(together(own, &previous));
        Ok(Self { keys, previous, file, random })
    }

    /// The id of the key that seals: two processes that share a database must have the same.
    pub fn key_id(&self) -> String {
        self.current().id().to_owned()
    }

    /// The ids of the keys that only open.
    pub fn older_key_ids(&self) -> Vec<String> {
        self.keys().iter().skip(1).map(|key| key.id().to_owned()).collect()
    }

    /// Draws a new key that seals from now on, and writes it into the file before the others.
    pub fn draw_key(&self) -> Result<(), VaultError> {
        let file = self.file.as_ref().ok_or(VaultError::IsSet)?;
        file::add(file, &self.random)?;
        Ok(self.read_again()?)
    }

    /// Takes all keys but the one that seals out of the file: what was sealed with them opens no more.
    pub fn forget_older_keys(&self) -> Result<(), VaultError> {
        let file = self.file.as_ref().ok_or(VaultError::IsSet)?;
        file::keep_first(file)?;
        Ok(self.read_again()?)
    }

    fn read_again(&self) -> Result<(), KeyFileError> {
        if let Some(file) = &self.file {
            let keys = together(file::read(file)?, &self.previous);
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        }
        Ok(())
    }

    /// Seals a secret for its place; the text is ASCII.
    pub fn seal(&self, place: Place<'_>, secret: &[u8]) -> Result<String, SealError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|Unspecified| SealError)?;
        let key = self.current();
        let id = key.id();
        // The secret must fit, for the buffer not to leave copies of it behind when it grows.
        let mut body = Vec::with_capacity(NONCE_LEN + secret.len() + CHACHA20_POLY1305.tag_len());
        body.extend_from_slice(&nonce);
        body.extend_from_slice(secret);
        let cipher = cipher(&key, place).map_err(|Unspecified| SealError)?;
        let (_, text) = body.split_at_mut(NONCE_LEN);
        let tag = cipher
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), bound_to(id, place), text)
            .map_err(|Unspecified| SealError)?;
        body.extend_from_slice(tag.as_ref());
        Ok(format!("{VERSION}.{id}.{}", BASE64URL_NOPAD.encode(&body)))
    }

    /// Opens what was sealed for this place.
    pub fn unseal(&self, place: Place<'_>, sealed: &str) -> Result<SecretSlice<u8>, UnsealError> {
        let (id, body) = parts(sealed).ok_or(UnsealError::Malformed)?;
        let key = self.key(id).ok_or_else(|| UnsealError::UnknownKey { key: id.to_owned() })?;
        let mut body = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| UnsealError::Malformed)?;
        let (nonce, text) = body.split_first_chunk_mut::<NONCE_LEN>().ok_or(UnsealError::Malformed)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let cipher = cipher(&key, place).map_err(|Unspecified| UnsealError::Refused)?;
        let secret =
            cipher.open_in_place(nonce, bound_to(id, place), text).map_err(|Unspecified| UnsealError::Refused)?;
        let length = secret.len();
        body.drain(..NONCE_LEN);
        body.truncate(length);
        Ok(SecretSlice::from(body))
    }

    /// Whether it is sealed with another key than the current one.
    pub fn is_outdated(&self, sealed: &str) -> bool {
        parts(sealed).is_none_or(|(id, _)| id != self.current().id())
    }

    /// The same secret, sealed with the current key; nothing when it is already.
    pub fn reseal(&self, place: Place<'_>, sealed: &str) -> Result<Option<String>, ResealError> {
        if !self.is_outdated(sealed) {
            return Ok(None);
        }
        let secret = self.unseal(place, sealed)?;
        Ok(Some(self.seal(place, secret.expose_secret())?))
    }

    /// Signs and verifies for one purpose.
    pub fn key_for(&self, purpose: &str) -> Signer {
        Signer { keys: self.keys().iter().map(|key| key.derive("sign", purpose)).collect() }
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The one that seals. There is always one: a file without any is refused.
    fn current(&self) -> Arc<MasterKey> {
        Arc::clone(&self.keys()[0])
    }

    /// The key with this id; the file is read once more when it is not known.
    fn key(&self, id: &str) -> Option<Arc<MasterKey>> {
        let find = || self.keys().iter().find(|key| key.id() == id).cloned();
        find().or_else(|| {
            self.read_again()
                .inspect_err(|error| tracing::warn!(%error, "the file of the master key cannot be read again"))
                .ok()?;
            find()
        })
    }
}

/// The keys of the process, those that are set as older ones behind them.
fn together(own: Vec<MasterKey>, previous: &Keys) -> Arc<Keys> {
    Arc::new(own.into_iter().map(Arc::new).chain(previous.iter().cloned()).collect())
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("current", &self.key_id())
            .field("older", &self.older_key_ids())
            .finish_non_exhaustive()
    }
}

/// Signs what goes out and comes back (HMAC with SHA-256), for one purpose: what was signed for another is no good.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The current one first.
    keys: Vec<hmac::Key>,
}

impl Signer {
    /// With this key alone, of 32 random bytes.
    pub fn of(key: &[u8]) -> Self {
        Self { keys: vec![hmac::Key::new(hmac::HMAC_SHA256, key)] }
    }

    /// The signature of a message: 32 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        let mut signature = [0; 32];
        if let Some(key) = self.keys.first() {
            signature.copy_from_slice(hmac::sign(key, message).as_ref());
        }
        signature
    }

    /// Whether it was signed here, with the current key or an older one. Takes the same time for every wrong one.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.keys.iter().any(|key| hmac::verify(key, message, signature).is_ok())
    }
}

/// The id of the key and what comes after it.
fn parts(sealed: &str) -> Option<(&str, &str)> {
    sealed.strip_prefix(VERSION)?.strip_prefix('.')?.split_once('.')
}

fn cipher(key: &MasterKey, place: Place<'_>) -> Result<LessSafeKey, Unspecified> {
    let key = key.derive_bytes("seal", place.purpose);
    UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).map(LessSafeKey::new)
}

/// What is authenticated along with the secret. The purpose comes with its length, so that no two places give the same.
fn bound_to(id: &str, Place { purpose, row }: Place<'_>) -> Aad<Vec<u8>> {
    let mut bound = format!("{VERSION}.{id}.{}.", purpose.len()).into_bytes();
    bound.extend_from_slice(purpose.as_bytes());
    bound.extend_from_slice(row.as_bytes());
    Aad::from(bound)
}
