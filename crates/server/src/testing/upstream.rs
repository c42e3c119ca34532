//! A stand-in for public sources on loopback: each answers as the test says, and counts how often it was asked.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use engine::{config::SourceConfig, source::SourceId};
use http::{StatusCode, header};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::config::Config;

/// How a source answers.
#[derive(Debug, Clone)]
pub enum Act {
    /// Works with these titles.
    Titles(Vec<String>),
    /// This body.
    Json(Value),
    /// No answer but a status.
    Status(u16),
}

impl Act {
    /// Works with these titles.
    pub fn titles(titles: &[&str]) -> Self {
        Self::Titles(titles.iter().map(|&title| title.to_owned()).collect())
    }
}

#[derive(Debug, Default)]
struct Shared {
    acts: Mutex<HashMap<&'static str, Act>>,
    asked: Mutex<HashMap<String, usize>>,
}

/// The stand-in; gone when it is dropped.
#[derive(Debug)]
pub struct Upstream {
    address: String,
    shared: Arc<Shared>,
    /// The sources whose answers wait.
    held: watch::Sender<BTreeSet<&'static str>>,
    /// Requests that were begun and not ended.
    waiting: watch::Receiver<usize>,
    server: JoinHandle<()>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A request under way; whoever asked may go away before it is answered.
struct UnderWay(Arc<watch::Sender<usize>>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

#[derive(Clone)]
struct Desk {
    shared: Arc<Shared>,
    held: watch::Receiver<BTreeSet<&'static str>>,
    waiting: Arc<watch::Sender<usize>>,
}

impl Upstream {
    /// Every source answers with one work of its own.
    pub async fn start() -> Self {
        let (held, seen) = watch::channel(BTreeSet::new());
        let (waiting, watched) = watch::channel(0);
        let desk = Desk { shared: Arc::default(), held: seen, waiting: Arc::new(waiting) };
        let shared = Arc::clone(&desk.shared);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(desk);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shared, held, waiting: watched, server }
    }

    /// The defaults, with these sources switched on and at this address, and no others.
    pub fn config(&self, sources: &[SourceId]) -> Config {
        let mut config = super::config();
        config.search.contact = Some("test@pake.example.org".to_owned());
        for source in sources {
            let section = SourceConfig {
                enabled: Some(true),
                base_url: Some(format!("{}/{source}", self.address).parse().unwrap()),
                key: (*source == SourceId::Brave).then(|| "key".into()),
                rate: Some(0.0),
                ..SourceConfig::default()
            };
            config.sources.insert(*source, section);
        }
        config
    }

    /// From now on `source` answers so.
    pub fn set(&self, source: SourceId, act: Act) {
        self.shared.acts.lock().unwrap_or_else(PoisonError::into_inner).insert(source.as_str(), act);
    }

    /// How often `source` was asked.
    pub fn asked(&self, source: SourceId) -> usize {
        let asked = self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.get(source.as_str()).copied().unwrap_or(0)
    }

    /// The answers of `source` wait from now on, until [`Self::release`].
    pub fn hold(&self, source: SourceId) {
        self.held.send_modify(|held| {
            held.insert(source.as_str());
        });
    }

    /// Every answer goes out.
    pub fn release(&self) {
        self.held.send_modify(BTreeSet::clear);
    }

    /// Waits until so many requests are under way.
    pub async fn until_waiting(&self, requests: usize) {
        self.waiting.clone().wait_for(|waiting| *waiting == requests).await.unwrap();
    }
}

async fn answer(State(mut desk): State<Desk>, request: Request) -> Response {
    let source = request.uri().path().split('/').nth(1).unwrap_or_default().to_owned();
    *desk.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).entry(source.clone()).or_default() += 1;
    desk.waiting.send_modify(|waiting| *waiting += 1);
    let _under_way = UnderWay(Arc::clone(&desk.waiting));
    desk.held.wait_for(|held| !held.contains(source.as_str())).await.unwrap();
    let act = desk.shared.acts.lock().unwrap_or_else(PoisonError::into_inner).get(source.as_str()).cloned();
    let body = match act.unwrap_or_else(|| Act::Titles(vec![format!("A study of {source}")])) {
        Act::Titles(titles) => works(&source, &titles),
        Act::Json(body) => body,
        Act::Status(status) => return StatusCode::from_u16(status).unwrap().into_response(),
    };
    ([(header::CONTENT_TYPE, "application/json")], Body::from(body.to_string())).into_response()
}

/// Works in the words of their source.
fn works(source: &str, titles: &[String]) -> Value {
    let doi = |title: &str| format!("10.5555/{}", title.to_lowercase().replace(' ', "-"));
    match source {
        "openalex" => json!({
            "meta": { "count": titles.len() },
            "results": titles.iter().enumerate().map(|(n, title)| json!({
                "id": format!("https://openalex.org/W{}", 100 + n), "doi": doi(title), "title": title,
            })).collect::<Vec<_>>(),
        }),
        "brave" => json!({ "type": "search", "query": {}, "web": { "results": titles.iter().map(|title| json!({
            "title": title, "url": format!("https://example.org/{}", title.to_lowercase().replace(' ', "-")), "description": title,
        })).collect::<Vec<_>>() } }),
        _ => json!({ "status": "ok", "message": {
            "total-results": titles.len(),
            "items": titles.iter().map(|title| json!({
                "DOI": doi(title), "title": [title], "type": "journal-article",
            })).collect::<Vec<_>>(),
        } }),
    }
}
