//! `/api/v1/workspaces/{id}/members`: who is in a workspace. And joining one with an account that one has.

use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    extract::{Json, Path, Query},
    page,
    problem::Problem,
};
use crate::{
    access::{Caller, Role},
    app::SharedApp,
    client::Client,
    error::{Error, Result},
    members,
    store::members::MemberRow,
};

/// Most members of one page.
const MOST: u32 = 1_000;

/// Somebody in a workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberView {
    /// The person.
    user_id: Uuid,
    /// What they sign in with.
    username: Option<String>,
    /// What others see.
    name: String,
    /// Where mail reaches them.
    email: Option<String>,
    /// What they are in the workspace.
    role: Role,
    /// Whether they may sign in.
    is_active: bool,
    /// Since when they are a member.
    joined_at: DateTime<Utc>,
    /// When they were last seen.
    last_seen_at: Option<DateTime<Utc>>,
}

impl From<MemberRow> for MemberView {
    fn from(row: MemberRow) -> Self {
        let time = |millis| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Self {
            role: members::role_of(&row),
            user_id: row.user_id,
            username: row.username,
            name: row.name,
            email: row.email,
            is_active: row.is_active,
            joined_at: time(row.joined_at),
            last_seen_at: row.seen_at.map(time),
        }
    }
}

/// A page of the members.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberPage {
    /// In the order in which they joined.
    members: Vec<MemberView>,
    /// The `after` of the next page.
    next: Option<String>,
}

/// Which members are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
pub struct WantedMembers {
    /// The `next` of the page before.
    after: Option<String>,
    /// Most members, 1 to 1000; 100 without it.
    limit: Option<u32>,
}

/// The members of a workspace
#[utoipa::path(get, path = "/api/v1/workspaces/{id}/members", operation_id = "list_members", tag = "workspaces",
    params(("id" = Uuid, Path, description = "The workspace"), WantedMembers), responses(
    (status = 200, description = "In the order in which they joined", body = MemberPage),
    (status = "4XX", description = "There is no such workspace", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(wanted): Query<WantedMembers>,
) -> Result<Json<MemberPage>> {
    let limit = page::within("limit", wanted.limit, 100, MOST)?;
    let after = wanted.after.map(|after| cursor(&after)).transpose()?;
    let rows = members::list(&app, &caller, id, after, limit + 1).await?;
    let (members, next) = page::of(rows, limit, |row| format!("{}.{}", row.joined_at, row.user_id));
    Ok(Json(MemberPage { members, next }))
}

fn cursor(after: &str) -> Result<(i64, Uuid)> {
    let parts = after.split_once('.').and_then(|(time, user)| Some((time.parse().ok()?, user.parse().ok()?)));
    parts.ok_or_else(|| Error::invalid("after", "is the `next` of the page before"))
}

/// What somebody is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// At most what whoever asks is.
    role: Role,
}

/// Make a member something else
///
/// Nobody makes somebody more than they are themselves; a workspace always has an admin.
#[utoipa::path(put, path = "/api/v1/workspaces/{id}/members/{user}", operation_id = "change_role", tag = "workspaces", request_body = NewRole,
    params(("id" = Uuid, Path, description = "The workspace"), ("user" = Uuid, Path, description = "The member")), responses(
    (status = 200, description = "The member", body = MemberView),
    (status = "4XX", description = "Not allowed, or there is no such member", body = Problem, content_type = "application/problem+json")))]
pub async fn change_role(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path((id, user)): Path<(Uuid, Uuid)>,
    Json(wanted): Json<NewRole>,
) -> Result<Json<MemberView>> {
    Ok(Json(members::change_role(&app, &caller, id, user, wanted.role, &client).await?.into()))
}

/// Take somebody out of a workspace
///
/// Their sessions, sockets and tokens there are over at once. They keep their account.
#[utoipa::path(delete, path = "/api/v1/workspaces/{id}/members/{user}", operation_id = "remove_member", tag = "workspaces",
    params(("id" = Uuid, Path, description = "The workspace"), ("user" = Uuid, Path, description = "The member")), responses(
    (status = 204, description = "They are out"),
    (status = "4XX", description = "Not allowed, or there is no such member", body = Problem, content_type = "application/problem+json")))]
pub async fn remove(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path((id, user)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    members::remove(&app, &caller, id, user, &client).await.map(|()| StatusCode::NO_CONTENT)
}

/// Leave a workspace
///
/// One's sessions and tokens there are over; the last admin cannot leave.
#[utoipa::path(post, path = "/api/v1/workspaces/{id}/leave", operation_id = "leave_workspace", tag = "workspaces",
    params(("id" = Uuid, Path, description = "The workspace")), responses(
    (status = 204, description = "One is out"),
    (status = "4XX", description = "One is in no such workspace, or its last admin", body = Problem, content_type = "application/problem+json")))]
pub async fn leave(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode> {
    members::leave(&app, &caller, id, &client).await.map(|()| StatusCode::NO_CONTENT)
}

/// An invitation that one has.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The secret of its link.
    #[schema(value_type = String)]
    token: SecretString,
}

/// A workspace that one has joined.
#[derive(Debug, Serialize, ToSchema)]
pub struct Joined {
    /// The workspace.
    id: Uuid,
    /// What its people call it.
    name: String,
}

/// Accept an invitation with the account that one has
///
/// Enter the workspace afterwards: `POST /api/v1/workspaces/{id}/enter`.
#[utoipa::path(post, path = "/api/v1/invitations/accept", operation_id = "accept_invitation", tag = "workspaces", request_body = Accept, responses(
    (status = 200, description = "The workspace that one is a member of now", body = Joined),
    (status = "4XX", description = "The link is not good any more, or one is a member already", body = Problem, content_type = "application/problem+json")))]
pub async fn accept(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(wanted): Json<Accept>,
) -> Result<Json<Joined>> {
    let row = members::accept(&app, &caller, &wanted.token, &client).await?;
    Ok(Json(Joined { id: row.id, name: row.name }))
}
