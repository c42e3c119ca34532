//! What must hold of every text that is shown.

use engine::text;
use unicode_normalization::is_nfc;

/// Fit for one line of a page: in NFC, single spaces, nothing at the ends, nothing that cannot be read and nothing that
/// turns around what stands beside it.
#[track_caller]
pub fn is_tidy(text: &str) {
    assert!(!text.contains(is_unreadable), "unreadable character in {text:?}");
    assert!(
        !text.starts_with(char::is_whitespace) && !text.ends_with(char::is_whitespace),
        "space at an end of {text:?}"
    );
    assert!(!text.contains("  ") && !text.contains(|c: char| c.is_whitespace() && c != ' '), "odd space in {text:?}");
    assert!(is_nfc(text), "not in NFC: {text:?}");
    assert_eq!(text::tidy(text), text, "tidying it again changes it");
}

/// [`is_tidy`], and there is some.
#[track_caller]
pub fn is_some(text: &str) {
    assert!(!text.is_empty(), "empty where a text must be");
    is_tidy(text);
}

/// A message: tidy, and at most so many characters with its ellipsis.
#[track_caller]
pub fn is_message(text: &str, longest: usize) {
    assert!(!text.contains(is_unreadable), "unreadable character in {text:?}");
    assert!(text.chars().count() <= longest, "{} characters: {text:?}", text.chars().count());
}

/// An address that a page may link to.
#[track_caller]
pub fn is_web_address(address: &str) {
    let url = url::Url::parse(address).unwrap_or_else(|error| panic!("{address:?} is no address: {error}"));
    assert!(matches!(url.scheme(), "http" | "https"), "not of the web: {address:?}");
    assert!(!address.contains(|c: char| c.is_whitespace() || is_unreadable(c)), "odd character in {address:?}");
}

fn is_unreadable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{200b}')
}
