//! A server where one has to sign in, and people who do.

use std::{ops::Deref, sync::Arc};

use engine::{
    clock::{FixedClock, SharedClock},
    source::SourceId,
};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Answer, app_on, now,
    place::{PASSWORD, Place},
    upstream::Upstream,
};
use crate::{access::Role, config::Config, db::Db};

/// A place with people in it, and sources that answer.
pub struct Team {
    place: Place,
    /// Answers in the place of the sources.
    pub upstream: Upstream,
}

impl Deref for Team {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Somebody {
    pub id: Uuid,
    pub token: String,
}

impl Team {
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
        let mut config = Place::settings(upstream.config(&[SourceId::Crossref, SourceId::Openalex]));
        config.server.data_dir = std::env::temp_dir();
        change(&mut config);
        let clock = FixedClock::at(now());
        let app = app_on(db, config, Arc::clone(&clock) as SharedClock);
        Self { place: Place::of(app, clock), upstream }
    }

    /// Makes the first account, `ada`, who operates the installation.
    pub async fn set_up(&self) -> Somebody {
        self.register("ada", &self.first_link().await).await
    }

    /// Makes an account of this role in the first workspace, and signs it in.
    pub async fn join(&self, name: &str, role: Role) -> Somebody {
        self.register(name, &self.invitation(role).await).await
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
        self.place.login(name, PASSWORD).await
    }

    /// Asks as somebody, with this body.
    pub async fn send(&self, method: &str, path: &str, who: Option<&Somebody>, body: Value) -> Answer {
        let bearer = who.map(|who| format!("Bearer {}", who.token));
        let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        self.place.send(method, path, &headers, body).await
    }

    /// Asks as somebody.
    pub async fn get(&self, path: &str, who: &Somebody) -> Answer {
        self.place.get(path, &who.token).await
    }

    /// The same, which must go well.
    pub async fn json(&self, method: &str, path: &str, who: &Somebody, body: Value) -> Value {
        let answer = self.send(method, path, Some(who), body).await;
        assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// Searches and waits for the answer.
    pub async fn search(&self, who: &Somebody, body: Value) -> Value {
        let headers = [("authorization", &*format!("Bearer {}", who.token)), ("prefer", "wait=20")];
        let answer = self.place.send("POST", "/api/v1/searches", &headers, body).await;
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
