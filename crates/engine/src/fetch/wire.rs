//! One request and its answer on the wire, redirects included. No decisions about when, how often or what it means.

use std::{
    error::Error,
    io,
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use data_encoding::BASE64;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{
        ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, IF_MODIFIED_SINCE,
        IF_NONE_MATCH, LOCATION, USER_AGENT,
    },
};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy;
use percent_encoding::percent_decode_str;
use tokio::{
    select,
    sync::Semaphore,
    time::{Instant, sleep},
};
use url::{Host, Url};

use super::{
    Call, Reply,
    body::{Coming, TooLarge},
    client::{CONNECT, Client},
    guard::{Guard, NotPublic},
    turns::{Turn, Turns},
};
use crate::source::SourceError;

/// Longest wait for the next bytes of an answer.
const IDLE: Duration = Duration::from_secs(15);
/// How many answers are read at a time, of those that come as fast as they are read, and those of the oldest search first. Of
/// many searches at once some then end early, instead of all of them late, and what was read is an answer while it is at hand.
const AT_A_TIME: usize = 16;
/// Who is not at his end by then, because he stalls or drips, is read beside the others. One limit for the whole of an answer: a
/// timer for each piece would wake the thread that waits for the next of all timers nearly each time.
const TURN: Duration = Duration::from_millis(25);
/// How many redirects are followed.
const REDIRECTS: usize = 5;
/// An answer longer than this is large: the usual page of a source is a fifth of it.
const LARGE: usize = 1 << 20;
/// How much of an answer is kept that is no success: enough for what it says.
const OF_A_FAILURE: usize = 64 << 10;

/// The connections. Calls to an operator's own addresses and guarded ones never share any.
#[derive(Debug)]
pub(super) struct Wire {
    open: Client,
    /// Made when it is first needed.
    guarded: OnceLock<Client>,
    guard: Guard,
    user_agent: HeaderValue,
    arriving: Arc<Turns>,
}

impl Wire {
    /// No connection yet.
    pub fn new(user_agent: HeaderValue, guard: Guard) -> Self {
        // An error says that a provider is installed already; then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { open: Client::new(None), guarded: OnceLock::new(), guard, user_agent, arriving: Turns::new(AT_A_TIME) }
    }

    /// Sends `call`, for a search that is under way since `began`, and reads the answer, following redirects. What is large of it is read in turn with other large answers:
    /// as many at once as `large` has permits, whatever a source sends to how many searches. Every status comes back; errors are `Network`, `Malformed`
    /// (redirects that lead nowhere, bytes that cannot be decompressed), `TooLarge`, `Blocked` and `Timeout` (idle).
    pub async fn exchange(&self, call: &Call, began: Instant, large: &Semaphore) -> Result<Reply, Trouble> {
        let started = Instant::now();
        if call.guarded {
            self.guard.check(&call.url).map_err(|error| Trouble { error, sent: false })?;
        }
        let mut step = Step::first(call);
        let mut url = call.url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.send(call, &url, &step).await?;
            let Some(next) = redirect(response.status(), &url, response.headers())? else {
                return read(response, url, call, self.arriving.take(began), large, started).await;
            };
            step = step.follow(response.status(), &call.url, &next)?;
            if step.guarded {
                self.guard.check(&next)?;
            }
            url = next;
        }
        Err(malformed(format!("redirected more than {REDIRECTS} times")).into())
    }

    async fn send(&self, call: &Call, url: &Url, step: &Step) -> Result<Response<Incoming>, Trouble> {
        let client =
            if step.guarded { self.guarded.get_or_init(|| Client::new(Some(&self.guard))) } else { &self.open };
        let mut request = Request::new(Full::default());
        *request.uri_mut() = address(url)?;
        *request.method_mut() = step.method.clone();
        let headers = request.headers_mut();
        headers.reserve(call.headers.len() + 5);
        headers.insert(USER_AGENT, self.user_agent.clone());
        if let Ok(accept) = HeaderValue::from_str(call.accept) {
            headers.insert(ACCEPT, accept);
        }
        // Compression saves time on a network and costs it on this machine.
        let packed = if is_near(url) { "identity" } else { "gzip" };
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(packed));
        if let Some(credentials) = credentials(url) {
            headers.insert(AUTHORIZATION, credentials);
        }
        for (name, value) in &call.headers {
            if step.trusted || is_harmless(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
        if step.method != Method::GET
            && let Some((body, kind)) = &call.body
        {
            if let Ok(kind) = HeaderValue::from_str(kind) {
                headers.insert(CONTENT_TYPE, kind);
            }
            *request.body_mut() = Full::from(body.clone());
        }
        match tokio::time::timeout(IDLE, client.send(request)).await {
            Ok(answer) => answer.map_err(|error| failure(&error)),
            Err(_) => Err(idle()),
        }
    }
}

