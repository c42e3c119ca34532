//! Networks that settings name, and which of a proxy's headers is believed.

use std::{borrow::Cow, net::IpAddr, str::FromStr};

use ipnet::{IpNet, Ipv4Net};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bits before the IPv4 address in an IPv6 address that stands for it (`::ffff:192.0.2.1`).
const MAPPED: u8 = 96;

/// A network in CIDR form (`10.1.0.0/16`, `fd00::/8`), or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

/// A text that names no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no network; give an address or CIDR, for example `10.1.0.0/16`, `fd00::/8` or `127.0.0.1`")]
pub struct InvalidNetwork(String);

impl Network {
    /// Whether the address is one of this network's. An IPv4 address that is written as IPv6 counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether every address of its kind is in it.
    pub(super) fn is_everything(&self) -> bool {
        self.0.prefix_len() == 0
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        let network = network.ok_or_else(|| InvalidNetwork(text.to_owned()))?;
        Ok(Self(canonical(network).unwrap_or(network)))
    }
}

/// A network of IPv4 addresses that is written as one of IPv6, as what it is.
fn canonical(network: IpNet) -> Option<IpNet> {
    let IpAddr::V4(address) = network.addr().to_canonical() else { return None };
    let length = network.prefix_len().checked_sub(if network.addr().is_ipv6() { MAPPED } else { 0 })?;
    Ipv4Net::new(address, length).ok().map(IpNet::V4)
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.trim().parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A proxy that may say for whom it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustedProxy {
    /// Whoever comes over the socket in the file system: its mode says who may.
    Unix,
    /// Whoever comes from this network.
    Network(Network),
}

impl<'de> Deserialize<'de> for TrustedProxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        match text.trim() {
            "unix" => Ok(Self::Unix),
            network => network.parse().map(Self::Network).map_err(serde::de::Error::custom),
        }
    }
}

impl Serialize for TrustedProxy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unix => serializer.serialize_str("unix"),
            Self::Network(network) => network.serialize(serializer),
        }
    }
}

/// Which header of a trusted proxy says for whom it asks. One and not both: a proxy writes one of them and passes the
/// other on as the client sent it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProxyHeader {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`: what nearly every proxy writes.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Texts in the schema.
macro_rules! text_in_the_schema {
    ($($name:ident),+) => {$(
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string" })
            }
        }
    )+};
}

text_in_the_schema!(Network, TrustedProxy);

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    fn has(text: &str, address: &str) -> bool {
        network(text).contains(address.parse().unwrap())
    }

    #[test]
    fn networks_and_single_addresses_are_understood() {
        assert!(has("10.1.0.0/16", "10.1.255.255") && !has("10.1.0.0/16", "10.2.0.0"));
        assert!(has("127.0.0.1", "127.0.0.1") && !has("127.0.0.1", "127.0.0.2"));
        assert!(has("10.1.2.3/16", "10.1.0.0"), "host bits do not matter");
        assert!(has("fd00::/8", "fdff::1") && !has("fd00::/8", "2001:db8::1") && !has("::/0", "10.0.0.1"));
    }

    #[test]
    fn an_ipv4_address_that_is_written_as_ipv6_is_the_same() {
        assert!(has("10.0.0.0/8", "::ffff:10.0.0.1"));
        assert!(has("::ffff:10.0.0.0/104", "10.200.0.1") && !has("::ffff:10.0.0.0/104", "11.0.0.1"));
        assert!(has("::ffff:10.0.0.1", "10.0.0.1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1/32"));
    }

    #[test]
    fn what_is_no_network_is_refused_with_an_example() {
        for text in ["", "localhost", "10.0.0.0/33", "10.0.0", "fe80::1%eth0", "10.0.0.0/-1", "*"] {
            let error = text.parse::<Network>().unwrap_err().to_string();
            assert!(error.contains("for example `10.1.0.0/16`"), "{text}: {error}");
        }
    }
}
