//! For whom a proxy asks. The input is what a client sends, header lines of `name: value`; a proxy of ours adds whom it saw,
//! and that is who comes out, whatever the client claims.
#![no_main]

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use server::{
    client::{Peer, user_agent},
    config::{ProxyHeader, TrustedProxy},
    http::forwarded::origin,
};

const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));

fuzz_target!(|bytes: &[u8]| {
    let mut claims = HeaderMap::new();
    for line in bytes.split(|&byte| byte == b'\n').take(64) {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let (name, value) = (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(&line[colon + 1..]));
        if let (Ok(name), Ok(value)) = (name, value) {
            claims.append(name, value);
        }
    }
    let proxies = [TrustedProxy::Network(PROXY.to_string().parse().expect("a network"))];
    for (header, name, element) in [
        (ProxyHeader::XForwardedFor, "x-forwarded-for", "203.0.113.7"),
        (ProxyHeader::Forwarded, "forwarded", "for=\"203.0.113.7:80\";host=\"a\\\",b\";proto=https"),
    ] {
        let stranger = origin(&claims, Peer::Ip(CLIENT), &proxies, header);
        assert_eq!((stranger.ip, stranger.is_https), (Some(CLIENT), false));
        // As it came through a proxy that forwards everything as it is: whatever comes out, it comes out.
        let passed_on = origin(&claims, Peer::Ip(PROXY), &proxies, header);
        assert!(passed_on.ip.is_some_and(|ip| ip == ip.to_canonical()));
        // On a line of its own, and at the end of what the client sent.
        let mut own_line = claims.clone();
        own_line.append(name, HeaderValue::from_static(element));
        let mut same_line = claims.clone();
        let last = claims.get_all(name).iter().last().map_or(&b""[..], HeaderValue::as_bytes);
        let longer =
            HeaderValue::from_bytes(&[last, b", ", element.as_bytes()].concat()).expect("two values and a comma");
        let earlier: Vec<_> = claims.get_all(name).iter().rev().skip(1).cloned().collect();
        same_line.remove(name);
        for value in earlier.into_iter().rev().chain([longer]) {
            same_line.append(name, value);
        }
        for headers in [own_line, same_line] {
            let found = origin(&headers, Peer::Ip(PROXY), &proxies, header);
            assert_eq!(found.ip, Some(CLIENT), "{headers:?}");
            assert!(header == ProxyHeader::XForwardedFor || found.is_https);
        }
    }
    if let Some(shown) = user_agent(bytes) {
        assert!((1..=256).contains(&shown.chars().count()) && !shown.chars().any(char::is_control), "{shown:?}");
    }
});
