//! CSL-JSON by the schema 1.0.2: what citeproc, pandoc and Zotero read. Keys that the schema does not know are not written.

use engine::{
    item::{Author, WorkType},
    text::tidy,
    work::Work,
};
use serde::Serialize;

use super::keys;

/// The works as a list of CSL items.
pub fn render(works: &[Work]) -> String {
    let items: Vec<_> = works.iter().zip(keys::of(works)).map(|(work, key)| Item::of(work, key)).collect();
    // Strings and numbers always serialise; an empty list would still be JSON.
    serde_json::to_string(&items).unwrap_or_else(|_| "[]".to_owned())
}

/// One item, in the names of the schema.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Item {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    citation_key: String,
    title: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    author: Vec<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<Issued>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(rename = "DOI", skip_serializing_if = "Option::is_none")]
    doi: Option<String>,
    #[serde(rename = "PMID", skip_serializing_if = "Option::is_none")]
    pmid: Option<String>,
    #[serde(rename = "PMCID", skip_serializing_if = "Option::is_none")]
    pmcid: Option<String>,
    #[serde(rename = "URL", skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keyword: Option<String>,
    #[serde(rename = "abstract", skip_serializing_if = "Option::is_none")]
    abstract_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A person, or a group with only a name.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Name {
    Person {
        family: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        given: Option<String>,
    },
    Group {
        literal: String,
    },
}

/// A date as precise as it is known.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Issued {
    date_parts: [Vec<i32>; 1],
}

impl Item {
    fn of(work: &Work, key: String) -> Self {
        let (kind, has_publisher) = kind(work.kind);
        let venue = text(work.venue.as_deref());
        let (publisher, container_title) = if has_publisher { (venue, None) } else { (None, venue) };
        let arxiv = work.arxiv_id.as_ref().map(|id| format!("arXiv:{}", tidy(id)));
        let (number, beside) = if work.kind == WorkType::Preprint { (arxiv, None) } else { (None, arxiv) };
        let notes: Vec<_> = [retracted(work), beside].into_iter().flatten().collect();
        Self {
            id: key.clone(),
            kind,
            citation_key: key,
            title: tidy(&work.title).into(),
            author: work.authors.iter().filter_map(name).collect(),
            issued: work.date.as_ref().map(|date| {
                let parts = [Some(date.year), date.month.map(i32::from), date.day.map(i32::from)];
                Issued { date_parts: [parts.into_iter().flatten().collect()] }
            }),
            container_title,
            publisher,
            volume: text(work.volume.as_deref()),
            issue: text(work.issue.as_deref()),
            page: text(work.pages.as_deref()),
            number,
            doi: text(work.doi.as_deref()),
            pmid: text(work.pmid.as_deref()),
            pmcid: text(work.pmcid.as_deref()),
            url: text(work.url.as_deref()),
            language: text(work.language.as_deref()),
            keyword: (!work.topics.is_empty()).then(|| tidy(&work.topics.join(", ")).into()),
            abstract_text: text(work.abstract_text.as_deref()),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }
}

/// The type in the words of the schema, and whether the venue is a publisher rather than what contains the work.
const fn kind(kind: WorkType) -> (&'static str, bool) {
    match kind {
        WorkType::Article | WorkType::Review | WorkType::Notice => ("article-journal", false),
        WorkType::Preprint => ("article", true),
        WorkType::Conference => ("paper-conference", false),
        WorkType::Book => ("book", true),
        WorkType::Chapter => ("chapter", false),
        WorkType::Thesis => ("thesis", true),
        WorkType::Dataset => ("dataset", true),
        WorkType::Software => ("software", true),
        WorkType::Report => ("report", true),
        WorkType::Encyclopedia => ("entry-encyclopedia", false),
        WorkType::Web => ("webpage", false),
        WorkType::News => ("article-newspaper", false),
        WorkType::Other => ("document", false),
    }
}

fn name(author: &Author) -> Option<Name> {
    match (text(author.family.as_deref()), text(author.given.as_deref())) {
        (Some(family), given) => Some(Name::Person { family, given }),
        (None, _) => text(Some(&author.name)).map(|literal| Name::Group { literal }),
    }
}

fn retracted(work: &Work) -> Option<String> {
    let notice = work.retraction_notice_doi.as_ref().map(|doi| format!(", see https://doi.org/{}", tidy(doi)));
    work.is_retracted.then(|| format!("Retracted{}", notice.unwrap_or_default()))
}

fn text(text: Option<&str>) -> Option<String> {
    text.map(tidy).filter(|text| !text.is_empty()).map(Into::into)
}
