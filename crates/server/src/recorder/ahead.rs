//! What was taken on and is not in the database yet, in files: who kills the process takes nothing of it away.
//!
//! Write-ahead logs in a folder of `server.data_dir`, a few for each process: a line for a search that began, one for how it
//! ended with its answer behind, one for those that the database has by now. All that is said of one search stands in one log.
//! Lines are written and not flushed: what a process has written outlives it, and flushing each is what the group commit saves.
//! (With the machine goes what it had not flushed.) A process that starts takes over what the dead have left.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use uuid::Uuid;

pub use self::line::Left;
use self::{
    line::Said,
    log::{LOG, Log},
};
use crate::{replicas::Running, store::finished::FinishedSearch};

mod line;
mod log;
#[cfg(test)]
mod tests;

/// In `server.data_dir`.
const FOLDER: &str = "unwritten";
/// Held by who looks through the folder, or puts a file of its own there.
const LOCK: &str = "lock";
/// How many logs a process has. The system lets one thread at a time append to a file, and two seldom meet at one of these.
const LOGS: usize = 8;

/// The logs of this process.
#[derive(Debug)]
pub struct Ahead {
    logs: Vec<Log>,
    /// Of the lines of all logs: a search may name an answer of which another one tells.
    numbers: AtomicU64,
}

/// What the dead have left in a folder, and nobody else takes.
#[derive(Debug, Default)]
pub struct Estate {
    /// In the order in which each of them wrote it.
    pub left: Vec<Left>,
    files: Vec<(PathBuf, File)>,
}

impl Estate {
    /// It has all been taken over.
    pub fn taken(self) {
        for (path, file) in self.files {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(%error, path = %path.display(), "what a killed process left stays behind");
            }
            drop(file);
        }
    }
}

impl Ahead {
    /// New logs in this `server.data_dir`, and what the dead have left there.
    pub fn open(data_dir: &Path) -> io::Result<(Self, Estate)> {
        let folder = data_dir.join(FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let _lock = locked(&folder)?;
        let estate = of_the_dead(&folder)?;
        let (process, is_failing) = (Uuid::new_v4(), Arc::default());
        let log = |number| Log::create(folder.join(format!("{process}-{number}.{LOG}")), Arc::clone(&is_failing));
        let logs = (0..LOGS).map(log);
        Ok((Self { logs: logs.collect::<io::Result<_>>()?, numbers: AtomicU64::new(0) }, estate))
    }

    /// A search began.
    pub fn begins(&self, id: Uuid, running: &Running) {
        self.log(id).put(self.next(), id, Said::begun(id, running));
    }

    /// A search ended. Gives the number of its line. Its answer is packed for it, and from then on is what was packed: the
    /// database takes the same.
    pub fn ends(&self, search: &mut FinishedSearch) -> u64 {
        let number = self.next();
        let made = search.answer.as_ref().filter(|_| !search.cache_hit).map(|answer| Arc::new(answer.source.pack()));
        self.log(search.id).put(number, search.id, Said::ended(search, made.as_deref()));
        if let Some((answer, made)) = search.answer.as_mut().zip(made) {
            answer.source = made;
        }
        number
    }

    /// A search that began ends without any outcome.
    pub fn gives_up(&self, id: Uuid) {
        if let Some(begun) = self.log(id).begun(id) {
            self.are_written(&[(id, begun)]);
        }
    }

    /// The database has these searches, as the lines with these numbers say. Now and then that makes a file shorter, for
    /// which the disk may take its time.
    pub fn are_written(&self, searches: &[(Uuid, u64)]) {
        let mut written = vec![Vec::new(); LOGS];
        for search in searches {
            if let Some(written) = written.get_mut(place(search.0)) {
                written.push(*search);
            }
        }
        for (log, written) in self.logs.iter().zip(written).filter(|(_, written)| !written.is_empty()) {
            log.are_written(self.next(), &written);
        }
    }

    /// Takes the files away in which nothing counts; the others are for whoever starts next.
    pub fn close(&self) {
        let left = self.logs.iter().map(Log::close).sum::<usize>();
        if left > 0 {
            tracing::warn!(searches = left, "the next start takes up what is not in the history yet");
        }
    }

    fn log(&self, id: Uuid) -> &Log {
        &self.logs[place(id)]
    }

    fn next(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Which of the logs tells of this search. (Ids begin with the time and end with chance.)
const fn place(id: Uuid) -> usize {
    id.as_u128() as usize % LOGS
}

/// The folder, until it is dropped.
fn locked(folder: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(folder.join(LOCK))?;
    file.lock()?;
    Ok(file)
}

/// The logs that no living process holds.
fn of_the_dead(folder: &Path) -> io::Result<Estate> {
    let (mut left, mut files) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|end| end != LOG) {
            continue;
        }
        let mut file = File::open(&path)?;
        match file.try_lock() {
            Ok(()) => {
                let mut log = Vec::new();
                file.read_to_end(&mut log)?;
                left.append(&mut line::left_in(&log));
                files.push((path, file));
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    left.sort_by_key(|(number, _)| *number);
    Ok(Estate { left: left.into_iter().map(|(_, left)| left).collect(), files })
}
