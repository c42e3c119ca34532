//! JSON Feed 1.1, and 1.0, which has one author.

use serde::Deserialize;

use super::{
    super::{
        answer, language,
        lenient::{self, List, Object, Records, Text},
    },
    document::Reading,
    entry::Draft,
};
use crate::source::SourceError;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    language: Text<'a>,
    #[serde(borrow)]
    items: Option<Records<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    external_url: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    summary: Text<'a>,
    #[serde(borrow)]
    content_text: Text<'a>,
    #[serde(borrow)]
    content_html: Text<'a>,
    #[serde(borrow)]
    date_published: Text<'a>,
    #[serde(borrow)]
    date_modified: Text<'a>,
    #[serde(borrow)]
    authors: List<Object<Person<'a>>>,
    #[serde(borrow)]
    author: Object<Person<'a>>,
    #[serde(borrow)]
    tags: List<Text<'a>>,
    #[serde(borrow)]
    language: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Person<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

/// Reads a feed.
pub(super) fn read(feed: &str, reading: &mut Reading<'_>) -> Result<(), SourceError> {
    let frame: Frame<'_> = answer::json(feed.as_bytes())?;
    let Some(items) = frame.items.filter(|_| frame.version.get().is_some_and(|version| version.contains("jsonfeed")))
    else {
        return Err(answer::malformed("JSON that is no feed: it has no `version` of jsonfeed.org, or no `items`"));
    };
    reading.title = frame.title.tidy();
    reading.language = frame.language.get().and_then(language::short);
    for raw in items.0 {
        let draft = lenient::record::<Item<'_>>(raw).map(Item::draft).unwrap_or_default();
        reading.take(raw.get().as_bytes(), draft);
    }
    Ok(())
}

impl Item<'_> {
    fn draft(self) -> Draft {
        let people = self.authors.objects().chain(&self.author.0);
        Draft {
            names: people.filter_map(|person| person.name.tidy()).collect(),
            id: self.id.tidy(),
            link: self.url.tidy().or_else(|| self.external_url.tidy()),
            title: self.title.tidy(),
            summary: self.summary.tidy(),
            content: self.content_html.plain().or_else(|| self.content_text.tidy()),
            published: self.date_published.tidy(),
            updated: self.date_modified.tidy(),
            topics: self.tags.tidy().collect(),
            language: self.language.get().and_then(language::short),
            ..Draft::default()
        }
    }
}
