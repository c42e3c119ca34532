//! One registered DOI as DataCite gives it, and the record that it becomes.

use std::sync::Arc;

use serde::Deserialize;

use super::{
    super::{
        language,
        lenient::{List, Number, Object, Text},
    },
    creator::{Creator, Name, is_known},
    rights::{self, Rights},
};
use crate::{
    dates, identifier,
    item::{DateKind, Identifier, OaStatus, PartialDate, Record, Relation, RelationKind, WorkType},
};

/// A registration. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Registration<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    attributes: Object<Attributes<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Attributes<'a> {
    #[serde(borrow)]
    doi: Text<'a>,
    #[serde(borrow)]
    identifiers: List<Object<OtherId<'a>>>,
    #[serde(borrow)]
    creators: List<Object<Creator<'a>>>,
    #[serde(borrow)]
    titles: List<Object<Title<'a>>>,
    #[serde(borrow)]
    publisher: Name<'a>,
    #[serde(borrow)]
    container: Object<Container<'a>>,
    publication_year: Number,
    #[serde(borrow)]
    subjects: List<Object<Subject<'a>>>,
    #[serde(borrow)]
    dates: List<Object<Date<'a>>>,
    #[serde(borrow)]
    language: Text<'a>,
    #[serde(borrow)]
    types: Object<Types<'a>>,
    #[serde(borrow)]
    related_identifiers: List<Object<Related<'a>>>,
    #[serde(borrow)]
    rights_list: List<Object<Rights<'a>>>,
    #[serde(borrow)]
    descriptions: List<Object<Description<'a>>>,
    #[serde(borrow)]
    url: Text<'a>,
    citation_count: Number,
    reference_count: Number,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OtherId<'a> {
    #[serde(borrow)]
    identifier: Text<'a>,
    #[serde(borrow)]
    identifier_type: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Title<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    title_type: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    identifier: Text<'a>,
    #[serde(borrow)]
    identifier_type: Text<'a>,
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
struct Subject<'a> {
    #[serde(borrow)]
    subject: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Date<'a> {
    #[serde(borrow)]
    date: Text<'a>,
    #[serde(borrow)]
    date_type: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Types<'a> {
    #[serde(borrow)]
    resource_type_general: Text<'a>,
    #[serde(borrow)]
    resource_type: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Related<'a> {
    #[serde(borrow)]
    relation_type: Text<'a>,
    #[serde(borrow, rename = "relatedIdentifier")]
    id: Text<'a>,
    #[serde(borrow, rename = "relatedIdentifierType")]
    id_type: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Description<'a> {
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    description_type: Text<'a>,
}

impl Registration<'_> {
    /// The record; `None` without DOI or title.
    pub(super) fn record(self) -> Option<Record> {
        let attributes = self.attributes.0?;
        let doi = attributes.doi.get().or_else(|| self.id.get()).and_then(identifier::doi)?;
        attributes.record(doi)
    }
}

