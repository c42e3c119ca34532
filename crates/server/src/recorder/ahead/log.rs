//! One log: lines that are appended side by side, and now and then the file anew without what counts no more.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, IoSlice, Write as _},
    mem,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use uuid::Uuid;

use super::{
    line::{Line, Said},
    locked,
};

/// The end of the name of a log.
pub(super) const LOG: &str = "jsonl";
/// From this length on, in bytes, a log is written anew without what counts no more.
pub(super) const LONG: u64 = 512 << 10;

/// A log of this process.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) path: PathBuf,
    /// Whoever appends shares it, for the system puts whole lines one after the other; who cuts it has it alone.
    file: RwLock<File>,
    /// Of the file, in bytes.
    length: AtomicU64,
    /// Never held while the file is written: a disk that is slow would hold up everybody.
    live: Mutex<Live>,
    /// Of all logs of this process: it is said once.
    is_failing: Arc<AtomicBool>,
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
    text: Text,
}

/// A line, and what stands behind it.
type Text = (Vec<u8>, Bytes);

impl Log {
    /// A new one. Whoever makes it has the folder.
    pub(super) fn create(path: PathBuf, is_failing: Arc<AtomicBool>) -> io::Result<Self> {
        Ok(Self {
            file: RwLock::new(create(&path)?),
            path,
            length: AtomicU64::new(0),
            live: Mutex::default(),
            is_failing,
        })
    }

    /// Appends a line for a search, in the place of what was said of it before.
    pub(super) fn put(&self, number: u64, id: Uuid, said: Said<'_>) {
        let has_ended = matches!(said, Said::Ended(..));
        let text = Line::written(number, said);
        // Until the line counts: who writes the file anew in between would not have it.
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        self.append(&file, &text);
        self.live().counts(id, Counting { number, has_ended, text });
    }

    /// The number of the line of a search that began and has not ended.
    pub(super) fn begun(&self, id: Uuid) -> Option<u64> {
        self.live().lines.get(&id).filter(|line| !line.has_ended).map(|line| line.number)
    }

    /// The database has these searches, as the lines with these numbers say, and the line with this one tells so.
    pub(super) fn are_written(&self, number: u64, searches: &[(Uuid, u64)]) {
        let (is_empty, is_long) = {
            let mut live = self.live();
            live.cross_out(searches);
            (live.lines.is_empty(), self.is_long(&live))
        };
        let over = Said::Over(searches.iter().map(|(_, number)| *number).collect());
        let over = Line::written(number, over);
        if is_empty || is_long {
            self.shorten(&over);
        } else {
            self.append(&self.file.read().unwrap_or_else(PoisonError::into_inner), &over);
        }
    }

    /// Takes the file away when nothing in it counts. Gives how much does.
    pub(super) fn close(&self) -> usize {
        let left = self.live().lines.len();
        if left == 0
            && let Err(error) = self.folder().and_then(|_lock| fs::remove_file(&self.path))
        {
            tracing::debug!(%error, "an empty file stays behind");
        }
        left
    }

    fn folder(&self) -> io::Result<File> {
        locked(self.path.parent().unwrap_or(&self.path))
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_long(&self, live: &Live) -> bool {
        self.length.load(Ordering::Relaxed) > LONG + 2 * live.bytes
    }

    /// What cannot be written here is kept in mind for when the file is written anew. Half a line spoils no other: each begins
    /// with the end of the one before.
    fn append(&self, file: &File, text: &Text) {
        match write(file, text) {
            Ok(()) => _ = self.length.fetch_add(length(text), Ordering::Relaxed),
            Err(error) => self.fails(&error),
        }
    }

    /// The file with the lines that count and no other; with `over` besides where it is short, because something was said in
    /// the meantime.
    fn shorten(&self, over: &Text) {
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
        let _lock = self.folder()?;
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
        self.bytes += length(&line.text);
        if let Some(before) = self.lines.insert(id, line) {
            self.bytes -= length(&before.text);
        }
    }

    fn cross_out(&mut self, searches: &[(Uuid, u64)]) {
        for (id, number) in searches {
            // Something was said of it since: that counts.
            if self.lines.get(id).is_some_and(|line| line.number == *number)
                && let Some(line) = self.lines.remove(id)
            {
                self.bytes -= length(&line.text);
            }
        }
    }

    fn text(&self) -> Vec<u8> {
        let parts: Vec<_> = self.lines.values().flat_map(|line| [&line.text.0[..], &line.text.1[..]]).collect();
        parts.concat()
    }
}

/// In bytes.
const fn length((line, behind): &Text) -> u64 {
    (line.len() + behind.len()) as u64
}

/// In one go, as far as the system goes along: others append to the same file.
fn write(mut file: &File, (line, behind): &Text) -> io::Result<()> {
    let mut slices = &mut [IoSlice::new(line), IoSlice::new(behind)][..];
    while slices.iter().any(|slice| !slice.is_empty()) {
        match file.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut slices, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A new file that is this process's.
fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.lock()?;
    file.set_len(0)?;
    Ok(file)
}
