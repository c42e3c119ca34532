//! arXiv's answers: an Atom feed whose entries are papers, or one entry that is an error.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::super::answer::{self, Answer};
use crate::{
    connector::Page,
    dates, identifier,
    item::{Author, DateKind, Identifier, OaStatus, Record, Relation, RelationKind, WorkType},
    names,
    source::{SourceError, SourceId},
    text,
    work::SharedRecord,
    xml::{Element, Xml},
};

/// Reads a feed. `fetched_at` goes into the records. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    read(&String::from_utf8_lossy(body), fetched_at)
}

/// As [`parse`], of text.
pub(super) fn read(feed: &str, fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let mut xml = Xml::new(feed);
    let root = xml.root()?;
    if root.name() != "feed" {
        return Err(answer::malformed(&format!("<{}> where an Atom feed was expected", root.name())));
    }
    let mut answer = Answer::new(SourceId::Arxiv, fetched_at);
    let (mut total, mut entries) = (None, 0_u32);
    loop {
        let mark = xml.rest();
        let Some(child) = xml.child()? else { break };
        match child.name() {
            "entry" => {
                let entry = Entry::read(&mut xml)?;
                if let Some(reason) = entry.error() {
                    return Err(answer::bad_query(reason));
                }
                entries += 1;
                answer.take(xml.since(mark), entry.record());
            }
            "totalResults" => total = xml.inner()?.trim().parse::<u64>().ok(),
            _ => xml.skip()?,
        }
    }
    answer.reported(total);
    if entries == 0 && total.is_some_and(|total| total > 0) {
        // Seen now and then: the second attempt has them (arxiv.py's UnexpectedEmptyPageError).
        answer.warn("arXiv counts results but sent none; ask again later");
    }
    answer.page()
}

/// An entry, raw.
#[derive(Debug, Default)]
struct Entry<'a> {
    id: &'a str,
    title: Option<&'a str>,
    summary: &'a str,
    published: &'a str,
    comment: &'a str,
    doi: &'a str,
    pdf: Option<String>,
    primary: Option<String>,
    categories: Vec<String>,
    authors: Vec<Author>,
}

impl<'a> Entry<'a> {
    fn read(xml: &mut Xml<'a>) -> Result<Self, SourceError> {
        let mut entry = Self::default();
        while let Some(child) = xml.child()? {
            match child.name() {
                "id" => entry.id = xml.inner()?.trim(),
                "title" => entry.title = Some(xml.inner()?),
                "summary" => entry.summary = xml.inner()?,
                "published" => entry.published = xml.inner()?,
                "comment" => entry.comment = xml.inner()?,
                "doi" => entry.doi = xml.inner()?.trim(),
                "author" => entry.authors.extend(author(xml)?),
                "primary_category" => {
                    entry.primary = term(&child);
                    xml.skip()?;
                }
                "category" => {
                    entry.categories.extend(term(&child));
                    xml.skip()?;
                }
                "link" => {
                    if child.has("title", "pdf") {
                        entry.pdf = child.attribute("href").map(|href| address(&href));
                    }
                    xml.skip()?;
                }
                _ => xml.skip()?,
            }
        }
        Ok(entry)
    }

    /// What arXiv says is wrong, when the entry is an error.
    fn error(&self) -> Option<&'a str> {
        self.id.contains("/api/errors#").then_some(self.summary)
    }

    fn record(self) -> Option<SharedRecord> {
        let id = identifier::arxiv(self.id)?;
        let title = text::unescaped(self.title?);
        let abstract_text = Some(text::unescaped(self.summary)).filter(|text| !text.is_empty()).map(Into::into);
        let doi = identifier::doi(&text::unescaped(self.doi));
        // arXiv's DOI is that of the published version: the record is its preprint.
        let published = doi.clone().filter(|doi| identifier::arxiv_of_doi(doi).is_none());
        Some(Arc::new(Record {
            doi,
            title: title.into_owned(),
            authors: self.authors.into(),
            is_retracted: is_withdrawn(self.comment, abstract_text.as_deref()),
            abstract_text,
            abstract_licence_ok: true,
            date: dates::iso(self.published, DateKind::Preprint),
            venue: Some("arXiv".to_owned()),
            kind: WorkType::Preprint,
            url: Some(format!("https://arxiv.org/abs/{id}")),
            pdf_url: Some(self.pdf.unwrap_or_else(|| format!("https://arxiv.org/pdf/{id}"))),
            oa_status: Some(OaStatus::Green),
            // The primary one is also among the others.
            topics: self.primary.into_iter().chain(self.categories).collect(),
            version_of: published
                .map(|doi| Relation { kind: RelationKind::PreprintOf, target: Identifier::Doi(doi) })
                .into_iter()
                .collect(),
            source_id: id.clone(),
            arxiv_id: Some(id),
            ..Record::default()
        }))
    }
}

fn author(xml: &mut Xml<'_>) -> Result<Option<Author>, SourceError> {
    let (mut author, mut affiliation) = (None, None);
    while let Some(child) = xml.child()? {
        match child.name() {
            "name" => author = names::displayed(&text::unescaped(xml.inner()?)),
            "affiliation" => {
                let inside = xml.inner()?;
                affiliation = affiliation.or_else(|| text::tidy_some(&text::unescaped(inside)));
            }
            _ => xml.skip()?,
        }
    }
    Ok(author.map(|author| Author { affiliation, ..author }))
}

fn term(element: &Element<'_>) -> Option<String> {
    element.attribute("term").map(|term| text::unescaped(&term).into_owned()).filter(|term| !term.is_empty())
}

/// An address out of an attribute, over TLS: arXiv still writes `http:` here and there.
fn address(raw: &str) -> String {
    let address = text::unescaped(raw);
    match address.strip_prefix("http://") {
        Some(rest) => format!("https://{rest}"),
        None => address.into_owned(),
    }
}

/// Authors withdraw a paper by a new version that says so, in its comment or its abstract.
fn is_withdrawn(comment: &str, abstract_text: Option<&str>) -> bool {
    const SAYS: &[u8] = b"has been withdrawn";
    let says = |text: &str| {
        let starts = memchr::memchr2_iter(b'h', b'H', text.as_bytes());
        starts.filter_map(|at| text.as_bytes().get(at..at + SAYS.len())).any(|words| words.eq_ignore_ascii_case(SAYS))
    };
    let comment = comment.trim();
    let starts = comment.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("withdrawn"));
    let opening = abstract_text.map_or("", |text| text.get(..120).unwrap_or(text));
    starts || says(comment) || says(opening)
}
