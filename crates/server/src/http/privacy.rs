//! `/api/v1/user/export` and `/api/v1/user/delete`: all that is stored about one, taken away or deleted.

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::{HeaderValue, Method, StatusCode, header};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    extract::{Json, Path},
    problem::Problem,
};
use crate::{
    access::Caller,
    app::SharedApp,
    client::Client,
    erasure,
    error::{Error, Result},
    personal_export,
    store::exports::ExportRow,
};

/// An archive of all that is stored about one, or one that is being made.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportView {
    /// Names it.
    id: Uuid,
    /// `waiting`, `ready`, `taken` or `expired`.
    status: String,
    /// How large it is.
    bytes: i64,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// Until when it can be taken.
    expires_at: Option<DateTime<Utc>>,
    /// Where it can be taken, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    download: Option<String>,
}

impl From<ExportRow> for ExportView {
    fn from(row: ExportRow) -> Self {
        let time = |millis| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        let download = (row.status == "ready").then(|| format!("/api/v1/user/export/{}", row.id));
        Self {
            id: row.id,
            status: row.status,
            bytes: row.bytes,
            created_at: time(row.created_at),
            expires_at: row.expires_at.map(time),
            download,
        }
    }
}

/// One's archives.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportList {
    /// The latest first.
    exports: Vec<ExportView>,
}

/// Ask for all that is stored about one
///
/// A job puts it into a ZIP, which can be taken once within 24 hours.
#[utoipa::path(post, path = "/api/v1/user/export", operation_id = "ask_personal_export", tag = "accounts", responses(
    (status = 202, description = "It is being made", body = ExportView),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn ask_export(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
) -> Result<(StatusCode, Json<ExportView>)> {
    let row = personal_export::ask(&app, &caller, &client).await?;
    Ok((StatusCode::ACCEPTED, Json(row.into())))
}

/// One's archives, and how far they are
#[utoipa::path(get, path = "/api/v1/user/export", operation_id = "list_personal_exports", tag = "accounts", responses(
    (status = 200, description = "The latest first", body = ExportList),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn exports(State(app): State<SharedApp>, caller: Caller) -> Result<Json<ExportList>> {
    let rows = personal_export::list(&app, &caller).await?;
    Ok(Json(ExportList { exports: rows.into_iter().map(Into::into).collect() }))
}

/// Take an archive, once
#[utoipa::path(get, path = "/api/v1/user/export/{id}", operation_id = "take_personal_export", tag = "accounts",
    params(("id" = Uuid, Path, description = "The archive")), responses(
    (status = 200, description = "The ZIP", content_type = "application/zip", body = Vec<u8>),
    (status = "4XX", description = "There is no such archive, it is not made yet, or it was taken already", body = Problem, content_type = "application/problem+json")))]
pub async fn download(
    State(app): State<SharedApp>,
    method: Method,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    // Whoever only looks must not use it up.
    if method == Method::HEAD {
        return Err(Error::MethodNotAllowed);
    }
    let day = app.clock.now().date_naive();
    let parts = personal_export::take(&app, &caller, id, &client).await?;
    let name = format!("attachment; filename=\"pake-export-{day}.zip\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(Error::internal)?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// That one's account is really to be deleted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Goodbye {
    /// What one signs in with, to the letter.
    confirm: String,
    /// One's password; without one, one has to have signed in just now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
}

/// Whether and when one's account is deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeletionView {
    /// When, where one has asked for it.
    deletion_due_at: Option<DateTime<Utc>>,
}

/// Ask for one's account to be deleted
///
/// With all that is stored about one, after `accounts.deletion_grace_days`. Until then one can sign in to take it back or to
/// fetch one's export, and nothing else.
#[utoipa::path(post, path = "/api/v1/user/delete", operation_id = "ask_deletion", tag = "accounts", request_body = Goodbye, responses(
    (status = 202, description = "When that happens", body = DeletionView),
    (status = "4XX", description = "Not shown to be oneself, or a workspace would be left without an admin", body = Problem, content_type = "application/problem+json")))]
pub async fn delete(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(wanted): Json<Goodbye>,
) -> Result<(StatusCode, Json<DeletionView>)> {
    let due = erasure::ask(&app, &caller, &wanted.confirm, wanted.password.as_ref(), &client).await?;
    Ok((StatusCode::ACCEPTED, Json(DeletionView { deletion_due_at: Some(due) })))
}

/// Whether and when one's account is deleted
#[utoipa::path(get, path = "/api/v1/user/delete", operation_id = "show_deletion", tag = "accounts", responses(
    (status = 200, description = "When, where one has asked for it", body = DeletionView),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn deletion(State(app): State<SharedApp>, caller: Caller) -> Result<Json<DeletionView>> {
    Ok(Json(DeletionView { deletion_due_at: erasure::due_at(&app, &caller).await? }))
}

/// Keep one's account after all
#[utoipa::path(post, path = "/api/v1/user/delete/cancel", operation_id = "cancel_deletion", tag = "accounts", responses(
    (status = 204, description = "It stays"),
    (status = "4XX", description = "Nobody has asked for its deletion", body = Problem, content_type = "application/problem+json")))]
pub async fn cancel(State(app): State<SharedApp>, client: Client, caller: Caller) -> Result<StatusCode> {
    erasure::cancel(&app, &caller, &client).await.map(|()| StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests;
