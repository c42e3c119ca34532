use http::HeaderValue;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

fn reply(kind: &'static str, body: impl Into<Bytes>) -> Reply {
    Reply {
        status: StatusCode::OK,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]),
        body: body.into(),
        url: Url::parse("https://api.example/works?search=crispr&api_key=abcd-1234&mailto=ops%40example.org").unwrap(),
        took: Duration::ZERO,
    }
}

#[test]
fn text_is_read_in_its_declared_charset() {
    for (kind, body, expected) in [
        ("text/xml; charset=iso-8859-1", &b"caf\xe9"[..], "café"),
        ("text/xml; Charset=\"windows-1252\"", b"\x93caf\xe9\x94", "\u{201c}café\u{201d}"),
        ("text/html;charset='shift_jis'", b"\x93\xfa\x96{", "日本"),
        ("text/plain; charset=utf-8", "café".as_bytes(), "café"),
        ("text/plain; charset=klingon", "café".as_bytes(), "café"),
        ("text/plain", "café".as_bytes(), "café"),
        ("text/plain; charset=utf-16le", b"h\0i\0", "hi"),
        ("text/plain", b"caf\xe9", "caf\u{fffd}"),
        ("text/plain", b"", ""),
    ] {
        assert_eq!(reply(kind, body).text(), expected, "{kind}");
    }
}

#[test]
fn a_byte_order_mark_beats_the_header() {
    assert_eq!(reply("text/plain; charset=iso-8859-1", &b"\xef\xbb\xbfcaf\xc3\xa9"[..]).text(), "café");
    assert_eq!(reply("text/plain", &b"\xff\xfeh\0i\0"[..]).text(), "hi");
    assert_eq!(reply("text/plain", &b"\xfe\xff\0h\0i"[..]).text(), "hi");
}

#[test]
fn an_xml_declaration_counts_where_the_header_says_nothing() {
    let xml = b"<?xml version='1.0' encoding='ISO-8859-1'?><t>caf\xe9</t>";
    assert!(reply("application/xml", &xml[..]).text().contains("café"));
    assert!(reply("application/xml; charset=utf-8", &xml[..]).text().contains("caf\u{fffd}"));
    // A document that can be read this far cannot be UTF-16.
    let liar = "<?xml version=\"1.0\" encoding = \"UTF-16\"?><t>café</t>";
    assert_eq!(reply("application/xml", liar).text(), liar);
    for broken in ["<?xml", "<?xml encoding", "<?xml encoding=?>", "<?xml encoding=\"?>", "<?xml encoding=é?>"] {
        assert_eq!(reply("application/xml", broken).text(), broken);
    }
}

#[derive(Debug, Deserialize, PartialEq)]
struct Count {
    count: u32,
}

#[test]
fn json_is_read_with_and_without_a_byte_order_mark() {
    for body in ["{\"count\":3}", "\u{feff}{\"count\":3}"] {
        assert_eq!(reply("application/json", body).json::<Count>().unwrap(), Count { count: 3 });
    }
}

#[test]
fn what_is_no_json_is_named() {
    for (body, expected) in [
        ("", "an empty answer instead of JSON"),
        (" \n<!DOCTYPE html><title>Just a moment</title>", "an HTML page instead of JSON"),
        ("{\"count\":", "JSON: EOF while parsing a value at line 1 column 9"),
    ] {
        let error = reply("application/json", body).json::<Count>().unwrap_err();
        assert_eq!(error, SourceError::Malformed { message: expected.to_owned() });
    }
    let bomb = "[".repeat(1 << 20);
    assert!(reply("application/json", bomb).json::<serde_json::Value>().is_err());
}

#[test]
fn an_excerpt_is_what_the_source_says_in_a_line() {
    for (body, expected) in [
        ("{\"error\":\"Bad Request\",\"message\":\"invalid\\n filter\"}", "invalid filter"),
        ("{\"error\":true,\"detail\":\"unknown DOI\"}", "unknown DOI"),
        ("{\"error\":{\"code\":\"X\",\"detail\":\"no such plan\"}}", "no such plan"),
        ("{\"status\":\"failed\"}", "{\"status\":\"failed\"}"),
        (" <!doctype HTML><p>long page", "an HTML page"),
        ("<html><p>long page", "an HTML page"),
        ("Resource\r\n\0  not found.", "Resource not found."),
        ("\u{202e}dnuof\u{200b} ton\u{feff}", "dnuof ton"),
        ("", ""),
    ] {
        assert_eq!(reply("text/plain", body).excerpt(), expected);
    }
    let long = reply("text/plain", "é ".repeat(1 << 20)).excerpt();
    assert!((EXCERPT..=EXCERPT + 1).contains(&long.chars().count()));
    assert!(long.ends_with('…'));
}

#[test]
fn a_key_that_the_source_repeats_is_left_out() {
    let said = reply("application/json", "{\"message\":\"key abcd-1234 of ops@example.org is invalid for crispr\"}");
    assert_eq!(said.excerpt(), "key … of … is invalid for crispr");
    let parted = reply("text/plain", "key ab\u{200b}cd-12\u{0}34 of ops@example.org\0 is invalid");
    assert_eq!(parted.excerpt(), "key … of … is invalid");
}

#[test]
fn debugging_shows_no_query_string() {
    let shown = format!("{:?}", reply("text/plain", "x"));
    assert!(shown.contains("https://api.example/works") && !shown.contains("abcd-1234"), "{shown}");
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(body in proptest::collection::vec(any::<u8>(), 0..300), xml: bool) {
        let body = if xml { [b"<?xml encoding=\"", &body[..]].concat() } else { body };
        let reply = reply("text/xml", body);
        let _ = reply.text();
        prop_assert!(reply.excerpt().chars().count() <= EXCERPT + 1);
        let _ = reply.json::<serde_json::Value>();
    }
}
