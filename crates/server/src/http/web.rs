//! The web app over HTTP: its page at every address that is nobody else's, its files, and what makes a browser search with PAKE.

use std::sync::LazyLock;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::{
    client,
    document::{Document, tag},
    encoding::Encoding,
    extract::Path,
    problem::Problem,
};
use crate::{
    app::{App, SharedApp},
    error::{Error, Result},
};

static MISSING: LazyLock<Document> =
    LazyLock::new(|| Document::new("text/html; charset=utf-8", include_str!("web/missing.html")));
/// The name of a file in `assets` changes with its content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The rest is asked about each time.
const ASKED_ABOUT: HeaderValue = HeaderValue::from_static("no-cache");
/// What the app never answers for: what is missing there is told to programs as a problem.
const OF_PROGRAMS: [&str; 6] = ["/api", "/assets", "/auth", "/health", "/ws", "/.well-known"];
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Where a person begins who only knows the address
///
/// The web app. Programs that want JSON, and everybody where the app is not served, are led to the page about this API.
#[utoipa::path(get, path = "/", operation_id = "home", tag = "documentation", responses(
    (status = 200, description = "The web app", content_type = "text/html", body = String),
    (status = 307, description = "To `/api/docs`", headers(("Location" = String))),
))]
pub async fn home(State(app): State<SharedApp>, headers: HeaderMap) -> Response {
    if app.web.is_served() && (accepts(&headers, "text/html") || !accepts(&headers, "application/json")) {
        return page(&app, &headers).await;
    }
    let mut response = Redirect::temporary("/api/docs").into_response();
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// A script, style or picture of the web app
///
/// Its name changes with its content, so that it is kept for ever.
#[utoipa::path(get, path = "/assets/{file}", operation_id = "web_asset", tag = "documentation",
    params(("file" = String, Path, description = "Its name")),
    responses(
        (status = 200, content_type = "text/javascript", body = String),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn asset(State(app): State<SharedApp>, Path(name): Path<String>, headers: HeaderMap) -> Result<Response> {
    let path = format!("assets/{name}");
    let mut response = file(&app, &path, &headers).await.ok_or_else(|| Error::not_found("asset", name))?;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    if app.web.has_assets_elsewhere() {
        // A CDN gets its copy from here, and passes it on to our pages as something from elsewhere.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }
    Ok(response)
}

/// How a browser searches with PAKE
///
/// An OpenSearch 1.1 description, for the address bar.
#[utoipa::path(get, path = "/opensearch.xml", operation_id = "opensearch", tag = "documentation", responses(
    (status = 200, content_type = "application/opensearchdescription+xml", body = String),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
pub async fn opensearch(State(app): State<SharedApp>, request: Request) -> Result<Response> {
    if !app.web.is_served() {
        return Err(Error::NoSuchRoute);
    }
    let base = public_address(&app, &request);
    let base = html_escape::encode_double_quoted_attribute(&base);
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
  <ShortName>PAKE</ShortName>
  <Description>One question, every research source, live</Description>
  <InputEncoding>UTF-8</InputEncoding>
  <Image type="image/svg+xml">{base}/icon.svg</Image>
  <Url type="text/html" method="get" template="{base}/?q={{searchTerms}}"/>
</OpenSearchDescription>
"#
    );
    let kind = HeaderValue::from_static("application/opensearchdescription+xml");
    let mut response = Body::from(text).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, ASKED_ABOUT);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("host"));
    Ok(response)
}

/// What no route answers: a file of the app, its page for people who go there, or nothing.
pub async fn elsewhere(State(app): State<SharedApp>, request: Request) -> Result<Response> {
    let path = request.uri().path();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || !app.web.is_served() || is_of_programs(path) {
        return Err(Error::NoSuchRoute);
    }
    let headers = request.headers();
    match path {
        "/index.html" => Ok(page(&app, headers).await),
        _ => match file(&app, path.trim_start_matches('/'), headers).await {
            Some(response) => Ok(response),
            None if accepts(headers, "text/html") => Ok(page(&app, headers).await),
            None => Err(Error::NoSuchRoute),
        },
    }
}

/// The page of the app; where that is not there, one that says how it gets there.
async fn page(app: &App, headers: &HeaderMap) -> Response {
    let Some(html) = app.web.page().await else { return MISSING.answer(headers) };
    let mut response = answer("text/html; charset=utf-8", &html, html.clone());
    own_policy(app, response.headers_mut());
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// A file of the app as the client wants it.
async fn file(app: &App, path: &str, headers: &HeaderMap) -> Option<Response> {
    let kept = app.web.file(path).await?;
    let wanted = Encoding::wanted_of(headers, &[Encoding::Brotli, Encoding::Gzip]);
    let packed = match wanted {
        Some(Encoding::Brotli) => app.web.packed(path, "br").await,
        Some(_) => app.web.packed(path, "gz").await,
        None => None,
    };
    let encoding = wanted.filter(|_| packed.is_some());
    let body = match packed {
        Some(packed) => packed,
        None => kept.plain().ok()?,
    };
    let mut response = answer(content_type(path), &kept.content, body);
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, encoding.header());
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // A service worker may do what its own answer says, and a picture that is opened by itself is a page.
    own_policy(app, response.headers_mut());
    Some(response)
}

fn answer(content_type: &'static str, kept: &Bytes, body: Bytes) -> Response {
    let mut response = Body::from(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::ETAG, tag(kept));
    headers.insert(header::CACHE_CONTROL, ASKED_ABOUT);
    response
}

fn own_policy(app: &App, headers: &mut HeaderMap) {
    // Made of the words of a policy and of origins: it is one.
    if let Ok(policy) = HeaderValue::from_str(app.web.policy()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

fn is_of_programs(path: &str) -> bool {
    OF_PROGRAMS
        .iter()
        .any(|begin| path.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Whether the client names this type among those that it takes.
/// Whether this kind of content is named among what is wanted.
pub(super) fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    let named = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    named
        .flat_map(|value| value.split(','))
        .any(|part| part.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(kind)))
}

/// The address at which people reach PAKE: as it is set, else as this request was sent to.
fn public_address(app: &App, request: &Request) -> String {
    if let Some(base) = &app.config.server.base_url {
        return base.as_str().trim_end_matches('/').to_owned();
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = if client::is_https(app, request.headers(), request.extensions()) { "https" } else { "http" };
    format!("{scheme}://{host}")
}

/// The type of a file by the end of its name.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
