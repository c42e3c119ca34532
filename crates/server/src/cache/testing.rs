//! The Redis of the tests.

/// Where it is (see scripts/with-services); `None` when there is none and that is allowed.
#[expect(clippy::disallowed_methods, reason = "the address of the tests' services comes through the environment")]
pub(crate) fn redis_url() -> Option<String> {
    let (url, required) = (std::env::var("PAKE_TEST_REDIS_URL").ok(), std::env::var("PAKE_REQUIRE_SERVICES").is_ok());
    assert!(url.is_some() || !required, "PAKE_TEST_REDIS_URL is not set");
    if url.is_none() {
        eprintln!("skipped: PAKE_TEST_REDIS_URL is not set (scripts/with-services sets it)");
    }
    url
}
