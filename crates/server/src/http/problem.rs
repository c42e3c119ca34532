//! THE mapping from [`Error`] to HTTP: RFC 9457 problem details, with the keys that older clients read.

use std::{borrow::Cow, error::Error as StdError, sync::Arc};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::error::Error;

/// A kind of problem: what clients can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// Its name, stable.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What it is, in a few words; the same for every occurrence.
    pub title: &'static str,
}

const fn kind(code: &'static str, status: u16, title: &'static str) -> Kind {
    Kind { code, status, title }
}

const NO_SUCH_ROUTE: Kind = kind("no_such_route", 404, "Nothing at this address");
const METHOD_NOT_ALLOWED: Kind = kind("method_not_allowed", 405, "Method not allowed");
const NOT_FOUND: Kind = kind("not_found", 404, "Not found");
const BAD_REQUEST: Kind = kind("bad_request", 400, "Bad request");
const INVALID_BODY: Kind = kind("invalid_body", 400, "Body cannot be read");
const INVALID_PARAMETER: Kind = kind("invalid_parameter", 400, "Value cannot be used");
const INVALID_QUERY: Kind = kind("invalid_query", 400, "Query cannot be read");
const UNSUPPORTED_MEDIA_TYPE: Kind = kind("unsupported_media_type", 415, "Type of body not understood");
const BODY_TOO_LARGE: Kind = kind("body_too_large", 413, "Body too large");
const REQUEST_TIMEOUT: Kind = kind("request_timeout", 408, "Request did not arrive in time");
const ANSWER_TIMEOUT: Kind = kind("answer_timeout", 504, "Answer not ready in time");
const UNAUTHENTICATED: Kind = kind("unauthenticated", 401, "Not signed in");
const FORBIDDEN: Kind = kind("forbidden", 403, "Not allowed");
const GONE: Kind = kind("gone", 410, "Not kept any more");
const CONFLICT: Kind = kind("conflict", 409, "Not possible in this state");
const TOO_MANY: Kind = kind("too_many", 429, "Too much at once");
const UNAVAILABLE: Kind = kind("unavailable", 503, "Not available at the moment");
const SOURCE_FAILED: Kind = kind("source_failed", 502, "A source did not answer");
const STOPPING: Kind = kind("stopping", 503, "Server is about to stop");
const INTERNAL: Kind = kind("internal", 500, "Our fault");

/// All kinds of problems, for the reference.
pub const KINDS: [Kind; 20] = [
    BAD_REQUEST,
    INVALID_BODY,
    INVALID_PARAMETER,
    INVALID_QUERY,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    NO_SUCH_ROUTE,
    METHOD_NOT_ALLOWED,
    REQUEST_TIMEOUT,
    CONFLICT,
    GONE,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    TOO_MANY,
    INTERNAL,
    SOURCE_FAILED,
    UNAVAILABLE,
    STOPPING,
    ANSWER_TIMEOUT,
];

/// Which kind of problem an error is.
const fn kind_of(error: &Error) -> Kind {
    match error {
        Error::NoSuchRoute => NO_SUCH_ROUTE,
        Error::MethodNotAllowed => METHOD_NOT_ALLOWED,
        Error::NotFound { .. } => NOT_FOUND,
        Error::InvalidBody { .. } => INVALID_BODY,
        Error::InvalidParameter { .. } => INVALID_PARAMETER,
        Error::InvalidQuery(_) => INVALID_QUERY,
        Error::UnsupportedMediaType => UNSUPPORTED_MEDIA_TYPE,
        Error::BodyTooLarge { .. } => BODY_TOO_LARGE,
        Error::RequestTimeout { .. } => REQUEST_TIMEOUT,
        Error::AnswerTimeout { .. } => ANSWER_TIMEOUT,
        Error::Unauthenticated { .. } => UNAUTHENTICATED,
        Error::Forbidden { .. } => FORBIDDEN,
        Error::Gone { .. } => GONE,
        Error::Conflict { .. } => CONFLICT,
        Error::TooMany { .. } => TOO_MANY,
        Error::Unavailable { .. } => UNAVAILABLE,
        Error::SourceFailed { .. } => SOURCE_FAILED,
        Error::Stopping => STOPPING,
        Error::Panicked(_) | Error::Internal(_) => INTERNAL,
    }
}

/// What is said of an error where there is no HTTP answer to say it in: on a WebSocket.
#[derive(Debug)]
pub(super) struct Spoken {
    /// The kind of problem as a stable name.
    pub code: &'static str,
    /// What happened, and what to do.
    pub detail: String,
    /// What a program can use of it.
    pub details: Value,
}

/// Says an error outside of an HTTP answer, and logs it when it is our fault.
pub(super) fn spoken(error: &Error) -> Spoken {
    let kind = kind_of(error);
    log(error, kind);
    Spoken { code: kind.code, detail: detail_of(error, kind).into_owned(), details: details_of(error) }
}

/// What a program can use of the error, beside its kind.
fn details_of(error: &Error) -> Value {
    match error {
        Error::NotFound { what, id } => json!({ "what": what, "id": id }),
        Error::InvalidBody { line, column, .. } if *line > 0 => json!({ "line": line, "column": column }),
        Error::InvalidParameter { name, .. } => json!({ "parameter": name }),
        Error::InvalidQuery(error) => json!({ "column": error.column, "help": error.help }),
        Error::BodyTooLarge { limit_bytes } => json!({ "limit_bytes": limit_bytes }),
        Error::RequestTimeout { after } | Error::AnswerTimeout { after } => {
            json!({ "after_seconds": after.as_secs_f64() })
        }
        Error::SourceFailed { source_id, error } => {
            json!({ "source": source_id, "code": error.code(), "retry_at": error.retry_at() })
        }
        Error::TooMany { retry_after, .. } => json!({ "retry_after_seconds": retry_after.as_secs_f64() }),
        _ => Value::Null,
    }
}

