//! One search of the history, as it is shown.

use chrono::{DateTime, Utc};
use engine::{
    event::{Counts, SourceReport},
    source::SourceId,
};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Scope, finished::SearchStatus, time};

/// One search of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEntry {
    /// Names the search.
    pub id: Uuid,
    /// Who asked.
    pub user_id: Uuid,
    /// What was asked.
    pub query: String,
    /// The sources that were to be asked.
    pub sources: Vec<SourceId>,
    /// Works in the answer.
    pub results_count: u64,
    /// From the question to the answer, in milliseconds.
    pub execution_time_ms: u64,
    /// The answer was kept: no source was asked.
    pub cache_hit: bool,
    /// How good the answer is, 0 to 1, where somebody has judged it.
    pub quality_score: Option<f64>,
    /// How it went.
    pub query_metadata: QueryMetadata,
    /// When it was asked.
    pub created_at: DateTime<Utc>,
    /// It is a favourite: it stays until it is deleted by hand.
    pub is_favorite: bool,
    /// Its tags, in alphabetical order.
    pub tags: Vec<String>,
    /// How often the same question was asked; only in the view `popular`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_asked: Option<u64>,
}

/// How a search went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueryMetadata {
    /// How far it came.
    pub status: SearchStatus,
    /// The numbers of a PRISMA diagram.
    pub counts: Counts,
    /// How it went with each source.
    pub reports: Vec<SourceReport>,
    /// Whether the whole answer is kept.
    pub has_answer: bool,
}

/// What is selected for an entry: `s` are searches, `q` queries, `a` answers.
pub(super) const COLUMNS: &str = "s.id, q.text AS query, s.sources, s.results_count, s.execution_time_ms, s.cache_hit, \
     s.quality, s.status, s.created_at, s.is_favorite, a.reports, a.counts, ";

/// A row with these columns.
#[derive(Debug, FromRow)]
pub(super) struct EntryRow {
    pub(super) id: Uuid,
    query: String,
    sources: String,
    results_count: i64,
    execution_time_ms: i64,
    cache_hit: bool,
    quality: Option<f64>,
    status: String,
    created_at: i64,
    is_favorite: bool,
    reports: Option<String>,
    counts: Option<String>,
    has_answer: bool,
    pub(super) times_asked: Option<i64>,
}

impl EntryRow {
    pub(super) fn into_entry(self, scope: Scope, tags: Vec<String>) -> HistoryEntry {
        HistoryEntry {
            id: self.id,
            user_id: scope.user,
            query: self.query,
            sources: sources_of(&self.sources),
            results_count: self.results_count.try_into().unwrap_or(0),
            execution_time_ms: self.execution_time_ms.try_into().unwrap_or(0),
            cache_hit: self.cache_hit,
            quality_score: self.quality,
            query_metadata: QueryMetadata {
                status: SearchStatus::named(&self.status).unwrap_or(SearchStatus::Failed),
                counts: self.counts.as_deref().map(read).unwrap_or_default(),
                reports: self.reports.as_deref().map(read).unwrap_or_default(),
                has_answer: self.has_answer,
            },
            created_at: time(self.created_at),
            is_favorite: self.is_favorite,
            tags,
            times_asked: self.times_asked.and_then(|times| times.try_into().ok()),
        }
    }
}

/// Stored JSON. What another version wrote and this one cannot read is left out: the rest of the entry is still good.
fn read<T: serde::de::DeserializeOwned + Default>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_else(|error| {
        tracing::warn!(%error, "a stored report cannot be read by this version");
        T::default()
    })
}

/// The sources in a stored list; those that this version does not know are left out.
pub(super) fn sources_of(json: &str) -> Vec<SourceId> {
    read::<Vec<String>>(json).iter().filter_map(|name| name.parse().ok()).collect()
}
