//! The one HTTP client: every request that leaves PAKE passes here.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use tokio::time::Instant;
use url::Url;

mod health;
mod reply;
mod settings;

use std::time::Duration;

pub use health::{Health, LaneState};
pub use reply::Reply;
pub use settings::{FetchSettings, LaneSettings};

use crate::{
    clock::SharedClock,
    config::SetupError,
    source::{SourceError, SourceId},
};

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
    /// A GET of `url` as JSON, with a body of at most 6 MiB: several times the largest page that a source sends, and so
    /// little that 64 hostile answers at once do not hurt.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: None,
            accept: "application/json",
            body_limit: 6 << 20,
            cost_micros: 0,
            guarded: false,
        }
    }
}

/// The one HTTP client, with the state of every source. Shared by all searches of the process.
#[derive(Debug)]
pub struct Fetcher {
    clock: SharedClock,
}

impl Fetcher {
    /// Builds the client; opens no connection.
    pub fn new(_settings: FetchSettings, clock: SharedClock) -> Result<Self, SetupError> {
        Ok(Self { clock })
    }

    /// Sends `call` for `source` and reads the answer with `parse`; retries what is worth it (network, 5xx, an answer
    /// that `parse` finds malformed) with full jitter, never past `deadline`.
    pub async fn fetch<T>(
        &self,
        _source: SourceId,
        _call: &Call,
        _deadline: Instant,
        _parse: impl Fn(Reply) -> Result<T, SourceError> + Send + Sync,
    ) -> Result<T, SourceError> {
        let _ = self.clock.now();
        Err(SourceError::Cancelled)
    }

    /// Tells the fetcher how long a whole answer of `source` took (all its calls, waits and retries): what
    /// [`Self::learnt_deadline`] learns from. Not to be called for answers that failed or never came.
    pub fn answered(&self, _source: SourceId, _took: Duration) {}

    /// How long a search should wait for `source` before it calls its answer late, counted from now: learnt from what was
    /// told to [`Self::answered`]. `None` until there is enough to learn from.
    pub fn learnt_deadline(&self, _source: SourceId) -> Option<Duration> {
        None
    }

    /// How `source` is doing.
    pub fn health(&self, _source: SourceId) -> Health {
        Health {
            state: LaneState::Closed,
            reason: None,
            next_attempt: None,
            requests: 0,
            failures: 0,
            waiting: 0,
            latency_p50_ms: None,
            latency_p95_ms: None,
            rate_limit: None,
            concurrency_limit: None,
            spent_today_usd: 0.0,
            daily_budget_usd: None,
        }
    }
}
