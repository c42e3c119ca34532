//! Keeps addresses that a user gave away from private networks.

use std::{
    error::Error,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;
use url::{Host, Url};

use crate::{config::SetupError, source::SourceError};

/// IPv4 networks that are not the public Internet (IANA's special-purpose registry, RFC 6890 and later).
const NOT_PUBLIC: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Decides which addresses may be reached by guarded calls, and by redirects that leave their origin.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    allowed: Arc<[IpNet]>,
}

impl Guard {
    /// Everything public, and these networks: CIDR (`10.1.0.0/16`, `fd00::/8`) or single addresses.
    pub fn new(allow_networks: &[String]) -> Result<Self, SetupError> {
        let parse = |text: &String| {
            let text = text.trim();
            text.parse::<IpNet>().or_else(|error| text.parse::<IpAddr>().map(IpNet::from).map_err(|_| error)).map_err(
                |error| SetupError {
                    setting: "search.allow_networks".to_owned(),
                    message: format!("`{text}` is no network ({error}); write for example 10.1.0.0/16"),
                },
            )
        };
        Ok(Self { allowed: allow_networks.iter().map(parse).collect::<Result<_, _>>()? })
    }

    /// Refuses what can be refused by looking at the address: other schemes than http and https, names and passwords,
    /// ports of other services, and literal addresses that are not public. Names are looked at when they are resolved.
    pub fn check(&self, url: &Url) -> Result<(), SourceError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(blocked(format!("`{}:` is neither http nor https", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(blocked("it holds a user name or password".to_owned()));
        }
        if let Some(port) = url.port()
            && port < 1024
            && !matches!(port, 80 | 443)
        {
            return Err(blocked(format!("port {port} is not for the web")));
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(name)) if !name.is_empty() => return Ok(()),
            _ => return Err(blocked("it names no host".to_owned())),
        };
        if self.permits(address) { Ok(()) } else { Err(blocked(NotPublic(address.to_string()).to_string())) }
    }

    /// Whether `address` is public or allowed by the operator.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|network| network.contains(&address)) || is_public(address)
    }
}

fn blocked(message: String) -> SourceError {
    SourceError::Blocked { message }
}

/// Whether `address` is on the public Internet. Of IPv6 only global unicast (2000::/3) can be, and IPv4 in disguise (mapped,
/// NAT64, 6to4) is what it hides.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !NOT_PUBLIC.iter().any(|&(network, length)| (bits ^ network.to_bits()) >> (32 - length) == 0)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    match segments {
        // Mapped (::ffff:0:0/96), the well-known prefix of NAT64 (64:ff9b::/96, RFC 6052) and 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(join(high, low))
        }
        // Protocol assignments (Teredo, ORCHID, benchmarking and their like, 2001::/23) and documentation (2001:db8::/32).
        [0x2001, second, ..] if second < 0x0200 || second == 0x0db8 => false,
        // Documentation (3fff::/20).
        [0x3fff, second, ..] if second < 0x1000 => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn join(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

/// Found where a name resolves to no address that may be reached.
#[derive(Debug)]
pub(super) struct NotPublic(String);

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is in a private network; an operator can allow it with search.allow_networks", self.0)
    }
}

impl Error for NotPublic {}

