//! `pake smoke`: somebody does with a release what people do, before anybody is led to it. Run by a deployment in a container beside
//! the release, with its image and its settings; the account that signs in is made for it, and deleted again with all it left.
#![expect(
    clippy::disallowed_methods,
    reason = "asks a PAKE server, no source: nothing of engine/src/fetch.rs is wanted here"
)]

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use server::{
    access::Role,
    accounts::{self, Person},
    app::SharedApp,
    config::{Listen, SignIn},
    erasure, passwords, people,
    store::{
        accounts::{Account, is_any},
        people::PeopleFilter,
    },
};
use tokio::net::UnixStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use super::Context;
use crate::cli::Smoke;

/// What the names of such accounts begin with, and what others see of them: nobody else is called both.
const PREFIX: &str = "pake.smoke-";
const NAME: &str = "PAKE, trying itself out";

/// Longest wait for an answer or a frame.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is asked.
const QUESTION: &str = "lighthouse";

/// Runs `pake smoke`.
pub async fn run(context: &Context, arguments: &Smoke) -> anyhow::Result<()> {
    let listen: Listen = arguments.listen.parse().map_err(|error| anyhow::anyhow!("--listen: {error}"))?;
    let Listen::Unix(socket) = listen else { bail!("--listen: a release is tried out at its socket: unix:/path") };
    let app = context.application().await?;
    let tried = try_out(context, &app, socket).await;
    let left = forget(&app).await;
    app.lifecycle.stop();
    server::close(&app).await;
    tried.and(left)
}

async fn try_out(context: &Context, app: &SharedApp, socket: PathBuf) -> anyhow::Result<()> {
    // Whoever died here before left an account.
    forget(app).await?;
    let door = Door::at(socket)?;
    let page = door.client.get("http://localhost/").send().await.context("the page does not come")?;
    ensure!(page.status().is_success(), "the page does not come: {}", page.status());
    let token = match app.config.accounts.sign_in {
        SignIn::Off => None,
        _ if !is_any(&app.db).await? => {
            context.printer.say("there is no account yet: nobody can sign in, and nothing more is tried");
            return Ok(());
        }
        _ => Some(door.sign_in(app).await.context("signing in does not work")?),
    };
    let sources = door.get("/api/v1/sources", token.as_deref()).await?;
    let mut frames = Frames::open(&door, token.as_deref()).await.context("the WebSocket does not work")?;
    frames.echo().await.context("the WebSocket does not work")?;
    let asked = sources["sources"].as_array().into_iter().flatten();
    let Some(source) =
        asked.filter(|source| source["availability"] == "ready").find_map(|source| source["id"].as_str())
    else {
        context.printer.say("no source is on: nothing is asked");
        return Ok(());
    };
    let ending = frames.search(source).await.context("a search does not come to its end")?;
    context.printer.say(format_args!("signed in, and asked {source}: {ending}"));
    Ok(())
}

/// Deletes the accounts that were made for this.
async fn forget(app: &SharedApp) -> anyhow::Result<()> {
    let filter = PeopleFilter { text: Some(PREFIX.to_owned()), ..PeopleFilter::default() };
    for person in people::list(app, &filter, None, 100).await? {
        if person.username.starts_with(PREFIX) && person.name == NAME && !person.is_super_admin {
            erasure::erase(app, person.id).await.context("the account of this trial cannot be deleted")?;
        }
    }
    Ok(())
}

/// A new account, and its password.
async fn account(app: &SharedApp) -> anyhow::Result<(Account, secrecy::SecretString)> {
    let password = passwords::generate(24, &mut rand::rng()).context("cannot make a password")?;
    let username = format!("{PREFIX}{:08x}", rand::random::<u32>());
    let person = Person { username, email: None, name: Some(NAME.to_owned()), password: password.clone() };
    Ok((accounts::add(app, person, Role::User).await?, password))
}

/// The socket of a release.
struct Door {
    socket: PathBuf,
    client: reqwest::Client,
}

