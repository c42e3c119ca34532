//! The description of the API: `/api/openapi.json` for programs, `/api/docs` for people. The page loads nothing from
//! elsewhere and holds no inline script, so that the strictest content policy does.

use std::sync::LazyLock;

use axum::response::Response;
use http::HeaderMap;

use super::{document::Document, extract::Path, problem::Problem};
use crate::error::{Error, Result};

static OPENAPI: LazyLock<Document> = LazyLock::new(|| Document::new("application/json", super::openapi()));
static PAGE: LazyLock<Document> =
    LazyLock::new(|| Document::new("text/html; charset=utf-8", include_str!("docs/page.html")));
static SCRIPT: LazyLock<Document> =
    LazyLock::new(|| Document::new("text/javascript; charset=utf-8", include_str!("docs/docs.js")));
static STYLE: LazyLock<Document> =
    LazyLock::new(|| Document::new("text/css; charset=utf-8", include_str!("docs/docs.css")));

/// This API as an OpenAPI 3.1 document
#[utoipa::path(get, path = "/api/openapi.json", tag = "documentation", responses(
    (status = 200, content_type = "application/json", body = Object),
))]
pub async fn openapi(headers: HeaderMap) -> Response {
    OPENAPI.answer(&headers)
}

/// This API as a page to read
#[utoipa::path(get, path = "/api/docs", operation_id = "docs_page", tag = "documentation", responses(
    (status = 200, content_type = "text/html", body = String),
))]
pub async fn page(headers: HeaderMap) -> Response {
    PAGE.answer(&headers)
}

/// Script and style of the page
#[utoipa::path(get, path = "/api/docs/{asset}", operation_id = "docs_asset", tag = "documentation",
    params(("asset" = String, Path, description = "`docs.js` or `docs.css`")),
    responses(
        (status = 200, content_type = "text/javascript", body = String),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response> {
    match name.as_str() {
        "docs.js" => Ok(SCRIPT.answer(&headers)),
        "docs.css" => Ok(STYLE.answer(&headers)),
        _ => Err(Error::not_found("asset", name)),
    }
}
