//! Brave's answers: a list of results, or a failure.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    super::{
        answer::{self, Answer},
        lenient::{self, List, Object, Records, Text},
    },
    result::Found,
};
use crate::{
    connector::Page,
    source::{SourceError, SourceId},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    query: Object<Asked<'a>>,
    #[serde(borrow)]
    web: Object<Web<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked<'a> {
    #[serde(borrow)]
    altered: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Web<'a> {
    #[serde(borrow)]
    results: Option<Records<'a>>,
}

/// Reads a list of results. Where nothing is found there is no list, only the query. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    let mut answer = Answer::new(SourceId::Brave, fetched_at);
    match frame.web.0.map(|web| web.results) {
        Some(Some(results)) => {
            for result in results.0 {
                answer.take(result.get().as_bytes(), lenient::record::<Found<'_>>(result).and_then(Found::record));
            }
        }
        Some(None) => return Err(answer::malformed("no `web.results`")),
        None if frame.kind.get() == Some("search") => {}
        None => return Err(answer::malformed("no `web`")),
    }
    if let Some(altered) = frame.query.0.as_ref().and_then(|query| query.altered.get()) {
        answer.warn(&format!("searched for `{altered}` instead"));
    }
    answer.page()
}

/// What Brave says of a request that it did not serve.
pub(super) struct Failure {
    pub message: String,
    /// Whether the key is missing or wrong.
    pub is_about_the_key: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Failures<'a> {
    #[serde(borrow)]
    error: Object<Said<'a>>,
    /// As older documents have it.
    #[serde(borrow)]
    errors: List<Object<Said<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said<'a> {
    #[serde(borrow)]
    code: Text<'a>,
    #[serde(borrow)]
    detail: Text<'a>,
    #[serde(borrow)]
    meta: Object<Meta<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta<'a> {
    #[serde(borrow)]
    errors: List<Object<Wrong<'a>>>,
}

/// A part of the request that is wrong.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wrong<'a> {
    #[serde(borrow)]
    loc: List<Text<'a>>,
    #[serde(borrow)]
    msg: Text<'a>,
}

/// Reads `{"type":"ErrorResponse","error":{"code":…,"detail":…,"meta":{"errors":[{"loc":[…],"msg":…}]}}}`.
pub(super) fn failure_of(body: &[u8]) -> Option<Failure> {
    let failures: Failures<'_> = serde_json::from_slice(body).ok()?;
    let said = failures.error.0.as_ref().or_else(|| failures.errors.objects().next())?;
    let wrong = || said.meta.0.iter().flat_map(|meta| meta.errors.objects());
    let mut message: Vec<&str> = said.detail.get().into_iter().collect();
    message.extend(wrong().filter_map(|wrong| wrong.msg.get()));
    if message.is_empty() {
        message.extend(said.code.get());
    }
    let names_the_header = |wrong: &Wrong<'_>| {
        wrong.loc.0.iter().filter_map(Text::get).any(|place| place.eq_ignore_ascii_case("x-subscription-token"))
    };
    Some(Failure {
        message: message.join("; "),
        is_about_the_key: said.code.get().is_some_and(|code| code.starts_with("SUBSCRIPTION_TOKEN"))
            || wrong().any(names_the_header),
    })
}
