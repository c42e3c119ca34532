//! What the tests of the connectors share.

use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use http::{HeaderMap, StatusCode};
use proptest::prelude::*;
use url::Url;

use super::Settings;
use crate::{
    clock::FixedClock,
    fetch::{FetchSettings, Fetcher, LaneSettings, Reply},
    item::{Identifier, WorkType},
    plan::Plan,
    query::{Expr, Field, Leaf, YearRange},
    source::SourceId,
};

/// Settings with this base URL, key and contact.
pub fn settings(base_url: &str, key: Option<&str>, contact: Option<&str>) -> Settings {
    Settings {
        base_url: Url::parse(base_url).unwrap(),
        key: key.map(Into::into),
        contact: contact.map(Into::into),
        urls: Vec::new(),
    }
}

/// A plan that pushes these conditions.
pub fn plan(pushed: Vec<Expr>) -> Plan {
    Plan { pushed, local: Vec::new(), applied: Vec::new() }
}

pub fn word(field: Field, text: &str) -> Expr {
    Expr::Leaf(Leaf::Text { field, text: text.to_owned(), phrase: false })
}

pub fn phrase(field: Field, text: &str) -> Expr {
    Expr::Leaf(Leaf::Text { field, text: text.to_owned(), phrase: true })
}

pub fn not(expr: Expr) -> Expr {
    Expr::Not(Box::new(expr))
}

pub fn years(from: impl Into<Option<i32>>, to: impl Into<Option<i32>>) -> Expr {
    Expr::Leaf(Leaf::Year(YearRange { from: from.into(), to: to.into() }))
}

pub fn identifier(identifier: Identifier) -> Expr {
    Expr::Leaf(Leaf::Identifier(identifier))
}

pub fn kind(kind: WorkType) -> Expr {
    Expr::Leaf(Leaf::Type(kind))
}

pub fn open(open: bool) -> Expr {
    Expr::Leaf(Leaf::Open(open))
}

/// An answer with this status and body.
pub fn reply(status: u16, body: &[u8]) -> Reply {
    Reply {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body),
        url: Url::parse("http://127.0.0.1/").unwrap(),
        took: Duration::from_millis(1),
    }
}

/// A fetcher that asks `source` at once and asks again at once.
pub fn fetcher(source: SourceId) -> Fetcher {
    let lane = LaneSettings { rate: 0.0, concurrency: 0, backoff: Duration::ZERO, ..LaneSettings::default() };
    let settings = FetchSettings { lanes: [(source, lane)].into(), ..FetchSettings::default() };
    Fetcher::new(settings, FixedClock::at(DateTime::UNIX_EPOCH)).unwrap()
}

/// `recording` with a few random edits: bytes changed, cut out, doubled, put in, and the end cut off.
pub fn mutated(recording: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"<"[..],
        b">",
        b"\"",
        b"{",
        b"}",
        b"[",
        b"]",
        b":null,",
        b"&",
        b"&#x110000;",
        b"\xff",
        b"\0",
        b"</",
        b"-1e999",
        b"\\ud800",
        b"\xe2\x80\xae",
        b"99999999999999999999",
    ]);
    let edit = (0_u8..5, any::<prop::sample::Index>(), 1_usize..200, piece);
    prop::collection::vec(edit, 1..6).prop_map(move |edits| {
        let mut body = recording.to_vec();
        for (how, at, length, piece) in edits {
            if body.is_empty() {
                break;
            }
            let start = at.index(body.len());
            let end = (start + length).min(body.len());
            match how {
                0 => drop(body.drain(start..end)),
                1 => drop(body.splice(start..start, piece.iter().copied())),
                2 => drop(body.splice(start..end, piece.iter().copied())),
                3 => {
                    let double = body[start..end].to_vec();
                    drop(body.splice(start..start, double));
                }
                _ => body.truncate(start),
            }
        }
        body
    })
}
