//! Taking the address, accepting connections, and stopping without cutting anybody off.
//!
//! Plain connections speak HTTP/1.1 only: what the `axum::serve` default would do (find out whether a client speaks
//! HTTP/2) waits for the first bytes without any limit.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response, routing::future::RouteFuture};
use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;

use self::{listener::Listener, unstalled::Unstalled};
use crate::{
    app::{App, SharedApp},
    client::Peer,
    config::Listen,
    error::StartError,
    store::links::Purpose,
};

mod listener;
mod unstalled;

/// Most bytes that the head of a request may have, and most that are read ahead of a body.
const READ_BUFFER: usize = 64 << 10;
/// Pause after an error of accepting that would come again at once, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A server that has its address and is not serving yet.
#[derive(Debug)]
pub struct Server {
    app: SharedApp,
    listener: Listener,
}

/// How a server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections, sockets and searches that were still under way when `server.shutdown_grace` was over, and were cut.
    pub cut: usize,
}

impl Server {
    /// Takes the address that the configuration names.
    pub async fn bind(app: SharedApp) -> Result<Self, StartError> {
        let listener = Listener::bind(&app.config.server.listen).await?;
        Ok(Self { app, listener })
    }

    /// Where it listens; a port of 0 in the configuration is the real one here.
    pub const fn address(&self) -> &Listen {
        self.listener.address()
    }

    /// What it serves.
    pub const fn app(&self) -> &SharedApp {
        &self.app
    }

    /// Where the first account is made; nothing when there is one.
    pub async fn setup_link(&self) -> crate::error::Result<Option<String>> {
        let secret = crate::accounts::offer_setup(&self.app).await?;
        Ok(secret.map(|secret| crate::accounts::link_to(&self.app, self.address(), Purpose::Setup, &secret)))
    }

    /// Serves until `shutdown` is cancelled; then accepts nothing more, is not ready any more, tells sockets, and waits
    /// for what is under way, at most `server.shutdown_grace`.
    pub async fn run(self, shutdown: CancellationToken) -> Drained {
        let router = crate::http::router(Arc::clone(&self.app));
        self.serve(router, shutdown).await
    }

    async fn serve(self, router: Router, shutdown: CancellationToken) -> Drained {
        let Self { app, listener } = self;
        let connections = Connections::new(&app, router);
        crate::jobs::start(&app);
        crate::workers::start(&app);
        shutdown.run_until_cancelled(connections.accept_from(&listener)).await;
        drop(listener);
        app.lifecycle.stop();
        let drained = connections.drain(&app).await;
        // Last of all: what was recorded while the others ended is written too.
        crate::close(&app).await;
        drained
    }
}

/// The connections of a server.
struct Connections {
    tasks: TaskTracker,
    /// Cancelled when the grace is over.
    cut: CancellationToken,
    stopping: CancellationToken,
    http: http1::Builder,
    patience: Duration,
    router: Router,
}

impl Connections {
    fn new(app: &App, router: Router) -> Self {
        let patience = app.config.server.idle_timeout();
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(READ_BUFFER);
        let stopping = app.lifecycle.stopping().clone();
        Self { tasks: TaskTracker::new(), cut: CancellationToken::new(), stopping, http, patience, router }
    }

    async fn accept_from(&self, listener: &Listener) {
        loop {
            let accepted = match listener {
                Listener::Tcp(listener, _) => listener.accept().await.map(|(stream, peer)| {
                    // Small answers go out at once; a stream that refuses is served all the same.
                    let _ = stream.set_nodelay(true);
                    self.spawn(stream, Peer::Ip(peer.ip()));
                }),
                Listener::Unix(listener, _) => {
                    listener.accept().await.map(|(stream, _)| self.spawn(stream, Peer::Unix))
                }
            };
            if let Err(error) = accepted
                && !is_of_one_connection(&error)
            {
                tracing::warn!(%error, "cannot accept connections; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }

    fn spawn<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S, peer: Peer) {
        let stream = TokioIo::new(Unstalled::new(stream, self.patience));
        let connection = self.http.serve_connection(stream, Door { router: self.router.clone(), peer }).with_upgrades();
        let (stopping, cut) = (self.stopping.clone(), self.cut.clone());
        self.tasks.spawn(async move {
            cut.run_until_cancelled(until_closed(connection, stopping)).await;
        });
    }

    async fn drain(self, app: &App) -> Drained {
        self.tasks.close();
        let ended = async {
            self.tasks.wait().await;
            app.lifecycle.ended().await;
        };
        if tokio::time::timeout(app.config.server.shutdown_grace(), ended).await.is_ok() {
            return Drained { cut: 0 };
        }
        let cut = self.tasks.len() + app.lifecycle.under_way();
        tracing::warn!(cut, "the grace is over; what is still under way is cut");
        self.cut.cancel();
        self.tasks.wait().await;
        Drained { cut }
    }
}

/// Serves a connection to its end. When the server stops, the answer under way is finished and the connection closed.
async fn until_closed<S>(
    connection: http1::UpgradeableConnection<TokioIo<Unstalled<S>>, Door>,
    stopping: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut connection = std::pin::pin!(connection);
    let closed = tokio::select! {
        closed = connection.as_mut() => closed,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = closed {
        // Clients that go away or send nonsense are none of our faults.
        tracing::debug!(%error, "connection ended early");
    }
}

/// The router as hyper calls it for the requests of one peer; always ready, so no clone waits for readiness.
struct Door {
    router: Router,
    peer: Peer,
}

impl hyper::service::Service<Request<Incoming>> for Door {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        self.router.clone().call(request)
    }
}

/// Whether the error is of the connection that was to be accepted; the next one may be well.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests;
