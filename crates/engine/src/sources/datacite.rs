//! DataCite: data sets, theses, software and preprints that repositories registered, through the REST API (`/dois`,
//! JSON:API). Facts: sources.md §3.8.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use http::StatusCode;
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
mod creator;
mod registration;
mod rights;
#[cfg(test)]
mod tests;

pub use answers::parse;

static CAPABILITIES: Capabilities = Capabilities {
    title: true,
    author: true,
    abstract_text: true,
    phrase: true,
    boolean: true,
    mixed: true,
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
        WorkType::Software,
        WorkType::Report,
    ],
    holds: &[
        WorkType::Article,
        WorkType::Preprint,
        WorkType::Conference,
        WorkType::Book,
        WorkType::Chapter,
        WorkType::Thesis,
        WorkType::Dataset,
        WorkType::Software,
        WorkType::Report,
        WorkType::Other,
    ],
    citations: true,
    max_page: 100,
    max_total: 10_000,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(DataCite { base_url: settings.base_url })
}

struct DataCite {
    base_url: Url,
}

/// What is asked: one DOI, or a search.
#[derive(Debug, PartialEq, Eq)]
enum Question {
    Doi(String),
    Search(String),
}

impl Question {
    /// Every condition goes into the query text: parameters that DataCite does not know it ignores without a word.
    fn of(plan: &Plan) -> Self {
        if let (Some(Identifier::Doi(doi)), [_]) = (plan.identifiers().next(), plan.pushed.as_slice()) {
            return Self::Doi(doi.clone());
        }
        Self::Search(render::boolean(&plan.pushed, &Fields))
    }

    fn parameter(&self) -> (&str, &str) {
        match self {
            Self::Doi(doi) => ("doi", doi),
            Self::Search(query) => ("query", query),
        }
    }
}

impl DataCite {
    fn call(&self, question: &Question, limit: usize) -> Call {
        Call::get(match question {
            // The DOI's slashes stand in the path as they are.
            Question::Doi(doi) => {
                let path = ["dois"].into_iter().chain(doi.split('/'));
                address::address(&self.base_url, path, &[])
            }
            Question::Search(_) => {
                let size = limit.clamp(1, CAPABILITIES.max_page).to_string();
                let parameters = [question.parameter(), ("page[size]", &size), ("page[number]", "1")];
                address::address(&self.base_url, ["dois"], &parameters)
            }
        })
    }
}

impl Source for DataCite {
    fn id(&self) -> SourceId {
        SourceId::Datacite
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn translate(&self, plan: &Plan) -> String {
        address::shown(&[Question::of(plan).parameter()])
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
            fetcher.fetch(SourceId::Datacite, &call, request.deadline, read).await
        })
    }

    fn lookup<'a>(
        &'a self,
        identifier: &'a Identifier,
        deadline: Instant,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Option<Record>, SourceError>> {
        Box::pin(async move {
            let question = match identifier {
                Identifier::Doi(doi) => Question::Doi(doi.clone()),
                Identifier::Arxiv(id) => Question::Doi(format!("10.48550/arxiv.{id}")),
                Identifier::Pmid(_) | Identifier::Pmcid(_) => return Ok(None),
            };
            let read = |reply: Reply| read(&reply, &question, None);
            let page = fetcher.fetch(SourceId::Datacite, &self.call(&question, 1), deadline, read).await?;
            Ok(answer::only(page))
        })
    }
}

/// Reads an answer. A DOI that DataCite does not know is a 404, and no error.
fn read(reply: &Reply, question: &Question, fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    if reply.status == StatusCode::NOT_FOUND && matches!(question, Question::Doi(_)) {
        return Ok(Page { reported: Some(0), ..Page::default() });
    }
    answer::succeeded(reply, answers::message_of)?;
    parse(&reply.body, fetched_at)
}

/// DataCite's spelling: Elasticsearch's query language, with a field name before each word.
struct Fields;

impl Syntax for Fields {
    fn leaf(&self, leaf: &Leaf, out: &mut String) {
        match leaf {
            Leaf::Text { field: Field::Author, text, .. } => author(text, out),
            Leaf::Text { field, text, phrase } => text_leaf(*field, text, *phrase, out),
            Leaf::Year(years) => {
                let end = |year: Option<i32>| year.map_or_else(|| "*".to_owned(), |year| format!("{year:04}"));
                // Writing into a string cannot fail.
                let _ = write!(out, "publicationYear:[{} TO {}]", end(years.from), end(years.to));
            }
            Leaf::Identifier(Identifier::Doi(doi)) => out.extend(["doi:\"", &doi.replace(['"', '\\'], ""), "\""]),
            Leaf::Type(kind) => {
                let named: Vec<String> =
                    names_of(*kind).iter().map(|name| format!("types.resourceTypeGeneral:{name}")).collect();
                address::grouped(&named, " OR ", out);
            }
            // Not pushed: see the capabilities.
            Leaf::Identifier(_) | Leaf::Open(_) => {}
        }
    }
}

fn text_leaf(field: Field, text: &str, phrase: bool, out: &mut String) {
    let name = match field {
        Field::Title => "titles.title:",
        Field::Abstract => "descriptions.description:",
        Field::Any | Field::Author => "",
    };
    let words = words(text);
    if words.is_empty() {
        // Signs without a letter or digit: only within quotes are they no operators.
        let signs: String = text.chars().filter(|c| !matches!(c, '"' | '\\') && !c.is_control()).collect();
        if !signs.trim().is_empty() {
            out.extend([name, "\"", signs.trim(), "\""]);
        }
    } else if phrase && words.len() > 1 {
        out.extend([name, "\"", &words.join(" "), "\""]);
    } else {
        let named: Vec<String> = words.iter().map(|word| format!("{name}{word}")).collect();
        address::grouped(&named, " AND ", out);
    }
}

/// A name: it stands turned round ("Doudna, Jennifer"), so no phrase finds it. Initials stand for what begins with them.
fn author(text: &str, out: &mut String) {
    let words = words(text);
    let has_whole_word = words.iter().any(|word| !is_initials(word));
    let named: Vec<String> = words
        .iter()
        .map(|word| match word.chars().next() {
            Some(first) if has_whole_word && is_initials(word) => format!("creators.name:{first}*"),
            _ => format!("creators.name:{word}"),
        })
        .collect();
    address::grouped(&named, " AND ", out);
}

/// `J`, `J.` or `JA`.
fn is_initials(word: &str) -> bool {
    let letters = word.trim_end_matches('.');
    letters.chars().count() <= 2 && letters.chars().all(char::is_uppercase)
}

/// The words without what the query language takes for its own.
fn words(text: &str) -> Vec<String> {
    let means_something = |c| {
        matches!(
            c,
            '"' | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | ':'
                | '\\'
                | '/'
                | '^'
                | '~'
                | '*'
                | '?'
                | '!'
                | '&'
                | '|'
                | '='
                | '<'
                | '>'
        )
    };
    address::words(text, means_something)
}

/// DataCite's names of a type.
fn names_of(kind: WorkType) -> &'static [&'static str] {
    match kind {
        WorkType::Article => &["JournalArticle", "DataPaper"],
        WorkType::Preprint => &["Preprint"],
        WorkType::Conference => &["ConferencePaper"],
        WorkType::Book => &["Book", "ConferenceProceeding"],
        WorkType::Chapter => &["BookChapter"],
        WorkType::Thesis => &["Dissertation"],
        WorkType::Dataset => &["Dataset"],
        WorkType::Software => &["Software", "ComputationalNotebook"],
        WorkType::Report => &["Report"],
        _ => &[],
    }
}
