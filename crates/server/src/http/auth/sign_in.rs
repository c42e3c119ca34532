//! Signing in by a password, and by a second factor after it.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::signed_in::{Keeping, SignedIn, signed_in};
use crate::{
    app::SharedApp,
    client::Client,
    error::Result,
    factors::Method,
    http::{
        cookies::{self, Kept},
        extract::Json,
        problem::Problem,
    },
    sign_in::{self, Credentials, MoreWanted, Outcome},
};

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
    /// Six digits of the authenticator app, or a recovery code, when they are given at once; else the answer asks for them.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    mfa_token: Option<SecretString>,
    /// Whether the session should outlive the browser.
    #[serde(default)]
    remember_me: bool,
    /// How the session is kept.
    #[serde(default)]
    session: Keeping,
}

/// The password was right, and something else is wanted beside it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondFactorWanted {
    /// Always `false`: nobody has signed in yet.
    success: bool,
    /// Always `true`.
    requires_mfa: bool,
    /// Goes on with this sign-in at `/api/v1/auth/mfa`. Good once, and for nothing else.
    mfa_token: String,
    /// How long it is good, in seconds.
    expires_in: u64,
    /// One of these is wanted.
    methods: Vec<Method>,
}

impl From<MoreWanted> for SecondFactorWanted {
    fn from(wanted: MoreWanted) -> Self {
        Self {
            success: false,
            requires_mfa: true,
            mfa_token: wanted.token.expose_secret().to_owned(),
            expires_in: wanted.lasts.as_secs(),
            methods: wanted.methods,
        }
    }
}

/// Sign in
///
/// With a name or address and a password; with a code too, where the account has a second factor.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "accounts", request_body = SignIn, responses(
    (status = 200, description = "Signed in", body = SignedIn),
    (status = 202, description = "The password is right, and a second factor is wanted: go on at `/api/v1/auth/mfa`", body = SecondFactorWanted),
    (status = "4XX", description = "Name, password or code is wrong, or there were too many attempts", body = Problem, content_type = "application/problem+json")))]
pub async fn login(
    State(app): State<SharedApp>,
    client: Client,
    headers: HeaderMap,
    Json(wanted): Json<SignIn>,
) -> Result<Response> {
    let SignIn { username: login, password, mfa_token, remember_me: is_remembered, session } = wanted;
    let code = mfa_token.filter(|code| !code.expose_secret().trim().is_empty());
    let device = cookies::read(&app, &client, &headers, Kept::Device);
    let credentials = Credentials { login, password, code, is_remembered, device };
    match sign_in::by_password(&app, &credentials, &client).await? {
        Outcome::SignedIn(issued) => signed_in(&app, &client, &issued, session, StatusCode::OK),
        Outcome::MoreWanted(wanted) => {
            let mut response = (StatusCode::ACCEPTED, Json(SecondFactorWanted::from(wanted))).into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
    }
}

/// The second factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactor {
    /// What the first step gave.
    #[schema(value_type = String)]
    mfa_token: SecretString,
    /// Six digits of the authenticator app, or a recovery code.
    #[schema(value_type = String, example = "492039")]
    code: SecretString,
    /// How the session is kept.
    #[serde(default)]
    session: Keeping,
}

/// Finish signing in
///
/// With a second factor, after the password was right.
#[utoipa::path(post, path = "/api/v1/auth/mfa", operation_id = "finish_login", tag = "accounts", request_body = SecondFactor, responses(
    (status = 200, description = "Signed in", body = SignedIn),
    (status = "4XX", description = "The code is wrong or was used, or the first step is too long ago", body = Problem, content_type = "application/problem+json")))]
pub async fn finish(
    State(app): State<SharedApp>,
    client: Client,
    headers: HeaderMap,
    Json(wanted): Json<SecondFactor>,
) -> Result<Response> {
    let SecondFactor { mfa_token, code, session } = wanted;
    let device = cookies::read(&app, &client, &headers, Kept::Device);
    let issued = sign_in::by_code(&app, &mfa_token, &code, device.as_ref(), &client).await?;
    signed_in(&app, &client, &issued, session, StatusCode::OK)
}
