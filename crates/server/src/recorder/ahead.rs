//! What was taken on and is not in the database yet, in a file: who kills the process takes nothing of it away.
//!
//! A write-ahead log in a folder of `server.data_dir`, one for each process: a line for a search that began, one for how it
//! ended, one for those that the database has by now. Lines are written and not flushed: what a process has written outlives
//! it, and flushing each is what the group commit saves. (With the machine goes what it had not flushed.) A process that
//! starts takes over what the dead have left.

use std::{
    collections::HashMap,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use uuid::Uuid;

pub use self::line::Left;
use self::line::{Line, Said};
use crate::{replicas::Running, store::finished::FinishedSearch};

mod line;
#[cfg(test)]
mod tests;

/// In `server.data_dir`.
const FOLDER: &str = "unwritten";
/// Held by who looks through the folder, or puts a file of its own there.
const LOCK: &str = "lock";
/// The end of the name of a log.
const LOG: &str = "jsonl";
/// From this length on, in bytes, a log is written anew without what counts no more.
const LONG: u64 = 4 << 20;

/// The log of this process.
#[derive(Debug)]
pub struct Ahead {
    folder: PathBuf,
    path: PathBuf,
    numbers: AtomicU64,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    /// Of the file, in bytes.
    length: u64,
    /// Of the lines that count, in bytes.
    bytes: u64,
    live: HashMap<Uuid, Counting>,
    is_failing: bool,
}

/// The last line of a search that the database does not have.
#[derive(Debug)]
struct Counting {
    number: u64,
    has_ended: bool,
    line: Vec<u8>,
}

/// What the dead have left in a folder, and nobody else takes.
#[derive(Debug, Default)]
pub struct Estate {
    /// In the order in which it was written.
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
    /// A new log in this `server.data_dir`, and what the dead have left there.
    pub fn open(data_dir: &Path) -> io::Result<(Self, Estate)> {
        let folder = data_dir.join(FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let _lock = locked(&folder)?;
        let estate = of_the_dead(&folder)?;
        let path = folder.join(format!("{}.{LOG}", Uuid::new_v4()));
        let inner = Inner { file: create(&path)?, length: 0, bytes: 0, live: HashMap::new(), is_failing: false };
        Ok((Self { folder, path, numbers: AtomicU64::new(0), inner: Mutex::new(inner) }, estate))
    }

    /// A search began.
    pub fn begins(&self, id: Uuid, running: &Running) {
        self.put(id, Said::Begun(id, running.clone()));
    }

    /// A search ended. Gives the number of its line.
    pub fn ends(&self, search: &FinishedSearch) -> u64 {
        self.put(search.id, Said::ended(search))
    }

    /// A search that began ends without any outcome.
    pub fn gives_up(&self, id: Uuid) {
        let mut inner = self.lock();
        if let Some(begun) = inner.live.get(&id).filter(|line| !line.has_ended) {
            let number = begun.number;
            self.cross_out(&mut inner, &[(id, number)]);
        }
    }

    /// The database has these searches, as the lines with these numbers say.
    pub fn are_written(&self, searches: &[(Uuid, u64)]) {
        self.cross_out(&mut self.lock(), searches);
    }

    /// Takes the file away when nothing in it counts; else it is for whoever starts next.
    pub fn close(&self) {
        let inner = self.lock();
        if !inner.live.is_empty() {
            tracing::warn!(searches = inner.live.len(), "the next start takes up what is not in the history yet");
        } else if let Err(error) = locked(&self.folder).and_then(|_lock| fs::remove_file(&self.path)) {
            tracing::debug!(%error, "an empty file stays behind");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a line for a search, in the place of what was said of it before. Gives its number.
    fn put(&self, id: Uuid, said: Said) -> u64 {
        let number = self.next();
        let has_ended = matches!(said, Said::Ended(..));
        let line = Line { number, said }.to_bytes();
        let mut inner = self.lock();
        inner.append(&line);
        inner.bytes += line.len() as u64;
        if let Some(before) = inner.live.insert(id, Counting { number, has_ended, line }) {
            inner.bytes -= before.line.len() as u64;
        }
        number
    }

    fn next(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn cross_out(&self, inner: &mut Inner, searches: &[(Uuid, u64)]) {
        for (id, number) in searches {
            // Something was said of it since: that counts.
            if inner.live.get(id).is_some_and(|line| line.number == *number)
                && let Some(line) = inner.live.remove(id)
            {
                inner.bytes -= line.line.len() as u64;
            }
        }
        if inner.live.is_empty() {
            inner.cut(0);
        } else if inner.length > LONG + 2 * inner.bytes {
            self.write_anew(inner);
        } else {
            let numbers = searches.iter().map(|(_, number)| *number).collect();
            inner.append(&Line { number: self.next(), said: Said::Over(numbers) }.to_bytes());
        }
    }

    /// The file anew, with the lines that count.
    fn write_anew(&self, inner: &mut Inner) {
        let text: Vec<u8> = inner.live.values().flat_map(|line| line.line.iter().copied()).collect();
        let fresh = self.path.with_extension("new");
        let written = locked(&self.folder).and_then(|_lock| {
            let mut file = create(&fresh)?;
            file.write_all(&text)?;
            fs::rename(&fresh, &self.path)?;
            Ok(file)
        });
        match written {
            Ok(file) => (inner.file, inner.length) = (file, text.len() as u64),
            // It stays as it is, and is tried again.
            Err(error) => inner.fails(&error),
        }
    }
}

impl Inner {
    /// At the end of the file; what cannot be written there is kept in mind for when it is written anew.
    fn append(&mut self, line: &[u8]) {
        match self.file.write_all(line) {
            Ok(()) => self.length += line.len() as u64,
            Err(error) => {
                self.fails(&error);
                // Half a line would spoil the next.
                self.cut(self.length);
            }
        }
    }

    fn cut(&mut self, length: u64) {
        if let Err(error) = self.file.set_len(length) {
            return self.fails(&error);
        }
        self.length = length;
    }

    fn fails(&mut self, error: &io::Error) {
        if !self.is_failing {
            tracing::warn!(%error, "what is not in the database yet cannot be written beside it: a process that is killed takes it along");
        }
        self.is_failing = true;
    }
}

/// A new file that is this process's.
fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.lock()?;
    file.set_len(0)?;
    Ok(file)
}

/// The folder, until it is dropped.
fn locked(folder: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(folder.join(LOCK))?;
    file.lock()?;
    Ok(file)
}

/// The logs that no living process holds.
fn of_the_dead(folder: &Path) -> io::Result<Estate> {
    let mut estate = Estate::default();
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
                estate.left.append(&mut line::left_in(&log));
                estate.files.push((path, file));
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(estate)
}
