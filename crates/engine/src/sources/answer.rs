//! What all connectors do with an answer: refuse what is none, count what cannot be read, number what can.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use url::Url;

use crate::{
    connector::Page,
    fetch::Reply,
    identifier,
    item::Record,
    source::{SourceError, SourceId},
    text,
    work::SharedRecord,
};

/// Longest message of a source that is passed on, in characters.
const MAX_MESSAGE: usize = 200;

/// Most records that are taken of an answer; no source is asked for more.
pub const MAX_RECORDS: u32 = 1_000;

/// Most topics of a record; more are no headings but a vocabulary.
const MAX_TOPICS: usize = 200;

/// Most relations of a record to other versions.
const MAX_RELATIONS: usize = 50;

/// Most ISSNs and most ISBNs of a record: of a book there may be one for each form and volume.
const MAX_NUMBERS: usize = 50;

/// A page under construction.
#[derive(Debug)]
pub struct Answer {
    source: SourceId,
    fetched_at: Option<DateTime<Utc>>,
    place: u32,
    page: Page,
}

impl Answer {
    /// An empty page of `source`, fetched at this time (where that is known).
    pub fn new(source: SourceId, fetched_at: impl Into<Option<DateTime<Utc>>>) -> Self {
        Self { source, fetched_at: fetched_at.into(), place: 0, page: Page::default() }
    }

    /// Takes the next record of the answer, in its order. `raw` is what it was read from. `None`, a record without id and a
    /// record without title are counted as malformed; what comes after 1,000 is passed over.
    ///
    /// A record is large: what comes shared already is not moved any more.
    pub fn take(&mut self, raw: &[u8], record: Option<impl Into<SharedRecord>>) {
        if self.place == MAX_RECORDS {
            return;
        }
        self.place += 1;
        let record = record.map(Into::into).filter(|record| !record.source_id.is_empty() && !record.title.is_empty());
        let Some(mut shared) = record else {
            self.page.malformed = self.page.malformed.saturating_add(1);
            return;
        };
        let record = Arc::make_mut(&mut shared);
        record.source = self.source;
        record.rank_native = self.place;
        record.fetched_at = self.fetched_at;
        record.raw_hash = text::raw_hash(raw);
        if record.arxiv_id.is_none() {
            record.arxiv_id = record.doi.as_deref().and_then(identifier::arxiv_of_doi);
        }
        make_fit(record);
        self.page.records.push(shared);
    }

    /// The source's own count of all there are.
    pub fn reported(&mut self, count: Option<u64>) {
        self.page.reported = count;
    }

    /// Passes on what the source warns of.
    pub fn warn(&mut self, warning: &str) {
        if self.page.warnings.len() < 20
            && let Some(warning) = text::plain_some(warning)
        {
            self.page.warnings.push(text::shortened(&warning, MAX_MESSAGE));
        }
    }

    /// The page. When every record was malformed the answer as a whole is: the source has changed its form.
    pub fn page(self) -> Result<Page, SourceError> {
        if self.page.records.is_empty() && self.page.malformed > 1 {
            return Err(malformed(&format!("none of {} records could be read", self.page.malformed)));
        }
        Ok(self.page)
    }
}

/// Leaves out of a record what sources are not to be trusted with: addresses that do not lead to the web (`javascript:` would
/// run in the page of whoever follows it), and topics and numbers that stand there twice, whatever their capitals.
pub fn make_fit(record: &mut Record) {
    for address in [&mut record.url, &mut record.pdf_url] {
        *address =
            address.take().and_then(|written| if is_plain(&written) { Some(written) } else { web_address(&written) });
    }
    keep_distinct(&mut record.topics, MAX_TOPICS);
    keep_distinct(&mut record.issn, MAX_NUMBERS);
    keep_distinct(&mut record.isbn, MAX_NUMBERS);
    record.version_of.truncate(MAX_RELATIONS);
}

fn keep_distinct(texts: &mut Vec<String>, most: usize) {
    /// Among so few each is compared with each: quicker than to take them down.
    const FEW: usize = 24;
    if texts.len() <= FEW.min(most) {
        let mut kept = 0;
        for at in 0..texts.len() {
            let (known, new) = texts.split_at(at);
            if !known[..kept].iter().any(|known| text::same_but_case(known, &new[0])) {
                texts.swap(kept, at);
                kept += 1;
            }
        }
        texts.truncate(kept);
        return;
    }
    let mut seen = HashSet::new();
    texts.retain(|text| seen.len() < most && seen.insert(text.to_lowercase()));
}

