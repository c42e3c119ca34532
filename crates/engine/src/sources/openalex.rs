//! OpenAlex: an open index of works of all fields, through its API (`/works`, JSON). Facts: sources.md §3.4.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, StatusCode, header::AUTHORIZATION};
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
    query::{
        Field, Leaf,
        render::{self, Syntax},
    },
    source::{SourceError, SourceId},
};

mod answers;
mod inverted;
#[cfg(test)]
mod tests;
mod work;

pub use answers::parse;

/// The fields that are mapped, and no others.
const SELECT: &str = "id,doi,ids,title,authorships,abstract_inverted_index,publication_date,publication_year,\
                      primary_location,biblio,type,language,cited_by_count,referenced_works_count,open_access,\
                      best_oa_location,locations,is_retracted,topics,keywords";

/// What a search and a mere filter cost, in millionths of a US dollar; a single work by its id is free.
const SEARCH_COST: u64 = 1_000;
const FILTER_COST: u64 = 100;

static CAPABILITIES: Capabilities = Capabilities {
    title: true,
    author: true,
    abstract_text: true,
    phrase: true,
    boolean: true,
    year_range: true,
    doi_lookup: true,
    arxiv_lookup: true,
    pmid_lookup: true,
    open_access: true,
    types: &[
        WorkType::Article,
        WorkType::Preprint,
        WorkType::Review,
        WorkType::Book,
        WorkType::Chapter,
        WorkType::Thesis,
        WorkType::Dataset,
        WorkType::Report,
        WorkType::Notice,
        WorkType::Encyclopedia,
    ],
    citations: true,
    max_page: 100,
    max_total: 10_000,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(OpenAlex { base_url: settings.base_url, key: settings.key })
}

struct OpenAlex {
    base_url: Url,
    key: Option<SecretString>,
}

/// What is asked: one work by an id in any scheme, or a search.
#[derive(Debug, PartialEq, Eq)]
enum Question {
    Single(String),
    Search { search: String, filter: String },
}

impl Question {
    fn of(plan: &Plan) -> Self {
        if let (Some(identifier), [_]) = (plan.identifiers().next(), plan.pushed.as_slice()) {
            return Self::Single(name_of(identifier));
        }
        let text = |field| render::boolean(plan.text_in(field), &Words { field });
        let mut filter = Vec::new();
        for (field, name) in
            [(Field::Title, "title"), (Field::Abstract, "abstract"), (Field::Author, "raw_author_name")]
        {
            let text = text(field);
            if !text.is_empty() {
                filter.push(format!("{name}.search:{text}"));
            }
        }
        filter.extend(plan.leaves().filter_map(filter_of));
        let types = plan.types();
        if !types.is_empty() {
            let names: Vec<&str> = types.iter().flat_map(|kind| names_of(*kind)).copied().collect();
            filter.push(format!("type:{}", names.join("|")));
        }
        Self::Search { search: text(Field::Any), filter: filter.join(",") }
    }

    fn parameters(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Single(name) => vec![("id", name)],
            Self::Search { search, filter } => vec![("search", search), ("filter", filter)],
        }
    }

    fn cost(&self) -> u64 {
        match self {
            Self::Single(_) => 0,
            Self::Search { search, filter } if search.is_empty() && !filter.contains(".search:") => FILTER_COST,
            Self::Search { .. } => SEARCH_COST,
        }
    }
}

impl OpenAlex {
    fn call(&self, question: &Question, limit: usize) -> Call {
        let url = match question {
            // The scheme and the DOI's slashes stand in the path as they are.
            Question::Single(name) => {
                let path = ["works"].into_iter().chain(name.split('/'));
                address::address(&self.base_url, path, &[("select", SELECT)])
            }
            Question::Search { search, .. } => {
                let per_page = limit.clamp(1, CAPABILITIES.max_page).to_string();
                // There is a score only where words are searched for.
                let select = if search.is_empty() { SELECT.to_owned() } else { format!("{SELECT},relevance_score") };
                let mut parameters = question.parameters();
                parameters.extend([("per_page", per_page.as_str()), ("page", "1"), ("select", &select)]);
                address::address(&self.base_url, ["works"], &parameters)
            }
        };
        Call { headers: self.token(), cost_micros: question.cost(), ..Call::get(url) }
    }

