//! What the fetcher is told when it is built: who we are, where we may go and how each source is treated.

use std::{collections::BTreeMap, time::Duration};

use crate::source::SourceId;

/// How the fetcher behaves, in all.
#[derive(Debug, Clone, Default)]
pub struct FetchSettings {
    /// PAKE's version, for the User-Agent.
    pub version: String,
    /// Where this PAKE is reached by people, for the User-Agent.
    pub base_url: Option<String>,
    /// Address of the operator, for the User-Agent. Any text: what a header cannot hold is left out.
    pub contact: Option<String>,
    /// Private networks that guarded calls may reach all the same, as CIDR (`10.1.0.0/16`) or single addresses.
    pub allow_networks: Vec<String>,
    /// One lane a source. A source without one gets `LaneSettings::default()`.
    pub lanes: BTreeMap<SourceId, LaneSettings>,
}

/// How one source is treated.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneSettings {
    /// Requests a second to one host; the source's rate headers override it. 0 switches our limiter off: no waiting for
    /// a turn, rate headers are not obeyed, and a single 429 makes only its own call wait.
    pub rate: f64,
    /// Requests under way at once to one host; 0 means any number.
    pub concurrency: usize,
    /// Longest wait for one answer, from sending to the last byte.
    pub timeout: Duration,
    /// Attempts in all, the first included; 1 to 10. The one retry after a short 429 is not counted, and not made when this is 1.
    pub attempts: u32,
    /// Most money spent a UTC day, in millionths of a US dollar; `None` where asking is free.
    pub daily_budget_micros: Option<u64>,
    /// Whether the source's rate headers drive our limiter. Off for sources whose headers contradict themselves (OpenAlex).
    pub obey_rate_headers: bool,
    /// How long the source is left alone after a 429 that does not say how long; doubles with each one in a row.
    pub cool_down: Duration,
    /// The longest such pause.
    pub longest_cool_down: Duration,
}

impl Default for LaneSettings {
    fn default() -> Self {
        Self {
            rate: 1.0,
            concurrency: 1,
            timeout: Duration::from_secs(10),
            attempts: 3,
            daily_budget_micros: None,
            obey_rate_headers: true,
            cool_down: Duration::from_secs(1),
            longest_cool_down: Duration::from_secs(15 * 60),
        }
    }
}
