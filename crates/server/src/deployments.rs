//! What the deployer of this machine says of its deployments, and the one thing that it can be asked for.
//!
//! PAKE deploys nothing: it does not reach the engine. The deployer (`pake deploy`, the crate `ops`) writes a file into the folder of
//! the sockets (`server.deployments_dir`); from it deployments come into the audit log, the metrics and the administration. A rollback that
//! somebody asks for is written beside it, and the deployer decides.

use std::{collections::BTreeMap, fs, io, path::PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::Caller,
    app::App,
    audit::{self, Action, Deed},
    client::Client,
    error::{Error, Result},
    ownership,
};

mod numbers;

/// What the deployer writes, and what it is asked with.
const TOLD: &str = "deployments.json";
/// See [`TOLD`].
const ASKED: &str = "deployment-request.json";

/// What the deployer says of a request that it did not take up.
const REFUSED: &str = "deployment-refused.json";

/// More than this the deployer does not write, in bytes.
const LARGEST: u64 = 4 << 20;

/// So long it is shown that a request was not taken up.
const SHOWN: TimeDelta = TimeDelta::days(1);

/// So long a request waits for the deployer; it takes none that is older.
const WAITS: TimeDelta = TimeDelta::minutes(10);

/// What the deployer says. What a newer one says besides is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The release that is the current one.
    pub current: Option<DeployedRelease>,
    /// The release that a rollback leads to.
    pub back_to: Option<DeployedRelease>,
    /// How many deployments there were, by how they ended.
    #[serde(default)]
    pub totals: BTreeMap<String, u64>,
    /// The latest deployments, the newest first.
    #[serde(default)]
    pub deployments: Vec<Deployment>,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeployedRelease {
    /// Its name: that of the deployment that made it.
    pub deploy: Uuid,
    /// Its image as it was asked for.
    pub image: String,
    /// The digest of its image.
    pub digest: String,
    /// When it became the current one.
    pub committed_at: DateTime<Utc>,
}

/// A deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Deployment {
    /// Its name.
    pub deploy: Uuid,
    /// `deploy`, `rollback` (to a release that ran before) or `restart` (of what runs).
    #[serde(default)]
    pub kind: Option<String>,
    /// Who deployed, as the machine knows them.
    #[serde(default)]
    pub by: Option<String>,
    /// The image as it was asked for.
    #[serde(default)]
    pub image: Option<String>,
    /// The digest of what was live.
    #[serde(default)]
    pub from: Option<String>,
    /// The digest of the new release.
    #[serde(default)]
    pub to: Option<String>,
    /// The settings that are new (`+`), gone (`-`) or otherwise (`~`), by name.
    #[serde(default)]
    pub settings: Vec<String>,
    /// The steps by which the database was expanded.
    #[serde(default)]
    pub migrations: Vec<String>,
    /// When it began.
    #[serde(default)]
    pub began: Option<DateTime<Utc>>,
    /// When the last thing happened.
    #[serde(default)]
    pub last: Option<DateTime<Utc>>,
    /// `committed`, `rolled_back`, or `halted` while it waits for a person; nothing while it is under way.
    #[serde(default)]
    pub outcome: Option<String>,
    /// Why it did not end as it was meant.
    #[serde(default)]
    pub reason: Option<String>,
    /// What was done, in its order.
    #[serde(default)]
    pub steps: Vec<DeploymentStep>,
}

/// Something that a deployment does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentStep {
    /// What.
    pub step: String,
    /// `intent` as long as it is not known to be over, `done` or `failed`.
    pub phase: String,
    /// How many milliseconds it took.
    #[serde(default)]
    pub took_ms: Option<i64>,
    /// Why it failed.
    #[serde(default)]
    pub why: Option<String>,
}

/// A rollback that somebody asked for and that the deployer has not taken up yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RollbackAsked {
    /// Names the request.
    pub id: Uuid,
    /// The release that is wanted.
    pub release: Uuid,
    /// Who asked.
    pub by: String,
    /// When. After ten minutes it is not taken up any more.
    pub at: DateTime<Utc>,
}

/// A rollback that somebody asked for and that the deployer did not take up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RollbackRefused {
    /// Names the request.
    pub id: Uuid,
    /// The release that was wanted.
    pub release: Uuid,
    /// Who asked.
    pub by: String,
    /// When it was refused.
    pub at: DateTime<Utc>,
    /// Why.
    pub why: String,
}

/// Whether there is a deployer that could say something.
pub const fn is_set_up(app: &App) -> bool {
    app.config.server.deployments_dir.is_some()
}

