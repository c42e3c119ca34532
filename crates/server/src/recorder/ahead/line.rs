//! What stands in a line of the log, and behind it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    json,
    replicas::Running,
    store::finished::{AnswerRef, FinishedSearch, PackedAnswer},
};

/// About the bytes of a line.
const USUAL: usize = 512;

/// A line. Their numbers grow.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line<'a> {
    number: u64,
    said: Said<'a>,
    /// Of the answer whose body stands behind the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind: Option<Behind>,
}

/// What stands behind a line as it is: the body of an answer is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Behind {
    bytes: usize,
    crc32: u32,
}

impl Behind {
    fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len(), crc32: crc32fast::hash(bytes) }
    }
}

/// What a line says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said<'a> {
    /// A search began.
    Begun(Uuid, Cow<'a, Running>),
    /// A search ended, with this answer: what is told of it, where that may not be in the database.
    Ended(Cow<'a, FinishedSearch>, Option<(Uuid, Option<Cow<'a, PackedAnswer>>)>),
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
    pub(super) fn ended(search: &'a FinishedSearch, made: Option<&'a PackedAnswer>) -> Self {
        let answer = search.answer.as_ref().map(|answer| (answer.id, made.map(Cow::Borrowed)));
        Self::Ended(Cow::Borrowed(search), answer)
    }

    /// The search that it is about.
    pub(super) fn search(&self) -> Option<Uuid> {
        match self {
            Self::Begun(id, _) => Some(*id),
            Self::Ended(search, _) => Some(search.id),
            Self::Over(_) => None,
        }
    }

    /// Of the answer that it tells of.
    fn body(&self) -> Option<&Bytes> {
        match self {
            Self::Ended(_, Some((_, Some(answer)))) => answer.body.as_ref(),
            _ => None,
        }
    }

    fn with_body(mut self, body: Option<Bytes>) -> Self {
        if let Self::Ended(_, Some((_, Some(answer)))) = &mut self {
            answer.to_mut().body = body;
        }
        self
    }

    fn left(self) -> Option<Left> {
        Some(match self {
            Self::Begun(id, running) => Left::Begun(id, running.into_owned()),
            Self::Ended(search, answer) => {
                let mut search = search.into_owned();
                let (id, told) = answer.map_or((None, None), |(id, told)| (Some(id), told));
                let known = told.is_none().then_some(id).flatten();
                search.answer = id.zip(told).map(|(id, told)| AnswerRef { id, source: Arc::new(told.into_owned()) });
                Left::Ended(search, known)
            }
            Self::Over(_) => return None,
        })
    }
}

impl<'a> Line<'a> {
    /// After the end of the line before; and what is to stand behind it.
    pub(super) fn written(number: u64, said: Said<'a>) -> (Vec<u8>, Bytes) {
        let body = said.body().cloned();
        let behind = body.as_deref().map(Behind::of);
        let mut line = Vec::with_capacity(USUAL);
        line.push(b'\n');
        // Ids, words and numbers always serialise; and a line that is none is passed over.
        let _ = json::write(&mut line, &Line { number, said, behind });
        if behind.is_some() {
            line.push(b'\n');
        }
        (line, body.unwrap_or_default())
    }
}

/// What of a log still counts, with the numbers of the lines: of each search what was said last, unless it is over. What is no
/// line is passed over: the end of a log may be torn.
pub(super) fn left_in(log: &[u8]) -> Vec<(u64, Left)> {
    let (mut lines, mut last) = (BTreeMap::new(), HashMap::new());
    let (mut unread, mut rest) = (0, log);
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let text = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        if text.is_empty() {
            continue;
        }
        let Ok(Line { number, said, behind }) = serde_json::from_slice(text) else {
            unread += 1;
            continue;
        };
        if let Said::Over(numbers) = said {
            for number in numbers {
                lines.remove(&number);
            }
            continue;
        }
        let body = behind.and_then(|behind| rest.get(..behind.bytes).filter(|body| Behind::of(body) == behind));
        rest = &rest[body.map_or(0, <[u8]>::len)..];
        let id = said.search();
        if behind.is_some() && body.is_none() && id.is_some_and(|id| last.contains_key(&id)) {
            // Cut off in the midst: what was said before counts, a search that began is run again.
            unread += 1;
            continue;
        }
        if let Some(before) = id.and_then(|id| last.insert(id, number)) {
            lines.remove(&before);
        }
        lines.insert(number, said.with_body(body.map(Bytes::copy_from_slice)));
    }
    if unread > 0 {
        tracing::warn!(unread, "lines that a killed process left cannot be read");
    }
    lines.into_iter().filter_map(|(number, said)| Some((number, said.left()?))).collect()
}
