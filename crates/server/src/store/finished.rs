//! What is told of a search when it is over.

use std::{fmt::Debug, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use engine::source::SourceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Scope;

/// How far a search came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchStatus {
    /// Sources are being asked.
    Running,
    /// Every source that was asked answered.
    Completed,
    /// There is an answer, but at least one source failed or is late.
    Partial,
    /// No source answered.
    Failed,
    /// It was withdrawn.
    Cancelled,
}

impl SearchStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Running, Self::Completed, Self::Partial, Self::Failed, Self::Cancelled];

    /// The word for it, in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// A search that is over (or as far as it got), as the history keeps it. Writing the same id again replaces what is said
/// here, for example when late sources came in; favourite and tags stay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FinishedSearch {
    /// Whose it is.
    pub scope: Scope,
    /// Names it; a UUID of version 7 made of `started_at`: lists are in the order of ids, and dates are looked up by them.
    pub id: Uuid,
    /// What was asked.
    pub query: Arc<str>,
    /// The sources that were to be asked.
    pub sources: Vec<SourceId>,
    /// How far it came.
    pub status: SearchStatus,
    /// Works in the answer.
    pub results_count: u32,
    /// From the question to the answer, in milliseconds.
    pub execution_time_ms: u64,
    /// The answer was kept: no source was asked.
    pub cache_hit: bool,
    /// How good the answer is, 0 to 1, where somebody has judged it.
    pub quality: Option<f64>,
    /// When it was asked.
    pub started_at: DateTime<Utc>,
    /// What came out of it; several searches may point at one.
    #[serde(skip)]
    pub answer: Option<AnswerRef>,
}

/// Points at an answer and can tell what is to be kept of it. An answer never changes under its id.
#[derive(Debug, Clone)]
pub struct AnswerRef {
    /// Names the answer.
    pub id: Uuid,
    /// Asked only when the answer is not known to be in the database.
    pub source: Arc<dyn PackAnswer>,
}

/// Who has an answer.
pub trait PackAnswer: Debug + Send + Sync {
    /// What is to be kept of it.
    fn pack(&self) -> PackedAnswer;

    /// About how many bytes of memory it takes.
    fn size(&self) -> usize;
}

/// An answer as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedAnswer {
    /// Names the question that it answers, as the cache does.
    pub key: String,
    /// `Vec<SourceReport>` as JSON.
    pub reports: String,
    /// `Counts` as JSON.
    pub counts: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Until when its body may be kept; `None`: as long as a search points at it.
    pub expires_at: Option<DateTime<Utc>>,
    /// The whole answer; `None` where the terms of a source do not allow keeping it.
    #[serde(skip)]
    pub body: Option<Bytes>,
}

impl PackAnswer for PackedAnswer {
    fn pack(&self) -> PackedAnswer {
        self.clone()
    }

    fn size(&self) -> usize {
        self.reports.len() + self.counts.len() + self.body.as_ref().map_or(0, Bytes::len)
    }
}
