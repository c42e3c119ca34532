//! What is shown: source records, joined into versions, joined into works.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    ops::Deref,
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::{
    item::{Author, OaStatus, PartialDate, Record, WorkType},
    source::SourceId,
};

/// One work, whatever the number of sources and versions that tell of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Work {
    /// Names the work within its search, and does not change while results stream in.
    pub id: String,
    /// Title, from the source named in `provenance`, as are all the fields below.
    pub title: String,
    /// Authors in the order of the byline.
    #[schema(value_type = Vec<Author>)]
    pub authors: Arc<[Author]>,
    /// Abstract as plain text.
    #[serde(rename = "abstract", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub abstract_text: Option<Arc<str>>,
    /// Date of the best version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
    /// Journal, conference, repository or site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// Volume, as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Issue, as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
    /// Pages or article number, as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<String>,
    /// What kind of thing it is.
    #[serde(rename = "type")]
    pub kind: WorkType,
    /// ISO 639 language code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// DOI of the best version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doi: Option<String>,
    /// arXiv id without version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arxiv_id: Option<String>,
    /// PubMed id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pmid: Option<String>,
    /// PubMed Central id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pmcid: Option<String>,
    /// Where a person reads about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where the full text may be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdf_url: Option<String>,
    /// Open access status: the most open that any source reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oa_status: Option<OaStatus>,
    /// Licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Citation counts, each with its source; never added up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<CitationCount>,
    /// Subject headings, keywords and categories of all sources, without repeats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// At least one source says that it was retracted or withdrawn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_retracted: bool,
    /// DOI of the notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retraction_notice_doi: Option<String>,
    /// Which source each shown field comes from: field name to source.
    #[schema(value_type = BTreeMap<String, SourceId>)]
    pub provenance: BTreeMap<Cow<'static, str>, SourceId>,
    /// Every source that tells of it, in the order of the table.
    pub sources: Vec<SourceId>,
    /// The versions, best (published) first.
    pub versions: Vec<Version>,
    /// Relevance: the sum of the terms in `why`; comparable within one search only.
    pub score: f64,
    /// How the score came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

/// A work as it stood when it was announced. It is put together when somebody looks at it for the first time: of what is
/// announced while the sources answer, much is never read. Clones share it.
#[derive(Clone)]
pub struct LazyWork(Arc<LazyLock<Work, Compose>>);

type Compose = Box<dyn FnOnce() -> Work + Send>;

impl LazyWork {
    /// What `compose` will put together.
    pub fn new(compose: impl FnOnce() -> Work + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(compose))))
    }
}

impl Deref for LazyWork {
    type Target = Work;

    fn deref(&self) -> &Work {
        &self.0
    }
}

impl fmt::Debug for LazyWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LazyLock::force(&self.0).fmt(f)
    }
}

impl Serialize for LazyWork {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LazyWork {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Work::deserialize(deserializer).map(|work| Self::new(move || work))
    }
}

/// A count of citations by one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CitationCount {
    /// Who counted.
    pub source: SourceId,
    /// How many.
    pub count: u32,
}

/// One version of a work: the preprint, the published article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// What kind of thing this version is.
    #[serde(rename = "type")]
    pub kind: WorkType,
    /// Its DOI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doi: Option<String>,
    /// Its arXiv id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arxiv_id: Option<String>,
    /// Its PubMed id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pmid: Option<String>,
    /// Why this version belongs to the work.
    pub joined_by: JoinedBy,
    /// Everything that was said of it: one record a source (or more, where a source repeats itself).
    pub records: Vec<RecordRef>,
}

/// Points at a record of the search, with what a list needs of it; the whole record is in the search's `records`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordRef {
    /// The source.
    pub source: SourceId,
    /// The record's id there.
    pub source_id: String,
    /// Place in the source's answer, from 1.
    pub rank: u32,
    /// Where a person reads about it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why the record belongs to this version.
    pub joined_by: JoinedBy,
}

/// The key by which two things were found to be the same, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinedBy {
    /// The first of its kind: nothing was joined.
    First,
    /// Same DOI.
    Doi,
    /// Same arXiv id.
    Arxiv,
    /// Same PubMed or PubMed Central id.
    Pmid,
    /// Same record of the same source, or same id in an index (OpenAlex, Semantic Scholar).
    Record,
    /// A source declares the relation.
    Relation,
    /// Same page on the web.
    Url,
    /// Title, first author and year.
    Title,
}

/// How a score came about; every term is already weighted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Why {
    /// Reciprocal rank fusion over the sources.
    pub fusion: f64,
    /// BM25 over title (three times) and abstract.
    pub text: f64,
    /// How recent it is.
    pub recency: f64,
    /// How often it is cited.
    pub citations: f64,
    /// The ranks that went into `fusion`.
    pub ranks: Vec<SourceRank>,
    /// Words of the query found in title or abstract.
    pub matched: Vec<String>,
}

/// The best place of a work in one source's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceRank {
    /// The source.
    pub source: SourceId,
    /// Place in its answer, from 1.
    pub rank: u32,
}

/// Pairs of records that a person has said are not the same work: a merge that was split stays split.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Splits(std::collections::BTreeSet<(String, String)>);

impl Splits {
    /// Says that the records with these keys ([`Record::key`]) are not the same work. Of a record and itself nobody can say
    /// that.
    pub fn insert(&mut self, one: &str, other: &str) {
        if one == other {
            return;
        }
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        self.0.insert((low.to_owned(), high.to_owned()));
    }

    /// Whether they were said not to be the same.
    pub fn contains(&self, one: &str, other: &str) -> bool {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        !self.0.is_empty() && self.0.contains(&(low.to_owned(), high.to_owned()))
    }

    /// All pairs, each in the order of its keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(low, high)| (low.as_str(), high.as_str()))
    }

    /// Whether nothing was ever split.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Records are shared between the stream, the merge and the final answer.
pub type SharedRecord = Arc<Record>;
