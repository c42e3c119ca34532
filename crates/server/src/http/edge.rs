//! What every request passes through, in and out, in one layer: request id, span, time limit, panics, problems,
//! `If-None-Match`, compression, security headers and metrics. One layer, since each one costs allocations: a kept
//! answer has 35 µs in all.

use std::{
    any::Any,
    convert::Infallible,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    extract::{MatchedPath, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Method, Uri, header};
use http_body::Body as _;
use tokio::time::Instant;
use tower::{Layer, Service};
use tracing::Instrument;

use super::{encoding::Encoding, finish, origin, problem};
use crate::{
    app::{App, SharedApp},
    error::Error,
    metrics::{Counted, HttpLabels, Route},
};

/// Names the request, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id that is taken over from a client, in bytes.
const LONGEST_REQUEST_ID: usize = 128;

/// Puts the edge around a router.
#[derive(Debug, Clone)]
pub struct EdgeLayer {
    app: SharedApp,
}

impl EdgeLayer {
    /// The edge of this application.
    pub const fn new(app: SharedApp) -> Self {
        Self { app }
    }
}

impl<S> Layer<S> for EdgeLayer {
    type Service = Edge<S>;

    fn layer(&self, inner: S) -> Edge<S> {
        Edge { app: Arc::clone(&self.app), inner }
    }
}

/// A route with the edge around it.
#[derive(Debug, Clone)]
pub struct Edge<S> {
    app: SharedApp,
    inner: S,
}

impl<S> Service<Request> for Edge<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let passage = Passage::enter(&self.app, &mut request);
        let span = tracing::info_span!(
            "request",
            request_id = passage.id(),
            method = passage.method_label,
            route = passage.route.as_str(),
        );
        let app = Arc::clone(&self.app);
        if let Err(error) = origin::check_host(&app, host_of(&request)) {
            return Box::pin(passage.through(app, std::future::ready(Ok(error.into_response()))).instrument(span));
        }
        let answer = span.in_scope(|| self.inner.call(request));
        Box::pin(passage.through(app, answer).instrument(span))
    }
}

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
    pub(super) request_id: HeaderValue,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) encoding: Option<Encoding>,
    pub(super) none_match: Option<HeaderValue>,
    method_label: &'static str,
    route: Route,
    began: Instant,
    arriving: Option<Arriving>,
    _active: Counted,
}

impl Passage {
    fn enter(app: &App, request: &mut Request) -> Self {
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
            none_match: request.headers().get(header::IF_NONE_MATCH).cloned(),
            method_label: method_label(request.method()),
            route,
            began: Instant::now(),
            arriving,
            _active: Counted::in_gauge(&app.metrics.http_active),
        }
    }

    /// The id as text; it is visible ASCII.
    fn id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }

    async fn through<F>(self, app: SharedApp, answer: F) -> Result<Response, Infallible>
    where
        F: Future<Output = Result<Response, Infallible>> + Send,
    {
        let limit = app.config.server.request_timeout();
        let answer = AssertUnwindSafe(answer).catch_unwind();
        let mut response = match tokio::time::timeout(limit, answer).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Err(panic)) => Error::Panicked(panic_message(panic.as_ref())).into_response(),
            Err(_) if self.arriving.as_ref().is_some_and(|arriving| arriving.0.load(Ordering::Relaxed)) => {
                Error::RequestTimeout { after: limit }.into_response()
            }
            Err(_) => Error::AnswerTimeout { after: limit }.into_response(),
        };
        if problem::needs_body(&response) {
            let occasion = problem::Occasion { path: self.uri.path(), request_id: self.id(), now: app.clock.now() };
            problem::write_body(&mut response, occasion).await;
        }
        let response = finish::finish(&self, response).await;
        self.count(&app, &response);
        Ok(response)
    }

    fn count(self, app: &App, response: &Response) {
        let took = self.began.elapsed();
        tracing::debug!(status = response.status().as_u16(), took_us = took.as_micros(), "answered");
        let labels = HttpLabels {
            http_request_method: self.method_label,
            http_route: self.route,
            http_response_status_code: response.status().as_u16(),
        };
        app.metrics.http_requests.get_or_create(&labels).observe(took.as_secs_f64());
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

/// The name under which the client reached us.
fn host_of(request: &Request) -> Option<&str> {
    request.headers().get(header::HOST).and_then(|host| host.to_str().ok())
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

/// What a panic said.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
