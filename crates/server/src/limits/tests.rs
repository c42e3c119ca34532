use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use secrecy::SecretString;
use tokio::time::advance;

use super::*;
use crate::{cache::testing::redis_url, redis_line::RedisSource, testing::proxy::Proxy};

fn config() -> LimitsConfig {
    LimitsConfig { search_rate: 2.0, search_burst: 3, sign_in_rate: 0.5, sign_in_burst: 2, ..LimitsConfig::default() }
}

fn limits(config: &LimitsConfig) -> Limits {
    Limits::new(config, &RedisConfig::default(), &Metrics::new("test")).unwrap()
}

fn limits_in(redis: &str) -> Limits {
    let redis = RedisConfig { url: Some(SecretString::from(redis)), ..RedisConfig::default() };
    Limits::new(&config(), &redis, &Metrics::new("test")).unwrap()
}

fn person(number: u128) -> Asker {
    Asker::Person(Uuid::from_u128(number))
}

fn token(number: u128, person: u128) -> Asker {
    Asker::Token { token: Uuid::from_u128(number), person: Uuid::from_u128(person) }
}

fn ip(last: u8) -> IpAddr {
    Ipv4Addr::new(203, 0, 113, last).into()
}

/// How many requests are let through before the first is refused; at most 1,000.
async fn passing(limits: &Limits, class: Class, ip: impl Into<Option<IpAddr>>, asker: Asker) -> usize {
    let ip = ip.into();
    for number in 0..1_000 {
        if limits.check(class, ip, asker).await.refusal().is_some() {
            return number;
        }
    }
    1_000
}

