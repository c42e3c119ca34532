//! `/api/v1/user/preferences`: what one prefers in the workspace that one is in. Also at `/user/preferences`, where the earlier
//! system had it.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{extract::Json, problem::Problem};
use crate::{
    access::Caller,
    app::SharedApp,
    error::Result,
    preferences::{self, Preferences},
};

/// What one prefers, and what comes of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreferencesView {
    /// What one has set, or the defaults.
    #[serde(flatten)]
    preferences: Preferences,
    /// How long one's searches are really kept, in days: the workspace and the operator have their say.
    effective_retention_days: u32,
}

/// What one prefers
#[utoipa::path(get, path = "/api/v1/user/preferences", operation_id = "show_preferences", tag = "accounts", responses(
    (status = 200, description = "What one has set, or the defaults", body = PreferencesView),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn show(State(app): State<SharedApp>, caller: Caller) -> Result<Json<PreferencesView>> {
    let preferences = preferences::of(&app, caller.scope).await?;
    let effective_retention_days = preferences::kept_days(&app, caller.scope).await?;
    Ok(Json(PreferencesView { preferences, effective_retention_days }))
}

/// Set what one prefers
///
/// What is missing is as it is by default again.
#[utoipa::path(put, path = "/api/v1/user/preferences", operation_id = "set_preferences", tag = "accounts", request_body = Preferences, responses(
    (status = 200, description = "What holds from now on", body = PreferencesView),
    (status = "4XX", description = "A preference makes no sense", body = Problem, content_type = "application/problem+json")))]
pub async fn set(
    State(app): State<SharedApp>,
    caller: Caller,
    Json(wanted): Json<Preferences>,
) -> Result<Json<PreferencesView>> {
    let preferences = preferences::set(&app, &caller, wanted).await?;
    let effective_retention_days = preferences::kept_days(&app, caller.scope).await?;
    Ok(Json(PreferencesView { preferences, effective_retention_days }))
}

#[cfg(test)]
mod tests;
