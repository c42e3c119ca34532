//! The folder of what an authority gave: account, certificate, what it is shown, and how the last order failed. Nobody but its owner reads it.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use instant_acme::AccountCredentials;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::certificates::{CERTIFICATE, CHALLENGE, FOLDER};

const ACCOUNT: &str = "account.json";
const FAILURE: &str = "failure.json";
const LOCK: &str = "lock";

/// The folder.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

/// An account at one authority.
#[derive(Serialize, Deserialize)]
pub(super) struct Account {
    /// The directory of the authority.
    pub(super) directory: String,
    /// How it knows us.
    pub(super) credentials: AccountCredentials,
}

/// How the last orders failed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    /// When the last one did.
    pub(super) at: DateTime<Utc>,
    /// How many the authority has refused in a row.
    pub(super) count: u32,
    /// How often in a row it could not be asked since.
    #[serde(default)]
    pub(super) away: u32,
    /// Why.
    pub(super) said: String,
}

/// What an authority is shown, until this is dropped.
#[derive(Debug)]
pub(super) struct Shown(PathBuf);

impl Drop for Shown {
    fn drop(&mut self) {
        // What stays behind is shown to nobody who does not ask for it, and is replaced by the next one.
        let _ = fs::remove_file(&self.0);
    }
}

impl Folder {
    /// Makes it where it is not there.
    pub(super) fn of(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join(FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }

    /// The turn to order; nothing while another process has it. It ends with the file.
    pub(super) fn take_turn(&self) -> io::Result<Option<File>> {
        let lock = File::options().create(true).truncate(false).write(true).open(self.0.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// The account at this authority.
    pub(super) fn account(&self, directory: &str) -> Option<AccountCredentials> {
        let account: Account = serde_json::from_slice(&fs::read(self.0.join(ACCOUNT)).ok()?).ok()?;
        (account.directory == directory).then_some(account.credentials)
    }

    /// Keeps it.
    pub(super) fn keep_account(&self, account: &Account) -> io::Result<()> {
        self.write(ACCOUNT, &serde_json::to_vec(account)?)
    }

    /// The authority does not know it any more.
    pub(super) fn forget_account(&self) {
        let _ = fs::remove_file(self.0.join(ACCOUNT));
    }

    /// Keeps a certificate, with its key before it.
    pub(super) fn keep_certificate(&self, certificate: &str) -> io::Result<()> {
        self.write(CERTIFICATE, certificate.as_bytes())
    }

    /// Shows this to whoever looks whether PAKE has the name.
    pub(super) fn show(&self, proof: &str) -> io::Result<Shown> {
        self.write(CHALLENGE, proof.as_bytes())?;
        Ok(Shown(self.0.join(CHALLENGE)))
    }

    /// How the last orders failed; nothing when the last one did not.
    pub(super) fn failure(&self) -> Option<Failure> {
        serde_json::from_slice(&fs::read(self.0.join(FAILURE)).ok()?).ok()
    }

    /// One more has failed: it was refused, or the authority is away.
    pub(super) fn note_failure(&self, at: DateTime<Utc>, said: &str, is_away: bool) {
        let (count, away) = self.failure().map_or((0, 0), |failure| (failure.count, failure.away));
        let (count, away) = if is_away { (count, away.saturating_add(1)) } else { (count.saturating_add(1), 0) };
        let failure = Failure { at, count, away, said: said.to_owned() };
        let noted = serde_json::to_vec(&failure).map_err(io::Error::from).and_then(|text| self.write(FAILURE, &text));
        if let Err(error) = noted {
            tracing::warn!(%error, "how the order of a certificate failed cannot be written down");
        }
    }

    /// The last one did not.
    pub(super) fn forget_failure(&self) {
        let _ = fs::remove_file(self.0.join(FAILURE));
    }

    /// Whole or not at all, and for its owner alone.
    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(&self.0)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(self.0.join(name))?;
        Ok(())
    }
}
