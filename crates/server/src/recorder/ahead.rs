//! What was taken on and is not in the database yet, in a file: who kills the process takes nothing of it away.
//!
//! A write-ahead log in a folder of `server.data_dir`, one for each process: a line for a search that began, one for how it
//! ended, one for those that the database has by now. Lines are written and not flushed: what a process has written outlives
//! it, and flushing each is what the group commit saves. (With the machine goes what it had not flushed.) A process that
//! starts takes over what the dead have left.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    mem,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
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
    /// Whoever appends shares it, for the system puts whole lines one after the other; who cuts it has it alone.
    file: RwLock<File>,
    /// Of the file, in bytes.
    length: AtomicU64,
    /// Never held while the file is written: a disk that is slow would hold up everybody.
    live: Mutex<Live>,
    is_failing: AtomicBool,
}

/// What the database does not have.
#[derive(Debug, Default)]
struct Live {
    lines: HashMap<Uuid, Counting>,
    /// Of all of them.
    bytes: u64,
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
        let ahead = Self {
            file: RwLock::new(create(&path)?),
            folder,
            path,
            numbers: AtomicU64::new(0),
            length: AtomicU64::new(0),
            live: Mutex::default(),
            is_failing: AtomicBool::new(false),
        };
        Ok((ahead, estate))
    }

    /// A search began.
    pub fn begins(&self, id: Uuid, running: &Running) {
        self.put(id, Said::Begun(id, Cow::Borrowed(running)));
    }

    /// A search ended. Gives the number of its line.
    pub fn ends(&self, search: &FinishedSearch) -> u64 {
        self.put(search.id, Said::ended(search))
    }

    /// A search that began ends without any outcome.
    pub fn gives_up(&self, id: Uuid) {
        let begun = self.live().lines.get(&id).filter(|line| !line.has_ended).map(|line| line.number);
        if let Some(number) = begun {
            self.are_written(&[(id, number)]);
        }
    }

    /// The database has these searches, as the lines with these numbers say. Now and then that makes the file shorter, for
    /// which the disk may take its time.
    pub fn are_written(&self, searches: &[(Uuid, u64)]) {
        let (is_empty, is_long) = {
            let mut live = self.live();
            live.cross_out(searches);
            (live.lines.is_empty(), self.is_long(&live))
        };
        let over = Said::Over(searches.iter().map(|(_, number)| *number).collect());
        let over = Line { number: self.next(), said: over }.to_bytes();
        if is_empty || is_long {
            self.shorten(&over);
        } else {
            self.append(&self.file.read().unwrap_or_else(PoisonError::into_inner), &over);
        }
    }

    /// Takes the file away when nothing in it counts; else it is for whoever starts next.
    pub fn close(&self) {
        let live = self.live();
        if !live.lines.is_empty() {
            tracing::warn!(searches = live.lines.len(), "the next start takes up what is not in the history yet");
        } else if let Err(error) = locked(&self.folder).and_then(|_lock| fs::remove_file(&self.path)) {
            tracing::debug!(%error, "an empty file stays behind");
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn is_long(&self, live: &Live) -> bool {
        self.length.load(Ordering::Relaxed) > LONG + 2 * live.bytes
    }

    /// Appends a line for a search, in the place of what was said of it before. Gives its number.
    fn put(&self, id: Uuid, said: Said<'_>) -> u64 {
        let number = self.next();
        let has_ended = matches!(said, Said::Ended(..));
        let line = Line { number, said }.to_bytes();
        // Until the line counts: who writes the file anew in between would not have it.
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        self.append(&file, &line);
        self.live().counts(id, Counting { number, has_ended, line });
        number
    }

    /// What cannot be written here is kept in mind for when the file is written anew. Half a line spoils no other: each begins
    /// with the end of the one before.
    fn append(&self, mut file: &File, line: &[u8]) {
        match file.write_all(line) {
            Ok(()) => _ = self.length.fetch_add(line.len() as u64, Ordering::Relaxed),
            Err(error) => self.fails(&error),
        }
    }

    /// The file with the lines that count and no other; with `over` besides where it is short, because something was said in
    /// the meantime.
    fn shorten(&self, over: &[u8]) {
        let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        let (text, is_long) = {
            let live = self.live();
            (live.text(), self.is_long(&live))
        };
        if !text.is_empty() && !is_long {
            return self.append(&file, over);
        }
        let fresh = if text.is_empty() { file.set_len(0).map(|()| None) } else { self.written_anew(&text).map(Some) };
        match fresh {
            Ok(fresh) => {
                self.length.store(text.len() as u64, Ordering::Relaxed);
                let before = fresh.map(|fresh| mem::replace(&mut *file, fresh));
                // To give back what the one before took is for the disk, which others need not wait for.
                drop(file);
                drop(before);
            }
            // It stays as it is, and is tried again.
            Err(error) => self.fails(&error),
        }
    }

    fn written_anew(&self, text: &[u8]) -> io::Result<File> {
        let fresh = self.path.with_extension("new");
        let _lock = locked(&self.folder)?;
        let mut file = create(&fresh)?;
        file.write_all(text)?;
        fs::rename(&fresh, &self.path)?;
        Ok(file)
    }

    fn fails(&self, error: &io::Error) {
        if !self.is_failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "what is not in the database yet cannot be written beside it: a process that is killed takes it along");
        }
    }
}

impl Live {
    fn counts(&mut self, id: Uuid, line: Counting) {
        self.bytes += line.line.len() as u64;
        if let Some(before) = self.lines.insert(id, line) {
            self.bytes -= before.line.len() as u64;
        }
    }

    fn cross_out(&mut self, searches: &[(Uuid, u64)]) {
        for (id, number) in searches {
            // Something was said of it since: that counts.
            if self.lines.get(id).is_some_and(|line| line.number == *number)
                && let Some(line) = self.lines.remove(id)
            {
                self.bytes -= line.line.len() as u64;
            }
        }
    }

    fn text(&self) -> Vec<u8> {
        self.lines.values().flat_map(|line| line.line.iter().copied()).collect()
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
