//! `/join`: where a link leads: making an account, or setting a password anew. One page without anything from elsewhere.

use std::sync::LazyLock;

use axum::response::Response;
use http::HeaderMap;

use super::{document::Document, extract::Path, problem::Problem};
use crate::error::{Error, Result};

static PAGE: LazyLock<Document> =
    LazyLock::new(|| Document::new("text/html; charset=utf-8", include_str!("join/page.html")));
static SCRIPT: LazyLock<Document> =
    LazyLock::new(|| Document::new("text/javascript; charset=utf-8", include_str!("join/join.js")));
static STYLE: LazyLock<Document> =
    LazyLock::new(|| Document::new("text/css; charset=utf-8", include_str!("join/join.css")));

/// Where a link leads
///
/// The secret stands behind the `#`; the page takes it from there and sends it with what the person types.
#[utoipa::path(get, path = "/join", operation_id = "join_page", tag = "accounts", responses(
    (status = 200, content_type = "text/html", body = String),
))]
pub async fn page(headers: HeaderMap) -> Response {
    PAGE.answer(&headers)
}

/// Script and style of the page
#[utoipa::path(get, path = "/join/{asset}", operation_id = "join_asset", tag = "accounts",
    params(("asset" = String, Path, description = "`join.js` or `join.css`")),
    responses(
        (status = 200, content_type = "text/javascript", body = String),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response> {
    match name.as_str() {
        "join.js" => Ok(SCRIPT.answer(&headers)),
        "join.css" => Ok(STYLE.answer(&headers)),
        _ => Err(Error::not_found("asset", name)),
    }
}
