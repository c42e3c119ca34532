//! `[history]`: kept searches.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Check;

/// Settings of the history; the section `[history]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HistoryConfig {
    /// How long searches are kept, in days; 0 to 36500. 0 keeps none. Favourites are kept until they are deleted.
    #[schemars(range(min = 0, max = 36500))]
    pub retention_days: u32,
}

impl Default for HistoryConfig {
    fn default() -> Self {
        Self { retention_days: 365 }
    }
}

impl HistoryConfig {
    pub(super) fn check(&self, check: &mut Check) {
        check.within("history.retention_days", self.retention_days, 0..=36500, "days");
    }
}
