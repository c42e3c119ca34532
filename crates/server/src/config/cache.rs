//! `[cache]`: the cache of this process.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Check;

/// Settings of the cache; the section `[cache]`. How long a source's answers are kept follows from the source.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Whether answers are kept at all, in memory and in Redis.
    pub enabled: bool,
    /// Most memory that kept answers may take, in MiB; 1 to 65536.
    #[schemars(range(min = 1, max = 65536))]
    pub memory_mb: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { enabled: true, memory_mb: 20 }
    }
}

impl CacheConfig {
    pub(super) fn check(&self, check: &mut Check) {
        check.within("cache.memory_mb", self.memory_mb, 1..=65536, "MiB (`cache.enabled = false` switches it off)");
    }
}
