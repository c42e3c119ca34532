//! How commands reach PAKE: through its HTTP API, of a server that runs somewhere or of one inside of this process. So
//! that there is one way of asking, one shape of answers and one shape of errors.

use anyhow::Context as _;
use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt as _, Limited};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub mod events;
pub mod own;
pub mod remote;

/// Largest answer that is read as a whole, in bytes.
const MAX_ANSWER: usize = 256 << 20;

/// Asks PAKE.
pub enum Api {
    /// The one inside of this process.
    Own(own::Own),
    /// A server.
    Remote(remote::Remote),
}

/// What PAKE says when it does not do what it was asked (RFC 9457).
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// The kind of problem.
    pub title: String,
    /// What happened, and what to do.
    pub detail: String,
    /// Names the request in the server's log.
    pub request_id: Option<String>,
}

impl Default for Problem {
    fn default() -> Self {
        Self {
            status: 0,
            title: "the server does not speak as PAKE does".to_owned(),
            detail: String::new(),
            request_id: None,
        }
    }
}

impl Problem {
    /// Whether it is PAKE's own fault.
    pub const fn is_ours(&self) -> bool {
        self.status == 500
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = if self.detail.is_empty() { &self.title } else { &self.detail };
        f.write_str(&crate::printer::plain(text))?;
        match &self.request_id {
            Some(id) if self.is_ours() => write!(f, " (request {})", crate::printer::plain(id)),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

impl Api {
    /// Reads JSON.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let body = self.bytes(request(Method::GET, path, None)?).await?;
        serde_json::from_slice(&body).with_context(|| format!("{path}: the answer is not what PAKE answers"))
    }

    /// Reads whatever it is.
    pub async fn get_bytes(&self, path: &str) -> anyhow::Result<Bytes> {
        self.bytes(request(Method::GET, path, None)?).await
    }

    /// Sends JSON and reads JSON.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        let answer = self.bytes(request(Method::POST, path, Some(serde_json::to_vec(body)?))?).await?;
        serde_json::from_slice(&answer).with_context(|| format!("{path}: the answer is not what PAKE answers"))
    }

    /// Sends JSON; nothing comes back.
    pub async fn put(&self, path: &str, body: &impl Serialize) -> anyhow::Result<()> {
        self.bytes(request(Method::PUT, path, Some(serde_json::to_vec(body)?))?).await.map(drop)
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.bytes(request(Method::DELETE, path, None)?).await.map(drop)
    }

    /// Sends a request; an answer that is no success is a [`Problem`].
    pub async fn send(&self, request: Request<Bytes>) -> anyhow::Result<Response<Body>> {
        let response = match self {
            Self::Own(own) => own.send(request).await?,
            Self::Remote(remote) => remote.send(request).await?,
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let body =
            Limited::new(response.into_body(), MAX_ANSWER).collect().await.map(http_body_util::Collected::to_bytes);
        let mut problem: Problem = serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
        problem.status = status;
        Err(problem.into())
    }

    async fn bytes(&self, request: Request<Bytes>) -> anyhow::Result<Bytes> {
        let path = request.uri().path().to_owned();
        let response = self.send(request).await?;
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        Ok(body.map_err(|error| anyhow::anyhow!("{path}: the answer broke off: {error}"))?.to_bytes())
    }

    /// Waits until everything that was asked for is on disk.
    pub async fn close(self) {
        if let Self::Own(own) = self {
            own.close().await;
        }
    }
}

/// A request to this path, with a query string where there is one.
pub fn request(method: Method, path: &str, json: Option<Vec<u8>>) -> anyhow::Result<Request<Bytes>> {
    let builder = Request::builder().method(method).uri(path).header(header::ACCEPT, "application/json");
    let builder = if json.is_some() { builder.header(header::CONTENT_TYPE, "application/json") } else { builder };
    builder.body(json.unwrap_or_default().into()).with_context(|| format!("`{path}` is no path"))
}
