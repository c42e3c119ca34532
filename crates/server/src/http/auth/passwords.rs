//! Passwords: what is good, one that is, and a new one for who forgot theirs.

use axum::extract::State;
use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    accounts,
    app::SharedApp,
    client::Client,
    error::{Error, Result},
    http::{
        extract::{Json, Query},
        problem::Problem,
    },
    passwords::{self, rule},
    post::{self, Letter},
};

/// Longest name or address that is looked at, in characters.
const LONGEST_LOGIN: usize = 300;

/// How long a password is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Length {
    /// Characters, 12 to 64; 20 without it.
    #[param(minimum = 12, maximum = 64)]
    length: Option<usize>,
}

/// A password that nobody has guessed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Generated {
    /// The password.
    password: String,
}

/// Get a good password
#[utoipa::path(get, path = "/api/v1/auth/generate-password", tag = "accounts", params(Length), responses(
    (status = 200, description = "One that nobody guesses", body = Generated),
    (status = "4XX", description = "The length makes no sense", body = Problem, content_type = "application/problem+json")))]
pub async fn generate(Query(wanted): Query<Length>) -> Result<Json<Generated>> {
    let password = passwords::generate(wanted.length.unwrap_or(20), &mut rand::rng());
    let password = password.map_err(|error| Error::invalid("length", error.to_string()))?;
    Ok(Json(Generated { password: password.expose_secret().to_owned() }))
}

/// A password that is to be judged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// The name that it would belong to.
    #[serde(default)]
    username: Option<String>,
    /// The address that it would belong to.
    #[serde(default)]
    email: Option<String>,
}

/// What is said of a password.
#[derive(Debug, Serialize, ToSchema)]
pub struct Judgement {
    /// Whether it would be taken.
    is_valid: bool,
    /// Everything that is wrong with it.
    errors: Vec<String>,
}

/// Ask whether a password would be taken
#[utoipa::path(post, path = "/api/v1/auth/validate-password", tag = "accounts", request_body = Candidate, responses(
    (status = 200, description = "Whether it would, and why not", body = Judgement),
    (status = "4XX", description = "The body cannot be read", body = Problem, content_type = "application/problem+json")))]
pub async fn validate(Json(candidate): Json<Candidate>) -> Json<Judgement> {
    let about: Vec<&str> = [&candidate.username, &candidate.email].into_iter().flatten().map(String::as_str).collect();
    let errors = match rule::check(&candidate.password, &about) {
        Ok(()) => Vec::new(),
        Err(refused) => refused.0.iter().map(ToString::to_string).collect(),
    };
    Json(Judgement { is_valid: errors.is_empty(), errors })
}

/// Who has forgotten their password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Forgotten {
    /// Name or address.
    #[schema(example = "ada@example.org")]
    username: String,
}

/// What is said to whoever asks for a new password.
#[derive(Debug, Serialize, ToSchema)]
pub struct OnItsWay {
    /// The same, whoever they are.
    message: &'static str,
}

/// Ask for a new password
///
/// Where somebody has this name or address, a password and an address, a link is mailed to them that is good once, for an hour. The
/// answer is the same for everybody.
#[utoipa::path(post, path = "/api/v1/auth/password/forgot", operation_id = "forgot_password", tag = "accounts", request_body = Forgotten, responses(
    (status = 202, description = "Whether there is anybody is not said", body = OnItsWay),
    (status = "4XX", description = "The body cannot be read, or there were too many", body = Problem, content_type = "application/problem+json")))]
pub async fn forgot(
    State(app): State<SharedApp>,
    Json(forgotten): Json<Forgotten>,
) -> Result<(StatusCode, Json<OnItsWay>)> {
    let login = forgotten.username.chars().take(LONGEST_LOGIN).collect();
    post::send(&app, &Letter::Forgotten { login }, None).await?;
    let message = "if somebody has this name and an address, a link is on its way to them";
    Ok((StatusCode::ACCEPTED, Json(OnItsWay { message })))
}

/// A password set by a link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The secret of the link.
    #[schema(value_type = String)]
    token: SecretString,
    /// The password that is to be.
    #[schema(value_type = String, format = Password)]
    new_password: SecretString,
}

/// Set a password by a link
///
/// Every session of the person ends; they sign in with the new one.
#[utoipa::path(post, path = "/api/v1/auth/password/reset", operation_id = "reset_password", tag = "accounts", request_body = Reset, responses(
    (status = 204, description = "Set"),
    (status = "4XX", description = "The link is not good, or the password does not follow the rule", body = Problem, content_type = "application/problem+json")))]
pub async fn reset(State(app): State<SharedApp>, client: Client, Json(wanted): Json<Reset>) -> Result<StatusCode> {
    accounts::reset_password(&app, &wanted.token, &wanted.new_password, &client).await.map(|()| StatusCode::NO_CONTENT)
}
