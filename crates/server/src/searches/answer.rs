//! A finished answer: its bytes, how old it is, and how long it may be served.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use engine::{
    event::{Counts, Outcome, SourceOutcome, SourceReport},
    search::Prepared,
    sources::entry_of,
    work::{SharedRecord, Splits, Work},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Question;
use crate::{
    answer::Body,
    app::App,
    cache::Tier,
    frame::{Data, Frame, FrameType, Progress, Started},
    store::Scope,
};

/// An answer without works is believed for ten minutes at most.
const EMPTY_FRESH: Duration = Duration::from_secs(600);

/// A finished answer. Many searches may point at one.
#[derive(Debug)]
pub struct Answer {
    /// What is told of it apart from the works.
    pub summary: Summary,
    /// `{"works":…,"sources":…,"counts":…,"took_ms":…}`, ready to send.
    pub body: Body,
    /// Every record, where this process has them still; the database has them too.
    pub records: Option<Vec<SharedRecord>>,
    replay: OnceLock<Vec<Arc<Frame>>>,
}

/// What is told of an answer apart from the works.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summary {
    /// Names the answer in the database.
    pub id: Uuid,
    /// The query as it was understood.
    pub query: String,
    /// Records asked of each source.
    pub limit: usize,
    /// How it went with each source.
    pub sources: Vec<SourceReport>,
    /// The numbers.
    pub counts: Counts,
    /// How long the sources took, in milliseconds.
    pub took_ms: u64,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Until when it is served without asking again; `None`: never.
    pub fresh_until: Option<DateTime<Utc>>,
}

/// Whether an answer was kept, and how old it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CacheInfo {
    /// It was kept: no source was asked.
    pub hit: bool,
    /// Seconds since it was made.
    pub age_seconds: u64,
    /// At least one source was down and its part is older than it should be.
    pub stale: bool,
}

/// The answer as JSON, beside the head that differs from search to search.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Document<'a> {
    /// In the final order.
    pub works: std::borrow::Cow<'a, [Work]>,
    /// How it went with each source.
    pub sources: std::borrow::Cow<'a, [SourceReport]>,
    /// The numbers.
    pub counts: Counts,
    /// How long the sources took, in milliseconds.
    pub took_ms: u64,
}

impl Answer {
    /// Makes the answer of an outcome.
    pub fn new(id: Uuid, query: String, limit: usize, outcome: &Outcome, now: DateTime<Utc>) -> Self {
        let document = Document {
            works: (&outcome.works).into(),
            sources: (&outcome.sources).into(),
            counts: outcome.counts,
            took_ms: outcome.took_ms,
        };
        let mut json = Vec::with_capacity(2_000 * (1 + outcome.works.len()));
        // None of the types can fail to serialise; an empty object would still be JSON.
        if serde_json::to_writer(&mut json, &document).is_err() {
            json = br#"{"works":[]}"#.to_vec();
        }
        let summary = Summary {
            id,
            query,
            limit,
            sources: outcome.sources.clone(),
            counts: outcome.counts,
            took_ms: outcome.took_ms,
            made_at: now,
            fresh_until: fresh_until(outcome, now),
        };
        Self { summary, body: Body::new(json), records: Some(outcome.records.clone()), replay: OnceLock::new() }
    }

