//! Passkeys: one's own, and signing in with one.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};

use super::{
    mfa::Owner,
    signed_in::{Keeping, SignedIn, signed_in},
};
use crate::{
    access::Caller,
    app::SharedApp,
    client::Client,
    error::Result,
    http::{
        cookies::{self, Kept},
        extract::{Json, Path},
        problem::Problem,
    },
    passkeys::{self, Question},
    sign_in,
    store::passkeys::PasskeyRow,
};

/// What an authenticator is asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Asked {
    /// Goes on with it; good once, for five minutes.
    passkey_token: String,
    /// For `navigator.credentials.create` or `.get`, as `PublicKeyCredential.parse…FromJSON` reads it.
    #[schema(value_type = Object)]
    options: Value,
}

impl From<Question> for Asked {
    fn from(question: Question) -> Self {
        Self { passkey_token: question.token.expose_secret().to_owned(), options: question.options }
    }
}

/// Ask for a new passkey
#[utoipa::path(post, path = "/api/v1/auth/passkeys/register", operation_id = "ask_for_passkey", tag = "accounts", request_body = Owner, responses(
    (status = 201, description = "What the authenticator is asked", body = Asked),
    (status = "4XX", description = "The password is wrong, or there are no passkeys here", body = Problem, content_type = "application/problem+json")))]
pub async fn ask_for_new(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(owner): Json<Owner>,
) -> Result<(StatusCode, Json<Asked>)> {
    let question = passkeys::ask_for_new(&app, &caller, owner.password(), &client).await?;
    Ok((StatusCode::CREATED, Json(question.into())))
}

/// A passkey that an authenticator has made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    /// What the question came with.
    #[schema(value_type = String)]
    passkey_token: SecretString,
    /// What one calls it.
    #[schema(example = "laptop")]
    name: String,
    /// What `navigator.credentials.create` gave, as its `toJSON` writes it.
    #[schema(value_type = Object)]
    credential: RegisterPublicKeyCredential,
}

/// A passkey that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptPasskey {
    /// Names it.
    id: Uuid,
    /// The recovery codes, when it is the first second factor; shown this once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recovery_codes: Vec<String>,
}

/// Keep a new passkey
///
/// From now on one is wanted after the password, too.
#[utoipa::path(post, path = "/api/v1/auth/passkeys", operation_id = "keep_passkey", tag = "accounts", request_body = NewPasskey, responses(
    (status = 201, description = "Kept", body = KeptPasskey),
    (status = "4XX", description = "It is not what was asked for", body = Problem, content_type = "application/problem+json")))]
pub async fn keep(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(new): Json<NewPasskey>,
) -> Result<(StatusCode, Json<KeptPasskey>)> {
    let NewPasskey { passkey_token, name, credential } = new;
    let made = passkeys::keep(&app, &caller, &passkey_token, &name, &credential, &client).await?;
    let recovery_codes = made.codes.iter().map(|code| code.expose_secret().to_owned()).collect();
    Ok((StatusCode::CREATED, Json(KeptPasskey { id: made.id, recovery_codes })))
}

/// A passkey.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyView {
    /// Names it.
    id: Uuid,
    /// What one calls it.
    name: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last used.
    last_used_at: Option<DateTime<Utc>>,
}

impl From<PasskeyRow> for PasskeyView {
    fn from(row: PasskeyRow) -> Self {
        let time = |millis| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Self { id: row.id, name: row.name, created_at: time(row.created_at), last_used_at: row.used_at.map(time) }
    }
}

/// One's passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyList {
    /// The oldest first.
    passkeys: Vec<PasskeyView>,
}

/// One's passkeys
#[utoipa::path(get, path = "/api/v1/auth/passkeys", operation_id = "list_passkeys", tag = "accounts", responses(
    (status = 200, description = "The oldest first", body = PasskeyList),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<SharedApp>, caller: Caller) -> Result<Json<PasskeyList>> {
    let rows = passkeys::list(&app, &caller).await?;
    Ok(Json(PasskeyList { passkeys: rows.into_iter().map(Into::into).collect() }))
}

/// Another name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewName {
    /// What one calls it.
    name: String,
}

/// Rename a passkey
#[utoipa::path(put, path = "/api/v1/auth/passkeys/{id}", operation_id = "rename_passkey", tag = "accounts",
    params(("id" = Uuid, Path, description = "The passkey")), request_body = NewName, responses(
    (status = 204, description = "Renamed"),
    (status = "4XX", description = "There is no such passkey", body = Problem, content_type = "application/problem+json")))]
pub async fn rename(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(wanted): Json<NewName>,
) -> Result<StatusCode> {
    passkeys::rename(&app, &caller, id, &wanted.name).await.map(|()| StatusCode::NO_CONTENT)
}

/// Take a passkey away
#[utoipa::path(delete, path = "/api/v1/auth/passkeys/{id}", operation_id = "remove_passkey", tag = "accounts",
    params(("id" = Uuid, Path, description = "The passkey")), request_body = Owner, responses(
    (status = 204, description = "It is good for nothing any more"),
    (status = "4XX", description = "The password is wrong, or there is no such passkey", body = Problem, content_type = "application/problem+json")))]
pub async fn remove(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(owner): Json<Owner>,
) -> Result<StatusCode> {
    passkeys::remove(&app, &caller, id, owner.password(), &client).await.map(|()| StatusCode::NO_CONTENT)
}

/// Nothing is said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Ask for a passkey to sign in with
///
/// Any of PAKE's: nobody has to say who they are.
#[utoipa::path(post, path = "/api/v1/auth/passkeys/options", operation_id = "ask_passkey", tag = "accounts", request_body = Nothing, responses(
    (status = 200, description = "What the authenticator is asked", body = Asked),
    (status = "4XX", description = "There are no passkeys here", body = Problem, content_type = "application/problem+json")))]
pub async fn ask(State(app): State<SharedApp>, Json(Nothing {}): Json<Nothing>) -> Result<Json<Asked>> {
    Ok(Json(passkeys::ask(&app).await?.into()))
}

/// A passkey that is shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// What the question came with.
    #[schema(value_type = String)]
    passkey_token: SecretString,
    /// What `navigator.credentials.get` gave, as its `toJSON` writes it.
    #[schema(value_type = Object)]
    credential: PublicKeyCredential,
    /// What the password gave, when this is the second factor after it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    mfa_token: Option<SecretString>,
    /// Whether the session should outlive the browser; after a password what was said there holds.
    #[serde(default)]
    remember_me: bool,
    /// How the session is kept.
    #[serde(default)]
    session: Keeping,
}

/// Sign in with a passkey
///
/// Alone, or with `mfa_token` as the second factor after a password.
#[utoipa::path(post, path = "/api/v1/auth/passkeys/login", operation_id = "passkey_login", tag = "accounts", request_body = Shown, responses(
    (status = 200, description = "Signed in", body = SignedIn),
    (status = "4XX", description = "The passkey is not believed", body = Problem, content_type = "application/problem+json")))]
pub async fn login(
    State(app): State<SharedApp>,
    client: Client,
    headers: HeaderMap,
    Json(shown): Json<Shown>,
) -> Result<Response> {
    let Shown { passkey_token, credential, mfa_token, remember_me, session } = shown;
    let device = cookies::read(&app, &client, &headers, Kept::Device);
    let shown =
        sign_in::Shown { token: passkey_token, credential, half: mfa_token, is_remembered: remember_me, device };
    let issued = sign_in::by_passkey(&app, &shown, &client).await?;
    signed_in(&app, &client, &issued, session, StatusCode::OK)
}

#[cfg(test)]
mod tests;
