//! `/metrics`: for Prometheus.

use axum::{extract::State, response::IntoResponse};
use http::header;

use super::client;
use crate::{app::SharedApp, client::Client, error::Result, health};

/// The content type of what prometheus-client writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted and timed
///
/// In the OpenMetrics text format; docs/reference/metrics.md names every family.
#[utoipa::path(get, path = "/metrics", operation_id = "scrape_metrics", tag = "operation", responses(
    (status = 200, content_type = "application/openmetrics-text", body = String),
))]
pub async fn scrape(State(app): State<SharedApp>, client: Client) -> Result<impl IntoResponse> {
    client::check_monitoring(&app, &client)?;
    // Whether the database and Redis are there is only known when they are asked.
    health::of(&app).await;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], app.metrics.render()))
}
