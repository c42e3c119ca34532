//! HTML, JATS and MathML to plain text.
#![no_main]

use engine::{sources::answer, text};
use fuzz::written;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let raw = String::from_utf8_lossy(bytes);
    for read in [text::plain, text::unescaped, text::tidy] {
        let once = read(&raw);
        written::is_tidy(&once);
        // NFC makes at most three times as many bytes, an entity six of five, a heading gets a colon.
        assert!(once.len() <= 4 * raw.len(), "{} bytes became {}", raw.len(), once.len());
        assert_eq!(read(&raw), once);
    }
    assert_eq!(text::plain_some(&raw).unwrap_or_default(), text::plain(&raw));
    assert_eq!(text::tidy_some(&raw).unwrap_or_default(), text::tidy(&raw));
    let plain = text::tidy(&raw);
    if !plain.contains(['<', '&']) {
        assert_eq!(text::plain(&plain), plain, "text without markup is left alone");
    }
    let short = text::shortened(&plain, 20);
    written::is_message(&short, 21);
    assert!(plain.starts_with(short.trim_end_matches('…')));
    written::is_message(&answer::said(bytes), 201);
    assert_eq!(text::raw_hash(bytes).len(), 16);
});
