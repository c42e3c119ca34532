//! `Prefer: wait=10` (RFC 7240 §4.3).

use std::time::Duration;

use http::HeaderMap;

/// How long the client would rather wait than come back. What cannot be read is no preference (RFC 7240 §2).
pub fn wait(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split(';').next()?.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, seconds)| seconds.trim().trim_matches('"').parse().ok())
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(value: &'static str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert("prefer", HeaderValue::from_static(value));
        wait(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn the_wait_is_found_among_other_preferences() {
        assert_eq!(read("wait=10"), Some(10));
        assert_eq!(read("respond-async, WAIT = \"5\"; x=1"), Some(5));
        assert_eq!(read("respond-async"), None);
        assert_eq!(read("wait=-1"), None);
        assert_eq!(read("wait=99999999999999999999999"), None);
    }
}
