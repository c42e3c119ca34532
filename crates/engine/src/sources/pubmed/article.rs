//! `<PubmedArticle>`: one article of a journal. Read by name, in one pass; texts stay raw until the record is made.

use std::{borrow::Cow, sync::Arc};

use super::super::language;
use crate::{
    dates, identifier,
    item::{Author, DateKind, Identifier, OaStatus, PartialDate, Record, Relation, RelationKind, WorkType},
    names,
    source::SourceError,
    text,
    work::SharedRecord,
    xml::Xml,
};

/// An article, raw.
#[derive(Debug, Default)]
struct Article<'a> {
    pmid: &'a str,
    title: &'a str,
    vernacular_title: &'a str,
    abstract_text: String,
    authors: Vec<Author>,
    venue: &'a str,
    abbreviation: &'a str,
    issn: Vec<&'a str>,
    volume: &'a str,
    issue: &'a str,
    pages: Pages<'a>,
    online: Option<PartialDate>,
    print: Option<PartialDate>,
    ids: Ids<'a>,
    location_doi: &'a str,
    language: &'a str,
    types: Vec<&'a str>,
    topics: Vec<&'a str>,
    notes: Vec<Note<'a>>,
}

/// First and last page, and both as printed.
#[derive(Debug, Default)]
struct Pages<'a> {
    printed: &'a str,
    first: &'a str,
    last: &'a str,
}

/// The ids of an article in other schemes.
#[derive(Debug, Default)]
pub(super) struct Ids<'a> {
    pub doi: &'a str,
    pub pmcid: &'a str,
}

/// A comment on or correction of the article, or the reverse.
#[derive(Debug)]
struct Note<'a> {
    kind: String,
    source: &'a str,
    pmid: &'a str,
}

