//! API tokens: for programs, each with what it may do and until when.

use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::{Caller, Permission},
    api_tokens,
    app::SharedApp,
    client::Client,
    error::Result,
    http::{
        extract::{Json, Path},
        problem::Problem,
    },
    store::api_tokens::TokenRow,
};

/// A token that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// What one calls it; 1 to 100 characters.
    #[schema(example = "laptop", min_length = 1, max_length = 100)]
    name: String,
    /// What it may do: nothing that its maker may not.
    #[schema(min_items = 1)]
    permissions: Vec<Permission>,
    /// For how many days it is good, 1 to 3650; without it, until it is taken back.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<u32>,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Made {
    /// Names it.
    id: Uuid,
    /// The token itself. It is shown this once.
    token: String,
}

/// A token.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenView {
    /// Names it.
    id: Uuid,
    /// What one calls it.
    name: String,
    /// What it may do.
    permissions: Vec<String>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Until when it is good.
    expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime<Utc>>,
}

impl From<TokenRow> for TokenView {
    fn from(row: TokenRow) -> Self {
        let time = |millis| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Self {
            id: row.id,
            name: row.name,
            permissions: row.permissions.split_whitespace().map(str::to_owned).collect(),
            created_at: time(row.created_at),
            expires_at: row.expires_at.map(time),
            last_used_at: row.used_at.map(time),
        }
    }
}

/// One's tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenList {
    /// The latest first.
    tokens: Vec<TokenView>,
}

/// Make an API token
///
/// Only somebody who has signed in makes one: no token makes another.
#[utoipa::path(post, path = "/api/v1/auth/tokens", operation_id = "make_token", tag = "accounts", request_body = Wanted, responses(
    (status = 201, description = "The token, shown this once", body = Made),
    (status = "4XX", description = "It cannot be made", body = Problem, content_type = "application/problem+json")))]
pub async fn make(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, Json<Made>)> {
    let permissions = wanted.permissions.into_iter().collect();
    let days = wanted.expires_in_days;
    let (id, token) = api_tokens::make(&app, &caller, &wanted.name, permissions, days, &client).await?;
    Ok((StatusCode::CREATED, Json(Made { id, token: token.expose_secret().to_owned() })))
}

/// One's API tokens
#[utoipa::path(get, path = "/api/v1/auth/tokens", operation_id = "list_tokens", tag = "accounts", responses(
    (status = 200, description = "The tokens that are not taken back", body = TokenList),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<SharedApp>, caller: Caller) -> Result<Json<TokenList>> {
    let tokens = api_tokens::list(&app, &caller).await?;
    Ok(Json(TokenList { tokens: tokens.into_iter().map(Into::into).collect() }))
}

/// Take an API token back
#[utoipa::path(delete, path = "/api/v1/auth/tokens/{id}", operation_id = "revoke_token", tag = "accounts",
    params(("id" = Uuid, Path, description = "The token")), responses(
    (status = 204, description = "Taken back, at once"),
    (status = "4XX", description = "There is no such token", body = Problem, content_type = "application/problem+json")))]
pub async fn revoke(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode> {
    api_tokens::revoke(&app, &caller, id, &client).await.map(|()| StatusCode::NO_CONTENT)
}
