//! The answer to whoever has signed in, however they did.

use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use http::{HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::{Caller, Role},
    app::App,
    client::Client,
    error::Result,
    http::{cookies, extract::Json},
    sessions::Issued,
};

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
    pub fn of(caller: &Caller) -> Self {
        Self {
            user_id: caller.scope.user,
            username: caller.username.clone(),
            role: caller.role,
            is_admin: caller.role >= Role::Admin,
            tenant_id: caller.scope.workspace,
        }
    }
}

/// The answer to whoever has signed in.
pub fn signed_in(
    app: &App,
    client: &Client,
    issued: &Issued,
    keeping: Keeping,
    status: StatusCode,
) -> Result<Response> {
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
