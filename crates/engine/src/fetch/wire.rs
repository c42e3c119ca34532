//! One request and its answer on the wire, redirects included. No decisions about when, how often or what it means.

use std::{error::Error, sync::OnceLock, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION},
};
use reqwest::Client;
use tokio::{sync::Semaphore, time::Instant};
use url::{Host, Url};

use super::{
    Call, Reply,
    body::Body,
    guard::{Guard, NotPublic},
};
use crate::{config::SetupError, source::SourceError};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest wait for the next bytes of an answer.
const IDLE: Duration = Duration::from_secs(15);
/// How long a connection is kept for the next request.
const KEEP: Duration = Duration::from_mins(1);
/// How many connections to a host are kept: each with the buffer of up to 400 KiB that it has read its answers into.
const KEEP_PER_HOST: usize = 64;
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
}

impl Wire {
    /// No connection yet.
    pub fn new(user_agent: HeaderValue, guard: Guard) -> Result<Self, SetupError> {
        // An error says that a provider is installed already; then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let open = client(&user_agent, None)
            .map_err(|error| SetupError { setting: "search".to_owned(), message: describe(&error) })?;
        Ok(Self { open, guarded: OnceLock::new(), guard, user_agent })
    }

    /// Sends `call` and reads the answer, following redirects. What is large of it is read in turn with other large answers:
    /// as many at once as `large` has permits, whatever a source sends to how many searches. Every status comes back; errors are `Network`, `Malformed`
    /// (redirects that lead nowhere, bytes that cannot be decompressed), `TooLarge`, `Blocked` and `Timeout` (idle).
    pub async fn exchange(&self, call: &Call, large: &Semaphore) -> Result<Reply, Trouble> {
        let started = Instant::now();
        if call.guarded {
            self.guard.check(&call.url).map_err(|error| Trouble { error, sent: false })?;
        }
        let mut step = Step::first(call);
        let mut response = self.send(call, &call.url, &step).await?;
        for _ in 0..REDIRECTS {
            let Some(next) = redirect(response.status(), response.url(), response.headers())? else {
                return read(response, call, large, started).await;
            };
            step = step.follow(response.status(), &call.url, &next)?;
            if step.guarded {
                self.guard.check(&next)?;
            }
            response = self.send(call, &next, &step).await?;
        }
        match redirect(response.status(), response.url(), response.headers())? {
            None => read(response, call, large, started).await,
            Some(_) => Err(malformed(format!("redirected more than {REDIRECTS} times")).into()),
        }
    }

    async fn send(&self, call: &Call, url: &Url, step: &Step) -> Result<reqwest::Response, Trouble> {
        let client = if step.guarded { self.guarded()? } else { &self.open };
        let mut request = reqwest::Request::new(step.method.clone(), url.clone());
        let headers = request.headers_mut();
        headers.reserve(call.headers.len() + 4);
        if let Ok(accept) = HeaderValue::from_str(call.accept) {
            headers.insert(ACCEPT, accept);
        }
        if is_near(url) {
            // Compression saves time on a network and costs it on this machine.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
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
            *request.body_mut() = Some(body.clone().into());
        }
        client.execute(request).await.map_err(failure)
    }

    fn guarded(&self) -> Result<&Client, Trouble> {
        if let Some(client) = self.guarded.get() {
            return Ok(client);
        }
        let client = client(&self.user_agent, Some(&self.guard)).map_err(failure)?;
        Ok(self.guarded.get_or_init(|| client))
    }
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

/// A client of ours; through a proxy when the environment names one (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), except for guarded
/// calls: a proxy would resolve names behind the guard's back.
fn client(user_agent: &HeaderValue, guard: Option<&Guard>) -> Result<Client, reqwest::Error> {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes clients")]
    let builder = || {
        let builder = Client::builder()
            .user_agent(user_agent.clone())
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT)
            .read_timeout(IDLE)
            .pool_idle_timeout(KEEP)
            .pool_max_idle_per_host(KEEP_PER_HOST)
            .tcp_nodelay(true)
            // A connection that hangs then takes one request with it, and a hedge goes over another one.
            .http1_only();
        match guard {
            Some(guard) => builder.dns_resolver(guard.clone()).no_proxy(),
            None => builder,
        }
    };
    builder().build().or_else(|error| {
        tracing::warn!(
            error = describe(&error),
            "no root certificates: sources over https cannot be asked. Install the package ca-certificates or set \
             SSL_CERT_FILE"
        );
        builder().tls_certs_only([]).build()
    })
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
    mut response: reqwest::Response,
    call: &Call,
    large: &Semaphore,
    started: Instant,
) -> Result<Reply, Trouble> {
    let status = response.status();
    let limit = if status.is_success() { call.body_limit } else { OF_A_FAILURE };
    let too_large = SourceError::TooLarge { limit_bytes: limit as u64 };
    if status.is_success() && response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_large.into());
    }
    let mut body = Body::new(limit, response.content_length());
    let mut turn = None;
    loop {
        if turn.is_none() && body.length() > LARGE {
            // Never closed. Meanwhile the source waits: nothing of it is read.
            turn = large.acquire().await.ok();
        }
        // What an error page says is worth having; that it is long or cut is no error of its own.
        match response.chunk().await {
            Ok(Some(chunk)) => match body.push(&chunk) {
                Ok(()) => {}
                Err(_) if status.is_success() => return Err(too_large.into()),
                Err(_) => break,
            },
            Err(error) if status.is_success() => return Err(failure(error)),
            Ok(None) | Err(_) => break,
        }
    }
    let url = response.url().clone();
    let headers = std::mem::take(response.headers_mut());
    Ok(Reply { status, headers, body: body.finish(), url, took: started.elapsed() })
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

/// What went wrong, in terms of sources. Never shows an address.
fn failure(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let sent = !error.is_connect();
    let mut causes = causes(&error);
    if let Some(not_public) = causes.clone().find_map(|inner| inner.downcast_ref::<NotPublic>()) {
        return Trouble { error: SourceError::Blocked { message: not_public.to_string() }, sent };
    }
    // reqwest says "decode" of every error in a body; those of the connection come from hyper.
    let decoding = error.is_decode() && !causes.any(<dyn Error>::is::<hyper::Error>);
    let error = match (error.is_timeout(), decoding) {
        (true, _) if sent => SourceError::Timeout { after_ms: u64::try_from(IDLE.as_millis()).unwrap_or(u64::MAX) },
        (true, _) => SourceError::Network { message: format!("no connection within {} s", CONNECT.as_secs()) },
        (false, true) => malformed(describe(&error)),
        (false, false) => SourceError::Network { message: describe(&error) },
    };
    Trouble { error, sent }
}

fn malformed(message: String) -> SourceError {
    SourceError::Malformed { message }
}

/// What caused the error, what caused that, and so on.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> + Clone {
    std::iter::successors(error.source(), |&inner| inner.source())
}

/// The error and its innermost cause.
fn describe(error: &reqwest::Error) -> String {
    match causes(error).last() {
        Some(innermost) => format!("{error}: {innermost}"),
        None => error.to_string(),
    }
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
