//! What a browser keeps of a session: two cookies that no script can read, and one that only a page of ours can.
//!
//! Over HTTPS their names begin with `__Host-`: no other host, and no page over plain HTTP, can set them (RFC 6265bis §4.1.3).

use axum::response::Response;
use chrono::{DateTime, Utc};
use cookie::{Cookie, SameSite, time::OffsetDateTime};
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    app::App,
    brute_force::KNOWN_FOR,
    client::Client,
    error::{Error, Result},
    sessions::Issued,
};

/// Carries what `pake_csrf` says, for whatever changes something.
pub const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
/// What the signature in `pake_csrf` is for.
const PURPOSE: &str = "csrf";

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
    /// What a page must show to change something.
    Csrf,
    /// Shows that this browser signed in before: others who guess do not lock it out.
    Device,
    /// Shows that this browser was sent to a provider of single sign-on.
    SingleSignOn,
}

impl Kept {
    /// Those of a session.
    const OF_A_SESSION: [Self; 3] = [Self::Access, Self::Refresh, Self::Csrf];

    const fn name(self, is_secure: bool) -> &'static str {
        match (self, is_secure) {
            (Self::Access, true) => "__Host-pake_access",
            (Self::Access, false) => "pake_access",
            (Self::Refresh, true) => "__Host-pake_refresh",
            (Self::Refresh, false) => "pake_refresh",
            (Self::Csrf, true) => "__Host-pake_csrf",
            (Self::Csrf, false) => "pake_csrf",
            (Self::Device, true) => "__Host-pake_device",
            (Self::Device, false) => "pake_device",
            (Self::SingleSignOn, true) => "__Host-pake_sso",
            (Self::SingleSignOn, false) => "pake_sso",
        }
    }
}

/// Whether the browser speaks HTTPS, with us or with the proxy before us.
fn is_secure(app: &App, client: &Client) -> bool {
    client.is_https || app.config.server.is_behind_tls()
}

/// A cookie of the request. One that could have been set over plain HTTP does not count where we are at HTTPS.
pub fn read(app: &App, client: &Client, headers: &HeaderMap, kept: Kept) -> Option<SecretString> {
    let name = kept.name(is_secure(app, client));
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let found = lines.flat_map(Cookie::split_parse).filter_map(Result::ok).find(|cookie| cookie.name() == name);
    found.map(|cookie| cookie.value().into()).filter(|value: &SecretString| !value.expose_secret().is_empty())
}

/// Whether there is a cookie that could say who asks.
pub fn are_shown(headers: &HeaderMap) -> bool {
    headers.get_all(header::COOKIE).iter().any(|line| {
        let line = line.as_bytes();
        line.windows(b"pake_access=".len()).any(|part| part == b"pake_access=")
    })
}

/// What a page must show to change something in this session.
pub fn csrf(app: &App, session: Uuid) -> String {
    BASE64URL_NOPAD.encode(&app.vault.key_for(PURPOSE).sign(session.as_bytes()))
}

/// Refuses what a browser sends for a page that is not ours. Browsers say where a request comes from (`Sec-Fetch-Site`);
/// older ones do not, and no page elsewhere can read the cookie whose text must be in the header.
pub fn check_csrf(app: &App, headers: &HeaderMap, method: &Method, session: Uuid) -> Result<()> {
    if method.is_safe() {
        return Ok(());
    }
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    let shown = headers.get(&CSRF).and_then(|shown| BASE64URL_NOPAD.decode(shown.as_bytes()).ok());
    let is_ours = site.is_none_or(|site| site == "same-origin")
        && shown.is_some_and(|shown| app.vault.key_for(PURPOSE).verify(session.as_bytes(), &shown));
    if is_ours {
        return Ok(());
    }
    Err(Error::Forbidden {
        message: format!("send what the cookie `pake_csrf` says as the header `{CSRF}`, from a page of PAKE itself"),
    })
}

/// Puts the cookies of a session on an answer.
pub fn put(app: &App, client: &Client, issued: &Issued, response: &mut Response) -> Result<()> {
    let until = issued.is_remembered.then_some(issued.expires_at);
    let csrf = csrf(app, issued.caller.session().unwrap_or_default());
    // The access token's cookie lasts as long as the session: a request with one that is over is told to refresh.
    set(app, client, response, Kept::Access, issued.access.expose_secret(), until)?;
    set(app, client, response, Kept::Refresh, issued.refresh.expose_secret(), until)?;
    set(app, client, response, Kept::Csrf, &csrf, until)?;
    let Some(device) = &issued.device else { return Ok(()) };
    set(app, client, response, Kept::Device, device.expose_secret(), Some(app.clock.now() + KNOWN_FOR))
}

/// Takes the cookies of the session away.
pub fn clear(app: &App, client: &Client, response: &mut Response) -> Result<()> {
    Kept::OF_A_SESSION.into_iter().try_for_each(|kept| take(app, client, response, kept))
}

/// Takes one cookie away.
pub fn take(app: &App, client: &Client, response: &mut Response, kept: Kept) -> Result<()> {
    set(app, client, response, kept, "", Some(DateTime::UNIX_EPOCH))
}

/// Puts one cookie on an answer, until then; without a time until the browser is closed.
pub fn set(
    app: &App,
    client: &Client,
    response: &mut Response,
    kept: Kept,
    value: &str,
    until: Option<DateTime<Utc>>,
) -> Result<()> {
    let is_secure = is_secure(app, client);
    let mut cookie = Cookie::new(kept.name(is_secure), value.to_owned());
    cookie.set_path("/");
    cookie.set_secure(is_secure);
    cookie.set_http_only(kept != Kept::Csrf);
    // A link from elsewhere must find the session, and a provider sends people back; nothing else has to come from elsewhere.
    let comes_from_elsewhere = matches!(kept, Kept::Access | Kept::SingleSignOn);
    cookie.set_same_site(if comes_from_elsewhere { SameSite::Lax } else { SameSite::Strict });
    if let Some(until) = until {
        cookie.set_expires(OffsetDateTime::from_unix_timestamp(until.timestamp()).map_err(Error::internal)?);
    }
    let line = HeaderValue::try_from(cookie.to_string()).map_err(Error::internal)?;
    response.headers_mut().append(header::SET_COOKIE, line);
    Ok(())
}
