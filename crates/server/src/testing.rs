//! What the tests of this crate share: an application whose time and chance stand still, and asking its router.

pub mod authenticator;
pub mod certificate;
pub mod described;
pub mod issuer;
pub mod lines;
pub mod mail_server;
pub mod people;
pub mod place;
pub mod proxy;
pub mod serving;
pub mod upstream;

use std::{path::PathBuf, sync::Arc};

use axum::{Router, body::Body, extract::Request};
use bytes::Bytes;
use chrono::{DateTime, TimeZone, Utc};
use engine::{
    clock::{FixedClock, SharedClock},
    config::SourceConfig,
    source::SourceId,
};
use http::{HeaderMap, StatusCode};
use tower::ServiceExt as _;

use crate::{
    app::{App, SharedApp},
    config::{Config, Listen},
    db::Db,
    ids::Ids,
    vault::{Vault, VaultOptions},
};

/// When tests happen.
pub fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

/// The defaults, on any free port, with every source switched off: tests of serving ask none.
pub fn config() -> Config {
    let mut config = Config::default();
    config.server.listen = Listen::Tcp(([127, 0, 0, 1], 0).into());
    for id in SourceId::ALL {
        config.sources.insert(id, SourceConfig { enabled: Some(false), ..SourceConfig::default() });
    }
    config
}

/// An application with the defaults, on a database in memory.
pub async fn app() -> SharedApp {
    app_with(config()).await
}

/// An application with this configuration, on a database in memory.
pub async fn app_with(config: Config) -> SharedApp {
    app_and_clock(config).await.0
}

/// An application with this configuration, on a database in memory, and the clock that it goes by.
pub async fn app_and_clock(config: Config) -> (SharedApp, Arc<FixedClock>) {
    let clock = FixedClock::at(now());
    let db = Db::open("sqlite::memory:", &config.database.options()).await.unwrap();
    (app_on(db, config, Arc::clone(&clock) as SharedClock), clock)
}

/// An application with this configuration, on this database.
pub fn app_on(db: Db, config: Config, clock: SharedClock) -> SharedApp {
    config.validate().unwrap();
    App::new(config, db, vault(), Arc::clone(&clock), Ids::counted(clock)).unwrap()
}

/// A vault whose key is always the same.
fn vault() -> Vault {
    let options = VaultOptions {
        master_key: Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".into()),
        previous_master_keys: Vec::new(),
        key_file: PathBuf::new(),
    };
    Vault::open(&options).unwrap()
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Asks a router.
pub async fn ask(router: &Router, request: Request) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// A GET of `path` with these headers.
pub fn get(path: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

/// A POST of JSON to `path`.
pub fn post(path: &str, body: impl Into<Body>) -> Request {
    send("POST", path, body)
}

/// JSON to `path`.
pub fn send(method: &str, path: &str, body: impl Into<Body>) -> Request {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    request.body(body.into()).unwrap()
}

/// A DELETE of `path`.
pub fn delete(path: &str) -> Request {
    Request::delete(path).body(Body::empty()).unwrap()
}
