//! Who takes part: every source of the table with its settings, whether it may be asked, and its connector.

use std::{collections::BTreeMap, fmt, fs, sync::Arc, time::Duration};

use secrecy::SecretString;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::{Ask, SetupError};
use crate::{
    capabilities::Capabilities,
    config::{EngineConfig, SourceConfig},
    connector::Source,
    fetch::{FetchSettings, Fetcher, Health, LaneSettings},
    plan,
    query::Query,
    source::{SourceError, SourceId},
    sources::{self, DefaultOn, Entry, Settings},
};
/// One source and its place in every search.
pub(super) struct Seat {
    pub(super) entry: &'static Entry,
    pub(super) timeout: Duration,
    pub(super) availability: Availability,
    connector: Option<Box<dyn Source>>,
}

/// Whether a source may be asked, and what an operator does if not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Asked in every search that does not name others.
    Ready,
    /// Asked for one record at a time, never in a search.
    Lazy,
    /// Switched off, or not switched on.
    Off,
    /// It needs a key.
    NeedsKey,
    /// It needs a base URL.
    NeedsBaseUrl,
    /// It needs addresses of feeds.
    NeedsUrls,
}

/// The public state of a source.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SourceState {
    /// Its name.
    pub id: SourceId,
    /// Its name for people.
    pub label: &'static str,
    /// What it holds.
    pub description: &'static str,
    /// Its terms.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub terms_url: &'static str,
    /// Whether it may be asked.
    pub availability: Availability,
    /// What an operator does to have it asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What it can do by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<&'static Capabilities>,
    /// How long its answers are served without asking again, in seconds.
    pub fresh_seconds: u64,
    /// How long they may stand in while it is down, in seconds.
    pub stale_seconds: u64,
    /// How it does: circuit, limits, spend, latency.
    pub health: Health,
}

impl Seat {
    fn new(entry: &'static Entry, config: &SourceConfig, contact: Option<&String>) -> Result<Self, SetupError> {
        let key = key_of(entry.id, config)?;
        let availability = availability(entry, config, key.is_some());
        let timeout = timeout(entry, config)?;
        let base_url = base_url(entry, config)?;
        let connector = match (availability, base_url) {
            (Availability::Ready | Availability::Lazy, Some(base_url)) => {
                Some((entry.build)(Settings { base_url, key, contact: contact.cloned(), urls: config.urls.clone() }))
            }
            _ => None,
        };
        Ok(Self { entry, timeout, availability, connector })
    }

    /// Seats a test's own connector, or nobody.
    #[cfg(test)]
    pub(super) fn replace(&mut self, connector: Option<Box<dyn Source>>) {
        let nobody =
            if self.entry.default_on == DefaultOn::WithKey { Availability::NeedsKey } else { Availability::Off };
        self.availability = if connector.is_some() { Availability::Ready } else { nobody };
        self.connector = connector;
    }

    pub(super) fn asked_by_default(&self) -> bool {
        self.availability == Availability::Ready
    }

    pub(super) fn connector(&self) -> Result<&dyn Source, SourceError> {
        self.connector.as_deref().ok_or_else(|| SourceError::Unsupported {
            reason: self.hint().unwrap_or_else(|| "it is switched off".to_owned()),
        })
    }

    /// Fits the query to this source.
    pub(super) fn ask(&self, query: &Query, limit: usize) -> Result<Ask, SourceError> {
        let connector = self.connector()?;
        if self.availability == Availability::Lazy {
            return Err(SourceError::Unsupported {
                reason: format!("{} looks up one DOI at a time and cannot be searched", self.entry.label),
            });
        }
        let plan = plan::plan(query, connector.capabilities())?;
        let text = connector.translate(&plan);
        if text.is_empty() {
            return Err(SourceError::Unsupported {
                reason: "it looks for letters and digits, and the query has none".to_owned(),
            });
        }
        connector.check(&text)?;
        let key = blake3::hash(format!("{}\0{limit}\0{text}", self.entry.id).as_bytes()).to_hex()[..32].to_owned();
        Ok(Ask { source: self.entry.id, plan: Arc::new(plan), text, key })
    }

    pub(super) fn state(&self, fetcher: &Fetcher) -> SourceState {
        SourceState {
            id: self.entry.id,
            label: self.entry.label,
            description: self.entry.description,
            terms_url: self.entry.terms_url,
            availability: self.availability,
            hint: self.hint(),
            capabilities: self.connector.as_ref().map(|connector| connector.capabilities()),
            fresh_seconds: self.entry.cache.fresh.as_secs(),
            stale_seconds: self.entry.cache.stale_ok.as_secs(),
            health: fetcher.health(self.entry.id),
        }
    }

    fn hint(&self) -> Option<String> {
        let (label, id) = (self.entry.label, self.entry.id);
        match self.availability {
            Availability::Ready | Availability::Lazy => None,
            Availability::Off => Some(format!("{label} is off; switch it on with sources.{id}.enabled = true")),
            Availability::NeedsKey => Some(format!("{label} needs a key; set sources.{id}.key or key_file")),
            Availability::NeedsBaseUrl => Some(format!("{label} needs an address; set sources.{id}.base_url")),
            Availability::NeedsUrls => Some(format!("{label} needs addresses of feeds; set sources.{id}.urls")),
        }
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat")
            .field("source", &self.entry.id)
            .field("availability", &self.availability)
            .finish_non_exhaustive()
    }
}

