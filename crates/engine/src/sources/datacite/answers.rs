//! DataCite's answers: a list of registered DOIs, one of them, or errors.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        answer::{self, Answer},
        lenient::{self, List, Number, Object, Records, Text},
    },
    registration::Registration,
};
use crate::{
    connector::Page,
    source::{SourceError, SourceId},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    /// A list, or one record.
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    meta: Object<Meta>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    total: Number,
}

/// Reads a list of registrations, or a single one. `fetched_at` goes into the records. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    let Some(data) = frame.data else {
        return Err(match message_of(body) {
            // An error with status 200 has not been seen; it would be the query's.
            Some(message) => answer::bad_query(&message),
            None => answer::malformed("no `data`"),
        });
    };
    let mut answer = Answer::new(SourceId::Datacite, fetched_at);
    if let Ok(list) = serde_json::from_str::<Records<'_>>(data.get()) {
        answer.reported(frame.meta.0.and_then(|meta| meta.total.total()));
        for one in list.0 {
            answer.take(one.get().as_bytes(), lenient::record::<Registration<'_>>(one).and_then(Registration::record));
        }
    } else {
        let record = lenient::record::<Registration<'_>>(data).and_then(Registration::record);
        let record = record.ok_or_else(|| answer::malformed("neither a list of registrations nor one"))?;
        answer.reported(Some(1));
        answer.take(data.get().as_bytes(), Some(record));
    }
    answer.page()
}

/// What DataCite says in `{"errors":[{"status":"404","title":"…"}]}`.
pub(super) fn message_of(body: &[u8]) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Failure<'a> {
        #[serde(borrow)]
        errors: List<Object<Reason<'a>>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Reason<'a> {
        #[serde(borrow)]
        title: Text<'a>,
        #[serde(borrow)]
        detail: Text<'a>,
    }
    let failure: Failure<'_> = serde_json::from_slice(body).ok()?;
    let said = |reason: &Reason<'_>| reason.title.get().or_else(|| reason.detail.get()).map(ToOwned::to_owned);
    let reasons: Vec<String> = failure.errors.objects().filter_map(said).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
