//! One paper as Semantic Scholar gives it, and the record that it becomes.

use serde::Deserialize;

use super::super::lenient::{Flag, List, Number, Object, Text};
use crate::{
    dates, identifier,
    item::{Author, DateKind, OaStatus, PartialDate, Record, WorkType},
    names,
};

/// A paper. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Paper<'a> {
    #[serde(borrow, rename = "paperId")]
    id: Text<'a>,
    #[serde(borrow)]
    external_ids: Object<Ids<'a>>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow, rename = "abstract")]
    abstract_text: Text<'a>,
    #[serde(borrow)]
    venue: Text<'a>,
    #[serde(borrow)]
    publication_venue: Object<Venue<'a>>,
    year: Number,
    reference_count: Number,
    citation_count: Number,
    is_open_access: Flag,
    #[serde(borrow)]
    open_access_pdf: Object<OpenCopy<'a>>,
    #[serde(borrow)]
    fields_of_study: List<Text<'a>>,
    #[serde(borrow)]
    publication_types: List<Text<'a>>,
    #[serde(borrow)]
    publication_date: Text<'a>,
    #[serde(borrow)]
    journal: Object<Journal<'a>>,
    #[serde(borrow)]
    authors: List<Object<Person<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Ids<'a> {
    #[serde(borrow, rename = "DOI")]
    doi: Text<'a>,
    #[serde(borrow)]
    ar_xiv: Text<'a>,
    #[serde(borrow)]
    pub_med: Text<'a>,
    #[serde(borrow)]
    pub_med_central: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Venue<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    issn: Text<'a>,
    #[serde(borrow)]
    alternate_issns: List<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OpenCopy<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    license: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Journal<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    volume: Text<'a>,
    #[serde(borrow)]
    pages: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Person<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

impl Paper<'_> {
    /// The record; `None` without id or title.
    pub(super) fn record(self) -> Option<Record> {
        let id = self.id.tidy()?;
        let kind = self.kind();
        let ids = self.external_ids.0.as_ref();
        let journal = self.journal.0.as_ref();
        let copy = self.open_access_pdf.0.as_ref();
        Some(Record {
            title: self.title.plain()?,
            doi: ids.and_then(|ids| identifier::doi(ids.doi.get()?)),
            arxiv_id: ids.and_then(|ids| identifier::arxiv(ids.ar_xiv.get()?)),
            pmid: ids.and_then(|ids| identifier::pmid(ids.pub_med.get()?)),
            pmcid: ids.and_then(|ids| identifier::pmcid(ids.pub_med_central.get()?)),
            authors: self.authors.objects().filter_map(Person::author).collect(),
            abstract_text: self.abstract_text.as_plain().map(Into::into),
            date: self.date(kind),
            venue: self.venue(),
            volume: journal.and_then(|journal| journal.volume.tidy()),
            pages: journal.and_then(|journal| journal.pages.tidy()).map(|pages| pages.replace(" - ", "-")),
            issn: self.issn(),
            kind,
            // Its licence asks for a link to its own page.
            url: self.url.tidy().or_else(|| Some(format!("https://www.semanticscholar.org/paper/{id}"))),
            pdf_url: copy.and_then(|copy| copy.url.tidy()),
            oa_status: self.oa_status(),
            licence: copy.and_then(|copy| copy.license.tidy()),
            citations: self.citation_count.count(),
            references_count: self.reference_count.count(),
            topics: self.fields_of_study.tidy().collect(),
            source_id: id.clone(),
            s2_id: Some(id),
            ..Record::default()
        })
    }

    fn has_type(&self, names: &[&str]) -> bool {
        self.publication_types.0.iter().filter_map(Text::get).any(|kind| names.contains(&kind))
    }

    /// A paper has several types, or none: then its venue tells.
    fn kind(&self) -> WorkType {
        const ARTICLES: [&str; 6] =
            ["JournalArticle", "CaseReport", "ClinicalTrial", "Study", "Editorial", "LettersAndComments"];
        const TELLING: [(&[&str], WorkType); 7] = [
            (&["Review", "MetaAnalysis"], WorkType::Review),
            (&["Conference"], WorkType::Conference),
            (&["BookSection"], WorkType::Chapter),
            (&["Book"], WorkType::Book),
            (&["Dataset"], WorkType::Dataset),
            (&["News"], WorkType::News),
            (&ARTICLES, WorkType::Article),
        ];
        if self.is_at_a_preprint_server() {
            return WorkType::Preprint;
        }
        if let Some((_, kind)) = TELLING.iter().find(|(names, _)| self.has_type(names)) {
            return *kind;
        }
        match self.publication_venue.0.as_ref().and_then(|venue| venue.kind.get()) {
            Some("conference") => WorkType::Conference,
            Some("journal") => WorkType::Article,
            _ => WorkType::Other,
        }
    }

    fn is_at_a_preprint_server(&self) -> bool {
        const SERVERS: [&str; 8] =
            ["arxiv.org", "arxiv", "biorxiv", "medrxiv", "chemrxiv", "research square", "preprints.org", "psyarxiv"];
        self.venue().is_some_and(|venue| SERVERS.contains(&venue.to_lowercase().as_str()))
    }

    fn venue(&self) -> Option<String> {
        let venue = self.publication_venue.0.as_ref();
        let journal = self.journal.0.as_ref();
        self.venue
            .plain()
            .or_else(|| venue.and_then(|venue| venue.name.plain()))
            .or_else(|| journal.and_then(|journal| journal.name.plain()))
    }

    fn issn(&self) -> Vec<String> {
        let venue = self.publication_venue.0.iter();
        venue.flat_map(|venue| venue.issn.tidy().into_iter().chain(venue.alternate_issns.tidy())).collect()
    }

    /// The day may be that of the preprint, also for a paper that was published since.
    fn date(&self, kind: WorkType) -> Option<PartialDate> {
        let kind = if kind == WorkType::Preprint { DateKind::Preprint } else { DateKind::Published };
        let day = self.publication_date.get().and_then(|date| dates::iso(date, kind));
        day.or_else(|| dates::from_parts(self.year.whole()?, None, None, kind))
    }

    fn oa_status(&self) -> Option<OaStatus> {
        let copy = self.open_access_pdf.0.as_ref();
        match copy.and_then(|copy| copy.status.get()).map(str::to_ascii_uppercase).as_deref() {
            Some("GOLD") => Some(OaStatus::Gold),
            Some("DIAMOND") => Some(OaStatus::Diamond),
            Some("HYBRID") => Some(OaStatus::Hybrid),
            Some("BRONZE") => Some(OaStatus::Bronze),
            Some("GREEN") => Some(OaStatus::Green),
            Some("CLOSED") => Some(OaStatus::Closed),
            _ => {
                // "false" only says that no open copy was found.
                let has_copy = copy.is_some_and(|copy| copy.url.get().is_some());
                (self.is_open_access.is_set() || has_copy).then_some(OaStatus::Open)
            }
        }
    }
}

impl Person<'_> {
    fn author(&self) -> Option<Author> {
        names::displayed(&self.name.as_plain()?)
    }
}
