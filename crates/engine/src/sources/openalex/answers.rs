//! OpenAlex's answers: a list of works, one work, or an error.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        answer::{self, Answer},
        cursor::Cursor,
        lenient::{self, Number, Object, Records, Text},
    },
    work::Work,
};
use crate::{
    connector::Page,
    source::{SourceError, SourceId},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    meta: Object<Meta>,
    #[serde(borrow)]
    results: Option<Records<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    count: Number,
}

/// Reads a list of works, or a single work. `fetched_at` goes into the records. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    read_once(body, fetched_at).map_or_else(|| read_twice(body, fetched_at), Answer::page)
}

/// Whatever else comes: first the ends of the records are found, then each is read.
pub(super) fn read_twice(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    let mut answer = Answer::new(SourceId::Openalex, fetched_at);
    if let Some(results) = frame.results {
        answer.reported(frame.meta.0.and_then(|meta| meta.count.total()));
        for result in results.0 {
            answer.take(result.get().as_bytes(), lenient::record::<Work<'_>>(result).and_then(|work| work.record()));
        }
    } else {
        let single: &RawValue = answer::json(body)?;
        let work = lenient::record::<Work<'_>>(single).and_then(|work| work.record());
        let work = work.ok_or_else(|| match message_of(body) {
            // An error with status 200 has not been seen; it would be the query's.
            Some(message) => answer::bad_query(&message),
            None => answer::malformed("neither a list of works nor a work"),
        })?;
        answer.reported(Some(1));
        answer.take(single.get().as_bytes(), Some(work));
    }
    answer.page()
}

/// A list of works that is as it should be.
pub(super) fn read_once(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Option<Answer> {
    let mut answer = Answer::new(SourceId::Openalex, fetched_at);
    let (mut meta, mut results) = (None, None);
    let mut cursor = Cursor::new(body)?;
    cursor.object(|name, cursor| match name {
        "meta" if meta.is_none() => cursor.value::<Object<Meta>>().map(|read| meta = Some(read)),
        "results" if results.is_none() => {
            results = Some(());
            cursor.list(|cursor| {
                let (raw, work) = cursor.raw_value::<Object<Box<Work<'_>>>>()?;
                answer.take(raw.as_bytes(), work.0.and_then(|work| work.record()));
                Some(())
            })
        }
        // What stands there twice is for the other way.
        "meta" | "results" => None,
        _ => cursor.skip(),
    })?;
    cursor.end()?;
    answer.reported(meta.and_then(|meta| meta.0).and_then(|meta| meta.count.total()));
    results.map(|()| answer)
}

/// What OpenAlex says in `{"error":"…","message":"…"}`.
pub(super) fn message_of(body: &[u8]) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Failure<'a> {
        #[serde(borrow)]
        error: Text<'a>,
        #[serde(borrow)]
        message: Text<'a>,
    }
    let failure: Failure<'_> = serde_json::from_slice(body).ok()?;
    failure.message.get().or_else(|| failure.error.get()).map(ToOwned::to_owned)
}
