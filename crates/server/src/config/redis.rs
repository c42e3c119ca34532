//! `[redis]`: the cache that several processes share.

use std::path::PathBuf;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::Check;

/// How an address may begin.
const KINDS: [&str; 8] = [
    "redis://",
    "rediss://",
    "redis+unix://",
    "unix:",
    "redis+sentinel://",
    "rediss+sentinel://",
    "redis+cluster://",
    "rediss+cluster://",
];

/// Settings of Redis; the section `[redis]`. Without a URL it is not used.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// `redis://:password@host:6379/0`, `rediss://…` for TLS or `unix:/path`; with sentinels
    /// `redis+sentinel://:password@host:26379,host:26379/service/0` (the password is that of Redis), with a cluster
    /// `redis+cluster://:password@host:6379,host:6379` (some of its servers; they tell of the others).
    #[schemars(with = "Option<String>")]
    pub url: Option<SecretString>,
    /// File that holds the URL (for secrets mounted as files); `url` wins.
    pub url_file: Option<PathBuf>,
    /// Certificates (PEM) of the authorities that may vouch for Redis, with `rediss://`. Default: those of the system.
    pub ca_file: Option<PathBuf>,
}

impl RedisConfig {
    pub(super) fn check(&self, check: &mut Check) {
        if let Some(url) = &self.url
            && !KINDS.iter().any(|kind| url.expose_secret().starts_with(kind))
        {
            check.wrong(
                "redis.url",
                "must begin with `redis://`, `unix:`, `redis+sentinel://` or `redis+cluster://`; `rediss` is Redis over TLS",
            );
        }
    }
}
