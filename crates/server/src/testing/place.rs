//! A server where one has to sign in, for tests of how one gets in; [`people`](super::people) puts people into it.

use std::sync::Arc;

use axum::Router;
use engine::clock::FixedClock;
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{Answer, app_and_clock, ask, config, get, send};
use crate::{
    access::{Caller, Role},
    accounts,
    app::SharedApp,
    client::Client,
    config::{Config, SignIn},
    http::router,
};

/// A password that is good everywhere.
pub const PASSWORD: &str = "correct horse battery staple";

/// A server where one has to sign in, and what a client of it needs.
pub struct Place {
    pub app: SharedApp,
    pub clock: Arc<FixedClock>,
    pub router: Router,
}

impl Place {
    /// With the defaults.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With settings changed.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Self::settings(config());
        // The clock stands still: what is counted here are guesses, not requests.
        config.limits.sign_in_burst = 1_000;
        change(&mut config);
        let (app, clock) = app_and_clock(config).await;
        Self::of(app, clock)
    }

    /// These settings, with signing in; passwords are as weak as they may be, since these tests are about people.
    pub fn settings(mut config: Config) -> Config {
        config.accounts.sign_in = SignIn::Required;
        config.passwords.memory_kib = 8_192;
        config.passwords.iterations = 1;
        config
    }

    /// Around an application.
    pub fn of(app: SharedApp, clock: Arc<FixedClock>) -> Self {
        Self { router: router(SharedApp::clone(&app)), app, clock }
    }

    /// Asks with JSON.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let mut request = send(method, path, body.to_string());
        for (name, value) in headers {
            request.headers_mut().append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        ask(&self.router, request).await
    }

    /// Asks with JSON, by POST.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], body).await
    }

    /// Asks with an access token.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        ask(&self.router, get(path, &[("authorization", &format!("Bearer {token}"))])).await
    }

    /// The secret of the link to the first account.
    pub async fn first_link(&self) -> String {
        accounts::offer_setup(&self.app).await.unwrap().unwrap().expose_secret().to_owned()
    }

    /// The secret of an invitation to the first workspace.
    pub async fn invitation(&self, role: Role) -> String {
        let made = accounts::invite(&self.app, &Caller::local(), role, None, &Client::default()).await;
        made.unwrap().1.expose_secret().to_owned()
    }

    /// Asks with JSON and an access token, by POST.
    pub async fn act(&self, path: &str, token: &str, body: Value) -> Answer {
        self.send("POST", path, &[("authorization", &format!("Bearer {token}"))], body).await
    }

    /// Makes the first account, `ada`, by the link for it.
    pub async fn set_up(&self) -> Answer {
        let body = json!({ "token": self.first_link().await, "username": "Ada", "password": PASSWORD });
        self.post("/api/v1/auth/register", body).await
    }

    /// Makes an account of this role, and signs it in.
    pub async fn join(&self, name: &str, role: Role) -> Value {
        let body = json!({ "token": self.invitation(role).await, "username": name, "password": PASSWORD });
        let made = self.post("/api/v1/auth/register", body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        made.json()
    }

    /// Signs in.
    pub async fn login(&self, name: &str, password: &str) -> Answer {
        self.post("/api/v1/auth/login", json!({ "username": name, "password": password })).await
    }
}

/// A text in an answer.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

/// What the browser would send back: name and value of each cookie that is set.
pub fn cookies(answer: &Answer) -> Vec<(String, String)> {
    let lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    lines
        .map(|line| {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// These cookies as a browser sends them.
pub fn cookie_line(cookies: &[(String, String)]) -> String {
    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}