/// What the deployer says; nothing when it never said anything.
pub async fn told(app: &App) -> Result<Option<Told>> {
    read(app, TOLD).await
}

/// What somebody asked for within the last ten minutes, and what was not taken up yet.
pub async fn asked(app: &App) -> Result<Option<RollbackAsked>> {
    let asked: Option<RollbackAsked> = read(app, ASKED).await?;
    Ok(asked.filter(|asked| app.clock.now() - asked.at < WAITS))
}

/// What somebody asked for within the last day and did not get.
pub async fn refused(app: &App) -> Result<Option<RollbackRefused>> {
    let refused: Option<RollbackRefused> = read(app, REFUSED).await?;
    Ok(refused.filter(|refused| app.clock.now() - refused.at < SHOWN))
}

/// Asks the deployer to go back to what ran before. Whoever asks shows that it is them.
pub async fn ask_rollback(
    app: &App,
    caller: &Caller,
    client: &Client,
    release: Uuid,
    password: Option<&SecretString>,
) -> Result<RollbackAsked> {
    ownership::prove(app, caller, password, client).await?;
    let told = told(app).await?.unwrap_or_default();
    let conflict = |message: &str| Error::Conflict { message: message.to_owned() };
    match told.deployments.first().map(|last| last.outcome.as_deref()) {
        Some(None) => return Err(conflict("a deployment is under way: wait for its end")),
        Some(Some("halted")) => {
            return Err(conflict("a deployment stands still: somebody on the machine has to say which way it goes"));
        }
        _ => {}
    }
    if told.back_to.is_none_or(|offered| offered.deploy != release) {
        return Err(conflict("this is not the release that is gone back to any more: look again"));
    }
    if asked(app).await?.is_some() {
        return Err(conflict("somebody has asked for it already"));
    }
    let request = RollbackAsked { id: app.ids.next(), release, by: caller.username.clone(), at: app.clock.now() };
    let deed = Deed::of(caller, Action::RollbackAsked).to(release).with(json!({ "request": request.id }));
    // Before it can be taken up.
    audit::record(app, client, deed).await?;
    write(app, &request).await?;
    Ok(request)
}

/// Takes up what is new: into the audit log, where each outcome of each deployment stands once, and into the metrics.
pub async fn hear(app: &App) -> Result<u64> {
    let Some(told) = told(app).await? else { return Ok(0) };
    numbers::count(&app.metrics, &told);
    let mut heard = 0;
    // In the order in which they were.
    for deployment in told.deployments.iter().rev() {
        let action = match deployment.outcome.as_deref() {
            Some("committed") => Action::Deployed,
            Some("rolled_back") => Action::DeploymentFailed,
            Some("halted") => Action::DeploymentHalted,
            _ => continue,
        };
        let Deployment { deploy, kind, by, image, from, to, last, reason, .. } = deployment;
        let details =
            json!({ "kind": kind, "by": by, "image": image, "from": from, "to": to, "at": last, "reason": reason });
        let deed = Deed::by_nobody(action).to(deploy).with(details);
        heard += u64::from(audit::record_once(app, deed).await?);
    }
    Ok(heard)
}

fn path(app: &App, file: &str) -> Option<PathBuf> {
    Some(app.config.server.deployments_dir.as_ref()?.join(file))
}

async fn read<T: for<'a> Deserialize<'a> + Send + 'static>(app: &App, file: &'static str) -> Result<Option<T>> {
    let Some(path) = path(app, file) else { return Ok(None) };
    let read = move || -> io::Result<Option<T>> {
        let size = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            size => size?.len(),
        };
        let odd = |why: String| io::Error::other(format!("{}: {why}", path.display()));
        if size > LARGEST {
            return Err(odd(format!("is larger than {LARGEST} bytes")));
        }
        serde_json::from_slice(&fs::read(&path)?).map(Some).map_err(|error| odd(error.to_string()))
    };
    tokio::task::spawn_blocking(read).await.map_err(Error::internal)?.map_err(Error::internal)
}

/// Writes a request that is there whole or not at all.
async fn write(app: &App, request: &RollbackAsked) -> Result<()> {
    let Some(path) = path(app, ASKED) else {
        return Err(Error::Conflict { message: "PAKE is not deployed by its own deployer here".to_owned() });
    };
    let text = serde_json::to_vec(request).map_err(Error::internal)?;
    let write = move || -> io::Result<()> {
        let folder = path.parent().unwrap_or(&path);
        let mut part = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut part, &text)?;
        part.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    tokio::task::spawn_blocking(write).await.map_err(Error::internal)?.map_err(Error::internal)
}

#[cfg(test)]
mod tests;
