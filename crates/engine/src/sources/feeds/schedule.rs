//! When a feed is fetched again.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use http::{HeaderMap, header::CACHE_CONTROL};

/// No feed is fetched more often.
const SOONEST: TimeDelta = TimeDelta::minutes(30);
/// Nor less often, whatever it asks for or however often it failed.
const LATEST: TimeDelta = TimeDelta::hours(24);
/// The pause after the first failure; doubles with each one in a row.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// When a feed that was read `now` is fetched again, by what it says (`ttl` in minutes, hours of the day to skip) and what its
/// server does (`max-age`).
pub(super) fn after_success(
    now: DateTime<Utc>,
    ttl: Option<u64>,
    max_age: Option<Duration>,
    skip_hours: &[u32],
) -> DateTime<Utc> {
    let ttl = ttl.and_then(|minutes| TimeDelta::try_minutes(i64::try_from(minutes).ok()?));
    let max_age = max_age.and_then(|age| TimeDelta::from_std(age).ok());
    let wanted = ttl.max(max_age).unwrap_or(SOONEST).clamp(SOONEST, LATEST);
    let due = now + wanted;
    // To the full hour after each that is to be skipped; a feed that skips them all is asked all the same.
    let starts = (1..24).map(|hours| due + TimeDelta::hours(hours)).filter_map(|time| time.with_minute(0));
    [due].into_iter().chain(starts).find(|time| !skip_hours.contains(&time.hour())).unwrap_or(due)
}

/// When a feed that failed so many times in a row is fetched again.
pub(super) fn after_failures(now: DateTime<Utc>, failures: u32) -> DateTime<Utc> {
    let doubled = FIRST_PAUSE.checked_mul(1 << failures.saturating_sub(1).min(16)).unwrap_or(LATEST);
    now + doubled.min(LATEST)
}

/// How long the answer may be used, by `Cache-Control`.
pub(super) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let age = |directive: &str| {
        let (name, value) = directive.trim().split_once('=')?;
        name.eq_ignore_ascii_case("max-age").then(|| value.trim_matches('"').parse().ok())?
    };
    directives.flat_map(|value| value.split(',')).find_map(age).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-03-01T12:10:00Z".parse().unwrap()
    }

    fn minutes_until(ttl: Option<u64>, max_age: Option<u64>, skip: &[u32]) -> i64 {
        (after_success(noon(), ttl, max_age.map(Duration::from_secs), skip) - noon()).num_minutes()
    }

    #[test]
    fn a_feed_is_asked_twice_an_hour_at_most_and_once_a_day_at_least() {
        assert_eq!(minutes_until(None, None, &[]), 30);
        assert_eq!(minutes_until(Some(5), Some(60), &[]), 30);
        assert_eq!(minutes_until(Some(120), None, &[]), 120);
        assert_eq!(minutes_until(Some(60), Some(7_200), &[]), 120);
        assert_eq!(minutes_until(Some(u64::MAX), Some(u64::MAX), &[]), 30, "nonsense is no wish");
        assert_eq!(minutes_until(Some(1_000_000), None, &[]), 24 * 60);
    }

    #[test]
    fn hours_to_skip_are_skipped_unless_that_is_all_of_them() {
        assert_eq!(minutes_until(None, None, &[12]), 50, "at 13:00");
        assert_eq!(minutes_until(None, None, &[12, 13, 14]), 170, "at 15:00");
        assert_eq!(minutes_until(None, None, &[13]), 30);
        assert_eq!(minutes_until(None, None, &(0..24).collect::<Vec<_>>()), 30);
    }

    #[test]
    fn pauses_double_up_to_a_day() {
        let pause = |failures| (after_failures(noon(), failures) - noon()).num_minutes();
        assert_eq!([1, 2, 3, 4].map(pause), [1, 2, 4, 8]);
        assert_eq!([0, 11, 12, u32::MAX].map(pause), [1, 1024, 1440, 1440]);
    }

    #[test]
    fn max_age_is_found_among_the_directives() {
        let age = |value: &'static str| {
            max_age(&HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(value))])).map(|age| age.as_secs())
        };
        assert_eq!(age("public, Max-Age=3600, must-revalidate"), Some(3600));
        assert_eq!(age("s-maxage=10"), None);
        assert_eq!(age("max-age=soon"), None);
        assert_eq!(max_age(&HeaderMap::new()), None);
    }

    proptest! {
        #[test]
        fn the_next_time_lies_between_half_an_hour_and_two_days(
            ttl in any::<Option<u64>>(), age in any::<Option<u64>>(), skip in prop::collection::vec(0_u32..30, 0..30),
        ) {
            let wait = after_success(noon(), ttl, age.map(Duration::from_secs), &skip) - noon();
            prop_assert!(SOONEST <= wait && wait <= LATEST * 2);
        }
    }
}
