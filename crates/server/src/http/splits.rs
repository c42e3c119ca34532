//! `/api/v1/splits`: merges that were undone.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{extract::Json, problem::Problem};
use crate::{
    access::Caller,
    app::SharedApp,
    error::{Error, Result},
    splits,
};

/// Two records that are not the same work.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// As `source:source_id`.
    one: String,
    /// As `source:source_id`.
    other: String,
}

/// All pairs of records that were split.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pairs {
    /// In the order of the keys.
    splits: Vec<Pair>,
}

/// Merges that were undone
#[utoipa::path(get, path = "/api/v1/splits", tag = "searches", responses((status = 200, body = Pairs)))]
pub async fn list(State(app): State<SharedApp>, caller: Caller) -> Result<Json<Pairs>> {
    let known = app.splits.of(&app.db, caller.scope).await?;
    let pair = |(one, other): (&str, &str)| Pair { one: one.to_owned(), other: other.to_owned() };
    Ok(Json(Pairs { splits: known.iter().map(pair).collect() }))
}

/// Take a split back
///
/// The two records may be merged again; ask again to see it.
#[utoipa::path(delete, path = "/api/v1/splits", tag = "searches", request_body = Pair,
    responses(
        (status = 204, description = "Taken back"),
        (status = "4XX", description = "There is no such split, or the body cannot be read", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn rejoin(State(app): State<SharedApp>, caller: Caller, Json(pair): Json<Pair>) -> Result<StatusCode> {
    if splits::rejoin(&app, caller.scope, &pair.one, &pair.other).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::not_found("split", format!("{} {}", pair.one, pair.other)))
    }
}
