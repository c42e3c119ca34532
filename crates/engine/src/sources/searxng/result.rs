//! One result as SearXNG gives it, and the record that it becomes.

use std::sync::Arc;

use serde::Deserialize;

use super::super::{
    lenient::{List, Number, Text},
    web,
};
use crate::{
    dates, identifier,
    item::{DateKind, Record, WorkType},
    names,
};

/// A result: a page, or with engines for papers a paper. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Found<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    content: Text<'a>,
    #[serde(borrow)]
    engine: Text<'a>,
    #[serde(borrow)]
    engines: List<Text<'a>>,
    score: Number,
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow, rename = "publishedDate")]
    published_date: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    authors: List<Text<'a>>,
    #[serde(borrow)]
    doi: Text<'a>,
    #[serde(borrow)]
    journal: Text<'a>,
    #[serde(borrow)]
    volume: Text<'a>,
    #[serde(borrow)]
    number: Text<'a>,
    #[serde(borrow)]
    pages: Text<'a>,
    #[serde(borrow)]
    issn: List<Text<'a>>,
    #[serde(borrow)]
    isbn: List<Text<'a>>,
    #[serde(borrow)]
    tags: List<Text<'a>>,
    #[serde(borrow)]
    pdf_url: Text<'a>,
}

impl Found<'_> {
    /// The record; `None` without an address or a title.
    pub(super) fn record(self) -> Option<Record> {
        let page = web::page(self.url.get()?, self.title.plain(), self.content.plain())?;
        let doi = self.doi.get().and_then(identifier::doi);
        let authors: Arc<[_]> =
            self.authors.0.iter().filter_map(Text::as_plain).filter_map(|name| names::displayed(&name)).collect();
        let journal = self.journal.plain();
        let is_paper = doi.is_some() || journal.is_some() || !authors.is_empty();
        Some(Record {
            kind: match self.category.get() {
                _ if is_paper => self.kind(journal.is_some()),
                Some("news") => WorkType::News,
                _ => WorkType::Web,
            },
            doi: doi.or(page.doi),
            authors,
            date: self.published_date.get().and_then(|date| dates::any_form(date, DateKind::Published)),
            venue: journal.or(page.venue),
            volume: self.volume.tidy(),
            issue: self.number.tidy(),
            pages: self.pages.tidy(),
            issn: self.issn.tidy().collect(),
            isbn: self.isbn.tidy().collect(),
            topics: self.tags.0.iter().filter_map(Text::plain).collect(),
            pdf_url: self.pdf_url.tidy().filter(|url| url.starts_with("http")),
            score_native: self.score.0,
            via: self.via(),
            ..page
        })
    }

    /// The kind of a paper, which engines call as they like.
    fn kind(&self, in_journal: bool) -> WorkType {
        let said = self.kind.get().unwrap_or_default().to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if says(&["preprint", "posted-content"]) {
            WorkType::Preprint
        } else if says(&["proceedings", "conference"]) {
            WorkType::Conference
        } else if says(&["thesis", "dissertation"]) {
            WorkType::Thesis
        } else if says(&["chapter"]) {
            WorkType::Chapter
        } else if says(&["book", "monograph"]) {
            WorkType::Book
        } else if says(&["article", "journal"]) || in_journal {
            WorkType::Article
        } else {
            WorkType::Other
        }
    }

    /// The engines that found it.
    fn via(&self) -> Option<String> {
        let engines: Vec<String> = self.engines.tidy().collect();
        if engines.is_empty() { self.engine.tidy() } else { Some(engines.join(", ")) }
    }
}
