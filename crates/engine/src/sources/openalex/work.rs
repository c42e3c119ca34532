//! One work as OpenAlex gives it, and the record that it becomes.

use std::sync::Arc;

use serde::Deserialize;

use super::{
    super::{
        language,
        lenient::{Flag, List, Number, Object, Text},
    },
    inverted::Inverted,
};
use crate::{
    dates, identifier,
    item::{Author, DateKind, Identifier, OaStatus, PartialDate, Record, WorkType},
    names, text,
    work::SharedRecord,
};

/// A work. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Work<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    doi: Text<'a>,
    #[serde(borrow)]
    ids: Object<Ids<'a>>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    display_name: Text<'a>,
    #[serde(borrow)]
    authorships: List<Object<Authorship<'a>>>,
    #[serde(borrow)]
    abstract_inverted_index: Object<Inverted<'a>>,
    #[serde(borrow)]
    publication_date: Text<'a>,
    publication_year: Number,
    #[serde(borrow)]
    primary_location: Object<Location<'a>>,
    #[serde(borrow)]
    best_oa_location: Object<Location<'a>>,
    #[serde(borrow)]
    locations: List<Object<Location<'a>>>,
    #[serde(borrow)]
    biblio: Object<Biblio<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    language: Text<'a>,
    cited_by_count: Number,
    referenced_works_count: Number,
    #[serde(borrow)]
    open_access: Object<OpenAccess<'a>>,
    is_retracted: Flag,
    #[serde(borrow)]
    topics: List<Object<Named<'a>>>,
    #[serde(borrow)]
    keywords: List<Object<Named<'a>>>,
    relevance_score: Number,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ids<'a> {
    #[serde(borrow)]
    pmid: Text<'a>,
    #[serde(borrow)]
    pmcid: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Authorship<'a> {
    #[serde(borrow)]
    author: Object<Person<'a>>,
    #[serde(borrow)]
    raw_author_name: Text<'a>,
    #[serde(borrow)]
    institutions: List<Object<Named<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Person<'a> {
    #[serde(borrow)]
    display_name: Text<'a>,
    #[serde(borrow)]
    orcid: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    display_name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    landing_page_url: Text<'a>,
    #[serde(borrow)]
    pdf_url: Text<'a>,
    #[serde(borrow)]
    license: Text<'a>,
    #[serde(borrow)]
    source: Object<Venue<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Venue<'a> {
    #[serde(borrow)]
    display_name: Text<'a>,
    #[serde(borrow)]
    issn: List<Text<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Biblio<'a> {
    #[serde(borrow)]
    volume: Text<'a>,
    #[serde(borrow)]
    issue: Text<'a>,
    #[serde(borrow)]
    first_page: Text<'a>,
    #[serde(borrow)]
    last_page: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OpenAccess<'a> {
    is_oa: Flag,
    #[serde(borrow)]
    oa_status: Text<'a>,
}

