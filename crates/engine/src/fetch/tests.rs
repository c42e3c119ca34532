use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};
use flate2::{Compression, write::GzEncoder};
use futures_util::future::{join_all, poll_immediate};
use http::header::{AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH};
use tokio::time::{advance, pause, resume};

use self::server::{Act, Server, answer, head};
use super::*;
use crate::clock::FixedClock;

mod addresses;
mod bodies;
mod client;
mod refusals;
mod secrecy;
pub mod server;

const SOURCE: SourceId = SourceId::Arxiv;
const KEEP_ALIVE: Duration = Duration::from_secs(20);

fn noon() -> DateTime<Utc> {
    "2026-09-01T12:00:00Z".parse().unwrap()
}

/// No limit of ours, and retries without delay.
fn quick() -> LaneSettings {
    LaneSettings { rate: 0.0, concurrency: 0, backoff: Duration::ZERO, ..LaneSettings::default() }
}

fn once() -> LaneSettings {
    LaneSettings { attempts: 1, ..quick() }
}

fn fetcher(lane: LaneSettings) -> Fetcher {
    fetcher_allowing(lane, &[])
}

fn fetcher_allowing(lane: LaneSettings, networks: &[&str]) -> Fetcher {
    let settings = FetchSettings {
        version: "1.2.3".to_owned(),
        contact: Some("ops@example.org".to_owned()),
        allow_networks: networks.iter().map(|&network| network.to_owned()).collect(),
        lanes: [(SOURCE, lane)].into(),
        ..FetchSettings::default()
    };
    Fetcher::new(settings, FixedClock::at(noon())).unwrap()
}

fn soon() -> Instant {
    Instant::now() + KEEP_ALIVE
}

/// Fetches the body as text.
async fn get(fetcher: &Fetcher, url: Url) -> Result<String, SourceError> {
    send(fetcher, &Call::get(url)).await
}

async fn send(fetcher: &Fetcher, call: &Call) -> Result<String, SourceError> {
    fetcher.fetch(SOURCE, call, soon(), |reply| Ok(reply.text().into_owned())).await
}

/// An answer that ends before its time.
fn cut() -> Act {
    Act::Close([head(200, &[("content-length", "1000")]), b"only this".to_vec()].concat())
}

fn retry_at(result: Result<String, SourceError>) -> TimeDelta {
    match result {
        Err(SourceError::RateLimited { retry_at } | SourceError::CircuitOpen { retry_at, .. }) => retry_at - noon(),
        other => panic!("{other:?}"),
    }
}

/// Between `seconds` and a little less: time passes while the test runs.
fn is_about(wait: TimeDelta, seconds: i64) -> bool {
    (TimeDelta::seconds(seconds - 5)..=TimeDelta::seconds(seconds)).contains(&wait)
}

#[tokio::test]
async fn a_request_says_who_asks_and_what_is_accepted() {
    let server = Server::start(|_, _| answer(200, &[], "hello")).await;
    let fetcher = fetcher(quick());
    let call = Call {
        method: Method::POST,
        body: Some((Bytes::from_static(b"db=pubmed"), "application/x-www-form-urlencoded")),
        headers: vec![(AUTHORIZATION, HeaderValue::from_static("Bearer secret"))],
        accept: "application/atom+xml",
        ..Call::get(server.url("/api?q=1"))
    };
    assert_eq!(send(&fetcher, &call).await.unwrap(), "hello");
    let request = server.requests().remove(0).to_lowercase();
    for line in [
        "post /api?q=1 http/1.1\r\n",
        "user-agent: pake/1.2.3 (mailto:ops@example.org)\r\n",
        "accept: application/atom+xml\r\n",
        "accept-encoding: identity\r\n",
        "authorization: bearer secret\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
        "\r\n\r\ndb=pubmed",
    ] {
        assert!(request.contains(line), "{line} in {request}");
    }
}

