//! Crossref's answers: a list of works, one work, or a failure.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    super::{
        answer::{self, Answer},
        lenient::{self, List, Number, Object, Records, Text},
    },
    work::Work,
};
use crate::source::{Page, SourceError, SourceId};

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    message: &'a serde_json::value::RawValue,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    items: Records<'a>,
    #[serde(default, rename = "total-results")]
    total: Number,
}

/// Reads a list of works, or a single work. `fetched_at` goes into the records. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    let mut answer = Answer::new(SourceId::Crossref, fetched_at);
    match serde_json::from_str::<Message<'_>>(frame.message.get()) {
        Ok(list) => {
            answer.reported(list.total.total());
            for item in list.items.0 {
                answer.take(item.get().as_bytes(), lenient::record::<Work<'_>>(item).and_then(Work::record));
            }
        }
        Err(_) => {
            let work = lenient::record::<Work<'_>>(frame.message).and_then(Work::record);
            let work = work.ok_or_else(|| answer::malformed("neither a list of works nor a work"))?;
            answer.reported(Some(1));
            answer.take(frame.message.get().as_bytes(), Some(work));
        }
    }
    answer.page()
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
