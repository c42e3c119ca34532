//! Writing the history off the answer's path, and never losing what was acknowledged.
//!
//! [`Recorder::record`] puts a finished search into a queue and returns; one task writes what has gathered, many searches
//! in one transaction (group commit), because a durable commit costs a disk flush and a handful of context switches
//! however many rows it has. When the database is away the task tries until it is back; the queue is bounded, and when
//! it is full whoever records waits: nothing is dropped. What is in the queue stands in a file too ([`Ahead`]), from before
//! the answer goes out until the database has it: it outlives a process that is killed.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use engine::clock::SharedClock;
use tokio::{
    sync::{Notify, Semaphore, mpsc, oneshot},
    task::JoinHandle,
};
use uuid::Uuid;

pub use self::ahead::{Ahead, Left};
pub use crate::store::finished::FinishedSearch;
use crate::{db::Db, replicas::Running};

mod ahead;
mod writer;

#[cfg(test)]
mod tests;

/// How long an answer is held back at most while the history cannot be written as fast as answers are made.
const PATIENCE: Duration = Duration::from_millis(250);

/// How the recorder gathers what it writes.
#[derive(Debug, Clone, Copy)]
pub struct RecorderOptions {
    /// Most searches in one transaction.
    pub rows: usize,
    /// How long searches gather that nobody waits for.
    pub linger: Duration,
    /// Room in the queue: a search takes 1, and 1 more for each KiB of an answer that was just made.
    pub room: u32,
    /// First and longest pause between attempts while the database is away.
    pub pause: (Duration, Duration),
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self {
            rows: 1_024,
            linger: Duration::from_millis(20),
            room: 16 << 10,
            pause: (Duration::from_millis(50), Duration::from_secs(2)),
        }
    }
}

/// Writes finished searches into the history. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
    queue: mpsc::UnboundedSender<Entry>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// What the recorder is doing, for `/health`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecorderState {
    /// Searches that are not yet written for good.
    pub queued: u64,
    /// Searches written since the start.
    pub written: u64,
    /// Searches that the database refused for themselves (an error of ours); they are in the log.
    pub rejected: u64,
    /// Why nothing can be written at the moment.
    pub failing: Option<Failing>,
}

/// Nothing can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Since when.
    pub since: DateTime<Utc>,
    /// What the last attempt failed with, and what to do.
    pub error: String,
}

/// Why a search is not in the history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRecorded {
    /// The recorder was closed.
    #[error("the history is not written any more: the server is about to stop")]
    Closed,
    /// The database refused this very search.
    #[error("{0}")]
    Rejected(String),
}

/// Searches that were not written when the recorder had to stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{count} searches could not be written into the history: {reason}")]
pub struct Unwritten {
    /// How many.
    pub count: u64,
    /// Why.
    pub reason: String,
}

/// What both sides of the queue see.
#[derive(Debug)]
struct Shared {
    options: RecorderOptions,
    room: Semaphore,
    /// Ends the gathering: somebody waits, or there is enough.
    wake: Notify,
    queued: AtomicU64,
    written: AtomicU64,
    rejected: AtomicU64,
    failing: Mutex<Option<Failing>>,
    /// Where a server writes down what is not in the database yet.
    ahead: OnceLock<Ahead>,
}

/// What goes through the queue.
#[derive(Debug)]
enum Entry {
    Search(Queued),
    Flush(oneshot::Sender<()>),
    Stop,
}

/// A search in the queue.
#[derive(Debug)]
struct Queued {
    search: FinishedSearch,
    /// The number of its line in the file.
    line: u64,
    /// Room that it takes.
    weight: u32,
    /// Who waits until it is durable.
    done: Option<oneshot::Sender<Result<(), NotRecorded>>>,
}

