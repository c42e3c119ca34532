//! The labels of the metrics and their values: all of them bounded.

use std::{
    fmt::{self, Write as _},
    hash::{Hash, Hasher},
};

use axum::extract::MatchedPath;
use engine::event::{SourceOutcome, SourceReport};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// Labels of a request that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct HttpLabels {
    /// Method; `_OTHER` for unusual ones.
    pub http_request_method: &'static str,
    /// Template of the route.
    pub http_route: Route,
    /// Status of the answer.
    pub http_response_status_code: u16,
}

/// The template of a route.
#[derive(Debug, Clone)]
pub enum Route {
    /// A route of the router.
    Template(MatchedPath),
    /// No route.
    Other,
}

impl Route {
    /// As text: `/api/v1/sources/{id}`, or `_OTHER`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Template(path) => path.as_str(),
            Self::Other => "_OTHER",
        }
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.as_str())
    }
}

/// Labels of a request that PAKE sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ClientLabels {
    /// Host that was asked: one of the configured sources'.
    pub server_address: String,
}

/// Labels of an operation on the database.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DbLabels {
    /// Which kind of database.
    pub db_system_name: &'static str,
    /// What was done, in SQL's word.
    pub db_operation_name: &'static str,
}

/// Labels of a search.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SearchLabels {
    /// How it ended.
    pub result: SearchResult,
}

/// Labels of what became of asking a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SourceLabels {
    /// The source.
    pub source: &'static str,
    /// `answered`, `cached`, `stale`, `skipped`, `late` or the code of the error.
    pub outcome: &'static str,
}

/// Labels of how long a source took.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SourceTimeLabels {
    /// The source.
    pub source: &'static str,
}

/// Labels of a look-up in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CacheLabels {
    /// Which cache.
    pub tier: CacheTier,
    /// What it had.
    pub result: CacheResult,
}

/// Labels of an attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AttemptLabels {
    /// How it ended.
    pub result: AttemptResult,
}

/// Labels of a security event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SecurityLabels {
    /// What happened.
    pub event_type: &'static str,
    /// How much it matters.
    pub severity: &'static str,
}

/// Labels of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct MailLabels {
    /// What became of it.
    pub result: MailResult,
}

/// Labels of deployments.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DeployLabels {
    /// How they ended.
    pub outcome: DeployOutcome,
}

/// Labels of a release.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReleaseLabels {
    /// Its name.
    pub release: String,
    /// The digest of its image.
    pub image_digest: String,
}

/// Labels of a request that a limit refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LimitLabels {
    /// The class of the route.
    pub class: &'static str,
}

/// Labels of a dependency.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DependencyLabels {
    /// The dependency.
    pub dependency: Dependency,
}

/// Labels of what may be read from a replica of the database.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReadLabels {
    /// Where it was read.
    pub server: ReadFrom,
}

/// Labels of a run of a background job.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct JobLabels {
    /// The job.
    pub job: &'static str,
    /// How it ended.
    pub result: JobResult,
}

/// Labels of when a background job succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct JobTimeLabels {
    /// The job.
    pub job: &'static str,
}

/// Labels of a job out of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct QueueLabels {
    /// The kind of work.
    pub kind: &'static str,
    /// What became of it.
    pub result: QueueResult,
}

/// Labels of how long a job out of the queue took.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct QueueTimeLabels {
    /// The kind of work.
    pub kind: &'static str,
}

/// Labels of the running build.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct BuildLabels {
    /// Version of PAKE.
    pub version: &'static str,
}

/// A label whose values are these words.
macro_rules! words {
    ($(#[doc = $doc:literal])+ $name:ident { $( $(#[doc = $variant_doc:literal])+ $variant:ident = $word:literal, )+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[doc = $variant_doc])+ $variant, )+ }

        impl $name {
            /// All values.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The value as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
                encoder.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What became of working on a job out of the queue.
    QueueResult {
        /// It is done.
        Done = "done",
        /// It failed, and is tried again.
        Retried = "retried",
        /// It failed for good.
        Failed = "failed",
        /// Somebody wanted it to end.
        Cancelled = "cancelled",
        /// The server stops; it is done later, or elsewhere.
        Released = "released",
        /// Another process has taken it over.
        Lost = "lost",
    }
}

words! {
    /// How a search ended.
    SearchResult {
        /// Every source that was asked answered.
        Complete = "complete",
        /// At least one source did not.
        Partial = "partial",
        /// The whole answer was a kept one.
        Cached = "cached",
        /// No source answered.
        Failed = "failed",
        /// Somebody cancelled it.
        Cancelled = "cancelled",
    }
}

words! {
    /// How an attempt to sign in ended.
    AttemptResult {
        /// Whoever tried is in.
        Succeeded = "succeeded",
        /// A name, a password or another proof was wrong.
        Failed = "failed",
        /// There were too many before it: nothing was looked at.
        Refused = "refused",
    }
}

words! {
    /// What became of a mail.
    MailResult {
        /// The mail server or the folder has it.
        Sent = "sent",
        /// It does not.
        Failed = "failed",
    }
}

words! {
    /// How a deployment ended, or that it stands still.
    DeployOutcome {
        /// The new release is the current one.
        Committed = "committed",
        /// What was before stands again.
        RolledBack = "rolled_back",
        /// A person has to look.
        Halted = "halted",
    }
}

words! {
    /// Which cache had the answer.
    CacheTier {
        /// The memory of this process.
        Memory = "memory",
        /// Redis.
        Redis = "redis",
        /// None had it.
        None = "none",
    }
}

words! {
    /// What came of looking for a kept answer.
    CacheResult {
        /// It was there.
        Hit = "hit",
        /// It was not.
        Miss = "miss",
    }
}

words! {
    /// How a run of a background job ended.
    JobResult {
        /// It did what there was to do.
        Done = "done",
        /// It did not; it is tried again.
        Failed = "failed",
    }
}

words! {
    /// Where something was read.
    ReadFrom {
        /// The primary, since the replica was away or too far behind.
        Primary = "primary",
        /// The replica.
        Replica = "replica",
    }
}

words! {
    /// Something PAKE depends on.
    Dependency {
        /// Where searches and history are kept.
        Database = "database",
        /// Where lists and numbers are read, where there is one.
        DatabaseReplica = "database_replica",
        /// The shared cache.
        Redis = "redis",
    }
}

/// All values of `outcome`: the states of a source, and the errors' codes instead of `failed`.
pub(super) const OUTCOMES: [&str; 18] = [
    "answered",
    "cached",
    "stale",
    "skipped",
    "late",
    "timeout",
    "rate_limited",
    "circuit_open",
    "budget_spent",
    "refused",
    "bad_query",
    "unavailable",
    "network",
    "malformed",
    "too_large",
    "blocked",
    "unsupported",
    "cancelled",
];

/// What became of asking a source, in a word.
pub(super) fn outcome(report: &SourceReport) -> &'static str {
    match report.state {
        SourceOutcome::Answered => "answered",
        SourceOutcome::Cached => "cached",
        SourceOutcome::Stale => "stale",
        SourceOutcome::Skipped => "skipped",
        SourceOutcome::Late => "late",
        SourceOutcome::Failed => report.error.as_ref().map_or("malformed", engine::source::SourceError::code),
    }
}
