//! Crossref: works that publishers registered, through the REST API (`/works`, JSON). Facts: sources.md §3.5.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use super::{Settings, address, answer};
use crate::{
    capabilities::Capabilities,
    connector::{Page, Source, SourceRequest},
    fetch::{Call, Fetcher, Reply},
    item::{Identifier, Record, WorkType},
    plan::Plan,
    query::{Field, render},
    source::{SourceError, SourceId},
};

mod answers;
#[cfg(test)]
mod tests;
mod work;

pub use answers::parse;

/// The fields that are mapped, and no others: references alone are half of an answer. All of them are on the list of
/// what `/works` can select; `institution` and `language` are not.
const SELECT: &str = "DOI,URL,title,subtitle,author,container-title,short-container-title,group-title,published,\
                      published-online,published-print,issued,created,abstract,is-referenced-by-count,references-count,\
                      license,type,ISSN,ISBN,page,volume,issue,article-number,relation,update-to,updated-by,score";

static CAPABILITIES: Capabilities = Capabilities {
    title: true,
    author: true,
    year_range: true,
    doi_lookup: true,
    types: &[
        WorkType::Article,
        WorkType::Preprint,
        WorkType::Conference,
        WorkType::Book,
        WorkType::Chapter,
        WorkType::Thesis,
        WorkType::Dataset,
        WorkType::Report,
        WorkType::Encyclopedia,
    ],
    citations: true,
    max_page: 100,
    max_total: 10_000,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(Crossref { base_url: settings.base_url, key: settings.key, contact: settings.contact })
}

struct Crossref {
    base_url: Url,
    key: Option<SecretString>,
    contact: Option<String>,
}

/// What is asked: one DOI, or a search.
#[derive(Debug, PartialEq, Eq)]
enum Question {
    Doi(String),
    Search { any: String, title: String, author: String, filter: String },
}

impl Question {
    fn of(plan: &Plan) -> Self {
        // A DOI decides by itself; what stands beside it is applied to the one record by the planner's local conditions
        // or is already part of the filter.
        if let (Some(Identifier::Doi(doi)), [_]) = (plan.identifiers().next(), plan.pushed.as_slice()) {
            return Self::Doi(doi.clone());
        }
        let mut filter = Vec::new();
        if let Some(years) = plan.year() {
            filter.extend(years.from.map(|year| format!("from-pub-date:{year:04}")));
            filter.extend(years.to.map(|year| format!("until-pub-date:{year:04}")));
        }
        // The same filter several times means any of its values.
        filter.extend(plan.types().iter().flat_map(|kind| names_of(*kind)).map(|name| format!("type:{name}")));
        filter.extend(plan.identifiers().filter_map(|identifier| match identifier {
            Identifier::Doi(doi) => Some(format!("doi:{}", doi.replace(',', " "))),
            _ => None,
        }));
        let bag = |field| fit(&render::bag(plan.text_in(field), field));
        Self::Search {
            any: bag(Field::Any),
            title: bag(Field::Title),
            author: bag(Field::Author),
            filter: filter.join(","),
        }
    }

    fn parameters(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Doi(doi) => vec![("doi", doi)],
            Self::Search { any, title, author, filter } => {
                vec![("query", any), ("query.title", title), ("query.author", author), ("filter", filter)]
            }
        }
    }
}

impl Crossref {
    fn call(&self, question: &Question, limit: usize) -> Call {
        let contact = ("mailto", self.contact.as_deref().unwrap_or_default());
        let url = match question {
            Question::Doi(doi) => address::address(&self.base_url, ["works", doi], &[contact]),
            Question::Search { .. } => {
                let rows = limit.clamp(1, CAPABILITIES.max_page).to_string();
                let mut parameters = question.parameters();
                parameters.extend([("rows", rows.as_str()), ("select", SELECT), contact]);
                address::address(&self.base_url, ["works"], &parameters)
            }
        };
        Call { headers: self.token(), ..Call::get(url) }
    }

    /// The token of Crossref's paid service, where there is one.
    fn token(&self) -> Vec<(HeaderName, HeaderValue)> {
        let value = self.key.as_ref().and_then(|key| {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        value.map(|value| (HeaderName::from_static("crossref-plus-api-token"), value)).into_iter().collect()
    }
}

impl Source for Crossref {
    fn id(&self) -> SourceId {
        SourceId::Crossref
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
            let call = self.call(&question, request.limit);
            let read = |reply: Reply| read(&reply, &question, Some(request.now));
            fetcher.fetch(SourceId::Crossref, &call, request.deadline, read).await
        })
    }

    fn lookup<'a>(
        &'a self,
        identifier: &'a Identifier,
        deadline: Instant,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Option<Record>, SourceError>> {
        Box::pin(async move {
            let Identifier::Doi(doi) = identifier else { return Ok(None) };
            let question = Question::Doi(doi.clone());
            let read = |reply: Reply| read(&reply, &question, None);
            let page = fetcher.fetch(SourceId::Crossref, &self.call(&question, 1), deadline, read).await?;
            Ok(answer::only(page))
        })
    }
}

/// Reads an answer. A DOI that Crossref does not know is a 404 in plain text, and no error.
fn read(reply: &Reply, question: &Question, fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    if reply.status == StatusCode::NOT_FOUND && matches!(question, Question::Doi(_)) {
        return Ok(Page { reported: Some(0), ..Page::default() });
    }
    answer::succeeded(reply, answers::message_of)?;
    parse(&reply.body, fetched_at)
}

/// A bag of words without what Crossref's own query parser takes for operators.
fn fit(bag: &str) -> String {
    address::words(bag, |c| {
        matches!(c, '"' | '\\' | '*' | '?' | '~' | '^' | '!' | ':' | '(' | ')' | '{' | '}' | '[' | ']')
    })
    .join(" ")
}

/// Crossref's names of a type.
fn names_of(kind: WorkType) -> &'static [&'static str] {
    match kind {
        WorkType::Article => &["journal-article"],
        WorkType::Preprint => &["posted-content"],
        WorkType::Conference => &["proceedings-article"],
        WorkType::Book => &["book", "monograph", "edited-book", "reference-book"],
        WorkType::Chapter => &["book-chapter", "book-section", "book-part"],
        WorkType::Thesis => &["dissertation"],
        WorkType::Dataset => &["dataset"],
        WorkType::Report => &["report"],
        WorkType::Encyclopedia => &["reference-entry"],
        _ => &[],
    }
}
