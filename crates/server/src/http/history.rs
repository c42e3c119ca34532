//! `/api/v1/history`: the searches made before.

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use engine::source::SourceId;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    extract::{Json, Path, Query},
    page,
    problem::Problem,
};
use crate::{
    access::Caller,
    app::SharedApp,
    audit::{self, Action, Deed},
    client::Client,
    error::{Error, Result},
    history::{self, DAYS_MOST, HistoryFormat, HistoryPage, LIMIT_MOST, TagCount},
    store::{
        analytics::{Analytics, QueryCount},
        entry::HistoryEntry,
        listing::{HistoryCursor, HistoryFilter},
    },
};

/// Longest text that is searched for, in characters.
const TEXT_LONGEST: usize = 1_000;

/// What of the history is wanted; what is not given does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Words: each must begin a word of the question. When there is no such question, and each has three characters or more,
    /// each must be somewhere in a word of it.
    q: Option<String>,
    /// This source was to be asked.
    source: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// Only favourites.
    favorites: bool,
    /// Asked at this time or later: `2026-01-31` or `2026-01-31T12:00:00Z`.
    from: Option<String>,
    /// Asked before this time.
    until: Option<String>,
    /// `recent`: every search, the latest first. `popular`: every question once, the most asked first.
    view: Option<String>,
    /// Judged at least this good, 0 to 1.
    min_quality: Option<f64>,
    /// Judged at most this good, 0 to 1.
    max_quality: Option<f64>,
    /// `running`, `completed`, `partial`, `failed` or `cancelled`.
    status: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most entries, 1 to 1000; 20 without it.
    limit: Option<u32>,
}

impl Wanted {
    /// The filter, when all of it makes sense.
    fn filter(&self) -> Result<HistoryFilter> {
        let filter = HistoryFilter {
            view: named("view", "recent or popular", self.view.as_deref())?.unwrap_or_default(),
            favorites: self.favorites,
            source: source(self.source.as_deref())?,
            from: time("from", self.from.as_deref())?,
            until: time("until", self.until.as_deref())?,
            min_quality: quality("min_quality", self.min_quality)?,
            max_quality: quality("max_quality", self.max_quality)?,
            tag: self.tag.clone(),
            text: self.q.clone(),
            status: named("status", "one of running, completed, partial, failed, cancelled", self.status.as_deref())?,
        };
        if filter.text.as_ref().is_some_and(|text| text.chars().count() > TEXT_LONGEST) {
            return Err(Error::invalid("q", format!("has more than {TEXT_LONGEST} characters")));
        }
        if let (Some(from), Some(until)) = (filter.from, filter.until)
            && from >= until
        {
            return Err(Error::invalid("until", "must be later than `from`"));
        }
        Ok(filter)
    }

    fn after(&self) -> Result<Option<HistoryCursor>> {
        let after = self.after.as_deref().map(str::parse).transpose();
        after.map_err(|error| Error::invalid("after", format!("is {error}")))
    }
}

/// List searches
///
/// With filters, page by page: `next` of one page is `after` of the next.
#[utoipa::path(get, path = "/api/v1/history", operation_id = "list_history", tag = "history", params(Wanted), responses(
    (status = 200, body = HistoryPage),
    (status = "4XX", description = "A filter makes no sense", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<HistoryPage>> {
    let limit = page::within("limit", wanted.limit, 20, LIMIT_MOST)?;
    history::list(&app, caller.scope, &wanted.filter()?, wanted.after()?, limit).await.map(Json)
}

/// Delete every search
///
/// Favourites too. What a search under way finds afterwards is a new entry.
#[utoipa::path(delete, path = "/api/v1/history", operation_id = "clear_history", tag = "history",
    responses((status = 204, description = "The history is empty")))]
pub async fn clear(State(app): State<SharedApp>, client: Client, caller: Caller) -> Result<StatusCode> {
    history::delete_all(&app, caller.scope).await?;
    audit::record(&app, &client, Deed::of(&caller, Action::HistoryCleared)).await.map(|()| StatusCode::NO_CONTENT)
}

