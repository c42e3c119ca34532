//! One article as MediaWiki gives it, and the record that it becomes.

use serde::Deserialize;
use url::Url;

use super::super::{
    language,
    lenient::{Number, Object, Text},
};
use crate::{
    item::{OaStatus, Record, WorkType},
    names,
};

/// What all text of Wikipedia is under.
const LICENCE: &str = "CC-BY-SA-4.0";

/// An article. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Article<'a> {
    pageid: Number,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    extract: Text<'a>,
    #[serde(borrow)]
    canonicalurl: Text<'a>,
    #[serde(borrow)]
    fullurl: Text<'a>,
    #[serde(borrow)]
    pagelanguage: Text<'a>,
    #[serde(borrow)]
    pageprops: Object<Properties<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Properties<'a> {
    #[serde(borrow, rename = "wikibase-shortdesc")]
    description: Text<'a>,
}

impl Article<'_> {
    /// The record; `None` without page number or title. It has no date: an article is never finished.
    pub(super) fn record(self) -> Option<Record> {
        let number = self.pageid.total().filter(|number| *number > 0)?;
        let url = [&self.canonicalurl, &self.fullurl].into_iter().find_map(|url| web_address(url.get()?));
        let edition = url.as_ref().and_then(edition);
        // Numbers are given anew in every edition.
        let source_id = edition.map_or_else(|| number.to_string(), |edition| format!("{edition}/{number}"));
        Some(Record {
            source_id,
            title: self.title.tidy()?,
            authors: names::whole("Wikipedia contributors").into_iter().collect(),
            abstract_text: self.extract.tidy().or_else(|| self.pageprops.0?.description.tidy()).map(Into::into),
            abstract_licence_ok: true,
            venue: Some("Wikipedia".to_owned()),
            kind: WorkType::Encyclopedia,
            language: self.pagelanguage.get().and_then(language::short),
            url: url.map(String::from),
            oa_status: Some(OaStatus::Open),
            licence: Some(LICENCE.to_owned()),
            ..Record::default()
        })
    }
}

fn web_address(text: &str) -> Option<Url> {
    Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// `en` of `https://en.wikipedia.org/…`.
fn edition(url: &Url) -> Option<&str> {
    url.host_str()?.strip_suffix(".wikipedia.org").filter(|edition| !edition.is_empty())
}
