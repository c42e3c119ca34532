//! The fan-out: one query, many sources, one stream of events.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use crate::config::SetupError;
use crate::{
    clock::SharedClock,
    config::EngineConfig,
    event::Event,
    plan::Plan,
    query::Query,
    source::{Page, SourceError, SourceId},
    work::Splits,
};

/// The sources, the one HTTP client and their state. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {}

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
    pub fn new(_config: &EngineConfig, _version: &str, _clock: SharedClock) -> Result<Self, SetupError> {
        unimplemented!()
    }

    /// The sources that a search asks when it names none.
    pub fn default_sources(&self) -> Vec<SourceId> {
        unimplemented!()
    }

    /// Fits `query` to each source: those it names, else `sources`, else the default ones.
    /// `limit` is the number of records asked of each source (1 to 100).
    pub fn prepare(&self, _query: Query, _sources: &[SourceId], _limit: usize) -> Prepared {
        unimplemented!()
    }

    /// Asks all sources at once. The stream ends after `Completed`, or after `Revised` when sources were late.
    /// Dropping the receiver cancels the work.
    pub fn run(&self, _prepared: Prepared, _options: RunOptions) -> mpsc::Receiver<Event> {
        unimplemented!()
    }
}
