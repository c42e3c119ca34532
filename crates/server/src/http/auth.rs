//! `/api/v1/auth`: signing in and out, one's account and password. Also at `/auth`, where the earlier system had it.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use self::signed_in::{Keeping, SignedIn, Who, signed_in};
use super::{
    cookies::{self, Kept},
    extract::Json,
    problem::Problem,
};
use crate::{
    access::Caller,
    accounts::{self, Person},
    app::SharedApp,
    client::Client,
    error::{Error, Result},
    sessions as use_cases,
};

pub mod mfa;
pub mod oauth;
pub mod oidc;
pub mod passkeys;
pub mod passwords;
pub mod proxy;
pub mod sessions;
pub mod sign_in;
mod signed_in;
pub mod tokens;

/// A refresh token, unless it is in a cookie.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The refresh token.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    refresh_token: Option<SecretString>,
}

/// Get the next access token
///
/// Uses the refresh token up and gives the next one. One that comes a second time ends the session: somebody has a copy.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "accounts", request_body = Refresh, responses(
    (status = 200, description = "The next tokens", body = SignedIn),
    (status = "4XX", description = "The session is over", body = Problem, content_type = "application/problem+json")))]
pub async fn refresh(
    State(app): State<SharedApp>,
    client: Client,
    headers: HeaderMap,
    Json(given): Json<Refresh>,
) -> Result<Response> {
    let (shown, keeping) = match given.refresh_token {
        Some(shown) => (Some(shown), Keeping::Token),
        None => (cookies::read(&app, &client, &headers, Kept::Refresh), Keeping::Cookie),
    };
    let shown = shown.ok_or_else(|| Error::invalid("refresh_token", "is missing, and so is the cookie"))?;
    let issued = use_cases::refresh(&app, &shown, &client).await?;
    signed_in(&app, &client, &issued, keeping, StatusCode::OK)
}

/// Sign out
///
/// Ends the session at once, on every server.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "accounts", responses(
    (status = 204, description = "Signed out"),
    (status = "4XX", description = "Nobody was signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn logout(State(app): State<SharedApp>, client: Client, caller: Caller) -> Result<Response> {
    use_cases::sign_out(&app, &caller, &client).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    cookies::clear(&app, &client, &mut response)?;
    Ok(response)
}

/// Who one is
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "accounts", responses(
    (status = 200, description = "Who asks", body = Me),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn me(caller: Caller) -> Json<Me> {
    Json(Me { permissions: caller.permissions.names(), session_id: caller.session(), user_info: Who::of(&caller) })
}

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// Who they are.
    #[serde(flatten)]
    user_info: Who,
    /// The session, when they have signed in.
    session_id: Option<Uuid>,
    /// What they may do.
    permissions: Vec<&'static str>,
}

/// Who wants an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The secret of the link that allows it.
    #[schema(value_type = String)]
    token: SecretString,
    /// What to sign in with: letters, digits and `._-@+`.
    username: String,
    /// Where mail reaches them.
    #[serde(default)]
    email: Option<String>,
    /// What others see.
    #[serde(default)]
    name: Option<String>,
    /// Password: at least 12 characters, and none that is on a list of known ones.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// How the session is kept.
    #[serde(default)]
    session: Keeping,
}

/// Make an account
///
/// By the link of an invitation, or the one that PAKE prints when there is no account yet. Signs in at once.
#[utoipa::path(post, path = "/api/v1/auth/register", tag = "accounts", request_body = Registration, responses(
    (status = 201, description = "The account is made, and signed in", body = SignedIn),
    (status = "4XX", description = "The link is not good, or something given does not fit", body = Problem, content_type = "application/problem+json")))]
pub async fn register(
    State(app): State<SharedApp>,
    client: Client,
    Json(wanted): Json<Registration>,
) -> Result<Response> {
    let Registration { token, username, email, name, password, session } = wanted;
    let account = accounts::register(&app, &token, Person { username, email, name, password }, &client).await?;
    let issued = use_cases::begin(&app, &account, "password", false, &client).await?;
    signed_in(&app, &client, &issued, session, StatusCode::CREATED)
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The one that is good now.
    #[schema(value_type = String, format = Password)]
    current_password: SecretString,
    /// The one that is to be.
    #[schema(value_type = String, format = Password)]
    new_password: SecretString,
}

/// Change one's password
///
/// Every other session ends.
#[utoipa::path(put, path = "/api/v1/auth/password", tag = "accounts", request_body = NewPassword, responses(
    (status = 204, description = "Changed"),
    (status = "4XX", description = "The old one is wrong, or the new one does not follow the rule", body = Problem, content_type = "application/problem+json")))]
pub async fn change_password(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(wanted): Json<NewPassword>,
) -> Result<StatusCode> {
    let NewPassword { current_password, new_password } = wanted;
    accounts::change_password(&app, &caller, &current_password, &new_password, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keys of access tokens
///
/// The public halves (RFC 7517), for whoever wants to verify a token by themselves.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "accounts",
    responses((status = 200, description = "The keys", body = serde_json::Value)))]
pub async fn jwks(State(app): State<SharedApp>) -> Result<Response> {
    crate::signing_keys::load(&app).await?;
    let mut response = Json(app.signer.jwks()).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(response)
}

#[cfg(test)]
mod tests;
