//! Feeds that the operator names: RSS, Atom and JSON Feed. Facts: sources.md §3.14.
//!
//! A feed cannot be searched. Each is fetched whole, at most twice an hour, kept in memory, and the query is looked up in
//! what is kept.

use std::{cmp::Reverse, collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, future::BoxFuture, stream};
use tokio::time::Instant;

use super::{Settings, answer};
use crate::{
    capabilities::Capabilities,
    connector::{Page, Source, SourceRequest},
    fetch::Fetcher,
    item::{Record, WorkType},
    plan::{self, Plan},
    query::Expr,
    source::{SourceError, SourceId},
    text,
};

mod atom;
mod document;
mod entry;
mod feed;
mod json;
mod rss;
mod schedule;
#[cfg(test)]
mod tests;
mod vocabulary;

use document::Document;
use entry::Entry;
use feed::Feed;

/// How many feeds are fetched at once; each host is asked for one at a time besides.
const AT_ONCE: usize = 16;

/// How many feeds a question names.
const NAMED: usize = 20;

/// Most warnings of one answer.
const MAX_WARNINGS: usize = 20;

static CAPABILITIES: Capabilities = Capabilities {
    words: false,
    holds: &[WorkType::News, WorkType::Article, WorkType::Preprint],
    max_page: 100,
    max_total: 1_000,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    let mut seen = HashSet::new();
    let urls = settings.urls.into_iter().filter(|url| seen.insert(url.clone()));
    Box::new(Feeds { feeds: urls.map(Feed::new).collect() })
}

struct Feeds {
    feeds: Vec<Feed>,
}

impl Source for Feeds {
    fn id(&self) -> SourceId {
        SourceId::Feeds
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    /// The conditions as they are applied here, and the feeds in which they are looked up.
    fn translate(&self, plan: &Plan) -> String {
        let conditions = plan.local.iter().map(|condition| match condition {
            Expr::Or(_) => format!("({condition})"),
            other => other.to_string(),
        });
        let conditions = conditions.collect::<Vec<_>>().join(" ");
        let names = self.feeds.iter().take(NAMED).map(Feed::name).collect::<Vec<_>>().join(", ");
        let more = self.feeds.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{conditions} in {names}{more}")
    }

    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            // A feed that hangs must leave the others time to be looked through.
            let patience = request.deadline.saturating_duration_since(Instant::now()).mul_f64(0.9);
            let deadline = Instant::now() + patience;
            let due = self.feeds.iter().filter(|feed| feed.is_due(request.now));
            stream::iter(due).for_each_concurrent(AT_ONCE, |feed| feed.refresh(fetcher, deadline, request.now)).await;
            let late = SourceError::Timeout { after_ms: u64::try_from(patience.as_millis()).unwrap_or(u64::MAX) };
            self.look_up(&request.plan.local, request.limit, &late)
        })
    }
}

impl Feeds {
    /// The entries that meet the conditions, newest first. Feeds that failed are warned of; when all did, the first one's
    /// error is the answer. `late` is the error of a feed that another search is still fetching.
    fn look_up(&self, conditions: &[Expr], limit: usize, late: &SourceError) -> Result<Page, SourceError> {
        let mut page = Page::default();
        let (mut found, mut failure, mut answered) = (Vec::new(), None, false);
        for feed in &self.feeds {
            let kept = feed.kept();
            if let Some(trouble) = kept.trouble(&feed.name()) {
                warn(&mut page, &trouble);
            }
            let Some(document) = &kept.document else {
                failure = failure.or_else(|| Some(kept.error.clone().unwrap_or_else(|| late.clone())));
                continue;
            };
            answered = true;
            page.malformed = page.malformed.saturating_add(document.malformed);
            if let Some(broken) = &document.broken {
                warn(&mut page, &format!("{}: only its first entries could be read ({broken})", feed.name()));
            }
            let holds = |entry: &&Entry| plan::holds(&entry.record, &entry.beyond, conditions);
            found.extend(document.entries.iter().filter(holds).map(|entry| Record {
                via: Some(feed.address()),
                fetched_at: kept.fetched_at,
                ..entry.record.clone()
            }));
        }
        if let Some(error) = failure.filter(|_| !answered) {
            return Err(error);
        }
        page.reported = Some(found.len() as u64);
        page.records = newest(found, limit.clamp(1, CAPABILITIES.max_page)).into_iter().map(Arc::new).collect();
        Ok(page)
    }
}

/// The newest records, each once, with their place; those without a date come last.
fn newest(mut found: Vec<Record>, limit: usize) -> Vec<Record> {
    found.sort_by_key(|record| {
        let date = record.date.as_ref();
        Reverse(date.map(|date| (date.year, date.month.unwrap_or_default(), date.day.unwrap_or_default())))
    });
    let mut seen = HashSet::new();
    found.retain(|record| seen.insert(record.source_id.clone()));
    found.truncate(limit);
    for (place, record) in (1..).zip(&mut found) {
        record.rank_native = place;
    }
    found
}

fn warn(page: &mut Page, warning: &str) {
    if page.warnings.len() < MAX_WARNINGS {
        page.warnings.push(text::shortened(warning, 300));
    }
}

/// Reads one feed in any of the forms. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let document = Document::read(&String::from_utf8_lossy(body), None, fetched_at)?;
    let records = document.entries.into_iter().map(|entry| Record { fetched_at, ..entry.record }).collect();
    let records = newest(records, usize::MAX).into_iter().map(Arc::new).collect();
    Ok(Page { records, malformed: document.malformed, ..Page::default() })
}
