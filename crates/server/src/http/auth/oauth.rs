//! `/auth/token`: signing in as OAuth 2 has it (RFC 6749 §4.3 and §6), for programs that speak nothing else.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::SharedApp,
    client::Client,
    error::{Error, Result},
    http::{
        cookies::{self, Kept},
        extract::{Form, Json},
        problem::{OwnBody, Problem},
    },
    sessions::{self, Issued},
    sign_in::{self, Credentials, MoreWanted, Outcome},
};

/// What is asked for a token. There are no clients to be registered: what is said of one is not looked at.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TokenRequest {
    /// `password` or `refresh_token`.
    #[schema(example = "password")]
    grant_type: Option<String>,
    /// Name or address, with `password`.
    #[schema(example = "ada")]
    username: Option<String>,
    /// Password, with `password`.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
    /// Six digits of the authenticator app, or a recovery code, where the account has a second factor.
    #[schema(value_type = Option<String>)]
    mfa_token: Option<SecretString>,
    /// With `refresh_token`.
    #[schema(value_type = Option<String>)]
    refresh_token: Option<SecretString>,
}

/// Tokens (RFC 6749 §5.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    /// Send it as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// How long the access token is good, in seconds.
    expires_in: u64,
    /// Good once, for the next access token.
    refresh_token: String,
    /// What one may do, separated by spaces.
    #[schema(example = "search:read search:write profile:read profile:update")]
    scope: String,
}

/// Why there are none (RFC 6749 §5.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenError {
    /// `invalid_request`, `invalid_grant`, `unsupported_grant_type`; `mfa_required` where a second factor is wanted.
    #[schema(example = "invalid_grant")]
    error: &'static str,
    /// What happened, and what to do.
    error_description: String,
    /// With `mfa_required`: goes on with this sign-in at `/api/v1/auth/mfa`.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_token: Option<String>,
}

/// Get tokens
///
/// As OAuth 2 has it (RFC 6749): by a password, or by a refresh token. Errors have its shape, too.
#[utoipa::path(post, path = "/api/v1/auth/token", operation_id = "token", tag = "accounts",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, description = "Tokens", body = Tokens),
    (status = 400, description = "What is shown is not good, or a second factor is wanted", body = TokenError),
    (status = "4XX", description = "There were too many attempts", body = Problem, content_type = "application/problem+json")))]
pub async fn token(
    State(app): State<SharedApp>,
    client: Client,
    headers: HeaderMap,
    form: Result<Form<TokenRequest>>,
) -> Result<Response> {
    let request = match form {
        Ok(Form(request)) => request,
        Err(error) => return said(error),
    };
    let answer = match request.grant_type.as_deref() {
        Some("password") => {
            let device = cookies::read(&app, &client, &headers, Kept::Device);
            let Some(credentials) = credentials(request, device) else {
                return Ok(refusal("invalid_request", "`username` and `password` are wanted"));
            };
            match sign_in::by_password(&app, &credentials, &client).await {
                Ok(Outcome::SignedIn(issued)) => Ok(*issued),
                Ok(Outcome::MoreWanted(wanted)) => return Ok(more_wanted(&wanted)),
                Err(error) => Err(error),
            }
        }
        Some("refresh_token") => {
            let Some(shown) = request.refresh_token else {
                return Ok(refusal("invalid_request", "`refresh_token` is wanted"));
            };
            sessions::refresh(&app, &shown, &client).await
        }
        Some(_) => {
            return Ok(refusal("unsupported_grant_type", "`grant_type` may be `password` or `refresh_token`"));
        }
        None => return Ok(refusal("invalid_request", "`grant_type` is missing: `password` or `refresh_token`")),
    };
    match answer {
        Ok(issued) => Ok(finished(StatusCode::OK, Json(Tokens::of(&issued)))),
        Err(error) => said(error),
    }
}

fn credentials(request: TokenRequest, device: Option<SecretString>) -> Option<Credentials> {
    let TokenRequest { username, password, mfa_token: code, .. } = request;
    Some(Credentials { login: username?, password: password?, code, is_remembered: false, device })
}

impl Tokens {
    fn of(issued: &Issued) -> Self {
        Self {
            access_token: issued.access.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: issued.access_lasts.as_secs(),
            refresh_token: issued.refresh.expose_secret().to_owned(),
            scope: issued.caller.permissions.names().join(" "),
        }
    }
}

/// An error in the shape of OAuth where it has a word for it; the others are problems as everywhere.
fn said(error: Error) -> Result<Response> {
    match error {
        Error::Unauthenticated { message } | Error::Forbidden { message } => Ok(refusal("invalid_grant", message)),
        Error::InvalidBody { message, .. } => Ok(refusal("invalid_request", message)),
        Error::InvalidParameter { name, message } => Ok(refusal("invalid_request", format!("`{name}` {message}"))),
        other => Err(other),
    }
}

fn refusal(error: &'static str, description: impl Into<String>) -> Response {
    let error = TokenError { error, error_description: description.into(), mfa_token: None };
    finished(StatusCode::BAD_REQUEST, Json(error))
}

fn more_wanted(wanted: &MoreWanted) -> Response {
    finished(
        StatusCode::BAD_REQUEST,
        Json(TokenError {
            error: "mfa_required",
            error_description: "send a code as `mfa_token`, or go on at /api/v1/auth/mfa".to_owned(),
            mfa_token: Some(wanted.token.expose_secret().to_owned()),
        }),
    )
}

/// An answer that nobody keeps (RFC 6749 §5.1).
fn finished<T: Serialize>(status: StatusCode, body: Json<T>) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response.extensions_mut().insert(OwnBody);
    response
}

#[cfg(test)]
mod tests;
