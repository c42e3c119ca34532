//! One's second factor: which there is, setting it up, giving it up, recovery codes.

use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use qrcode::{QrCode, render::svg};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::Caller,
    app::SharedApp,
    client::Client,
    error::{Error, Result},
    factors,
    http::{extract::Json, problem::Problem},
};

/// Side of a picture, in pixels; it grows without loss.
const SIDE: u32 = 240;

/// The second factors that one has.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondFactors {
    /// Whether one is wanted when one signs in.
    is_enabled: bool,
    /// Since when codes of an authenticator app are wanted.
    totp_since: Option<DateTime<Utc>>,
    /// How many passkeys one has.
    passkeys: usize,
    /// How many recovery codes are left.
    recovery_codes_left: usize,
}

/// Which second factors one has
#[utoipa::path(get, path = "/api/v1/auth/mfa", operation_id = "second_factors", tag = "accounts", responses(
    (status = 200, description = "What there is", body = SecondFactors),
    (status = "4XX", description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn show(State(app): State<SharedApp>, caller: Caller) -> Result<Json<SecondFactors>> {
    let factors = factors::of(&app, caller.scope.user).await?;
    Ok(Json(SecondFactors {
        is_enabled: !factors.methods().is_empty(),
        totp_since: factors.totp_since,
        passkeys: factors.passkeys,
        recovery_codes_left: factors.recovery_codes,
    }))
}

/// Shows that an account is one's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// One's password. Who has none signs in again within the ten minutes before.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
}

impl Owner {
    /// The password, when there is one.
    pub const fn password(&self) -> Option<&SecretString> {
        self.password.as_ref()
    }
}

/// What an authenticator app is to know.
#[derive(Debug, Serialize, ToSchema)]
pub struct Offered {
    /// As one types it where no camera reads the picture.
    secret: String,
    /// As the app reads it from the picture.
    #[schema(example = "otpauth://totp/PAKE:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=PAKE")]
    otpauth_url: String,
    /// The picture (SVG).
    qr_svg: String,
}

/// Set up an authenticator app
///
/// It counts once its first code has come (`/api/v1/auth/mfa/totp/confirm`).
#[utoipa::path(post, path = "/api/v1/auth/mfa/totp", operation_id = "offer_totp", tag = "accounts", request_body = Owner, responses(
    (status = 201, description = "What the app is to know, shown this once", body = Offered),
    (status = "4XX", description = "The password is wrong, or there is an app already", body = Problem, content_type = "application/problem+json")))]
pub async fn offer(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(owner): Json<Owner>,
) -> Result<(StatusCode, Json<Offered>)> {
    let offer = factors::offer(&app, &caller, owner.password(), &client).await?;
    let address = offer.address.expose_secret();
    let picture = QrCode::new(address).map_err(Error::internal)?;
    let picture = picture.render::<svg::Color<'_>>().min_dimensions(SIDE, SIDE).build();
    let secret = offer.secret.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(Offered { secret, otpauth_url: address.to_owned(), qr_svg: picture })))
}

/// The first code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstCode {
    /// Six digits that the app shows.
    #[schema(value_type = String, example = "492039")]
    code: SecretString,
}

/// Codes for the day when the second factor is gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Codes {
    /// Each is good once. They are shown this once.
    recovery_codes: Vec<String>,
}

impl Codes {
    fn of(codes: &[SecretString]) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.expose_secret().to_owned()).collect() }
    }
}

/// Confirm an authenticator app
///
/// By its first code. From now on one is wanted at each sign-in.
#[utoipa::path(post, path = "/api/v1/auth/mfa/totp/confirm", operation_id = "confirm_totp", tag = "accounts", request_body = FirstCode, responses(
    (status = 200, description = "The recovery codes, shown this once", body = Codes),
    (status = "4XX", description = "The code is wrong, or there is no app to confirm", body = Problem, content_type = "application/problem+json")))]
pub async fn confirm(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(first): Json<FirstCode>,
) -> Result<Json<Codes>> {
    let codes = factors::confirm(&app, &caller, &first.code, &client).await?;
    Ok(Json(Codes::of(&codes)))
}

/// Give the authenticator app up
///
/// With the last second factor the recovery codes go too.
#[utoipa::path(post, path = "/api/v1/auth/mfa/disable", operation_id = "disable_totp", tag = "accounts", request_body = Owner, responses(
    (status = 204, description = "The password is enough from now on"),
    (status = "4XX", description = "The password is wrong, or there is no app", body = Problem, content_type = "application/problem+json")))]
pub async fn disable(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(owner): Json<Owner>,
) -> Result<StatusCode> {
    factors::remove(&app, &caller, owner.password(), &client).await.map(|()| StatusCode::NO_CONTENT)
}

/// Get new recovery codes
///
/// The old ones are not good any more.
#[utoipa::path(post, path = "/api/v1/auth/mfa/recovery-codes", operation_id = "renew_recovery_codes", tag = "accounts", request_body = Owner, responses(
    (status = 200, description = "The codes, shown this once", body = Codes),
    (status = "4XX", description = "The password is wrong, or there is no second factor", body = Problem, content_type = "application/problem+json")))]
pub async fn renew_codes(
    State(app): State<SharedApp>,
    client: Client,
    caller: Caller,
    Json(owner): Json<Owner>,
) -> Result<Json<Codes>> {
    let codes = factors::renew_codes(&app, &caller, owner.password(), &client).await?;
    Ok(Json(Codes::of(&codes)))
}

#[cfg(test)]
mod tests;
