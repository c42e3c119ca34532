//! `/api/v1/admin/security-events`: what may matter for safety.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
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
    error::Result,
    security_events::{self, SecurityEvent, Severity},
    store::security_events::EventFilter,
};

/// Most events of one page.
const MOST: u32 = 1_000;

/// Which events are wanted; what is not given does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
pub struct WantedEvents {
    /// This kind, for example `failed_sign_in`.
    event_type: Option<String>,
    /// This severe.
    severity: Option<Severity>,
    /// Of this person.
    user_id: Option<Uuid>,
    /// Of this workspace.
    tenant_id: Option<Uuid>,
    /// Whether somebody has said that it is dealt with.
    resolved: Option<bool>,
    /// At this time or later.
    from: Option<DateTime<Utc>>,
    /// Before this time.
    until: Option<DateTime<Utc>>,
    /// The `next` of the page before.
    before: Option<Uuid>,
    /// Most events, 1 to 1000; 100 without it.
    limit: Option<u32>,
}

/// A page of security events.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecurityEventPage {
    /// The latest first.
    events: Vec<SecurityEvent>,
    /// The `before` of the next page.
    next: Option<Uuid>,
}

/// What may matter for safety
///
/// The latest first, page by page: of one's own workspace, or of all for whoever may read the audit log. With
/// `Accept: application/x-ndjson` a line each, to be taken away.
#[utoipa::path(get, path = "/api/v1/admin/security-events", operation_id = "list_security_events", tag = "administration",
    params(WantedEvents), responses(
    (status = 200, description = "A page of events", body = SecurityEventPage),
    (status = "4XX", description = "A filter makes no sense", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<SharedApp>,
    caller: Caller,
    headers: HeaderMap,
    Query(wanted): Query<WantedEvents>,
) -> Result<Response> {
    let limit = page::within("limit", wanted.limit, 100, MOST)?;
    let millis = |time: DateTime<Utc>| time.timestamp_millis();
    let filter = EventFilter {
        workspace: wanted.tenant_id,
        event_type: wanted.event_type,
        severity: wanted.severity.map(Severity::as_str),
        user: wanted.user_id,
        is_resolved: wanted.resolved,
        from: wanted.from.map(millis),
        until: wanted.until.map(millis),
    };
    let rows = security_events::list(&app, &caller, filter, wanted.before, limit + 1).await?;
    let (events, next) = page::of(rows, limit, |row| row.id);
    if page::wants_lines(&headers) {
        return page::lines::<SecurityEvent>(&events);
    }
    Ok(Json(SecurityEventPage { events, next }).into_response())
}

/// Say that an event is dealt with
///
/// What happens again afterwards is a new event.
#[utoipa::path(post, path = "/api/v1/admin/security-events/{id}/resolve", operation_id = "resolve_security_event", tag = "administration",
    params(("id" = Uuid, Path, description = "The event")), responses(
    (status = 200, description = "The event as it is now", body = SecurityEvent),
    (status = "4XX", description = "There is no such event", body = Problem, content_type = "application/problem+json")))]
pub async fn resolve(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<SecurityEvent>> {
    let row = security_events::resolve(&app, &caller, id).await?;
    audit::record(&app, &client, Deed::of(&caller, Action::SecurityEventResolved).to(id)).await?;
    Ok(Json(row.into()))
}

#[cfg(test)]
mod tests;
