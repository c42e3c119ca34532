//! GitHub's answers: a list of repositories, or a message.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    super::{
        answer::{self, Answer},
        lenient::{self, Flag, List, Number, Object, Records, Text},
    },
    repository::Repository,
};
use crate::{
    connector::Page,
    source::{SourceError, SourceId},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    total_count: Number,
    incomplete_results: Flag,
    #[serde(borrow)]
    items: Option<Records<'a>>,
}

/// Reads a list of repositories. `fetched_at` goes into the records. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    let items = frame.items.ok_or_else(|| answer::malformed("no `items`"))?;
    let mut answer = Answer::new(SourceId::Github, fetched_at);
    answer.reported(frame.total_count.total());
    if frame.incomplete_results.is_set() {
        answer.warn("GitHub ran out of time while it searched: there may be more");
    }
    for item in items.0 {
        let record = lenient::record::<Repository<'_>>(item).and_then(Repository::record);
        answer.take(item.get().as_bytes(), record);
    }
    answer.page()
}

/// What GitHub says in `{"message":…,"errors":[{"message":…}]}`: the errors where they say something.
pub(super) fn message_of(body: &[u8]) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Failure<'a> {
        #[serde(borrow)]
        message: Text<'a>,
        #[serde(borrow)]
        errors: List<Object<Reason<'a>>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Reason<'a> {
        #[serde(borrow)]
        message: Text<'a>,
        #[serde(borrow)]
        field: Text<'a>,
        #[serde(borrow)]
        code: Text<'a>,
    }
    let failure: Failure<'_> = serde_json::from_slice(body).ok()?;
    let reason = |reason: &Reason<'_>| match (reason.message.get(), reason.field.get(), reason.code.get()) {
        (Some(message), ..) => Some(message.to_owned()),
        (None, Some(field), Some(code)) => Some(format!("`{field}` is {code}")),
        _ => None,
    };
    let reasons: Vec<String> = failure.errors.objects().filter_map(reason).collect();
    if reasons.is_empty() { failure.message.get().map(ToOwned::to_owned) } else { Some(reasons.join(" ")) }
}