impl Guard {
    /// Those of the addresses of a name that may be reached; an error when it has some, and none of them may.
    pub fn permitted(&self, name: &str, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, NotPublic> {
        let (permitted, refused): (Vec<_>, Vec<_>) = found.partition(|address| self.permits(address.ip()));
        if permitted.is_empty() && !refused.is_empty() { Err(NotPublic(format!("`{name}`"))) } else { Ok(permitted) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn guard(allowed: &[&str]) -> Guard {
        Guard::new(&allowed.iter().map(|&text| text.to_owned()).collect::<Vec<_>>()).unwrap()
    }

    fn passes(url: &str) -> bool {
        guard(&[]).check(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn private_addresses_are_refused_in_every_disguise() {
        for url in [
            "http://127.0.0.1:8000/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://017700000001/",
            "http://0.0.0.0/",
            "http://10.0.0.1/",
            "http://100.64.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://172.31.255.255/",
            "http://192.168.1.1/",
            "http://192.0.0.192/",
            "http://198.19.0.1/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[64:ff9b:1::1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:53aa:64c:0:0:f5ff:fffe]/",
            "http://[fe80::1]/",
            "http://[fec0::1]/",
            "http://[fc00::1]/",
            "http://[fd12:3456::1]/",
            "http://[ff02::1]/",
            "http://[2001:db8::1]/",
            "http://[100::1]/",
        ] {
            assert!(!passes(url), "{url}");
        }
    }

    #[test]
    fn public_addresses_and_names_pass() {
        for url in [
            "https://example.org/feed.xml",
            "http://8.8.8.8/",
            "https://1.1.1.1:8443/",
            "http://172.32.0.1/",
            "http://100.128.0.1/",
            "http://[2606:4700::1111]/",
            "http://[64:ff9b::8.8.8.8]/",
            "http://[2002:808:808::]/",
        ] {
            assert!(passes(url), "{url}");
        }
    }

    #[test]
    fn other_schemes_credentials_and_ports_of_other_services_are_refused() {
        for url in [
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://example.org/",
            "data:text/plain,hi",
            "http://user@example.org/",
            "http://user:password@example.org/",
            "http://:password@example.org/",
            "http://example.org:22/",
            "http://example.org:25/",
            "http://example.org:0/",
        ] {
            assert!(!passes(url), "{url}");
        }
    }

    #[test]
    fn an_operator_can_allow_networks() {
        let guard = guard(&["10.1.0.0/16", "fd00::/8", " 192.168.7.7 "]);
        for (address, permitted) in [
            ("10.1.2.3", true),
            ("10.2.0.1", false),
            ("192.168.7.7", true),
            ("192.168.7.8", false),
            ("fd12::1", true),
            ("::ffff:10.1.2.3", true),
            ("::1", false),
        ] {
            assert_eq!(guard.permits(address.parse().unwrap()), permitted, "{address}");
        }
        let error = Guard::new(&["10.1.0.0/99".to_owned()]).unwrap_err();
        assert_eq!(error.setting, "search.allow_networks");
    }

    #[test]
    fn a_name_is_refused_when_all_its_addresses_are() {
        let guard = guard(&[]);
        let [private, public] = ["10.0.0.1:0", "8.8.8.8:0"].map(|address| address.parse().unwrap());
        assert!(guard.permitted("inside.example", [private].into_iter()).is_err());
        assert_eq!(guard.permitted("both.example", [private, public].into_iter()).unwrap(), [public]);
        assert!(guard.permitted("nothing.example", [].into_iter()).unwrap().is_empty());
    }

    /// The same question asked of the standard library, as far as it answers.
    fn is_private_for_std(address: Ipv4Addr) -> bool {
        address.is_private()
            || address.is_loopback()
            || address.is_link_local()
            || address.is_broadcast()
            || address.is_documentation()
            || address.is_unspecified()
            || address.is_multicast()
    }

    proptest! {
        #[test]
        fn what_the_standard_library_calls_private_is_refused_in_all_its_forms(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let public = is_public_v4(address);
            prop_assert!(!(public && is_private_for_std(address)));
            let guard = guard(&[]);
            let [high, low] = [bits >> 16, bits & 0xffff];
            for text in [
                format!("http://{address}/"),
                format!("http://{bits}/"),
                format!("http://0x{bits:x}/"),
                format!("http://[::ffff:{address}]/"),
                format!("http://[64:ff9b::{high:x}:{low:x}]/"),
                format!("http://[2002:{high:x}:{low:x}::1]/"),
            ] {
                prop_assert_eq!(guard.check(&Url::parse(&text).unwrap()).is_ok(), public, "{}", text);
            }
        }

        #[test]
        fn only_global_unicast_of_ipv6_is_public(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);
            let nat64 = bits >> 32 == 0x0064_ff9b << 64;
            let mapped = address.to_ipv4_mapped().is_some();
            prop_assert!(!is_public_v6(address) || bits >> 125 == 1 || nat64 || mapped);
            prop_assert!(!is_public_v6(address) || !(address.is_unique_local() || address.is_unicast_link_local()));
        }

        #[test]
        fn any_text_that_is_an_address_is_judged_without_panic(text in "\\PC{0,60}") {
            if let Ok(url) = Url::parse(&text) {
                let _ = guard(&[]).check(&url);
            }
        }
    }
}
