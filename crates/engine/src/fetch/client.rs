//! How connections to sources are made: names are resolved (guarded where a user gave the address), the proxy of the
//! environment is used, TLS is spoken, and all of it in time. What is sent and what it means is not known here.
//!
//! Made of hyper-util and hyper-rustls, as reqwest is, because reqwest cannot be told how large the buffers of its
//! connections may become (docs/decisions/0013-buffers-of-connections.md).

use std::{
    error::Error,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header::PROXY_AUTHORIZATION, uri::Scheme};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    rt::{Read, ReadBufCursor, Write},
};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::{
        legacy::{
            self,
            connect::{Connected, Connection, HttpConnector, dns::Name, proxy::Tunnel},
        },
        proxy::matcher::{Intercept, Matcher},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower_service::Service;

use super::guard::Guard;

/// Longest wait for a connection, with whatever has to be said before the request.
pub(super) const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next request.
const KEEP: Duration = Duration::from_mins(1);
/// How many connections to a host are kept: as many as 64 searches use at once whose four sources are behind one proxy or mirror.
/// Above it each request pays for a connection of its own.
const KEEP_PER_HOST: usize = 256;
/// What a connection reads at a time, at most: it keeps a buffer of this size as long as it is open. hyper's own limit is
/// 400 KiB, which is most of the memory of a process that asks many sources at once.
const BUFFER: usize = 32 << 10;

type Failure = Box<dyn Error + Send + Sync>;
type Coming<T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>;
type Tcp = TokioIo<TcpStream>;

/// Sends requests over connections that are kept.
#[derive(Debug, Clone)]
pub(super) struct Client {
    connections: legacy::Client<InTime, Full<Bytes>>,
    proxies: Option<Arc<Matcher>>,
}

impl Client {
    /// No connection yet. Through a proxy when the environment names one (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), except for
    /// guarded calls: a proxy would resolve names behind the guard's back.
    pub fn new(guard: Option<&Guard>) -> Self {
        Self::through(guard.is_none().then(Matcher::from_env), guard)
    }

    /// The same through these proxies.
    pub fn through(proxies: Option<Matcher>, guard: Option<&Guard>) -> Self {
        let proxies = proxies.map(Arc::new);
        let tls = Arc::new(trusting());
        let mut direct = HttpConnector::new_with_resolver(Names(guard.cloned()));
        direct.enforce_http(false);
        direct.set_nodelay(true);
        direct.set_connect_timeout(Some(CONNECT));
        let to_proxy = HttpsConnector::from((direct.clone(), Arc::clone(&tls)));
        let route = Route { direct, to_proxy, proxies: proxies.clone() };
        let secured = HttpsConnectorBuilder::new().with_tls_config(ClientConfig::clone(&tls));
        // A connection that hangs then takes one request with it, and a hedge goes over another one.
        let secured = secured.https_or_http().enable_http1().wrap_connector(route);
        #[expect(clippy::disallowed_methods, reason = "this is the one place that makes clients")]
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(KEEP).pool_max_idle_per_host(KEEP_PER_HOST);
        Self { connections: builder.http1_max_buf_size(BUFFER).build(InTime(secured)), proxies }
    }

    /// Sends a request; the answer's body is not read yet. Redirects are not followed.
    pub async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Incoming>, legacy::Error> {
        // In a tunnel the proxy was told when it was made.
        if request.uri().scheme() == Some(&Scheme::HTTP)
            && let Some(authorization) = self.intercept(request.uri()).as_ref().and_then(Intercept::basic_auth)
        {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        self.connections.request(request).await
    }

    fn intercept(&self, to: &Uri) -> Option<Intercept> {
        self.proxies.as_ref()?.intercept(to)
    }
}

/// Trusts whom this machine trusts.
fn trusting() -> ClientConfig {
    match ClientConfig::builder().with_native_roots() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(
                %error,
                "no root certificates: sources over https cannot be asked. Install the package ca-certificates or set \
                 SSL_CERT_FILE"
            );
            ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    }
}

/// Resolves names, to the addresses that the guard permits where there is one; the connection is made to just these, so that
/// a name cannot resolve to something else afterwards.
#[derive(Debug, Clone)]
struct Names(Option<Guard>);

impl Service<Name> for Names {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Failure;
    type Future = Coming<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guard = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses = match guard {
                Some(guard) => guard.permitted(name.as_str(), found)?,
                None => found.collect(),
            };
            Ok(addresses.into_iter())
        })
    }
}

/// Leads to a host, or to the proxy before it.
#[derive(Debug, Clone)]
struct Route {
    direct: HttpConnector<Names>,
    to_proxy: HttpsConnector<HttpConnector<Names>>,
    proxies: Option<Arc<Matcher>>,
}

impl Service<Uri> for Route {
    type Response = Hop;
    type Error = Failure;
    type Future = Coming<Hop>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.direct.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.as_ref().and_then(|proxies| proxies.intercept(&to)) else {
            let connecting = self.direct.call(to);
            return Box::pin(async move { Ok(Hop { stream: connecting.await?.into(), is_forwarded: false }) });
        };
        if to.scheme() != Some(&Scheme::HTTPS) {
            let connecting = self.to_proxy.call(proxy.uri().clone());
            return Box::pin(async move { Ok(Hop { stream: connecting.await?, is_forwarded: true }) });
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone());
        if let Some(authorization) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(HeaderValue::clone(authorization));
        }
        let connecting = tunnel.call(to);
        Box::pin(async move { Ok(Hop { stream: connecting.await?, is_forwarded: false }) })
    }
}

/// A connection before the source's own TLS.
#[derive(Debug)]
struct Hop {
    stream: MaybeHttpsStream<Tcp>,
    /// To a proxy that passes on requests as they are: they name the whole address.
    is_forwarded: bool,
}

impl Connection for Hop {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_forwarded)
    }
}

impl Read for Hop {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, into)
    }
}

impl Write for Hop {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, pieces)
    }
}

/// Connects within [`CONNECT`], or fails with [`io::ErrorKind::TimedOut`].
#[derive(Debug, Clone)]
struct InTime(HttpsConnector<Route>);

impl Service<Uri> for InTime {
    type Response = MaybeHttpsStream<Hop>;
    type Error = Failure;
    type Future = Coming<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(CONNECT, self.0.call(to));
        Box::pin(async move { connecting.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))? })
    }
}
