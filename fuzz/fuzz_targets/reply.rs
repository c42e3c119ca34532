//! A whole answer: its charset, its text and what of it is quoted in messages. The first line is the Content-Type, the
//! second the query string of the address, the rest the body.
#![no_main]

use std::time::Duration;

use bytes::Bytes;
use engine::fetch::Reply;
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |&byte| byte == b'\n');
    let (kind, query, body) = (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut headers = HeaderMap::new();
    if let Some(Ok(kind)) = kind.map(HeaderValue::from_bytes) {
        headers.insert(CONTENT_TYPE, kind);
    }
    let mut url = Url::parse("https://source.example/path").expect("an address");
    url.set_query(Some(&String::from_utf8_lossy(query)));
    let reply =
        Reply { status: StatusCode::OK, headers, body: Bytes::copy_from_slice(body), url, took: Duration::ZERO };
    let text = reply.text();
    assert!(text.len() <= 3 * body.len() + 3, "{} bytes became {}", body.len(), text.len());
    let excerpt = reply.excerpt();
    fuzz::written::is_message(&excerpt, 201);
    for (name, secret) in reply.url.query_pairs() {
        let secret = engine::text::tidy(&secret);
        if matches!(&*name, "api_key" | "token" | "email") && secret.len() >= 4 && !secret.contains('…') {
            assert!(!excerpt.contains(&*secret), "{secret:?} is in {excerpt:?}");
        }
    }
    let shown = format!("{reply:?}");
    assert!(!shown.contains('?'), "{shown}");
    match reply.json::<serde_json::Value>() {
        Ok(value) => assert_eq!(reply.json::<serde_json::Value>().ok(), Some(value)),
        Err(error) => fuzz::page::failed(&error),
    }
});