impl Door {
    fn at(socket: PathBuf) -> anyhow::Result<Self> {
        // Fails when a provider is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Nothing goes over a network, so there is no certificate to look at.
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().tls_danger_accept_invalid_certs(true);
        let client = client.unix_socket(socket.clone()).build().context("cannot start an HTTP client")?;
        Ok(Self { socket, client })
    }

    /// Signs in as people do; gives the token.
    async fn sign_in(&self, app: &SharedApp) -> anyhow::Result<String> {
        let (account, password) = account(app).await?;
        let body = json!({ "username": account.username, "password": password.expose_secret() });
        let request = self.client.post("http://localhost/api/v1/auth/login").body(body.to_string());
        let answer = read(request.header("content-type", "application/json")).await?;
        let token = answer["access_token"].as_str().context("the answer holds no token")?.to_owned();
        let me = self.get("/api/v1/auth/me", Some(&token)).await?;
        ensure!(me["username"] == account.username.as_str(), "somebody else has signed in: {me}");
        Ok(token)
    }

    async fn get(&self, path: &str, token: Option<&str>) -> anyhow::Result<Value> {
        let request = self.client.get(format!("http://localhost{path}"));
        read(token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth))
            .await
            .with_context(|| format!("{path} does not answer"))
    }
}

async fn read(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let response = request.send().await?;
    let status = response.status();
    let text = response.text().await?;
    ensure!(status.is_success(), "{status}: {}", text.chars().take(300).collect::<String>());
    serde_json::from_str(&text).context("the answer is not PAKE's")
}

/// A WebSocket, frame by frame.
struct Frames(WebSocketStream<UnixStream>);

impl Frames {
    async fn open(door: &Door, token: Option<&str>) -> anyhow::Result<Self> {
        let stream = UnixStream::connect(&door.socket).await?;
        let opened = tokio::time::timeout(PATIENCE, client_async("ws://localhost/ws", stream)).await;
        let (socket, _) = opened.context("it does not open in time")??;
        let mut frames = Self(socket);
        if let Some(token) = token {
            frames.send("auth", &json!({ "token": token })).await?;
            frames.until(&["auth_success"]).await?;
        }
        Ok(frames)
    }

    /// What is said comes back.
    async fn echo(&mut self) -> anyhow::Result<()> {
        self.send("ping", &json!({ "said": "lighthouse" })).await?;
        self.until(&["pong"]).await.map(drop)
    }

    /// Asks one source, and waits for the end: that a source does not answer is none of PAKE's faults.
    async fn search(&mut self, source: &str) -> anyhow::Result<&'static str> {
        self.send("search", &json!({ "query": QUESTION, "sources": [source], "anonymous": true })).await?;
        self.until(&["search_started"]).await?;
        match self.until(&["search_completed", "search_failed"]).await? {
            "search_completed" => Ok("it has answered"),
            _ => Ok("it does not answer, and that was told"),
        }
    }

    async fn send(&mut self, kind: &str, data: &Value) -> anyhow::Result<()> {
        let frame = json!({ "type": kind, "message_id": kind, "data": data });
        Ok(self.0.send(Message::text(frame.to_string())).await?)
    }

    /// The first of these frames.
    async fn until(&mut self, kinds: &[&'static str]) -> anyhow::Result<&'static str> {
        let wanted = kinds.join(" or ");
        let first = async {
            while let Some(message) = self.0.next().await {
                let Message::Text(text) = message? else { continue };
                let frame: Value = serde_json::from_str(&text)?;
                if let Some(kind) = kinds.iter().find(|kind| frame["type"] == **kind) {
                    return Ok(*kind);
                }
                ensure!(frame["type"] != "error" && frame["type"] != "auth_failed", "{}", frame["data"]["error"]);
            }
            bail!("it was closed before {wanted} came")
        };
        tokio::time::timeout(PATIENCE, first).await.with_context(|| format!("{wanted} does not come"))?
    }
}
