//! OpenAlex's answers: a list of works, one work, or an error.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        answer::{self, Answer},
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
    let frame: Frame<'_> = answer::json(body)?;
    let mut answer = Answer::new(SourceId::Openalex, fetched_at);
    if let Some(results) = frame.results {
        answer.reported(frame.meta.0.and_then(|meta| meta.count.total()));
        for result in results.0 {
            answer.take(result.get().as_bytes(), lenient::record::<Work<'_>>(result).and_then(Work::record));
        }
    } else {
        let single: &RawValue = answer::json(body)?;
        let work = lenient::record::<Work<'_>>(single).and_then(Work::record);
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
