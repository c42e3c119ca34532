//! For whom a proxy asks: `Forwarded` (RFC 7239) or `X-Forwarded-For`. Each proxy adds what it saw at the right, so only
//! the right end can be believed: it is walked leftwards as long as the addresses are those of trusted proxies.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    client::Peer,
    config::{ProxyHeader, TrustedProxy},
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Where a request comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address; nothing when it came over a socket in the file system and nobody who is trusted names one.
    pub ip: Option<IpAddr>,
    /// Whether it came over TLS: to PAKE itself, or as a trusted proxy says.
    pub is_https: bool,
}

/// Where a request comes from that `peer` sent with these headers. What cannot be read ends the walk: the client is then
/// the last proxy that is known.
pub fn origin(headers: &HeaderMap, peer: Peer, proxies: &[TrustedProxy], header: ProxyHeader) -> Origin {
    let direct = match peer {
        Peer::Ip(address) => Origin { ip: Some(address.to_canonical()), is_https: false },
        Peer::Tls(address) => Origin { ip: Some(address.to_canonical()), is_https: true },
        Peer::Unix => Origin::default(),
    };
    if !is_trusted(peer, proxies) {
        return direct;
    }
    match header {
        ProxyHeader::Forwarded => by_forwarded(headers, direct, proxies),
        ProxyHeader::XForwardedFor => by_x_forwarded_for(headers, direct, proxies),
    }
}

/// Whether whoever is at the other end is a proxy that is believed.
pub fn is_trusted(peer: Peer, proxies: &[TrustedProxy]) -> bool {
    proxies.iter().any(|proxy| match (proxy, peer) {
        (TrustedProxy::Unix, Peer::Unix) => true,
        (TrustedProxy::Network(network), Peer::Ip(address) | Peer::Tls(address)) => network.contains(address),
        _ => false,
    })
}

fn by_forwarded(headers: &HeaderMap, direct: Origin, proxies: &[TrustedProxy]) -> Origin {
    let mut origin = direct;
    for element in from_the_right(headers, &header::FORWARDED) {
        let Some(Hop { ip, is_https }) = element.and_then(hop) else { break };
        origin = Origin { ip: Some(ip), is_https };
        if !is_trusted(Peer::Ip(ip), proxies) {
            break;
        }
    }
    origin
}

fn by_x_forwarded_for(headers: &HeaderMap, direct: Origin, proxies: &[TrustedProxy]) -> Origin {
    let mut ip = direct.ip;
    let mut hops = 0;
    for element in from_the_right(headers, &X_FORWARDED_FOR) {
        let Some(address) = element.and_then(address) else { break };
        ip = Some(address);
        hops += 1;
        if !is_trusted(Peer::Ip(address), proxies) {
            break;
        }
    }
    // The proxy that named this client also said how it came. Where proxies behind it left that as it was, there is less.
    let said = from_the_right(headers, &X_FORWARDED_PROTO).take(hops.max(1)).last().flatten();
    Origin { ip, is_https: said.is_some_and(is_secure) }
}

/// What one proxy says in an element of `Forwarded`.
#[derive(Debug, Clone, Copy)]
struct Hop {
    ip: IpAddr,
    is_https: bool,
}

/// Reads `for=…;proto=…;by=…`. Nothing when it is malformed, or names nobody by an address.
fn hop(element: &str) -> Option<Hop> {
    let (mut who, mut how) = (None, None);
    let mut rest = element;
    while !rest.is_empty() {
        let (pair, after) = rest.split_at(end_of_pair(rest));
        rest = after.strip_prefix(';').unwrap_or(after);
        let pair = pair.trim_matches([' ', '\t']);
        if pair.is_empty() {
            continue;
        }
        let (name, value) = pair.split_once('=')?;
        let place = match name {
            name if name.eq_ignore_ascii_case("for") => &mut who,
            name if name.eq_ignore_ascii_case("proto") => &mut how,
            _ => continue,
        };
        // A parameter must not occur twice (RFC 7239 §4).
        if place.replace(unquoted(value)?).is_some() {
            return None;
        }
    }
    Some(Hop { ip: address(who?)?, is_https: how.is_some_and(is_secure) })
}

/// Where the first parameter ends: at a semicolon that is not within quotes.
fn end_of_pair(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// A value without its quotes. What has to be escaped in them is in no address and no scheme.
fn unquoted(value: &str) -> Option<&str> {
    let inner = match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => value,
    };
    (!inner.contains(['"', '\\'])).then_some(inner)
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let found = if let Some(rest) = text.strip_prefix('[') {
        let (inner, port) = rest.split_once(']')?;
        let is_whole = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        inner.parse().ok().filter(|_| is_whole).map(IpAddr::V6)
    } else if let Ok(address) = text.parse() {
        Some(address)
    } else {
        let (address, port) = text.split_once(':')?;
        address.parse().ok().filter(|_| is_port(port)).map(IpAddr::V4)
    };
    found.map(|address| address.to_canonical())
}

/// A port: a number, or a name that stands for one (RFC 7239 §6.3).
fn is_port(text: &str) -> bool {
    match text.strip_prefix('_') {
        Some(name) => {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        }
        None => (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// Whether a scheme is one of those over TLS.
fn is_secure(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("wss")
}

/// The elements of all header lines of this name as one list, the last one first; nothing for one that is no text. Empty
/// elements are none (RFC 9110 §5.6.1).
fn from_the_right<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Option<&'a str>> {
    headers.get_all(name).iter().rev().flat_map(elements_of_line)
}

fn elements_of_line(line: &HeaderValue) -> impl Iterator<Item = Option<&str>> {
    let mut rest = Some(line.as_bytes());
    std::iter::from_fn(move || {
        let text = rest?;
        let comma = last_comma(text);
        rest = comma.map(|at| &text[..at]);
        Some(&text[comma.map_or(0, |at| at + 1)..])
    })
    .filter_map(|element| match std::str::from_utf8(element).ok().filter(|text| text.is_ascii()) {
        Some(text) => Some(text.trim_matches([' ', '\t'])).filter(|text| !text.is_empty()).map(Some),
        None => Some(None),
    })
}

/// The last comma that is not within quotes, found from the right: whatever a client wrote at the left cannot move the
/// border of what a proxy added after it.
fn last_comma(text: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for at in (0..text.len()).rev() {
        match text[at] {
            b',' if !quoted => return Some(at),
            // Within quotes a quote may be escaped; a backslash may be, too.
            b'"' if quoted && text[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1 => {}
            b'"' => quoted = !quoted,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
