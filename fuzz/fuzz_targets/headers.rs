//! What headers say about how fast a source may be asked: `Retry-After`, and the rate headers of all dialects. Lines of
//! `name: value`.
#![no_main]

use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use engine::fetch::{Reply, pace};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use libfuzzer_sys::fuzz_target;
use url::Url;

const DAY: Duration = Duration::from_secs(86_400);
/// Quotas are given anew once a month at least.
const MONTH: Duration = Duration::from_secs(31 * 86_400);

fuzz_target!(|bytes: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|&byte| byte == b'\n').take(64) {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let (name, value) = (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(&line[colon + 1..]));
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let reply = Reply {
        status: StatusCode::TOO_MANY_REQUESTS,
        headers,
        body: Bytes::new(),
        url: Url::parse("https://source.example").expect("an address"),
        took: Duration::ZERO,
    };
    for now in [0, 1_790_000_000, -62_135_596_800, 253_402_300_799] {
        let now = DateTime::from_timestamp(now, 0).expect("a time");
        assert!(reply.retry_after(now).is_none_or(|wait| wait <= DAY));
        let pace = pace::pace(&reply.headers, now);
        assert_eq!(pace::pace(&reply.headers, now), pace);
        if let Some(rate) = pace.rate {
            assert!((1..=1_000).contains(&rate.requests) && !rate.window.is_zero(), "{rate:?}");
            assert!(rate.average().is_finite() && rate.average() > 0.0, "{rate:?}");
        }
        assert!(pace.concurrency.is_none_or(|concurrency| concurrency > 0));
        assert!(pace.pause.is_none_or(|pause| !pause.is_zero() && pause <= MONTH), "{pace:?}");
    }
});