    /// An answer that was kept elsewhere as [`Answer::pack`] wrote it; `None` when it cannot be read.
    pub fn unpack(bytes: &Bytes) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let summary: Summary = serde_json::from_slice(&bytes[..end]).ok()?;
        let body = Body::from_compressed(bytes.slice(end + 1..))?;
        Some(Self { summary, body, records: None, replay: OnceLock::new() })
    }

    /// The answer as a line of JSON and a zstd frame, for the shared cache and the database.
    pub fn pack(&self) -> Option<Bytes> {
        let mut bytes = serde_json::to_vec(&self.summary).ok()?;
        bytes.push(b'\n');
        bytes.extend_from_slice(self.body.compressed());
        Some(bytes.into())
    }

    /// The works, read back from the body.
    pub fn works(&self) -> Vec<Work> {
        let mut json = Vec::with_capacity(self.body.plain().len() + 1);
        json.push(b'{');
        json.extend_from_slice(self.body.plain());
        serde_json::from_slice::<Document<'_>>(&json).map(|document| document.works.into_owned()).unwrap_or_default()
    }

    /// Whether it may be served at `now` without asking again.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        self.summary.fresh_until.is_some_and(|until| now < until)
    }

    /// How long it may be served from `now` on.
    pub fn life(&self, now: DateTime<Utc>) -> Duration {
        self.summary.fresh_until.and_then(|until| (until - now).to_std().ok()).unwrap_or_default()
    }

    /// About how much memory it takes, in bytes.
    pub fn size(&self) -> usize {
        self.body.size() + 500 * self.summary.sources.len()
    }

    /// How it looks to one who gets it at `now`, as a `hit` or just made.
    pub fn cache_info(&self, hit: bool, now: DateTime<Utc>) -> CacheInfo {
        let age = now - self.summary.made_at;
        CacheInfo {
            hit,
            age_seconds: u64::try_from(age.num_seconds()).unwrap_or(0),
            stale: self.summary.sources.iter().any(|report| report.state == SourceOutcome::Stale),
        }
    }

    /// The frames that a job would have logged, for a reader of a kept answer.
    pub fn replay(&self) -> &[Arc<Frame>] {
        self.replay.get_or_init(|| {
            let summary = &self.summary;
            let asked = summary.sources.iter().filter(|report| report.state != SourceOutcome::Skipped);
            let started = Started {
                query: summary.query.clone(),
                sources: asked.map(|report| report.source).collect(),
                limit: summary.limit,
            };
            let mut frames = vec![(FrameType::SearchStarted, Data::Started(started))];
            frames.extend(summary.sources.iter().map(|report| (FrameType::SearchProgress, done(report.clone()))));
            frames.push((FrameType::SearchCompleted, Data::Json(self.document())));
            let frame = |(place, (kind, data))| {
                let seq = place as u64 + 1;
                // Two readers of one kept answer see the same message ids: they are made from the answer's id.
                let id = Uuid::from_u128(summary.id.as_u128().wrapping_add(u128::from(seq)));
                Arc::new(Frame::new(seq, kind, summary.made_at, id, data))
            };
            frames.into_iter().enumerate().map(frame).collect()
        })
    }

    /// The whole document.
    pub fn document(&self) -> Bytes {
        let mut json = Vec::with_capacity(self.body.plain().len() + 1);
        json.push(b'{');
        json.extend_from_slice(self.body.plain());
        json.into()
    }
}

/// The frame for a source that is done.
pub fn done(report: SourceReport) -> Data {
    Data::Progress(match report.state {
        SourceOutcome::Failed | SourceOutcome::Late => Progress::SearchSourceFailed(report),
        _ => Progress::SearchSourceFinished(report),
    })
}

