//! Signing in by what a trusted proxy says in a header, and keeping everybody else from saying it.

use axum::{
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, HeaderName, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::signed_in::{Keeping, SignedIn, signed_in};
use crate::{
    app::{App, SharedApp},
    client::{Client, Peer},
    error::{Error, Result},
    http::{extract::Json, forwarded, problem::Problem},
    proxy_sign_in,
};

/// Takes the header off a request that no trusted proxy has sent: a client must not say who it is.
pub fn strip(app: &App, request: &mut Request) {
    let Some(name) = header(app) else { return };
    let peer = request.extensions().get::<Peer>().copied();
    if !peer.is_some_and(|peer| forwarded::is_trusted(peer, &app.config.server.trusted_proxies)) {
        request.headers_mut().remove(name);
    }
}

/// The header, where there is to be one.
fn header(app: &App) -> Option<HeaderName> {
    app.config.accounts.proxy_header.as_ref().and_then(|name| name.parse().ok())
}

/// How the session is to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxySignIn {
    /// In cookies for browsers, else in the answer.
    #[serde(default)]
    session: Keeping,
}

/// Sign in by what a proxy says
///
/// Where an operator has set `accounts.proxy_header`, and only from a trusted proxy.
#[utoipa::path(post, path = "/api/v1/auth/proxy", operation_id = "proxy_login", tag = "accounts", request_body = ProxySignIn, responses(
    (status = 200, description = "Signed in", body = SignedIn),
    (status = "4XX", description = "No proxy says who it is, or they may not come in", body = Problem, content_type = "application/problem+json")))]
pub async fn login(
    State(app): State<SharedApp>,
    client: Client,
    headers: HeaderMap,
    Json(wanted): Json<ProxySignIn>,
) -> Result<Response> {
    let unknown = || Error::Unauthenticated { message: "no trusted proxy says who you are".to_owned() };
    let header = header(&app).ok_or_else(|| Error::Conflict {
        message: "no proxy is asked here who somebody is; an operator sets accounts.proxy_header".to_owned(),
    })?;
    let mut said = headers.get_all(header).iter();
    // Of two, one may come from the client.
    let (Some(name), None) = (said.next(), said.next()) else { return Err(unknown()) };
    let name = std::str::from_utf8(name.as_bytes()).map_err(|_| unknown())?;
    let issued = proxy_sign_in::sign_in(&app, name, &client).await?;
    signed_in(&app, &client, &issued, wanted.session, StatusCode::OK)
}

#[cfg(test)]
mod tests;
