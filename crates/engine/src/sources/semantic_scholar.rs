//! Semantic Scholar: papers of all fields with their citation graph, through the Academic Graph API (`/paper`, JSON).
//! Facts: sources.md §3.6.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use http::{HeaderName, StatusCode};
use tokio::time::Instant;
use url::Url;

use super::{Settings, address, answer};
use crate::{
    capabilities::Capabilities,
    connector::{Page, Source, SourceRequest},
    fetch::{Call, Fetcher, Reply},
    identifier,
    item::{Identifier, Record, WorkType},
    plan::Plan,
    query::{Field, YearRange, render},
    source::{SourceError, SourceId},
};

mod answers;
mod key;
mod paper;
#[cfg(test)]
mod tests;

pub use answers::parse;
use key::Key;

/// The fields that are mapped, and no others; without it only id and title come.
const FIELDS: &str = "paperId,externalIds,url,title,abstract,venue,publicationVenue,year,referenceCount,citationCount,\
                      isOpenAccess,openAccessPdf,fieldsOfStudy,publicationTypes,publicationDate,journal,authors";

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

static CAPABILITIES: Capabilities = Capabilities {
    year_range: true,
    doi_lookup: true,
    arxiv_lookup: true,
    pmid_lookup: true,
    lookup_alone: true,
    open_access: true,
    // "JournalArticle" stands at reviews and at conference papers too, and preprints have no type of their own: those
    // two are told apart here.
    types: &[
        WorkType::Review,
        WorkType::Conference,
        WorkType::Book,
        WorkType::Chapter,
        WorkType::Dataset,
        WorkType::News,
    ],
    // Theses, reports and software are there, but nothing tells that they are.
    holds: &[
        WorkType::Article,
        WorkType::Preprint,
        WorkType::Review,
        WorkType::Conference,
        WorkType::Book,
        WorkType::Chapter,
        WorkType::Dataset,
        WorkType::News,
        WorkType::Other,
    ],
    citations: true,
    max_page: 100,
    max_total: 1_000,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(SemanticScholar { base_url: settings.base_url, key: Key::new(settings.key.as_ref()) })
}

struct SemanticScholar {
    base_url: Url,
    key: Key,
}

/// What is asked: one paper by an id in any scheme, or a search.
#[derive(Debug, PartialEq, Eq)]
enum Question {
    Paper(String),
    Search { query: String, year: String, types: String, open_only: bool },
}

impl Question {
    fn of(plan: &Plan) -> Self {
        // An identifier stands alone: see the capabilities.
        if let Some(identifier) = plan.identifiers().next() {
            return Self::Paper(name_of(identifier));
        }
        let types: Vec<&str> = plan.types().iter().flat_map(|kind| names_of(*kind)).copied().collect();
        Self::Search {
            query: fit(&render::bag(plan.text_in(Field::Any), Field::Any)),
            year: plan.year().map(years).unwrap_or_default(),
            types: types.join(","),
            open_only: plan.open_only(),
        }
    }

    fn parameters(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Paper(name) => vec![("id", name)],
            Self::Search { query, year, types, .. } => {
                vec![("query", query), ("year", year), ("publicationTypes", types)]
            }
        }
    }

    const fn open_only(&self) -> bool {
        matches!(self, Self::Search { open_only: true, .. })
    }
}

impl SemanticScholar {
    /// The call without a key.
    fn call(&self, question: &Question, limit: usize) -> Call {
        let mut url = match question {
            // The scheme and the DOI's slashes stand in the path as they are.
            Question::Paper(name) => {
                let path = ["paper"].into_iter().chain(name.split('/'));
                address::address(&self.base_url, path, &[("fields", FIELDS)])
            }
            Question::Search { .. } => {
                let limit = limit.clamp(1, CAPABILITIES.max_page).to_string();
                let mut parameters = question.parameters();
                parameters.extend([("offset", "0"), ("limit", limit.as_str()), ("fields", FIELDS)]);
                address::address(&self.base_url, ["paper", "search"], &parameters)
            }
        };
        if question.open_only() {
            // The only parameter that takes no value.
            url.query_pairs_mut().append_key_only("openAccessPdf");
        }
        Call::get(url)
    }

