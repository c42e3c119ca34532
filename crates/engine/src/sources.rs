//! THE TABLE of sources. Label, configuration section, metrics label and documentation follow from the entry.

use std::time::Duration;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::{connector::Source, source::SourceId};

pub mod address;
pub mod answer;
pub mod arxiv;
pub mod brave;
pub mod crossref;
mod cursor;
pub mod datacite;
pub mod europepmc;
pub mod feeds;
pub mod firecrawl;
pub mod github;
pub mod language;
pub mod lenient;
pub mod openalex;
pub mod pubmed;
pub mod recorded;
pub mod searxng;
pub mod semantic_scholar;
#[cfg(test)]
mod testing;
pub mod unpaywall;
pub mod web;
pub mod wikipedia;

/// One source: what it is called, how it is treated and how its connector is made.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub id: SourceId,
    /// Its name for people.
    pub label: &'static str,
    /// What it holds, in a few words.
    pub description: &'static str,
    /// Where a person reads its terms.
    pub terms_url: &'static str,
    /// When it is asked without being configured.
    pub default_on: DefaultOn,
    /// What stands before the path in its documented addresses; empty: must be configured.
    pub base_url: &'static str,
    /// Requests a second; 0 means no limit of ours.
    pub rate: f64,
    /// Requests a second with a key.
    pub rate_with_key: f64,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Longest wait for one answer of an interactive search.
    pub timeout: Duration,
    /// Attempts in all within a search, the first included.
    pub attempts: u32,
    /// Whether it takes a key.
    pub takes_key: bool,
    /// Money a day in US dollars, without and with a key; `None` where asking is free.
    pub daily_budget: Option<(f64, f64)>,
    /// Whether its rate headers drive our limiter; OpenAlex's contradict themselves (sources.md §3.4).
    pub obey_rate_headers: bool,
    /// How long it is left alone after a 429 that does not say how long; doubles with each one in a row.
    pub cool_down: Duration,
    /// How long its answers may be kept.
    pub cache: CachePolicy,
    /// Makes the connector.
    pub build: fn(Settings) -> Box<dyn Source>,
}

/// When a source is asked without being configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DefaultOn {
    /// Always.
    Always,
    /// When a key is set.
    WithKey,
    /// When a base URL is set.
    WithBaseUrl,
    /// When feeds are set.
    WithUrls,
    /// Never in a search; only for one record at a time.
    Lazily,
    /// Only when enabled.
    Never,
}

/// How long a source's answers may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachePolicy {
    /// Served without asking again.
    pub fresh: Duration,
    /// Served, with its age, while the source is down.
    pub stale_ok: Duration,
    /// Whether it may be stored outside of memory; `false` for sources whose terms allow transient copies only.
    pub store: bool,
}

/// What a connector is made from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What stands before the path, without a slash at the end.
    pub base_url: Url,
    /// Key or token.
    pub key: Option<SecretString>,
    /// Contact address of the operator.
    pub contact: Option<String>,
    /// Addresses of feeds.
    pub urls: Vec<Url>,
}

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

const fn keep(fresh: u64, stale_ok: u64) -> CachePolicy {
    CachePolicy { fresh: Duration::from_secs(fresh), stale_ok: Duration::from_secs(stale_ok), store: true }
}

const fn entry(id: SourceId, label: &'static str, build: fn(Settings) -> Box<dyn Source>) -> Entry {
    Entry {
        id,
        label,
        description: "",
        terms_url: "",
        default_on: DefaultOn::Always,
        base_url: "",
        rate: 1.0,
        rate_with_key: 1.0,
        concurrency: 1,
        timeout: Duration::from_secs(10),
        attempts: 3,
        takes_key: false,
        daily_budget: None,
        obey_rate_headers: true,
        cool_down: Duration::from_secs(1),
        cache: keep(DAY, 30 * DAY),
        build,
    }
}

/// The entry of a source.
pub fn entry_of(id: SourceId) -> &'static Entry {
    // The order of the table is that of `SourceId::ALL`; a test holds them together.
    &TABLE[id as usize]
}