    fn token(&self) -> Vec<(HeaderName, HeaderValue)> {
        let value = self.key.as_ref().and_then(|key| {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        value.map(|value| (AUTHORIZATION, value)).into_iter().collect()
    }

    async fn ask(
        &self,
        question: &Question,
        limit: usize,
        deadline: Instant,
        fetcher: &Fetcher,
        fetched_at: Option<DateTime<Utc>>,
    ) -> Result<Page, SourceError> {
        let read = |reply: Reply| read(&reply, question, fetched_at);
        fetcher.fetch(SourceId::Openalex, &self.call(question, limit), deadline, read).await
    }
}

impl Source for OpenAlex {
    fn id(&self) -> SourceId {
        SourceId::Openalex
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
            let question = Question::Single(name_of(identifier));
            Ok(answer::only(self.ask(&question, 1, deadline, fetcher, None).await?))
        })
    }
}

/// Reads an answer. A work that OpenAlex does not know is a 404 (with a page of HTML), and no error.
fn read(reply: &Reply, question: &Question, fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    if reply.status == StatusCode::NOT_FOUND && matches!(question, Question::Single(_)) {
        return Ok(Page { reported: Some(0), ..Page::default() });
    }
    answer::succeeded(reply, answers::message_of)?;
    parse(&reply.body, fetched_at)
}

/// A work's name in the path of a single record. arXiv papers are known by their DOI.
fn name_of(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Doi(doi) => format!("doi:{doi}"),
        Identifier::Arxiv(id) => format!("doi:10.48550/arxiv.{id}"),
        Identifier::Pmid(id) => format!("pmid:{id}"),
        Identifier::Pmcid(id) => format!("pmcid:{id}"),
    }
}

/// A condition that is a filter of its own.
fn filter_of(leaf: &Leaf) -> Option<String> {
    match leaf {
        Leaf::Year(years) => Some(match (years.from, years.to) {
            (Some(from), Some(to)) if from == to => format!("publication_year:{from}"),
            (Some(from), Some(to)) => format!("publication_year:{from}-{to}"),
            (Some(from), None) => format!("from_publication_date:{from:04}-01-01"),
            (None, Some(to)) => format!("to_publication_date:{to:04}-12-31"),
            (None, None) => return None,
        }),
        Leaf::Open(open) => Some(format!("is_oa:{open}")),
        // A comma parts filters and a bar alternatives; neither can be escaped.
        Leaf::Identifier(Identifier::Doi(doi)) => Some(format!("doi:{}", doi.replace([',', '|'], ""))),
        Leaf::Identifier(Identifier::Arxiv(id)) => Some(format!("doi:10.48550/arxiv.{id}")),
        Leaf::Identifier(Identifier::Pmid(id)) => Some(format!("ids.pmid:{id}")),
        Leaf::Identifier(Identifier::Pmcid(id)) => Some(format!("ids.pmcid:{id}")),
        Leaf::Text { .. } | Leaf::Type(_) => None,
    }
}

/// OpenAlex's spelling of words: bare, the field is that of the parameter. Wildcards, fuzziness, and the characters that
/// part filters are left out; none of them can be escaped.
struct Words {
    field: Field,
}

impl Syntax for Words {
    fn leaf(&self, leaf: &Leaf, out: &mut String) {
        let Leaf::Text { field, text, phrase } = leaf else { return };
        if *field != self.field {
            return;
        }
        let means_something = |c| {
            matches!(
                c,
                '"' | '(' | ')' | ',' | '|' | ':' | '!' | '*' | '?' | '~' | '\\' | '[' | ']' | '{' | '}' | '^' | '/'
            )
        };
        let words = address::words(text, means_something);
        if *phrase && words.len() > 1 {
            out.extend(["\"", &words.join(" "), "\""]);
        } else {
            address::grouped(&words, " AND ", out);
        }
    }
}

/// OpenAlex's names of a type.
fn names_of(kind: WorkType) -> &'static [&'static str] {
    match kind {
        WorkType::Article => &["article", "letter", "editorial"],
        WorkType::Preprint => &["preprint"],
        WorkType::Review => &["review"],
        WorkType::Book => &["book"],
        WorkType::Chapter => &["book-chapter"],
        WorkType::Thesis => &["dissertation"],
        WorkType::Dataset => &["dataset"],
        WorkType::Report => &["report"],
        WorkType::Notice => &["erratum", "retraction"],
        WorkType::Encyclopedia => &["reference-entry"],
        _ => &[],
    }
}
