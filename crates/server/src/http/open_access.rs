//! `/api/v1/open-access`: where a work can be read for free.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    extract::{Json, Query},
    problem::Problem,
};
use crate::{
    app::SharedApp,
    error::Result,
    open_access::{self, OpenAccess},
};

/// Which work.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Its DOI: bare, with `doi:` or as an address.
    doi: String,
}

/// Where a work can be read for free
///
/// Asks Unpaywall, which wants to know whom it may write to: `search.contact`. What it says is kept for a week; while it is away,
/// what it said before is given for a month, and marked as stale.
#[utoipa::path(get, path = "/api/v1/open-access", operation_id = "find_open_access", tag = "searches", params(Work),
    responses(
        (status = 200, body = OpenAccess),
        (status = "4XX", description = "It is no DOI, or none that is known; or Unpaywall is not asked here", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "Unpaywall did not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn find(State(app): State<SharedApp>, Query(work): Query<Work>) -> Result<Json<OpenAccess>> {
    open_access::of_doi(&app, &work.doi).await.map(Json)
}

#[cfg(test)]
mod tests;