/// What went wrong (RFC 9457), with the keys `success`, `error`, `message`, `timestamp` and `details` of older clients.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem<'a> {
    /// Names the kind of problem; leads to its description.
    #[serde(rename = "type")]
    #[schema(example = "/api/docs#problem-invalid_query")]
    pub kind: String,
    /// The kind of problem in a few words.
    #[schema(example = "Query cannot be read")]
    pub title: &'static str,
    /// HTTP status.
    #[schema(example = 400)]
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: Cow<'a, str>,
    /// The path that was asked.
    #[schema(example = "/api/v1/searches")]
    pub instance: &'a str,
    /// Names this request in the server's log; also in the header `x-request-id`.
    pub request_id: &'a str,
    /// Always `false`.
    pub success: bool,
    /// The kind of problem as a stable name.
    #[schema(example = "invalid_query")]
    pub error: &'static str,
    /// The same as `detail`.
    pub message: Cow<'a, str>,
    /// When it happened.
    #[schema(format = DateTime)]
    pub timestamp: String,
    /// What a program can use of it: `line` and `column` of a body, `column` and `help` of a query, `parameter`,
    /// `limit_bytes`, `retry_after_seconds`; `source`, `code` and `retry_at` of one that failed; `null` when there is nothing.
    #[schema(value_type = Object, nullable)]
    pub details: Value,
}

/// An error on its way out; `http/edge.rs` takes it and writes the body, since only there the request is known.
#[derive(Debug, Clone)]
pub(super) struct Failure(Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(kind_of(&self).status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Self::TooMany { retry_after, .. } = &self {
            // Rounded up: a client that waits this long is not early.
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        } else if matches!(self, Self::Unauthenticated { .. }) {
            // RFC 9110 §15.5.2 wants it, RFC 6750 §3 says what it looks like.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"PAKE\""));
        } else if matches!(self, Self::Unavailable { .. } | Self::Stopping) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(5));
        }
        response.extensions_mut().insert(Failure(Arc::new(self)));
        response
    }
}

/// What is known of the request that failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion<'a> {
    /// Path, without the query string.
    pub path: &'a str,
    /// Id of the request.
    pub request_id: &'a str,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Marks an answer whose body has to have another shape, because a standard says so: it is left as it is.
#[derive(Debug, Clone, Copy)]
pub struct OwnBody;

/// Whether the response tells of a problem and has no problem body yet.
pub(super) fn needs_body(response: &Response) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind != "application/problem+json")
        && response.extensions().get::<OwnBody>().is_none()
}

/// Writes the problem's body into the response, and logs what is our fault. Answers that axum itself gave (a method that
/// is not allowed, a failed upgrade) become problems too.
pub(super) async fn write_body(response: &mut Response, occasion: Occasion<'_>) {
    let failure = response.extensions_mut().remove::<Failure>();
    let (kind, detail, details) = if let Some(Failure(error)) = &failure {
        let kind = kind_of(error);
        log(error, kind);
        (kind, detail_of(error, kind), details_of(error))
    } else {
        let kind = kind_of_status(response.status());
        let said = if kind.status < 500 { plain_text(response).await } else { None };
        let detail = said.map_or(Cow::Borrowed(kind.title), Cow::Owned);
        (kind, detail, Value::Null)
    };
    let problem = Problem {
        kind: format!("/api/docs#problem-{}", kind.code),
        title: kind.title,
        status: response.status().as_u16(),
        message: detail.clone(),
        detail,
        instance: occasion.path,
        request_id: occasion.request_id,
        success: false,
        error: kind.code,
        timestamp: occasion.now.to_rfc3339_opts(SecondsFormat::Millis, true),
        details,
    };
    // Strings and numbers always serialise; an empty body would still carry the status.
    let bytes = serde_json::to_vec(&problem).unwrap_or_default();
    *response.body_mut() = Body::from(bytes);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::ETAG);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// What is said of it: our own faults show the request's id and nothing else.
fn detail_of(error: &Error, kind: Kind) -> Cow<'_, str> {
    if kind == INTERNAL {
        return Cow::Borrowed("something went wrong on our side; the log says more under this request id");
    }
    Cow::Owned(error.to_string())
}

/// Our own faults are logged here, once, with everything that led to them.
fn log(error: &Error, kind: Kind) {
    match error {
        // The panic itself was logged where it happened.
        Error::Panicked(_) => {}
        Error::Internal(_) => tracing::error!(error = %chain(error), "answered with an internal error"),
        _ if kind.status >= 500 => tracing::warn!(%error, "answered with {}", kind.status),
        _ => tracing::debug!(%error, "answered with {}", kind.status),
    }
}

/// An error and what led to it.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}

/// The kind of an answer that none of our errors made.
fn kind_of_status(status: StatusCode) -> Kind {
    KINDS
        .into_iter()
        .find(|kind| kind.status == status.as_u16() && ![INVALID_BODY, SOURCE_FAILED].contains(kind))
        .unwrap_or(if status.is_server_error() { INTERNAL } else { BAD_REQUEST })
}

/// The text that axum put into the body, when it is short and whole.
async fn plain_text(response: &mut Response) -> Option<String> {
    let is_text = response.headers().get(header::CONTENT_TYPE)?.to_str().ok()?.starts_with("text/plain");
    let body = std::mem::take(response.body_mut());
    if !is_text || http_body::Body::size_hint(&body).upper()? > 1024 {
        return None;
    }
    let bytes = axum::body::to_bytes(body, 1024).await.ok()?;
    String::from_utf8(bytes.to_vec()).ok().filter(|text| !text.is_empty())
}
