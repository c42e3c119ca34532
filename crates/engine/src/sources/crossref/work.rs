//! One work as Crossref gives it, and the record that it becomes.

use std::sync::Arc;

use serde::Deserialize;

use super::super::lenient::{List, Number, Object, Text};
use crate::{
    dates, identifier,
    item::{Author, DateKind, Identifier, PartialDate, Record, Relation, RelationKind, WorkType},
    names, text,
    work::SharedRecord,
};

/// A work. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Work<'a> {
    #[serde(borrow, rename = "DOI")]
    doi: Text<'a>,
    #[serde(borrow, rename = "URL")]
    url: Text<'a>,
    #[serde(borrow)]
    title: List<Text<'a>>,
    #[serde(borrow)]
    subtitle: List<Text<'a>>,
    #[serde(borrow)]
    author: List<Object<Person<'a>>>,
    #[serde(borrow)]
    container_title: List<Text<'a>>,
    #[serde(borrow)]
    short_container_title: List<Text<'a>>,
    #[serde(borrow)]
    group_title: Text<'a>,
    #[serde(borrow)]
    institution: List<Object<Named<'a>>>,
    published: Object<Date>,
    published_online: Object<Date>,
    published_print: Object<Date>,
    issued: Object<Date>,
    created: Object<Date>,
    #[serde(borrow, rename = "abstract")]
    abstract_text: Text<'a>,
    is_referenced_by_count: Number,
    references_count: Number,
    #[serde(borrow)]
    license: List<Object<Licence<'a>>>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, rename = "ISSN")]
    issn: List<Text<'a>>,
    #[serde(borrow, rename = "ISBN")]
    isbn: List<Text<'a>>,
    #[serde(borrow)]
    page: Text<'a>,
    #[serde(borrow)]
    volume: Text<'a>,
    #[serde(borrow)]
    issue: Text<'a>,
    #[serde(borrow)]
    article_number: Text<'a>,
    #[serde(borrow)]
    language: Text<'a>,
    #[serde(borrow)]
    relation: Object<Relations<'a>>,
    #[serde(borrow)]
    update_to: List<Object<Update<'a>>>,
    #[serde(borrow)]
    updated_by: List<Object<Update<'a>>>,
    score: Number,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Person<'a> {
    #[serde(borrow)]
    given: Text<'a>,
    #[serde(borrow)]
    family: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, rename = "ORCID")]
    orcid: Text<'a>,
    #[serde(borrow)]
    affiliation: List<Object<Named<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Date {
    date_parts: List<List<Number>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Licence<'a> {
    #[serde(borrow, rename = "URL")]
    url: Text<'a>,
    #[serde(borrow)]
    content_version: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Relations<'a> {
    #[serde(borrow)]
    is_preprint_of: List<Object<Other<'a>>>,
    #[serde(borrow)]
    has_preprint: List<Object<Other<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Other<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    id_type: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Update<'a> {
    #[serde(borrow, rename = "DOI")]
    doi: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

impl Work<'_> {
    /// The record; `None` without DOI or title.
    pub(super) fn record(&self) -> Option<SharedRecord> {
        let doi = identifier::doi(self.doi.get()?)?;
        let kind = self.kind();
        let retraction = self.updated_by.objects().find(|update| update.retracts());
        Some(Arc::new(Record {
            title: self.full_title()?,
            authors: self.author.objects().filter_map(Person::author).collect(),
            abstract_text: self.abstract_text.as_plain().map(Into::into),
            date: self.date(kind),
            venue: self.venue(),
            volume: self.volume.tidy(),
            issue: self.issue.tidy(),
            pages: self.page.tidy().or_else(|| self.article_number.tidy()),
            issn: self.issn.tidy().collect(),
            isbn: self.isbn.tidy().filter_map(|isbn| text::tidy_some(isbn.rsplit('/').next()?)).collect(),
            kind,
            language: self.language.get().and_then(super::super::language::short),
            url: self.url.tidy().or_else(|| Some(identifier::doi_address(&doi))),
            licence: self.licence(),
            citations: self.is_referenced_by_count.count(),
            references_count: self.references_count.count(),
            is_retracted: retraction.is_some(),
            retraction_notice_doi: retraction.and_then(|update| identifier::doi(update.doi.get()?)),
            version_of: self.versions(),
            score_native: self.score.0,
            source_id: doi.clone(),
            doi: Some(doi),
            ..Record::default()
        }))
    }

    /// Title and subtitle, unless the title says both.
    fn full_title(&self) -> Option<String> {
        let mut title = self.title.first_plain()?;
        if let Some(subtitle) = self.subtitle.first_plain()
            && !title.contains(&subtitle)
        {
            title.push_str(if title.ends_with([':', '?', '!', '.']) { " " } else { ": " });
            title.push_str(&subtitle);
        }
        Some(title)
    }

    fn venue(&self) -> Option<String> {
        self.container_title
            .first_plain()
            .or_else(|| self.short_container_title.first_plain())
            .or_else(|| self.institution.objects().find_map(|institution| institution.name.plain()))
            .or_else(|| self.group_title.plain())
    }

    /// The first of the dates that is there; all else being equal the one that is not tied to paper.
    fn date(&self, kind: WorkType) -> Option<PartialDate> {
        let published = if kind == WorkType::Preprint { DateKind::Preprint } else { DateKind::Published };
        [
            (&self.published, published),
            (&self.published_online, DateKind::Online),
            (&self.published_print, DateKind::Print),
            (&self.issued, published),
            (&self.created, DateKind::Created),
        ]
        .into_iter()
        .find_map(|(date, kind)| date.0.as_ref()?.read(kind))
    }

    /// The licence of the published version, else the first.
    fn licence(&self) -> Option<String> {
        let of_record = self.license.objects().find(|licence| licence.content_version.get() == Some("vor"));
        of_record.or_else(|| self.license.objects().next()).and_then(|licence| licence.url.tidy())
    }

    fn kind(&self) -> WorkType {
        if self.update_to.objects().any(Update::is_notice) {
            return WorkType::Notice;
        }
        match self.kind.get().unwrap_or_default() {
            "journal-article" => WorkType::Article,
            "posted-content" => WorkType::Preprint,
            "proceedings-article" => WorkType::Conference,
            "book" | "monograph" | "edited-book" | "reference-book" | "book-set" | "book-series" | "proceedings" => {
                WorkType::Book
            }
            "book-chapter" | "book-section" | "book-part" | "book-track" => WorkType::Chapter,
            "reference-entry" => WorkType::Encyclopedia,
            "dissertation" => WorkType::Thesis,
            "dataset" | "database" => WorkType::Dataset,
            "report" | "report-component" | "report-series" | "standard" => WorkType::Report,
            _ => WorkType::Other,
        }
    }

    fn versions(&self) -> Vec<Relation> {
        let Some(relations) = &self.relation.0 else { return Vec::new() };
        let of = |kind, others: &List<Object<Other<'_>>>| {
            others.objects().filter_map(Other::target).map(|target| Relation { kind, target }).collect::<Vec<_>>()
        };
        let mut versions = of(RelationKind::PreprintOf, &relations.is_preprint_of);
        versions.extend(of(RelationKind::HasPreprint, &relations.has_preprint));
        versions
    }
}

