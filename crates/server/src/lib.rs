//! The web service: searches, history, cache, API, WebSocket and storage.
//!
//! [`build`] makes a [`Server`] from a [`config::Config`]; [`Server::run`] serves until it is told to stop. A request
//! comes in through `serve.rs`, passes the one layer (`http/edge.rs`), reaches its handler by a line in `http.rs`, and
//! the handler calls a use case: a plain async function over [`app::App`] that knows nothing of HTTP.

use engine::clock::SharedClock;
use secrecy::ExposeSecret;

pub mod access;
pub mod accounts;
pub mod acme;
pub mod adjustments;
pub mod alerts;
pub mod answer;
pub mod api_tokens;
pub mod app;
pub mod audience;
pub mod audit;
pub mod bearer_token;
pub mod brute_force;
pub mod cache;
pub mod certificates;
pub mod client;
pub mod config;
pub mod current_engine;
pub mod data_keys;
pub mod db;
pub mod departures;
pub mod deployments;
pub mod doctor;
pub mod door;
pub mod erasure;
pub mod error;
mod exchange;
pub mod export;
pub mod factors;
pub mod frame;
pub mod health;
pub mod history;
pub mod http;
pub mod ids;
pub mod issuer_book;
pub mod job;
pub mod job_book;
pub mod jobs;
pub mod json;
pub mod lifecycle;
pub mod limits;
pub mod machine;
pub mod mail;
pub mod maintenance;
pub mod members;
pub mod metrics;
pub mod moving;
pub mod one_time;
pub mod open_access;
pub mod ownership;
pub mod packing;
pub mod passkeys;
pub mod passwords;
pub mod people;
pub mod personal_export;
pub mod post;
pub mod preference_book;
pub mod preferences;
pub mod prisma;
pub mod proxy_sign_in;
pub mod pulse;
pub mod queue;
pub mod recent_callers;
pub mod recorder;
mod redis_line;
pub mod register;
pub mod relying_party;
pub mod replicas;
pub mod retention;
pub mod searches;
pub mod secrets;
pub mod security_events;
mod serve;
pub mod sessions;
pub mod sign_in;
pub mod signer;
pub mod signing_keys;
pub mod single_sign_on;
pub mod spend;
pub mod split_book;
pub mod splits;
pub mod steps;
pub mod store;
pub mod system;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod usage;
pub mod usage_book;
pub mod vault;
pub mod web;
pub mod workbench;
pub mod workers;
pub mod workspaces;

pub use self::{
    http::openapi,
    serve::{Drained, Server},
};

/// Version of PAKE.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks the configuration, opens what is needed and takes the address; nothing is served before [`Server::run`].
pub async fn build(config: config::Config, clock: SharedClock) -> Result<Server, error::StartError> {
    Server::bind(open(config, clock).await?).await
}

/// Checks the configuration and opens what is needed, without taking an address: [`http::router`] answers its requests.
pub async fn open(config: config::Config, clock: SharedClock) -> Result<app::SharedApp, error::StartError> {
    config.validate()?;
    let data_dir = config.server.data_dir.clone();
    // What is kept there is nobody else's.
    let made = tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(&data_dir).await;
    made.map_err(|source| error::StartError::DataDir { path: data_dir, source })?;
    let ids = ids::Ids::random(SharedClock::clone(&clock));
    let address = config.database.url(&config.server.data_dir);
    let options = config.database.options();
    let db = db::Db::open(address.expose_secret(), &options).await?;
    let db = match config.database.read_url() {
        Some(replica) => db.with_replica(replica.expose_secret(), &options, config.database.read_max_lag())?,
        None => db,
    };
    let vault = vault::Vault::open(&config.secrets.options(&config.server.data_dir))?;
    let app = app::App::new(config, db, vault, clock, ids)?;
    jobs::begin(&app).await.map_err(db::OpenError::from)?;
    check_master_key(&app).await?;
    name_installation(&app).await?;
    let heard = adjustments::hear_of_others(&app).await;
    heard.map_err(|error| error::StartError::Unknown(error.to_string()))?;
    Ok(app)
}

/// Checks the configuration and opens all but its database, which stays as it is: an empty one is in its place.
pub async fn open_apart(config: config::Config, clock: SharedClock) -> Result<app::SharedApp, error::StartError> {
    config.validate()?;
    let ids = ids::Ids::random(SharedClock::clone(&clock));
    let db = db::Db::open("sqlite::memory:", &config.database.options()).await?;
    let vault = vault::Vault::open(&config.secrets.options(&config.server.data_dir))?;
    Ok(app::App::new(config, db, vault, clock, ids)?)
}

/// Refuses a master key that does not open what is in the database.
async fn check_master_key(app: &app::App) -> Result<(), error::StartError> {
    let opens = data_keys::check(app).await.map_err(|error| error::StartError::Unknown(error.to_string()))?;
    opens.map_err(|problem| error::StartError::MasterKey { key: app.vault.key_id(), problem })
}

/// Tells the replicas of this installation how they find each other.
async fn name_installation(app: &app::App) -> Result<(), error::StartError> {
    if app.replicas.are_reachable() {
        let signer = data_keys::replicas(app).await.map_err(|error| error::StartError::Unknown(error.to_string()))?;
        app.replicas.named(blake3::hash(&signer.sign(b"channel")).to_hex()[..32].to_owned());
    }
    Ok(())
}

/// Writes down what is not on disk yet, waiting for the database at most `server.shutdown_grace`, and closes it. To be called when
/// everything that the lifecycle waits for has ended.
pub async fn close(app: &app::App) {
    let grace = app.config.server.shutdown_grace();
    if tokio::time::timeout(grace, jobs::finish(app)).await.is_err() {
        tracing::error!("the database does not answer: what sources have cost is not written down");
    }
    match app.recorder.close(grace).await {
        Ok(()) => app.replicas.leave().await,
        Err(error) => tracing::error!(%error, "the end of the history is not in the database"),
    }
    app.db.close().await;
}
