//! A server where one has to sign in, and people who do.

use std::sync::Arc;

use axum::{Router, body::Body};
use engine::{
    clock::{FixedClock, SharedClock},
    source::SourceId,
};
use http::{Request, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, app_on, ask, now, send, upstream::Upstream};
use crate::{
    access::{Caller, Role},
    accounts,
    app::SharedApp,
    client::Client,
    config::{Config, SignIn},
    db::Db,
    http::router,
};

/// Everybody's.
pub const PASSWORD: &str = "correct horse battery staple";

/// A server where one has to sign in.
pub struct Place {
    pub app: SharedApp,
    pub clock: Arc<FixedClock>,
    pub router: Router,
    /// Answers in the place of the sources.
    pub upstream: Upstream,
}

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Somebody {
    pub id: Uuid,
    pub token: String,
}

impl Place {
    /// On a database in memory.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// On a database in memory, with this changed.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let db = Db::open("sqlite::memory:", &Config::default().database.options()).await.unwrap();
        Self::on(db, change).await
    }

    /// On this database.
    pub async fn on(db: Db, change: impl FnOnce(&mut Config)) -> Self {
        let upstream = Upstream::start().await;
        let mut config = upstream.config(&[SourceId::Crossref, SourceId::Openalex]);
        config.server.data_dir = std::env::temp_dir();
        config.accounts.sign_in = SignIn::Required;
        // As weak as it may be: these tests are not about passwords.
        config.passwords.memory_kib = 8_192;
        config.passwords.iterations = 1;
        change(&mut config);
        let clock = FixedClock::at(now());
        let app = app_on(db, config, Arc::clone(&clock) as SharedClock);
        Self { router: router(SharedApp::clone(&app)), app, clock, upstream }
    }

    /// Makes the first account, `ada`, who operates the installation.
    pub async fn set_up(&self) -> Somebody {
        let link = accounts::offer_setup(&self.app).await.unwrap().unwrap();
        self.register("ada", link.expose_secret()).await
    }

    /// Makes an account of this role in the first workspace, and signs it in.
    pub async fn join(&self, name: &str, role: Role) -> Somebody {
        let (_, link) = accounts::invite(&self.app, &Caller::local(), role, None, &Client::default()).await.unwrap();
        self.register(name, link.expose_secret()).await
    }

    /// Makes an account by a link.
    pub async fn register(&self, name: &str, link: &str) -> Somebody {
        let body = json!({
            "token": link, "username": name, "password": PASSWORD, "email": format!("{name}@example.org"),
        });
        let made = self.send("POST", "/api/v1/auth/register", None, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        Somebody::of(&made.json())
    }

    /// Signs somebody in once more.
    pub async fn login(&self, name: &str) -> Answer {
        self.send("POST", "/api/v1/auth/login", None, json!({ "username": name, "password": PASSWORD })).await
    }

    /// Asks as somebody, with this body.
    pub async fn send(&self, method: &str, path: &str, who: Option<&Somebody>, body: Value) -> Answer {
        let mut request = send(method, path, body.to_string());
        if let Some(who) = who {
            request.headers_mut().insert("authorization", format!("Bearer {}", who.token).parse().unwrap());
        }
        ask(&self.router, request).await
    }

    /// Asks as somebody.
    pub async fn get(&self, path: &str, who: &Somebody) -> Answer {
        let request = Request::get(path).header("authorization", format!("Bearer {}", who.token));
        ask(&self.router, request.body(Body::empty()).unwrap()).await
    }

    /// The same, which must go well.
    pub async fn json(&self, method: &str, path: &str, who: &Somebody, body: Value) -> Value {
        let answer = self.send(method, path, Some(who), body).await;
        assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// Searches and waits for the answer.
    pub async fn search(&self, who: &Somebody, body: Value) -> Value {
        let mut request = send("POST", "/api/v1/searches", body.to_string());
        for (name, value) in [("authorization", format!("Bearer {}", who.token)), ("prefer", "wait=20".to_owned())] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let answer = ask(&self.router, request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let answer = answer.json();
        // The answer is there before the history has it; the log of the search ends after that.
        let events = format!("/api/v1/searches/{}/events", answer["id"].as_str().unwrap());
        assert_eq!(self.get(&events, who).await.status, StatusCode::OK);
        self.app.recorder.flush().await.unwrap();
        answer
    }
}

impl Somebody {
    /// Whoever this answer signs in.
    pub fn of(signed_in: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{signed_in}")).to_owned();
        Self { id: text(&signed_in["user_info"]["user_id"]).parse().unwrap(), token: text(&signed_in["access_token"]) }
    }
}
