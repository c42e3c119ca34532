//! Firecrawl: the web through a search that can also fetch pages (`/v2/search`, JSON), hosted or the operator's own.
//! Facts: sources.md §3.10.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use http::{Method, StatusCode, header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::time::Instant;
use url::Url;

use super::{Settings, address, answer, web};
use crate::{
    capabilities::Capabilities,
    connector::{Page, Source, SourceRequest},
    fetch::{Call, Fetcher, Reply},
    item::WorkType,
    plan::Plan,
    query::YearRange,
    source::{SourceError, SourceId},
};

mod answers;
mod result;
#[cfg(test)]
mod tests;

pub use answers::parse;

/// Years that stand for an open end: the web is not older, and nothing is from later.
const OPEN_YEARS: (i32, i32) = (1970, 2099);

/// The hosted service documents quotes, `-`, `intitle:` and ranges of dates.
static HOSTED: Capabilities = Capabilities { phrase: true, year_range: true, ..OWN };

/// An instance of one's own hands the words to whatever search it is set up with, and drops the range of dates.
static OWN: Capabilities =
    Capabilities { holds: &[WorkType::Web, WorkType::News], max_page: 100, max_total: 100, ..Capabilities::NONE };

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(Firecrawl { base_url: settings.base_url, key: settings.key })
}

struct Firecrawl {
    base_url: Url,
    key: Option<SecretString>,
}

/// What is asked. No page is fetched for it: that would cost a credit each.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Question {
    query: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    tbs: String,
}

/// What is sent.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    question: &'a Question,
    limit: usize,
    /// In milliseconds: after that nobody waits for the answer any more.
    timeout: u64,
}

impl Firecrawl {
    fn is_hosted(&self) -> bool {
        self.base_url.host_str().is_some_and(|host| host == "firecrawl.dev" || host.ends_with(".firecrawl.dev"))
    }

    fn question(&self, plan: &Plan) -> Question {
        let tbs = plan.year().map(range).unwrap_or_default();
        Question { query: web::question(plan, self.is_hosted()), tbs }
    }

    /// Both versions of the API take the same question; pages of the web are what they search by default.
    fn call(&self, version: &str, question: &Question, limit: usize, deadline: Instant) -> Call {
        let left = deadline.saturating_duration_since(Instant::now()).as_millis();
        let body = Body {
            question,
            limit: limit.clamp(1, OWN.max_page),
            timeout: u64::try_from(left).unwrap_or(u64::MAX).clamp(1_000, 60_000),
        };
        let body = Bytes::from(serde_json::to_vec(&body).unwrap_or_default());
        let key = self.key.as_ref().map(|key| format!("Bearer {}", key.expose_secret()));
        Call {
            method: Method::POST,
            headers: key.and_then(|key| web::secret(AUTHORIZATION, &key)).into_iter().collect(),
            body: Some((body, "application/json")),
            ..Call::get(address::address(&self.base_url, [version, "search"], &[]))
        }
    }
}

impl Source for Firecrawl {
    fn id(&self) -> SourceId {
        SourceId::Firecrawl
    }

    fn capabilities(&self) -> &'static Capabilities {
        if self.is_hosted() { &HOSTED } else { &OWN }
    }

    fn translate(&self, plan: &Plan) -> String {
        let Question { query, tbs } = self.question(plan);
        address::shown(&[("query", &query), ("tbs", &tbs)])
    }

    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            let question = self.question(request.plan);
            web::some_words(&question.query)?;
            // Instances from before version 2 of the API do not know its address.
            for version in ["v2", "v1"] {
                let call = self.call(version, &question, request.limit, request.deadline);
                let read = |reply: Reply| read(&reply, Some(request.now));
                if let Some(page) = fetcher.fetch(SourceId::Firecrawl, &call, request.deadline, read).await? {
                    return Ok(page);
                }
            }
            Err(answer::bad_query("there is no Firecrawl at its address (status 404)"))
        })
    }
}

/// Reads an answer; `None` when there is nothing at this address.
fn read(reply: &Reply, fetched_at: Option<DateTime<Utc>>) -> Result<Option<Page>, SourceError> {
    if reply.status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    answer::succeeded(reply, answers::message_of)?;
    parse(&reply.body, fetched_at).map(Some)
}

/// The days that these years are, as Google's own parameter says it.
fn range(years: YearRange) -> String {
    let (first, last) = OPEN_YEARS;
    let from = years.from.unwrap_or_else(|| years.to.map_or(first, |to| first.min(to)));
    let to = years.to.unwrap_or_else(|| last.max(from));
    format!("cdr:1,cd_min:01/01/{from:04},cd_max:12/31/{to:04}")
}
