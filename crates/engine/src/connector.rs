//! What every connector is: what it is asked, and how it answers.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    capabilities::Capabilities,
    fetch::Fetcher,
    item::{Identifier, Record},
    plan::Plan,
    source::{SourceError, SourceId},
    work::SharedRecord,
};

/// One connector. It decides nothing about when or how often: [`crate::search`] and [`Fetcher`] do.
pub trait Source: Send + Sync {
    /// Which source this is.
    fn id(&self) -> SourceId;

    /// What the source can do by itself; the rest is applied locally, and said so.
    fn capabilities(&self) -> &'static Capabilities;

    /// The query in the source's own words: what is sent, and what the PRISMA record shows.
    fn translate(&self, plan: &Plan) -> String;

    /// Refuses a translated query that the source would not take, for example because it is too long: an error (always
    /// [`SourceError::Unsupported`]) says why.
    fn check(&self, _translated: &str) -> Result<(), SourceError> {
        Ok(())
    }

    /// Asks the source once. Retries, limits, circuits and time-outs are the fetcher's.
    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>>;

    /// Looks one work up by its identifier, where the source can: `Ok(None)` when it does not know it.
    /// Only lazy enrichers and fallbacks use it.
    fn lookup<'a>(
        &'a self,
        _identifier: &'a Identifier,
        _deadline: Instant,
        _fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Option<Record>, SourceError>> {
        Box::pin(async { Ok(None) })
    }
}

/// What is asked of one source.
#[derive(Debug)]
pub struct SourceRequest<'a> {
    /// The query, fitted to this source.
    pub plan: &'a Plan,
    /// How many records are wanted; a connector asks for at most its `max_page`.
    pub limit: usize,
    /// When the answer is worth nothing any more.
    pub deadline: Instant,
    /// The time of day, for `fetched_at` and for clamping dates.
    pub now: DateTime<Utc>,
}

/// One answer of a source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// In the source's order; `rank_native` counts from 1.
    pub records: Vec<SharedRecord>,
    /// How many the source says there are in all.
    pub reported: Option<u64>,
    /// Records that could not be read, and were left out.
    pub malformed: u32,
    /// What the source itself warns of (engines that did not answer, phrases not found, incomplete results).
    pub warnings: Vec<String>,
}
