//! Taking the address, accepting connections, and stopping without cutting anybody off.
//!
//! Plain connections speak HTTP/1.1 only: what the `axum::serve` default would do (find out whether a client speaks
//! HTTP/2) waits for the first bytes without any limit. Over TLS client and server agree on it before (ALPN).

use std::{convert::Infallible, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response, routing::future::RouteFuture};
use engine::search::SetupError;
use http::{HeaderValue, Request, header};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;

use self::{again::again, listener::Listener, unstalled::Unstalled};
use crate::{
    app::{App, SharedApp},
    certificates::{CHALLENGE_PROTOCOL, Certificates},
    client::Peer,
    config::Listen,
    error::StartError,
    store::links::Purpose,
};

mod again;
mod listener;
mod redirect;
mod unstalled;

/// Most bytes that the head of a request may have, and most that are read ahead of a body.
const READ_BUFFER: usize = 64 << 10;
/// Requests that a client may have under way over one connection (HTTP/2).
const STREAMS: u32 = 100;
/// Most bytes of an answer that wait for one stream to take them (HTTP/2).
const SEND_BUFFER: usize = 64 << 10;
/// Pause after an error of accepting that would come again at once, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A server that has its address and is not serving yet.
#[derive(Debug)]
pub struct Server {
    app: SharedApp,
    listener: Listener,
    /// Ends TLS, where PAKE does that itself.
    tls: Option<Arc<rustls::ServerConfig>>,
    /// Where browsers that come without TLS are sent on.
    plain: Option<Listener>,
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
        let plain = match &app.config.tls.redirect_from {
            Some(address) => Some(Listener::bind(address).await?),
            None => None,
        };
        let acceptor = app.certificates.as_ref().map(Certificates::acceptor).transpose();
        let wrong = |error: rustls::Error| SetupError { setting: "tls".to_owned(), message: error.to_string() };
        let tls = acceptor.map_err(wrong)?;
        Ok(Self { app, listener, tls, plain })
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

    /// Takes up the searches that a process which was killed has left in `server.data_dir`; from now on those of this one would
    /// be found there.
    pub async fn take_up(&self) {
        crate::searches::take_up(&self.app).await;
    }

    /// Serves until `shutdown` is cancelled; then accepts nothing more, is not ready any more, tells sockets, and waits
    /// for what is under way, at most `server.shutdown_grace`.
    pub async fn run(self, shutdown: CancellationToken) -> Drained {
        let router = crate::http::router(Arc::clone(&self.app));
        self.serve(router, shutdown).await
    }

    async fn serve(self, router: Router, shutdown: CancellationToken) -> Drained {
        let Self { app, listener, tls, plain } = self;
        let connections = Connections::new(&app, router, tls.map(TlsAcceptor::from));
        crate::jobs::start(&app);
        crate::workers::start(&app);
        crate::exchange::start(&app);
        crate::acme::start(&app);
        crate::health::watch_replica(&app);
        let redirects = app.config.server.base_url.as_ref().map(redirect::router);
        let redirects = redirects.map(|router| Connections { router, tls: None, ..connections.clone() });
        let accept_plain = async {
            if let (Some(plain), Some(redirects)) = (&plain, &redirects) {
                redirects.accept_from(plain).await;
            }
        };
        let accept = async { tokio::join!(connections.accept_from(&listener), accept_plain) };
        shutdown.run_until_cancelled(accept).await;
        drop((listener, plain));
        app.lifecycle.stop();
        let drained = connections.drain(&app).await;
        // Last of all: what was recorded while the others ended is written too.
        crate::close(&app).await;
        drained
    }
}

/// The connections of a server.
#[derive(Clone)]
struct Connections {
    tasks: TaskTracker,
    /// Cancelled when the grace is over.
    cut: CancellationToken,
    stopping: CancellationToken,
    http: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
    patience: Duration,
    router: Router,
}

