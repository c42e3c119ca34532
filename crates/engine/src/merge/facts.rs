//! What of a record counts when it is compared: read once, when the record arrives.

use super::{
    doi,
    name::Byline,
    title::{self, Title},
};
use crate::{
    identifier::page,
    item::{Identifier, Record, WorkType},
};

/// Where a record stands on the way of a work to its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Published by a journal, a conference, a publisher; a thesis, a data set, a program.
    Published,
    /// Preprint, working paper, report: there may be a published version of it.
    Draft,
    /// Page, encyclopedia, news, or not said.
    Loose,
}

/// What cannot be the same work as something of another family, whatever its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Papers of all sorts.
    Paper,
    /// Theses.
    Thesis,
    /// Whole books.
    Book,
    /// Data sets.
    Dataset,
    /// Notices.
    Notice,
    /// Pages, programs, news, encyclopedias: only their address and identifiers count, never their title.
    Page,
    /// Not said: may be any but a page.
    Unknown,
}

/// A record in its comparable form.
#[derive(Debug)]
pub(super) struct Facts {
    /// The identifiers and the address, each in a form that no other scheme uses.
    pub keys: Keys,
    /// Keys of other records that it says are versions of the same work.
    pub relations: Vec<String>,
    /// Its title.
    pub title: Title,
    /// Its authors.
    pub byline: Byline,
    /// Where it stands.
    pub stage: Stage,
    /// What it is.
    pub family: Family,
    /// Year of its date.
    pub year: Option<i32>,
    /// Volume.
    pub volume: Option<u64>,
    /// First page or article number.
    pub first_page: Option<u64>,
    /// Journal, conference or site.
    pub venue: Option<u64>,
}

/// The keys of a record, by what they name.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// `source:source_id`; empty when the source gave no id.
    pub record: String,
    /// DOI without edition; not for arXiv's own DOIs.
    pub doi: Option<String>,
    /// arXiv id, also from arXiv's own DOI.
    pub arxiv: Option<String>,
    /// PubMed id.
    pub pmid: Option<String>,
    /// PubMed Central id.
    pub pmcid: Option<String>,
    /// Ids of indexes that give a work one id: OpenAlex, Semantic Scholar.
    pub indexes: [Option<String>; 2],
    /// Canonical address.
    pub page: Option<String>,
}

impl Facts {
    /// Reads a record.
    pub fn read(record: &Record) -> Self {
        let keys = Keys::read(record);
        let mut relations: Vec<String> =
            record.version_of.iter().map(|relation| identifier_key(&relation.target)).collect();
        relations.sort_unstable();
        relations.dedup();
        let title = Title::read(&record.title);
        let family = family(record, &keys, &title);
        Self {
            stage: stage(record, &keys),
            family,
            byline: Byline::read(&record.authors),
            year: record.year().filter(|year| (1000..=3000).contains(year)),
            volume: token(record.volume.as_deref()),
            first_page: record.pages.as_deref().and_then(first_page),
            venue: token(record.venue.as_deref()),
            relations,
            title,
            keys,
        }
    }
}

impl Facts {
    /// The DOI of the published version, be it this one or the one that a preprint names; with its prefix letter.
    pub fn published_doi(&self) -> Option<&str> {
        self.keys
            .doi
            .as_deref()
            .filter(|key| self.stage == Stage::Published || (self.keys.arxiv.is_some() && !doi::is_preprint(&key[1..])))
    }

    /// The DOI of this preprint itself; with its prefix letter.
    pub fn draft_doi(&self) -> Option<&str> {
        self.keys.doi.as_deref().filter(|_| self.stage == Stage::Draft && self.published_doi().is_none())
    }

    /// The PubMed id, when this is a published version.
    pub fn published_pmid(&self) -> Option<&str> {
        self.keys.pmid.as_deref().filter(|_| self.stage == Stage::Published)
    }

    /// The DOI of this very version; with its prefix letter.
    pub fn own_doi(&self) -> Option<&str> {
        if self.stage == Stage::Draft { self.draft_doi() } else { self.keys.doi.as_deref() }
    }

    /// Same volume and same first page, a year apart at most: the same place in a journal.
    pub fn same_place(&self, other: &Self) -> bool {
        self.volume.is_some()
            && self.first_page.is_some()
            && self.volume == other.volume
            && self.first_page == other.first_page
            && self.years_apart(other).is_none_or(|gap| gap <= 1)
    }

    /// Both published, in different volumes, on different pages or more than a year apart.
    pub fn other_place(&self, other: &Self) -> bool {
        let differ = |one: Option<u64>, two: Option<u64>| one.is_some() && two.is_some() && one != two;
        self.stage == Stage::Published
            && other.stage == Stage::Published
            && (differ(self.volume, other.volume)
                || differ(self.first_page, other.first_page)
                || self.years_apart(other).is_some_and(|gap| gap > 1))
    }

