//! The fan-out: one query, many sources, one stream of events.

mod drive;
mod events;
mod probe;
mod roster;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use crate::config::SetupError;
use crate::{
    clock::SharedClock,
    config::EngineConfig,
    connector::Page,
    fetch::Fetcher,
    item::{Identifier, Record},
    plan::Plan,
    query::Query,
    source::{SourceError, SourceId},
    work::Splits,
};

pub use events::Events;
pub use probe::{Compared, Probe, SUBJECT};
use roster::Seat;
pub use roster::{Availability, SourceState};

/// The sources, the one HTTP client and their state. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// Most records asked of a source.
pub const MAX_LIMIT: usize = 100;

/// A query, fitted to each source and not yet asked.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The query.
    pub query: Query,
    /// The sources that will be asked.
    pub asks: Vec<Ask>,
    /// The sources that will not, and why.
    pub skipped: Vec<(SourceId, SourceError)>,
    /// Records asked of each source.
    pub limit: usize,
}

/// What one source will be asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The source.
    pub source: SourceId,
    /// The query, fitted to it.
    pub plan: Arc<Plan>,
    /// The query in the source's own words.
    pub text: String,
    /// Names the question to this source: same key, same answer.
    pub key: String,
}

/// An answer of a source that somebody kept.
#[derive(Debug, Clone)]
pub struct KnownPage {
    /// The answer.
    pub page: Arc<Page>,
    /// When it was fetched.
    pub fetched_at: DateTime<Utc>,
    /// Fresh: used instead of asking. Otherwise: used only when asking fails.
    pub fresh: bool,
}

/// How a prepared search is run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Kept answers.
    pub known: HashMap<SourceId, KnownPage>,
    /// Records that are not to be merged.
    pub splits: Arc<Splits>,
    /// Cancels the work at the sources.
    pub cancel: CancellationToken,
    /// When the answer is due at the latest; default: the configuration's deadline.
    pub deadline: Option<Duration>,
}

impl Engine {
    /// Builds the sources that the configuration enables. `version` goes into the User-Agent.
    pub fn new(config: &EngineConfig, version: &str, clock: SharedClock) -> Result<Self, SetupError> {
        let roster = roster::build(config)?;
        let fetcher = Fetcher::new(roster::fetch_settings(config, version)?, Arc::clone(&clock))?;
        let deadline = Duration::from_secs_f64(config.search.deadline.clamp(1.0, 120.0));
        Ok(Self { inner: Arc::new(Inner { roster, fetcher, clock, deadline }) })
    }

    /// The sources that a search asks when it names none.
    pub fn default_sources(&self) -> Vec<SourceId> {
        self.inner.roster.iter().filter(|seat| seat.asked_by_default()).map(|seat| seat.entry.id).collect()
    }

    /// The state of every source, in the order of the table.
    pub fn states(&self) -> Vec<SourceState> {
        self.inner.roster.iter().map(|seat| seat.state(&self.inner.fetcher)).collect()
    }

    /// Fits `query` to each source: those it names, else `sources`, else the default ones.
    /// `limit` is the number of records asked of each source (1 to 100).
    pub fn prepare(&self, query: Query, sources: &[SourceId], limit: usize) -> Prepared {
        let limit = limit.clamp(1, MAX_LIMIT);
        let named = if query.sources.is_empty() { sources } else { &query.sources };
        let (mut asks, mut skipped) = (Vec::new(), Vec::new());
        for seat in &self.inner.roster {
            let wanted = if named.is_empty() { seat.asked_by_default() } else { named.contains(&seat.entry.id) };
            if !wanted {
                continue;
            }
            match seat.ask(&query, limit) {
                Ok(ask) => asks.push(ask),
                Err(error) => skipped.push((seat.entry.id, error)),
            }
        }
        Prepared { query, asks, skipped, limit }
    }

    /// Asks all sources at once. The events end after `Completed`, or after `Revised` when sources were late.
    pub fn run(&self, prepared: Prepared, options: RunOptions) -> Events {
        Events::of(|teller| drive::Drive::new(Arc::clone(&self.inner), prepared, options, teller).run())
    }

    /// The HTTP client of all sources: for what it has spent.
    pub fn fetcher(&self) -> &Fetcher {
        &self.inner.fetcher
    }

    /// Looks one work up at one source, for an enricher that is asked lazily. `Ok(None)`: the source does not know it.
    pub async fn lookup(&self, source: SourceId, identifier: &Identifier) -> Result<Option<Record>, SourceError> {
        let seat = self.inner.seat(source);
        let connector = seat.connector()?;
        connector.lookup(identifier, Instant::now() + seat.timeout, &self.inner.fetcher).await
    }
}

/// What the clones of an [`Engine`] share.
#[derive(Debug)]
struct Inner {
    /// One seat a source, in the order of the table.
    roster: Vec<Seat>,
    fetcher: Fetcher,
    clock: SharedClock,
    deadline: Duration,
}

impl Inner {
    fn seat(&self, source: SourceId) -> &Seat {
        // The order of the roster is that of the table, which is that of the enum.
        &self.roster[source as usize]
    }

    /// When a search that began at `started` stops waiting for this source.
    fn due(&self, source: SourceId, started: Instant) -> Instant {
        started + self.fetcher.learnt_deadline(source).unwrap_or(self.seat(source).timeout)
    }
}
