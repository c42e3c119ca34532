//! What a source is called, and how it fails.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The name of a source: in configuration, in queries (`source:`), in metrics and in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it; labels and descriptions are in the table of sources")]
pub enum SourceId {
    Arxiv,
    Pubmed,
    Europepmc,
    Openalex,
    Crossref,
    SemanticScholar,
    Datacite,
    Unpaywall,
    Wikipedia,
    Github,
    Searxng,
    Brave,
    Firecrawl,
    Feeds,
}

impl SourceId {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 14] = [
        Self::Arxiv,
        Self::Pubmed,
        Self::Europepmc,
        Self::Openalex,
        Self::Crossref,
        Self::SemanticScholar,
        Self::Datacite,
        Self::Unpaywall,
        Self::Wikipedia,
        Self::Github,
        Self::Searxng,
        Self::Brave,
        Self::Firecrawl,
        Self::Feeds,
    ];

    /// The name as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arxiv => "arxiv",
            Self::Pubmed => "pubmed",
            Self::Europepmc => "europepmc",
            Self::Openalex => "openalex",
            Self::Crossref => "crossref",
            Self::SemanticScholar => "semantic_scholar",
            Self::Datacite => "datacite",
            Self::Unpaywall => "unpaywall",
            Self::Wikipedia => "wikipedia",
            Self::Github => "github",
            Self::Searxng => "searxng",
            Self::Brave => "brave",
            Self::Firecrawl => "firecrawl",
            Self::Feeds => "feeds",
        }
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much of an unknown name is told, in characters.
const LONGEST_UNKNOWN: usize = 60;

/// There is no source of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown source `{0}`; the sources are: {list}", list = SourceId::ALL.map(SourceId::as_str).join(", "))]
pub struct UnknownSource(pub String);

impl FromStr for SourceId {
    type Err = UnknownSource;

    fn from_str(name: &str) -> Result<Self, UnknownSource> {
        // Whatever was sent is not said back at length.
        let unknown = || UnknownSource(name.chars().take(LONGEST_UNKNOWN).collect());
        Self::ALL.into_iter().find(|id| id.as_str() == name).ok_or_else(unknown)
    }
}

/// Why a source gave no answer. A value in the stream, never a failed search.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum SourceError {
    /// No answer in time.
    #[error("no answer within {after_ms} ms")]
    Timeout {
        /// How long was waited, in milliseconds.
        after_ms: u64,
    },
    /// Asked too often: by the source's word (429) or by our own limiter.
    #[error("rate limit reached; next attempt at {}", retry_at.format("%H:%M:%S UTC"))]
    RateLimited {
        /// When it may be asked again.
        retry_at: DateTime<Utc>,
    },
    /// Not asked, because it failed too often just before.
    #[error("not asked: {reason}; next attempt at {}", retry_at.format("%H:%M:%S UTC"))]
    CircuitOpen {
        /// What it failed with.
        reason: String,
        /// When it is tried again.
        retry_at: DateTime<Utc>,
    },
    /// The day's budget is spent.
    #[error("the daily budget is spent; it starts anew at {}", resets_at.format("%H:%M UTC"))]
    BudgetSpent {
        /// When the next day begins (UTC).
        resets_at: DateTime<Utc>,
    },
    /// The source will not serve us (401, 402, 403): a key is missing, wrong or used up.
    #[error("refused with status {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said, shortened, and what to do.
        message: String,
    },
    /// The source does not understand this one query (400, 404, 422).
    #[error("did not accept the query: {message}")]
    BadQuery {
        /// What it said, shortened.
        message: String,
    },
    /// The source is ill (5xx after retries).
    #[error("unavailable (status {status})")]
    Unavailable {
        /// HTTP status.
        status: u16,
    },
    /// The connection failed or broke off.
    #[error("connection failed: {message}")]
    Network {
        /// What happened, without addresses' query strings.
        message: String,
    },
    /// The answer cannot be read.
    #[error("answer cannot be read: {message}")]
    Malformed {
        /// What is wrong with it.
        message: String,
    },
    /// The answer is larger than it may be.
    #[error("answer larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit, in bytes after decompression.
        limit_bytes: u64,
    },
    /// The address is private, or a redirect led to one.
    #[error("address refused: {message}")]
    Blocked {
        /// Which address and why, and how an operator allows it.
        message: String,
    },
    /// The source cannot do what the query asks for.
    #[error("cannot be asked this: {reason}")]
    Unsupported {
        /// What it cannot do.
        reason: String,
    },
    /// The search was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl SourceError {
    /// The error's name in JSON and in metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "timeout",
            Self::RateLimited { .. } => "rate_limited",
            Self::CircuitOpen { .. } => "circuit_open",
            Self::BudgetSpent { .. } => "budget_spent",
            Self::Refused { .. } => "refused",
            Self::BadQuery { .. } => "bad_query",
            Self::Unavailable { .. } => "unavailable",
            Self::Network { .. } => "network",
            Self::Malformed { .. } => "malformed",
            Self::TooLarge { .. } => "too_large",
            Self::Blocked { .. } => "blocked",
            Self::Unsupported { .. } => "unsupported",
            Self::Cancelled => "cancelled",
        }
    }

    /// When the source may be asked again, where that is known.
    pub const fn retry_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::RateLimited { retry_at } | Self::CircuitOpen { retry_at, .. } => Some(*retry_at),
            Self::BudgetSpent { resets_at } => Some(*resets_at),
            _ => None,
        }
    }
}
