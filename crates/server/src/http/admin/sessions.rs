//! `/api/v1/admin/sessions`: who is signed in, and from where.

use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::workspace;
use crate::{
    access::Caller,
    app::SharedApp,
    client::Client,
    error::Result,
    http::{
        extract::{Json, Path, Query},
        page,
        problem::Problem,
    },
    people,
    store::people::{SessionFilter, TheirSession},
};

/// Most sessions of one page.
const MOST: u32 = 500;

/// Which sessions are wanted; what is not given does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WantedSessions {
    /// Of this person.
    user_id: Option<Uuid>,
    /// In this workspace.
    tenant_id: Option<Uuid>,
    /// The `next` of the page before.
    before: Option<Uuid>,
    /// Most sessions, 1 to 500; 50 without it.
    limit: Option<u32>,
}

/// Somebody's session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminSession)]
pub struct TheirSessionView {
    /// Names it.
    id: Uuid,
    /// Whose it is.
    user_id: Uuid,
    /// Their name for signing in.
    username: String,
    /// Where they are.
    tenant_id: Uuid,
    /// How they proved who they are.
    method: String,
    /// What they signed in from.
    ip_address: Option<String>,
    /// What they signed in with.
    user_agent: Option<String>,
    /// When.
    created_at: DateTime<Utc>,
    /// When it was last refreshed.
    last_seen_at: DateTime<Utc>,
    /// When it ends by itself.
    expires_at: DateTime<Utc>,
}

impl From<TheirSession> for TheirSessionView {
    fn from(row: TheirSession) -> Self {
        let time = |millis: i64| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Self {
            id: row.id,
            user_id: row.user_id,
            username: row.username,
            tenant_id: row.workspace_id,
            method: row.method,
            ip_address: row.ip,
            user_agent: row.user_agent,
            created_at: time(row.created_at),
            last_seen_at: time(row.seen_at),
            expires_at: time(row.expires_at),
        }
    }
}

/// A page of sessions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminSessionPage)]
pub struct TheirSessions {
    /// The latest first.
    sessions: Vec<TheirSessionView>,
    /// The `before` of the next page; nothing on the last one.
    next: Option<Uuid>,
}

/// Who is signed in
#[utoipa::path(get, path = "/api/v1/admin/sessions", operation_id = "list_all_sessions", tag = "administration", params(WantedSessions), responses(
    (status = 200, description = "A page of sessions", body = TheirSessions),
    (status = "4XX", description = "A filter makes no sense", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(wanted): Query<WantedSessions>,
) -> Result<Json<TheirSessions>> {
    let limit = page::within("limit", wanted.limit, 50, MOST)?;
    let filter = SessionFilter { workspace: workspace(&caller, wanted.tenant_id)?, user: wanted.user_id, id: None };
    let rows = people::sessions(&app, filter, wanted.before, limit + 1).await?;
    let (sessions, next) = page::of(rows, limit, |row| row.id);
    Ok(Json(TheirSessions { sessions, next }))
}

/// Sign somebody out
#[utoipa::path(delete, path = "/api/v1/admin/sessions/{id}", operation_id = "end_any_session", tag = "administration",
    params(("id" = Uuid, Path, description = "The session")), responses(
    (status = 204, description = "It has ended"),
    (status = "4XX", description = "There is no such session", body = Problem, content_type = "application/problem+json")))]
pub async fn end(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode> {
    people::end_session(&app, &caller, id, &client).await.map(|()| StatusCode::NO_CONTENT)
}