    /// Years between the dates, where both are known.
    pub fn years_apart(&self, other: &Self) -> Option<u32> {
        Some(self.year?.abs_diff(other.year?))
    }
}

impl Keys {
    fn read(record: &Record) -> Self {
        let prefixed = |prefix: char, id: &Option<String>| {
            id.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(|id| join(prefix, id))
        };
        let full_doi = record.doi.as_deref().map(str::trim).filter(|doi| !doi.is_empty()).map(str::to_ascii_lowercase);
        let aliased = full_doi.as_deref().and_then(doi::arxiv_id);
        let arxiv = prefixed('a', &record.arxiv_id).or_else(|| aliased.map(|id| join('a', id)));
        let doi = if aliased.is_some() { None } else { full_doi.as_deref().map(|doi| join('d', doi::root(doi))) };
        Self {
            record: if record.source_id.is_empty() {
                String::new()
            } else {
                ["r", record.source.as_str(), ":", &record.source_id].concat()
            },
            doi,
            arxiv,
            pmid: prefixed('p', &record.pmid),
            pmcid: prefixed('c', &record.pmcid).map(|id| id.to_ascii_lowercase()),
            indexes: [prefixed('o', &record.openalex_id), prefixed('s', &record.s2_id)],
            page: record.url.as_deref().and_then(page::canonical).map(|page| join('u', &page)),
        }
    }

    /// Whether anything but the address names the record outside of its source.
    pub const fn has_identifier(&self) -> bool {
        self.doi.is_some() || self.arxiv.is_some() || self.pmid.is_some() || self.pmcid.is_some()
    }
}

fn join(prefix: char, id: &str) -> String {
    let mut key = String::with_capacity(id.len() + 1);
    key.push(prefix);
    key.push_str(id);
    key
}

/// The key under which a record with this identifier is found.
fn identifier_key(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Doi(doi) => {
            let doi = doi.trim().to_ascii_lowercase();
            match doi::arxiv_id(&doi) {
                Some(id) => join('a', id),
                None => join('d', doi::root(&doi)),
            }
        }
        Identifier::Arxiv(id) => join('a', id.trim()),
        Identifier::Pmid(id) => join('p', id.trim()),
        Identifier::Pmcid(id) => join('c', &id.trim().to_ascii_lowercase()),
    }
}

fn stage(record: &Record, keys: &Keys) -> Stage {
    let preprint_doi = keys.doi.as_deref().is_some_and(|key| doi::is_preprint(&key[1..]));
    match record.kind {
        WorkType::Preprint => Stage::Draft,
        _ if preprint_doi || record.source == crate::source::SourceId::Arxiv => Stage::Draft,
        // Only an arXiv id, or arXiv's DOI: whatever the source calls it, that is what it points at.
        _ if keys.arxiv.is_some() && keys.doi.is_none() && keys.pmid.is_none() && !has_place(record) => Stage::Draft,
        WorkType::Web | WorkType::News | WorkType::Encyclopedia | WorkType::Other => {
            if keys.doi.is_some() || keys.pmid.is_some() { Stage::Published } else { Stage::Loose }
        }
        WorkType::Report if !has_place(record) => Stage::Draft,
        _ => Stage::Published,
    }
}

/// Whether it says where in a journal or book it stands.
const fn has_place(record: &Record) -> bool {
    record.volume.is_some() || record.pages.is_some()
}

const fn family(record: &Record, keys: &Keys, title: &Title) -> Family {
    match record.kind {
        WorkType::Notice => Family::Notice,
        WorkType::Web | WorkType::Software | WorkType::News | WorkType::Encyclopedia => {
            if keys.has_identifier() {
                Family::Unknown
            } else {
                Family::Page
            }
        }
        _ if title.notice => Family::Notice,
        WorkType::Article
        | WorkType::Preprint
        | WorkType::Review
        | WorkType::Conference
        | WorkType::Chapter
        | WorkType::Report => Family::Paper,
        WorkType::Book => Family::Book,
        WorkType::Thesis => Family::Thesis,
        WorkType::Dataset => Family::Dataset,
        WorkType::Other => Family::Unknown,
    }
}

/// Letters and digits only, by their hash.
fn token(text: Option<&str>) -> Option<u64> {
    let text = text?;
    let mut letters = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| letter.is_alphanumeric()) {
        if letter.is_ascii() {
            letters.push(letter.to_ascii_lowercase());
        } else {
            letters.extend(letter.to_lowercase());
        }
    }
    (!letters.is_empty()).then(|| title::hash(letters.as_bytes()))
}

/// "436-44", "436–444", "p. 436" and "436" begin on the same page; "e1000097" is one, too.
fn first_page(pages: &str) -> Option<u64> {
    let start = pages.trim().trim_start_matches("pp").trim_start_matches('p').trim_start_matches(['.', ' ']);
    let end = start.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(start.len());
    token(start.get(..end))
}