/// A seat for every source of the table.
pub(super) fn build(config: &EngineConfig) -> Result<Vec<Seat>, SetupError> {
    let unset = SourceConfig::default();
    sources::TABLE
        .iter()
        .map(|entry| {
            let section = config.sources.get(&entry.id).unwrap_or(&unset);
            Seat::new(entry, section, config.search.contact.as_ref())
        })
        .collect()
}

/// How the fetcher treats each source: the configuration over the table.
pub(super) fn fetch_settings(config: &EngineConfig, version: &str) -> Result<FetchSettings, SetupError> {
    let unset = SourceConfig::default();
    let mut lanes = BTreeMap::new();
    for entry in &sources::TABLE {
        let section = config.sources.get(&entry.id).unwrap_or(&unset);
        lanes.insert(entry.id, lane(entry, section)?);
    }
    Ok(FetchSettings {
        version: version.to_owned(),
        base_url: config.base_url.clone(),
        contact: config.search.contact.clone(),
        allow_networks: config.search.allow_networks.clone(),
        lanes,
        observer: config.observer.clone(),
        others: config.others.clone(),
    })
}

/// Attempts where an operator has set no limit: of five calls that each fail one time in ten, three attempts leave one search
/// in two hundred without a source.
const ATTEMPTS_UNLIMITED: u32 = 4;

fn lane(entry: &Entry, config: &SourceConfig) -> Result<LaneSettings, SetupError> {
    let has_key = config.key.is_some() || config.key_file.is_some();
    let rate = config.rate.unwrap_or(if has_key { entry.rate_with_key } else { entry.rate });
    if !(0.0..=10_000.0).contains(&rate) {
        return Err(SetupError {
            setting: format!("sources.{}.rate", entry.id),
            message: format!("{rate} is out of range; give requests a second between 0 (no limit) and 10000"),
        });
    }
    let table_budget = entry.daily_budget.map(|(without, with)| if has_key { with } else { without });
    let budget = config.daily_budget.or(table_budget);
    // Our own limiter switched off means: as many at once as come, too, and a failure is worth another attempt. (With it,
    // the attempt might have to wait for its turn longer than the search lasts: three seconds at arXiv.)
    let unlimited = rate == 0.0;
    let concurrency = config.concurrency.unwrap_or(if unlimited { 0 } else { entry.concurrency });
    let usual = LaneSettings::default();
    Ok(LaneSettings {
        rate,
        concurrency,
        timeout: timeout(entry, config)?,
        attempts: if unlimited { entry.attempts.max(ATTEMPTS_UNLIMITED) } else { entry.attempts },
        daily_budget_micros: budget.map(micros),
        obey_rate_headers: entry.obey_rate_headers,
        cool_down: entry.cool_down,
        ..usual
    })
}

/// Dollars in millionths; a nonsensical amount is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts from f64 saturate")]
fn micros(dollars: f64) -> u64 {
    (dollars.max(0.0) * 1e6).round() as u64
}

fn timeout(entry: &Entry, config: &SourceConfig) -> Result<Duration, SetupError> {
    match config.timeout {
        None => Ok(entry.timeout),
        Some(seconds) if (0.05..=300.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        Some(seconds) => Err(SetupError {
            setting: format!("sources.{}.timeout", entry.id),
            message: format!("{seconds} is out of range; give seconds between 0.05 and 300"),
        }),
    }
}

fn availability(entry: &Entry, config: &SourceConfig, has_key: bool) -> Availability {
    let lacks_url = entry.base_url.is_empty() && config.base_url.is_none();
    match (config.enabled, entry.default_on) {
        (Some(false), _) | (None, DefaultOn::Never) => Availability::Off,
        (_, DefaultOn::WithBaseUrl) if lacks_url => Availability::NeedsBaseUrl,
        (_, DefaultOn::WithUrls) if config.urls.is_empty() => Availability::NeedsUrls,
        // A source that was switched on by hand is asked without a key too, where it answers without one.
        (None, DefaultOn::WithKey) if !has_key => Availability::NeedsKey,
        (_, DefaultOn::Lazily) => Availability::Lazy,
        _ => Availability::Ready,
    }
}

fn key_of(id: SourceId, config: &SourceConfig) -> Result<Option<SecretString>, SetupError> {
    if config.key.is_some() {
        return Ok(config.key.clone());
    }
    let Some(path) = &config.key_file else { return Ok(None) };
    let text = fs::read_to_string(path).map_err(|error| SetupError {
        setting: format!("sources.{id}.key_file"),
        message: format!("cannot read {}: {error}", path.display()),
    })?;
    let key = text.trim();
    if key.is_empty() || key.contains(char::is_control) {
        return Err(SetupError {
            setting: format!("sources.{id}.key_file"),
            message: format!("{} must hold one line with the key", path.display()),
        });
    }
    Ok(Some(SecretString::from(key)))
}

fn base_url(entry: &Entry, config: &SourceConfig) -> Result<Option<Url>, SetupError> {
    let wrong = |message: String| SetupError { setting: format!("sources.{}.base_url", entry.id), message };
    let text = match &config.base_url {
        Some(url) => url.as_str(),
        None if entry.base_url.is_empty() => return Ok(None),
        None => entry.base_url,
    };
    let mut url = Url::parse(text.trim_end_matches('/')).map_err(|error| wrong(format!("`{text}`: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong(format!("`{text}` is not an http or https address")));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(Some(url))
}
