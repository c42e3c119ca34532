//! `/health…`: for people, load balancers and deployments.

use axum::extract::State;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{client, extract::Json, problem::Problem};
use crate::{
    app::{App, SharedApp},
    client::Client,
    error::Result,
    health::{self, Health},
};

/// Which release answers, where it has been told (`server.release`).
const RELEASE: HeaderName = HeaderName::from_static("pake-release");

/// That it is so, and who says it.
type Told = (StatusCode, HeaderMap);

/// How PAKE and its parts are doing
///
/// The status is 200 also when a part is degraded: PAKE goes on without it. Load balancers ask `/health/ready`.
#[utoipa::path(get, path = "/health", operation_id = "system_health", tag = "operation", responses((status = 200, body = Health)))]
pub async fn summary(State(app): State<SharedApp>, client: Client) -> Result<Json<Health>> {
    client::check_monitoring(&app, &client)?;
    Ok(Json(health::of(&app).await))
}

/// Whether the process runs
///
/// Says nothing of what it depends on: a process without its database is not to be killed.
#[utoipa::path(get, path = "/health/live", tag = "operation", responses((status = 204, description = "It runs")))]
pub async fn live(State(app): State<SharedApp>) -> Told {
    told(&app)
}

/// The same as `/health/live`
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 204, description = "It runs")))]
pub async fn healthz(app: State<SharedApp>) -> Told {
    live(app).await
}

/// Whether requests should be sent here
#[utoipa::path(get, path = "/health/ready", tag = "operation", responses(
    (status = 204, description = "They should"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "They should not: the database is away, or the server is about to stop"),
))]
pub async fn ready(State(app): State<SharedApp>) -> Result<Told> {
    health::ready(&app).await.map(|()| told(&app))
}

/// The same as `/health/ready`
#[utoipa::path(get, path = "/readyz", tag = "operation", responses(
    (status = 204, description = "They should"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "They should not"),
))]
pub async fn readyz(app: State<SharedApp>) -> Result<Told> {
    ready(app).await
}

fn told(app: &App) -> Told {
    let release = app.config.server.release.as_deref().and_then(|release| HeaderValue::from_str(release).ok());
    (StatusCode::NO_CONTENT, release.into_iter().map(|release| (RELEASE, release)).collect())
}
