use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

const EDGE: &str = "10.0.0.1";

/// The origin of a request that the proxy 10.0.0.1 sent; it and 10.0.0.2 are trusted.
fn origin_of(kind: ProxyHeader, lines: &[(&'static str, &str)]) -> Origin {
    origin(&headers(lines), peer(EDGE), &proxies(), kind)
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn peer(address: &str) -> Peer {
    Peer::Ip(address.parse().unwrap())
}

fn proxies() -> Vec<TrustedProxy> {
    ["10.0.0.1", "10.0.0.2"].map(|address| TrustedProxy::Network(address.parse().unwrap())).to_vec()
}

fn x_forwarded_for(value: &str) -> String {
    shown(origin_of(ProxyHeader::XForwardedFor, &[("x-forwarded-for", value)]))
}

fn forwarded(value: &str) -> String {
    shown(origin_of(ProxyHeader::Forwarded, &[("forwarded", value)]))
}

fn shown(origin: Origin) -> String {
    let ip = origin.ip.map_or_else(|| "nobody".to_owned(), |ip| ip.to_string());
    if origin.is_https { format!("{ip} https") } else { ip }
}

#[test]
fn nobody_else_than_a_trusted_proxy_is_believed() {
    let lies = headers(&[
        ("forwarded", "for=203.0.113.7;proto=https"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-proto", "https"),
    ]);
    for kind in [ProxyHeader::XForwardedFor, ProxyHeader::Forwarded] {
        for stranger in ["192.0.2.9", "10.0.0.3", "::1", "127.0.0.1"] {
            let expected = Origin { ip: Some(stranger.parse().unwrap()), is_https: false };
            assert_eq!(origin(&lies, peer(stranger), &proxies(), kind), expected);
        }
        assert_eq!(origin(&lies, peer(EDGE), &[], kind).ip, Some(EDGE.parse().unwrap()), "nobody is trusted");
        assert_eq!(origin(&lies, Peer::Unix, &proxies(), kind), Origin::default());
        let believed = origin(&lies, Peer::Unix, &[TrustedProxy::Unix], kind);
        assert_eq!(shown(believed), "203.0.113.7 https");
        let mapped = origin(&lies, peer("::ffff:10.0.0.1"), &proxies(), kind);
        assert_eq!(shown(mapped), "203.0.113.7 https");
    }
}

#[test]
fn only_the_header_that_the_proxy_writes_is_read() {
    let both = [("forwarded", "for=203.0.113.66"), ("x-forwarded-for", "203.0.113.7")];
    assert_eq!(shown(origin_of(ProxyHeader::XForwardedFor, &both)), "203.0.113.7");
    assert_eq!(shown(origin_of(ProxyHeader::Forwarded, &both)), "203.0.113.66");
    assert_eq!(shown(origin_of(ProxyHeader::Forwarded, &both[1..])), EDGE);
}

#[test]
fn the_first_from_the_right_that_is_no_trusted_proxy_is_the_client() {
    assert_eq!(x_forwarded_for("203.0.113.7"), "203.0.113.7");
    assert_eq!(x_forwarded_for("198.51.100.1, 203.0.113.7, 10.0.0.2"), "203.0.113.7");
    assert_eq!(x_forwarded_for("127.0.0.1, 10.0.0.1, 203.0.113.7"), "203.0.113.7", "what stands left is hearsay");
    assert_eq!(x_forwarded_for("10.0.0.2, 10.0.0.1"), "10.0.0.2", "all of them trusted: the first is the client");
    assert_eq!(forwarded("for=198.51.100.1, for=203.0.113.7;by=10.0.0.2, for=10.0.0.2"), "203.0.113.7");
    assert_eq!(x_forwarded_for(""), EDGE);
    assert_eq!(forwarded(""), EDGE);
}

#[test]
fn several_lines_are_one_list() {
    let lines = [("x-forwarded-for", "198.51.100.1, 203.0.113.7"), ("x-forwarded-for", "10.0.0.2")];
    assert_eq!(shown(origin_of(ProxyHeader::XForwardedFor, &lines)), "203.0.113.7");
    let lines = [("forwarded", "for=203.0.113.7"), ("forwarded", "for=10.0.0.2, for=10.0.0.1")];
    assert_eq!(shown(origin_of(ProxyHeader::Forwarded, &lines)), "203.0.113.7");
}

#[test]
fn ports_brackets_and_mapped_addresses_are_understood() {
    for (text, address) in [
        ("203.0.113.7:443", "203.0.113.7"),
        (" 203.0.113.7\t", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:65535", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:1", "203.0.113.7"),
        ("203.0.113.7:_port", "203.0.113.7"),
        ("203.0.113.7, [::ffff:10.0.0.2]:80", "203.0.113.7"),
        (", 203.0.113.7 , ,", "203.0.113.7"),
    ] {
        assert_eq!(x_forwarded_for(text), address, "{text}");
    }
    for (text, address) in [
        ("for=203.0.113.7", "203.0.113.7"),
        ("FOR=\"203.0.113.7:47\"; BY = x", "203.0.113.7"),
        ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
        ("by=_x;for=203.0.113.7;proto=HTTPS;host=a", "203.0.113.7 https"),
        ("for=203.0.113.7;ext=\"a;for=9.9.9.9,for=8.8.8.8\"", "203.0.113.7"),
        ("for=203.0.113.7;ext=\"\\\"\\\\\"", "203.0.113.7"),
    ] {
        assert_eq!(forwarded(text), address, "{text}");
    }
}

#[test]
fn what_cannot_be_read_ends_the_walk() {
    for text in [
        "unknown",
        "203.0.113",
        "203.0.113.7:",
        "203.0.113.7:123456",
        "203.0.113.7:8x",
        "[2001:db8::7",
        "[2001:db8::7]80",
        "[203.0.113.7]",
        "2001:db8::7]",
        "fe80::1%eth0",
        "203.0.113.7 198.51.100.1",
        "\"203.0.113.7\"",
        "203.0.113.7\u{e9}",
        "0x7f.0.0.1",
        "203.0.113.007",
    ] {
        assert_eq!(x_forwarded_for(text), EDGE, "{text}");
        assert_eq!(x_forwarded_for(&format!("198.51.100.1, {text}, 10.0.0.2")), "10.0.0.2", "{text}");
    }
    for text in [
        "for=unknown",
        "for=_hidden",
        "proto=https",
        "for=203.0.113.7;for=198.51.100.1",
        "for=203.0.113.7;proto=http;proto=https",
        "for",
        "for=\"203.0.113.7",
        "for=203.0.113.7\"",
        "for=\"203.0.113.\\7\"",
        "for= 203.0.113.7",
        "for=203.0.113.7 proto=https",
        "203.0.113.7",
    ] {
        assert_eq!(forwarded(text), EDGE, "{text}");
    }
}

#[test]
fn a_quote_that_the_client_left_open_hides_nothing() {
    assert_eq!(forwarded("for=\"198.51.100.1, for=203.0.113.7"), "203.0.113.7");
    assert_eq!(forwarded("for=\"\\, for=203.0.113.7;host=\"a\\\"b\""), "203.0.113.7");
    assert_eq!(forwarded("\", for=\"[2001:db8::7]:1\";proto=https"), "2001:db8::7 https");
    assert_eq!(forwarded("x=\"\\\\\", for=203.0.113.7"), "203.0.113.7");
}

#[test]
fn how_the_client_came_is_said_by_the_proxy_that_names_it() {
    let x = |who, how| {
        shown(origin_of(ProxyHeader::XForwardedFor, &[("x-forwarded-for", who), ("x-forwarded-proto", how)]))
    };
    assert_eq!(x("203.0.113.7", "https"), "203.0.113.7 https");
    assert_eq!(x("203.0.113.7", "https, http"), "203.0.113.7", "the client's own claim stands left");
    assert_eq!(x("203.0.113.7, 10.0.0.2", "https, http"), "203.0.113.7 https");
    assert_eq!(x("203.0.113.7, 10.0.0.2", "https"), "203.0.113.7 https");
    assert_eq!(x("203.0.113.7, 10.0.0.2", "https, http, http"), "203.0.113.7");
    assert_eq!(x("203.0.113.7", "gopher"), "203.0.113.7");
    assert_eq!(x("", "https"), "10.0.0.1 https");
    assert_eq!(forwarded("for=203.0.113.7;proto=https, for=10.0.0.2;proto=http"), "203.0.113.7 https");
    assert_eq!(forwarded("for=198.51.100.1;proto=https, for=203.0.113.7;proto=http"), "203.0.113.7");
}

/// What a client may put into a header.
fn anything() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~\t]{0,6}",
        Just("for=".to_owned()),
        Just("10.0.0.2".to_owned()),
        Just(",".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just(";proto=https".to_owned()),
        any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).to_string()),
        any::<u128>().prop_map(|bits| format!("[{}]", std::net::Ipv6Addr::from(bits))),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_a_client_claims_it_is_who_the_proxy_saw(
        lines in proptest::collection::vec(anything(), 0..3),
        same_line in any::<bool>(),
        bits in any::<u32>(),
    ) {
        let client = Ipv4Addr::from(bits);
        prop_assume!(!is_trusted(Peer::Ip(client.into()), &proxies()));
        for (kind, name, element) in [
            (ProxyHeader::XForwardedFor, "x-forwarded-for", client.to_string()),
            (ProxyHeader::Forwarded, "forwarded", format!("for={client};host=\"a\\\",b\";proto=https")),
        ] {
            let mut said = lines.clone();
            match said.last_mut() {
                Some(last) if same_line => *last = format!("{last}, {element}"),
                _ => said.push(element),
            }
            let said: Vec<_> = said.iter().map(|line| (name, line.as_str())).collect();
            let found = origin_of(kind, &said);
            prop_assert_eq!(found.ip, Some(client.into()));
            prop_assert_eq!(found.is_https, kind == ProxyHeader::Forwarded);
        }
    }

    #[test]
    fn an_address_is_read_back_as_it_is_written(bits in any::<u128>(), port in any::<u16>()) {
        for ip in [IpAddr::from(Ipv4Addr::from((bits >> 96) as u32)), IpAddr::from(std::net::Ipv6Addr::from(bits))] {
            let written = std::net::SocketAddr::new(ip, port).to_string();
            prop_assert_eq!(address(&written), Some(ip.to_canonical()));
            prop_assert_eq!(address(&ip.to_string()), Some(ip.to_canonical()));
        }
    }
}
