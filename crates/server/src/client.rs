//! Who a request comes from, as far as the network tells: an address and what calls itself there. Nobody is known by it.

use std::net::{IpAddr, Ipv6Addr};

/// Longest name of a client's program that is kept, in characters.
const LONGEST_USER_AGENT: usize = 256;
/// How much of an IPv6 address names a customer of a network; the rest each customer chooses as it likes.
const IPV6_PREFIX: u32 = 64;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// At an address.
    Ip(IpAddr),
    /// At an address, over TLS that PAKE ends itself.
    Tls(IpAddr),
    /// At the socket in the file system.
    Unix,
}

/// Who a request comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// Its address: the peer's, or what a trusted proxy says. Nothing when neither is known.
    pub ip: Option<IpAddr>,
    /// Whether it came over TLS: to PAKE itself, or as a trusted proxy says.
    pub is_https: bool,
    /// What it calls itself: at most 256 characters, none of which is a control character.
    pub user_agent: Option<String>,
    /// Names the request that it sent.
    pub request_id: Option<String>,
}

impl Client {
    /// What of its address names it: see [`network`].
    pub fn network(&self) -> Option<IpAddr> {
        self.ip.map(network)
    }
}

/// What of an address names whoever uses it: an IPv4 address as it is, of an IPv6 address the first 64 bits.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = u128::from(address) >> (128 - IPV6_PREFIX) << (128 - IPV6_PREFIX);
            Ipv6Addr::from(prefix).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// What a client calls itself, fit to be kept and shown: valid UTF-8, one line, not endless. Nothing when nothing is left.
pub fn user_agent(said: &[u8]) -> Option<String> {
    // Each character takes at most four bytes: what comes after that many is not looked at.
    let said = String::from_utf8_lossy(&said[..said.len().min(LONGEST_USER_AGENT * 4)]);
    let shown = said.chars().filter(|char| !char.is_control() && !moves_text(*char)).take(LONGEST_USER_AGENT);
    let shown: String = shown.collect();
    let shown = shown.trim();
    (!shown.is_empty()).then(|| shown.to_owned())
}

/// Characters that are not control characters but change how the text around them is shown: direction, line breaks.
pub(crate) const fn moves_text(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_customer_of_an_ipv6_network_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:3::"), "2001:db8:1:3::");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(Client::default().network(), None);
    }

    #[test]
    fn what_a_client_calls_itself_is_cut_and_cleaned() {
        assert_eq!(user_agent(b"curl/8.5.0").as_deref(), Some("curl/8.5.0"));
        assert_eq!(user_agent(b" a\x1b[31mb\tc\x00\x7f ").as_deref(), Some("a[31mbc"));
        assert_eq!(user_agent("a\u{202e}b\u{2028}c".as_bytes()).as_deref(), Some("abc"));
        assert_eq!(user_agent(b"caf\xe9").as_deref(), Some("caf\u{fffd}"));
        assert_eq!(user_agent("é".repeat(300).as_bytes()).map(|text| text.chars().count()), Some(256));
        assert_eq!(user_agent(b""), None);
        assert_eq!(user_agent(b"\x01\x02 "), None);
    }

    proptest! {
        #[test]
        fn it_is_never_long_and_never_moves_the_cursor(said in proptest::collection::vec(any::<u8>(), 0..3_000)) {
            if let Some(shown) = user_agent(&said) {
                prop_assert!((1..=256).contains(&shown.chars().count()));
                prop_assert!(!shown.chars().any(|char| char.is_control() || moves_text(char)));
            }
        }
    }
}
