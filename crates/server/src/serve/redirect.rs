//! Plain HTTP beside TLS: browsers are sent to where PAKE is, and nothing else is answered.

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use url::Url;

/// Leads every address to the same one below `base`.
pub(super) fn router(base: &Url) -> Router {
    let base = base.as_str().trim_end_matches('/').to_owned();
    Router::new().fallback(move |request: Request| std::future::ready(answer(&base, request.method(), request.uri())))
}

fn answer(base: &str, method: &Method, address: &Uri) -> Response {
    // What was to be changed has been on the way in the clear: whoever sent it has to know.
    if !matches!(*method, Method::GET | Method::HEAD) {
        return (StatusCode::FORBIDDEN, format!("PAKE is reached over TLS only: {base}\n")).into_response();
    }
    let path = address.path_and_query().map_or("/", |path| path.as_str());
    match HeaderValue::try_from(format!("{base}{path}")) {
        Ok(location) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
