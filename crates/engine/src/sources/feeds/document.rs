//! A feed in any form, read to its entries.

use chrono::{DateTime, Utc};
use url::Url;

use super::{
    answer, atom,
    entry::{Draft, Entry},
    json, rss,
};
use crate::{
    source::SourceError,
    xml::{Element, Xml},
};

/// Most entries that are kept of a feed.
const MAX_ENTRIES: usize = 1_000;

/// What is read of a feed.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// In the feed's order.
    pub entries: Vec<Entry>,
    /// Entries that could not be read.
    pub malformed: u32,
    /// Why not all of it could be read, when some could.
    pub broken: Option<String>,
    /// How long the feed asks to be left alone, in minutes.
    pub ttl: Option<u64>,
    /// Hours of the day (UTC) in which the feed does not change.
    pub skip_hours: Vec<u32>,
}

/// A feed under reading.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    /// Where it came from: relative addresses are relative to that.
    pub base: Option<&'a Url>,
    pub now: Option<DateTime<Utc>>,
    pub title: Option<String>,
    pub language: Option<String>,
    pub document: Document,
}

impl Document {
    /// Reads a feed that came from `base`; dates that lie behind `now` are clamped to it. Pure.
    ///
    /// Entries before the place where a feed breaks are kept: feeds are written by hand more often than one would think.
    pub fn read(feed: &str, base: Option<&Url>, now: Option<DateTime<Utc>>) -> Result<Self, SourceError> {
        let feed = feed.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
        let document = Self::default();
        let mut reading = Reading { base, now, title: None, language: None, document };
        let outcome = if feed.starts_with('{') { json::read(feed, &mut reading) } else { xml(feed, &mut reading) };
        let mut document = reading.finish();
        match outcome {
            Err(error) if document.entries.is_empty() => return Err(error),
            Err(error) => document.broken = Some(error.to_string()),
            Ok(()) => {}
        }
        if document.entries.is_empty() && document.malformed > 1 {
            return Err(answer::malformed(&format!("none of {} entries could be read", document.malformed)));
        }
        Ok(document)
    }
}

fn xml(feed: &str, reading: &mut Reading<'_>) -> Result<(), SourceError> {
    let mut xml = Xml::new(feed);
    let root = xml.root()?;
    match root.name() {
        "rss" | "RDF" => rss::read(&mut xml, reading),
        "feed" => atom::read(&mut xml, &root, reading),
        other => Err(answer::malformed(&format!("<{other}> where a feed was expected"))),
    }
}

impl Reading<'_> {
    /// Takes the next entry; `raw` is what it was read from. An announcement of what was there before is passed over.
    pub fn take(&mut self, raw: &[u8], draft: Draft) {
        if self.document.entries.len() >= MAX_ENTRIES || draft.is_repeated() {
            return;
        }
        match draft.entry(raw, self.base, self.now) {
            Some(mut entry) => {
                answer::make_fit(&mut entry.record);
                self.document.entries.push(entry);
            }
            None => self.document.malformed = self.document.malformed.saturating_add(1),
        }
    }

    /// What the feed says of itself is said of its entries, unless they say otherwise.
    fn finish(mut self) -> Document {
        for entry in &mut self.document.entries {
            let record = &mut entry.record;
            record.venue = record.venue.take().or_else(|| self.title.clone());
            record.language = record.language.take().or_else(|| self.language.clone());
        }
        self.document
    }
}

/// The name of an element, without the prefix that the feed's own vocabulary has in it.
pub(super) fn own_name<'e>(element: &'e Element<'_>, prefix: &str) -> &'e str {
    let name = element.written_name();
    name.strip_prefix(prefix).unwrap_or(name)
}