    /// Asks with the key, and once more without it when the key was what the source did not like.
    async fn ask(
        &self,
        question: &Question,
        limit: usize,
        deadline: Instant,
        fetcher: &Fetcher,
        fetched_at: Option<DateTime<Utc>>,
    ) -> Result<Page, SourceError> {
        let read = |reply: Reply| read(&reply, question, fetched_at);
        let plain = self.call(question, limit);
        let key = self.key.usable();
        if let Some(key) = &key {
            let headers = vec![(X_API_KEY, key.clone())];
            let call = Call { headers, key_is_optional: true, ..plain.clone() };
            match fetcher.fetch(SourceId::SemanticScholar, &call, deadline, read).await {
                Err(SourceError::Refused { .. }) => {}
                answered => return answered,
            }
        }
        let answered = fetcher.fetch(SourceId::SemanticScholar, &plain, deadline, read).await;
        // Who is refused without a key too is not refused because of it: 403 also comes now and then for no reason.
        if key.is_some() && !matches!(answered, Err(SourceError::Refused { .. })) {
            self.key.refused();
        }
        answered.map(|mut page| {
            page.warnings.extend(self.key.warning());
            page
        })
    }
}

impl Source for SemanticScholar {
    fn id(&self) -> SourceId {
        SourceId::SemanticScholar
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn translate(&self, plan: &Plan) -> String {
        let question = Question::of(plan);
        let shown = address::shown(&question.parameters());
        if question.open_only() { format!("{shown}&openAccessPdf") } else { shown }
    }

    /// Filters alone are not taken: the query may have been nothing but signs.
    fn check(&self, translated: &str) -> Result<(), SourceError> {
        if translated.starts_with("query=") || translated.starts_with("id=") {
            return Ok(());
        }
        let reason = "it looks for letters and digits, and the query has none".to_owned();
        Err(SourceError::Unsupported { reason })
    }

    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            let question = Question::of(request.plan);
            self.ask(&question, request.limit, request.deadline, fetcher, Some(request.now)).await
        })
    }

    fn lookup<'a>(
        &'a self,
        identifier: &'a Identifier,
        deadline: Instant,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Option<Record>, SourceError>> {
        Box::pin(async move {
            let question = Question::Paper(name_of(identifier));
            Ok(answer::only(self.ask(&question, 1, deadline, fetcher, None).await?))
        })
    }
}

/// Reads an answer. A paper that Semantic Scholar does not know is a 404, and no error.
fn read(reply: &Reply, question: &Question, fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    if reply.status == StatusCode::NOT_FOUND && matches!(question, Question::Paper(_)) {
        return Ok(Page { reported: Some(0), ..Page::default() });
    }
    answer::succeeded(reply, answers::message_of)?;
    parse(&reply.body, fetched_at)
}

/// A paper's name in the path of a single record.
fn name_of(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Doi(doi) => match identifier::arxiv_of_doi(doi) {
            Some(id) => format!("ARXIV:{id}"),
            None => format!("DOI:{doi}"),
        },
        Identifier::Arxiv(id) => format!("ARXIV:{id}"),
        Identifier::Pmid(id) => format!("PMID:{id}"),
        Identifier::Pmcid(id) => format!("PMCID:{}", id.strip_prefix("PMC").unwrap_or(id)),
    }
}

/// A bag of words. There are no operators and no phrases, and a word with a hyphen in it matches nothing.
fn fit(bag: &str) -> String {
    let parts = |c| matches!(c, '"' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    address::words(bag, parts).join(" ")
}

fn years(years: YearRange) -> String {
    match (years.from, years.to) {
        (Some(from), Some(to)) if from == to => format!("{from:04}"),
        (from, to) => {
            let written = |year: Option<i32>| year.map(|year| format!("{year:04}")).unwrap_or_default();
            format!("{}-{}", written(from), written(to))
        }
    }
}

/// Semantic Scholar's names of a type.
fn names_of(kind: WorkType) -> &'static [&'static str] {
    match kind {
        WorkType::Review => &["Review", "MetaAnalysis"],
        WorkType::Conference => &["Conference"],
        WorkType::Book => &["Book"],
        WorkType::Chapter => &["BookSection"],
        WorkType::Dataset => &["Dataset"],
        WorkType::News => &["News"],
        _ => &[],
    }
}
