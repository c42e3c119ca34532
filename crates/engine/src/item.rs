//! What one source says of one paper, page or repository, brought to one form. Byline and abstract, most of it, are shared by the
//! works that show them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::source::SourceId;

/// One source's record, normalised. Every field but `source`, `source_id` and `title` may be missing at every source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Record {
    /// The source that said all this.
    pub source: SourceId,
    /// The record's id there; with `source` it names the record for good.
    pub source_id: String,
    /// DOI in its key form: lowercase, without resolver or `doi:`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doi: Option<String>,
    /// arXiv id without version, for example `2101.00001` or `hep-th/9901001`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arxiv_id: Option<String>,
    /// PubMed id: digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pmid: Option<String>,
    /// PubMed Central id with its prefix, for example `PMC123456`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pmcid: Option<String>,
    /// OpenAlex id, for example `W2741809807`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openalex_id: Option<String>,
    /// Semantic Scholar paper id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s2_id: Option<String>,
    /// Title as plain text; never empty ("0" is a title).
    pub title: String,
    /// In the order of the byline.
    #[serde(skip_serializing_if = "<[Author]>::is_empty")]
    #[schema(value_type = Vec<Author>)]
    pub authors: Arc<[Author]>,
    /// Abstract or extract as plain text.
    #[serde(rename = "abstract", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub abstract_text: Option<Arc<str>>,
    /// Whether the abstract may be republished in bulk.
    pub abstract_licence_ok: bool,
    /// The date with its precision and kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
    /// Journal, conference, repository or site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// Volume, as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Issue, as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
    /// Pages or article number, as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<String>,
    /// ISSNs with their hyphen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issn: Vec<String>,
    /// ISBNs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub isbn: Vec<String>,
    /// What kind of thing it is.
    #[serde(rename = "type")]
    pub kind: WorkType,
    /// ISO 639 language code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Where a person reads about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where the full text may be had, when the source says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdf_url: Option<String>,
    /// Open access status, in Unpaywall's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oa_status: Option<OaStatus>,
    /// Licence as the source names it (SPDX or URL).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Times cited, by this source's count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citations: Option<u32>,
    /// Length of the reference list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references_count: Option<u32>,
    /// Subject headings, keywords, categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// The source says that the work was retracted or withdrawn.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_retracted: bool,
    /// DOI of the notice that retracts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retraction_notice_doi: Option<String>,
    /// Declared relations to other versions of the same work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub version_of: Vec<Relation>,
    /// The source's own relevance score, on its own scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_native: Option<f64>,
    /// Place in the source's answer, from 1.
    pub rank_native: u32,
    /// When it was fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched_at: Option<DateTime<Utc>>,
    /// The engine or service behind the source, where there is one (SearXNG's engine, a feed's address).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// Short hash of the source's raw record: shows whether it changed between two fetches.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub raw_hash: String,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            source: SourceId::Arxiv,
            source_id: String::new(),
            doi: None,
            arxiv_id: None,
            pmid: None,
            pmcid: None,
            openalex_id: None,
            s2_id: None,
            title: String::new(),
            authors: Arc::default(),
            abstract_text: None,
            abstract_licence_ok: false,
            date: None,
            venue: None,
            volume: None,
            issue: None,
            pages: None,
            issn: Vec::new(),
            isbn: Vec::new(),
            kind: WorkType::Other,
            language: None,
            url: None,
            pdf_url: None,
            oa_status: None,
            licence: None,
            citations: None,
            references_count: None,
            topics: Vec::new(),
            is_retracted: false,
            retraction_notice_doi: None,
            version_of: Vec::new(),
            score_native: None,
            rank_native: 0,
            fetched_at: None,
            via: None,
            raw_hash: String::new(),
        }
    }
}

impl Record {
    /// The record's name for good: `source:source_id`.
    pub fn key(&self) -> String {
        format!("{}:{}", self.source, self.source_id)
    }

    /// Year of the date, if there is one.
    pub fn year(&self) -> Option<i32> {
        self.date.as_ref().map(|date| date.year)
    }
}