#[tokio::test]
async fn who_wants_to_know_is_told_of_every_answer_and_its_host() {
    let server = Server::start(|number, _| answer(if number == 0 { 503 } else { 200 }, &[], "x")).await;
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = Arc::clone(&told);
    let observer = Observer::new(move |host, _took| listener.lock().unwrap().push(host.to_owned()));
    let settings = FetchSettings { lanes: [(SOURCE, quick())].into(), observer, ..FetchSettings::default() };
    let fetcher = Fetcher::new(settings, FixedClock::at(noon())).unwrap();
    get(&fetcher, server.url("/?key=secret")).await.unwrap();
    assert_eq!(*told.lock().unwrap(), ["127.0.0.1", "127.0.0.1"], "the failed attempt and the good one");
}

#[tokio::test]
async fn connections_are_kept_for_the_next_request() {
    let server = Server::start(|number, _| answer(if number == 1 { 404 } else { 200 }, &[], "x")).await;
    let fetcher = fetcher(quick());
    for _ in 0..5 {
        get(&fetcher, server.url("/")).await.unwrap();
    }
    assert_eq!((server.count(), server.connections()), (5, 1));
}

#[tokio::test]
async fn an_ill_source_is_asked_again() {
    for status in [500, 502, 503, 504, 408] {
        let server = Server::start(move |number, _| answer(if number < 2 { status } else { 200 }, &[], "x")).await;
        let fetcher = fetcher(quick());
        assert_eq!(get(&fetcher, server.url("/")).await.unwrap(), "x");
        assert_eq!(server.count(), 3);
        let health = fetcher.health(SOURCE);
        assert_eq!((health.requests, health.failures, health.state), (3, 2, LaneState::Closed));
    }
}