/// What a request is sent to: without the name and password that an operator's address may hold.
fn address(url: &Url) -> Result<Uri, SourceError> {
    let mut bare = url.clone();
    // An error says that such an address has none anyway.
    let _ = bare.set_username("").and_then(|()| bare.set_password(None));
    Uri::try_from(bare.as_str()).map_err(|error| malformed(format!("no address: {error}")))
}

/// The name and password in an address, as RFC 7617 sends them.
fn credentials(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64.encode(pair.as_bytes()))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// How the next request of a call is sent: what a redirect may change.
#[derive(Debug, Clone)]
struct Step {
    method: Method,
    /// Through the client that refuses private addresses.
    guarded: bool,
    /// Still at the origin that the call was meant for: keys may be sent.
    trusted: bool,
}

impl Step {
    fn first(call: &Call) -> Self {
        Self { method: call.method.clone(), guarded: call.guarded, trusted: true }
    }

    /// After a redirect with `status` to `next`. Once the origin was left, keys are not sent any more and private addresses
    /// are refused, also on the way back.
    fn follow(mut self, status: StatusCode, origin: &Url, next: &Url) -> Result<Self, SourceError> {
        if next.origin() != origin.origin() {
            self.trusted = false;
            self.guarded = true;
        }
        let keeps_method = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        if !keeps_method && self.method != Method::HEAD {
            self.method = Method::GET;
        }
        if !self.trusted && self.method != Method::GET && self.method != Method::HEAD {
            return Err(SourceError::Blocked { message: "redirected what was posted to another host".to_owned() });
        }
        Ok(self)
    }
}

/// Where a redirect leads; `None` when the answer is none.
fn redirect(status: StatusCode, url: &Url, headers: &HeaderMap) -> Result<Option<Url>, SourceError> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    // Location may be anything but control characters; what is no ASCII is taken as UTF-8, as browsers do.
    let location = headers.get(LOCATION).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    let next = location.and_then(|location| url.join(location).ok());
    let next = next.ok_or_else(|| malformed(format!("redirected (status {}) to no address", status.as_u16())))?;
    if next.has_host() && matches!(next.scheme(), "http" | "https") {
        Ok(Some(next))
    } else {
        Err(SourceError::Blocked { message: format!("redirected to `{}:`, neither http nor https", next.scheme()) })
    }
}

/// Headers that say nothing about who asks.
fn is_harmless(name: &HeaderName) -> bool {
    [ACCEPT_LANGUAGE, IF_MODIFIED_SINCE, IF_NONE_MATCH].contains(name)
}

fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

async fn read(
    mut response: Response<Incoming>,
    url: Url,
    call: &Call,
    turn: impl Future<Output = Turn>,
    large: &Semaphore,
    started: Instant,
) -> Result<Reply, Trouble> {
    let status = response.status();
    let limit = if status.is_success() { call.body_limit } else { OF_A_FAILURE };
    let is_packed = is_packed(response.headers()) && !response.body().is_end_stream();
    let announced = response.body().size_hint().exact().filter(|_| !is_packed);
    if status.is_success() && announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit).into());
    }
    let mut body = Coming::new(limit, announced, is_packed);
    // Neither is ever closed. Meanwhile the source waits: nothing of it is read.
    let mut turn = Some(turn.await);
    let mut patience = pin!(sleep(TURN));
    let mut turn_of_large = None;
    loop {
        if turn_of_large.is_none() && body.length() > LARGE {
            turn = None;
            turn_of_large = large.acquire().await.ok();
        }
        if turn.is_none() {
            patience.as_mut().reset(Instant::now() + IDLE);
        }
        let cut = select! {
            biased;
            chunk = next(response.body_mut()) => match chunk {
                Ok(None) => break,
                Ok(Some(chunk)) => body.push(&chunk).err().map(|error| unreadable(&error, limit)),
                Err(trouble) => Some(trouble),
            },
            () = patience.as_mut() => if turn.take().is_some() { None } else { Some(idle()) },
        };
        match cut {
            None => {}
            Some(trouble) if status.is_success() => return Err(trouble),
            // What an error page says is worth having; that it is long or cut is no error of its own.
            Some(_) => break,
        }
    }
    let body =
        if status.is_success() { body.finish().map_err(|error| unreadable(&error, limit))? } else { body.so_far() };
    let headers = std::mem::take(response.headers_mut());
    Ok(Reply { status, headers, body, url, took: started.elapsed() })
}

/// The next bytes of an answer, none at its end.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Trouble> {
    while let Some(frame) = body.frame().await {
        // Beside data there are only trailers, which say nothing to us.
        if let Ok(data) = frame.map_err(|error| broken(&error))?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

fn is_packed(headers: &HeaderMap) -> bool {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).map(str::trim);
    encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("gzip") || encoding.eq_ignore_ascii_case("x-gzip"))
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Trouble {
    /// In terms of sources.
    pub error: SourceError,
    /// Whether the source may have seen the request.
    pub sent: bool,
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        Self { error, sent: true }
    }
}