/// One author: a person, or a group with only a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Author {
    /// Given names or initials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub given: Option<CompactString>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub family: Option<CompactString>,
    /// The whole name as the source gave it; always set.
    #[schema(value_type = String)]
    pub name: CompactString,
    /// ORCID iD: sixteen characters with hyphens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub orcid: Option<CompactString>,
    /// First affiliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affiliation: Option<String>,
}

/// A date as precise as the source knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartialDate {
    /// Year, Gregorian.
    pub year: i32,
    /// Month, 1 to 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<u8>,
    /// Day of the month, 1 to 31; never without a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<u8>,
    /// What happened on that date.
    pub kind: DateKind,
}

impl std::fmt::Display for PartialDate {
    /// ISO 8601 at its precision: `2024`, `2024-05` or `2024-05-08`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
            if let Some(day) = self.day {
                write!(f, "-{day:02}")?;
            }
        }
        Ok(())
    }
}

/// What happened on a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateKind {
    /// Published, the source does not say how.
    Published,
    /// Published online.
    Online,
    /// Published in print.
    Print,
    /// Posted as a preprint.
    Preprint,
    /// The record was made; the weakest of all.
    Created,
}

/// What kind of thing a record or work is; the words of the query language's `type:`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum WorkType {
    /// Article in a journal.
    Article,
    /// Preprint.
    Preprint,
    /// Review article.
    Review,
    /// Paper in conference proceedings.
    Conference,
    /// Book.
    Book,
    /// Chapter of a book.
    Chapter,
    /// Thesis or dissertation.
    Thesis,
    /// Data set.
    Dataset,
    /// Software or a repository of it.
    Software,
    /// Report.
    Report,
    /// Notice that retracts or corrects another work.
    Notice,
    /// Article of an encyclopedia.
    Encyclopedia,
    /// Page on the web.
    Web,
    /// News or a feed's entry.
    News,
    /// Anything else, or not said.
    #[default]
    Other,
}

impl WorkType {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Article,
        Self::Preprint,
        Self::Review,
        Self::Conference,
        Self::Book,
        Self::Chapter,
        Self::Thesis,
        Self::Dataset,
        Self::Software,
        Self::Report,
        Self::Notice,
        Self::Encyclopedia,
        Self::Web,
        Self::News,
        Self::Other,
    ];

    /// The word for it in queries and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::Preprint => "preprint",
            Self::Review => "review",
            Self::Conference => "conference",
            Self::Book => "book",
            Self::Chapter => "chapter",
            Self::Thesis => "thesis",
            Self::Dataset => "dataset",
            Self::Software => "software",
            Self::Report => "report",
            Self::Notice => "notice",
            Self::Encyclopedia => "encyclopedia",
            Self::Web => "web",
            Self::News => "news",
            Self::Other => "other",
        }
    }
}

/// Open access status in Unpaywall's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OaStatus {
    /// In an open access journal that charges authors.
    Gold,
    /// In an open access journal that charges nobody.
    Diamond,
    /// Open in a subscription journal, with a licence.
    Hybrid,
    /// Free to read at the publisher's, without a licence.
    Bronze,
    /// In a repository.
    Green,
    /// Not open.
    Closed,
    /// Open; the source does not say which way.
    Open,
}

impl OaStatus {
    /// Whether it can be read without paying.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Closed)
    }
}

/// A declared relation to another version of the same work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Relation {
    /// How this record stands to the other.
    pub kind: RelationKind,
    /// The other's DOI, arXiv id or PubMed id in its key form.
    pub target: Identifier,
}

/// How a record stands to another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// This is the preprint of the other.
    PreprintOf,
    /// The other is this one's preprint.
    HasPreprint,
    /// The other is a version of this one, or the reverse.
    VersionOf,
}

/// An identifier that names a version of a work, in its key form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(tag = "scheme", content = "value", rename_all = "snake_case")]
pub enum Identifier {
    /// Digital object identifier.
    Doi(String),
    /// arXiv id without version.
    Arxiv(String),
    /// PubMed id.
    Pmid(String),
    /// PubMed Central id.
    Pmcid(String),
}
