//! The one HTTP client: every request that leaves PAKE passes here.
//!
//! The way of a call ([`errand`]): past the circuit of its host ([`circuit`]), to its turn ([`limiter`]), past the day's
//! budget ([`budget`]), over the wire ([`wire`], with a second try beside a slow first one: [`hedge`]), and by the status of
//! its answer ([`verdict`]) to the connector, back for another attempt, or out as an error.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use chrono::NaiveDate;
use http::{HeaderName, HeaderValue, Method};
use tokio::{sync::Semaphore, time::Instant};
use url::{Position, Url};

mod body;
mod budget;
mod circuit;
mod client;
mod errand;
mod guard;
mod health;
mod hedge;
mod lane;
mod latency;
mod limiter;
pub mod pace;
mod reply;
mod retry_after;
mod settings;
mod turns;
mod verdict;
mod wire;

pub use budget::Spend;
pub use health::{Health, LaneState};
pub use reply::Reply;
pub use settings::{FetchSettings, LaneSettings};

use crate::{
    clock::SharedClock,
    config::SetupError,
    observer::Observer,
    others::Others,
    source::{SourceError, SourceId},
};
use errand::Errand;
use guard::Guard;
use lane::Lane;
use wire::Wire;

/// One request to a source.
#[derive(Clone)]
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
    /// Whether the call carries a key that the source may also be asked without: a refusal (401, 402, 403) then speaks of
    /// the key, and does not have the source left alone.
    pub key_is_optional: bool,
    /// What a 403 means at this source and how an operator mends it, where it is not about a key.
    pub forbidden: Option<&'static str>,
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
            key_is_optional: false,
            forbidden: None,
        }
    }
}

/// Without the query string and the headers, which may hold keys.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("url", &&self.url[..Position::AfterPath])
            .field("body_bytes", &self.body.as_ref().map(|(body, _)| body.len()))
            .finish_non_exhaustive()
    }
}

/// The one HTTP client, with the state of every source. Shared by all searches of the process.
#[derive(Debug)]
pub struct Fetcher {
    clock: SharedClock,
    observer: Observer,
    others: Others,
    wire: Arc<Wire>,
    /// In the order of `SourceId::ALL`.
    lanes: Arc<[Lane; SourceId::ALL.len()]>,
    /// Takes down every answer that a connector reads; nobody does in a search.
    witness: Option<Arc<Witness>>,
    /// Whose turn it is to read an answer that is large and of no source.
    large: Arc<Semaphore>,
}

/// The answers that connectors read, in their order.
#[derive(Debug, Default)]
pub struct Witness(Mutex<Vec<Reply>>);

impl Witness {
    /// What was read so far.
    pub fn seen(&self) -> Vec<Reply> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn takes_down(&self, reply: &Reply) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(reply.clone());
    }
}

impl Fetcher {
    /// Builds the client; opens no connection. Reads the system's root certificates, and HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
    pub fn new(mut settings: FetchSettings, clock: SharedClock) -> Result<Self, SetupError> {
        let guard = Guard::new(&settings.allow_networks)?;
        for (source, lane) in &settings.lanes {
            lane.check(*source)?;
        }
        let wire = Wire::new(settings.user_agent(), guard);
        let lanes = SourceId::ALL.map(|source| Lane::new(source, settings.lanes.remove(&source).unwrap_or_default()));
        Ok(Self {
            clock,
            observer: settings.observer,
            others: settings.others,
            wire: Arc::new(wire),
            lanes: Arc::new(lanes),
            witness: None,
            large: Arc::new(Semaphore::new(1)),
        })
    }

    /// The same client, with the same connections and the same state of every source; what is fetched through it is taken
    /// down by the witness.
    pub fn witnessed(&self) -> (Self, Arc<Witness>) {
        let witness = Arc::new(Witness::default());
        let same = Self {
            clock: Arc::clone(&self.clock),
            observer: self.observer.clone(),
            others: self.others.clone(),
            wire: Arc::clone(&self.wire),
            lanes: Arc::clone(&self.lanes),
            witness: Some(Arc::clone(&witness)),
            large: Arc::clone(&self.large),
        };
        (same, witness)
    }

