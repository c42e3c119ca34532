//! Lists that come page by page, the same everywhere: how long a page may be, where the next one begins, and the same list
//! as lines to be taken away.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;

use crate::{
    error::{Error, Result},
    json,
};

/// One JSON value a line.
pub const NDJSON: &str = "application/x-ndjson";

/// A number that is 1 to `most`, `usual` when nothing is said.
pub fn within(name: &str, wanted: Option<u32>, usual: u32, most: u32) -> Result<u32> {
    let value = wanted.unwrap_or(usual);
    if (1..=most).contains(&value) { Ok(value) } else { Err(Error::invalid(name, format!("must be 1 to {most}"))) }
}

/// The page out of rows of which one more was looked for than it has room for, as they are shown; and the `key` of its last
/// row, where there are more behind it.
pub fn of<Row, View: From<Row>, Key>(
    mut rows: Vec<Row>,
    limit: u32,
    key: impl Fn(&Row) -> Key,
) -> (Vec<View>, Option<Key>) {
    let is_last = rows.len() <= limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| !is_last).map(key);
    (rows.into_iter().map(Into::into).collect(), next)
}

/// Whether lines are wanted instead of a page.
pub fn wants_lines(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|wanted| wanted == NDJSON)
}

/// A value a line.
pub fn lines<View: Serialize>(views: &[View]) -> Result<Response> {
    let mut text = Vec::new();
    for view in views {
        json::write(&mut text, view).map_err(Error::internal)?;
        text.push(b'\n');
    }
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON))], text).into_response())
}
