//! One result as Brave gives it, and the record that it becomes.

use serde::Deserialize;

use super::super::{
    language,
    lenient::{List, Text},
    web,
};
use crate::{
    dates,
    item::{DateKind, Record},
    text,
};

/// A result. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Found<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    /// With some plans.
    #[serde(borrow)]
    extra_snippets: List<Text<'a>>,
    /// When Brave takes the page to have been put online; `age` says the same in words.
    #[serde(borrow)]
    page_age: Text<'a>,
    #[serde(borrow)]
    language: Text<'a>,
}

impl Found<'_> {
    /// The record; `None` without an address or a title.
    pub(super) fn record(self) -> Option<Record> {
        let snippets = std::iter::once(&self.description).chain(&self.extra_snippets.0);
        let snippets: Vec<String> = snippets.filter_map(Text::plain).collect();
        let page = web::page(self.url.get()?, self.title.plain(), text::tidy_some(&snippets.join(" … ")))?;
        Some(Record {
            date: self.page_age.get().and_then(|age| dates::iso(age, DateKind::Online)),
            language: self.language.get().and_then(language::short),
            ..page
        })
    }
}
