//! `/api/v1/auth`: signing in and out, one's account and password. Also at `/auth`, where the earlier system had it.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    cookies::{self, Kept},
    extract::Json,
    problem::Problem,
};
use crate::{
    access::{Caller, Role},
    accounts::{self, Person},
    app::{App, SharedApp},
    client::Client,
    error::{Error, Result},
    sessions::{self as use_cases, Credentials, Issued},
};

pub mod passwords;
pub mod sessions;
pub mod tokens;

/// How a client keeps its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keeping {
    /// The tokens are in the answer: for programs.
    #[default]
    Token,
    /// The tokens are in cookies that no script can read, and not in the answer: for browsers.
    Cookie,
}

/// Who wants to sign in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Name or address.
    #[schema(example = "ada")]
    username: String,
    /// Password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// Whether the session should outlive the browser.
    #[serde(default)]
    remember_me: bool,
    /// How the session is kept.
    #[serde(default)]
    session: Keeping,
}

/// A session; with the tokens, unless they are in cookies.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    /// Always `true`.
    success: bool,
    /// Send it as `Authorization: Bearer …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// Good once, for the next access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Always `Bearer`.
    token_type: &'static str,
    /// How long the access token is good, in seconds.
    expires_in: u64,
    /// When the session ends by itself.
    session_expires_at: DateTime<Utc>,
    /// What to send as `x-csrf-token`, where the session is kept in cookies.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
    /// Whether a second proof is wanted; here it is not.
    requires_mfa: bool,
    /// Who has signed in.
    user_info: Who,
    /// What they may do.
    permissions: Vec<&'static str>,
}

/// Who somebody is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Who {
    /// The person.
    user_id: Uuid,
    /// What they sign in with.
    username: String,
    /// What they are in the workspace.
    role: Role,
    /// Whether they govern the workspace or all of PAKE.
    is_admin: bool,
    /// The workspace.
    tenant_id: Uuid,
}

impl Who {
    fn of(caller: &Caller) -> Self {
        Self {
            user_id: caller.scope.user,
            username: caller.username.clone(),
            role: caller.role,
            is_admin: caller.role >= Role::Admin,
            tenant_id: caller.scope.workspace,
        }
    }
}

/// Sign in
///
/// With a name or address and a password.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "accounts", request_body = SignIn, responses(
    (status = 200, description = "Signed in", body = SignedIn),
    (status = "4XX", description = "Name or password is wrong, or there were too many attempts", body = Problem, content_type = "application/problem+json")))]
pub async fn login(
    State(app): State<SharedApp>,
    client: Client,
    headers: HeaderMap,
    Json(wanted): Json<SignIn>,
) -> Result<Response> {
    let SignIn { username: login, password, remember_me: is_remembered, session } = wanted;
    let device = cookies::read(&app, &client, &headers, Kept::Device);
    let issued = use_cases::sign_in(&app, &Credentials { login, password, is_remembered, device }, &client).await?;
    signed_in(&app, &client, &issued, session, StatusCode::OK)
}

/// The answer to whoever has signed in.
fn signed_in(app: &App, client: &Client, issued: &Issued, keeping: Keeping, status: StatusCode) -> Result<Response> {
    let in_answer = keeping == Keeping::Token;
    let shown = |secret: &SecretString| in_answer.then(|| secret.expose_secret().to_owned());
    let body = SignedIn {
        success: true,
        access_token: shown(&issued.access),
        refresh_token: shown(&issued.refresh),
        token_type: "Bearer",
        expires_in: issued.access_lasts.as_secs(),
        session_expires_at: issued.expires_at,
        csrf_token: issued.caller.session().filter(|_| !in_answer).map(|session| cookies::csrf(app, session)),
        requires_mfa: false,
        user_info: Who::of(&issued.caller),
        permissions: issued.caller.permissions.names(),
    };
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !in_answer {
        cookies::put(app, client, issued, &mut response)?;
    }
    Ok(response)
}

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