/// One search of the history
///
/// Its counts, its timing and how it went with each source. Its works are at `/api/v1/searches/{id}`, where they are kept.
#[utoipa::path(get, path = "/api/v1/history/{id}", operation_id = "show_history_entry", tag = "history",
    params(("id" = Uuid, Path, description = "The search")),
    responses(
        (status = 200, body = HistoryEntry),
        (status = "4XX", description = "There is no such search", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn show(State(app): State<SharedApp>, caller: Caller, Path(id): Path<Uuid>) -> Result<Json<HistoryEntry>> {
    history::find(&app, caller.scope, id).await.map(Json)
}

/// Delete a search
#[utoipa::path(delete, path = "/api/v1/history/{id}", operation_id = "delete_history_entry", tag = "history",
    params(("id" = Uuid, Path, description = "The search")),
    responses(
        (status = 204, description = "Deleted"),
        (status = "4XX", description = "There is no such search", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn delete(State(app): State<SharedApp>, caller: Caller, Path(id): Path<Uuid>) -> Result<StatusCode> {
    history::delete(&app, caller.scope, id).await.map(|()| StatusCode::NO_CONTENT)
}

/// Whether a search is a favourite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Favorite {
    /// It is.
    is_favorite: bool,
}

/// Make a search a favourite, or not any more
///
/// Favourites stay until they are deleted by hand.
#[utoipa::path(put, path = "/api/v1/history/{id}/favorite", operation_id = "set_favorite", tag = "history",
    params(("id" = Uuid, Path, description = "The search")), request_body = Favorite,
    responses(
        (status = 200, description = "The search as it is now", body = HistoryEntry),
        (status = "4XX", description = "There is no such search, or the body cannot be read", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn favorite(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(favorite): Json<Favorite>,
) -> Result<Json<HistoryEntry>> {
    history::set_favorite(&app, caller.scope, id, favorite.is_favorite).await.map(Json)
}

/// The tags of a search.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tags {
    /// All that it shall have: 32 at most, each of 1 to 64 characters.
    tags: Vec<String>,
}

/// Give a search these tags and no others
#[utoipa::path(put, path = "/api/v1/history/{id}/tags", operation_id = "set_tags", tag = "history",
    params(("id" = Uuid, Path, description = "The search")), request_body = Tags,
    responses(
        (status = 200, description = "The search as it is now", body = HistoryEntry),
        (status = "4XX", description = "There is no such search, or a tag cannot be used", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn tag(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(tags): Json<Tags>,
) -> Result<Json<HistoryEntry>> {
    history::set_tags(&app, caller.scope, id, &tags.tags).await.map(Json)
}

/// All tags in use.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsedTags {
    /// The most used first.
    tags: Vec<TagCount>,
}

/// All tags in use
#[utoipa::path(get, path = "/api/v1/history/tags", operation_id = "list_tags", tag = "history",
    responses((status = 200, body = UsedTags)))]
pub async fn tags(State(app): State<SharedApp>, caller: Caller) -> Result<Json<UsedTags>> {
    Ok(Json(UsedTags { tags: history::tags(&app, caller.scope).await? }))
}

/// Over how long the history is counted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
pub struct Period {
    /// The last so many days, 1 to 36500; 30 without it.
    days: Option<u32>,
    /// Most questions in `popular_queries`, 1 to 100; 10 without it.
    limit: Option<u32>,
}

impl Period {
    /// Days and limit, when both make sense.
    pub(super) fn checked(&self) -> Result<(u32, u32)> {
        Ok((page::within("days", self.days, 30, DAYS_MOST)?, page::within("limit", self.limit, 10, 100)?))
    }
}

/// Whose popular questions are wanted, and of when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
pub struct PopularOf {
    /// The last so many days, 1 to 36500; 30 without it.
    days: Option<u32>,
    /// Most questions, 1 to 100; 10 without it.
    limit: Option<u32>,
    /// Those of everybody in the workspace who shares theirs, each asked by two at least; one's own without it.
    shared: bool,
}

/// The history in numbers
#[utoipa::path(get, path = "/api/v1/history/analytics", operation_id = "count_history", tag = "history", params(Period),
    responses(
        (status = 200, body = Analytics),
        (status = "4XX", description = "The period makes no sense", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn analytics(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(period): Query<Period>,
) -> Result<Json<Analytics>> {
    let (days, limit) = period.checked()?;
    history::analytics(&app, caller.scope, days, limit).await.map(Json)
}

/// The most asked questions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Popular {
    /// The most asked first.
    queries: Vec<QueryCount>,
}

/// The most asked questions
#[utoipa::path(get, path = "/api/v1/history/popular", operation_id = "list_popular_queries", tag = "history", params(PopularOf),
    responses(
        (status = 200, body = Popular),
        (status = "4XX", description = "The period makes no sense", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn popular(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(wanted): Query<PopularOf>,
) -> Result<Json<Popular>> {
    let PopularOf { days, limit, shared } = wanted;
    let (days, limit) = Period { days, limit }.checked()?;
    let queries = if shared {
        history::popular_here(&app, caller.scope, days, limit).await?
    } else {
        history::popular(&app, caller.scope, days, limit).await?
    };
    Ok(Json(Popular { queries }))
}

/// As what the history is taken away.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
pub struct ExportAs {
    /// `json` (one document, the default), `ndjson` (an entry a line) or `csv`.
    format: Option<String>,
}

/// Take the whole history away
#[utoipa::path(get, path = "/api/v1/history/export", operation_id = "export_history", tag = "history", params(ExportAs),
    responses(
        (status = 200, description = "Every search, the latest first", content(
            (String = "application/json"), (String = "application/x-ndjson"), (String = "text/csv"))),
        (status = "4XX", description = "There is no such format", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn export(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Query(wanted): Query<ExportAs>,
) -> Result<Response> {
    let format: HistoryFormat = wanted
        .format
        .map_or(Ok(HistoryFormat::default()), |name| name.parse())
        .map_err(|unknown| Error::invalid("format", unknown.to_string()))?;
    let day = app.clock.now().date_naive();
    let name = format!("attachment; filename=\"pake-history-{day}.{}\"", format.as_str());
    audit::record(&app, &client, Deed::of(&caller, Action::HistoryExported)).await?;
    let pieces = history::export(&app, caller.scope, format).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(Error::internal)?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// A word that stands for something.
fn named<T: DeserializeOwned>(name: &str, known: &str, given: Option<&str>) -> Result<Option<T>> {
    let read = |word: &str| serde_json::from_value(serde_json::Value::from(word));
    given.map(read).transpose().map_err(|_| Error::invalid(name, format!("must be {known}")))
}

fn source(given: Option<&str>) -> Result<Option<SourceId>> {
    given.map(str::parse).transpose().map_err(|unknown| Error::invalid("source", format!("{unknown}")))
}

fn quality(name: &str, given: Option<f64>) -> Result<Option<f64>> {
    match given {
        Some(value) if !(0.0..=1.0).contains(&value) => Err(Error::invalid(name, "must be 0 to 1")),
        _ => Ok(given),
    }
}

/// A day, which begins at midnight UTC, or a time.
fn time(name: &str, given: Option<&str>) -> Result<Option<DateTime<Utc>>> {
    let Some(text) = given else { return Ok(None) };
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    // A `+` in a query string that was not escaped arrives as a space.
    let time = || DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok().map(|time| time.to_utc());
    let read = day().or_else(time);
    read.map(Some).ok_or_else(|| {
        Error::invalid(name, format!("`{text}` is neither a day (2026-01-31) nor a time (2026-01-31T12:00:00Z)"))
    })
}

#[cfg(test)]
mod tests;