impl Connections {
    fn new(app: &App, router: Router, tls: Option<TlsAcceptor>) -> Self {
        let patience = app.config.server.idle_timeout();
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(READ_BUFFER);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        // A client that does not answer is gone; how long one that does may be silent is its own matter.
        http2.timer(TokioTimer::new()).keep_alive_interval(patience).keep_alive_timeout(patience);
        http2.max_concurrent_streams(STREAMS).max_send_buf_size(SEND_BUFFER);
        http2.max_header_list_size(u32::try_from(READ_BUFFER).unwrap_or(u32::MAX));
        let stopping = app.lifecycle.stopping().clone();
        Self { tasks: TaskTracker::new(), cut: CancellationToken::new(), stopping, http, http2, tls, patience, router }
    }

    async fn accept_from(&self, listener: &Listener) {
        loop {
            let accepted = match listener {
                Listener::Tcp(listener, _) => listener.accept().await.map(|(stream, peer)| {
                    // Small answers go out at once; a stream that refuses is served all the same.
                    let _ = stream.set_nodelay(true);
                    match &self.tls {
                        None => self.spawn(stream, Peer::Ip(peer.ip())),
                        Some(tls) => self.spawn_tls(tls.clone(), stream, peer.ip()),
                    }
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
        self.tasks.spawn(again(async move {
            cut.run_until_cancelled(until_closed(connection, stopping)).await;
        }));
    }

    /// A connection over TLS: the handshake first, which may take as long as a head may.
    fn spawn_tls(&self, tls: TlsAcceptor, stream: TcpStream, peer: IpAddr) {
        let (http, http2, patience) = (self.http.clone(), self.http2.clone(), self.patience);
        let door = Door { router: self.router.clone(), peer: Peer::Tls(peer) };
        let (stopping, cut) = (self.stopping.clone(), self.cut.clone());
        self.tasks.spawn(again(cut.run_until_cancelled_owned(async move {
            let handshake = tls.accept(Unstalled::new(stream, patience));
            let stream = match tokio::time::timeout(patience, handshake).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return tracing::debug!(%error, "no TLS with this client"),
                Err(_) => return tracing::debug!("a client does not finish its TLS handshake"),
            };
            let spoken = stream.get_ref().1.alpn_protocol();
            if spoken == Some(CHALLENGE_PROTOCOL) {
                // Whoever looks whether we have the name has seen it.
                return;
            }
            let is_http2 = spoken == Some(b"h2");
            let stream = TokioIo::new(stream);
            if is_http2 {
                until_closed(http2.serve_connection(stream, door), stopping).await;
            } else {
                until_closed(http.serve_connection(stream, door).with_upgrades(), stopping).await;
            }
        })));
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

/// A connection that can be told to take nothing new.
trait Ending: Future<Output = hyper::Result<()>> {
    fn end(self: Pin<&mut Self>);
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Ending for http1::UpgradeableConnection<TokioIo<S>, Door> {
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Ending for http2::Connection<TokioIo<S>, Door, TokioExecutor> {
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Serves a connection to its end. When the server stops, the answers under way are finished and the connection closed.
async fn until_closed(connection: impl Ending, stopping: CancellationToken) {
    let mut connection = std::pin::pin!(connection);
    let closed = tokio::select! {
        closed = connection.as_mut() => closed,
        () = stopping.cancelled() => {
            connection.as_mut().end();
            connection.await
        }
    };
    if let Err(error) = closed {
        // Clients that go away or send nonsense are none of our faults.
        tracing::debug!(%error, "connection ended early");
    }
}

/// The router as hyper calls it for the requests of one peer; always ready, so no clone waits for readiness.
#[derive(Clone)]
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
        // HTTP/2 has it in the address; everything here looks for it among the headers.
        if let Some(host) = request.uri().authority().and_then(|host| HeaderValue::try_from(host.as_str()).ok())
            && request.version() == http::Version::HTTP_2
        {
            request.headers_mut().insert(header::HOST, host);
        }
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
