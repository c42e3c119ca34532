//! `/api/v1/workspaces`: one's own, and what can be set of them.

use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    extract::{Json, Path},
    problem::Problem,
};
use crate::{
    access::{Caller, Role},
    app::SharedApp,
    client::Client,
    error::Result,
    store::workspaces::{Membership, WorkspaceRow},
    workspaces::{self, WorkspaceSettings},
};

fn time(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

/// A workspace that one is in.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyWorkspace {
    /// Names it.
    id: Uuid,
    /// What its people call it.
    name: String,
    /// What one is in it.
    role: String,
    /// Since when.
    joined_at: DateTime<Utc>,
    /// Whether one is in it with this session.
    is_current: bool,
}

/// One's workspaces.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyWorkspaces {
    /// In the order in which one joined.
    workspaces: Vec<MyWorkspace>,
}

/// A workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkspaceView {
    /// Names it.
    id: Uuid,
    /// What its people call it.
    name: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// What is set of it.
    settings: WorkspaceSettings,
}

impl From<WorkspaceRow> for WorkspaceView {
    fn from(row: WorkspaceRow) -> Self {
        Self { settings: WorkspaceSettings::of(&row), id: row.id, name: row.name, created_at: time(row.created_at) }
    }
}

/// One's workspaces
#[utoipa::path(get, path = "/api/v1/workspaces", operation_id = "list_workspaces", tag = "workspaces", responses(
    (status = 200, description = "In the order in which one joined", body = MyWorkspaces),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<SharedApp>, caller: Caller) -> Result<Json<MyWorkspaces>> {
    let mine = |row: Membership| MyWorkspace {
        is_current: row.id == caller.scope.workspace,
        id: row.id,
        name: row.name,
        role: row.role,
        joined_at: time(row.joined_at),
    };
    let workspaces = workspaces::list(&app, &caller).await?.into_iter().map(mine).collect();
    Ok(Json(MyWorkspaces { workspaces }))
}

/// What a workspace is to be called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// 1 to 100 characters.
    #[schema(example = "Lab", min_length = 1, max_length = 100)]
    name: String,
}

/// Make a workspace
///
/// Whoever makes it is its first admin.
#[utoipa::path(post, path = "/api/v1/workspaces", operation_id = "make_workspace", tag = "workspaces", request_body = Named, responses(
    (status = 201, description = "The workspace", body = WorkspaceView),
    (status = "4XX", description = "It cannot be made", body = Problem, content_type = "application/problem+json")))]
pub async fn make(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(wanted): Json<Named>,
) -> Result<(StatusCode, Json<WorkspaceView>)> {
    let row = workspaces::make(&app, &caller, &wanted.name, &client).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// One workspace
#[utoipa::path(get, path = "/api/v1/workspaces/{id}", operation_id = "show_workspace", tag = "workspaces",
    params(("id" = Uuid, Path, description = "The workspace")), responses(
    (status = 200, description = "With what is set of it", body = WorkspaceView),
    (status = "4XX", description = "There is no such workspace", body = Problem, content_type = "application/problem+json")))]
pub async fn show(State(app): State<SharedApp>, caller: Caller, Path(id): Path<Uuid>) -> Result<Json<WorkspaceView>> {
    Ok(Json(workspaces::reached(&app, &caller, id).await?.into()))
}

/// Call a workspace something else
#[utoipa::path(put, path = "/api/v1/workspaces/{id}", operation_id = "rename_workspace", tag = "workspaces", request_body = Named,
    params(("id" = Uuid, Path, description = "The workspace")), responses(
    (status = 200, description = "The workspace", body = WorkspaceView),
    (status = "4XX", description = "There is no such workspace", body = Problem, content_type = "application/problem+json")))]
pub async fn rename(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(wanted): Json<Named>,
) -> Result<Json<WorkspaceView>> {
    Ok(Json(workspaces::rename(&app, &caller, id, &wanted.name, &client).await?.into()))
}

/// Set a workspace up
///
/// What is missing is as the configuration says.
#[utoipa::path(put, path = "/api/v1/workspaces/{id}/settings", operation_id = "set_workspace", tag = "workspaces", request_body = WorkspaceSettings,
    params(("id" = Uuid, Path, description = "The workspace")), responses(
    (status = 200, description = "The workspace", body = WorkspaceView),
    (status = "4XX", description = "A setting makes no sense", body = Problem, content_type = "application/problem+json")))]
pub async fn set(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(wanted): Json<WorkspaceSettings>,
) -> Result<Json<WorkspaceView>> {
    Ok(Json(workspaces::set(&app, &caller, id, &wanted, &client).await?.into()))
}

/// That a workspace is really to be deleted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deletion {
    /// The name of the workspace, to the letter.
    confirm: String,
}

/// Delete a workspace
///
/// With all that is in it: searches, tags, answers, tokens, invitations. Its people keep their accounts.
#[utoipa::path(delete, path = "/api/v1/workspaces/{id}", operation_id = "delete_workspace", tag = "workspaces", request_body = Deletion,
    params(("id" = Uuid, Path, description = "The workspace")), responses(
    (status = 204, description = "It is gone"),
    (status = "4XX", description = "There is no such workspace, or this is not its name", body = Problem, content_type = "application/problem+json")))]
pub async fn delete(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(wanted): Json<Deletion>,
) -> Result<StatusCode> {
    workspaces::delete(&app, &caller, id, &wanted.confirm, &client).await.map(|()| StatusCode::NO_CONTENT)
}

/// Who one is in a workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entered {
    /// The workspace.
    tenant_id: Uuid,
    /// What one is in it.
    role: Role,
    /// What one may do there.
    permissions: Vec<&'static str>,
}

/// Enter one of one's workspaces
///
/// The session moves there, with its sockets; its tokens stay good.
#[utoipa::path(post, path = "/api/v1/workspaces/{id}/enter", operation_id = "enter_workspace", tag = "workspaces",
    params(("id" = Uuid, Path, description = "The workspace")), responses(
    (status = 200, description = "Who one is there", body = Entered),
    (status = "4XX", description = "One is in no such workspace", body = Problem, content_type = "application/problem+json")))]
pub async fn enter(State(app): State<SharedApp>, caller: Caller, Path(id): Path<Uuid>) -> Result<Json<Entered>> {
    let there = workspaces::enter(&app, &caller, id).await?;
    let permissions = there.permissions.names();
    Ok(Json(Entered { tenant_id: there.scope.workspace, role: there.role, permissions }))
}

#[cfg(test)]
mod isolation;
#[cfg(test)]
mod tests;
