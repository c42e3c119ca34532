//! `/api/v1/admin/maintenance`: what an operator has done once in a while, as jobs.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::Caller,
    app::SharedApp,
    client::Client,
    error::Result,
    http::{extract::Json, problem::Problem},
    maintenance::{self, Extent, Task},
};

/// What is to be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// What.
    action: Task,
    /// For `cleanup_old_data`: searches older than so many days go, 0 to 36500.
    #[serde(default)]
    days: Option<u32>,
    /// For `cleanup_old_data`: only count them.
    #[serde(default)]
    dry_run: bool,
}

/// It is in the queue.
#[derive(Debug, Serialize, ToSchema)]
pub struct MaintenanceBegun {
    /// Always `true`; older clients look at it.
    success: bool,
    /// What is done.
    action: Task,
    /// The job; see `/api/v1/admin/jobs/{id}`.
    job_id: Uuid,
}

/// Have maintenance done
///
/// It becomes a job; the same work is not put into the queue twice.
#[utoipa::path(post, path = "/api/v1/admin/maintenance", operation_id = "begin_maintenance", tag = "administration",
    request_body = Maintenance, responses(
    (status = 202, description = "It is in the queue", body = MaintenanceBegun),
    (status = "4XX", description = "It makes no sense", body = Problem, content_type = "application/problem+json")))]
pub async fn begin(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(wanted): Json<Maintenance>,
) -> Result<(StatusCode, Json<MaintenanceBegun>)> {
    let Maintenance { action, days, dry_run } = wanted;
    let extent = days.map(|days| Extent { days, dry_run });
    let job_id = maintenance::begin(&app, &caller, action, extent, &client).await?;
    Ok((StatusCode::ACCEPTED, Json(MaintenanceBegun { success: true, action, job_id })))
}
