//! What a source is: its name, what it can do, how it answers and how it fails.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::{
    fetch::Fetcher,
    item::{Identifier, Record},
    plan::Plan,
    work::SharedRecord,
};

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

/// There is no source of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown source `{0}`; the sources are: {list}", list = SourceId::ALL.map(SourceId::as_str).join(", "))]
pub struct UnknownSource(pub String);

impl FromStr for SourceId {
    type Err = UnknownSource;

    fn from_str(name: &str) -> Result<Self, UnknownSource> {
        Self::ALL.into_iter().find(|id| id.as_str() == name).ok_or_else(|| UnknownSource(name.to_owned()))
    }
}

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

/// What a source can do by itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Capabilities {
    /// Takes words to search for. `false`: it gives all that it has, whatever is asked for, and every condition is applied
    /// here; nothing else that it can do matters then, but for what it holds.
    pub words: bool,
    /// Restrict words to the title.
    pub title: bool,
    /// Restrict words to authors.
    pub author: bool,
    /// Restrict words to the abstract.
    #[serde(rename = "abstract")]
    pub abstract_text: bool,
    /// "Exact phrases".
    pub phrase: bool,
    /// AND, OR, NOT and parentheses.
    pub boolean: bool,
    /// Different fields, years, types and identifiers can stand together within OR and NOT, because all are part of one
    /// query text (arXiv, PubMed, Europe PMC). `false`: within OR and NOT the source is only given text of one field, and
    /// years, types, identifiers and openness only as conditions of their own. Means nothing without `boolean`.
    pub mixed: bool,
    /// Restrict the year of publication.
    pub year_range: bool,
    /// Look up by DOI in a query.
    pub doi_lookup: bool,
    /// Look up by arXiv id in a query.
    pub arxiv_lookup: bool,
    /// Look up by PubMed id or PubMed Central id in a query.
    pub pmid_lookup: bool,
    /// A work is looked up by its identifier on a way of its own, which takes no other condition: those that stand beside
    /// the identifier are applied here (Semantic Scholar).
    pub lookup_alone: bool,
    /// Only open access.
    pub open_access: bool,
    /// Types of work that can be asked for; empty when none can.
    pub types: &'static [crate::item::WorkType],
    /// Types of work that the source holds at all; empty means any. A `type:` outside of it skips the source.
    pub holds: &'static [crate::item::WorkType],
    /// Gives citation counts.
    pub citations: bool,
    /// Most records in one answer.
    pub max_page: usize,
    /// Most records that can be reached by paging.
    pub max_total: usize,
}

impl Capabilities {
    /// A source that takes a bag of words and nothing else; connectors say what they can beyond that.
    pub const NONE: Self = Self {
        words: true,
        title: false,
        author: false,
        abstract_text: false,
        phrase: false,
        boolean: false,
        mixed: false,
        year_range: false,
        doi_lookup: false,
        arxiv_lookup: false,
        pmid_lookup: false,
        lookup_alone: false,
        open_access: false,
        types: &[],
        holds: &[],
        citations: false,
        max_page: 10,
        max_total: 10,
    };
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
