//! What the fetcher is told when it is built: who we are, where we may go and how each source is treated.

use std::{collections::BTreeMap, time::Duration};

use http::HeaderValue;

use crate::{config::SetupError, observer::Observer, others::Others, source::SourceId};

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
    /// Is told how long each request took.
    pub observer: Observer,
    /// Other processes that ask the same hosts.
    pub others: Others,
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
    /// The longest pause before the first retry; the next may be twice as long. Full jitter: any part of it.
    pub backoff: Duration,
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
            backoff: Duration::from_millis(500),
            daily_budget_micros: None,
            obey_rate_headers: true,
            cool_down: Duration::from_secs(1),
            longest_cool_down: Duration::from_mins(15),
        }
    }
}

impl FetchSettings {
    /// `PAKE/<version> (+<base_url>; mailto:<contact>)`: what Crossref, NCBI and Wikimedia ask for. Comments of a header hold
    /// visible ASCII without parentheses and backslashes (RFC 9110 §5.6.5); the rest is left out.
    pub(super) fn user_agent(&self) -> HeaderValue {
        let mut about = Vec::new();
        about
            .extend(self.base_url.as_deref().map(printable).filter(|url| !url.is_empty()).map(|url| format!("+{url}")));
        let contact = self.contact.as_deref().map(printable).filter(|contact| !contact.is_empty());
        about.extend(contact.map(|contact| format!("mailto:{}", contact.strip_prefix("mailto:").unwrap_or(&contact))));
        let mut text = format!("PAKE/{}", printable(&self.version).replace([' ', ';'], ""));
        if !about.is_empty() {
            text = format!("{text} ({})", about.join("; "));
        }
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("PAKE"))
    }
}

/// What of `text` a comment of a header can hold, at most 200 characters.
fn printable(text: &str) -> String {
    let fits = |letter: &char| (letter.is_ascii_graphic() || *letter == ' ') && !matches!(letter, '(' | ')' | '\\');
    text.chars().filter(fits).take(200).collect::<String>().trim().to_owned()
}

impl LaneSettings {
    /// Refuses what no lane can work with.
    pub(super) fn check(&self, source: SourceId) -> Result<(), SetupError> {
        let wrong = |setting: &str, message: &str| {
            Err(SetupError { setting: format!("sources.{source}.{setting}"), message: message.to_owned() })
        };
        if !self.rate.is_finite() || self.rate < 0.0 {
            return wrong("rate", "must be a number of requests a second, or 0 for no limit of ours");
        }
        if self.timeout.is_zero() || self.timeout > Duration::from_hours(1) {
            return wrong("timeout", "must be more than 0 and at most 3600 seconds");
        }
        if !(1..=10).contains(&self.attempts) {
            return wrong("attempts", "must be 1 to 10");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agent(version: &str, base_url: Option<&str>, contact: Option<&str>) -> String {
        let settings = FetchSettings {
            version: version.to_owned(),
            base_url: base_url.map(str::to_owned),
            contact: contact.map(str::to_owned),
            ..FetchSettings::default()
        };
        settings.user_agent().to_str().unwrap().to_owned()
    }

    #[test]
    fn the_user_agent_says_who_asks_and_how_to_reach_them() {
        assert_eq!(
            agent("1.2.3", Some("https://pake.example"), Some("ops@example.org")),
            "PAKE/1.2.3 (+https://pake.example; mailto:ops@example.org)"
        );
        assert_eq!(agent("1.2.3", None, Some("mailto:ops@example.org")), "PAKE/1.2.3 (mailto:ops@example.org)");
        assert_eq!(agent("1.2.3", None, Some(" \n ")), "PAKE/1.2.3");
        assert_eq!(agent("1.2.3", None, None), "PAKE/1.2.3");
    }

    #[test]
    fn what_a_header_cannot_hold_is_left_out() {
        assert_eq!(agent("1", None, Some("José (ops)\r\nX-Evil: 1")), "PAKE/1 (mailto:Jos opsX-Evil: 1)");
        assert_eq!(agent("1", None, Some(&"x".repeat(5000))).len(), "PAKE/1 (mailto:)".len() + 200);
    }

    #[test]
    fn settings_that_no_lane_can_work_with_are_named() {
        let lane = LaneSettings::default();
        assert!(lane.check(SourceId::Arxiv).is_ok());
        for (lane, setting) in [
            (LaneSettings { rate: -1.0, ..lane.clone() }, "sources.arxiv.rate"),
            (LaneSettings { rate: f64::NAN, ..lane.clone() }, "sources.arxiv.rate"),
            (LaneSettings { timeout: Duration::ZERO, ..lane.clone() }, "sources.arxiv.timeout"),
            (LaneSettings { attempts: 0, ..lane.clone() }, "sources.arxiv.attempts"),
        ] {
            assert_eq!(lane.check(SourceId::Arxiv).unwrap_err().setting, setting);
        }
    }

    proptest! {
        #[test]
        fn any_contact_makes_a_valid_header(version in "\\PC{0,20}", base_url: String, contact: String) {
            let text = agent(&version, Some(&base_url), Some(&contact));
            prop_assert!(text.starts_with("PAKE"));
            prop_assert!(text.matches('(').count() <= 1);
        }
    }
}