#[tokio::test]
async fn a_source_that_stays_ill_is_given_up_after_its_attempts() {
    let server = Server::start(|_, _| answer(503, &[], "<html>down</html>")).await;
    let result = get(&fetcher(quick()), server.url("/")).await;
    assert_eq!(result, Err(SourceError::Unavailable { status: 503 }));
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_status_that_will_not_change_is_not_asked_again() {
    for (status, expected) in [
        (501, SourceError::Unavailable { status: 501 }),
        (300, SourceError::Malformed { message: "unexpected status 300".to_owned() }),
    ] {
        let server = Server::start(move |_, _| answer(status, &[], "")).await;
        assert_eq!(get(&fetcher(quick()), server.url("/")).await, Err(expected));
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_retry_after_an_error_that_is_longer_than_a_search_can_wait_is_not_waited_for() {
    let server = Server::start(|_, _| answer(503, &[("retry-after", "600")], "")).await;
    let fetcher = fetcher(quick());
    assert_eq!(get(&fetcher, server.url("/")).await, Err(SourceError::Unavailable { status: 503 }));
    assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 600));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_source_that_hangs_is_waited_for_until_the_deadline() {
    let server = Server::start(|_, _| Act::Hang).await;
    let fetcher = fetcher(quick());
    // Long enough for the request to be sent on a busy machine, where part of it passes before the fetcher is called.
    let deadline = Instant::now() + Duration::from_millis(400);
    let result = fetcher.fetch(SOURCE, &Call::get(server.url("/")), deadline, |_| Ok(())).await;
    assert!(matches!(result, Err(SourceError::Timeout { after_ms }) if after_ms >= 300), "{result:?}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_source_that_hangs_is_waited_for_no_longer_than_its_timeout() {
    let server = Server::start(|_, _| Act::Hang).await;
    let fetcher = fetcher(LaneSettings { timeout: Duration::from_millis(50), ..quick() });
    for _ in 0..5 {
        assert!(matches!(get(&fetcher, server.url("/")).await, Err(SourceError::Timeout { .. })));
    }
    let refused = get(&fetcher, server.url("/")).await;
    assert!(matches!(refused, Err(SourceError::CircuitOpen { reason, .. }) if reason == "no answer in time"));
}

#[tokio::test]
async fn a_deadline_that_is_too_short_says_nothing_about_the_source() {
    let server = Server::start(|_, _| Act::Hang).await;
    let fetcher = fetcher(quick());
    for _ in 0..7 {
        let deadline = Instant::now() + Duration::from_millis(5);
        let result = fetcher.fetch(SOURCE, &Call::get(server.url("/")), deadline, |_| Ok(())).await;
        assert!(matches!(result, Err(SourceError::Timeout { .. })), "{result:?}");
    }
    assert_eq!(fetcher.health(SOURCE).state, LaneState::Closed);
}

#[tokio::test]
async fn a_deadline_in_the_past_sends_nothing() {
    let server = Server::start(|_, _| Act::Hang).await;
    let result = fetcher(quick()).fetch(SOURCE, &Call::get(server.url("/")), Instant::now(), |_| Ok(())).await;
    assert!(matches!(result, Err(SourceError::Timeout { .. })), "{result:?}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn headers_of_a_source_set_its_pace() {
    let limits = [("x-rate-limit-limit", "1"), ("x-rate-limit-interval", "60s"), ("x-concurrency-limit", "1")];
    for obeys in [true, false] {
        let server = Server::start(move |_, _| answer(200, &limits, "x")).await;
        let fetcher = fetcher(LaneSettings { rate: 100.0, obey_rate_headers: obeys, ..quick() });
        get(&fetcher, server.url("/")).await.unwrap();
        let second = get(&fetcher, server.url("/")).await;
        let health = fetcher.health(SOURCE);
        if obeys {
            assert!(is_about(retry_at(second), 66));
            assert!(health.rate_limit.unwrap() < 0.02);
            assert_eq!(health.concurrency_limit, Some(1));
        } else {
            assert_eq!(second.unwrap(), "x");
            assert_eq!(health.concurrency_limit, None);
        }
    }
}

#[tokio::test]
async fn a_search_that_is_dropped_leaves_its_place_to_the_next() {
    let server = Server::start(|number, _| if number == 0 { Act::Hang } else { answer(200, &[], "x") }).await;
    let fetcher = Arc::new(fetcher(LaneSettings { rate: 1000.0, concurrency: 1, ..quick() }));
    let (first, second) = (Call::get(server.url("/1")), Call::get(server.url("/2")));
    let task = tokio::spawn({
        let fetcher = Arc::clone(&fetcher);
        async move { send(&fetcher, &first).await }
    });
    server.wait_for(1).await;
    let mut waiting = Box::pin(send(&fetcher, &second));
    assert!(poll_immediate(&mut waiting).await.is_none());
    assert_eq!(fetcher.health(SOURCE).waiting, 1);
    task.abort();
    assert_eq!(waiting.await.unwrap(), "x");
    assert_eq!(fetcher.health(SOURCE).waiting, 0);
}

#[tokio::test]
async fn a_source_that_keeps_failing_is_left_alone_and_then_probed() {
    let server = Server::start(|number, _| answer(if number < 5 { 500 } else { 200 }, &[], "x")).await;
    let fetcher = Arc::new(fetcher(once()));
    for _ in 0..5 {
        assert_eq!(get(&fetcher, server.url("/")).await, Err(SourceError::Unavailable { status: 500 }));
    }
    assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 5));
    let health = fetcher.health(SOURCE);
    assert_eq!((health.state, health.reason.as_deref()), (LaneState::Open, Some("status 500")));
    assert_eq!(server.count(), 5);
    pause();
    advance(Duration::from_secs(5)).await;
    resume();
    assert_eq!(fetcher.health(SOURCE).state, LaneState::HalfOpen);
    assert_eq!(get(&fetcher, server.url("/")).await.unwrap(), "x");
    assert_eq!(fetcher.health(SOURCE).state, LaneState::Closed);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_asked_for_again() {
    let server = Server::start(|number, _| answer(200, &[], if number < 2 { "<html>" } else { "[1]" })).await;
    let fetcher = fetcher(quick());
    let result = fetcher.fetch(SOURCE, &Call::get(server.url("/")), soon(), |reply| reply.json::<Vec<u8>>()).await;
    assert_eq!(result.unwrap(), [1]);
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn one_query_whose_answer_is_always_broken_does_not_take_the_source_from_others() {
    let server = Server::start(|_, _| answer(200, &[], "<html>")).await;
    let fetcher = fetcher(quick());
    for _ in 0..4 {
        let result = fetcher.fetch(SOURCE, &Call::get(server.url("/")), soon(), |reply| reply.json::<Vec<u8>>()).await;
        assert_eq!(result, Err(SourceError::Malformed { message: "an HTML page instead of JSON".to_owned() }));
    }
    assert_eq!(server.count(), 12);
    assert_eq!(fetcher.health(SOURCE).state, LaneState::Closed);
}

#[tokio::test]
async fn the_days_budget_is_kept_and_shown() {
    let server = Server::start(|_, _| answer(200, &[], "x")).await;
    let clock = FixedClock::at(noon());
    let lane = LaneSettings { daily_budget_micros: Some(2500), ..quick() };
    let settings = FetchSettings { lanes: [(SOURCE, lane)].into(), ..FetchSettings::default() };
    let fetcher = Fetcher::new(settings, clock.clone()).unwrap();
    let call = Call { cost_micros: 1000, ..Call::get(server.url("/")) };
    send(&fetcher, &call).await.unwrap();
    send(&fetcher, &call).await.unwrap();
    let resets_at = "2026-09-02T00:00:00Z".parse().unwrap();
    assert_eq!(send(&fetcher, &call).await, Err(SourceError::BudgetSpent { resets_at }));
    assert_eq!(server.count(), 2);
    let health = fetcher.health(SOURCE);
    assert_eq!((health.spent_today_usd, health.daily_budget_usd), (0.002, Some(0.0025)));
    clock.advance(TimeDelta::hours(12));
    send(&fetcher, &call).await.unwrap();
}

#[tokio::test]
async fn a_host_that_is_not_there_is_a_network_error_that_costs_nothing() {
    let gone = Server::start(|_, _| Act::Hang).await.url("/?api_key=secret");
    let lane = LaneSettings { daily_budget_micros: Some(5000), ..quick() };
    let fetcher = fetcher(lane);
    // The server ended with its variable; nobody listens at its port now.
    tokio::task::yield_now().await;
    let result = send(&fetcher, &Call { cost_micros: 1000, ..Call::get(gone) }).await;
    match result {
        Err(SourceError::Network { message }) => {
            assert!(message.contains("refused") && !message.contains("secret"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    let health = fetcher.health(SOURCE);
    assert_eq!((health.requests, health.failures), (3, 3));
    assert!(health.spent_today_usd < f64::EPSILON);
}

#[tokio::test]
async fn a_call_that_hangs_is_hedged_by_a_second() {
    let server = Server::start(|number, _| if number == 25 { Act::Hang } else { answer(200, &[], "x") }).await;
    let fetcher = fetcher(quick());
    // Twenty calls to know the source, and five that earn the hedge.
    for _ in 0..26 {
        assert_eq!(get(&fetcher, server.url("/")).await.unwrap(), "x");
    }
    assert_eq!(server.count(), 27);
    assert_eq!(fetcher.health(SOURCE).requests, 27);
}

#[tokio::test]
async fn what_costs_money_or_allows_one_connection_is_never_hedged() {
    for (lane, cost_micros) in [(quick(), 1), (LaneSettings { concurrency: 1, ..quick() }, 0), (once(), 0)] {
        let server = Server::start(|number, _| if number == 25 { Act::Hang } else { answer(200, &[], "x") }).await;
        let fetcher = fetcher(lane);
        let call = Call { cost_micros, ..Call::get(server.url("/")) };
        for _ in 0..25 {
            send(&fetcher, &call).await.unwrap();
        }
        let deadline = Instant::now() + Duration::from_millis(400);
        let result = fetcher.fetch(SOURCE, &call, deadline, |_| Ok(())).await;
        assert!(matches!(result, Err(SourceError::Timeout { .. })), "{result:?}");
        assert_eq!(server.count(), 26);
    }
}

#[tokio::test]
async fn many_searches_at_once_share_one_limiter() {
    let server = Server::start(|_, _| answer(200, &[], "x")).await;
    let fetcher = fetcher(LaneSettings { rate: 900.0, concurrency: 2, ..quick() });
    let call = Call::get(server.url("/"));
    let results = join_all((0..40).map(|_| send(&fetcher, &call))).await;
    assert!(results.iter().all(Result::is_ok));
    assert!(server.connections() <= 2, "{}", server.connections());
}

#[tokio::test]
async fn a_search_learns_how_long_to_wait_for_a_source() {
    let fetcher = fetcher(LaneSettings { rate: 0.1, ..quick() });
    for _ in 0..19 {
        fetcher.answered(SOURCE, Duration::from_millis(400));
    }
    assert_eq!(fetcher.learnt_deadline(SOURCE), None);
    fetcher.answered(SOURCE, Duration::from_millis(400));
    assert_eq!(fetcher.learnt_deadline(SOURCE), Some(Duration::from_millis(500)));
    assert_eq!(fetcher.learnt_deadline(SourceId::Crossref), None);
    // The wait for a turn is no fault of the source.
    let server = Server::start(|_, _| answer(200, &[], "x")).await;
    get(&fetcher, server.url("/")).await.unwrap();
    assert!(fetcher.learnt_deadline(SOURCE).unwrap() > Duration::from_secs(5));
}

#[tokio::test]
async fn one_bad_host_of_many_does_not_close_a_source() {
    let good = Server::start(|_, _| answer(200, &[], "x")).await;
    let bad = Server::start(|_, _| answer(500, &[], "x")).await;
    let fetcher = fetcher(once());
    for _ in 0..5 {
        get(&fetcher, bad.url("/")).await.unwrap_err();
    }
    assert_eq!(fetcher.health(SOURCE).state, LaneState::Open);
    assert!(matches!(get(&fetcher, bad.url("/")).await, Err(SourceError::CircuitOpen { .. })));
    assert_eq!(get(&fetcher, good.url("/")).await.unwrap(), "x");
    let health = fetcher.health(SOURCE);
    assert_eq!(health.state, LaneState::Closed);
    assert_eq!(health.reason.unwrap(), format!("127.0.0.1:{}: status 500", bad.url("/").port().unwrap()));
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let refused = |settings| Fetcher::new(settings, FixedClock::at(noon())).unwrap_err().setting;
    let networks = FetchSettings { allow_networks: vec!["10.0.0.0/40".to_owned()], ..FetchSettings::default() };
    assert_eq!(refused(networks), "search.allow_networks");
    let lane = LaneSettings { attempts: 0, ..quick() };
    let lanes = FetchSettings { lanes: [(SOURCE, lane)].into(), ..FetchSettings::default() };
    assert_eq!(refused(lanes), "sources.arxiv.attempts");
}

#[test]
fn lanes_are_in_the_order_of_the_sources() {
    let fetcher = fetcher(quick());
    for source in SourceId::ALL {
        assert_eq!(fetcher.lane(source).source, source);
    }
}

#[test]
fn a_source_that_was_never_asked_is_well() {
    let health = serde_json::to_value(fetcher(LaneSettings { rate: 2.0, ..quick() }).health(SOURCE)).unwrap();
    let expected = serde_json::json!({
        "state": "closed", "reason": null, "next_attempt": null, "requests": 0, "failures": 0, "waiting": 0,
        "latency_p50_ms": null, "latency_p95_ms": null, "rate_limit": 2.0, "concurrency_limit": null,
        "spent_today_usd": 0.0, "daily_budget_usd": null,
    });
    assert_eq!(health, expected);
}

#[tokio::test]
async fn a_witness_takes_down_what_is_read_and_shares_the_state_of_the_sources() {
    let server = Server::start(|number, _| match number {
        0 => answer(200, &[], "before"),
        1 => answer(503, &[], "ill"),
        _ => answer(200, &[], "body"),
    })
    .await;
    let fetcher = fetcher(quick());
    get(&fetcher, server.url("/")).await.unwrap();
    let (witnessed, witness) = fetcher.witnessed();
    get(&witnessed, server.url("/path")).await.unwrap();
    let seen = witness.seen();
    assert_eq!(
        seen.iter().map(|reply| (reply.url.path(), reply.text())).collect::<Vec<_>>(),
        [("/path", "body".into())]
    );
    let health = fetcher.health(SOURCE);
    assert_eq!((health.requests, health.failures), (3, 1));
}

#[tokio::test]
async fn a_charset_is_honoured_over_the_wire() {
    let server =
        Server::start(|_, _| answer(200, &[(CONTENT_TYPE.as_str(), "text/xml; charset=latin1")], b"caf\xe9")).await;
    assert_eq!(get(&fetcher(quick()), server.url("/")).await.unwrap(), "café");
}
