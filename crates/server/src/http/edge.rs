//! What every request passes through, in and out, in one layer: request id, span, who asks, time limit, panics,
//! problems, `If-None-Match`, compression, security headers and metrics. One layer, since each one costs allocations: a kept
//! answer has 35 µs in all.

use std::{
    any::Any,
    convert::Infallible,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::header;
use tower::{Layer, Service};
use tracing::Instrument;

use super::{auth, finish, gate, limits, origin, passage::Passage, problem, table::Table};
use crate::{
    app::{App, SharedApp},
    error::Error,
    metrics::HttpLabels,
};

/// Puts the edge around a router.
#[derive(Debug, Clone)]
pub struct EdgeLayer {
    app: SharedApp,
    table: Arc<Table>,
}

impl EdgeLayer {
    /// The edge of this application, around routes that need this.
    pub fn new(app: SharedApp, table: Table) -> Self {
        Self { app, table: Arc::new(table) }
    }
}

impl<S> Layer<S> for EdgeLayer {
    type Service = Edge<S>;

    fn layer(&self, inner: S) -> Edge<S> {
        Edge { app: Arc::clone(&self.app), table: Arc::clone(&self.table), inner }
    }
}

/// A route with the edge around it.
#[derive(Debug, Clone)]
pub struct Edge<S> {
    app: SharedApp,
    table: Arc<Table>,
    inner: S,
}

impl<S> Service<Request> for Edge<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        auth::proxy::strip(&self.app, &mut request);
        let passage = Passage::enter(&self.app, &mut request);
        let span = tracing::info_span!(
            "request",
            request_id = passage.id(),
            method = passage.method_label,
            route = passage.route.as_str(),
        );
        let app = Arc::clone(&self.app);
        if let Err(error) = origin::check_host(&app, host_of(&request)) {
            return Box::pin(through(passage, app, ready(error)).instrument(span));
        }
        match gate::at_once(&app, &self.table, &mut request) {
            Some(Ok(())) => {
                let answer = span.in_scope(|| self.inner.call(request));
                Box::pin(through(passage, app, answer).instrument(span))
            }
            Some(Err(error)) => Box::pin(through(passage, app, ready(error)).instrument(span)),
            None => {
                let (door, table, mut inner) = (Arc::clone(&app), Arc::clone(&self.table), self.inner.clone());
                let answer = async move {
                    match gate::pass(&door, &table, request).await {
                        Ok((request, decision)) => {
                            let mut response = inner.call(request).await?;
                            limits::put(&decision, &mut response);
                            Ok(response)
                        }
                        Err(refusal) => Ok(refusal),
                    }
                };
                Box::pin(through(passage, app, answer).instrument(span))
            }
        }
    }
}

/// An error as an answer that is there already.
fn ready(error: Error) -> impl Future<Output = Result<Response, Infallible>> + Send {
    std::future::ready(Ok(error.into_response()))
}

/// Waits for the answer as long as it may take, and makes it ready to be sent.
async fn through<F>(passage: Passage, app: SharedApp, answer: F) -> Result<Response, Infallible>
where
    F: Future<Output = Result<Response, Infallible>> + Send,
{
    let limit = app.config.server.request_timeout();
    let answer = AssertUnwindSafe(answer).catch_unwind();
    let mut response = match tokio::time::timeout(limit, answer).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Err(panic)) => Error::Panicked(panic_message(panic.as_ref())).into_response(),
        Err(_) if passage.is_arriving() => Error::RequestTimeout { after: limit }.into_response(),
        Err(_) => Error::AnswerTimeout { after: limit }.into_response(),
    };
    if problem::needs_body(&response) {
        let occasion = problem::Occasion { path: passage.uri.path(), request_id: passage.id(), now: app.clock.now() };
        problem::write_body(&mut response, occasion).await;
    }
    let response = finish::finish(&passage, response).await;
    count(passage, &app, &response);
    Ok(response)
}

/// Counts and times the request.
fn count(passage: Passage, app: &App, response: &Response) {
    let took = passage.began.elapsed();
    tracing::debug!(status = response.status().as_u16(), took_us = took.as_micros(), "answered");
    let labels = HttpLabels {
        http_request_method: passage.method_label,
        http_route: passage.route,
        http_response_status_code: response.status().as_u16(),
    };
    app.metrics.http_requests.get_or_create(&labels).observe(took.as_secs_f64());
}

/// The name under which the client reached us.
fn host_of(request: &Request) -> Option<&str> {
    request.headers().get(header::HOST).and_then(|host| host.to_str().ok())
}

/// What a panic said.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
