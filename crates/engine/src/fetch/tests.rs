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

mod client;
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
async fn what_concerns_this_query_only_is_the_connectors_to_read() {
    let server = Server::start(|_, _| answer(400, &[], "no such field")).await;
    let fetcher = fetcher(quick());
    for _ in 0..10 {
        let result: Result<(), _> = fetcher
            .fetch(SOURCE, &Call::get(server.url("/")), soon(), |reply| {
                Err(SourceError::BadQuery { message: reply.excerpt() })
            })
            .await;
        assert_eq!(result, Err(SourceError::BadQuery { message: "no such field".to_owned() }));
    }
    assert_eq!(server.count(), 10);
    assert_eq!(fetcher.health(SOURCE).state, LaneState::Closed);
}

#[tokio::test]
async fn a_refusal_is_not_asked_again_and_closes_the_source_to_others() {
    for (status, advice) in [(401, "check sources.arxiv.key"), (402, "its credit is used up"), (403, "blocked there")] {
        let server = Server::start(move |_, _| answer(status, &[], r#"{"message":"who are you?"}"#)).await;
        let fetcher = fetcher(quick());
        match get(&fetcher, server.url("/")).await {
            Err(SourceError::Refused { status: told, message }) => {
                assert_eq!(told, status);
                assert!(message.starts_with("who are you? (") && message.contains(advice), "{message}");
            }
            other => panic!("{other:?}"),
        }
        assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 300));
        assert_eq!(server.count(), 1);
        let health = fetcher.health(SOURCE);
        assert_eq!(health.state, LaneState::Open);
        assert_eq!(health.reason.unwrap(), format!("refused with status {status}"));
    }
}

#[tokio::test]
async fn what_a_403_means_at_a_source_is_said_and_remembered() {
    let server = Server::start(|_, _| answer(403, &[], "<html>Forbidden</html>")).await;
    let fetcher = fetcher(quick());
    let call = Call { forbidden: Some("switch it on there"), ..Call::get(server.url("/")) };
    let error = send(&fetcher, &call).await.unwrap_err();
    assert_eq!(error, SourceError::Refused { status: 403, message: "switch it on there".to_owned() });
    assert_eq!(fetcher.health(SOURCE).reason.unwrap(), "refused with status 403: switch it on there");
}

#[tokio::test]
async fn a_refusal_that_only_the_connector_can_read_closes_the_source_too() {
    let server = Server::start(|_, _| answer(422, &[], "wrong key")).await;
    let fetcher = fetcher(quick());
    let read = |reply: Reply| Err::<(), _>(SourceError::Refused { status: 422, message: reply.excerpt() });
    let call = Call::get(server.url("/"));
    assert_eq!(fetcher.fetch(SOURCE, &call, soon(), read).await.unwrap_err().code(), "refused");
    assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 300));
    assert_eq!((server.count(), fetcher.health(SOURCE).failures), (1, 1));
}

#[tokio::test]
async fn a_month_that_is_used_up_closes_the_source_until_it_ends() {
    let month = [
        ("x-ratelimit-limit", "1, 2000"),
        ("x-ratelimit-policy", "1;w=1, 2000;w=2592000"),
        ("x-ratelimit-remaining", "1, 0"),
        ("x-ratelimit-reset", "1, 1419704"),
    ];
    let server = Server::start(move |_, _| answer(429, &month, "")).await;
    let fetcher = fetcher(quick());
    assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 1_419_704));
    assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 1_419_704));
    assert_eq!(server.count(), 1);
    assert_eq!(fetcher.health(SOURCE).state, LaneState::Open);
}

