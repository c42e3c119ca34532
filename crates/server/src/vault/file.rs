//! The file of the master keys: one a line, the first one seals; made once, whole or not at all, and readable by its owner only.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use data_encoding::BASE64;
use ring::rand::SecureRandom;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretSlice, SecretString};
use tempfile::NamedTempFile;

use super::key::{InvalidKey, LENGTH, MasterKey};

/// No keys take more than this, in bytes; what is longer is another file.
const MOST_BYTES: u64 = 4096;

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

/// Reads the keys, or makes one when there is no file. Of several processes that make it at once one wins, and all get its key.
pub fn read_or_make(path: &Path, random: &dyn SecureRandom) -> Result<Vec<MasterKey>, KeyFileError> {
    if path.try_exists().unwrap_or(true) {
        return read(path);
    }
    let made = drawn(random).and_then(|key| written(path, &[key])).and_then(|file| {
        file.persist_noclobber(path).map_err(|failed| failed.error)?;
        settled(path)
    });
    match made {
        Ok(()) => {
            tracing::info!(path = %path.display(), "made the master key: keep a copy of it apart from the backups");
        }
        // Another process was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(KeyFileError::Make { path: path.into(), source }),
    }
    read(path)
}

/// Reads the keys: one a line, the first one seals.
pub fn read(path: &Path) -> Result<Vec<MasterKey>, KeyFileError> {
    let texts = texts(path)?;
    texts.iter().map(|text| MasterKey::parse(text.expose_secret())).collect::<Result<_, _>>().map_err(damaged(path))
}

/// Writes a new key before those that are there.
pub fn add(path: &Path, random: &dyn SecureRandom) -> Result<(), KeyFileError> {
    change(path, |mut texts| {
        texts.insert(0, drawn(random)?);
        Ok(texts)
    })
}

/// Leaves the first key alone.
pub fn keep_first(path: &Path) -> Result<(), KeyFileError> {
    change(path, |mut texts| {
        texts.truncate(1);
        Ok(texts)
    })
}

/// Puts other keys in place of those that are there, whole or not at all; one process after the other.
fn change(
    path: &Path,
    change: impl FnOnce(Vec<SecretString>) -> io::Result<Vec<SecretString>>,
) -> Result<(), KeyFileError> {
    let failed = |source| KeyFileError::Make { path: path.into(), source };
    let folder = File::open(folder_of(path)).map_err(failed)?;
    folder.lock().map_err(failed)?;
    // What is not readable must not be written over.
    read(path)?;
    let texts = change(texts(path)?).map_err(failed)?;
    let file = written(path, &texts).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    settled(path).map_err(failed)
}

/// The lines of the file.
fn texts(path: &Path) -> Result<Vec<SecretString>, KeyFileError> {
    let unreadable = |source| KeyFileError::Read { path: path.into(), source };
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::OpenToOthers { path: path.into(), mode });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(MOST_BYTES).unwrap_or_default());
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    let bytes = SecretSlice::from(bytes);
    let text = std::str::from_utf8(bytes.expose_secret()).map_err(|_| damaged(path)(InvalidKey::Unreadable))?;
    let lines: Vec<SecretString> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Into::into).collect();
    if lines.is_empty() {
        return Err(damaged(path)(InvalidKey::Unreadable));
    }
    Ok(lines)
}

fn damaged(path: &Path) -> impl Fn(InvalidKey) -> KeyFileError {
    |problem| KeyFileError::Damaged { path: path.into(), problem }
}

/// A new key.
fn drawn(random: &dyn SecureRandom) -> io::Result<SecretString> {
    let mut key = SecretSlice::from(vec![0; LENGTH]);
    random.fill(key.expose_secret_mut()).map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(BASE64.encode(key.expose_secret()).into())
}

/// A file beside its place with these keys, on disk.
fn written(path: &Path, texts: &[SecretString]) -> io::Result<NamedTempFile> {
    // Files of this kind are made with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".master.key.").tempfile_in(folder_of(path))?;
    for text in texts {
        file.write_all(text.expose_secret().as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

fn settled(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
