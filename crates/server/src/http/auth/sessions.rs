//! Where one has signed in, and ending that.

use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::Caller,
    app::SharedApp,
    client::Client,
    error::{Error, Result},
    http::{
        extract::{Json, Path},
        problem::Problem,
    },
    sessions,
    store::sessions::{SessionRow, Which},
};

/// A place where one has signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// Names it.
    id: Uuid,
    /// Whether it is the one that asks.
    is_current: bool,
    /// How one has shown who one is.
    #[schema(example = "password")]
    method: String,
    /// The address that one signed in from.
    ip: Option<String>,
    /// The program that one signed in with.
    user_agent: Option<String>,
    /// When one signed in.
    created_at: DateTime<Utc>,
    /// When it was last refreshed.
    last_seen_at: DateTime<Utc>,
    /// When it ends by itself.
    expires_at: DateTime<Utc>,
}

impl SessionView {
    fn of(row: SessionRow, current: Option<Uuid>) -> Self {
        let time = |millis| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Self {
            id: row.id,
            is_current: Some(row.id) == current,
            method: row.method,
            ip: row.ip,
            user_agent: row.user_agent,
            created_at: time(row.created_at),
            last_seen_at: time(row.seen_at),
            expires_at: time(row.expires_at),
        }
    }
}

/// Where one has signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// The latest first.
    sessions: Vec<SessionView>,
}

/// Where one has signed in
#[utoipa::path(get, path = "/api/v1/auth/sessions", operation_id = "list_sessions", tag = "accounts", responses(
    (status = 200, description = "The sessions that have not ended", body = SessionList),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<SharedApp>, caller: Caller) -> Result<Json<SessionList>> {
    let current = caller.session();
    let rows = sessions::list(&app, &caller).await?;
    Ok(Json(SessionList { sessions: rows.into_iter().map(|row| SessionView::of(row, current)).collect() }))
}

/// End one session
#[utoipa::path(delete, path = "/api/v1/auth/sessions/{id}", operation_id = "end_session", tag = "accounts",
    params(("id" = Uuid, Path, description = "The session")), responses(
    (status = 204, description = "Ended"),
    (status = "4XX", description = "There is no such session", body = Problem, content_type = "application/problem+json")))]
pub async fn end(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode> {
    match sessions::revoke(&app, &caller, Which::One(id), &client).await? {
        0 => Err(Error::not_found("session", id.to_string())),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// How many sessions ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ended {
    /// So many.
    ended: u64,
}

/// End every other session
#[utoipa::path(delete, path = "/api/v1/auth/sessions", operation_id = "end_other_sessions", tag = "accounts", responses(
    (status = 200, description = "How many ended", body = Ended),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn end_others(State(app): State<SharedApp>, client: Client, caller: Caller) -> Result<Json<Ended>> {
    let which = caller.session().map_or(Which::All, Which::AllBut);
    Ok(Json(Ended { ended: sessions::revoke(&app, &caller, which, &client).await? }))
}
