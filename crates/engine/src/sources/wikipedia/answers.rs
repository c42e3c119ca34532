//! MediaWiki's answers: pages, nothing, or an error with status 200.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        answer::{self, Answer},
        lenient::{self, Number, Object, Records, Text},
    },
    article::Article,
};
use crate::{
    connector::Page,
    source::{SourceError, SourceId},
};

/// How long it is left alone when it says that we ask too often, and not for how long.
const RATE_LIMITED: Duration = Duration::from_mins(1);
/// The same when its servers lag behind: what API:Etiquette recommends.
const LAGGING: Duration = Duration::from_secs(5);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    #[serde(borrow)]
    query: Object<Query<'a>>,
    #[serde(borrow)]
    error: Object<Failure<'a>>,
    #[serde(borrow)]
    warnings: Object<BTreeMap<String, Object<Warning<'a>>>>,
    /// There in every answer that is none of errors, as `true` or `""`; without pages it says that there are none.
    #[serde(borrow)]
    batchcomplete: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Query<'a> {
    #[serde(borrow)]
    pages: Option<Records<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Warning<'a> {
    #[serde(borrow)]
    warnings: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure<'a> {
    #[serde(borrow)]
    code: Text<'a>,
    #[serde(borrow)]
    info: Text<'a>,
}

/// The place of a page in the search: the list itself is ordered by page number.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    index: Number,
}

/// Reads an answer. `fetched_at` goes into the records. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    read(body, fetched_at, None)
}

/// As [`parse`]; `wait` is what the answer's `Retry-After` asks for.
pub(super) fn read(
    body: &[u8],
    fetched_at: Option<DateTime<Utc>>,
    wait: Option<Duration>,
) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    if let Some(failure) = frame.error.0 {
        return Err(failure.error(fetched_at.unwrap_or_default(), wait));
    }
    let mut answer = Answer::new(SourceId::Wikipedia, fetched_at);
    for (module, warning) in frame.warnings.0.iter().flatten() {
        if let Some(text) = warning.0.as_ref().and_then(|warning| warning.warnings.get()) {
            answer.warn(&format!("{module}: {text}"));
        }
    }
    match frame.query.0.and_then(|query| query.pages) {
        Some(pages) => {
            for page in in_order(pages) {
                answer.take(page.get().as_bytes(), lenient::record::<Article<'_>>(page).and_then(Article::record));
            }
        }
        None if frame.batchcomplete.is_some() => answer.reported(Some(0)),
        None => return Err(answer::malformed("neither `query.pages` nor `batchcomplete`")),
    }
    answer.page()
}

/// The pages, best first; those without a place come last.
fn in_order(pages: Records<'_>) -> Vec<&RawValue> {
    let place =
        |page: &&RawValue| lenient::record::<Place>(page).and_then(|place| place.index.count()).unwrap_or(u32::MAX);
    let mut pages = pages.0;
    pages.sort_by_cached_key(place);
    pages
}

impl Failure<'_> {
    fn error(&self, now: DateTime<Utc>, wait: Option<Duration>) -> SourceError {
        let code = self.code.get().unwrap_or_default();
        let info = self.info.get().unwrap_or(code);
        let wait = |usual: Duration| {
            let wait = TimeDelta::from_std(wait.unwrap_or(usual)).unwrap_or(TimeDelta::MAX);
            SourceError::RateLimited { retry_at: now.checked_add_signed(wait).unwrap_or(now) }
        };
        match code {
            "ratelimited" => wait(RATE_LIMITED),
            "maxlag" => wait(LAGGING),
            "blocked"
            | "autoblocked"
            | "globalblocking-ipblocked"
            | "permissiondenied"
            | "readapidenied"
            | "badtoken"
            | "mwoauth-invalid-authorization" => {
                SourceError::Refused { status: 403, message: answer::said(info.as_bytes()) }
            }
            // Passing: asked again, and counted against the source.
            "readonly" | "cirrussearch-too-busy-error" | "cirrussearch-backend-error" | "search-error" => {
                SourceError::Unavailable { status: 503 }
            }
            code if code.starts_with("internal_api_error") => SourceError::Unavailable { status: 500 },
            _ => answer::bad_query(info),
        }
    }
}
