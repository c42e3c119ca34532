//! `[secrets]`: the keys that seal what must not be read from the database.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use super::Check;
use crate::vault::{VaultOptions, check_key};

/// The file of the master key in the data directory.
const KEY_FILE: &str = "master.key";

/// Settings of what is sealed; the section `[secrets]`. A key is 32 random bytes in base64 or hexadecimal, as
/// `openssl rand -base64 32` makes them.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecretsConfig {
    /// The key that seals secrets in the database: 32 random bytes, as `openssl rand -base64 32` makes them. Default: the
    /// file `master.key` in `server.data_dir`, made at the first start. Processes that share a database need the same one.
    #[schemars(with = "Option<String>")]
    pub master_key: Option<SecretString>,
    /// File that holds the key (for secrets mounted as files); `master_key` wins.
    pub master_key_file: Option<PathBuf>,
    /// Keys that were the master key before: they still open what was sealed with them, and seal nothing.
    #[schemars(with = "Vec<String>")]
    pub previous_master_keys: Vec<SecretString>,
    /// File that holds the previous keys, one a line; `previous_master_keys` wins.
    pub previous_master_keys_file: Option<PathBuf>,
}

impl SecretsConfig {
    /// Where the keys come from.
    pub fn options(&self, data_dir: &Path) -> VaultOptions {
        VaultOptions {
            master_key: self.master_key.clone(),
            previous_master_keys: self.previous_master_keys.clone(),
            key_file: data_dir.join(KEY_FILE),
        }
    }

    pub(super) fn check(&self, check: &mut Check) {
        if let Some(Err(problem)) = self.master_key.as_ref().map(check_key) {
            check.wrong("secrets.master_key", problem.to_string());
        }
        for (number, key) in (1..).zip(&self.previous_master_keys) {
            if let Err(problem) = check_key(key) {
                check.wrong("secrets.previous_master_keys", format!("number {number} {problem}"));
            }
        }
    }
}