    /// Sends `call` for `source` and reads the answer with `parse`; retries what is worth it (network, 5xx, an answer
    /// that `parse` finds malformed) with full jitter, never past `deadline`. Dropping the future cancels the request.
    ///
    /// Of `parse`'s errors, `Malformed`, `Unavailable` and `Network` are faults of the source and retried; `Refused` closes
    /// the source to others as a 401 does; all others are taken for answers to this one query and returned.
    pub async fn fetch<T>(
        &self,
        source: SourceId,
        call: &Call,
        deadline: Instant,
        parse: impl Fn(Reply) -> Result<T, SourceError> + Send + Sync,
    ) -> Result<T, SourceError> {
        let lane = self.lane(source);
        let route = lane.route(&call.url);
        let errand = Errand {
            wire: &self.wire,
            clock: &*self.clock,
            observer: &self.observer,
            others: &self.others,
            lane,
            route: &route,
            call,
            deadline,
        };
        let read = |reply: Reply| {
            if let Some(witness) = &self.witness {
                witness.takes_down(&reply);
            }
            parse(reply)
        };
        errand.run(read).await
    }

    /// Sends `call`, which is for no source, once, and gives the answer whatever its status is: for whom an operator has
    /// named, as a provider of single sign-on.
    pub async fn exchange(&self, call: &Call, deadline: Instant) -> Result<Reply, SourceError> {
        let began = Instant::now();
        let answer = tokio::time::timeout_at(deadline, self.wire.exchange(call, began, &self.large)).await;
        let too_late =
            |_| SourceError::Timeout { after_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX) };
        answer.map_err(too_late)?.map_err(|trouble| trouble.error)
    }

    /// Tells the fetcher how long a whole answer of `source` took (all its calls, waits and retries): what
    /// [`Self::learnt_deadline`] learns from. Not to be called for answers that failed or never came; late ones count.
    pub fn answered(&self, source: SourceId, took: Duration) {
        self.lane(source).answers_took.record(took);
    }

    /// How long a search should wait for `source` before it calls its answer late, counted from now and with the wait for a
    /// turn: learnt from what was told to [`Self::answered`]. `None` until there are 20 answers to learn from.
    pub fn learnt_deadline(&self, source: SourceId) -> Option<Duration> {
        self.lane(source).learnt_deadline()
    }

    /// Another process was told by a host of `source` to leave it alone for so long.
    pub fn rests(&self, source: SourceId, host: &str, rest: Duration) {
        self.lane(source).route_to(host).limiter.pause(rest);
    }

    /// How `source` is doing.
    pub fn health(&self, source: SourceId) -> Health {
        self.lane(source).health(self.clock.now())
    }

    /// What was spent since this was asked last: for whoever writes it down, since budgets are of days and not of processes.
    pub fn take_spend(&self) -> Vec<Spend> {
        let of = |lane: &Lane| {
            let source = lane.source;
            lane.budget.take_unsaved().into_iter().map(move |(day, micros)| Spend { source, day, micros })
        };
        self.lanes.iter().flat_map(of).collect()
    }

    /// This could not be written down; it is handed out again with the next.
    pub fn put_back_spend(&self, spend: &Spend) {
        self.lane(spend.source).budget.put_back(spend.day, spend.micros);
    }

    /// What is written down as spent at `source` on a day, by all processes together.
    pub fn learn_spend(&self, source: SourceId, day: NaiveDate, micros: u64) {
        self.lane(source).budget.learn(day, micros, self.clock.now());
    }

    fn lane(&self, source: SourceId) -> &Lane {
        // The discriminants are the places in `SourceId::ALL`; a test holds them together.
        &self.lanes[source as usize]
    }
}

#[cfg(test)]
pub(crate) mod tests;
