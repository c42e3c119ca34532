//! A finished answer: its bytes, how old it is, and how long it may be served.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use engine::{
    event::{Counts, Outcome, SourceOutcome, SourceReport},
    item::{Author, Record},
    sources::entry_of,
    work::{SharedRecord, Work},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    frame::{Data, Frame, FrameType, Progress, Started},
    json,
    store::finished::{PackAnswer, PackedAnswer, SearchStatus},
};

pub use self::body::Body;
use self::body::Seal;
use self::records::InWork;

mod body;
mod records;

/// An answer without works, and a source's part of it without records, is believed for ten minutes at most.
const EMPTY_FRESH: Duration = Duration::from_mins(10);
/// No answer is served longer than this without asking.
const LONGEST_FRESH: Duration = Duration::from_hours(7 * 24);

/// About the bytes of a work in JSON.
const A_WORK: usize = 3_500;

/// A finished answer. Many searches may point at one.
#[derive(Debug)]
pub struct Answer {
    /// What is told of it apart from the works.
    pub summary: Summary,
    /// The query as it was understood: shared by all who asked.
    pub query: Arc<str>,
    /// `{"works":…,"sources":…,"counts":…,"took_ms":…}`, ready to send.
    pub body: Body,
    /// The bytes that it was read from, where they hold no records: those are elsewhere.
    as_it_came: Option<Bytes>,
    records: Mutex<Records>,
    replay: OnceLock<Vec<Arc<Frame>>>,
}

/// Every record of an answer, in the form in which it takes least at the time.
#[derive(Debug, Clone)]
enum Records {
    /// They are elsewhere: in the database.
    Elsewhere,
    /// As they came, shared with the pages that they came in; and what of each stands in the body.
    Live(Vec<SharedRecord>, Vec<Option<InWork>>),
    /// Beside the body, which says much of the same.
    Packed(Bytes),
}

/// What is told of an answer apart from the works.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summary {
    /// Names the answer in the database.
    pub id: Uuid,
    /// Names the question that it answers.
    pub key: String,
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
#[schema(as = Answer)]
pub struct Document<'a> {
    /// In the final order.
    pub works: Cow<'a, [Work]>,
    /// How it went with each source.
    pub sources: Cow<'a, [SourceReport]>,
    /// The numbers.
    pub counts: Counts,
    /// How long the sources took, in milliseconds.
    pub took_ms: u64,
}

/// The first line of an answer that is kept as bytes.
#[derive(Debug, Serialize, Deserialize)]
struct Line<'a> {
    summary: Cow<'a, Summary>,
    body_bytes: usize,
    /// Older answers have none.
    #[serde(default)]
    seal: Option<Seal>,
}

impl PackAnswer for Answer {
    fn pack(&self) -> PackedAnswer {
        let summary = &self.summary;
        PackedAnswer {
            key: summary.key.clone(),
            // Strings and numbers always serialise.
            reports: serde_json::to_string(&summary.sources).unwrap_or_default(),
            counts: serde_json::to_string(&summary.counts).unwrap_or_default(),
            made_at: summary.made_at,
            expires_at: None,
            body: may_be_stored(&summary.sources).then(|| self.to_bytes(true)).flatten(),
        }
    }

    fn size(&self) -> usize {
        self.memory()
    }
}

impl Answer {
    /// Makes the answer of an outcome.
    pub fn new(id: Uuid, key: &str, query: &str, limit: usize, outcome: &Outcome, now: DateTime<Utc>) -> Self {
        let document = Document {
            works: (&outcome.works).into(),
            sources: (&outcome.sources).into(),
            counts: outcome.counts,
            took_ms: outcome.took_ms,
        };
        let mut json = Vec::with_capacity(A_WORK * (1 + outcome.works.len()));
        // None of the types can fail to serialise; an empty object would still be JSON.
        if json::write(&mut json, &document).is_err() {
            json = br#"{"works":[]}"#.to_vec();
        }
        // It is kept for long.
        json.shrink_to_fit();
        let summary = Summary {
            id,
            key: key.to_owned(),
            query: query.to_owned(),
            limit,
            sources: outcome.sources.clone(),
            counts: outcome.counts,
            took_ms: outcome.took_ms,
            made_at: now,
            fresh_until: fresh_until(outcome, now),
        };
        Self {
            summary,
            query: query.into(),
            body: Body::new(json),
            records: Mutex::new(Records::Live(
                outcome.records.clone(),
                records::compare(&outcome.records, &outcome.works),
            )),
            as_it_came: None,
            replay: OnceLock::new(),
        }
    }

