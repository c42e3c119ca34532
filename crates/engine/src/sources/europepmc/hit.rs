//! One hit as Europe PMC gives it (`resultType=core`), and the record that it becomes.

use std::sync::Arc;

use serde::Deserialize;

use super::super::{
    language,
    lenient::{Flag, List, Number, Object, Text},
};
use crate::{
    dates, identifier,
    item::{Author, DateKind, Identifier, OaStatus, PartialDate, Record, Relation, RelationKind, WorkType},
    names, text,
};

/// A hit. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Hit<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    source: Text<'a>,
    #[serde(borrow)]
    pmid: Text<'a>,
    #[serde(borrow)]
    pmcid: Text<'a>,
    #[serde(borrow)]
    doi: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    author_list: Object<AuthorList<'a>>,
    #[serde(borrow)]
    author_string: Text<'a>,
    #[serde(borrow)]
    abstract_text: Text<'a>,
    #[serde(borrow)]
    journal_info: Object<JournalInfo<'a>>,
    #[serde(borrow)]
    book_or_report_details: Object<BookDetails<'a>>,
    #[serde(borrow)]
    page_info: Text<'a>,
    pub_year: Number,
    #[serde(borrow)]
    first_publication_date: Text<'a>,
    cited_by_count: Number,
    is_open_access: Flag,
    #[serde(borrow)]
    license: Text<'a>,
    #[serde(borrow)]
    language: Text<'a>,
    #[serde(borrow)]
    full_text_url_list: Object<Links<'a>>,
    #[serde(borrow)]
    pub_type_list: Object<Types<'a>>,
    #[serde(borrow)]
    mesh_heading_list: Object<Headings<'a>>,
    #[serde(borrow)]
    keyword_list: Object<Keywords<'a>>,
    #[serde(borrow)]
    comment_correction_list: Object<Notes<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AuthorList<'a> {
    #[serde(borrow)]
    author: List<Object<Person<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Person<'a> {
    #[serde(borrow)]
    full_name: Text<'a>,
    #[serde(borrow)]
    first_name: Text<'a>,
    #[serde(borrow)]
    last_name: Text<'a>,
    #[serde(borrow)]
    initials: Text<'a>,
    #[serde(borrow)]
    collective_name: Text<'a>,
    #[serde(borrow)]
    author_id: Object<AuthorId<'a>>,
    #[serde(borrow)]
    author_affiliation_details_list: Object<Affiliations<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AuthorId<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    value: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Affiliations<'a> {
    #[serde(borrow)]
    author_affiliation: List<Object<Affiliation<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Affiliation<'a> {
    #[serde(borrow)]
    affiliation: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JournalInfo<'a> {
    #[serde(borrow)]
    journal: Object<Journal<'a>>,
    #[serde(borrow)]
    volume: Text<'a>,
    #[serde(borrow)]
    issue: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Journal<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    issn: Text<'a>,
    #[serde(borrow)]
    essn: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BookDetails<'a> {
    #[serde(borrow)]
    publisher: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Links<'a> {
    #[serde(borrow)]
    full_text_url: List<Object<Link<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Link<'a> {
    #[serde(borrow)]
    document_style: Text<'a>,
    #[serde(borrow)]
    availability: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Types<'a> {
    #[serde(borrow)]
    pub_type: List<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Headings<'a> {
    #[serde(borrow)]
    mesh_heading: List<Object<Heading<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Heading<'a> {
    #[serde(borrow, rename = "descriptorName")]
    descriptor: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Keywords<'a> {
    #[serde(borrow)]
    keyword: List<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Notes<'a> {
    #[serde(borrow)]
    comment_correction: List<Object<Note<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Note<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    source: Text<'a>,
    #[serde(borrow)]
    reference: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