/// What went wrong before there was an answer, in terms of sources. Never shows an address.
fn failure(error: &legacy::Error) -> Trouble {
    if let Some(not_public) = causes(error).find_map(|cause| cause.downcast_ref::<NotPublic>()) {
        return Trouble { error: SourceError::Blocked { message: not_public.to_string() }, sent: false };
    }
    if !error.is_connect() {
        return broken(error);
    }
    let is_late = |cause: &io::Error| cause.kind() == io::ErrorKind::TimedOut;
    let message = if causes(error).any(|cause| cause.downcast_ref().is_some_and(is_late)) {
        format!("no connection within {} s", CONNECT.as_secs())
    } else {
        format!("cannot connect: {}", innermost(error))
    };
    Trouble { error: SourceError::Network { message }, sent: false }
}

/// The connection did not bring the answer to its end.
fn broken(error: &(dyn Error + 'static)) -> Trouble {
    SourceError::Network { message: format!("the connection broke: {}", innermost(error)) }.into()
}

fn idle() -> Trouble {
    SourceError::Timeout { after_ms: u64::try_from(IDLE.as_millis()).unwrap_or(u64::MAX) }.into()
}

/// Bytes that cannot be taken.
fn unreadable(error: &io::Error, limit: usize) -> Trouble {
    if error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<TooLarge>) {
        return too_large(limit).into();
    }
    malformed(format!("cannot be decompressed: {error}")).into()
}

fn too_large(limit: usize) -> SourceError {
    SourceError::TooLarge { limit_bytes: limit as u64 }
}

fn malformed(message: String) -> SourceError {
    SourceError::Malformed { message }
}

/// The error, what caused it, what caused that, and so on.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&inner| inner.source())
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn located(location: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(location).unwrap())])
    }

    fn leads(status: u16, location: &[u8]) -> Result<Option<Url>, SourceError> {
        redirect(StatusCode::from_u16(status).unwrap(), &url("https://a.example/x/y?q=1"), &located(location))
    }

    #[test]
    fn a_redirect_is_read_relative_to_where_it_came_from() {
        assert_eq!(leads(301, b"../z").unwrap(), Some(url("https://a.example/z")));
        assert_eq!(leads(308, b"//b.example").unwrap(), Some(url("https://b.example/")));
        assert_eq!(leads(302, "/ü".as_bytes()).unwrap(), Some(url("https://a.example/%C3%BC")));
        assert_eq!(leads(200, b"../z").unwrap(), None);
        assert_eq!(leads(304, b"../z").unwrap(), None);
    }

    #[test]
    fn a_redirect_to_nowhere_is_an_error() {
        for location in [&b"http://"[..], b"https://[::1", b"\xff\xfe"] {
            assert!(matches!(leads(302, location), Err(SourceError::Malformed { .. })), "{location:?}");
        }
        for location in [&b"file:///etc/passwd"[..], b"javascript:alert(1)", b"mailto:a@b.example"] {
            assert!(matches!(leads(302, location), Err(SourceError::Blocked { .. })), "{location:?}");
        }
        let none = redirect(StatusCode::FOUND, &url("https://a.example/"), &HeaderMap::new());
        assert!(matches!(none, Err(SourceError::Malformed { .. })));
    }

    fn post() -> Call {
        Call { method: Method::POST, ..Call::get(url("https://a.example/")) }
    }

    #[test]
    fn leaving_the_origin_takes_the_keys_away_for_good_and_guards() {
        let (home, away) = (url("https://a.example/"), url("https://b.example/"));
        for other in ["https://b.example/", "http://a.example/", "https://a.example:8443/"] {
            let step = Step::first(&post()).follow(StatusCode::FOUND, &home, &url(other)).unwrap();
            assert!(step.guarded && !step.trusted, "{other}");
        }
        let away = Step::first(&post()).follow(StatusCode::FOUND, &home, &away).unwrap();
        let back = away.follow(StatusCode::FOUND, &home, &home).unwrap();
        assert!(back.guarded && !back.trusted);
        let stays = Step::first(&post()).follow(StatusCode::FOUND, &home, &url("https://a.example/b")).unwrap();
        assert!(!stays.guarded && stays.trusted);
    }

    #[test]
    fn what_was_posted_becomes_a_get_or_stays_at_home() {
        let home = url("https://a.example/");
        let follow = |status, next| Step::first(&post()).follow(status, &home, &url(next));
        assert_eq!(follow(StatusCode::SEE_OTHER, "https://b.example/").unwrap().method, Method::GET);
        assert_eq!(follow(StatusCode::TEMPORARY_REDIRECT, "https://a.example/b").unwrap().method, Method::POST);
        let error = follow(StatusCode::PERMANENT_REDIRECT, "https://b.example/").unwrap_err();
        assert!(matches!(error, SourceError::Blocked { .. }));
    }
}