impl Recorder {
    /// Starts writing into `db`.
    pub fn start(db: Db, clock: SharedClock, options: RecorderOptions) -> Self {
        let (queue, entries) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            options,
            room: Semaphore::new(options.room as usize),
            wake: Notify::new(),
            queued: AtomicU64::new(0),
            written: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            failing: Mutex::new(None),
            ahead: OnceLock::new(),
        });
        let task = tokio::spawn(writer::Writer::new(db, clock, Arc::clone(&shared), entries).run());
        Self { shared, queue, task: Arc::new(Mutex::new(Some(task))) }
    }

    /// From now on, what is not in the database yet is written down there.
    pub fn writes_ahead(&self, ahead: Ahead) {
        // Once: a server starts once.
        let _ = self.shared.ahead.set(ahead);
    }

    /// A search began that will be recorded: a process that is killed does not take it along.
    pub fn begins(&self, id: Uuid, running: &Running) {
        if let Some(ahead) = self.shared.ahead.get() {
            ahead.begins(id, running);
        }
    }

    /// A search that began will not be recorded, or already is.
    pub fn gives_up(&self, id: Uuid) {
        if let Some(ahead) = self.shared.ahead.get() {
            ahead.gives_up(id);
        }
    }

    /// Puts a search into the queue. Waits only when the queue is full; whoever gives up waiting has not recorded.
    pub async fn record(&self, search: FinishedSearch) -> Result<(), NotRecorded> {
        self.enqueue(search, None).await
    }

    /// Waits until there is room in the queue, but not for long: answers do not outrun the history by more than memory is meant
    /// for, and yet come while the database is away.
    pub async fn keeps_up(&self) {
        // Closed when the server stops; then nothing is waited for.
        let _ = tokio::time::timeout(PATIENCE, self.shared.room.acquire()).await;
    }

    /// Puts a search into the queue and waits until it is durable.
    pub async fn record_durably(&self, search: FinishedSearch) -> Result<(), NotRecorded> {
        let (done, written) = oneshot::channel();
        self.enqueue(search, Some(done)).await?;
        self.shared.wake.notify_one();
        written.await.unwrap_or(Err(NotRecorded::Closed))
    }

    /// Waits until everything recorded so far is durable. While the database is away that takes as long as it is away.
    pub async fn flush(&self) -> Result<(), NotRecorded> {
        let (done, flushed) = oneshot::channel();
        self.queue.send(Entry::Flush(done)).map_err(|_| NotRecorded::Closed)?;
        self.shared.wake.notify_one();
        flushed.await.map_err(|_| NotRecorded::Closed)
    }

    /// What it is doing.
    pub fn state(&self) -> RecorderState {
        RecorderState {
            queued: self.shared.queued.load(Ordering::Relaxed),
            written: self.shared.written.load(Ordering::Relaxed),
            rejected: self.shared.rejected.load(Ordering::Relaxed),
            failing: self.shared.failing.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Takes nothing more, writes what is queued and stops; gives up after `grace` and tells what was not written.
    pub async fn close(&self, grace: Duration) -> Result<(), Unwritten> {
        self.shared.room.close();
        // Fails only when the writer is gone already.
        let _ = self.queue.send(Entry::Stop);
        self.shared.wake.notify_one();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && tokio::time::timeout(grace, &mut task).await.is_err()
        {
            task.abort();
        }
        if let Some(ahead) = self.shared.ahead.get() {
            ahead.close();
        }
        let RecorderState { queued: count, failing, .. } = self.state();
        if count == 0 {
            return Ok(());
        }
        let reason =
            failing.map_or_else(|| format!("not done within {} s", grace.as_secs_f64()), |failing| failing.error);
        Err(Unwritten { count, reason })
    }

    async fn enqueue(
        &self,
        mut search: FinishedSearch,
        done: Option<oneshot::Sender<Result<(), NotRecorded>>>,
    ) -> Result<(), NotRecorded> {
        let weight = self.shared.options.weight(&search);
        let permits = self.shared.room.acquire_many(weight).await;
        permits.map_err(|_| NotRecorded::Closed)?.forget();
        let line = self.shared.ahead.get().map_or(0, |ahead| ahead.ends(&mut search));
        let queued = self.shared.queued.fetch_add(1, Ordering::Relaxed) + 1;
        if self.queue.send(Entry::Search(Queued { search, line, weight, done })).is_err() {
            self.shared.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(NotRecorded::Closed);
        }
        if queued == self.shared.options.rows as u64 {
            self.shared.wake.notify_one();
        }
        Ok(())
    }
}

impl RecorderOptions {
    /// How much room a search takes. An answer from the cache is in memory anyway.
    fn weight(&self, search: &FinishedSearch) -> u32 {
        let answer =
            search.answer.as_ref().filter(|_| !search.cache_hit).map_or(0, |answer| answer.source.size() >> 10);
        // An answer larger than all the room waits until it is alone.
        u32::try_from(answer).unwrap_or(u32::MAX).saturating_add(1).min(self.room)
    }
}