impl Hit<'_> {
    /// The record; `None` without id or title.
    pub(super) fn record(self) -> Option<Record> {
        let (id, source) = (self.id.tidy()?, self.source.tidy()?);
        let title = self.title.plain()?;
        let title = title
            .strip_suffix('.')
            .filter(|title| !title.is_empty() && !title.ends_with('.'))
            .unwrap_or(&title)
            .trim_end();
        let kind = self.kind();
        let journal = self.journal_info.0.as_ref();
        let in_print = journal.and_then(|info| info.journal.0.as_ref());
        let retraction = self.notes().find(|note| note.is("retraction in"));
        Some(Record {
            title: title.to_owned(),
            doi: self.doi.get().and_then(identifier::doi),
            pmid: self.pmid.get().and_then(identifier::pmid),
            pmcid: self.pmcid.get().and_then(identifier::pmcid),
            authors: self.authors(),
            abstract_text: self.abstract_text.as_plain().map(Into::into),
            date: self.date(kind),
            venue: in_print
                .and_then(|journal| journal.title.plain())
                .or_else(|| self.book_or_report_details.0.as_ref().and_then(|book| book.publisher.plain())),
            issn: in_print
                .map(|journal| [&journal.issn, &journal.essn].into_iter().filter_map(Text::tidy).collect())
                .unwrap_or_default(),
            volume: journal.and_then(|info| info.volume.tidy()),
            issue: journal.and_then(|info| info.issue.tidy()),
            pages: self.page_info.tidy(),
            kind,
            language: self.language.get().and_then(language::short),
            url: Some(format!("https://europepmc.org/article/{source}/{id}")),
            pdf_url: self.pdf_url(),
            // "N" only says that it is not in Europe PMC's own open collection.
            oa_status: self.is_open_access.is_set().then_some(OaStatus::Open),
            licence: self.license.tidy(),
            citations: self.cited_by_count.count(),
            topics: self.topics(),
            is_retracted: retraction.is_some() || self.has_type("retracted publication"),
            retraction_notice_doi: retraction.and_then(Note::doi),
            version_of: self.notes().filter_map(Note::version).collect(),
            source_id: format!("{source}/{id}"),
            ..Record::default()
        })
    }

    fn notes(&self) -> impl Iterator<Item = &Note<'_>> {
        self.comment_correction_list.0.iter().flat_map(|list| list.comment_correction.objects())
    }

    fn types(&self) -> impl Iterator<Item = &str> {
        self.pub_type_list.0.iter().flat_map(|list| &list.pub_type.0).filter_map(Text::get)
    }

    fn has_type(&self, name: &str) -> bool {
        self.types().any(|kind| kind.trim().eq_ignore_ascii_case(name))
    }

    fn kind(&self) -> WorkType {
        const TELLING: [(&str, WorkType); 13] = [
            ("preprint", WorkType::Preprint),
            ("retraction of publication", WorkType::Notice),
            ("published erratum", WorkType::Notice),
            ("expression of concern", WorkType::Notice),
            ("review", WorkType::Review),
            ("review-article", WorkType::Review),
            ("systematic review", WorkType::Review),
            ("thesis", WorkType::Thesis),
            ("book chapter", WorkType::Chapter),
            ("book", WorkType::Book),
            ("technical report", WorkType::Report),
            ("congress", WorkType::Conference),
            ("news", WorkType::News),
        ];
        match self.source.get() {
            Some("PPR") => WorkType::Preprint,
            Some("PAT") => WorkType::Other,
            Some("ETH") => WorkType::Thesis,
            Some("NBK") => WorkType::Book,
            _ => TELLING.iter().find(|(name, _)| self.has_type(name)).map_or(WorkType::Article, |(_, kind)| *kind),
        }
    }

    fn authors(&self) -> Arc<[Author]> {
        let listed: Arc<[Author]> =
            self.author_list.0.iter().flat_map(|list| list.author.objects()).filter_map(Person::author).collect();
        if !listed.is_empty() {
            return listed;
        }
        let names = self.author_string.plain().unwrap_or_default();
        names.split(',').filter_map(names::with_initials_last).collect()
    }

    fn date(&self, kind: WorkType) -> Option<PartialDate> {
        let kind = if kind == WorkType::Preprint { DateKind::Preprint } else { DateKind::Published };
        let day = self.first_publication_date.get().and_then(|date| dates::iso(date, kind));
        day.or_else(|| dates::from_parts(self.pub_year.whole()?, None, None, kind))
    }

    /// The first PDF that is free to read.
    fn pdf_url(&self) -> Option<String> {
        let free = |link: &&Link<'_>| {
            let style = link.document_style.get().is_some_and(|style| style.eq_ignore_ascii_case("pdf"));
            style && !link.availability.get().is_some_and(|how| how.to_ascii_lowercase().contains("subscription"))
        };
        let links = self.full_text_url_list.0.as_ref()?;
        links.full_text_url.objects().find(free).and_then(|link| link.url.tidy())
    }

    fn topics(&self) -> Vec<String> {
        let headings = self.mesh_heading_list.0.iter().flat_map(|list| list.mesh_heading.objects());
        let keywords = self.keyword_list.0.iter().flat_map(|list| &list.keyword.0);
        headings.map(|heading| &heading.descriptor).chain(keywords).filter_map(Text::plain).collect()
    }
}

impl Person<'_> {
    fn author(&self) -> Option<Author> {
        let given = self.first_name.as_plain().or_else(|| self.initials.as_plain());
        let family = self.last_name.as_plain();
        let author = match (&family, self.collective_name.as_plain()) {
            (None, Some(group)) => names::whole(&group),
            (None, None) => names::with_initials_last(&self.full_name.as_plain()?),
            (Some(_), _) => names::from_parts(given.as_deref(), family.as_deref()),
        }?;
        let id = self.author_id.0.as_ref().filter(|id| id.kind.get().is_none_or(|kind| kind == "ORCID"));
        let affiliations = self.author_affiliation_details_list.0.as_ref();
        Some(Author {
            orcid: id.and_then(|id| names::orcid(id.value.get()?)),
            affiliation: affiliations
                .and_then(|list| list.author_affiliation.objects().find_map(|place| place.affiliation.plain())),
            ..author
        })
    }
}

impl Note<'_> {
    fn is(&self, kind: &str) -> bool {
        self.kind.get().is_some_and(|found| found.trim().eq_ignore_ascii_case(kind))
    }

    /// "Preprint of" stands at the preprint and "Preprint in" at the article, each with the other's id. Ids of preprints
    /// at Europe PMC are known nowhere else: only a DOI in the reference helps there.
    fn version(&self) -> Option<Relation> {
        let kind = if self.is("preprint of") {
            RelationKind::PreprintOf
        } else if self.is("preprint in") {
            RelationKind::HasPreprint
        } else {
            return None;
        };
        let at_pubmed = self.source.get().is_none_or(|source| source == "MED");
        let pmid = self.id.get().filter(|_| at_pubmed).and_then(identifier::pmid).map(Identifier::Pmid);
        let target = pmid.or_else(|| Identifier::of_doi(&self.doi()?))?;
        Some(Relation { kind, target })
    }

    fn doi(&self) -> Option<String> {
        let reference = text::tidy(self.reference.get()?);
        identifier::in_text(&reference).into_iter().find_map(|found| match found {
            Identifier::Doi(doi) => Some(doi),
            _ => None,
        })
    }
}
