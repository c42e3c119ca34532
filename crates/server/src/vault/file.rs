//! The file of the master key: made once, whole or not at all, and readable by its owner only.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use data_encoding::BASE64;
use ring::rand::SecureRandom;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretSlice, SecretString};

use super::key::{InvalidKey, LENGTH, MasterKey};

/// No key takes more than this, in bytes; what is longer is another file.
const MOST_BYTES: u64 = 1024;

/// Why the file of the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read.
    #[error("the master key {}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be made.
    #[error(
        "the master key {}: cannot be made: {source}; make its directory writable, or give a key with secrets.master_key",
        path.display()
    )]
    Make {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others may read it.
    #[error(
        "the master key {path}: others than its owner may read or change it (mode {mode:04o}); `chmod 600 {path}` ends \
         that; when somebody may have read it, give a new key and name this one in secrets.previous_master_keys",
        path = path.display()
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// What is in it is no key.
    #[error(
        "the master key {}: {problem}. It is damaged or cut off: put it back from a backup. Only if nothing was ever \
         sealed with it, delete it, and a new one is made",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: InvalidKey,
    },
}

/// Reads the key, or makes it when there is none. Of several processes that make it at once one wins, and all get its key.
pub fn read_or_make(path: &Path, random: &dyn SecureRandom) -> Result<MasterKey, KeyFileError> {
    let unreadable = |source| KeyFileError::Read { path: path.into(), source };
    match File::open(path) {
        Ok(file) => return read(path, file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(unreadable(error)),
    }
    match make(path, random) {
        Ok(()) => {
            tracing::info!(path = %path.display(), "made the master key: keep a copy of it apart from the backups");
        }
        // Another process was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(KeyFileError::Make { path: path.into(), source }),
    }
    read(path, File::open(path).map_err(unreadable)?)
}

fn read(path: &Path, file: File) -> Result<MasterKey, KeyFileError> {
    let path = || path.to_owned();
    let unreadable = |source| KeyFileError::Read { path: path(), source };
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::OpenToOthers { path: path(), mode });
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    let bytes = SecretSlice::from(bytes);
    let text = std::str::from_utf8(bytes.expose_secret()).map_err(|_| InvalidKey::Unreadable);
    text.and_then(MasterKey::parse).map_err(|problem| KeyFileError::Damaged { path: path(), problem })
}

/// Writes a new key beside its place and moves it there when it is on disk; fails when there is one already.
fn make(path: &Path, random: &dyn SecureRandom) -> io::Result<()> {
    let mut key = SecretSlice::from(vec![0; LENGTH]);
    random.fill(key.expose_secret_mut()).map_err(|_| io::Error::other("the system gives no random numbers"))?;
    let text = SecretString::from(BASE64.encode(key.expose_secret()) + "\n");
    let folder = path.parent().unwrap_or(Path::new("."));
    // Files of this kind are made with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".master.key.").tempfile_in(folder)?;
    file.write_all(text.expose_secret().as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|failed| failed.error)?;
    File::open(folder)?.sync_all()
}
