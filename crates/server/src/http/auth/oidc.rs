//! Single sign-on: which providers there are, the way to one, and back.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::{App, SharedApp},
    client::Client,
    error::{Error, Result},
    http::{
        cookies::{self, Kept},
        extract::{Json, Path, Query},
        problem::{Problem, spoken},
        web::accepts,
    },
    single_sign_on::{self, Arrival, Departure},
    steps::Purpose,
};

/// A provider of single sign-on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Provider {
    /// Names it.
    #[schema(example = "example")]
    id: String,
    /// What people see.
    name: String,
    /// Where the way to it begins.
    start: String,
}

/// The ways to sign in.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaysIn {
    /// Providers of single sign-on.
    providers: Vec<Provider>,
    /// Whether a passkey does.
    passkeys: bool,
    /// Whether a proxy before PAKE says who somebody is (`/api/v1/auth/proxy`).
    proxy: bool,
}

/// Which ways there are to sign in
#[utoipa::path(get, path = "/api/v1/auth/providers", operation_id = "list_providers", tag = "accounts",
    responses((status = 200, description = "Beside name and password", body = WaysIn)))]
pub async fn list(State(app): State<SharedApp>) -> Json<WaysIn> {
    let of = |(id, settings): (&String, &crate::config::OidcConfig)| Provider {
        id: id.clone(),
        name: settings.label.clone().unwrap_or_else(|| id.clone()),
        start: format!("/api/v1/auth/oidc/{id}/start"),
    };
    Json(WaysIn {
        providers: app.config.oidc.iter().map(of).collect(),
        passkeys: app.relying_party.ceremonies().is_some(),
        proxy: app.config.accounts.proxy_header.is_some(),
    })
}

/// Where somebody wants to go.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// A path of PAKE to which one is led after signing in; `/` without it.
    #[param(example = "/history")]
    return_to: Option<String>,
}

/// Sign in at a provider
///
/// Leads a browser to the provider, and from there back to `…/callback`.
#[utoipa::path(get, path = "/api/v1/auth/oidc/{provider}/start", operation_id = "start_single_sign_on", tag = "accounts",
    params(("provider" = String, Path, description = "The provider"), Start), responses(
    (status = 303, description = "There; or, for a browser that this does not work for, to the page where one signs in"),
    (status = "4XX", description = "There is no such provider, or `return_to` leads elsewhere", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The provider cannot be reached", body = Problem, content_type = "application/problem+json")))]
pub async fn start(
    State(app): State<SharedApp>,
    client: Client,
    headers: HeaderMap,
    Path(provider): Path<String>,
    Query(wanted): Query<Start>,
) -> Result<Response> {
    let browser = cookies::read(&app, &client, &headers, Kept::SingleSignOn);
    let left = single_sign_on::start(&app, &provider, wanted.return_to.as_deref(), browser).await;
    let Departure { address, browser } = match left {
        Ok(departure) => departure,
        Err(error) => return failed(&app, &headers, error),
    };
    let mut response = see_other(address.as_str())?;
    let until = app.clock.now() + TimeDelta::from_std(Purpose::SingleSignOn.lasts()).unwrap_or_default();
    cookies::set(&app, &client, &mut response, Kept::SingleSignOn, browser.expose_secret(), Some(until))?;
    Ok(response)
}

/// What a provider hands back.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Callback {
    /// Good once at the provider, for tokens.
    #[param(value_type = Option<String>)]
    code: Option<SecretString>,
    /// What the provider was given.
    #[param(value_type = Option<String>)]
    state: Option<SecretString>,
    /// Who the provider is (RFC 9207).
    iss: Option<String>,
    /// What went wrong there.
    error: Option<String>,
}

/// Come back from a provider
///
/// Signs the browser in, and leads it to where it wanted to go.
#[utoipa::path(get, path = "/api/v1/auth/oidc/{provider}/callback", operation_id = "finish_single_sign_on", tag = "accounts",
    params(("provider" = String, Path, description = "The provider"), Callback), responses(
    (status = 303, description = "Signed in; or, for a browser that this does not work for, to the page where one signs in"),
    (status = "4XX", description = "What was brought back is not believed, or the person may not come in", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The provider cannot be reached", body = Problem, content_type = "application/problem+json")))]
pub async fn callback(
    State(app): State<SharedApp>,
    client: Client,
    headers: HeaderMap,
    Path(provider): Path<String>,
    Query(told): Query<Callback>,
) -> Result<Response> {
    let Callback { code, state, iss: issuer, error } = told;
    let Some(state) = state else { return failed(&app, &headers, Error::invalid("state", "is missing")) };
    let browser = cookies::read(&app, &client, &headers, Kept::SingleSignOn);
    let arrival = Arrival { code, state, issuer, error, browser };
    let (issued, return_to) = match single_sign_on::finish(&app, &provider, arrival, &client).await {
        Ok(arrived) => arrived,
        Err(error) => return failed(&app, &headers, error),
    };
    let mut response = see_other(&return_to)?;
    cookies::put(&app, &client, &issued, &mut response)?;
    cookies::take(&app, &client, &mut response, Kept::SingleSignOn)?;
    Ok(response)
}

/// A browser that was led here is led on to the page where one signs in, which says in words what this kind of problem means; a
/// program is told as always.
fn failed(app: &App, headers: &HeaderMap, error: Error) -> Result<Response> {
    if !(app.web.is_served() && accepts(headers, "text/html")) {
        return Err(error);
    }
    see_other(&format!("/sign-in?failed={}", spoken(&error).code))
}

fn see_other(address: &str) -> Result<Response> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::try_from(address).map_err(Error::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
