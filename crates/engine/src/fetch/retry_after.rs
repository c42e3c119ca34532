//! How long a source asks us to wait (RFC 9110 §10.2.3), whatever its clock says.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use http::{
    HeaderMap,
    header::{DATE, RETRY_AFTER},
};

/// The longest wait that is believed. Who asks for more gets one probing request a day.
pub(super) const LONGEST: Duration = Duration::from_hours(24);

/// The wait that `Retry-After` asks for, in seconds or as a date, at most a day. A date is measured against the answer's own
/// `Date` where it has one (then a wrong clock at the source does no harm), else against `now`; what has passed is no wait.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    seconds(value).or_else(|| {
        let until = httpdate::parse_http_date(value).ok()?;
        let sent = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let wait = until.duration_since(sent.unwrap_or_else(|| SystemTime::from(now))).unwrap_or_default();
        Some(wait.min(LONGEST))
    })
}

/// A number of seconds, with a sign or a fraction if need be (both are seen in the wild), from nothing to a day.
pub(super) fn seconds(value: &str) -> Option<Duration> {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) || digits.contains(['e', 'E', 'i', 'n']) {
        return None;
    }
    let seconds: f64 = value.parse().ok()?;
    Some(Duration::from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64())))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn date(offset: i64) -> String {
        httpdate::fmt_http_date(SystemTime::from(now() + TimeDelta::seconds(offset)))
    }

    fn asked(value: &str, sent: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        if let Some(sent) = sent {
            headers.insert(DATE, HeaderValue::from_str(sent).unwrap());
        }
        retry_after(&headers, now())
    }

    #[test]
    fn seconds_are_taken_as_they_are_and_capped_at_a_day() {
        assert_eq!(asked("120", None), Some(Duration::from_mins(2)));
        assert_eq!(asked(" 1.5 ", None), Some(Duration::from_millis(1500)));
        assert_eq!(asked("0", None), Some(Duration::ZERO));
        assert_eq!(asked("-30", None), Some(Duration::ZERO));
        assert_eq!(asked("99999999999999999999999999", None), Some(LONGEST));
    }

    #[test]
    fn a_date_is_measured_against_the_sources_own_clock() {
        assert_eq!(asked(&date(90), None), Some(Duration::from_secs(90)));
        assert_eq!(asked(&date(-90), None), Some(Duration::ZERO));
        // The source's clock is an hour ahead of ours: its dates are, too.
        assert_eq!(asked(&date(3690), Some(&date(3600))), Some(Duration::from_secs(90)));
        assert_eq!(asked(&date(400 * 24 * 3600), None), Some(LONGEST));
        assert_eq!(asked("Sunday, 06-Nov-94 08:49:37 GMT", None), Some(Duration::ZERO));
    }

    #[test]
    fn nonsense_is_no_wish() {
        for value in ["", "soon", "inf", "NaN", "1e99", "--1", "0x10", "Fri, 99 Foo 2026 00:00:00 GMT"] {
            assert_eq!(asked(value, None), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_header_gives_at_most_a_day(value in "[ -~]{0,40}", sent in "[ -~]{0,40}") {
            prop_assert!(asked(&value, Some(&sent)).is_none_or(|wait| wait <= LONGEST));
        }

        #[test]
        fn any_number_of_seconds_is_read(value in 0_u64..86_400) {
            prop_assert_eq!(asked(&value.to_string(), None), Some(Duration::from_secs(value)));
        }

        #[test]
        fn any_date_is_read(offset in -100_000_i64..86_400) {
            prop_assert_eq!(asked(&date(offset), None), Some(Duration::from_secs(offset.max(0).unsigned_abs())));
        }
    }
}
