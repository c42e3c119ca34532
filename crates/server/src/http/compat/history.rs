//! `/search/history` and what belongs to it: the earlier Python system's paths (compat.md §4.2) to the same history.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    access::Caller,
    app::SharedApp,
    error::{Error, Result},
    history::{self, LIMIT_MOST},
    http::{
        extract::{Json, Path, Query},
        history::Period,
        page,
        problem::Problem,
    },
    store::{
        analytics::{Analytics, QueryCount},
        entry::HistoryEntry,
        listing::HistoryFilter,
    },
};

/// Which part of the history is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct OldPage {
    /// Most entries, 1 to 1000; 50 without it.
    limit: Option<u32>,
    /// Entries left out at the beginning; with `limit` at most 1000.
    offset: u32,
    /// Understood for compatibility; there is one person.
    user_filter: Option<String>,
}

/// A part of the history in the earlier system's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldHistory {
    success: bool,
    history: Vec<HistoryEntry>,
    limit: u32,
    offset: u32,
}

/// Whether a search is a favourite now.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldFavorite {
    success: bool,
    is_favorite: bool,
}

/// The most asked questions in the earlier system's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldPopular {
    success: bool,
    popular_queries: Vec<QueryCount>,
}

/// List searches, as the earlier system did it
///
/// `GET /api/v1/history` has filters and reaches beyond the first thousand.
#[utoipa::path(get, path = "/search/history", operation_id = "list_old_history", tag = "compat", params(OldPage),
    responses(
        (status = 200, body = OldHistory),
        (status = "4XX", description = "The part makes no sense", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn list(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(old): Query<OldPage>,
) -> Result<Json<OldHistory>> {
    let limit = page::within("limit", old.limit, 50, LIMIT_MOST)?;
    let most = limit.saturating_add(old.offset);
    if most > LIMIT_MOST {
        let message = format!("reaches the first {LIMIT_MOST} searches only; use GET /api/v1/history for the rest");
        return Err(Error::invalid("offset", message));
    }
    let page = history::list(&app, caller.scope, &HistoryFilter::default(), None, most).await?;
    let history = page.entries.into_iter().skip(old.offset as usize).collect();
    Ok(Json(OldHistory { success: true, history, limit, offset: old.offset }))
}

/// Make a search a favourite, or not any more, as the earlier system did it
///
/// Each call turns it over.
#[utoipa::path(post, path = "/search/history/{id}/favorite", operation_id = "toggle_old_favorite", tag = "compat",
    params(("id" = Uuid, Path, description = "The search")),
    responses(
        (status = 200, body = OldFavorite),
        (status = "4XX", description = "There is no such search", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn favorite(State(app): State<SharedApp>, caller: Caller, Path(id): Path<Uuid>) -> Result<Json<OldFavorite>> {
    let before = history::find(&app, caller.scope, id).await?;
    let entry = history::set_favorite(&app, caller.scope, id, !before.is_favorite).await?;
    Ok(Json(OldFavorite { success: true, is_favorite: entry.is_favorite }))
}

/// The history in numbers, as the earlier system did it
#[utoipa::path(get, path = "/search/analytics", operation_id = "count_old_history", tag = "compat", params(Period),
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

/// The most asked questions, as the earlier system did it
#[utoipa::path(get, path = "/search/popular", operation_id = "list_old_popular_queries", tag = "compat", params(Period),
    responses(
        (status = 200, body = OldPopular),
        (status = "4XX", description = "The period makes no sense", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn popular(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(period): Query<Period>,
) -> Result<Json<OldPopular>> {
    let (days, limit) = period.checked()?;
    let popular_queries = history::popular(&app, caller.scope, days, limit).await?;
    Ok(Json(OldPopular { success: true, popular_queries }))
}
