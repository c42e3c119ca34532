//! One feed: its address, what is kept of it, and how that is renewed.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED},
};
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::{answer, document::Document, schedule};
use crate::{
    fetch::{Call, Fetcher, Reply},
    source::{SourceError, SourceId},
};

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                      text/xml;q=0.9, application/json;q=0.8, */*;q=0.1";

/// One feed.
#[derive(Debug)]
pub(super) struct Feed {
    url: Url,
    kept: Mutex<Arc<Kept>>,
    /// Held by whoever fetches it, so that searches at the same time fetch it once.
    fetching: tokio::sync::Mutex<()>,
}

/// What is kept of a feed.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// The last one that could be read.
    pub document: Option<Arc<Document>>,
    /// When that was fetched.
    pub fetched_at: Option<DateTime<Utc>>,
    /// Why it could not be renewed since.
    pub error: Option<SourceError>,
    /// It said that it is gone for good (410).
    gone: bool,
    /// What a fetch asks for changes with, each under the name of its question.
    validators: Vec<(HeaderName, HeaderValue)>,
    /// When it is fetched again; `None` at once.
    due: Option<DateTime<Utc>>,
    failures: u32,
}

/// What a fetch brought.
enum Brought {
    Document { document: Document, validators: Vec<(HeaderName, HeaderValue)>, due: DateTime<Utc> },
    NothingNew { due: Option<DateTime<Utc>> },
    Gone,
}

impl Feed {
    /// A feed that is not fetched yet.
    pub fn new(url: Url) -> Self {
        Self { url, kept: Mutex::default(), fetching: tokio::sync::Mutex::default() }
    }

    /// Its host and path, for people. The query string may hold a key.
    pub fn name(&self) -> String {
        self.url[Position::BeforeHost..Position::AfterPath].to_owned()
    }

    /// Its address without what may be a key.
    pub fn address(&self) -> String {
        format!("{}://{}", self.url.scheme(), self.name())
    }

    /// What is kept of it.
    pub fn kept(&self) -> Arc<Kept> {
        Arc::clone(&self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether it is time to fetch it.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        let kept = self.kept();
        !kept.gone && kept.due.is_none_or(|due| due <= now)
    }

    /// Fetches it, unless somebody else just did. Whatever comes of it is kept.
    pub async fn refresh(&self, fetcher: &Fetcher, deadline: Instant, now: DateTime<Utc>) {
        let Ok(_fetching) = timeout_at(deadline, self.fetching.lock()).await else { return };
        // One that there is no time left for has not failed.
        if !self.is_due(now) || Instant::now() >= deadline {
            return;
        }
        let before = self.kept();
        let read = |reply: Reply| read(&reply, &before, now);
        let brought = fetcher.fetch(SourceId::Feeds, &self.call(&before), deadline, read).await;
        let kept = Arc::new(before.renewed(brought, now));
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// Guarded: the addresses of feeds are passed on from people to operators without a look at where they lead.
    fn call(&self, kept: &Kept) -> Call {
        Call { headers: kept.validators.clone(), accept: ACCEPT, guarded: true, ..Call::get(self.url.clone()) }
    }
}

/// Reads an answer. A feed that is not there is a refusal: asking again does not help, and the query is not at fault.
fn read(reply: &Reply, before: &Kept, now: DateTime<Utc>) -> Result<Brought, SourceError> {
    let max_age = schedule::max_age(&reply.headers);
    match reply.status {
        StatusCode::GONE => Ok(Brought::Gone),
        StatusCode::NOT_MODIFIED => {
            let document = before.document.as_deref();
            let due = document.map(|known| schedule::after_success(now, known.ttl, max_age, &known.skip_hours));
            Ok(Brought::NothingNew { due })
        }
        status if status.is_success() => {
            let document = Document::read(&reply.text(), Some(&reply.url), Some(now))?;
            let due = schedule::after_success(now, document.ttl, max_age, &document.skip_hours);
            let validators = [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)];
            let validators = validators
                .into_iter()
                .filter_map(|(name, question)| Some((question, reply.headers.get(name)?.clone())));
            Ok(Brought::Document { document, validators: validators.collect(), due })
        }
        status => Err(SourceError::Refused { status: status.as_u16(), message: answer::said(&reply.body) }),
    }
}

impl Kept {
    /// What is kept after a fetch.
    fn renewed(&self, brought: Result<Brought, SourceError>, now: DateTime<Utc>) -> Self {
        match brought {
            Ok(Brought::Document { document, validators, due }) => Self {
                document: Some(Arc::new(document)),
                fetched_at: Some(now),
                validators,
                due: Some(due),
                ..Self::default()
            },
            Ok(Brought::NothingNew { due }) => {
                // Told without having been asked: it is asked again without conditions.
                let validators = if due.is_some() { self.validators.clone() } else { Vec::new() };
                let due = due.unwrap_or_else(|| schedule::after_failures(now, 1));
                Self { validators, due: Some(due), error: None, failures: 0, ..self.clone() }
            }
            Ok(Brought::Gone) => {
                let error = SourceError::Refused { status: 410, message: "it is gone for good".to_owned() };
                Self { gone: true, error: Some(error), ..Self::default() }
            }
            Err(error) => {
                let failures = self.failures.saturating_add(1);
                let due = error.retry_at().unwrap_or_else(|| schedule::after_failures(now, failures));
                Self { error: Some(error), failures, due: Some(due), ..self.clone() }
            }
        }
    }

    /// What a person is told of the feed with this name, when something is wrong with it.
    pub fn trouble(&self, name: &str) -> Option<String> {
        let error = self.error.as_ref()?;
        if self.gone {
            return Some(format!("{name} is gone for good; take it out of sources.feeds.urls"));
        }
        let kept = self.fetched_at.filter(|_| self.document.is_some());
        let kept = kept.map(|at| format!("; what is kept is of {}", at.format("%Y-%m-%d %H:%M UTC")));
        Some(format!("{name}: {error}{}", kept.unwrap_or_default()))
    }
}
