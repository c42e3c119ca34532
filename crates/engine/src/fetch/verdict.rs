//! What a status means for the source that sent it.

use http::{HeaderMap, header::RETRY_AFTER};

use super::Reply;

/// What is to be done with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The connector reads it: 2xx, 304, and the 4xx that are about this one query.
    Read,
    /// The source will not serve us: 401, 402, 403.
    Refused,
    /// Asked too often: 429, and a 403 that says so (GitHub).
    Throttled,
    /// The source is ill: 408, 5xx; asked again where that can help.
    Ill {
        /// Whether asking again can help.
        passing: bool,
    },
    /// A status that has no place here: 1xx, 300, 305, 306.
    Odd,
}

/// What the status of an answer means.
pub(super) fn verdict(reply: &Reply) -> Verdict {
    match reply.status.as_u16() {
        403 if headers_say_too_often(&reply.headers) || body_says_too_often(&reply.body) => Verdict::Throttled,
        401..=403 => Verdict::Refused,
        429 => Verdict::Throttled,
        // 520 to 524 are Cloudflare's words for a server behind it that does not answer.
        408 | 500 | 502..=504 | 520..=524 => Verdict::Ill { passing: true },
        500..=599 => Verdict::Ill { passing: false },
        200..=299 | 304 | 400..=499 => Verdict::Read,
        _ => Verdict::Odd,
    }
}

fn headers_say_too_often(headers: &HeaderMap) -> bool {
    let nothing_left = headers.get("x-ratelimit-remaining").is_some_and(|value| value.as_bytes() == b"0");
    nothing_left || headers.contains_key(RETRY_AFTER)
}

/// GitHub's secondary limit can have the headers of a refusal: only its words tell. They stand at the beginning.
fn body_says_too_often(body: &[u8]) -> bool {
    const WORDS: [&[u8]; 2] = [b"rate limit", b"abuse detection"];
    let start = body.get(..body.len().min(1_024)).unwrap_or_default();
    WORDS.iter().any(|words| start.windows(words.len()).any(|window| window.eq_ignore_ascii_case(words)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::{HeaderValue, StatusCode};
    use url::Url;

    use super::*;

    fn reply(status: u16, headers: HeaderMap, body: &'static str) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::from_static(body.as_bytes()),
            url: Url::parse("http://127.0.0.1/").unwrap(),
            took: Duration::ZERO,
        }
    }

    fn of(status: u16) -> Verdict {
        verdict(&reply(status, HeaderMap::new(), ""))
    }

    #[test]
    fn each_status_has_its_meaning() {
        for status in [200, 204, 206, 304, 400, 404, 409, 410, 414, 422, 451] {
            assert_eq!(of(status), Verdict::Read, "{status}");
        }
        for status in [401, 402, 403] {
            assert_eq!(of(status), Verdict::Refused, "{status}");
        }
        for status in [408, 500, 502, 503, 504, 522] {
            assert_eq!(of(status), Verdict::Ill { passing: true }, "{status}");
        }
        for status in [501, 505, 511, 599] {
            assert_eq!(of(status), Verdict::Ill { passing: false }, "{status}");
        }
        for status in [101, 300, 305, 306, 600, 999] {
            assert_eq!(of(status), Verdict::Odd, "{status}");
        }
        assert_eq!(of(429), Verdict::Throttled);
    }

    #[test]
    fn a_403_that_says_too_often_is_no_refusal() {
        for (name, value, expected) in [
            ("retry-after", "60", Verdict::Throttled),
            ("x-ratelimit-remaining", "0", Verdict::Throttled),
            ("x-ratelimit-remaining", "10", Verdict::Refused),
        ] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))]);
            assert_eq!(verdict(&reply(403, headers, "{}")), expected);
        }
        let remaining = || HeaderMap::from_iter([("x-ratelimit-remaining".parse().unwrap(), HeaderValue::from(14))]);
        for (body, expected) in [
            (
                r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes."}"#,
                Verdict::Throttled,
            ),
            (r#"{"message":"You have triggered an Abuse Detection mechanism."}"#, Verdict::Throttled),
            (r#"{"message":"Resource not accessible by personal access token"}"#, Verdict::Refused),
        ] {
            assert_eq!(verdict(&reply(403, remaining(), body)), expected, "{body}");
        }
        assert_eq!(verdict(&reply(401, HeaderMap::new(), "rate limit")), Verdict::Refused);
    }
}
