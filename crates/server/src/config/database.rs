//! `[database]`: where searches and history are kept.

use std::path::{Path, PathBuf};

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
    /// Most connections held open at once; 1 to 1000. On SQLite: readers; there is always one writer.
    #[schemars(range(min = 1, max = 1000))]
    pub max_connections: u32,
    /// Longest time one statement may take, in seconds; 0.1 to 3600.
    #[schemars(range(min = 0.1, max = 3600.0))]
    pub statement_timeout: f64,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: None, url_file: None, max_connections: 10, statement_timeout: 10.0 }
    }
}

impl DatabaseConfig {
    /// Where the database is: what is set, else the SQLite file in `data_dir`.
    pub fn url(&self, data_dir: &Path) -> SecretString {
        let default = || SecretString::from(format!("sqlite://{}", data_dir.join("pake.db").display()));
        self.url.clone().unwrap_or_else(default)
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
    }
}
