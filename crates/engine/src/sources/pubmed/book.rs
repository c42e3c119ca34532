//! `<PubmedBookArticle>`: a book, or a chapter of one, of NCBI's Bookshelf.

use std::sync::Arc;

use super::article::{self, Ids};
use crate::{
    identifier,
    item::{Author, DateKind, OaStatus, PartialDate, Record, WorkType},
    source::SourceError,
    text,
    work::SharedRecord,
    xml::Xml,
};

/// A book or chapter, raw.
#[derive(Debug, Default)]
struct Book<'a> {
    pmid: &'a str,
    ids: Ids<'a>,
    whole_title: &'a str,
    chapter_title: &'a str,
    publisher: &'a str,
    isbn: Vec<&'a str>,
    date: Option<PartialDate>,
    authors: Vec<Author>,
    editors: Vec<Author>,
    abstract_text: String,
    topics: Vec<&'a str>,
}

/// Reads the book that was just entered.
pub(super) fn read(xml: &mut Xml<'_>) -> Result<Option<SharedRecord>, SourceError> {
    let mut book = Book::default();
    while let Some(child) = xml.child()? {
        match child.name() {
            "BookDocument" => book.document(xml)?,
            _ => xml.skip()?,
        }
    }
    Ok(book.record())
}

impl<'a> Book<'a> {
    fn document(&mut self, xml: &mut Xml<'a>) -> Result<(), SourceError> {
        while let Some(child) = xml.child()? {
            match child.name() {
                "PMID" => self.pmid = xml.inner()?.trim(),
                "ArticleIdList" => self.ids = article::ids(xml)?,
                "Book" => self.book(xml)?,
                "ArticleTitle" => self.chapter_title = xml.inner()?,
                "Abstract" => self.abstract_text = article::abstract_text(xml)?,
                "AuthorList" if child.has("Type", "editors") => self.editors = article::authors(xml)?,
                "AuthorList" => self.authors = article::authors(xml)?,
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

    fn book(&mut self, xml: &mut Xml<'a>) -> Result<(), SourceError> {
        while let Some(child) = xml.child()? {
            match child.name() {
                "BookTitle" => self.whole_title = xml.inner()?,
                "PubDate" => self.date = article::date(xml, DateKind::Published)?,
                "Isbn" => self.isbn.push(xml.inner()?.trim()),
                "AuthorList" => self.editors = article::authors(xml)?,
                "Publisher" => {
                    while let Some(child) = xml.child()? {
                        let inside = xml.inner()?;
                        if child.name() == "PublisherName" {
                            self.publisher = inside;
                        }
                    }
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn record(self) -> Option<SharedRecord> {
        let pmid = identifier::pmid(self.pmid)?;
        let is_chapter = !self.chapter_title.trim().is_empty();
        let title = if is_chapter { self.chapter_title } else { self.whole_title };
        let venue = if is_chapter { self.whole_title } else { self.publisher };
        Some(Arc::new(Record {
            doi: article::doi(self.ids.doi),
            pmcid: identifier::pmcid(self.ids.pmcid),
            title: article::title(title, ""),
            authors: if self.authors.is_empty() { self.editors } else { self.authors }.into(),
            abstract_text: Some(self.abstract_text).filter(|text| !text.is_empty()).map(Into::into),
            date: self.date,
            venue: text::plain_some(venue),
            isbn: self.isbn.iter().filter_map(|isbn| text::tidy_some(isbn)).collect(),
            kind: if is_chapter { WorkType::Chapter } else { WorkType::Book },
            url: Some(format!("https://pubmed.ncbi.nlm.nih.gov/{pmid}/")),
            // The Bookshelf is free to read.
            oa_status: Some(OaStatus::Open),
            topics: article::topics(&self.topics),
            source_id: pmid.clone(),
            pmid: Some(pmid),
            ..Record::default()
        }))
    }
}