/// The beginning of every answer: what differs from search to search.
pub fn head(search: &super::Search, status: Status, cache: CacheInfo) -> String {
    let query = serde_json::to_string(&search.query).unwrap_or_else(|_| "\"\"".to_owned());
    format!(
        r#"{{"id":"{}","status":"{}","query":{query},"started_at":"{}","cache":{{"hit":{},"age_seconds":{},"stale":{}}}"#,
        search.id,
        status.as_str(),
        search.started_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        cache.hit,
        cache.age_seconds,
        cache.stale,
    )
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
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

impl Status {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of an answer with these reports.
    pub fn of(sources: &[SourceReport]) -> Self {
        let asked = sources.iter().filter(|report| report.state != SourceOutcome::Skipped);
        let (mut with, mut without) = (0, 0);
        for report in asked {
            if report.state.has_records() { with += 1 } else { without += 1 }
        }
        match (with, without) {
            (_, 0) => Self::Completed,
            (0, _) => Self::Failed,
            _ => Self::Partial,
        }
    }
}

/// Until when an answer is served without asking: as long as the shortest-lived of its parts, and only when it is whole.
fn fresh_until(outcome: &Outcome, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut until = now + if outcome.works.is_empty() { EMPTY_FRESH } else { Duration::MAX.min(Duration::from_secs(365 * 86_400)) };
    for report in &outcome.sources {
        match report.state {
            SourceOutcome::Answered | SourceOutcome::Cached => {
                until = until.min(report.cached_at.unwrap_or(now) + entry_of(report.source).cache.fresh);
            }
            SourceOutcome::Skipped => {}
            SourceOutcome::Stale | SourceOutcome::Failed | SourceOutcome::Late => return None,
        }
    }
    Some(until)
}

/// Whether the terms of every source in it allow the answer to leave this process's memory.
pub fn may_be_stored(sources: &[SourceReport]) -> bool {
    sources.iter().filter(|report| report.state.has_records()).all(|report| entry_of(report.source).cache.store)
}

/// Names the question as it was typed: found again without parsing anything.
pub fn front_key(scope: Scope, question: &Question, limit: usize, splits_revision: u64) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(scope.workspace.as_bytes());
    hasher.update(&splits_revision.to_le_bytes());
    hasher.update(&limit.to_le_bytes());
    let mut sources = 0_u64;
    for source in &question.sources {
        sources |= 1 << (*source as u8);
    }
    hasher.update(&sources.to_le_bytes());
    hasher.update(question.query.as_bytes());
    format!("front:{}", &hasher.finalize().to_hex()[..32])
}

/// Names the question as it was understood: what each source is asked, and what is done with it here.
pub fn key(prepared: &Prepared, scope: Scope, splits: &Splits) -> String {
    let mut hasher = blake3::Hasher::new();
    for ask in &prepared.asks {
        hasher.update(ask.key.as_bytes());
    }
    for (source, _) in &prepared.skipped {
        hasher.update(source.as_str().as_bytes());
    }
    // The words decide the ranking and the local conditions; what a workspace has split is its own.
    hasher.update(prepared.query.text.as_bytes());
    if !splits.is_empty() {
        hasher.update(scope.workspace.as_bytes());
        hasher.update(format!("{splits:?}").as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// A kept answer to `key`, in memory or in the shared tier.
pub async fn find(app: &App, key: &str) -> Option<(Arc<Answer>, Tier)> {
    let now = app.clock.now();
    if let Some(kept) = app.cache.answers.get(key).filter(|kept| kept.is_fresh(now)) {
        return Some((kept, Tier::Memory));
    }
    if !app.cache.remote.is_there() {
        return None;
    }
    let found = app.cache.remote.get(&[shared_name(key)]).await.ok()?.pop()??;
    let kept = Arc::new(Answer::unpack(&found).filter(|kept| kept.is_fresh(now))?);
    app.cache.answers.put(key.to_owned(), Arc::clone(&kept), kept.size(), kept.life(now));
    Some((kept, Tier::Redis))
}

/// Keeps an answer as long as it is fresh.
pub async fn keep(app: &App, key: &str, front: &str, answer: &Arc<Answer>) {
    let life = answer.life(app.clock.now());
    if life.is_zero() {
        return;
    }
    app.cache.answers.put(key.to_owned(), Arc::clone(answer), answer.size(), life);
    app.cache.answers.put(front.to_owned(), Arc::clone(answer), 0, life);
    if app.cache.remote.is_there()
        && may_be_stored(&answer.summary.sources)
        && let Some(bytes) = answer.pack()
    {
        // A tier that is away is not an error of this search; its state says so.
        let _ = app.cache.remote.put(shared_name(key), bytes, life).await;
    }
}

fn shared_name(key: &str) -> String {
    format!("pake:l2:answer:{key}")
}
