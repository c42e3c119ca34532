//! The recorder's task: gathers, writes, tries again.

use std::{
    ops::Range,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use engine::clock::SharedClock;
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use uuid::Uuid;

use super::{Entry, Failing, FinishedSearch, NotRecorded, Queued, Shared};
use crate::{
    db::{Db, DbError, Problem},
    store::searches::{self, Known},
};

/// How often a batch is tried whose rows refer to something that is gone: by then it is not for a race.
const ATTEMPTS_DANGLING: u32 = 5;

/// The one that writes.
pub(super) struct Writer {
    db: Db,
    clock: SharedClock,
    shared: Arc<Shared>,
    entries: mpsc::UnboundedReceiver<Entry>,
    known: Known,
}

/// Searches that are written together, and who waits for them.
#[derive(Default)]
struct Batch {
    searches: Vec<FinishedSearch>,
    /// Their lines in the file.
    lines: Vec<(Uuid, u64)>,
    /// By place in `searches`.
    waiting: Vec<(usize, oneshot::Sender<Result<(), NotRecorded>>)>,
    flushes: Vec<oneshot::Sender<()>>,
    /// Room that its searches take in the queue.
    weight: usize,
    stop: bool,
}

impl Writer {
    pub(super) fn new(
        db: Db,
        clock: SharedClock,
        shared: Arc<Shared>,
        entries: mpsc::UnboundedReceiver<Entry>,
    ) -> Self {
        Self { db, clock, shared, entries, known: Known::default() }
    }

    /// Writes until it is told to stop or nobody can record any more.
    pub(super) async fn run(mut self) {
        let rows = self.shared.options.rows;
        let mut gathered = Vec::with_capacity(rows);
        while self.entries.recv_many(&mut gathered, rows).await > 0 {
            if gathered.len() < rows && !gathered.iter().any(is_urgent) {
                tokio::select! {
                    () = tokio::time::sleep(self.shared.options.linger) => {}
                    () = self.shared.wake.notified() => {}
                }
            }
            while gathered.len() < rows
                && let Ok(entry) = self.entries.try_recv()
            {
                gathered.push(entry);
            }
            let batch = Self::batch(gathered.drain(..));
            let stop = batch.stop;
            self.commit(batch).await;
            if stop {
                // Whoever had a place in the queue by now is still written.
                self.entries.close();
            }
        }
    }

    fn batch(entries: impl Iterator<Item = Entry>) -> Batch {
        let mut batch = Batch::default();
        for entry in entries {
            match entry {
                Entry::Search(Queued { search, line, weight, done }) => {
                    batch.lines.push((search.id, line));
                    batch.waiting.extend(done.map(|done| (batch.searches.len(), done)));
                    batch.weight += weight as usize;
                    batch.searches.push(search);
                }
                Entry::Flush(done) => batch.flushes.push(done),
                Entry::Stop => batch.stop = true,
            }
        }
        batch
    }

    async fn commit(&mut self, batch: Batch) {
        let Batch { searches, lines, mut waiting, flushes, weight, .. } = batch;
        // When the database refuses a row for itself, halves are tried, down to the one row that it is.
        let mut parts: Vec<_> = (!searches.is_empty()).then_some(0..searches.len()).into_iter().collect();
        while let Some(part) = parts.pop() {
            let Some(slice) = searches.get(part.clone()) else { continue };
            match self.write(slice).await {
                Ok(()) => self.finished(&part, &mut waiting, &Ok(())),
                Err(_) if slice.len() > 1 => {
                    let middle = part.start + slice.len() / 2;
                    parts.push(middle..part.end);
                    parts.push(part.start..middle);
                }
                Err(error) => {
                    let id = slice.first().map(|search| search.id);
                    tracing::error!(?id, %error, "a search is not in the history");
                    self.finished(&part, &mut waiting, &Err(NotRecorded::Rejected(error.to_string())));
                }
            }
        }
        // Of what the database refuses for itself there is a line in the log of the server.
        if self.shared.ahead.get().is_some() && !lines.is_empty() {
            let shared = Arc::clone(&self.shared);
            // Where the disk may take its time, searches do not.
            let crossed_out = spawn_blocking(move || shared.ahead.get().map(|ahead| ahead.are_written(&lines)));
            // It panics never, and is awaited before the runtime ends.
            let _ = crossed_out.await;
        }
        self.shared.room.add_permits(weight);
        for done in flushes {
            // Nobody has to wait for it to the end.
            let _ = done.send(());
        }
    }

    /// Writes searches, however long the database is away. An error is about the searches themselves.
    async fn write(&mut self, searches: &[FinishedSearch]) -> Result<(), DbError> {
        let (mut pause, longest) = self.shared.options.pause;
        let mut dangling = 0;
        loop {
            let Err(error) = searches::record(&self.db, searches, &mut self.known).await else {
                self.recovered();
                return Ok(());
            };
            dangling += u32::from(error.problem == Problem::Dangling);
            if !error.problem.is_passing() || dangling >= ATTEMPTS_DANGLING {
                return Err(error);
            }
            self.failed(&error, searches.len());
            tokio::time::sleep(pause).await;
            pause = longest.min(pause.saturating_mul(2)).max(Duration::from_millis(1));
        }
    }

    fn finished(
        &self,
        part: &Range<usize>,
        waiting: &mut Vec<(usize, oneshot::Sender<Result<(), NotRecorded>>)>,
        result: &Result<(), NotRecorded>,
    ) {
        let count = part.len() as u64;
        let counter = if result.is_ok() { &self.shared.written } else { &self.shared.rejected };
        counter.fetch_add(count, Ordering::Relaxed);
        self.shared.queued.fetch_sub(count, Ordering::Relaxed);
        for (_, done) in waiting.extract_if(.., |(place, _)| part.contains(place)) {
            // Nobody has to wait for it to the end.
            let _ = done.send(result.clone());
        }
    }

    fn failed(&self, error: &DbError, rows: usize) {
        let mut failing = self.shared.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let since = failing.as_ref().map_or_else(|| self.clock.now(), |failing| failing.since);
        if failing.is_none() {
            tracing::error!(%error, rows, "the history cannot be written; it is tried until it can");
        }
        *failing = Some(Failing { since, error: error.to_string() });
    }

    fn recovered(&self) {
        let mut failing = self.shared.failing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failing) = failing.take() {
            tracing::info!(since = %failing.since, "the history is written again");
        }
    }
}

/// Whether somebody waits for it.
const fn is_urgent(entry: &Entry) -> bool {
    matches!(entry, Entry::Search(Queued { done: Some(_), .. }) | Entry::Flush(_) | Entry::Stop)
}