#[tokio::test]
async fn a_users_address_that_is_refused_says_nothing_about_others() {
    let server = Server::start(|_, _| answer(403, &[], "members only")).await;
    let fetcher = fetcher_allowing(quick(), &["127.0.0.0/8"]);
    let call = Call { guarded: true, ..Call::get(server.url("/")) };
    for _ in 0..2 {
        assert!(matches!(send(&fetcher, &call).await, Err(SourceError::Refused { .. })));
    }
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_refused_key_that_can_be_left_out_says_nothing_about_the_source() {
    let server = Server::start(|_, _| answer(403, &[], "unknown key")).await;
    let fetcher = fetcher(quick());
    let call = Call { key_is_optional: true, ..Call::get(server.url("/")) };
    for _ in 0..2 {
        assert!(matches!(send(&fetcher, &call).await, Err(SourceError::Refused { status: 403, .. })));
    }
    assert_eq!(server.count(), 2);
    assert_eq!(fetcher.health(SOURCE).state, LaneState::Closed);
}

#[tokio::test]
async fn a_429_with_a_short_wait_is_asked_once_more() {
    let past = httpdate::fmt_http_date((noon() - TimeDelta::seconds(7)).into());
    for wait in ["0", "-5", &past] {
        let wait = wait.to_owned();
        let server = Server::start(move |number, _| match number {
            0 => answer(429, &[("retry-after", &wait)], "slow down"),
            _ => answer(200, &[], "x"),
        })
        .await;
        assert_eq!(get(&fetcher(quick()), server.url("/")).await.unwrap(), "x");
        assert_eq!(server.count(), 2);
    }
}

#[tokio::test]
async fn a_second_429_is_the_end() {
    let server = Server::start(|_, _| answer(429, &[("retry-after", "0")], "")).await;
    assert!(is_about(retry_at(get(&fetcher(quick()), server.url("/")).await), 0));
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_429_with_a_long_wait_holds_all_calls_until_then() {
    let later = httpdate::fmt_http_date((noon() + TimeDelta::seconds(90)).into());
    for lane in [quick(), LaneSettings { rate: 100.0, ..quick() }] {
        for wait in ["90", &later] {
            let wait = wait.to_owned();
            let server = Server::start(move |_, _| answer(429, &[("retry-after", &wait)], "")).await;
            let fetcher = fetcher(lane.clone());
            assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 90));
            assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 90));
            assert_eq!(server.count(), 1);
            let health = fetcher.health(SOURCE);
            assert_eq!(health.state, LaneState::Limited);
            assert!(is_about(health.next_attempt.unwrap() - noon(), 90));
        }
    }
}

#[tokio::test]
async fn a_429_that_sends_us_away_for_hours_opens_the_circuit() {
    let server = Server::start(|_, _| answer(429, &[("retry-after", "7200")], "")).await;
    let fetcher = fetcher(quick());
    assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 7200));
    assert!(matches!(get(&fetcher, server.url("/")).await, Err(SourceError::CircuitOpen { .. })));
    assert_eq!(fetcher.health(SOURCE).state, LaneState::Open);
}

#[tokio::test]
async fn a_429_without_a_word_cools_down_for_twice_as_long_each_time() {
    let server = Server::start(|_, _| answer(429, &[], "Rate exceeded.")).await;
    let cool_down = Duration::from_mins(1);
    let lane = LaneSettings { rate: 100.0, cool_down, longest_cool_down: 3 * cool_down, ..once() };
    let fetcher = fetcher(lane);
    for seconds in [60, 120, 180, 180] {
        assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), seconds), "{seconds}");
        pause();
        advance(Duration::from_secs(seconds.unsigned_abs())).await;
        resume();
    }
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn without_a_limit_of_ours_one_stray_429_does_not_suspend_the_source() {
    let server = Server::start(|number, _| match number {
        0 => answer(429, &[("retry-after", "4")], ""),
        _ => answer(200, &[], "x"),
    })
    .await;
    let fetcher = fetcher(once());
    assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 4));
    assert_eq!(get(&fetcher, server.url("/")).await.unwrap(), "x");
}

#[tokio::test]
async fn githubs_403_for_asking_too_often_is_no_refusal() {
    let reset = (noon() + TimeDelta::seconds(42)).timestamp().to_string();
    let server =
        Server::start(move |_, _| answer(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset)], "{}"))
            .await;
    assert!(is_about(retry_at(get(&fetcher(quick()), server.url("/")).await), 42));
}

