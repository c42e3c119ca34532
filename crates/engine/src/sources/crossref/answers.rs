//! Crossref's answers: a list of works, one work, or a failure.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        answer::{self, Answer},
        cursor::Cursor,
        lenient::{self, List, Number, Object, Records, Text},
    },
    work::Work,
};
use crate::{
    connector::Page,
    source::{SourceError, SourceId},
};

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    message: Object<Message<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    items: Option<Records<'a>>,
    #[serde(rename = "total-results")]
    total: Number,
}

/// A single work, raw.
#[derive(Deserialize)]
struct Single<'a> {
    #[serde(borrow)]
    message: &'a RawValue,
}

/// Reads a list of works, or a single work. `fetched_at` goes into the records. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    read_once(body, fetched_at).map_or_else(|| read_twice(body, fetched_at), Answer::page)
}

/// Whatever else comes: first the ends of the records are found, then each is read.
pub(super) fn read_twice(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    let mut answer = Answer::new(SourceId::Crossref, fetched_at);
    if let Some(Message { items: Some(items), total }) = frame.message.0 {
        answer.reported(total.total());
        for item in items.0 {
            answer.take(item.get().as_bytes(), lenient::record::<Work<'_>>(item).and_then(|work| work.record()));
        }
    } else {
        let single: Single<'_> = answer::json(body)?;
        let work = lenient::record::<Work<'_>>(single.message).and_then(|work| work.record());
        let work = work.ok_or_else(|| answer::malformed("neither a list of works nor a work"))?;
        answer.reported(Some(1));
        answer.take(single.message.get().as_bytes(), Some(work));
    }
    answer.page()
}

/// A list of works that is as it should be.
pub(super) fn read_once(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Option<Answer> {
    let mut answer = Answer::new(SourceId::Crossref, fetched_at);
    let (mut message, mut total, mut items) = (None, None, None);
    let mut cursor = Cursor::new(body)?;
    cursor.object(|name, cursor| match name {
        "message" if message.is_none() => {
            message = Some(());
            cursor.object(|name, cursor| match name {
                "total-results" if total.is_none() => cursor.value::<Number>().map(|read| total = Some(read)),
                "items" if items.is_none() => {
                    items = Some(());
                    cursor.list(|cursor| {
                        let (raw, work) = cursor.raw_value::<Object<Box<Work<'_>>>>()?;
                        answer.take(raw.as_bytes(), work.0.and_then(|work| work.record()));
                        Some(())
                    })
                }
                // What stands there twice is for the other way.
                "total-results" | "items" => None,
                _ => cursor.skip(),
            })
        }
        "message" => None,
        _ => cursor.skip(),
    })?;
    cursor.end()?;
    answer.reported(total.and_then(Number::total));
    items.map(|()| answer)
}

/// What Crossref says in `{"status":"failed","message":[{"message":…}]}`.
pub(super) fn message_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Failure<'a> {
        #[serde(borrow)]
        message: List<Object<Reason<'a>>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Reason<'a> {
        #[serde(borrow)]
        message: Text<'a>,
    }
    let failure: Failure<'_> = serde_json::from_slice(body).ok()?;
    let reasons: Vec<&str> = failure.message.objects().filter_map(|reason| reason.message.get()).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
