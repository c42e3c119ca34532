//! A PAKE server that runs somewhere.
#![expect(
    clippy::disallowed_methods,
    reason = "asks a PAKE server, no source: nothing of engine/src/fetch.rs is wanted here"
)]

use std::time::Duration;

use anyhow::Context as _;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence within an answer; an event stream says every 15 s that it is still there.
const SILENCE: Duration = Duration::from_mins(1);

/// A PAKE server that runs somewhere.
pub struct Remote {
    client: reqwest::Client,
    base: Url,
    token: Option<SecretString>,
}

impl Remote {
    /// The server at `base`, for example `http://localhost:8000`, and what to show there.
    pub fn new(base: &Url, token: Option<SecretString>) -> anyhow::Result<Self> {
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            anyhow::bail!("`{base}` is not the address of a server; give one like http://localhost:8000");
        }
        // Fails when a provider is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .user_agent(concat!("pake/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("cannot start an HTTP client")?;
        Ok(Self { client, base: base.clone(), token })
    }

    /// Sends a request.
    pub async fn send(&self, request: Request<Bytes>) -> anyhow::Result<Response<Body>> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        // The server may stand below a path of a proxy.
        let prefix = self.base.path().trim_end_matches('/');
        let url = self.base.join(&format!("{prefix}{path}")).with_context(|| format!("`{path}` is no path"))?;
        let (parts, body) = request.into_parts();
        let mut headers = parts.headers;
        headers.remove(header::HOST);
        if let Some(token) = &self.token {
            let mut shown = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
                .context("PAKE_TOKEN holds something that no token does")?;
            shown.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, shown);
        }
        let sent = self.client.request(parts.method, url).headers(headers).body(body).send().await;
        let response = sent.map_err(|error| self.unreachable(&error))?;
        Ok(Response::from(response).map(Body::new))
    }

    fn unreachable(&self, error: &reqwest::Error) -> anyhow::Error {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        anyhow::anyhow!("cannot reach the server at {}: {cause}; is `pake serve` running there?", self.base)
    }
}