/// Whether it is an address that [`web_address`] leaves as it is, as nearly all are: then it is not taken apart.
fn is_plain(written: &str) -> bool {
    let rest = written.strip_prefix("https://").or_else(|| written.strip_prefix("http://"));
    let Some((host, path)) = rest.and_then(|rest| rest.split_once('/')) else { return false };
    // A last label that begins with a digit may be the end of an IP address, in one of its many forms.
    let ends_in_letters =
        host.rsplit('.').next().is_some_and(|label| label.starts_with(|c: char| c.is_ascii_lowercase()));
    let is_plain_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && !label.starts_with("xn--") && label.bytes().all(is_plain)
    };
    let is_plain_in_path = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/()=&+:;,@!$*?".contains(&byte);
    ends_in_letters
        && host.split('.').all(is_plain_label)
        && path.bytes().all(is_plain_in_path)
        // `.` and `..` lead elsewhere.
        && !path.starts_with('.')
        && !path.contains("/.")
}

/// An address of the web, with what must not stand in one encoded; `None` for what is none.
pub fn web_address(written: &str) -> Option<String> {
    let address = Url::parse(written).ok()?;
    (matches!(address.scheme(), "http" | "https") && address.has_host()).then(|| address.into())
}

/// The record of a page that was asked for one.
pub fn only(page: Page) -> Option<Record> {
    page.records.into_iter().next().map(Arc::unwrap_or_clone)
}

/// The answer cannot be read, because of `message` (which may quote it).
pub fn malformed(message: &str) -> SourceError {
    SourceError::Malformed { message: text::shortened(&text::tidy(message), MAX_MESSAGE) }
}

/// The source did not accept the query, and said `message` (which may hold markup).
pub fn bad_query(message: &str) -> SourceError {
    SourceError::BadQuery { message: text::shortened(&text::plain(message), MAX_MESSAGE) }
}

/// What the source said in a body that is no answer: its plain text, shortened. Pages of HTML give their title at most.
pub fn said(body: &[u8]) -> String {
    let start = String::from_utf8_lossy(body.get(..body.len().min(4_096)).unwrap_or_default());
    text::shortened(&text::plain(&start), MAX_MESSAGE)
}

/// Any status but success is the query's fault: the fetcher has dealt with the others. `message` reads the source's own
/// form of error out of the body.
pub fn succeeded(reply: &Reply, message: impl FnOnce(&[u8]) -> Option<String>) -> Result<(), SourceError> {
    if reply.status.is_success() {
        return Ok(());
    }
    let message = message(&reply.body).unwrap_or_else(|| said(&reply.body));
    let message = if message.is_empty() { format!("status {}", reply.status.as_u16()) } else { message };
    Err(bad_query(&message))
}

