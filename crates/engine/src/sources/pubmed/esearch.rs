//! `esearch`'s answers: the ids that match, in JSON.

use serde::Deserialize;

use super::super::{
    answer,
    lenient::{List, Number, Object, Text},
};
use crate::{fetch::Reply, identifier, source::SourceError, text};

/// Most ids that are taken of an answer, and most messages: no more than 100 ids are asked for.
const MAX_IDS: usize = 1_000;
const MAX_MESSAGES: usize = 10;

/// What `esearch` found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// PubMed ids, best first.
    pub ids: Vec<String>,
    /// How many there are in all.
    pub count: Option<u64>,
    /// Words that PubMed does not know or left out.
    pub warnings: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    esearchresult: Object<Outcome<'a>>,
    #[serde(borrow)]
    error: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Outcome<'a> {
    count: Number,
    #[serde(borrow)]
    idlist: Option<List<Text<'a>>>,
    #[serde(borrow)]
    errorlist: Object<Errors<'a>>,
    #[serde(borrow)]
    warninglist: Object<Warnings<'a>>,
    #[serde(borrow, rename = "ERROR")]
    error: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Errors<'a> {
    #[serde(borrow)]
    phrasesnotfound: List<Text<'a>>,
    #[serde(borrow)]
    fieldsnotfound: List<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Warnings<'a> {
    #[serde(borrow)]
    phrasesignored: List<Text<'a>>,
    #[serde(borrow)]
    quotedphrasesnotfound: List<Text<'a>>,
    #[serde(borrow)]
    outputmessages: List<Text<'a>>,
}

/// Reads the answer of `esearch`. Pure.
pub fn parse(body: &[u8]) -> Result<Found, SourceError> {
    let answer: Answer<'_> = answer::json(body)?;
    if let Some(message) = answer.error.get() {
        return Err(failure(message));
    }
    let outcome = answer.esearchresult.0.ok_or_else(|| answer::malformed("no `esearchresult`"))?;
    if let Some(message) = outcome.error.get() {
        return Err(failure(message));
    }
    let warnings = warnings(&outcome);
    let ids = outcome.idlist.ok_or_else(|| answer::malformed("no `idlist`"))?;
    let ids = ids.0.iter().filter_map(|id| identifier::pmid(id.get()?)).take(MAX_IDS).collect();
    Ok(Found { ids, count: outcome.count.total(), warnings })
}

/// As [`parse`], with errors that come with a status.
pub(super) fn read(reply: &Reply) -> Result<Found, SourceError> {
    match parse(&reply.body) {
        Err(SourceError::Malformed { .. }) if !reply.status.is_success() => {
            answer::succeeded(reply, |_| None).map(|()| Found::default())
        }
        found => found,
    }
}

fn warnings(outcome: &Outcome<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut say = |what: &str, list: &List<Text<'_>>| {
        let found: Vec<String> = list.tidy().collect();
        if !found.is_empty() {
            warnings.push(text::shortened(&format!("{what}: {}", found.join(", ")), 200));
        }
    };
    if let Some(errors) = &outcome.errorlist.0 {
        say("PubMed does not know", &errors.phrasesnotfound);
        say("PubMed has no such field", &errors.fieldsnotfound);
    }
    if let Some(notes) = &outcome.warninglist.0 {
        say("PubMed left out", &notes.phrasesignored);
        say("PubMed does not know the phrase", &notes.quotedphrasesnotfound);
        // That nothing was found is no warning: the empty list says it.
        let others: Vec<String> =
            notes.outputmessages.tidy().filter(|message| !message.starts_with("No items found")).collect();
        warnings.extend(others.iter().take(MAX_MESSAGES).map(|message| text::shortened(message, 200)));
    }
    warnings
}

/// An error that NCBI words itself: its own trouble is worth another attempt (as a malformed answer), the rest is the
/// query's fault.
pub(super) fn failure(message: &str) -> SourceError {
    let small = message.to_lowercase();
    let its_own = ["rate limit", "backend", "temporar", "exception", "timeout", "timed out", "unavailable", "server"];
    if its_own.iter().any(|sign| small.contains(sign)) {
        answer::malformed(&format!("NCBI says: {}", text::plain(message)))
    } else {
        answer::bad_query(message)
    }
}