/// All sources, in the order in which they are shown.
pub static TABLE: [Entry; 14] = [
    Entry {
        description: "preprints in physics, mathematics, computer science and more",
        terms_url: "https://info.arxiv.org/help/api/tou.html",
        base_url: "https://export.arxiv.org",
        rate: 0.33,
        rate_with_key: 0.33,
        attempts: 1,
        cool_down: Duration::from_mins(1),
        ..entry(SourceId::Arxiv, "arXiv", arxiv::build)
    },
    Entry {
        description: "biomedical literature (NCBI)",
        terms_url: "https://www.ncbi.nlm.nih.gov/books/NBK25497/",
        base_url: "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
        rate: 2.7,
        rate_with_key: 9.0,
        concurrency: 2,
        timeout: Duration::from_secs(15),
        takes_key: true,
        ..entry(SourceId::Pubmed, "PubMed", pubmed::build)
    },
    Entry {
        description: "life-science articles, preprints and patents",
        terms_url: "https://europepmc.org/Copyright",
        base_url: "https://www.ebi.ac.uk/europepmc/webservices/rest",
        rate: 3.0,
        rate_with_key: 3.0,
        concurrency: 2,
        ..entry(SourceId::Europepmc, "Europe PMC", europepmc::build)
    },
    Entry {
        description: "open index of works of all fields",
        terms_url: "https://developers.openalex.org/",
        base_url: "https://api.openalex.org",
        rate: 10.0,
        rate_with_key: 10.0,
        concurrency: 4,
        timeout: Duration::from_secs(8),
        daily_budget: Some((0.10, 1.0)),
        obey_rate_headers: false,
        takes_key: true,
        ..entry(SourceId::Openalex, "OpenAlex", openalex::build)
    },
    Entry {
        description: "registered DOIs of publishers",
        terms_url: "https://www.crossref.org/documentation/retrieve-metadata/rest-api/",
        base_url: "https://api.crossref.org",
        rate: 3.0,
        rate_with_key: 3.0,
        takes_key: true,
        ..entry(SourceId::Crossref, "Crossref", crossref::build)
    },
    Entry {
        description: "papers of all fields with citation graph",
        terms_url: "https://www.semanticscholar.org/product/api/license",
        default_on: DefaultOn::WithKey,
        base_url: "https://api.semanticscholar.org/graph/v1",
        timeout: Duration::from_secs(8),
        cache: keep(DAY, 7 * DAY),
        takes_key: true,
        ..entry(SourceId::SemanticScholar, "Semantic Scholar", semantic_scholar::build)
    },
    Entry {
        description: "data sets, theses, software and arXiv DOIs",
        terms_url: "https://support.datacite.org/docs/api",
        default_on: DefaultOn::Never,
        base_url: "https://api.datacite.org",
        rate: 3.0,
        rate_with_key: 3.0,
        concurrency: 2,
        timeout: Duration::from_secs(8),
        ..entry(SourceId::Datacite, "DataCite", datacite::build)
    },
    Entry {
        description: "where a DOI can be read for free",
        terms_url: "https://unpaywall.org/products/api",
        default_on: DefaultOn::Lazily,
        base_url: "https://api.unpaywall.org/v2",
        rate: 5.0,
        rate_with_key: 5.0,
        concurrency: 2,
        timeout: Duration::from_secs(5),
        cache: keep(7 * DAY, 30 * DAY),
        ..entry(SourceId::Unpaywall, "Unpaywall", unpaywall::build)
    },
    Entry {
        description: "encyclopedia",
        terms_url: "https://foundation.wikimedia.org/wiki/Policy:Terms_of_Use",
        base_url: "https://en.wikipedia.org",
        rate: 2.0,
        rate_with_key: 2.0,
        timeout: Duration::from_secs(6),
        cache: keep(DAY, 7 * DAY),
        ..entry(SourceId::Wikipedia, "Wikipedia", wikipedia::build)
    },
    Entry {
        description: "software repositories",
        terms_url: "https://docs.github.com/en/site-policy/github-terms/github-terms-of-service",
        default_on: DefaultOn::Never,
        base_url: "https://api.github.com",
        rate: 0.16,
        rate_with_key: 0.5,
        timeout: Duration::from_secs(6),
        cool_down: Duration::from_mins(1),
        cache: keep(HOUR, DAY),
        takes_key: true,
        ..entry(SourceId::Github, "GitHub", github::build)
    },
    Entry {
        description: "the web, through your own SearXNG",
        terms_url: "https://docs.searxng.org/",
        default_on: DefaultOn::WithBaseUrl,
        timeout: Duration::from_secs(6),
        cache: keep(HOUR, DAY),
        ..entry(SourceId::Searxng, "SearXNG", searxng::build)
    },
    Entry {
        description: "the web, through Brave's index",
        terms_url: "https://api-dashboard.search.brave.com/terms-of-service",
        default_on: DefaultOn::WithKey,
        base_url: "https://api.search.brave.com/res/v1",
        timeout: Duration::from_secs(6),
        cache: CachePolicy { fresh: Duration::from_mins(10), stale_ok: Duration::ZERO, store: false },
        takes_key: true,
        ..entry(SourceId::Brave, "Brave", brave::build)
    },
    Entry {
        description: "the web, through Firecrawl (hosted or your own)",
        terms_url: "https://www.firecrawl.dev/terms-of-service",
        default_on: DefaultOn::WithKey,
        base_url: "https://api.firecrawl.dev",
        rate: 0.16,
        rate_with_key: 0.16,
        concurrency: 2,
        timeout: Duration::from_secs(20),
        cache: keep(HOUR, DAY),
        takes_key: true,
        ..entry(SourceId::Firecrawl, "Firecrawl", firecrawl::build)
    },
    Entry {
        description: "RSS, Atom and JSON feeds that you name",
        terms_url: "",
        default_on: DefaultOn::WithUrls,
        base_url: "http://feeds.invalid",
        timeout: Duration::from_secs(10),
        cache: keep(HOUR, 30 * DAY),
        ..entry(SourceId::Feeds, "Feeds", feeds::build)
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_source_in_its_place() {
        assert_eq!(TABLE.iter().map(|entry| entry.id).collect::<Vec<_>>(), SourceId::ALL);
    }
}
