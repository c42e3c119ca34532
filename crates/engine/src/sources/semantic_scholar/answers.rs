//! Semantic Scholar's answers: a list of papers, one paper, or an error.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        answer::{self, Answer},
        lenient::{self, Number, Records, Text},
    },
    paper::Paper,
};
use crate::{
    connector::Page,
    source::{SourceError, SourceId},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    total: Number,
    #[serde(borrow)]
    data: Option<Records<'a>>,
}

/// Reads a list of papers, or a single paper. `fetched_at` goes into the records. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    let mut answer = Answer::new(SourceId::SemanticScholar, fetched_at);
    if let Some(papers) = frame.data {
        answer.reported(frame.total.total());
        for paper in papers.0 {
            answer.take(paper.get().as_bytes(), lenient::record::<Paper<'_>>(paper).and_then(Paper::record));
        }
    } else if frame.total.total() == Some(0) {
        // Nothing found: the list itself is left out.
        answer.reported(Some(0));
    } else {
        let single: &RawValue = answer::json(body)?;
        let paper = lenient::record::<Paper<'_>>(single).and_then(Paper::record);
        let paper = paper.ok_or_else(|| match message_of(body) {
            // An error with status 200 has not been seen; it would be the query's.
            Some(message) => answer::bad_query(&message),
            None => answer::malformed("neither a list of papers nor a paper"),
        })?;
        answer.reported(Some(1));
        answer.take(single.get().as_bytes(), Some(paper));
    }
    answer.page()
}

/// What Semantic Scholar says in `{"error":"…"}`, and the gateway before it in `{"message":"…"}`.
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
    failure.error.get().or_else(|| failure.message.get()).map(ToOwned::to_owned)
}
