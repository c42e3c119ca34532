//! `/api/v1/admin/system/…`, `/api/v1/admin/config` and `/api/v1/admin/dashboard`: the installation in numbers.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::workspace;
use crate::{
    access::Caller,
    adjustments,
    app::SharedApp,
    config::EffectiveSetting,
    error::{Error, Result},
    http::{
        extract::{Json, Query},
        problem::Problem,
    },
    system::{self, Dashboard, SystemHealth},
    usage::{self, Usage},
};

/// What is counted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Period {
    /// The last so many days (UTC), today included; 1 to 366, 30 without it.
    days: Option<u32>,
    /// In this workspace.
    tenant_id: Option<Uuid>,
}

/// What is set.
#[derive(Debug, Serialize, ToSchema)]
pub struct Settings {
    /// Every setting that has a value, by its path.
    settings: Vec<EffectiveSetting>,
}

/// How the installation is doing
#[utoipa::path(get, path = "/api/v1/admin/system/health", operation_id = "admin_system_health", tag = "administration", responses(
    (status = 200, description = "How each part is", body = SystemHealth),
    (status = "4XX", description = "Not allowed", body = Problem, content_type = "application/problem+json")))]
pub async fn health(State(app): State<SharedApp>) -> Result<Json<SystemHealth>> {
    system::health(&app).await.map(Json)
}

/// How PAKE is used
///
/// By day and all together, counted from the database; in the caller's workspace, or, for whoever operates the installation, in all.
#[utoipa::path(get, path = "/api/v1/admin/system/analytics", operation_id = "admin_system_analytics", tag = "administration",
    params(Period), responses(
    (status = 200, description = "The numbers", body = Usage),
    (status = "4XX", description = "The period makes no sense", body = Problem, content_type = "application/problem+json")))]
pub async fn analytics(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(period): Query<Period>,
) -> Result<Json<Usage>> {
    usage::of(&app, workspace(&caller, period.tenant_id)?, period.days.unwrap_or(30)).await.map(Json)
}

/// What the installation is set to
///
/// Each setting with its value and where that was given; secrets are hidden.
#[utoipa::path(get, path = "/api/v1/admin/config", operation_id = "effective_config", tag = "administration", responses(
    (status = 200, description = "Every setting", body = Settings),
    (status = "4XX", description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "The program that serves does not say", body = Problem, content_type = "application/problem+json")))]
pub async fn config(State(app): State<SharedApp>) -> Result<Json<Settings>> {
    let settings = app.settings.get().cloned();
    let mut settings = settings.ok_or(Error::Unavailable { what: "the description of the settings" })?;
    for setting in adjustments::effective(&app) {
        match settings.iter_mut().find(|known| known.setting == setting.setting) {
            Some(known) => *known = setting,
            None => settings.push(setting),
        }
    }
    settings.sort_by(|one, other| one.setting.cmp(&other.setting));
    Ok(Json(Settings { settings }))
}

/// The short form of health and analytics
#[utoipa::path(get, path = "/api/v1/admin/dashboard", operation_id = "admin_dashboard", tag = "administration", responses(
    (status = 200, description = "How it is doing, and the last seven days", body = Dashboard),
    (status = "4XX", description = "Not allowed", body = Problem, content_type = "application/problem+json")))]
pub async fn dashboard(State(app): State<SharedApp>, caller: Caller) -> Result<Json<Dashboard>> {
    system::dashboard(&app, caller.within(None)).await.map(Json)
}

#[cfg(test)]
mod tests;