/// Reads the article that was just entered.
pub(super) fn read(xml: &mut Xml<'_>) -> Result<Option<SharedRecord>, SourceError> {
    let mut article = Article::default();
    while let Some(child) = xml.child()? {
        match child.name() {
            "MedlineCitation" => article.citation(xml)?,
            "PubmedData" => {
                while let Some(child) = xml.child()? {
                    match child.name() {
                        // Only this article's own list: those within `ReferenceList` are other articles'.
                        "ArticleIdList" => article.ids = ids(xml)?,
                        _ => xml.skip()?,
                    }
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(article.record())
}

/// Reads an `ArticleIdList`.
pub(super) fn ids<'a>(xml: &mut Xml<'a>) -> Result<Ids<'a>, SourceError> {
    let mut ids = Ids::default();
    while let Some(child) = xml.child()? {
        let inside = xml.inner()?;
        match child.attribute("IdType").as_deref() {
            Some("doi") => ids.doi = inside,
            Some("pmc") => ids.pmcid = inside,
            _ => {}
        }
    }
    Ok(ids)
}

/// Reads an `Abstract`: its parts one after the other, each with its label.
pub(super) fn abstract_text(xml: &mut Xml<'_>) -> Result<String, SourceError> {
    let mut whole = String::new();
    while let Some(child) = xml.child()? {
        let inside = xml.inner()?;
        if child.name() != "AbstractText" {
            continue;
        }
        let part = text::plain(inside);
        if part.is_empty() {
            continue;
        }
        if !whole.is_empty() {
            whole.push(' ');
        }
        if let Some(label) = child.attribute("Label").map(|label| text::unescaped(&label).into_owned())
            && !label.is_empty()
            && !label.eq_ignore_ascii_case("unlabelled")
        {
            whole.extend([label.trim_end_matches(':'), ": "]);
        }
        whole.push_str(&part);
    }
    Ok(whole)
}

/// Reads an `AuthorList`.
pub(super) fn authors(xml: &mut Xml<'_>) -> Result<Vec<Author>, SourceError> {
    let mut authors = Vec::new();
    while let Some(child) = xml.child()? {
        // A name that was found wrong is kept beside the right one.
        if child.name() != "Author" || child.has("ValidYN", "N") {
            xml.skip()?;
        } else {
            authors.extend(author(xml)?);
        }
    }
    Ok(authors)
}

fn author(xml: &mut Xml<'_>) -> Result<Option<Author>, SourceError> {
    let (mut family, mut given, mut initials, mut group) = ("", "", "", "");
    let (mut orcid, mut affiliation) = (None, None);
    while let Some(child) = xml.child()? {
        match child.name() {
            "LastName" => family = xml.inner()?,
            "ForeName" => given = xml.inner()?,
            "Initials" => initials = xml.inner()?,
            "CollectiveName" => group = xml.inner()?,
            "Identifier" if child.has("Source", "ORCID") => orcid = names::orcid(xml.inner()?),
            "AffiliationInfo" => {
                while let Some(child) = xml.child()? {
                    let inside = xml.inner()?;
                    if child.name() == "Affiliation" && affiliation.is_none() {
                        affiliation = text::plain_some(inside);
                    }
                }
            }
            _ => xml.skip()?,
        }
    }
    let author = if group.is_empty() {
        let given = if given.is_empty() { initials } else { given };
        names::from_parts(Some(&text::plain(given)), Some(&text::plain(family)))
    } else {
        names::whole(&text::plain(group))
    };
    Ok(author.map(|author| Author { orcid, affiliation, ..author }))
}

/// Reads `PubDate`, `ArticleDate` and their kin: year, month by number or name, day; or a text with a year in it.
pub(super) fn date(xml: &mut Xml<'_>, kind: DateKind) -> Result<Option<PartialDate>, SourceError> {
    let (mut year, mut month, mut day, mut words) = (None, None, None, None);
    while let Some(child) = xml.child()? {
        let inside = xml.inner()?.trim();
        match child.name() {
            "Year" => year = inside.parse().ok(),
            "Month" => month = dates::month(inside).map(u32::from),
            "Day" => day = inside.parse().ok(),
            "MedlineDate" => words = dates::year_in(inside, kind),
            _ => {}
        }
    }
    Ok(year.and_then(|year| dates::from_parts(year, month, day, kind)).or(words))
}

impl<'a> Article<'a> {
    fn citation(&mut self, xml: &mut Xml<'a>) -> Result<(), SourceError> {
        while let Some(child) = xml.child()? {
            match child.name() {
                "PMID" => self.pmid = xml.inner()?.trim(),
                "Article" => self.article(xml)?,
                "CommentsCorrectionsList" => self.notes(xml)?,
                "MeshHeadingList" => self.headings(xml)?,
                "KeywordList" => {
                    while xml.child()?.is_some() {
                        self.topics.push(xml.inner()?);
                    }
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn article(&mut self, xml: &mut Xml<'a>) -> Result<(), SourceError> {
        while let Some(child) = xml.child()? {
            match child.name() {
                "Journal" => self.journal(xml)?,
                "ArticleTitle" => self.title = xml.inner()?,
                "VernacularTitle" => self.vernacular_title = xml.inner()?,
                "Abstract" => self.abstract_text = abstract_text(xml)?,
                "AuthorList" => self.authors = authors(xml)?,
                "Language" if self.language.is_empty() => self.language = xml.inner()?,
                "ArticleDate" => self.online = date(xml, DateKind::Online)?,
                "ELocationID" if child.has("EIdType", "doi") && !child.has("ValidYN", "N") => {
                    self.location_doi = xml.inner()?;
                }
                "PublicationTypeList" => {
                    while xml.child()?.is_some() {
                        self.types.push(xml.inner()?.trim());
                    }
                }
                "Pagination" => {
                    while let Some(child) = xml.child()? {
                        let inside = xml.inner()?;
                        match child.name() {
                            "MedlinePgn" => self.pages.printed = inside,
                            "StartPage" => self.pages.first = inside,
                            "EndPage" => self.pages.last = inside,
                            _ => {}
                        }
                    }
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn journal(&mut self, xml: &mut Xml<'a>) -> Result<(), SourceError> {
        while let Some(child) = xml.child()? {
            match child.name() {
                "Title" => self.venue = xml.inner()?,
                "ISOAbbreviation" => self.abbreviation = xml.inner()?,
                "ISSN" => self.issn.push(xml.inner()?.trim()),
                "JournalIssue" => {
                    while let Some(child) = xml.child()? {
                        match child.name() {
                            "Volume" => self.volume = xml.inner()?,
                            "Issue" => self.issue = xml.inner()?,
                            "PubDate" => self.print = date(xml, DateKind::Print)?,
                            _ => xml.skip()?,
                        }
                    }
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn notes(&mut self, xml: &mut Xml<'a>) -> Result<(), SourceError> {
        while let Some(child) = xml.child()? {
            let kind = child.attribute("RefType").map(Cow::into_owned).unwrap_or_default();
            let mut note = Note { kind, source: "", pmid: "" };
            while let Some(child) = xml.child()? {
                let inside = xml.inner()?;
                match child.name() {
                    "RefSource" => note.source = inside,
                    "PMID" => note.pmid = inside,
                    _ => {}
                }
            }
            self.notes.push(note);
        }
        Ok(())
    }

    fn headings(&mut self, xml: &mut Xml<'a>) -> Result<(), SourceError> {
        while xml.child()?.is_some() {
            while let Some(child) = xml.child()? {
                let inside = xml.inner()?;
                if child.name() == "DescriptorName" {
                    self.topics.push(inside);
                }
            }
        }
        Ok(())
    }

    fn record(self) -> Option<SharedRecord> {
        let pmid = identifier::pmid(self.pmid)?;
        let kind = self.kind();
        let pmcid = identifier::pmcid(self.ids.pmcid);
        let retraction = self.notes.iter().find(|note| note.kind == "RetractionIn");
        let notice = retraction.and_then(|note| {
            identifier::in_text(&text::plain(note.source)).into_iter().find_map(|found| match found {
                Identifier::Doi(doi) => Some(doi),
                _ => None,
            })
        });
        Some(Arc::new(Record {
            doi: doi(self.ids.doi).or_else(|| doi(self.location_doi)),
            title: title(self.title, self.vernacular_title),
            is_retracted: retraction.is_some() || self.has_type("Retracted Publication"),
            retraction_notice_doi: notice,
            version_of: self.relations(kind),
            topics: topics(&self.topics),
            venue: text::plain_some(self.venue).or_else(|| text::plain_some(self.abbreviation)),
            volume: text::plain_some(self.volume),
            issue: text::plain_some(self.issue),
            pages: self.pages.printed(),
            issn: self.issn.iter().filter_map(|issn| text::tidy_some(issn)).collect(),
            language: language::short(self.language),
            url: Some(format!("https://pubmed.ncbi.nlm.nih.gov/{pmid}/")),
            // What is in PubMed Central can be read for free; the route to it is not said here.
            oa_status: pmcid.is_some().then_some(OaStatus::Open),
            date: self.online.or(self.print),
            abstract_text: Some(self.abstract_text).filter(|text| !text.is_empty()).map(Into::into),
            authors: self.authors.into(),
            kind,
            pmcid,
            source_id: pmid.clone(),
            pmid: Some(pmid),
            ..Record::default()
        }))
    }

    fn has_type(&self, name: &str) -> bool {
        self.types.iter().any(|kind| kind.eq_ignore_ascii_case(name))
    }

    /// The most telling of the publication types; nearly everything is a "Journal Article" too.
    fn kind(&self) -> WorkType {
        const TELLING: [(&str, WorkType); 14] = [
            ("Preprint", WorkType::Preprint),
            ("Retraction of Publication", WorkType::Notice),
            ("Retraction Notice", WorkType::Notice),
            ("Published Erratum", WorkType::Notice),
            ("Expression of Concern", WorkType::Notice),
            ("Review", WorkType::Review),
            ("Systematic Review", WorkType::Review),
            ("Scoping Review", WorkType::Review),
            ("Dataset", WorkType::Dataset),
            ("Academic Dissertation", WorkType::Thesis),
            ("Technical Report", WorkType::Report),
            ("Congress", WorkType::Conference),
            ("News", WorkType::News),
            ("Newspaper Article", WorkType::News),
        ];
        TELLING.iter().find(|(name, _)| self.has_type(name)).map_or(WorkType::Article, |(_, kind)| *kind)
    }

    /// Preprint and article point at each other as "update". Cochrane's updates do so too: those are other works.
    fn relations(&self, kind: WorkType) -> Vec<Relation> {
        let of = |note: &Note<'_>| {
            let relation = match note.kind.as_str() {
                "UpdateIn" if kind == WorkType::Preprint => RelationKind::PreprintOf,
                "UpdateOf" if is_preprint_server(note.source) => RelationKind::HasPreprint,
                _ => return None,
            };
            Some(Relation { kind: relation, target: Identifier::Pmid(identifier::pmid(note.pmid)?) })
        };
        self.notes.iter().filter_map(of).collect()
    }
}

impl Pages<'_> {
    fn printed(&self) -> Option<String> {
        text::plain_some(self.printed).or_else(|| match (text::plain(self.first), text::plain(self.last)) {
            (first, _) if first.is_empty() => None,
            (first, last) if last.is_empty() => Some(first.into_owned()),
            (first, last) => Some(format!("{first}-{last}")),
        })
    }
}

/// The title without PubMed's full stop, and without the brackets around a translated one.
pub(super) fn title(raw: &str, vernacular: &str) -> String {
    let mut title = text::plain(raw);
    if title.is_empty() || title.starts_with("[Not Available]") {
        title = text::plain(vernacular);
    }
    let stripped = without_full_stop(&title);
    let inside = stripped.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    // `[A] or [B]` is not one pair of brackets.
    let inside = inside.filter(|inside| !inside.contains(['[', ']']));
    inside.map_or(stripped, |inside| without_full_stop(inside.trim())).to_owned()
}

fn without_full_stop(title: &str) -> &str {
    match title.strip_suffix('.') {
        Some(shorter) if !shorter.is_empty() && !shorter.ends_with('.') => shorter.trim_end(),
        _ => title,
    }
}

pub(super) fn doi(raw: &str) -> Option<String> {
    if raw.is_empty() { None } else { identifier::doi(&text::unescaped(raw)) }
}

pub(super) fn topics(raw: &[&str]) -> Vec<String> {
    raw.iter().filter_map(|raw| text::plain_some(raw)).collect()
}

fn is_preprint_server(source: &str) -> bool {
    let start = source.trim_start().get(..8).unwrap_or(source.trim_start()).to_ascii_lowercase();
    ["biorxiv", "medrxiv", "arxiv", "res sq", "chemrxiv", "preprint", "psyarxiv", "ssrn"]
        .iter()
        .any(|server| start.starts_with(server))
}
