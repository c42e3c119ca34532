//! `/api/v1/admin/retention/preview`: what would be forgotten.

use axum::extract::State;

use crate::{
    access::Caller,
    app::SharedApp,
    error::Result,
    http::{extract::Json, problem::Problem},
    retention::{self, Old},
};

/// What would be forgotten
///
/// Searches that are older than they are kept, and how many people they are of; they go with the next hourly run.
#[utoipa::path(get, path = "/api/v1/admin/retention/preview", operation_id = "preview_retention", tag = "administration", responses(
    (status = 200, description = "How many", body = Old),
    (status = "4XX", description = "Not allowed", body = Problem, content_type = "application/problem+json")))]
pub async fn preview(State(app): State<SharedApp>, caller: Caller) -> Result<Json<Old>> {
    retention::preview(&app, caller.within(None)).await.map(Json)
}
