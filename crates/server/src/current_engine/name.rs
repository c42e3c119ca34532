//! The settings that can be changed: their names, and what they may be.

use std::{fmt, str::FromStr};

use engine::{
    config::{EngineConfig, SourceConfig},
    source::SourceId,
    sources,
};
use secrecy::SecretString;
use serde::{Serialize, Serializer};
use serde_json::Value;
use url::Url;

/// Longest text, in characters.
const LONGEST: usize = 500;
/// Most feeds.
const MOST_URLS: usize = 50;

/// One that can be changed; its name is that of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// `search.contact`: whom the operators of sources may write to.
    Contact,
    /// `sources.<id>.enabled`: whether it is asked.
    Enabled(SourceId),
    /// `sources.<id>.key`: its key.
    Key(SourceId),
    /// `sources.feeds.urls`: the feeds.
    Urls,
}

impl Name {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let keys = sources::TABLE.iter().filter(|entry| entry.takes_key).map(|entry| Self::Key(entry.id));
        let switches = SourceId::ALL.into_iter().map(Self::Enabled);
        [Self::Contact].into_iter().chain(switches).chain(keys).chain([Self::Urls])
    }

    /// Whether it is a key, which nobody sees again.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Key(_))
    }

    /// Whether it has a value here.
    pub fn is_given(self, config: &EngineConfig) -> bool {
        let source = |id| config.sources.get(&id);
        match self {
            Self::Contact => config.search.contact.is_some(),
            Self::Enabled(id) => source(id).is_some_and(|source| source.enabled.is_some()),
            Self::Key(id) => source(id).is_some_and(|source| source.key.is_some() || source.key_file.is_some()),
            Self::Urls => source(SourceId::Feeds).is_some_and(|source| !source.urls.is_empty()),
        }
    }

    /// Its value here, for somebody to see.
    pub fn shown(self, config: &EngineConfig) -> Option<Value> {
        let source = |id| config.sources.get(&id);
        match self {
            Self::Contact => config.search.contact.clone().map(Value::from),
            Self::Enabled(id) => source(id)?.enabled.map(Value::from),
            Self::Key(_) => None,
            Self::Urls => {
                let urls = &source(SourceId::Feeds)?.urls;
                (!urls.is_empty()).then(|| urls.iter().map(Url::as_str).collect())
            }
        }
    }

    /// The value if it may be that; nothing for `null`, which takes the value away.
    pub fn checked(self, value: &Value) -> Result<Option<Value>, String> {
        if value.is_null() {
            return Ok(None);
        }
        let checked = match self {
            Self::Contact => contact(value)?,
            Self::Enabled(_) => Value::from(value.as_bool().ok_or("must be true or false")?),
            Self::Key(_) => key(value)?,
            Self::Urls => urls(value)?,
        };
        Ok(Some(checked))
    }

    /// Sets it; a value that makes no sense is passed over.
    pub fn set(self, config: &mut EngineConfig, value: &Value) {
        match self {
            Self::Contact => config.search.contact = value.as_str().map(str::to_owned),
            Self::Enabled(id) => source(config, id).enabled = value.as_bool(),
            Self::Key(id) => source(config, id).key = value.as_str().map(SecretString::from),
            Self::Urls => {
                let urls = value.as_array().into_iter().flatten();
                source(config, SourceId::Feeds).urls = urls.filter_map(|url| url.as_str()?.parse().ok()).collect();
            }
        }
    }
}

fn source(config: &mut EngineConfig, id: SourceId) -> &mut SourceConfig {
    config.sources.entry(id).or_default()
}

fn contact(value: &Value) -> Result<Value, String> {
    let wrong = "must be an e-mail address or the address of a page (https://…)";
    let text = text(value).ok_or(wrong)?;
    let is_page = text.parse::<Url>().is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    let is_mail = text.parse::<lettre::Address>().is_ok();
    if is_page || is_mail { Ok(text.into()) } else { Err(wrong.to_owned()) }
}

fn key(value: &Value) -> Result<Value, String> {
    let text = text(value).filter(|text| text.chars().all(|c| c.is_ascii_graphic()));
    // It is not said back: it may be a key with a slip of the hand.
    text.map(Value::from).ok_or_else(|| format!("must be 1 to {LONGEST} characters, without spaces"))
}

fn urls(value: &Value) -> Result<Value, String> {
    let wrong = || format!("must be 1 to {MOST_URLS} addresses of feeds (https://…)");
    let urls = value.as_array().filter(|urls| (1..=MOST_URLS).contains(&urls.len())).ok_or_else(wrong)?;
    let one = |value: &Value| {
        let url: Url = text(value).and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
        let is_web = ["http", "https"].contains(&url.scheme()) && url.has_host() && url.password().is_none();
        if is_web { Ok(Value::from(url.as_str())) } else { Err(wrong()) }
    };
    urls.iter().map(one).collect()
}

/// A text that is not empty, not too long, on one line.
fn text(value: &Value) -> Option<&str> {
    let text = value.as_str()?.trim();
    let is_good = !text.is_empty() && text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    is_good.then_some(text)
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contact => f.write_str("search.contact"),
            Self::Enabled(id) => write!(f, "sources.{id}.enabled"),
            Self::Key(id) => write!(f, "sources.{id}.key"),
            Self::Urls => write!(f, "sources.{}.urls", SourceId::Feeds),
        }
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::all().find(|name| name.to_string() == text).ok_or_else(|| {
            "cannot be changed while PAKE serves; search.contact, sources.<id>.enabled, sources.<id>.key and \
             sources.feeds.urls can, all others stand in the configuration"
                .to_owned()
        })
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
