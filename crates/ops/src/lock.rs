//! One deployer at a time. The kernel holds the lock and lets it go with its holder, so that there is none to be freed by hand.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::whole_file;

/// How often somebody who waits tries again.
const TRIED_EVERY: Duration = Duration::from_millis(200);

/// The lock, as long as it lives. The file is closed when another program is started, so that no child holds it on.
#[derive(Debug)]
pub struct Lock {
    file: File,
    note: PathBuf,
}

/// Who holds the lock: a note for people, nothing is decided by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub process: u32,
    /// What it does.
    pub command: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Why the lock was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else has it.
    #[error("{}; wait for it with --wait SECONDS", held(.0.as_ref()))]
    Held(Option<Holder>),
    /// The file cannot be had.
    #[error("cannot lock {}: {error}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Lock {
    /// Takes the lock at `path`, and waits for it as long as is said.
    pub async fn take(path: &Path, wait: Duration, holder: &Holder) -> Result<Self, LockError> {
        let failed = |error| LockError::Disk { path: path.to_owned(), error };
        let note = path.with_extension("holder");
        let until = Instant::now() + wait;
        loop {
            if let Some(file) = tried(path).map_err(failed)? {
                let text = serde_json::to_vec(holder).map_err(|error| failed(error.into()))?;
                whole_file::write(&note, &text).map_err(failed)?;
                return Ok(Self { file, note });
            }
            if Instant::now() >= until {
                return Err(LockError::Held(read(&note)));
            }
            tokio::time::sleep(TRIED_EVERY.min(until - Instant::now())).await;
        }
    }

    /// Who holds the lock at `path`; none when nobody does, also when somebody who died left a note.
    pub fn holder(path: &Path) -> io::Result<Option<Option<Holder>>> {
        match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
            // Shared, so that two who look do not see each other.
            Ok(file) => match file.try_lock_shared() {
                Ok(()) => return Ok(None),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            },
        }
        Ok(Some(read(&path.with_extension("holder"))))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A note that stays says nothing to anybody.
        let _ = std::fs::remove_file(&self.note);
        // Closing is not enough while a child that is just being started has the file open too.
        let _ = self.file.unlock();
    }
}

fn tried(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // Somebody may have removed the file and made another one: a lock on what has no name keeps nobody out.
    let here = file.metadata()?;
    let there = std::fs::metadata(path);
    let is_same = there.is_ok_and(|there| (there.dev(), there.ino()) == (here.dev(), here.ino()));
    Ok(is_same.then_some(file))
}

fn read(note: &Path) -> Option<Holder> {
    serde_json::from_slice(&std::fs::read(note).ok()?).ok()
}

fn held(holder: Option<&Holder>) -> String {
    match holder {
        Some(Holder { process, command, since }) => {
            format!(
                "another deployer is at work: `{command}` (process {process}, since {})",
                since.format("%H:%M:%S UTC")
            )
        }
        None => "another deployer is at work".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test may start processes")]

    use std::process::Command;

    use super::*;

    fn holder() -> Holder {
        let since = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        Holder { process: 4711, command: "pake deploy --image pake:2".to_owned(), since }
    }

    async fn taken(path: &Path) -> Result<Lock, LockError> {
        Lock::take(path, Duration::ZERO, &holder()).await
    }

    #[tokio::test]
    async fn two_deployers_do_not_work_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deploy.lock");
        let lock = taken(&path).await.unwrap();
        assert_eq!(Lock::holder(&path).unwrap(), Some(Some(holder())));
        let error = taken(&path).await.unwrap_err().to_string();
        assert_eq!(
            error,
            "another deployer is at work: `pake deploy --image pake:2` (process 4711, since 08:00:00 UTC); wait for it \
             with --wait SECONDS"
        );
        drop(lock);
        assert_eq!(Lock::holder(&path).unwrap(), None);
        taken(&path).await.unwrap();
    }

    #[tokio::test]
    async fn who_waits_gets_it_when_it_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deploy.lock");
        let lock = taken(&path).await.unwrap();
        let waiting = async { Lock::take(&path, Duration::from_mins(1), &holder()).await };
        let freeing = async {
            tokio::task::yield_now().await;
            drop(lock);
        };
        let (waited, ()) = tokio::join!(waiting, freeing);
        waited.unwrap();
    }

    #[tokio::test]
    async fn a_child_that_outlives_the_deployer_does_not_hold_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deploy.lock");
        let lock = taken(&path).await.unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        drop(lock);
        let again = taken(&path).await;
        child.kill().unwrap();
        child.wait().unwrap();
        again.unwrap();
    }

    #[tokio::test]
    async fn the_kernel_frees_the_lock_of_a_deployer_that_was_killed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deploy.lock");
        std::fs::write(&path, "").unwrap();
        let script = format!("exec 9<>'{}'; flock 9; echo held; exec sleep 60", path.display());
        let mut child = Command::new("sh").args(["-c", &script]).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut said = [0; 5];
        io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut said).unwrap();
        assert!(matches!(taken(&path).await, Err(LockError::Held(None))));
        child.kill().unwrap();
        child.wait().unwrap();
        taken(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_lock_on_a_file_that_was_removed_keeps_nobody_out_and_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deploy.lock");
        let old = taken(&path).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        let new = taken(&path).await.unwrap();
        drop(old);
        assert!(matches!(taken(&path).await, Err(LockError::Held(_))), "the new one is held still");
        drop(new);
        assert!(matches!(taken(&folder.path().join("nowhere/lock")).await, Err(LockError::Disk { .. })));
    }
}
