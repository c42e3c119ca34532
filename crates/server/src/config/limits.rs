//! `[limits]`: how much one client may ask.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Check;

/// Settings of the limits; the section `[limits]`. Each holds for every person, every API token and, where nobody has signed
/// in, every address alone. While there are no accounts, whoever works on this machine is not limited.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Whether there are limits at all.
    pub enabled: bool,
    /// Attempts to sign in an address has a second, in the long run; 0 to 100000. 0 does not limit.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub sign_in_rate: f64,
    /// Attempts to sign in an address has at once; 1 to 10000.
    #[schemars(range(min = 1, max = 10_000))]
    pub sign_in_burst: u32,
    /// What makes PAKE send a mail (invitations, forgotten passwords), a second, in the long run; 0 to 100000. 0 does not
    /// limit.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub mail_rate: f64,
    /// What makes PAKE send a mail, at once; 1 to 10000.
    #[schemars(range(min = 1, max = 10_000))]
    pub mail_burst: u32,
    /// Searches a second, in the long run; 0 to 100000. 0 does not limit.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub search_rate: f64,
    /// Searches at once; 1 to 10000.
    #[schemars(range(min = 1, max = 10_000))]
    pub search_burst: u32,
    /// Everything else that only reads, a second, in the long run; 0 to 100000. 0 does not limit.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub read_rate: f64,
    /// Everything else that only reads, at once; 1 to 10000.
    #[schemars(range(min = 1, max = 10_000))]
    pub read_burst: u32,
    /// Changes a second, in the long run; 0 to 100000. 0 does not limit.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub write_rate: f64,
    /// Changes at once; 1 to 10000.
    #[schemars(range(min = 1, max = 10_000))]
    pub write_burst: u32,
    /// Exports a second, in the long run; 0 to 100000. 0 does not limit.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub export_rate: f64,
    /// Exports at once; 1 to 10000.
    #[schemars(range(min = 1, max = 10_000))]
    pub export_burst: u32,
    /// How many times these a workspace may let its people ask; 0.01 to 1000. Less it always may.
    #[schemars(range(min = 0.01, max = 1_000.0))]
    pub workspace_factor: f64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            sign_in_rate: 0.2,
            sign_in_burst: 10,
            mail_rate: 0.01,
            mail_burst: 10,
            search_rate: 5.0,
            search_burst: 50,
            read_rate: 50.0,
            read_burst: 300,
            write_rate: 10.0,
            write_burst: 100,
            export_rate: 1.0,
            export_burst: 20,
            workspace_factor: 1.0,
        }
    }
}

impl LimitsConfig {
    pub(super) fn check(&self, check: &mut Check) {
        check.within("limits.workspace_factor", self.workspace_factor, 0.01..=1_000.0, "times");
        for (class, rate, burst) in [
            ("sign_in", self.sign_in_rate, self.sign_in_burst),
            ("mail", self.mail_rate, self.mail_burst),
            ("search", self.search_rate, self.search_burst),
            ("read", self.read_rate, self.read_burst),
            ("write", self.write_rate, self.write_burst),
            ("export", self.export_rate, self.export_burst),
        ] {
            check.within(&format!("limits.{class}_rate"), rate, 0.0..=100_000.0, "a second");
            check.within(&format!("limits.{class}_burst"), burst, 1..=10_000, "at once");
            if rate > 0.0 && f64::from(burst) / rate > LONGEST {
                let message = format!("at {rate} a second {burst} take more than a year to come back; give more, or 0");
                check.wrong(&format!("limits.{class}_rate"), message);
            }
        }
    }
}

/// Longest time in which a whole burst may come back, in seconds.
const LONGEST: f64 = 365.0 * 86_400.0;