impl Attributes<'_> {
    fn record(self, doi: String) -> Option<Record> {
        let kind = self.kind(&doi);
        let container = self.container.0.as_ref();
        let numbered =
            |name| container.filter(|container| container.identifier_type.get() == Some(name))?.identifier.tidy();
        let other = |name| self.identifiers.objects().find(|other| other.is(name))?.identifier.get();
        Some(Record {
            title: self.title()?,
            arxiv_id: identifier::arxiv_of_doi(&doi).or_else(|| identifier::arxiv(other("arXiv")?)),
            pmid: other("PMID").and_then(identifier::pmid),
            authors: self.creators.objects().filter_map(Creator::author).collect(),
            abstract_text: self.abstract_text(),
            // All of DataCite's metadata is CC0.
            abstract_licence_ok: true,
            date: self.date(kind),
            venue: container
                .and_then(|container| container.title.plain())
                .or_else(|| self.publisher.plain().filter(|name| is_known(name))),
            volume: container.and_then(|container| container.volume.tidy()),
            issue: container.and_then(|container| container.issue.tidy()),
            pages: container.and_then(Container::pages),
            issn: numbered("ISSN").into_iter().collect(),
            isbn: numbered("ISBN").into_iter().collect(),
            kind,
            language: self.language.get().and_then(language::short),
            url: self.url.tidy().or_else(|| Some(identifier::doi_address(&doi))),
            // What is at arXiv is open, whatever its licence.
            oa_status: identifier::arxiv_of_doi(&doi)
                .map(|_| OaStatus::Green)
                .or_else(|| rights::oa_status(&self.rights_list)),
            licence: rights::licence(&self.rights_list),
            citations: self.citation_count.count(),
            references_count: self.reference_count.count(),
            topics: self.topics(),
            version_of: self.related_identifiers.objects().filter_map(Related::version).collect(),
            source_id: doi.clone(),
            doi: Some(doi),
            ..Record::default()
        })
    }

    /// The title proper, with its subtitle; a translated or alternative title only where there is no other.
    fn title(&self) -> Option<String> {
        let known = |title: &Title<'_>| title.title.plain().filter(|title| is_known(title));
        let typed =
            |wanted| self.titles.objects().filter(move |title| title.title_type.get() == wanted).find_map(known);
        let Some(mut title) = typed(None) else { return self.titles.objects().find_map(known) };
        if let Some(subtitle) = typed(Some("Subtitle"))
            && !title.contains(&subtitle)
        {
            title.push_str(if title.ends_with([':', '?', '!', '.']) { " " } else { ": " });
            title.push_str(&subtitle);
        }
        Some(title)
    }

    fn abstract_text(&self) -> Option<Arc<str>> {
        let is_abstract = |text: &&Description<'_>| text.description_type.get() == Some("Abstract");
        self.descriptions.objects().filter(is_abstract).find_map(|text| text.description.as_plain()).map(Into::into)
    }

    /// The day of that kind which falls into the year of publication, else that year alone.
    fn date(&self, kind: WorkType) -> Option<PartialDate> {
        let (published, online) = match kind {
            WorkType::Preprint => (DateKind::Preprint, DateKind::Preprint),
            _ => (DateKind::Published, DateKind::Online),
        };
        let year = self.publication_year.whole();
        let of = |name: &str, kind| {
            let mut dates = self.dates.objects().filter(|date| date.date_type.get() == Some(name));
            let day = dates.find_map(|date| dates::iso(date.date.get()?, kind))?;
            year.is_none_or(|year| year == day.year).then_some(day)
        };
        // At arXiv that is the day of the first version; elsewhere it says nothing of publication.
        let submitted = || if kind == WorkType::Preprint { of("Submitted", published) } else { None };
        of("Issued", published)
            .or_else(submitted)
            .or_else(|| of("Available", online))
            .or_else(|| dates::from_parts(year?, None, None, published))
    }

    fn kind(&self, doi: &str) -> WorkType {
        let types = self.types.0.as_ref();
        match types.and_then(|types| types.resource_type_general.get()).unwrap_or_default() {
            // It called its papers "Text" for years.
            _ if identifier::arxiv_of_doi(doi).is_some() => WorkType::Preprint,
            "JournalArticle" | "DataPaper" => WorkType::Article,
            "Preprint" => WorkType::Preprint,
            "ConferencePaper" => WorkType::Conference,
            "Book" | "ConferenceProceeding" => WorkType::Book,
            "BookChapter" => WorkType::Chapter,
            "Dissertation" => WorkType::Thesis,
            "Dataset" => WorkType::Dataset,
            "Software" | "ComputationalNotebook" => WorkType::Software,
            "Report" => WorkType::Report,
            "Text" => types.and_then(|types| types.resource_type.get()).map_or(WorkType::Other, kind_of_text),
            _ => WorkType::Other,
        }
    }

    fn topics(&self) -> Vec<String> {
        self.subjects.objects().filter_map(|subject| subject.subject.plain()).collect()
    }
}

impl OtherId<'_> {
    fn is(&self, name: &str) -> bool {
        self.identifier_type.get().is_some_and(|found| found.eq_ignore_ascii_case(name))
    }
}

impl Container<'_> {
    fn pages(&self) -> Option<String> {
        match (self.first_page.tidy()?, self.last_page.tidy()) {
            (first, Some(last)) if first != last => Some(format!("{first}-{last}")),
            (first, _) => Some(first),
        }
    }
}

impl Related<'_> {
    /// The relations between versions of one work; a variant or a part is a work of its own.
    fn version(&self) -> Option<Relation> {
        let kind = match self.relation_type.get()? {
            "IsPreprintOf" => RelationKind::PreprintOf,
            "HasPreprint" => RelationKind::HasPreprint,
            "IsVersionOf" | "HasVersion" | "IsNewVersionOf" | "IsPreviousVersionOf" | "IsIdenticalTo" => {
                RelationKind::VersionOf
            }
            _ => return None,
        };
        let id = self.id.get()?;
        let target = match self.id_type.get().unwrap_or("DOI") {
            "DOI" => Identifier::of_doi(id),
            "arXiv" => identifier::arxiv(id).map(Identifier::Arxiv),
            "PMID" => identifier::pmid(id).map(Identifier::Pmid),
            "URL" => identifier::from_url(id),
            _ => None,
        }?;
        Some(Relation { kind, target })
    }
}

/// What a repository calls a text.
fn kind_of_text(name: &str) -> WorkType {
    const TELLING: [(&str, WorkType); 10] = [
        ("thesis", WorkType::Thesis),
        ("dissertation", WorkType::Thesis),
        ("preprint", WorkType::Preprint),
        ("conference", WorkType::Conference),
        ("chapter", WorkType::Chapter),
        ("book section", WorkType::Chapter),
        ("book", WorkType::Book),
        ("report", WorkType::Report),
        ("journal article", WorkType::Article),
        ("article", WorkType::Article),
    ];
    let name = name.to_lowercase();
    TELLING.iter().find(|(word, _)| name.contains(word)).map_or(WorkType::Other, |(_, kind)| *kind)
}
