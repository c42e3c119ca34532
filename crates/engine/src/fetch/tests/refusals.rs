//! What a source refuses, and for how long it is left alone.

use super::*;

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
