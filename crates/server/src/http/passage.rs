//! What is remembered of a request until its answer goes out.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::extract::{MatchedPath, Request};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Uri, header};
use http_body::Body as _;
use tokio::time::Instant;

use super::{client, encoding::Encoding};
use crate::{
    app::App,
    metrics::{Counted, Route},
};

/// Names the request, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id that is taken over from a client, in bytes.
const LONGEST_REQUEST_ID: usize = 128;

/// Is set while the body of a request is being read: then a time-out is the client's.
#[derive(Debug, Clone, Default)]
pub(super) struct Arriving(Arc<AtomicBool>);

impl Arriving {
    /// Says that the body is being read (`true`) or has been (`false`).
    pub(super) fn set(&self, arriving: bool) {
        self.0.store(arriving, Ordering::Relaxed);
    }
}

/// What is remembered of a request until its answer goes out.
#[derive(Debug)]
pub(super) struct Passage {
    /// Names it.
    pub(super) request_id: HeaderValue,
    /// Its method.
    pub(super) method: Method,
    /// Its method as a label.
    pub(super) method_label: &'static str,
    /// What it asks for.
    pub(super) uri: Uri,
    /// The route that answers it.
    pub(super) route: Route,
    /// The encoding that the client wants most.
    pub(super) encoding: Option<Encoding>,
    /// The answers that the client has.
    pub(super) none_match: Option<HeaderValue>,
    /// Whether it came over TLS.
    pub(super) is_https: bool,
    /// When it came.
    pub(super) began: Instant,
    arriving: Option<Arriving>,
    _active: Counted,
}

impl Passage {
    /// Remembers a request that comes in, and gives it its id.
    pub(super) fn enter(app: &App, request: &mut Request) -> Self {
        let request_id = request_id(app, request);
        // Bodies are rare: only they pay for being watched.
        let arriving = (!request.body().is_end_stream()).then(|| {
            let arriving = Arriving::default();
            request.extensions_mut().insert(arriving.clone());
            arriving
        });
        let route = request.extensions().get::<MatchedPath>().cloned().map_or(Route::Other, Route::Template);
        Self {
            request_id,
            method: request.method().clone(),
            uri: request.uri().clone(),
            encoding: Encoding::wanted(request.headers()),
            is_https: client::is_https(app, request.headers(), request.extensions()),
            none_match: request.headers().get(header::IF_NONE_MATCH).cloned(),
            method_label: method_label(request.method()),
            route,
            began: Instant::now(),
            arriving,
            _active: Counted::in_gauge(&app.metrics.http_active),
        }
    }

    /// The id as text; it is visible ASCII.
    pub(super) fn id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }

    /// Whether the body is being read.
    pub(super) fn is_arriving(&self) -> bool {
        self.arriving.as_ref().is_some_and(|arriving| arriving.0.load(Ordering::Relaxed))
    }
}

/// The id that the client gave, when it is one that can stand in a log, else a new one. Handlers find it in the
/// request's headers.
fn request_id(app: &App, request: &mut Request) -> HeaderValue {
    if let Some(given) = request.headers().get(&REQUEST_ID)
        && (1..=LONGEST_REQUEST_ID).contains(&given.len())
        && given.as_bytes().iter().all(u8::is_ascii_graphic)
    {
        return given.clone();
    }
    let made = Bytes::copy_from_slice(&app.ids.request());
    let made = HeaderValue::from_maybe_shared(made).unwrap_or(HeaderValue::from_static("-"));
    request.headers_mut().insert(REQUEST_ID, made.clone());
    made
}

/// The method as a label: unusual ones would be without bound.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}