    /// An answer that was kept elsewhere as [`Answer::to_bytes`] wrote it; `None` when it cannot be read.
    pub fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let line: Line<'static> = serde_json::from_slice(&bytes[..end]).ok()?;
        let split = (end + 1).checked_add(line.body_bytes).filter(|split| *split <= bytes.len())?;
        let records = bytes.slice(split..);
        Some(Self {
            query: line.summary.query.as_str().into(),
            summary: line.summary.into_owned(),
            body: Body::from_compressed(bytes.slice(end + 1..split), line.seal)?,
            as_it_came: records.is_empty().then(|| bytes.clone()),
            records: Mutex::new(if records.is_empty() { Records::Elsewhere } else { Records::Packed(records) }),
            replay: OnceLock::new(),
        })
    }

    /// The answer as a line of JSON, its body as a zstd frame, and with `records` another frame with them.
    pub fn to_bytes(&self, records: bool) -> Option<Bytes> {
        if let Some(bytes) = &self.as_it_came {
            return Some(bytes.clone());
        }
        let body = self.body.compressed();
        let line = Line { summary: Cow::Borrowed(&self.summary), body_bytes: body.len(), seal: Some(self.body.seal()) };
        let records = if records { self.packed_records()? } else { Bytes::new() };
        let mut bytes = serde_json::to_vec(&line).ok()?;
        bytes.reserve_exact(1 + body.len() + records.len());
        bytes.push(b'\n');
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(&records);
        Some(bytes.into())
    }

    /// Every record, where this process has them; else the database has them.
    pub fn records(&self) -> Option<Vec<SharedRecord>> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match records {
            Records::Elsewhere => None,
            Records::Live(records, _) => Some(records),
            Records::Packed(packed) => records::unpack(&packed, &self.body, || self.works()),
        }
    }

    /// Brings it into the form in which it is kept and takes least.
    pub fn settle(&self) {
        if may_be_stored(&self.summary.sources) && self.packed_records().is_some() {
            self.body.compressed();
            // Who still wants it is most likely to take the other form.
            self.body.let_go();
        }
    }

    /// Every record as bytes (none where they are elsewhere); from then on they are kept like that.
    fn packed_records(&self) -> Option<Bytes> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let packed = match &*records {
            Records::Elsewhere => return Some(Bytes::new()),
            Records::Packed(packed) => return Some(packed.clone()),
            Records::Live(all, in_works) => records::pack(all, in_works, &self.body)?,
        };
        *records = Records::Packed(packed.clone());
        Some(packed)
    }

    /// The works, read back from the body.
    pub fn works(&self) -> Vec<Work> {
        let mut json = Vec::with_capacity(self.body.length() + 1);
        json.push(b'{');
        json.extend_from_slice(&self.body.plain());
        serde_json::from_slice::<Document<'_>>(&json).map(|document| document.works.into_owned()).unwrap_or_default()
    }

    /// How it ended.
    pub fn status(&self) -> SearchStatus {
        let (mut with, mut without) = (0, 0);
        for report in self.summary.sources.iter().filter(|report| report.state != SourceOutcome::Skipped) {
            if report.state.has_records() { with += 1 } else { without += 1 }
        }
        match (with, without) {
            (0, _) => SearchStatus::Failed,
            (_, 0) => SearchStatus::Completed,
            _ => SearchStatus::Partial,
        }
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
    pub fn memory(&self) -> usize {
        // The records are packed soon, and are a fraction of the body then.
        self.body.size() + self.body.length() / 5 + 1_000 * self.summary.sources.len()
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
            frames.push((FrameType::SearchCompleted, Data::Members(self.body.plain())));
            let frame = |(place, (kind, data))| {
                let seq = place as u64 + 1;
                // Two readers of one kept answer see the same message ids: they are made from the answer's id.
                let id = Uuid::from_u128(summary.id.as_u128().wrapping_add(u128::from(seq)));
                Arc::new(Frame::new(seq, kind, summary.made_at, id, data))
            };
            frames.into_iter().enumerate().map(frame).collect()
        })
    }
}

/// The frame for a source that is done.
pub fn done(report: SourceReport) -> Data {
    Data::Progress(match report.state {
        SourceOutcome::Failed | SourceOutcome::Late => Progress::SearchSourceFailed(report),
        _ => Progress::SearchSourceFinished(report),
    })
}

/// Until when an answer is served without asking: as long as the shortest-lived of its parts, and only when it is whole.
fn fresh_until(outcome: &Outcome, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut until = now + if outcome.works.is_empty() { EMPTY_FRESH } else { LONGEST_FRESH };
    for report in &outcome.sources {
        match report.state {
            SourceOutcome::Answered | SourceOutcome::Cached => {
                // A source that sent nothing may have something soon (sources.md §3.1: arXiv's sporadic empty pages).
                let fresh = entry_of(report.source).cache.fresh;
                let fresh = if report.retrieved == 0 { fresh.min(EMPTY_FRESH) } else { fresh };
                until = until.min(report.cached_at.unwrap_or(now) + fresh);
            }
            SourceOutcome::Skipped => {}
            SourceOutcome::Stale | SourceOutcome::Failed | SourceOutcome::Late => return None,
        }
    }
    Some(until)
}

/// A fair estimate of the memory that a record takes, in bytes.
pub fn size_of(record: &Record) -> usize {
    /// What the allocator keeps beside each piece of text.
    const BESIDE: usize = 16;
    let text = |text: Option<&str>| text.map_or(0, |text| text.len() + BESIDE);
    // A name stands in its author, unless it is longer than this.
    let name = |name: Option<&str>| text(name.filter(|name| name.len() > 24));
    let author = |author: &Author| {
        let names = [Some(author.name.as_str()), author.given.as_deref(), author.family.as_deref()];
        let names = names.into_iter().map(name).sum::<usize>();
        std::mem::size_of::<Author>() + names + text(author.affiliation.as_deref())
    };
    let list =
        |list: &[String]| list.iter().map(|text| std::mem::size_of::<String>() + text.len() + BESIDE).sum::<usize>();
    let long = [&record.url, &record.pdf_url, &record.venue, &record.doi, &record.licence];
    std::mem::size_of::<Record>()
        + record.title.len()
        // Ids, numbers and whatever else is short.
        + 300
        + text(record.abstract_text.as_deref())
        + long.into_iter().map(|long| text(long.as_deref())).sum::<usize>()
        + record.authors.iter().map(author).sum::<usize>()
        + list(&record.topics)
}

/// Whether the terms of every source in it allow the answer to leave this process's memory.
pub fn may_be_stored(sources: &[SourceReport]) -> bool {
    sources.iter().filter(|report| report.state.has_records()).all(|report| entry_of(report.source).cache.store)
}

#[cfg(test)]
mod tests;
