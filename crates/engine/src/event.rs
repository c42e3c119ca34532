//! What a search says while it runs, and what it ends with.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    connector::Page,
    plan::AppliedFilter,
    source::{SourceError, SourceId},
    work::{LazyWork, SharedRecord, Work},
};

/// One thing that happened in a search, in order.
#[derive(Debug, Clone)]
pub enum Event {
    /// A source is being asked (or its kept answer is being used).
    SourceStarted(SourceStarted),
    /// A source's records arrived and changed the works.
    Results(Results),
    /// A source is done: answered, failed or skipped. One for each source, and a second one when a late answer comes.
    SourceDone(SourceReport),
    /// A page fresh from a source, for whoever keeps pages. Not shown to people.
    Fetched(Fetched),
    /// The answer: final order. Sources that are still late follow as `Results`, `SourceDone` and one `Revised`.
    Completed(Arc<Outcome>),
    /// The answer again, after late sources came in.
    Revised(Arc<Outcome>),
}

/// A source is being asked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SourceStarted {
    /// The source.
    pub source: SourceId,
    /// The query in the source's own words.
    pub query: String,
    /// Which conditions the source applies and which PAKE does.
    pub filters: Vec<AppliedFilter>,
}

/// What a source's records changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Results {
    /// The source.
    pub source: SourceId,
    /// In the source's order. Works keep the place at which they arrived until the final order is announced.
    pub changes: Vec<Change>,
    /// The answer came after the deadline.
    pub late: bool,
}

/// One change to the list of works.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A work that was not there yet; it goes to the end of the list.
    Added {
        /// The work.
        #[schema(value_type = Work)]
        work: LazyWork,
    },
    /// A work that is there, with more known of it; it keeps its place.
    Updated {
        /// The work.
        #[schema(value_type = Work)]
        work: LazyWork,
    },
    /// Two works were found to be one; the `into` work follows as `Updated`.
    Absorbed {
        /// The id that goes away.
        id: String,
        /// The id that stays.
        into: String,
    },
}

/// How it went with one source: the row of the PRISMA record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SourceReport {
    /// The source.
    pub source: SourceId,
    /// How it ended.
    pub state: SourceOutcome,
    /// The query in the source's own words; empty when it was not asked.
    pub query: String,
    /// Which conditions the source applied and which PAKE did.
    pub filters: Vec<AppliedFilter>,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// How many the source says there are in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<u64>,
    /// How many records it sent that could be read.
    pub retrieved: u32,
    /// How many of those a local condition left out.
    pub filtered: u32,
    /// How many records could not be read.
    pub malformed: u32,
    /// What the source itself warns of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Why it failed or was skipped; with `state: stale` why it was not asked anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<SourceError>,
    /// Milliseconds from asking to the last byte read and parsed.
    pub took_ms: u64,
    /// When the answer was fetched, when it is a kept one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_at: Option<DateTime<Utc>>,
}

/// How it ended with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceOutcome {
    /// It answered.
    Answered,
    /// A kept answer, still fresh, was used.
    Cached,
    /// It failed, and a kept answer past its freshness was used; `cached_at` says how old.
    Stale,
    /// It failed.
    Failed,
    /// It was not asked: it cannot do what the query needs.
    Skipped,
    /// It had not answered when the answer was due; it is still waited for.
    Late,
}

impl SourceOutcome {
    /// Whether its records are in the answer.
    pub const fn has_records(self) -> bool {
        matches!(self, Self::Answered | Self::Cached | Self::Stale)
    }
}

/// A page fresh from a source.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The source.
    pub source: SourceId,
    /// Names the question to this source: same key, same answer.
    pub key: String,
    /// The answer, before local conditions.
    pub page: Arc<Page>,
    /// When it was fetched.
    pub at: DateTime<Utc>,
}

/// What a search ends with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// In the final order.
    pub works: Vec<Work>,
    /// Every record that is in a work, whole.
    #[schema(value_type = Vec<crate::item::Record>)]
    pub records: Vec<SharedRecord>,
    /// One for each source, in the order of the table.
    pub sources: Vec<SourceReport>,
    /// The numbers of a PRISMA diagram.
    pub counts: Counts,
    /// Milliseconds from the question to this answer.
    pub took_ms: u64,
}

/// The numbers of a PRISMA diagram: `retrieved - filtered - duplicates = works`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// How many the sources say there are in all, where they say it.
    pub reported: u64,
    /// Records that the sources sent.
    pub retrieved: u32,
    /// Records that a local condition left out.
    pub filtered: u32,
    /// Records that told of a work already there.
    pub duplicates: u32,
    /// Works.
    pub works: u32,
}

impl Outcome {
    /// Whether every source that was asked gave an answer (fresh, cached or stale).
    pub fn is_complete(&self) -> bool {
        self.sources.iter().all(|report| report.state.has_records() || report.state == SourceOutcome::Skipped)
    }
}
