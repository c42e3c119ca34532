//! One page as Firecrawl gives it, and the record that it becomes.

use serde::Deserialize;

use super::super::{
    language,
    lenient::{Number, Object, Text},
    web,
};
use crate::{
    dates,
    item::{DateKind, Record, WorkType},
};

/// The group in which a page stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Group {
    Web,
    News,
}

/// A page. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Found<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    /// In place of a description, of news.
    #[serde(borrow)]
    snippet: Text<'a>,
    /// Of news: a date, or `3 days ago`.
    #[serde(borrow)]
    date: Text<'a>,
    #[serde(borrow)]
    metadata: Object<Metadata<'a>>,
}

/// What is known of a page that was fetched.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    language: Text<'a>,
    #[serde(borrow, rename = "sourceURL")]
    source_url: Text<'a>,
    status_code: Number,
}

impl Found<'_> {
    /// The record; `None` without an address or a title, and for a page that is not there (Firecrawl gives those too).
    pub(super) fn record(self, group: Group) -> Option<Record> {
        let metadata = self.metadata.0.unwrap_or_default();
        if metadata.status_code.count().is_some_and(|status| status >= 400) {
            return None;
        }
        let extract =
            self.description.plain().or_else(|| self.snippet.plain()).or_else(|| metadata.description.plain());
        let url = self.url.get().or_else(|| metadata.source_url.get())?;
        let page = web::page(url, self.title.plain().or_else(|| metadata.title.plain()), extract)?;
        Some(Record {
            kind: match group {
                Group::Web => WorkType::Web,
                Group::News => WorkType::News,
            },
            date: self.date.get().and_then(|date| dates::any_form(date, DateKind::Published)),
            language: metadata.language.get().and_then(language::short),
            ..page
        })
    }
}
