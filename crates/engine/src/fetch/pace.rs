//! What a source's headers say about how fast it may be asked.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;

use super::retry_after;

/// So many requests in any stretch of time this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At least 1, at most [`Rate::MOST`].
    pub requests: u32,
    /// More than nothing.
    pub window: Duration,
}

impl Rate {
    /// More requests in a window than this are spread over smaller windows: the limiter remembers each of them.
    const MOST: u32 = 1000;

    /// `requests` in any `window`; `None` for none at all.
    pub fn new(requests: u64, window: Duration) -> Option<Self> {
        if requests == 0 || window < Duration::from_millis(1) {
            return None;
        }
        let parts = requests.div_ceil(u64::from(Self::MOST));
        let per_part = u32::try_from(requests / parts).ok()?;
        let window = window.mul_f64(f64::from(per_part) / f64::from(u32::try_from(requests).unwrap_or(u32::MAX)));
        Some(Self { requests: per_part.max(1), window: window.max(Duration::from_micros(1)) })
    }

    /// `per_second` requests a second: 2.7 becomes 3 in any 1.11 s, so that calls in a row need not wait and yet no second
    /// sees more than 3. `None` when there is to be no limit.
    pub fn per_second(per_second: f64) -> Option<Self> {
        if !per_second.is_finite() || per_second <= 0.0 {
            return None;
        }
        let per_second = per_second.clamp(1e-5, f64::from(Self::MOST));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and MOST")]
        let requests = per_second.ceil() as u32;
        Some(Self { requests, window: Duration::from_secs_f64(f64::from(requests) / per_second) })
    }

    /// Requests a second on average.
    pub fn average(self) -> f64 {
        f64::from(self.requests) / self.window.as_secs_f64()
    }
}

/// What the headers of one answer say. What they do not say stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// How often the source may be asked.
    pub rate: Option<Rate>,
    /// How many requests may be under way at once.
    pub concurrency: Option<usize>,
    /// How long it must be left alone: a quota is used up. At most [`LONGEST_QUOTA`].
    pub pause: Option<Duration>,
}

/// Windows up to this long make a rate; longer ones are quotas, which matter when nothing remains of them.
const LONGEST_WINDOW: u64 = 60;
/// The longest time to a quota's end that is believed: Brave counts by months.
const LONGEST_QUOTA: Duration = Duration::from_hours(31 * 24);

/// Reads `x-rate-limit-limit` with `x-rate-limit-interval` and `x-concurrency-limit` (Crossref), then
/// `X-RateLimit-{Policy,Remaining,Reset}` (Brave sends lists, GitHub an epoch as reset), then `RateLimit-*` and `RateLimit`
/// (drafts 3 to 10 of draft-ietf-httpapi-ratelimit-headers). The first that tells a rate counts.
pub fn pace(headers: &HeaderMap, now: DateTime<Utc>) -> Pace {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Most answers of most sources carry none of these headers: one pass over the names is cheaper than ten look-ups.
    if !headers.keys().any(|name| is_about_rate(name.as_str())) {
        return Pace::default();
    }
    let interval = text("x-rate-limit-interval").and_then(span);
    let limit = text("x-rate-limit-limit").and_then(|value| value.trim().parse().ok());
    let rate = limit
        .zip(interval)
        .and_then(|(requests, window)| Rate::new(requests, window))
        .or_else(|| slowest_policy(text("x-ratelimit-policy")?))
        .or_else(|| slowest_policy(text("ratelimit-policy")?));
    let pause = [
        used_up(["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"].map(text), now),
        used_up(["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"].map(text), now),
        used_up(["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(text), now),
        text("ratelimit").and_then(|value| used_up_structured(value, now)),
    ];
    Pace {
        rate,
        concurrency: text("x-concurrency-limit").and_then(|value| value.trim().parse().ok()).filter(|&limit| limit > 0),
        pause: pause.into_iter().flatten().max().filter(|pause| !pause.is_zero()),
    }
}

fn is_about_rate(name: &str) -> bool {
    let name = name.strip_prefix("x-").unwrap_or(name);
    name.starts_with("ratelimit") || name.starts_with("rate-limit") || name == "concurrency-limit"
}

/// A time with a unit, as Crossref writes it: `1s`, `1m`, `500ms`; seconds without one. At most a day.
fn span(value: &str) -> Option<Duration> {
    let value = value.trim();
    let unit_at = value.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(value.len());
    let (number, unit) = value.split_at(unit_at);
    let number = retry_after::seconds(number.trim())?;
    let span = match unit {
        "" | "s" => number,
        "ms" => number / 1000,
        "m" => number * 60,
        "h" => number * 3600,
        _ => return None,
    };
    (!span.is_zero()).then(|| span.min(retry_after::LONGEST))
}

/// The slowest rate of a policy list: `1;w=1, 15000;w=2592000` or `"burst";q=100;w=60,"daily";q=1000;w=86400`.
fn slowest_policy(value: &str) -> Option<Rate> {
    let rates = value.split(',').filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next()?;
        let (mut quota, mut window) = (name.parse::<u64>().ok(), None);
        for part in parts {
            match part.split_once('=') {
                Some(("q", number)) => quota = number.parse().ok(),
                Some(("w", number)) => window = number.parse::<u64>().ok(),
                _ => {}
            }
        }
        let window = window.filter(|&window| (1..=LONGEST_WINDOW).contains(&window))?;
        Rate::new(quota?, Duration::from_secs(window))
    });
    rates.min_by(|one, other| one.average().total_cmp(&other.average()))
}

