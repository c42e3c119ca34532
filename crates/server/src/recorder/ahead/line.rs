//! What stands in a line of the log.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    replicas::Running,
    store::finished::{AnswerRef, FinishedSearch, PackedAnswer},
};

/// About the bytes of a line.
const USUAL: usize = 512;

/// A line. Their numbers grow.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line<'a> {
    pub(super) number: u64,
    pub(super) said: Said<'a>,
}

/// What a line says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said<'a> {
    /// A search began.
    Begun(Uuid, Cow<'a, Running>),
    /// A search ended, with this answer: what is told of it, without its body, where that may not be in the database.
    Ended(Cow<'a, FinishedSearch>, Option<(Uuid, Option<PackedAnswer>)>),
    /// The lines with these numbers count no more.
    Over(Vec<u64>),
}

/// What a process that died has left.
#[derive(Debug)]
pub enum Left {
    /// A search that it ran.
    Begun(Uuid, Running),
    /// A search that it had ended, and the answer of an earlier one that it was served with.
    Ended(FinishedSearch, Option<Uuid>),
}

impl<'a> Said<'a> {
    /// A search began.
    pub(super) const fn begun(id: Uuid, running: &'a Running) -> Self {
        Self::Begun(id, Cow::Borrowed(running))
    }

    /// A search ended. Whoever was served with a kept answer only names it.
    pub(super) fn ended(search: &'a FinishedSearch) -> Self {
        let told = |answer: &AnswerRef| (answer.id, (!search.cache_hit).then(|| answer.source.head()));
        Self::Ended(Cow::Borrowed(search), search.answer.as_ref().map(told))
    }

    /// The search that it is about.
    pub(super) fn search(&self) -> Option<Uuid> {
        match self {
            Self::Begun(id, _) => Some(*id),
            Self::Ended(search, _) => Some(search.id),
            Self::Over(_) => None,
        }
    }

    fn left(self) -> Option<Left> {
        Some(match self {
            Self::Begun(id, running) => Left::Begun(id, running.into_owned()),
            Self::Ended(search, answer) => {
                let mut search = search.into_owned();
                let (id, told) = answer.map_or((None, None), |(id, told)| (Some(id), told));
                let known = told.is_none().then_some(id).flatten();
                search.answer = id.zip(told).map(|(id, told)| AnswerRef { id, source: Arc::new(told) });
                Left::Ended(search, known)
            }
            Self::Over(_) => return None,
        })
    }
}

impl Line<'_> {
    /// After the end of the line before.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(USUAL);
        line.push(b'\n');
        // Ids, words and numbers always serialise; and a line that is none is passed over.
        let _ = serde_json::to_writer(&mut line, self);
        line
    }
}

/// What of a log still counts, with the numbers of the lines: of each search what was said last, unless it is over. What is no
/// line is passed over: the end of a log may be torn.
pub(super) fn left_in(log: &[u8]) -> Vec<(u64, Left)> {
    let (mut lines, mut last) = (BTreeMap::new(), HashMap::new());
    let mut unread = 0;
    for text in log.split(|byte| *byte == b'\n').filter(|text| !text.is_empty()) {
        match serde_json::from_slice(text) {
            Ok(Line { said: Said::Over(numbers), .. }) => {
                for number in numbers {
                    lines.remove(&number);
                }
            }
            Ok(Line { number, said }) => {
                if let Some(before) = said.search().and_then(|id| last.insert(id, number)) {
                    lines.remove(&before);
                }
                lines.insert(number, said);
            }
            Err(_) => unread += 1,
        }
    }
    if unread > 0 {
        tracing::warn!(unread, "lines that a killed process left cannot be read");
    }
    lines.into_iter().filter_map(|(number, said)| Some((number, said.left()?))).collect()
}
