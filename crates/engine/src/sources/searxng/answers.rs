//! SearXNG's answers.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    super::{
        answer::{self, Answer},
        lenient::{self, List, Records, Text},
    },
    result::Found,
};
use crate::{
    connector::Page,
    source::{SourceError, SourceId},
};

/// What is read of an answer; `number_of_results` is not: it is 0 or a guess.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    #[serde(borrow)]
    results: Option<Records<'a>>,
    #[serde(borrow)]
    unresponsive_engines: List<List<Text<'a>>>,
}

/// Reads a list of results. The engines that did not answer become warnings. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    let results = frame.results.ok_or_else(|| answer::malformed("no `results`"))?;
    let mut answer = Answer::new(SourceId::Searxng, fetched_at);
    for result in results.0 {
        answer.take(result.get().as_bytes(), lenient::record::<Found<'_>>(result).and_then(Found::record));
    }
    for engine in frame.unresponsive_engines.0 {
        let said: Vec<&str> = engine.0.iter().filter_map(Text::get).collect();
        match said.as_slice() {
            [] => {}
            [name] => answer.warn(&format!("{name} did not answer")),
            [name, reason, ..] => answer.warn(&format!("{name} did not answer: {reason}")),
        }
    }
    answer.page()
}

/// What SearXNG says in `{"error":"…"}`.
pub(super) fn message_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Failure<'a> {
        #[serde(borrow)]
        error: Text<'a>,
    }
    let failure: Failure<'_> = serde_json::from_slice(body).ok()?;
    failure.error.get().map(ToOwned::to_owned)
}