/// How long to wait where nothing remains: `Remaining: 0, 14999` with `Reset: 1, 1419704` is one second. Of a quota whose
/// limit is 0 nothing ever remains: `Limit: 50, 0` is how Brave says that a plan has no quota by the month.
fn used_up([limit, remaining, reset]: [Option<&str>; 3], now: DateTime<Utc>) -> Option<Duration> {
    let (remaining, reset) = (remaining?, reset?);
    let mut limits = limit.unwrap_or_default().split(',').map(number);
    let waits = remaining.split(',').zip(reset.split(',')).filter_map(|(remaining, reset)| {
        let is_counted = limits.next().flatten() != Some(0.0);
        (is_counted && number(remaining)? <= 0.0).then(|| until(reset.trim(), now)).flatten()
    });
    waits.max()
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// The same from `RateLimit: "default";r=0;t=30` (drafts 8 and later) or `limit=100, remaining=0, reset=50` (draft 6).
fn used_up_structured(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let find = |item: &str, names: [&str; 2]| {
        item.split([';', ',']).find_map(|part| {
            let (name, number) = part.trim().split_once('=')?;
            names.contains(&name.trim()).then(|| number.trim().to_owned())
        })
    };
    let wait = |item: &str| {
        let remaining: f64 = find(item, ["r", "remaining"])?.parse().ok()?;
        (remaining <= 0.0).then(|| until(&find(item, ["t", "reset"])?, now)).flatten()
    };
    if value.contains(';') { value.split(',').filter_map(wait).max() } else { wait(value) }
}

/// A reset: seconds from now, or seconds or milliseconds since 1970 when the number is that large. A time of day is only
/// believed for a day: our clock may be wrong.
fn until(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let number: f64 = value.parse().ok().filter(|number: &f64| number.is_finite())?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay far below 2^52")]
    let now = now.timestamp_millis() as f64 / 1000.0;
    let (wait, longest) = match number {
        large if large > 1e12 => (large / 1000.0 - now, retry_after::LONGEST),
        epoch if epoch > 1e9 => (epoch - now, retry_after::LONGEST),
        wait => (wait, LONGEST_QUOTA),
    };
    Some(Duration::from_secs_f64(wait.clamp(0.0, longest.as_secs_f64())))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[(&str, &str)]) -> Pace {
        let headers = lines
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
            })
            .collect();
        pace(&headers, DateTime::from_timestamp(1_790_000_000, 0).unwrap())
    }

    fn rate(requests: u64, seconds: u64) -> Option<Rate> {
        Rate::new(requests, Duration::from_secs(seconds))
    }

    #[test]
    fn crossrefs_headers_set_rate_and_concurrency() {
        let pace = read(&[("x-rate-limit-limit", "3"), ("x-rate-limit-interval", "1s"), ("x-concurrency-limit", "1")]);
        assert_eq!(pace, Pace { rate: rate(3, 1), concurrency: Some(1), pause: None });
    }

    #[test]
    fn braves_lists_set_the_short_window_and_pause_when_a_quota_is_used_up() {
        let lists = |remaining| {
            read(&[
                ("X-RateLimit-Limit", "1, 15000"),
                ("X-RateLimit-Policy", "1;w=1, 15000;w=2592000"),
                ("X-RateLimit-Remaining", remaining),
                ("X-RateLimit-Reset", "1, 1419704"),
            ])
        };
        assert_eq!(lists("1, 14999"), Pace { rate: rate(1, 1), concurrency: None, pause: None });
        assert_eq!(lists("0, 14999").pause, Some(Duration::from_secs(1)));
        assert_eq!(lists("1, 0").pause, Some(Duration::from_secs(1_419_704)), "until the end of the month");
        assert_eq!(lists("0, 0").pause, Some(Duration::from_secs(1_419_704)));
        assert_eq!(lists("1").pause, None, "a list that is too short says nothing of the rest");
    }

    #[test]
    fn a_plan_without_a_quota_by_the_month_is_not_used_up() {
        let metered = |remaining| {
            read(&[
                ("X-RateLimit-Limit", "50, 0"),
                ("X-RateLimit-Policy", "50;w=1, 0;w=2592000"),
                ("X-RateLimit-Remaining", remaining),
                ("X-RateLimit-Reset", "1, 1419704"),
            ])
        };
        assert_eq!(metered("49, 0"), Pace { rate: rate(50, 1), concurrency: None, pause: None });
        assert_eq!(metered("0, 0").pause, Some(Duration::from_secs(1)));
    }

    #[test]
    fn no_quota_is_believed_to_last_longer_than_a_month_or_by_our_clock_than_a_day() {
        let pause = |reset| read(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)]).pause;
        assert_eq!(pause("99999999"), Some(LONGEST_QUOTA));
        assert_eq!(pause("1799999999"), Some(retry_after::LONGEST));
    }

    #[test]
    fn githubs_reset_is_a_time_of_day() {
        let github = |remaining| {
            read(&[
                ("x-ratelimit-limit", "10"),
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", "1790000042"),
            ])
        };
        assert_eq!(github("3"), Pace::default());
        assert_eq!(github("0").pause, Some(Duration::from_secs(42)));
        let past = read(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1789999999")]);
        assert_eq!(past.pause, None);
    }

    #[test]
    fn all_drafts_of_the_standard_headers_are_read() {
        let third = read(&[("RateLimit-Limit", "100"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "50")]);
        assert_eq!(third.pause, Some(Duration::from_secs(50)));
        let sixth = read(&[("RateLimit", "limit=100, remaining=0, reset=50"), ("RateLimit-Policy", "100;w=60")]);
        assert_eq!(sixth, Pace { rate: rate(100, 60), concurrency: None, pause: Some(Duration::from_secs(50)) });
        let tenth = read(&[
            ("RateLimit", "\"burst\";r=5;t=3, \"daily\";r=0;t=30"),
            ("RateLimit-Policy", "\"burst\";q=100;w=60,\"daily\";q=1000;w=86400"),
        ]);
        assert_eq!(tenth, Pace { rate: rate(100, 60), concurrency: None, pause: Some(Duration::from_secs(30)) });
    }

    #[test]
    fn the_first_header_that_tells_a_rate_counts() {
        let pace = read(&[
            ("ratelimit-policy", "9;w=1"),
            ("x-ratelimit-policy", "5;w=1"),
            ("x-rate-limit-limit", "3"),
            ("x-rate-limit-interval", "1s"),
        ]);
        assert_eq!(pace.rate, rate(3, 1));
    }

    #[test]
    fn nonsense_says_nothing() {
        for (limit, interval) in [("0", "1s"), ("3", "0s"), ("-3", "1s"), ("3", "1 fortnight"), ("", ""), ("3", "s")] {
            let pace = read(&[("x-rate-limit-limit", limit), ("x-rate-limit-interval", interval)]);
            assert_eq!(pace, Pace::default(), "{limit} in {interval}");
        }
        assert_eq!(read(&[("x-concurrency-limit", "0")]), Pace::default());
        assert_eq!(read(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "soon")]), Pace::default());
    }

    #[test]
    fn a_fraction_of_a_request_a_second_becomes_whole_requests_in_a_longer_time() {
        let rate = Rate::per_second(2.7).unwrap();
        assert_eq!(rate.requests, 3);
        assert!((rate.average() - 2.7).abs() < 1e-6);
        let slow = Rate::per_second(0.33).unwrap();
        assert_eq!(slow.requests, 1);
        assert!(slow.window > Duration::from_secs(3));
        assert_eq!(Rate::per_second(0.0), None);
        assert_eq!(Rate::per_second(f64::NAN), None);
        assert_eq!(Rate::per_second(f64::INFINITY), None);
    }

    #[test]
    fn a_huge_limit_is_remembered_in_smaller_windows() {
        let rate = Rate::new(150_000, Duration::from_mins(1)).unwrap();
        assert!(rate.requests <= Rate::MOST);
        assert!((rate.average() - 2500.0).abs() < 1.0, "{}", rate.average());
        assert!(Rate::new(u64::MAX, Duration::from_secs(1)).is_none_or(|rate| rate.requests <= Rate::MOST));
    }

    proptest! {
        #[test]
        fn any_headers_give_a_pace_that_can_be_kept(values in proptest::collection::vec("[ -~]{0,30}", 9)) {
            let names = [
                "x-rate-limit-limit", "x-rate-limit-interval", "x-concurrency-limit", "x-ratelimit-policy",
                "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit", "ratelimit-remaining", "ratelimit-reset",
            ];
            let lines: Vec<_> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
            let pace = read(&lines);
            prop_assert!(pace.rate.is_none_or(|rate| rate.requests >= 1 && !rate.window.is_zero()));
            prop_assert!(pace.concurrency.is_none_or(|limit| limit > 0));
            prop_assert!(pace.pause.is_none_or(|pause| !pause.is_zero() && pause <= LONGEST_QUOTA));
        }

        #[test]
        fn any_rate_is_kept_on_average(per_second in 0.001_f64..1000.0) {
            let rate = Rate::per_second(per_second).unwrap();
            prop_assert!((rate.average() / per_second - 1.0).abs() < 1e-3);
        }
    }
}