#[tokio::test]
async fn githubs_secondary_limit_with_the_headers_of_a_refusal_is_waited_for() {
    const SAID: &str = r#"{"message":"You have exceeded a secondary rate limit."}"#;
    let server = Server::start(|_, _| answer(403, &[("x-ratelimit-remaining", "14")], SAID)).await;
    let fetcher = fetcher(LaneSettings { cool_down: Duration::from_mins(1), ..quick() });
    assert!(is_about(retry_at(get(&fetcher, server.url("/")).await), 60));
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
async fn a_body_that_drips_is_cut_at_the_deadline() {
    let head = head(200, &[("content-length", "100000")]);
    let drip = Act::Stream(head, b"x".to_vec(), 100_000, Duration::from_millis(3));
    let server = Server::start(move |_, _| drip.clone()).await;
    let deadline = Instant::now() + Duration::from_millis(60);
    let result = fetcher(quick()).fetch(SOURCE, &Call::get(server.url("/")), deadline, |_| Ok(())).await;
    assert!(matches!(result, Err(SourceError::Timeout { .. })), "{result:?}");
}

fn cut() -> Act {
    Act::Close([head(200, &[("content-length", "1000")]), b"only this".to_vec()].concat())
}

#[tokio::test]
async fn a_body_that_is_cut_is_asked_for_again() {
    let server = Server::start(|number, _| if number < 2 { cut() } else { answer(200, &[], "whole") }).await;
    assert_eq!(get(&fetcher(quick()), server.url("/")).await.unwrap(), "whole");
    let server = Server::start(|_, _| cut()).await;
    let result = get(&fetcher(quick()), server.url("/")).await;
    assert!(matches!(result, Err(SourceError::Network { .. })), "{result:?}");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_a_network_error() {
    for nothing in [&b""[..], b"\0\0garbage\r\n\r\n", b"HTTP/1.1 200"] {
        let server = Server::start(move |_, _| Act::Close(nothing.to_vec())).await;
        let result = get(&fetcher(quick()), server.url("/")).await;
        assert!(matches!(result, Err(SourceError::Network { .. })), "{result:?}");
        assert_eq!(server.count(), 3);
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn gzip_is_unpacked_and_truncated_gzip_is_an_error() {
    let packed = gzip("many words, ".repeat(10_000).as_bytes());
    let length = packed.len();
    let server = Server::start(move |_, request| {
        let body = if request.starts_with("GET /whole") { &packed[..] } else { &packed[..length / 2] };
        answer(200, &[("content-encoding", "gzip")], body)
    })
    .await;
    let fetcher = fetcher(quick());
    assert_eq!(get(&fetcher, server.url("/whole")).await.unwrap().len(), 120_000);
    let result = get(&fetcher, server.url("/half")).await;
    assert!(matches!(result, Err(SourceError::Malformed { .. })), "{result:?}");
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn a_bomb_is_dropped_when_it_passes_the_limit() {
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 1 << 20);
    let server = Server::start(move |_, _| answer(200, &[("content-encoding", "gzip")], &bomb)).await;
    let result = get(&fetcher(quick()), server.url("/")).await;
    assert_eq!(result, Err(SourceError::TooLarge { limit_bytes: 6 << 20 }));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_body_that_declares_itself_too_large_is_not_read() {
    let head = head(200, &[("content-length", "67108864")]);
    let server = Server::start(move |_, _| Act::Stream(head.clone(), vec![b' '; 1 << 16], 1024, Duration::ZERO)).await;
    let result = get(&fetcher(quick()), server.url("/")).await;
    assert_eq!(result, Err(SourceError::TooLarge { limit_bytes: 6 << 20 }));
    // What sockets hold on both sides.
    assert!(server.sent() < 16 << 20, "{}", server.sent());
}

#[tokio::test]
async fn an_endless_body_is_read_no_further_than_the_limit() {
    let head = head(200, &[("transfer-encoding", "chunked")]);
    let chunk = [&b"10000\r\n"[..], &vec![b' '; 1 << 16], b"\r\n"].concat();
    let server = Server::start(move |_, _| Act::Stream(head.clone(), chunk.clone(), usize::MAX, Duration::ZERO)).await;
    let fetcher = fetcher(quick());
    let result = get(&fetcher, server.url("/")).await;
    assert_eq!(result, Err(SourceError::TooLarge { limit_bytes: 6 << 20 }));
    assert!(server.sent() < 24 << 20, "{}", server.sent());
}

#[tokio::test]
async fn a_large_body_waits_for_its_turn_and_small_ones_do_not() {
    let server = Server::start(|_, request| {
        answer(200, &[], vec![b' '; if request.starts_with("GET /large") { 3_000_000 } else { 10 }])
    })
    .await;
    let wire = Wire::new(HeaderValue::from_static("PAKE"), Guard::new(&[]).unwrap());
    let (large, small) = (Call::get(server.url("/large")), Call::get(server.url("/small")));
    let turns = Semaphore::new(0);
    let mut waiting = Box::pin(wire.exchange(&large, &turns));
    let others = async {
        server.wait_for(1).await;
        for _ in 0..200 {
            assert_eq!(wire.exchange(&small, &turns).await.unwrap().body.len(), 10);
        }
    };
    tokio::select! {
        biased;
        _ = &mut waiting => unreachable!("it has no turn yet"),
        () = others => {}
    }
    turns.add_permits(1);
    assert_eq!(waiting.await.unwrap().body.len(), 3_000_000);
    assert_eq!(turns.available_permits(), 1);
}

#[tokio::test]
async fn a_long_error_page_is_cut_and_no_error_of_its_own() {
    let server = Server::start(|_, _| answer(404, &[], vec![b'x'; 1 << 20])).await;
    let fetcher = fetcher(quick());
    let length =
        fetcher.fetch(SOURCE, &Call::get(server.url("/")), soon(), |reply| Ok(reply.body.len())).await.unwrap();
    assert!(length <= 64 << 10, "{length}");
}

#[tokio::test]
async fn redirects_at_the_same_host_are_followed() {
    let server = Server::start(|_, request| match request.split(' ').nth(1).unwrap() {
        "/a" => answer(301, &[("location", "/b?x=1")], ""),
        "/b?x=1" => answer(302, &[("location", "c")], ""),
        _ => answer(200, &[], "here"),
    })
    .await;
    let fetcher = fetcher(quick());
    let call = Call {
        headers: vec![(AUTHORIZATION, HeaderValue::from_static("Bearer secret"))],
        ..Call::get(server.url("/a"))
    };
    let url = fetcher.fetch(SOURCE, &call, soon(), |reply| Ok(reply.url)).await.unwrap();
    assert_eq!(url, server.url("/c"));
    assert!(server.requests().iter().all(|request| request.contains("Bearer secret")));
}

#[tokio::test]
async fn a_loop_of_redirects_ends() {
    let server = Server::start(|_, _| answer(302, &[("location", "/again")], "")).await;
    let result = get(&fetcher(once()), server.url("/")).await;
    assert_eq!(result, Err(SourceError::Malformed { message: "redirected more than 5 times".to_owned() }));
    assert_eq!(server.count(), 6);
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    let inner = Server::start(|_, _| answer(200, &[], "secret")).await;
    let port = inner.url("/").port().unwrap();
    for location in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let outer = Server::start(move |_, _| answer(302, &[("location", &location)], "")).await;
        let fetcher = fetcher(quick());
        let result = get(&fetcher, outer.url("/")).await;
        assert!(matches!(result, Err(SourceError::Blocked { .. })), "{result:?}");
        assert_eq!(outer.count(), 1);
        assert_eq!(fetcher.health(SOURCE).state, LaneState::Closed);
    }
    assert_eq!(inner.count(), 0);
}

#[tokio::test]
async fn a_redirect_to_another_host_takes_no_keys_along() {
    let inner = Server::start(|_, _| answer(200, &[], "x")).await;
    let location = inner.url("/moved").to_string();
    let outer = Server::start(move |_, _| answer(307, &[("location", &location)], "")).await;
    let fetcher = fetcher_allowing(quick(), &["127.0.0.1"]);
    let call = Call {
        headers: vec![
            (AUTHORIZATION, HeaderValue::from_static("Bearer secret")),
            (HeaderName::from_static("x-api-key"), HeaderValue::from_static("secret")),
            (IF_NONE_MATCH, HeaderValue::from_static("\"tag\"")),
        ],
        ..Call::get(outer.url("/"))
    };
    assert_eq!(send(&fetcher, &call).await.unwrap(), "x");
    let request = inner.requests().remove(0);
    assert!(request.contains("\"tag\"") && !request.contains("secret"), "{request}");
}

#[tokio::test]
async fn a_users_address_in_a_private_network_is_refused_before_anything_is_sent() {
    let server = Server::start(|_, _| answer(200, &[], "secret")).await;
    let port = server.url("/").port().unwrap();
    let fetcher = fetcher(quick());
    for url in [server.url("/"), Url::parse(&format!("http://localhost:{port}/")).unwrap()] {
        let result = send(&fetcher, &Call { guarded: true, ..Call::get(url) }).await;
        assert!(
            matches!(&result, Err(SourceError::Blocked { message }) if message.contains("allow_networks")),
            "{result:?}"
        );
    }
    assert_eq!(server.connections(), 0);
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

/// Collects what is logged, all fields included.
#[derive(Debug, Clone)]
struct Log {
    lines: Arc<Mutex<String>>,
    level: tracing::level_filters::LevelFilter,
}

impl Log {
    fn of(level: tracing::level_filters::LevelFilter) -> Self {
        Self { lines: Arc::default(), level }
    }
}

impl tracing::Subscriber for Log {
    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(self.level)
    }
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        attributes.record(&mut Line(&mut self.lines.lock().unwrap()));
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Line(&mut self.lines.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Line(&mut self.lines.lock().unwrap()));
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

struct Line<'a>(&'a mut String);

impl tracing::field::Visit for Line<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

#[tokio::test]
async fn neither_logs_nor_errors_nor_debugging_show_what_is_secret() {
    // While there is only one subscriber, tracing asks that of the thread which comes by first whether an event is wanted
    // at all, for all threads and for good: other tests, which have none, would silence the events. Of two it asks both.
    // The first wants no level, so that no event is looked at by anybody until the second is there.
    let _first = tracing::Dispatch::new(Log::of(tracing::level_filters::LevelFilter::OFF));
    let log = Log::of(tracing::level_filters::LevelFilter::TRACE);
    let _logging = tracing::subscriber::set_default(log.clone());
    let server = Server::start(|number, _| match number % 6 {
        0 => answer(200, &[], "x"),
        1 => answer(302, &[("location", "/moved?api_key=hunter2")], ""),
        2 => cut(),
        3 => answer(503, &[], ""),
        4 => answer(300, &[], ""),
        _ => answer(403, &[], "the key hunter2 is blocked"),
    })
    .await;
    let fetcher = fetcher(once());
    let call = Call {
        headers: vec![(AUTHORIZATION, HeaderValue::from_static("Bearer hunter2"))],
        ..Call::get(server.url("/works?api_key=hunter2"))
    };
    let mut seen = format!("{call:?} {fetcher:?}");
    for _ in 0..5 {
        if let Err(error) = send(&fetcher, &call).await {
            write!(seen, "{error} {error:?}").unwrap();
        }
    }
    assert_eq!(server.count(), 6);
    let log = log.lines.lock().unwrap();
    assert!(log.contains("source=arxiv") && log.contains("path=\"/works\"") && log.contains("status=503"), "{log}");
    // Hyper and its kin log addresses at trace level, which is not ours to change; our own events name none.
    assert!(!seen.contains("hunter2"), "{seen}");
    let ours: Vec<_> = log.split("message=").filter(|event| event.contains("source=arxiv")).collect();
    assert!(ours.iter().all(|event| !event.contains("hunter2")), "{ours:?}");
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
