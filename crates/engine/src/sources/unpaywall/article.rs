//! One DOI as Unpaywall gives it (its data standard 2), and the record that it becomes.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::super::{
    answer::{self, Answer},
    lenient::{Flag, List, Number, Object, Text},
};
use crate::{
    connector::Page,
    dates, identifier,
    item::{Author, DateKind, OaStatus, PartialDate, Record, WorkType},
    names,
    source::{SourceError, SourceId},
    text,
};

/// An answer. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Article<'a> {
    #[serde(borrow)]
    doi: Text<'a>,
    #[serde(borrow)]
    doi_url: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    genre: Text<'a>,
    #[serde(borrow)]
    published_date: Text<'a>,
    year: Number,
    #[serde(borrow)]
    journal_name: Text<'a>,
    #[serde(borrow)]
    journal_issns: Text<'a>,
    is_oa: Flag,
    #[serde(borrow)]
    oa_status: Text<'a>,
    #[serde(borrow)]
    best_oa_location: Object<OpenCopy<'a>>,
    /// Those that are open today; there is another list of those that will be.
    #[serde(borrow)]
    oa_locations: List<Object<OpenCopy<'a>>>,
    #[serde(borrow)]
    z_authors: List<Object<Person<'a>>>,
    error: Flag,
    #[serde(borrow)]
    message: Text<'a>,
}

/// A place where it can be read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct OpenCopy<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    url_for_pdf: Text<'a>,
    #[serde(borrow)]
    url_for_landing_page: Text<'a>,
    #[serde(borrow)]
    license: Text<'a>,
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(borrow)]
    host_type: Text<'a>,
    #[serde(borrow)]
    repository_institution: Text<'a>,
}

/// An author, in the form of today or in that of before 2025.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Person<'a> {
    #[serde(borrow)]
    raw_author_name: Text<'a>,
    #[serde(borrow)]
    raw_affiliation_strings: List<Text<'a>>,
    #[serde(borrow)]
    given: Text<'a>,
    #[serde(borrow)]
    family: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, rename = "ORCID")]
    orcid: Text<'a>,
}

/// Reads an answer: a page of one, or of none when the DOI has no title there. `fetched_at` goes into the record. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let article: Article<'_> = answer::json(body)?;
    let Some(doi) = article.doi.get().and_then(identifier::doi) else {
        return Err(match article.message.get() {
            // An error with status 200 has not been seen; it would be the query's.
            Some(message) if article.error.is_set() => answer::bad_query(message),
            _ => answer::malformed("an answer without a DOI"),
        });
    };
    let mut answer = Answer::new(SourceId::Unpaywall, fetched_at);
    answer.reported(Some(1));
    answer.take(body, article.record(doi));
    answer.page()
}

impl Article<'_> {
    fn record(self, doi: String) -> Option<Record> {
        let kind = self.kind();
        let best = self.best_oa_location.0.as_ref();
        // Where there is no PDF at the best place, there may be one at the next.
        let with_pdf =
            best.into_iter().chain(self.oa_locations.objects()).find(|copy| copy.url_for_pdf.get().is_some());
        let shown = with_pdf.or(best);
        Some(Record {
            title: self.title.plain()?,
            authors: self.z_authors.objects().filter_map(Person::author).collect(),
            date: self.date(kind),
            venue: self.journal_name.plain(),
            issn: self
                .journal_issns
                .get()
                .into_iter()
                .flat_map(|list| list.split(','))
                .filter_map(text::tidy_some)
                .collect(),
            kind,
            url: best
                .and_then(|copy| copy.url_for_landing_page.tidy().or_else(|| copy.url.tidy()))
                .or_else(|| self.doi_url.tidy())
                .or_else(|| Some(identifier::doi_address(&doi))),
            pdf_url: with_pdf.and_then(|copy| copy.url_for_pdf.tidy()),
            oa_status: self.oa_status(),
            licence: shown.and_then(|copy| copy.license.tidy()),
            via: shown.and_then(OpenCopy::described),
            source_id: doi.clone(),
            doi: Some(doi),
            ..Record::default()
        })
    }

    fn date(&self, kind: WorkType) -> Option<PartialDate> {
        let kind = if kind == WorkType::Preprint { DateKind::Preprint } else { DateKind::Published };
        let day = self.published_date.get().and_then(|date| dates::iso(date, kind));
        day.or_else(|| dates::from_parts(self.year.whole()?, None, None, kind))
    }

    /// By Crossref's names of types, or OpenAlex's: Unpaywall has changed over from the former to the latter.
    fn kind(&self) -> WorkType {
        match self.genre.get().unwrap_or_default() {
            "journal-article" | "article" | "letter" | "editorial" => WorkType::Article,
            "posted-content" | "preprint" => WorkType::Preprint,
            "review" => WorkType::Review,
            "proceedings-article" | "conference-paper" => WorkType::Conference,
            "book" | "monograph" | "edited-book" | "reference-book" | "proceedings" => WorkType::Book,
            "book-chapter" | "book-section" | "book-part" => WorkType::Chapter,
            "reference-entry" => WorkType::Encyclopedia,
            "dissertation" => WorkType::Thesis,
            "dataset" => WorkType::Dataset,
            "software" => WorkType::Software,
            "report" | "report-component" | "standard" => WorkType::Report,
            "erratum" | "retraction" => WorkType::Notice,
            _ => WorkType::Other,
        }
    }

    fn oa_status(&self) -> Option<OaStatus> {
        match self.oa_status.get() {
            Some("gold") => Some(OaStatus::Gold),
            Some("diamond") => Some(OaStatus::Diamond),
            Some("hybrid") => Some(OaStatus::Hybrid),
            Some("bronze") => Some(OaStatus::Bronze),
            Some("green") => Some(OaStatus::Green),
            Some("closed") => Some(OaStatus::Closed),
            _ => self.is_oa.0.map(|open| if open { OaStatus::Open } else { OaStatus::Closed }),
        }
    }
}

impl OpenCopy<'_> {
    /// Who has it, and which version it is: `Europe PMC (accepted version)`.
    fn described(&self) -> Option<String> {
        let host = self.repository_institution.plain().or_else(|| self.host_type.tidy())?;
        Some(match self.version.get() {
            Some("publishedVersion") => format!("{host} (published version)"),
            Some("acceptedVersion") => format!("{host} (accepted version)"),
            Some("submittedVersion") => format!("{host} (submitted version)"),
            _ => host,
        })
    }
}

impl Person<'_> {
    fn author(&self) -> Option<Author> {
        let author = match self.raw_author_name.plain() {
            Some(name) => names::displayed(&name),
            None => names::from_parts(self.given.plain().as_deref(), self.family.plain().as_deref())
                .or_else(|| names::whole(&self.name.plain()?)),
        }?;
        let affiliation = self.raw_affiliation_strings.first_plain();
        Some(Author { orcid: self.orcid.get().and_then(names::orcid), affiliation, ..author })
    }
}
