//! What must hold of every answer that a connector reads.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine::{
    connector::Page,
    source::{SourceError, SourceId},
};

use crate::{record, written};

/// Most records of one answer.
const MOST_RECORDS: usize = 1_000;
/// Longest message and longest warning, in characters, with the words around what the source said.
const LONGEST_MESSAGE: usize = 240;

/// Reads `body` with `parse` and asserts what must hold of any answer of `source`.
pub fn check(body: &[u8], source: SourceId, parse: impl Fn(&[u8], Option<DateTime<Utc>>) -> Result<Page, SourceError>) {
    let at = DateTime::from_timestamp(1_790_000_000, 0);
    let page = parse(body, at);
    assert_eq!(parse(body, at), page, "the same bytes give something else the second time");
    match page {
        Ok(page) => holds(&page, body, source, at),
        Err(error) => failed(&error),
    }
}

/// What must hold of an error: its message is short and readable.
pub fn failed(error: &SourceError) {
    written::is_message(&error.to_string(), LONGEST_MESSAGE);
    let known = ["malformed", "bad_query", "rate_limited", "refused", "unavailable"];
    assert!(known.contains(&error.code()), "a parser says {error:?}");
}

fn holds(page: &Page, body: &[u8], source: SourceId, at: Option<DateTime<Utc>>) {
    let malformed = usize::try_from(page.malformed).unwrap_or(usize::MAX);
    assert!(page.records.len() <= MOST_RECORDS, "{} records", page.records.len());
    assert!(page.warnings.len() <= 24, "{} warnings", page.warnings.len());
    for warning in &page.warnings {
        written::is_message(warning, LONGEST_MESSAGE);
    }
    let mut last_rank = 0;
    for record in &page.records {
        record::holds(record);
        assert_eq!((record.source, record.fetched_at), (source, at));
        assert!(record.rank_native > last_rank, "rank {} after {last_rank}", record.rank_native);
        last_rank = record.rank_native;
        assert_eq!(record.raw_hash.len(), 16);
    }
    assert!(last_rank as usize <= page.records.len() + malformed, "a rank beyond the number of records");
    let kept = serde_json::to_vec(page).expect("a page can be kept");
    let again: Page = serde_json::from_slice(&kept).expect("a kept page can be read");
    assert_eq!(scoreless(again), scoreless(page.clone()), "a kept page comes back as something else");
    let size: usize = page.records.iter().map(|record| record::size(record)).sum();
    let most = 12 * body.len() + 2_048 * page.records.len();
    assert!(size <= most, "{} bytes became {size}", body.len());
}

/// Without the sources' own scores: their last digit may be another after they were written and read, and nobody counts on it.
fn scoreless(mut page: Page) -> Page {
    for record in &mut page.records {
        Arc::make_mut(record).score_native = None;
    }
    page
}
