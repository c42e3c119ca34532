//! The whole history as one file, written as it is read: however long it is, a page of it is in memory.

use std::{fmt, str::FromStr, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde::Serialize;
use uuid::Uuid;

use super::everything;
use crate::{
    app::App,
    error::{Error, Result},
    export,
    store::{Scope, analytics::Analytics, entry::HistoryEntry},
};

/// What the columns of the CSV file hold.
const HEADER: [&str; 15] = [
    "id",
    "created_at",
    "query",
    "sources",
    "status",
    "results_count",
    "execution_time_ms",
    "cache_hit",
    "quality_score",
    "reported",
    "retrieved",
    "filtered",
    "duplicates",
    "is_favorite",
    "tags",
];

/// What the history can be written as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HistoryFormat {
    /// One document, with the numbers beside the entries.
    #[default]
    Json,
    /// One entry a line.
    Ndjson,
    /// For spreadsheets.
    Csv,
}

/// There is no such format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownHistoryFormat(String);

impl fmt::Display for UnknownHistoryFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = HistoryFormat::ALL.map(HistoryFormat::as_str).join(", ");
        write!(f, "unknown format `{}`; the formats are: {known}", self.0)
    }
}

impl HistoryFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Json, Self::Ndjson, Self::Csv];

    /// The word for it in requests; also how the name of such a file ends.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

impl FromStr for HistoryFormat {
    type Err = UnknownHistoryFormat;

    fn from_str(name: &str) -> Result<Self, UnknownHistoryFormat> {
        let format = Self::ALL.into_iter().find(|format| format.as_str() == name);
        format.ok_or_else(|| UnknownHistoryFormat(name.to_owned()))
    }
}

/// The beginning of the JSON document; the keys are the earlier system's (compat.md §4.2).
#[derive(Debug, Serialize)]
struct Head {
    export_date: DateTime<Utc>,
    user_id: Uuid,
    analytics: Analytics,
}

/// The history of a person as this format, piece by piece. What the database says to the first piece is an error at once; what
/// breaks later breaks the stream, so that half a history is never taken for a whole one.
pub async fn export(
    app: &Arc<App>,
    scope: Scope,
    format: HistoryFormat,
) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
    let mut pages = Box::pin(everything(Arc::clone(app), scope));
    let first = pages.try_next().await?.unwrap_or_default();
    let head = match format {
        HistoryFormat::Json => json_head(app, scope).await?,
        HistoryFormat::Ndjson => String::new(),
        HistoryFormat::Csv => export::lines([HEADER.map(str::to_owned)]),
    };
    let mut written = 0;
    let entries = stream::once(async { Ok(first) }).chain(pages).map_ok(move |page| {
        let text = match format {
            HistoryFormat::Json => json_entries(&page, written == 0),
            HistoryFormat::Ndjson => page.iter().map(|entry| json(entry) + "\n").collect(),
            HistoryFormat::Csv => export::lines(page.iter().map(row)),
        };
        written += page.len();
        (text, written)
    });
    // The tail tells how many there were: it is known when the last page has passed.
    let pieces = stream::unfold((Box::pin(entries), Some(0)), move |(mut entries, total)| async move {
        match (entries.next().await, total) {
            (Some(Ok((text, written))), _) => Some((Ok(text), (entries, Some(written)))),
            (Some(Err(error)), _) => Some((Err(error), (entries, None))),
            (None, Some(total)) if format == HistoryFormat::Json => Some((Ok(json_tail(total)), (entries, None))),
            (None, _) => None,
        }
    });
    let pieces = stream::once(async { Ok::<_, Error>(head) }).chain(pieces);
    Ok(pieces.try_filter(|piece| std::future::ready(!piece.is_empty())).map_ok(Bytes::from))
}

async fn json_head(app: &App, scope: Scope) -> Result<String> {
    let analytics = super::analytics(app, scope, super::DAYS_MOST, 20).await?;
    let head = json(&Head { export_date: app.clock.now(), user_id: scope.user, analytics });
    Ok(format!("{},\"preferences\":null,\"search_history\":[", head.strip_suffix('}').unwrap_or(&head)))
}

fn json_entries(page: &[HistoryEntry], is_first: bool) -> String {
    let entries = page.iter().map(json).collect::<Vec<_>>().join(",");
    if is_first || entries.is_empty() { entries } else { format!(",{entries}") }
}

fn json_tail(total: usize) -> String {
    format!("],\"metadata\":{{\"total_searches\":{total},\"export_version\":\"1.0\"}}}}\n")
}

fn json<T: Serialize>(value: &T) -> String {
    // Strings and numbers always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

fn row(entry: &HistoryEntry) -> [String; HEADER.len()] {
    let counts = &entry.query_metadata.counts;
    [
        entry.id.to_string(),
        entry.created_at.to_rfc3339(),
        entry.query.clone(),
        entry.sources.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        entry.query_metadata.status.as_str().to_owned(),
        entry.results_count.to_string(),
        entry.execution_time_ms.to_string(),
        entry.cache_hit.to_string(),
        entry.quality_score.map(|score| score.to_string()).unwrap_or_default(),
        counts.reported.to_string(),
        counts.retrieved.to_string(),
        counts.filtered.to_string(),
        counts.duplicates.to_string(),
        entry.is_favorite.to_string(),
        entry.tags.join("; "),
    ]
}