#[tokio::test(start_paused = true)]
async fn so_many_at_once_and_then_one_after_each_interval() {
    let limits = limits(&config());
    assert_eq!(passing(&limits, Class::Search, None, person(1)).await, 3);
    for _ in 0..5 {
        advance(Duration::from_millis(500)).await;
        assert_eq!(passing(&limits, Class::Search, None, person(1)).await, 1);
    }
    advance(Duration::from_millis(499)).await;
    assert_eq!(passing(&limits, Class::Search, None, person(1)).await, 0);
    advance(Duration::from_hours(1)).await;
    assert_eq!(passing(&limits, Class::Search, None, person(1)).await, 3, "no more is saved up than a burst");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_when_and_the_headers_say_what_is_left() {
    let limits = limits(&config());
    let mut said = Vec::new();
    for _ in 0..4 {
        let decision = limits.check(Class::Search, None, person(1)).await;
        let (policy, state) = decision.headers().unwrap();
        assert_eq!(policy, "\"search\";q=3;w=2");
        said.push(String::from_utf8(state.to_vec()).unwrap());
    }
    assert_eq!(said, ["\"search\";r=2;t=1", "\"search\";r=1;t=1", "\"search\";r=0;t=1", "\"search\";r=0;t=1"]);
    for _ in 0..2 {
        limits.check(Class::SignIn, Some(ip(1)), Asker::Nobody).await;
    }
    advance(Duration::from_millis(500)).await;
    let refused = limits.check(Class::SignIn, Some(ip(1)), Asker::Nobody).await;
    let Some(Error::TooMany { message, retry_after }) = refused.refusal() else { panic!("{refused:?}") };
    assert_eq!(retry_after, Duration::from_secs(2), "a second and a half, rounded up");
    assert_eq!(message, "too many attempts to sign in from you; try again in 2 s");
    assert_eq!(refused.headers().unwrap().1, "\"sign_in\";r=0;t=2", "not before Retry-After");
}

#[tokio::test(start_paused = true)]
async fn each_person_token_address_and_class_has_its_own() {
    let limits = limits(&config());
    for asker in [person(1), person(2), token(1, 1), token(2, 1)] {
        assert_eq!(passing(&limits, Class::Search, ip(1), asker).await, 3, "{asker:?}");
    }
    assert_eq!(passing(&limits, Class::Search, ip(1), Asker::Nobody).await, 3);
    assert_eq!(passing(&limits, Class::Search, ip(2), Asker::Nobody).await, 3);
    assert_eq!(passing(&limits, Class::Search, None, Asker::Nobody).await, 3);
    assert_eq!(passing(&limits, Class::Read, ip(1), person(1)).await, 300);
    assert_eq!(passing(&limits, Class::Search, ip(9), person(1)).await, 0, "wherever they are");
    let refused = |class| limits.refused.get_or_create(&LimitLabels { class }).get();
    assert_eq!((refused("search"), refused("read"), refused("sign_in")), (8, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn more_tokens_do_not_help_without_end() {
    let limits = limits(&config());
    let mut all = 0;
    for number in 0..10 {
        all += passing(&limits, Class::Search, None, token(number, 1)).await;
    }
    assert_eq!(all, 12, "four times what one may");
    assert_eq!(passing(&limits, Class::Search, None, token(99, 2)).await, 3, "another person's");
    assert_eq!(passing(&limits, Class::Search, None, person(1)).await, 3, "the person in the browser");
}

#[tokio::test(start_paused = true)]
async fn signing_in_counts_for_the_address_whoever_asks() {
    let limits = limits(&config());
    assert_eq!(passing(&limits, Class::SignIn, ip(1), person(1)).await, 2);
    assert_eq!(passing(&limits, Class::SignIn, ip(1), Asker::Nobody).await, 0);
    let v6 = |text: &str| IpAddr::V6(text.parse().unwrap());
    assert_eq!(passing(&limits, Class::SignIn, v6("2001:db8::1"), Asker::Nobody).await, 2);
    assert_eq!(passing(&limits, Class::SignIn, v6("2001:db8::ffff:2"), Asker::Nobody).await, 0, "the same customer");
    assert_eq!(passing(&limits, Class::SignIn, v6("2001:db8:0:1::1"), Asker::Nobody).await, 2);
    assert_eq!(passing(&limits, Class::SignIn, v6("::ffff:203.0.113.1"), Asker::Nobody).await, 0, "the first one");
}

#[tokio::test]
async fn whoever_is_not_limited_is_told_nothing() {
    let set = limits(&config());
    let off = limits(&LimitsConfig { enabled: false, ..config() });
    let without = limits(&LimitsConfig { search_rate: 0.0, ..config() });
    for (limits, asker) in [(&set, Asker::Local), (&off, person(1)), (&without, person(1))] {
        assert_eq!(passing(limits, Class::Search, ip(1), asker).await, 1_000);
        assert_eq!(limits.check(Class::Search, Some(ip(1)), asker).await.headers(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn the_table_is_bounded_and_a_flood_pushes_nobody_out_who_has_used_theirs_up() {
    let quota = Quota { interval: Duration::from_secs(1), burst: 5 };
    let table = Arc::new(Table::default());
    let local = Local::new(quota, &table);
    let key = |number: u128| Key::person(Class::Search, Uuid::from_u128(number));
    while local.take(&key(0)).is_allowed {}
    for number in 1..=300_000 {
        local.take(&key(number));
    }
    assert!((10_000..=65_536).contains(&table.len()), "{}", table.len());
    assert!(!local.take(&key(0)).is_allowed);
    assert!(local.take(&key(1)).is_allowed);
}

/// What becomes of requests after pauses of so many microseconds each, counted here.
fn by_governor(quota: Quota, pauses: &[u64]) -> Vec<Left> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let local = Local::new(quota, &Arc::new(Table::default()));
        let mut left = Vec::new();
        for pause in pauses {
            advance(Duration::from_micros(*pause)).await;
            left.push(local.take(&Key::address(Class::Read, None)));
        }
        left
    })
}

/// The same in Redis.
fn shared(url: &str) -> Shared {
    let redis = RedisConfig { url: Some(SecretString::from(url)), ..RedisConfig::default() };
    Shared::new(RedisSource::of(&redis).unwrap().unwrap()).unwrap()
}

fn by_redis(url: &str, quota: Quota, pauses: &[u64]) -> Vec<Left> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let shared = shared(url);
        let name = format!("pake:test:{}", Uuid::new_v4());
        // Far enough from the beginning that not every digit is left by accident.
        let mut now = 1_790_000_000_123_456;
        let mut left = Vec::new();
        for pause in pauses {
            now += pause;
            let (taken, remaining, wait) = shared.ask(&name, quota, 1, Some(now)).await.expect("Redis answers");
            left.push(Left { is_allowed: taken == 1, remaining, wait });
        }
        left
    })
}

#[test]
fn redis_decides_as_governor_does() {
    let Some(url) = redis_url() else { return };
    let cases = (1_u64..2_000_000, 1_u32..20, proptest::collection::vec(0_u64..4_000_000, 1..60));
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |((interval, burst, mut pauses) in cases)| {
        // Most requests come fast.
        pauses.iter_mut().step_by(2).for_each(|pause| *pause %= interval);
        let quota = Quota { interval: Duration::from_micros(interval), burst };
        prop_assert_eq!(by_redis(&url, quota, &pauses), by_governor(quota, &pauses));
    });
}

#[tokio::test]
async fn replicas_count_together() {
    let Some(url) = redis_url() else { return };
    let (one, other) = (limits_in(&url), limits_in(&url));
    let asker = Asker::Person(Uuid::new_v4());
    let mut passed = 0;
    for limits in [&one, &other, &one, &other, &one, &other] {
        passed += usize::from(limits.check(Class::SignIn, Some(fresh_address()), asker).await.refusal().is_none());
        passed += 10 * usize::from(limits.check(Class::Mail, None, asker).await.refusal().is_none());
    }
    assert_eq!(passed, 66, "each address is a new one, and ten mails are allowed at once");
    for limits in [&one, &other, &one, &other, &one, &other] {
        limits.check(Class::Mail, None, asker).await;
    }
    assert!(one.check(Class::Mail, None, asker).await.refusal().is_some());
    assert!(other.check(Class::Mail, None, asker).await.refusal().is_some());
    assert_eq!((one.fallbacks.get(), other.fallbacks.get()), (0, 0));
}

/// An address that no other test has.
fn fresh_address() -> IpAddr {
    Ipv6Addr::from(Uuid::new_v4().as_u128()).into()
}

#[tokio::test]
async fn a_clock_of_redis_that_goes_back_does_not_lock_anybody_out_for_longer_than_a_quota_takes() {
    let Some(url) = redis_url() else { return };
    let shared = shared(&url);
    let quota = Quota { interval: Duration::from_secs(1), burst: 3 };
    let name = format!("pake:test:{}", Uuid::new_v4());
    let at = |seconds: u64| shared.ask(&name, quota, 1, Some(seconds * 1_000_000));
    let second = Duration::from_secs(1);
    assert_eq!(at(1_790_000_000).await, Some((1, 2, second)));
    assert_eq!(at(1_000_000).await, Some((0, 0, second)));
    assert_eq!(at(1_000_001).await, Some((1, 0, second)));
}

#[tokio::test]
async fn while_redis_is_away_each_process_counts_by_itself() {
    let Some(url) = redis_url() else { return };
    let target = url.trim_start_matches("redis://").split('/').next().unwrap().to_owned();
    let proxy = Proxy::to(target).await;
    let mut limits = limits_in(&format!("redis://{}", proxy.address));
    limits.shared.as_mut().unwrap().pause = Duration::ZERO;
    let asker = Asker::Person(Uuid::new_v4());
    assert!(limits.check(Class::Search, None, asker).await.refusal().is_none());
    assert_eq!(limits.fallbacks.get(), 0);
    proxy.cut();
    assert_eq!(passing(&limits, Class::Search, None, asker).await, 3, "a burst of its own");
    assert_eq!(limits.fallbacks.get(), 4);
    proxy.mend();
    // The connection is made anew in the background.
    while limits.shared.as_ref().unwrap().retry_at.load(std::sync::atomic::Ordering::Relaxed) != 0 {
        limits.check(Class::Search, None, asker).await;
        tokio::task::yield_now().await;
    }
    let counted = limits.fallbacks.get();
    limits.check(Class::Search, None, asker).await;
    assert_eq!(limits.fallbacks.get(), counted);
}

#[tokio::test]
async fn a_twentieth_is_taken_ahead_and_counts_for_all_replicas() {
    let Some(url) = redis_url() else { return };
    let target = url.trim_start_matches("redis://").split('/').next().unwrap().to_owned();
    let proxy = Proxy::to(target).await;
    // Reading: 300 at once. So slow that none comes back meanwhile.
    let slow = LimitsConfig { read_rate: 0.01, ..config() };
    let replica = |url: String| {
        let redis = RedisConfig { url: Some(SecretString::from(url)), ..RedisConfig::default() };
        Limits::new(&slow, &redis, &Metrics::new("test")).unwrap()
    };
    let (one, other) = (replica(format!("redis://{}", proxy.address)), replica(url));
    let asker = Asker::Person(Uuid::new_v4());
    let first = one.check(Class::Read, None, asker).await;
    assert_eq!(first.headers().unwrap().1, "\"read\";r=299;t=100");
    // What is in hand lapses after seconds: it is used before the many requests of the other.
    proxy.cut();
    for left in (0..14).rev() {
        let decision = one.check(Class::Read, None, asker).await;
        assert!(decision.refusal().is_none());
        assert_eq!(decision.headers().unwrap().1, format!("\"read\";r={};t=100", 285 + left));
    }
    assert_eq!(one.fallbacks.get(), 0, "nobody has asked Redis");
    one.check(Class::Read, None, asker).await;
    assert_eq!(one.fallbacks.get(), 1);
    assert_eq!(passing(&other, Class::Read, None, asker).await, 285, "the rest was in the hand of the first");
}

#[tokio::test(start_paused = true)]
async fn what_is_in_hand_is_bounded_and_lapses() {
    let hands = hand::Hands::default();
    let key = |number: u128| Key::person(Class::Read, Uuid::from_u128(number));
    let until = tokio::time::Instant::now() + Duration::from_secs(6);
    for number in 0..200_000 {
        hands.keep(&key(number), hand::Hand { here: 2, beyond: 5, until });
    }
    let held = (0..200_000).filter(|number| hands.take(&key(*number)).is_some()).count();
    assert!((1_000..=32_768).contains(&held), "{held}");
    hands.keep(&key(1), hand::Hand { here: 2, beyond: 5, until });
    assert_eq!((hands.take(&key(1)), hands.take(&key(1)), hands.take(&key(1))), (Some(6), Some(5), None));
    hands.keep(&key(1), hand::Hand { here: 2, beyond: 5, until });
    advance(Duration::from_secs(6)).await;
    assert_eq!(hands.take(&key(1)), None);
}

#[tokio::test]
async fn a_redis_that_was_never_there_costs_one_wait_and_no_request() {
    // A port of this machine where nobody listens.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let limits = limits_in(&format!("redis://{address}"));
    assert_eq!(passing(&limits, Class::Search, None, person(1)).await, 3);
    assert_eq!(limits.fallbacks.get(), 4);
}

proptest! {
    #[test]
    fn never_more_than_the_burst_and_the_rate_allow(
        pauses in proptest::collection::vec(0_u64..3_000_000, 1..200),
        interval in 1_000_u64..2_000_000,
        burst in 1_u32..30,
    ) {
        let quota = Quota { interval: Duration::from_micros(interval), burst };
        let left = by_governor(quota, &pauses);
        let passed = left.iter().filter(|left| left.is_allowed).count() as u64;
        let took: u64 = pauses[1..].iter().sum();
        prop_assert!(passed <= u64::from(burst) + took / interval);
        for (left, next) in left.iter().zip(&left[1..]) {
            prop_assert!(left.remaining < burst);
            prop_assert!(left.remaining == 0 || next.is_allowed, "what is left may be asked");
            prop_assert!(left.wait <= quota.interval);
        }
    }
}

/// What one check costs: `cargo test --release -p server -- --ignored --nocapture what_a_check_costs`, also under
/// `scripts/with-services`.
#[tokio::test]
#[ignore = "measures, and asserts nothing that could fail by chance"]
async fn what_a_check_costs() {
    let config = LimitsConfig { read_rate: 100_000.0, read_burst: 10_000, ..LimitsConfig::default() };
    let here = limits(&config);
    let over_all = redis_url().map(|url| {
        let redis = RedisConfig { url: Some(SecretString::from(url)), ..RedisConfig::default() };
        Limits::new(&config, &redis, &Metrics::new("test")).unwrap()
    });
    let asked = [("a person", person(1)), ("a token", token(1, 1)), ("an address", Asker::Nobody)];
    for (limits, times) in [(Some(&here), 1_000_000_u32), (over_all.as_ref(), 20_000)] {
        let Some(limits) = limits else { continue };
        for (what, asker) in asked {
            let mut answer = http::HeaderMap::new();
            let began = std::time::Instant::now();
            for _ in 0..times {
                let decision = limits.check(Class::Read, Some(ip(1)), asker).await;
                let (policy, state) = decision.headers().unwrap();
                answer.insert("ratelimit-policy", http::HeaderValue::from_maybe_shared(policy).unwrap());
                answer.insert("ratelimit", http::HeaderValue::from_maybe_shared(state).unwrap());
            }
            println!("{what}: {:?} with the headers, {times} times", began.elapsed() / times);
        }
    }
}
