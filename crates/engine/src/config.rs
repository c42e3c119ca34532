//! The settings of the engine: contact address, page size and one section a source.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::{observer::Observer, others::Others, source::SourceId};

/// Why the engine cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {message}")]
pub struct SetupError {
    /// The setting, as its TOML path.
    pub setting: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Settings of one source. What is not set falls back to the table of sources.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SourceConfig {
    /// Whether it is asked. Default: see the table of sources.
    pub enabled: Option<bool>,
    /// What stands before the path in the source's documented addresses.
    #[schemars(with = "Option<String>")]
    pub base_url: Option<Url>,
    /// Its key or token.
    #[schemars(with = "Option<String>")]
    pub key: Option<SecretString>,
    /// File that holds the key (for secrets mounted as files); `key` wins.
    pub key_file: Option<PathBuf>,
    /// Requests a second, over all of this process. 0 switches our limiter off (the source's own still holds).
    pub rate: Option<f64>,
    /// Longest wait for one answer, in seconds.
    pub timeout: Option<f64>,
    /// Requests under way at once.
    pub concurrency: Option<usize>,
    /// Most money spent a day, in US dollars (OpenAlex).
    pub daily_budget: Option<f64>,
    /// Addresses of feeds (source `feeds` only).
    #[schemars(with = "Vec<String>")]
    pub urls: Vec<Url>,
}

/// Settings of searching; the section `[search]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SearchConfig {
    /// Address at which the operators of the public sources can reach you. NCBI, Crossref, Unpaywall and Wikimedia ask for it.
    pub contact: Option<String>,
    /// Records asked of each source; 1 to 100.
    pub page_size: usize,
    /// Longest time a whole search may take, in seconds; 1 to 120.
    pub deadline: f64,
    /// Private networks that user-supplied addresses may reach, as CIDR (`10.1.0.0/16`). Empty: none.
    pub allow_networks: Vec<String>,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self { contact: None, page_size: 25, deadline: 15.0, allow_networks: Vec::new() }
    }
}

/// Settings of the engine: `[search]` and `[sources.<id>]`.
#[derive(Debug, Clone, Default)]
pub struct EngineConfig {
    /// Where people reach this PAKE, for the User-Agent.
    pub base_url: Option<String>,
    /// Settings of searching.
    pub search: SearchConfig,
    /// One section a source.
    pub sources: BTreeMap<SourceId, SourceConfig>,
    /// Is told how long each request to a source took.
    pub observer: Observer,
    /// Other processes that ask the same sources.
    pub others: Others,
}
