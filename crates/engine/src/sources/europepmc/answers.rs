//! Europe PMC's answers: a list of hits, or an error.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    super::{
        answer::{self, Answer},
        lenient::{self, Number, Object, Records, Text},
    },
    hit::Hit,
};
use crate::{
    connector::Page,
    source::{SourceError, SourceId},
};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Frame<'a> {
    hit_count: Number,
    #[serde(borrow)]
    result_list: Object<ResultList<'a>>,
    err_code: Number,
    #[serde(borrow)]
    err_msg: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResultList<'a> {
    #[serde(borrow)]
    result: Option<Records<'a>>,
}

/// Reads a list of hits. An answer without a list is malformed: Europe PMC sends such ones when it is busy. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    let Some(results) = frame.result_list.0.and_then(|list| list.result) else {
        return Err(match (frame.err_msg.get(), frame.err_code.whole()) {
            (Some(message), Some(500..)) => answer::malformed(&format!("Europe PMC says: {message}")),
            (Some(message), _) => answer::bad_query(message),
            (None, _) => answer::malformed("no `resultList`"),
        });
    };
    let mut answer = Answer::new(SourceId::Europepmc, fetched_at);
    answer.reported(frame.hit_count.total());
    for result in results.0 {
        answer.take(result.get().as_bytes(), lenient::record::<Hit<'_>>(result).and_then(Hit::record));
    }
    answer.page()
}

/// What Europe PMC says in `{"errCode":…,"errMsg":"…"}`.
pub(super) fn message_of(body: &[u8]) -> Option<String> {
    let frame: Frame<'_> = serde_json::from_slice(body).ok()?;
    frame.err_msg.get().map(ToOwned::to_owned)
}
