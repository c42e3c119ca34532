//! `[server]`: where the web service listens and what it allows.

use std::{
    borrow::Cow,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use super::{Check, Network, ProxyHeader, TrustedProxy, seconds};

/// Settings of the web service; the section `[server]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where to listen: `address:port`, `localhost:port` or `unix:/path/to/socket`. Port 0 takes any free port.
    pub listen: Listen,
    /// Directory of everything that PAKE keeps on disk; it is created when missing.
    pub data_dir: PathBuf,
    /// Address at which people reach PAKE, when a proxy stands before it: `https://pake.example.org`.
    #[schemars(with = "Option<String>")]
    pub base_url: Option<Url>,
    /// Longest time until an answer begins, in seconds; 1 to 3600. Must be longer than `search.deadline`.
    #[schemars(range(min = 1.0, max = 3600.0))]
    pub request_timeout: f64,
    /// How long a connection may stand still, in seconds; 1 to 600: until the head of a request is there (the next one
    /// too, when a connection is kept open), and until a client takes some more of its answer.
    #[schemars(range(min = 1.0, max = 600.0))]
    pub idle_timeout: f64,
    /// Largest body of a request, in bytes; 1024 to 1073741824.
    #[schemars(range(min = 1024, max = 1_073_741_824))]
    pub body_limit: usize,
    /// How long requests and sockets under way may go on after the signal to stop, in seconds; 0 to 600.
    #[schemars(range(min = 0.0, max = 600.0))]
    pub shutdown_grace: f64,
    /// Proxies before PAKE that are believed when they say for whom they ask: addresses, networks (`10.1.0.0/16`), or
    /// `unix` for whoever comes over the socket in the file system. Empty: nobody is believed.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Which header trusted proxies write: `x_forwarded_for` (with `X-Forwarded-Proto`) or `forwarded` (RFC 7239). The other
    /// one comes from the client and is never read.
    pub proxy_header: ProxyHeader,
    /// Networks from which PAKE may be administered, as `10.1.0.0/16`. Empty: from everywhere.
    pub admin_networks: Vec<Network>,
    /// Networks from which `/metrics` and `/health` may be read, beside this machine itself. Empty: from everywhere, or, where PAKE
    /// ends TLS itself (`[tls]`), from this machine alone.
    pub monitoring_networks: Vec<Network>,
    /// Refuse to start with what no production should have: placeholders (`change-me`), passwords of the database or of Redis that
    /// can be guessed, files of secrets that everybody on the machine may read, no `search.contact`, no https in `base_url`.
    pub production: bool,
    /// Which release this is, told with every answer to a health check (`pake-release`). A deployment sets it, and looks by it
    /// whether who answers is who it started.
    pub release: Option<String>,
    /// Folder in which the deployer of this machine says what it deployed (`deployments.json`) and is asked for a rollback. Nothing: PAKE
    /// knows of no deployments.
    pub deployments_dir: Option<PathBuf>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: Listen::default(),
            data_dir: PathBuf::from("data"),
            base_url: None,
            request_timeout: 60.0,
            idle_timeout: 30.0,
            body_limit: 1 << 20,
            shutdown_grace: 30.0,
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
            admin_networks: Vec::new(),
            monitoring_networks: Vec::new(),
            production: false,
            release: None,
            deployments_dir: None,
        }
    }
}

impl ServerConfig {
    /// Longest time until an answer begins.
    pub fn request_timeout(&self) -> Duration {
        seconds(self.request_timeout)
    }

    /// How long a connection may stand still.
    pub fn idle_timeout(&self) -> Duration {
        seconds(self.idle_timeout)
    }

    /// How long what is under way may go on after the signal to stop.
    pub fn shutdown_grace(&self) -> Duration {
        seconds(self.shutdown_grace)
    }

    /// Whether people reach PAKE over TLS, which a proxy ends before it.
    pub fn is_behind_tls(&self) -> bool {
        self.base_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    pub(super) fn check(&self, check: &mut Check) {
        check.within("server.request_timeout", self.request_timeout, 1.0..=3600.0, "seconds");
        check.within("server.idle_timeout", self.idle_timeout, 1.0..=600.0, "seconds");
        check.within("server.body_limit", self.body_limit, 1024..=1 << 30, "bytes");
        check.within("server.shutdown_grace", self.shutdown_grace, 0.0..=600.0, "seconds");
        if self.data_dir.as_os_str().is_empty() {
            check.wrong("server.data_dir", "is empty; name a directory, for example `data`");
        }
        let trusts_everybody =
            |proxy: &TrustedProxy| matches!(proxy, TrustedProxy::Network(network) if network.is_everything());
        if self.trusted_proxies.iter().any(trusts_everybody) {
            check.wrong(
                "server.trusted_proxies",
                "believes everybody: then a client chooses its address itself; name the proxies alone",
            );
        }
        if self.release.as_ref().is_some_and(|release| !is_name_of_release(release)) {
            check.wrong("server.release", "is no name of a release: letters, digits, `-`, `_` and `.`, at most 64");
        }
        if let Some(url) = &self.base_url
            && (!matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some())
        {
            check.wrong(
                "server.base_url",
                format!("`{url}` is not a plain web address; give one like `https://pake.example.org`"),
            );
        }
    }
}

/// It goes into a header as it is.
fn is_name_of_release(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// At an address of this machine.
    Tcp(SocketAddr),
    /// At a socket in the file system.
    Unix(PathBuf),
}

impl Default for Listen {
    fn default() -> Self {
        Self::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A place to listen at that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no place to listen at; give `127.0.0.1:8000` (this machine only), `0.0.0.0:8000` (everybody), \
     `[::1]:8000` or `unix:/path/to/socket`"
)]
pub struct InvalidListen(String);

impl FromStr for Listen {
    type Err = InvalidListen;

    fn from_str(text: &str) -> Result<Self, InvalidListen> {
        let invalid = || InvalidListen(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err(invalid()) } else { Ok(Self::Unix(PathBuf::from(path))) };
        }
        if let Some(port) = text.strip_prefix("localhost:") {
            let port = port.parse().map_err(|_| invalid())?;
            return Ok(Self::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
        }
        text.parse().map(Self::Tcp).map_err(|_| invalid())
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Listen {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Listen".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}