impl Person<'_> {
    fn author(&self) -> Option<Author> {
        let named = self.name.as_plain().and_then(|name| names::whole(&name));
        let (given, family) = (self.given.as_plain(), self.family.as_plain());
        let author = names::from_parts(given.as_deref(), family.as_deref()).or(named)?;
        let affiliation = self.affiliation.objects().find_map(|affiliation| affiliation.name.plain());
        Some(Author { orcid: self.orcid.get().and_then(names::orcid), affiliation, ..author })
    }
}

impl Date {
    /// `[[2024,5,8]]`, `[[2024]]`, and `[[null]]` where there is none.
    fn read(&self, kind: DateKind) -> Option<PartialDate> {
        let parts = &self.date_parts.0.first()?.0;
        let part = |index: usize| parts.get(index).and_then(|part: &Number| part.whole());
        let small = |index| part(index).and_then(|part| u32::try_from(part).ok());
        dates::from_parts(part(0)?, small(1), small(2), kind)
    }
}

impl Other<'_> {
    fn target(&self) -> Option<Identifier> {
        let id = self.id.get()?;
        match self.id_type.get().unwrap_or("doi") {
            "doi" => Identifier::of_doi(id),
            "arxiv" => identifier::arxiv(id).map(Identifier::Arxiv),
            "pmid" => identifier::pmid(id).map(Identifier::Pmid),
            "pmcid" => identifier::pmcid(id).map(Identifier::Pmcid),
            _ => identifier::from_url(&text::tidy(id)),
        }
    }
}

impl Update<'_> {
    /// Whether it takes the work back.
    fn retracts(&self) -> bool {
        matches!(self.kind.get(), Some("retraction" | "withdrawal" | "removal"))
    }

    /// Whether what says so is a notice, and no new edition.
    fn is_notice(&self) -> bool {
        let corrects = ["correction", "corrigendum", "erratum", "expression_of_concern", "addendum", "clarification"];
        self.retracts() || self.kind.get().is_some_and(|kind| corrects.contains(&kind))
    }
}
