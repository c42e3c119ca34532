//! The whole configuration file, as one struct: parser, schema, example and reference all come from it.
//!
//! Environment variables mirror the path in the file: `server.listen` is `PAKE_SERVER__LISTEN`,
//! `sources.arxiv.base_url` is `PAKE_SOURCES__ARXIV__BASE_URL`. Reading files and the environment is the binary's work;
//! here is what the settings mean and which values make sense. Where a secret `x` has a neighbour `x_file`, the binary
//! has put the file's content into `x` before it gets here.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive, time::Duration};

use engine::{
    config::{EngineConfig, SearchConfig, SourceConfig},
    source::SourceId,
};
use schemars::JsonSchema;
use serde::Deserialize;

mod accounts;
mod cache;
mod database;
mod effective;
mod history;
mod limits;
mod log;
mod mail;
mod network;
mod oidc;
mod passwords;
mod production;
mod redis;
mod secrets;
mod server;
mod tls;
mod web;

pub use self::{
    accounts::{AccountsConfig, SignIn},
    cache::CacheConfig,
    database::DatabaseConfig,
    effective::EffectiveSetting,
    history::HistoryConfig,
    limits::LimitsConfig,
    log::{LogConfig, LogFormat},
    mail::{MailConfig, MailKind, MailTls},
    network::{InvalidNetwork, Network, ProxyHeader, TrustedProxy},
    oidc::{OidcConfig, is_safe},
    passwords::PasswordsConfig,
    production::is_placeholder,
    redis::RedisConfig,
    secrets::SecretsConfig,
    server::{Listen, ServerConfig},
    tls::TlsConfig,
    web::WebConfig,
};

/// Everything that can be set. Nothing has to be: the defaults give a working server.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The web service.
    pub server: ServerConfig,
    /// Where searches and history are kept.
    pub database: DatabaseConfig,
    /// The cache that several processes share.
    pub redis: RedisConfig,
    /// The keys that seal secrets in the database.
    pub secrets: SecretsConfig,
    /// Who has to sign in, and for how long that is good.
    pub accounts: AccountsConfig,
    /// The cache of this process.
    pub cache: CacheConfig,
    /// Kept searches.
    pub history: HistoryConfig,
    /// How much one client may ask.
    pub limits: LimitsConfig,
    /// What is logged and how.
    pub log: LogConfig,
    /// How mail is sent.
    pub mail: MailConfig,
    /// Providers of single sign-on, one section each, `[oidc.<name>]`.
    pub oidc: BTreeMap<String, OidcConfig>,
    /// How passwords are hashed.
    pub passwords: PasswordsConfig,
    /// Searching.
    pub search: SearchConfig,
    /// One section a source, `[sources.<id>]`; what is not set falls back to the table of sources.
    pub sources: BTreeMap<SourceId, SourceConfig>,
    /// TLS without a proxy.
    pub tls: TlsConfig,
    /// The web app.
    pub web: WebConfig,
}

impl Config {
    /// The part that the engine needs.
    pub fn engine(&self) -> EngineConfig {
        EngineConfig {
            base_url: self.server.base_url.as_ref().map(ToString::to_string),
            search: self.search.clone(),
            sources: self.sources.clone(),
            ..EngineConfig::default()
        }
    }

    /// What PAKE speaks where it listens.
    pub const fn scheme(&self) -> &'static str {
        if self.tls.is_on() { "https" } else { "http" }
    }

    /// The address at which people reach PAKE: the one that is set, else what this machine calls it when it listens here.
    pub fn address(&self, listen: &Listen) -> String {
        let scheme = self.scheme();
        match (&self.server.base_url, listen) {
            (Some(url), _) => url.as_str().trim_end_matches('/').to_owned(),
            (None, Listen::Tcp(address)) => format!("{scheme}://localhost:{}", address.port()),
            (None, Listen::Unix(_)) => "http://localhost".to_owned(),
        }
    }

    /// Checks every value and tells of all that are wrong at once. What the engine reads is checked by the engine.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        let mut check = Check::default();
        self.server.check(&mut check);
        self.accounts.check(&mut check);
        self.database.check(&mut check);
        self.redis.check(&mut check);
        self.secrets.check(&mut check);
        self.cache.check(&mut check);
        self.history.check(&mut check);
        self.limits.check(&mut check);
        self.log.check(&mut check);
        self.mail.check(&mut check);
        self.passwords.check(&mut check);
        self.tls.check(&self.server, &mut check);
        self.web.check(&mut check);
        for (name, provider) in &self.oidc {
            provider.check(name, &mut check);
        }
        if !self.oidc.is_empty() && self.server.base_url.is_none() {
            check.wrong("server.base_url", "is needed for single sign-on: providers send people back there");
        }
        if self.accounts.proxy_header.is_some() && self.server.trusted_proxies.is_empty() {
            check.wrong(
                "server.trusted_proxies",
                "is empty, so that nobody is believed; name the proxy that signs people in",
            );
        }
        production::check(self, &mut check);
        if self.server.request_timeout <= self.search.deadline {
            check.wrong(
                "server.request_timeout",
                format!(
                    "{} s leaves no time for a search, which may take search.deadline = {} s; make it longer than that",
                    self.server.request_timeout, self.search.deadline
                ),
            );
        }
        check.done()
    }
}

/// A value that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The setting, as its path in the file.
    pub setting: String,
    /// What is wrong with it and what to do.
    pub message: String,
}

/// The configuration has values that make no sense; all of them are listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InvalidConfig(pub Vec<Invalid>);

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Invalid { setting, message }) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{setting}: {message}")?;
        }
        Ok(())
    }
}

/// Collects what is wrong.
#[derive(Debug, Default)]
struct Check(Vec<Invalid>);

impl Check {
    fn wrong(&mut self, setting: &str, message: impl Into<String>) {
        self.0.push(Invalid { setting: setting.to_owned(), message: message.into() });
    }

    /// A number must be within `range`; NaN never is.
    fn within<T: PartialOrd + fmt::Display + Copy>(
        &mut self,
        setting: &str,
        value: T,
        range: RangeInclusive<T>,
        unit: &str,
    ) {
        if !range.contains(&value) {
            let (least, most) = range.into_inner();
            self.wrong(setting, format!("{value} is out of range; give {least} to {most} {unit}"));
        }
    }

    fn done(self) -> Result<(), InvalidConfig> {
        if self.0.is_empty() { Ok(()) } else { Err(InvalidConfig(self.0)) }
    }
}

/// Seconds as they stand in the file; `validate` has refused what is no duration.
fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