impl Work<'_> {
    /// The record; `None` without id or title.
    pub(super) fn record(&self) -> Option<SharedRecord> {
        let id = openalex_id(self.id.get()?)?;
        let doi = self.doi.get().and_then(identifier::doi);
        let kind = self.kind();
        let biblio = self.biblio.0.as_ref();
        let place = self.primary_location.0.as_ref();
        let venue = place.and_then(|place| place.source.0.as_ref());
        let open = self.best_oa_location.0.as_ref();
        let ids = self.ids.0.as_ref();
        Some(Arc::new(Record {
            title: self.title.plain().or_else(|| self.display_name.plain())?,
            arxiv_id: doi.as_deref().and_then(identifier::arxiv_of_doi).or_else(|| self.arxiv_id()),
            pmid: ids.and_then(|ids| identifier::pmid(ids.pmid.get()?)),
            pmcid: ids.and_then(|ids| identifier::pmcid(ids.pmcid.get()?)),
            authors: self.authorships.objects().filter_map(Authorship::author).collect(),
            date: self.date(kind),
            venue: venue.and_then(|venue| venue.display_name.plain()),
            issn: venue.map(|venue| venue.issn.tidy().collect()).unwrap_or_default(),
            volume: biblio.and_then(|biblio| biblio.volume.tidy()),
            issue: biblio.and_then(|biblio| biblio.issue.tidy()),
            pages: biblio.and_then(Biblio::pages),
            language: self.language.get().and_then(language::short),
            url: place
                .and_then(|place| place.landing_page_url.tidy())
                .or_else(|| doi.as_deref().map(identifier::doi_address))
                .or_else(|| Some(format!("https://openalex.org/{id}"))),
            pdf_url: open.and_then(|open| open.pdf_url.tidy()),
            licence: open.and_then(|open| open.license.tidy()),
            oa_status: self.oa_status(),
            citations: self.cited_by_count.count(),
            references_count: self.referenced_works_count.count(),
            topics: self.topics(),
            is_retracted: self.is_retracted.is_set(),
            score_native: self.relevance_score.0,
            abstract_text: self.abstract_text(),
            // The index is part of a CC0 data set.
            abstract_licence_ok: true,
            kind,
            doi,
            source_id: id.clone(),
            openalex_id: Some(id),
            ..Record::default()
        }))
    }

    fn kind(&self) -> WorkType {
        let venue = self.primary_location.0.as_ref().and_then(|place| place.source.0.as_ref());
        let at_conference = venue.is_some_and(|venue| venue.kind.get() == Some("conference"));
        match self.kind.get().unwrap_or_default() {
            "article" if at_conference => WorkType::Conference,
            "article" | "letter" | "editorial" => WorkType::Article,
            "conference-paper" | "proceedings-article" => WorkType::Conference,
            "preprint" => WorkType::Preprint,
            "review" => WorkType::Review,
            "book" => WorkType::Book,
            "book-chapter" | "book-section" => WorkType::Chapter,
            "dissertation" => WorkType::Thesis,
            "dataset" => WorkType::Dataset,
            "software" => WorkType::Software,
            "report" | "standard" => WorkType::Report,
            "erratum" | "retraction" => WorkType::Notice,
            "reference-entry" => WorkType::Encyclopedia,
            _ => WorkType::Other,
        }
    }

    fn date(&self, kind: WorkType) -> Option<PartialDate> {
        let kind = if kind == WorkType::Preprint { DateKind::Preprint } else { DateKind::Published };
        let day = self.publication_date.get().and_then(|date| dates::iso(date, kind));
        day.or_else(|| dates::from_parts(self.publication_year.whole()?, None, None, kind))
    }

    /// The arXiv id, when arXiv is one of the places where it can be read.
    fn arxiv_id(&self) -> Option<String> {
        self.locations.objects().find_map(|location| {
            let address = location.landing_page_url.get().filter(|address| address.contains("arxiv"))?;
            match identifier::from_url(address) {
                Some(Identifier::Arxiv(id)) => Some(id),
                _ => None,
            }
        })
    }

    fn oa_status(&self) -> Option<OaStatus> {
        let access = self.open_access.0.as_ref()?;
        match access.oa_status.get() {
            Some("gold") => Some(OaStatus::Gold),
            Some("diamond") => Some(OaStatus::Diamond),
            Some("hybrid") => Some(OaStatus::Hybrid),
            Some("bronze") => Some(OaStatus::Bronze),
            Some("green") => Some(OaStatus::Green),
            Some("closed") => Some(OaStatus::Closed),
            _ => access.is_oa.0.map(|open| if open { OaStatus::Open } else { OaStatus::Closed }),
        }
    }

    fn abstract_text(&self) -> Option<Arc<str>> {
        let words = self.abstract_inverted_index.0.as_ref()?.text();
        let text = text::plain(&words);
        (!text.is_empty()).then(|| text.into())
    }

    fn topics(&self) -> Vec<String> {
        self.topics.objects().chain(self.keywords.objects()).filter_map(|topic| topic.display_name.plain()).collect()
    }
}

impl Authorship<'_> {
    fn author(&self) -> Option<Author> {
        let person = self.author.0.as_ref();
        let name =
            person.and_then(|person| person.display_name.as_plain()).or_else(|| self.raw_author_name.as_plain())?;
        let affiliation = self.institutions.objects().find_map(|institution| institution.display_name.plain());
        let orcid = person.and_then(|person| names::orcid(person.orcid.get()?));
        Some(Author { orcid, affiliation, ..names::displayed(&name)? })
    }
}

impl Biblio<'_> {
    fn pages(&self) -> Option<String> {
        match (self.first_page.tidy()?, self.last_page.tidy()) {
            (first, Some(last)) if first != last => Some(format!("{first}-{last}")),
            (first, _) => Some(first),
        }
    }
}

/// `https://openalex.org/W123` as `W123`.
fn openalex_id(raw: &str) -> Option<String> {
    let id = raw.trim().rsplit('/').next().unwrap_or_default();
    let digits = id.strip_prefix(['W', 'w'])?;
    (!digits.is_empty() && digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| format!("W{digits}"))
}
