//! Brave Search: the web from Brave's own index (`/web/search`, JSON). Facts: sources.md §3.11.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use http::{HeaderName, StatusCode};
use secrecy::{ExposeSecret, SecretString};
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

/// Longest query that Brave reads, in characters and in words.
const LONGEST: (usize, usize) = (400, 50);

/// Years that stand for an open end: the web is not older, and nothing is from later.
const OPEN_YEARS: (i32, i32) = (1970, 2099);

static CAPABILITIES: Capabilities = Capabilities {
    // Its AND, OR and NOT know no parentheses, so they are no `boolean`.
    phrase: true,
    year_range: true,
    holds: &[WorkType::Web],
    max_page: 20,
    max_total: 200,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(Brave { base_url: settings.base_url, key: settings.key })
}

struct Brave {
    base_url: Url,
    key: Option<SecretString>,
}

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
struct Question {
    q: String,
    freshness: String,
}

impl Question {
    fn of(plan: &Plan) -> Self {
        Self { q: web::question(plan, true), freshness: plan.year().map(freshness).unwrap_or_default() }
    }

    fn parameters(&self) -> [(&str, &str); 2] {
        [("q", &self.q), ("freshness", &self.freshness)]
    }

    /// Refuses what Brave would not read to its end.
    fn check(&self) -> Result<(), SourceError> {
        let (longest, most) = LONGEST;
        let (length, words) = (self.q.chars().count(), self.q.split_whitespace().count());
        if length > longest || words > most {
            let reason = format!(
                "it reads at most {longest} characters and {most} words, and this query has {length} and {words}"
            );
            return Err(SourceError::Unsupported { reason });
        }
        web::some_words(&self.q)
    }
}

impl Brave {
    fn call(&self, question: &Question, limit: usize) -> Call {
        let count = limit.clamp(1, CAPABILITIES.max_page).to_string();
        let mut parameters = question.parameters().to_vec();
        parameters.extend([
            ("count", count.as_str()),
            ("result_filter", "web"),
            ("text_decorations", "false"),
            // What is asked is what was typed.
            ("spellcheck", "false"),
        ]);
        let key = self.key.as_ref().map(ExposeSecret::expose_secret);
        let headers = key.and_then(|key| web::secret(HeaderName::from_static("x-subscription-token"), key));
        Call {
            headers: headers.into_iter().collect(),
            ..Call::get(address::address(&self.base_url, ["web", "search"], &parameters))
        }
    }
}

impl Source for Brave {
    fn id(&self) -> SourceId {
        SourceId::Brave
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn translate(&self, plan: &Plan) -> String {
        address::shown(&Question::of(plan).parameters())
    }

    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            let question = Question::of(request.plan);
            question.check()?;
            let call = self.call(&question, request.limit);
            let read = |reply: Reply| read(&reply, Some(request.now));
            fetcher.fetch(SourceId::Brave, &call, request.deadline, read).await
        })
    }
}

/// Reads an answer. A wrong key is a 422 at Brave, as is a query that it cannot read.
fn read(reply: &Reply, fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    if reply.status == StatusCode::UNPROCESSABLE_ENTITY
        && let Some(failure) = answers::failure_of(&reply.body).filter(|failure| failure.is_about_the_key)
    {
        let message = format!("{} (check sources.brave.key)", failure.message);
        return Err(SourceError::Refused { status: reply.status.as_u16(), message });
    }
    answer::succeeded(reply, |body| answers::failure_of(body).map(|failure| failure.message))?;
    parse(&reply.body, fetched_at)
}

/// The range of days that these years are.
fn freshness(years: YearRange) -> String {
    let (first, last) = OPEN_YEARS;
    let from = years.from.unwrap_or_else(|| years.to.map_or(first, |to| first.min(to)));
    let to = years.to.unwrap_or_else(|| last.max(from));
    format!("{from:04}-01-01to{to:04}-12-31")
}