/// Reads a body of JSON.
pub fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, SourceError> {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(malformed("empty answer")),
        Some(b'{' | b'[') => {
            // Looked at as a whole it is known to be text, string by string and record by record it is not asked again.
            let read = match simdutf8::basic::from_utf8(body) {
                Ok(text) => serde_json::from_str(text),
                Err(_) => serde_json::from_slice(body),
            };
            read.map_err(|error| malformed(&error.to_string()))
        }
        Some(b'<') => Err(malformed("a page of HTML where JSON was expected")),
        Some(_) => Err(malformed("text where JSON was expected")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::item::{Identifier, Relation, RelationKind};

    proptest! {
        #[test]
        fn a_plain_address_is_one_that_stays_as_it_is(
            written in "https?://(xn--|[a-z0-9.-]{1,9}|[a-zA-Z0-9.:@%\\[\\]]{0,3}){1,3}(/|\\?|#)?([a-zA-Z0-9/.?#%&= ^~|\\\\'\"<>(){}\\[\\]:;,@!$*+_-]|%2e|/\\.{1,2}/|é){0,12}"
        ) {
            if is_plain(&written) {
                prop_assert_eq!(web_address(&written), Some(written));
            }
        }
    }

    #[test]
    fn usual_addresses_are_plain() {
        for address in [
            "https://doi.org/10.1016/s0140-6736(97)11096-0",
            "http://arxiv.org/abs/2101.00001",
            "https://pubmed.ncbi.nlm.nih.gov/12345678/",
            "https://example.org/a?b=c&d=e",
        ] {
            assert!(is_plain(address), "{address}");
        }
    }

    fn record(id: &str, title: &str) -> Record {
        Record { source_id: id.to_owned(), title: title.to_owned(), ..Record::default() }
    }

    #[test]
    fn a_record_without_id_or_title_is_counted_and_keeps_its_place() {
        let mut answer = Answer::new(SourceId::Crossref, DateTime::UNIX_EPOCH);
        answer.take(b"1", Some(record("a", "A")));
        answer.take(b"2", Some(record("", "B")));
        answer.take(b"3", Some(record("c", "")));
        answer.take(b"4", None::<Record>);
        answer.take(b"5", Some(record("e", "0")));
        let page = answer.page().unwrap();
        assert_eq!(page.malformed, 3);
        assert_eq!(page.records.iter().map(|record| record.rank_native).collect::<Vec<_>>(), [1, 5]);
        assert!(page.records.iter().all(|record| record.source == SourceId::Crossref && record.raw_hash.len() == 16));
    }

    #[test]
    fn addresses_lead_to_the_web_or_are_left_out() {
        for (written, wanted) in [
            ("https://example.org/a", Some("https://example.org/a")),
            ("http://Example.org/a b<c>", Some("http://example.org/a%20b%3Cc%3E")),
            ("javascript:alert(1)", None),
            ("JAVASCRIPT://example.org/%0aalert(1)", None),
            ("data:text/html,x", None),
            ("//example.org", None),
            ("http://", None),
            ("ftp://example.org/a.pdf", None),
        ] {
            let url = Some(written.to_owned());
            let mut taken = Record { url: url.clone(), pdf_url: url, ..record("a", "A") };
            make_fit(&mut taken);
            assert_eq!((taken.url.as_deref(), taken.pdf_url.as_deref()), (wanted, wanted), "{written}");
        }
    }

    #[test]
    fn topics_and_numbers_stand_there_once_and_very_many_take_little_time() {
        let topics = |topics: Vec<String>| {
            let mut taken = Record { topics, ..record("a", "A") };
            make_fit(&mut taken);
            taken.topics
        };
        let given = ["Mice", "mice", "Cells", "MICE"].map(str::to_owned).to_vec();
        assert_eq!(topics(given), ["Mice", "Cells"]);
        assert_eq!(topics((0..300_000).map(|number| number.to_string()).collect()).len(), MAX_TOPICS);
        let mut taken = Record { issn: vec!["1234-567x".into(), "1234-567X".into()], ..record("a", "A") };
        make_fit(&mut taken);
        assert_eq!(taken.issn, ["1234-567x"]);
        let to = |id: u32| Relation { kind: RelationKind::VersionOf, target: Identifier::Pmid(id.to_string()) };
        let mut taken = Record { version_of: (1..=100).map(to).collect(), ..record("a", "A") };
        make_fit(&mut taken);
        assert_eq!(taken.version_of.len(), MAX_RELATIONS);
    }

    #[test]
    fn records_beyond_any_that_were_asked_for_are_passed_over() {
        let mut answer = Answer::new(SourceId::Crossref, DateTime::UNIX_EPOCH);
        for place in 0..2_000 {
            answer.take(b"", Some(record(&place.to_string(), if place % 2 == 0 { "A" } else { "" })));
        }
        let page = answer.page().unwrap();
        assert_eq!((page.records.len(), page.malformed), (500, 500));
    }

    #[test]
    fn an_answer_of_nothing_but_malformed_records_is_malformed() {
        let mut answer = Answer::new(SourceId::Crossref, DateTime::UNIX_EPOCH);
        answer.take(b"", None::<Record>);
        answer.take(b"", None::<Record>);
        assert_eq!(answer.page().unwrap_err().code(), "malformed");
    }

    #[test]
    fn an_arxiv_doi_gives_the_arxiv_id() {
        let mut answer = Answer::new(SourceId::Crossref, DateTime::UNIX_EPOCH);
        let doi = Some("10.48550/arxiv.2101.00001".to_owned());
        answer.take(b"", Some(Record { doi, ..record("a", "A") }));
        assert_eq!(answer.page().unwrap().records[0].arxiv_id.as_deref(), Some("2101.00001"));
    }

    #[test]
    fn what_is_no_json_is_malformed_and_says_what_it_is() {
        for (body, wanted) in [("", "empty"), (" \n", "empty"), ("<html>", "HTML"), ("Error", "text"), ("{", "EOF")] {
            let error = json::<serde_json::Value>(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
        assert_eq!(said(b"<html><head><title>x</title></head><body><h1>Bad</h1>Gateway</body>"), "Bad: Gateway");
        assert_eq!(said(&[0xff, b'a']), "\u{fffd}a");
        assert_eq!(malformed("<\u{202e}a\0> was not expected"), malformed("<a> was not expected"));
    }
}
