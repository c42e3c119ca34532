//! GitHub: repositories of software, through its REST API (`/search/repositories`, JSON). Facts: sources.md §3.13.

use std::fmt::Write;

use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Settings, address, answer};
use crate::{
    capabilities::Capabilities,
    connector::{Page, Source, SourceRequest},
    fetch::{Call, Fetcher, Reply},
    item::WorkType,
    plan::Plan,
    query::Leaf,
    source::{SourceError, SourceId},
};

mod answers;
mod repository;
#[cfg(test)]
mod tests;

pub use answers::parse;

/// The form of the API that the answers are read in.
const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28"));

/// Longest query, in characters, and most operators in one.
const MAX_QUERY: usize = 256;
const MAX_OPERATORS: usize = 5;

const OR: &str = " OR ";

/// Words are looked for in name, description and topics, which are all given, so that a word that must not occur is seen
/// here just as well. `in:name` would hold for all words of a query, and parentheses are not documented for repositories.
static CAPABILITIES: Capabilities = Capabilities {
    phrase: true,
    year_range: true,
    holds: &[WorkType::Software],
    max_page: 100,
    max_total: 1_000,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(GitHub { base_url: settings.base_url, token: settings.key })
}

struct GitHub {
    base_url: Url,
    token: Option<SecretString>,
}

impl GitHub {
    fn call(&self, query: &str, limit: usize) -> Call {
        let limit = limit.clamp(1, CAPABILITIES.max_page).to_string();
        let parameters = [("q", query), ("per_page", limit.as_str()), ("page", "1")];
        let url = address::address(&self.base_url, ["search", "repositories"], &parameters);
        let headers = [VERSION].into_iter().chain(self.authorization()).collect();
        Call { headers, accept: "application/vnd.github+json", ..Call::get(url) }
    }

    fn authorization(&self) -> Option<(HeaderName, HeaderValue)> {
        let token = self.token.as_ref()?;
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).ok()?;
        value.set_sensitive(true);
        Some((AUTHORIZATION, value))
    }
}

impl Source for GitHub {
    fn id(&self) -> SourceId {
        SourceId::Github
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn translate(&self, plan: &Plan) -> String {
        let mut parts = Vec::new();
        for leaf in plan.leaves() {
            if let Leaf::Text { text, phrase, .. } = leaf {
                spell(text, *phrase, &mut parts);
            }
        }
        let mut query = parts.join(if plan.is_choice() { OR } else { " " });
        // Qualifiers alone would list all repositories.
        if query.is_empty() {
            return query;
        }
        if self.token.is_some() {
            // What only the token's owner may see is not for everybody who searches here.
            query.push_str(" is:public");
        }
        if let Some(years) = plan.year() {
            // Writing into a string cannot fail.
            let _ = match (years.from, years.to) {
                (Some(from), Some(to)) => write!(query, " created:{from:04}-01-01..{to:04}-12-31"),
                (Some(from), None) => write!(query, " created:>={from:04}-01-01"),
                (None, Some(to)) => write!(query, " created:<={to:04}-12-31"),
                (None, None) => Ok(()),
            };
        }
        query
    }

    /// GitHub refuses longer queries; cutting one would ask something else.
    fn check(&self, translated: &str) -> Result<(), SourceError> {
        let (length, operators) = (translated.chars().count(), translated.matches(OR).count());
        if length > MAX_QUERY {
            let reason = format!("it reads at most {MAX_QUERY} characters of a query, and this one has {length}");
            return Err(SourceError::Unsupported { reason });
        }
        if operators > MAX_OPERATORS {
            let (most, alternatives) = (MAX_OPERATORS + 1, operators + 1);
            let reason = format!("it takes at most {most} alternatives, and this query has {alternatives}");
            return Err(SourceError::Unsupported { reason });
        }
        Ok(())
    }

    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            let call = self.call(&self.translate(request.plan), request.limit);
            let read = |reply: Reply| {
                answer::succeeded(&reply, answers::message_of)?;
                parse(&reply.body, Some(request.now))
            };
            fetcher.fetch(SourceId::Github, &call, request.deadline, read).await
        })
    }
}

/// Words, or a phrase, without what GitHub takes for qualifiers (`user:`), comparisons and quotes. What stands in names of
/// software stays: `C++`, `node.js`, `owner/name`.
fn spell(text: &str, phrase: bool, parts: &mut Vec<String>) {
    let words = address::words(text, |c| matches!(c, '"' | ':' | '\\' | '*' | '?' | '(' | ')' | '<' | '>' | '=' | '|'));
    if phrase && words.len() > 1 {
        parts.push(format!("\"{}\"", words.join(" ")));
    } else {
        parts.extend(words);
    }
}
