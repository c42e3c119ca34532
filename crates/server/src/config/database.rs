//! `[database]`: where searches and history are kept.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Check, seconds};
use crate::db::DbOptions;

/// Settings of the database; the section `[database]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite://path/to/file` or `postgres://user:password@host/name`. Default: the SQLite file `pake.db` in
    /// `server.data_dir`.
    #[schemars(with = "Option<String>")]
    pub url: Option<SecretString>,
    /// File that holds the URL (for secrets mounted as files); `url` wins.
    pub url_file: Option<PathBuf>,
    /// A PostgreSQL that follows that of `url`, from which lists and numbers are read while it is near enough. Without a user in it
    /// user and password are those of `url`.
    #[schemars(with = "Option<String>")]
    pub read_url: Option<SecretString>,
    /// File that holds the URL (for secrets mounted as files); `read_url` wins.
    pub read_url_file: Option<PathBuf>,
    /// How far the replica may be behind, in seconds; 0.01 to 60. What is read there waits so long for all that the primary had when
    /// it was asked; after that the primary is asked, until the replica has come near again.
    #[schemars(range(min = 0.01, max = 60.0))]
    pub read_max_lag: f64,
    /// Most connections held open at once; 1 to 1000. On SQLite: readers; there is always one writer.
    #[schemars(range(min = 1, max = 1000))]
    pub max_connections: u32,
    /// Longest time one statement may take, in seconds; 0.1 to 3600.
    #[schemars(range(min = 0.1, max = 3600.0))]
    pub statement_timeout: f64,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            read_url: None,
            read_url_file: None,
            read_max_lag: 0.5,
            max_connections: 10,
            statement_timeout: 10.0,
        }
    }
}

impl DatabaseConfig {
    /// Where the database is: what is set, else the SQLite file in `data_dir`.
    pub fn url(&self, data_dir: &Path) -> SecretString {
        let default = || SecretString::from(format!("sqlite://{}", data_dir.join("pake.db").display()));
        self.url.clone().unwrap_or_else(default)
    }

    /// Where the replica is, with user and password.
    pub fn read_url(&self) -> Option<SecretString> {
        let read = self.read_url.as_ref()?.expose_secret();
        let user = self.url.as_ref().and_then(|url| user_in(url.expose_secret()));
        let (scheme, rest) = read.split_once("://")?;
        Some(match user {
            Some(user) if user_in(read).is_none() => SecretString::from(format!("{scheme}://{user}@{rest}")),
            _ => SecretString::from(read),
        })
    }

    /// How far the replica may be behind.
    pub fn read_max_lag(&self) -> Duration {
        seconds(self.read_max_lag)
    }

    /// How the database is used.
    pub fn options(&self) -> DbOptions {
        DbOptions { max_connections: self.max_connections, statement_timeout: seconds(self.statement_timeout) }
    }

    pub(super) fn check(&self, check: &mut Check) {
        check.within("database.max_connections", self.max_connections, 1..=1000, "connections");
        check.within("database.statement_timeout", self.statement_timeout, 0.1..=3600.0, "seconds");
        if let Some(url) = &self.url
            && !["sqlite:", "postgres://", "postgresql://"].iter().any(|kind| url.expose_secret().starts_with(kind))
        {
            // The address itself holds a password: it is not repeated.
            check.wrong("database.url", "must begin with `sqlite://` or `postgres://`");
        }
        check.within("database.read_max_lag", self.read_max_lag, 0.01..=60.0, "seconds");
        let is_postgres = |url: &SecretString| {
            ["postgres://", "postgresql://"].iter().any(|kind| url.expose_secret().starts_with(kind))
        };
        if self.read_url.as_ref().is_some_and(|read| !is_postgres(read)) {
            check.wrong("database.read_url", "must begin with `postgres://`");
        } else if self.read_url.is_some() && !self.url.as_ref().is_some_and(is_postgres) {
            check.wrong("database.read_url", "is for a replica of PostgreSQL; database.url names none");
        }
    }
}

/// User and password in a URL, as they stand there.
fn user_in(url: &str) -> Option<&str> {
    let authority = url.split_once("://")?.1.split(['/', '?', '#']).next()?;
    Some(authority.rsplit_once('@')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_without_a_user_is_read_as_the_user_of_the_primary() {
        for (url, read, whole) in [
            (
                "postgres://me:se%40cret@one/pake",
                "postgres://two:5433/pake?sslmode=require",
                "postgres://me:se%40cret@two:5433/pake?sslmode=require",
            ),
            (
                "postgres://me:secret@one/pake",
                "postgresql://reader:other@two/pake",
                "postgresql://reader:other@two/pake",
            ),
            ("postgres://one/pake", "postgres://two/pake?x=a@b", "postgres://two/pake?x=a@b"),
            ("postgres://me@one/pake", "postgres:///pake?host=/run/two", "postgres://me@/pake?host=/run/two"),
        ] {
            let config = DatabaseConfig {
                url: Some(SecretString::from(url)),
                read_url: Some(SecretString::from(read)),
                ..DatabaseConfig::default()
            };
            assert_eq!(config.read_url().unwrap().expose_secret(), whole);
        }
        assert!(DatabaseConfig::default().read_url().is_none());
    }
}
