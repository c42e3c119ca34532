//! How PAKE and what it depends on are doing.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use engine::{
    fetch::LaneState,
    search::{Availability, SourceState},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    cache::RemoteState,
    certificates::{Certificates, Period},
    db::{Pool, Standing},
    error::{Error, Result},
    job_book::JobState,
    metrics::Dependency,
};

/// Longest wait for a dependency that is asked how it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// A certificate of whose life less than this is left, or a sixth, should have been renewed long ago.
const RENEWED: TimeDelta = TimeDelta::days(7);
/// How long a job may wait that is due.
const LATE: TimeDelta = TimeDelta::minutes(15);

/// What this server can do, for clients that ask before they use it.
const CAPABILITIES: [&str; 7] = ["search", "stream", "export", "history", "sources", "openapi", "metrics"];

/// How PAKE is doing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SystemHealth)]
pub struct Health {
    /// `degraded` when a component is.
    pub status: Status,
    /// Version of PAKE.
    #[schema(example = "0.1.0")]
    pub version: &'static str,
    /// Now.
    pub timestamp: DateTime<Utc>,
    /// Seconds since the start.
    pub uptime_seconds: u64,
    /// What PAKE consists of and depends on.
    pub components: BTreeMap<&'static str, Component>,
    /// What this server can do.
    pub capabilities: Vec<&'static str>,
}

/// How something is doing, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ComponentStatus)]
pub enum Status {
    /// As it should.
    Healthy,
    /// Worse than it should, or not at all; PAKE goes on as far as it can without it.
    Degraded,
    /// It is not used.
    Off,
}

/// How a part is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Component {
    /// In a word.
    pub status: Status,
    /// What is wrong, or what is noteworthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Component {
    /// It does as it should.
    pub const fn healthy() -> Self {
        Self { status: Status::Healthy, detail: None }
    }

    /// It does worse than it should; `detail` says how.
    pub fn degraded(detail: impl Into<String>) -> Self {
        Self { status: Status::Degraded, detail: Some(detail.into()) }
    }
}

/// How everything is doing.
pub async fn of(app: &App) -> Health {
    let components = components(app).await;
    let degraded = components.values().any(|component| component.status == Status::Degraded);
    let now = app.clock.now();
    Health {
        status: if degraded { Status::Degraded } else { Status::Healthy },
        version: app.version,
        timestamp: now,
        // A clock that was put back is no age.
        uptime_seconds: u64::try_from((now - app.started_at).num_seconds()).unwrap_or(0),
        components,
        capabilities: CAPABILITIES.to_vec(),
    }
}

/// Whether requests should be sent here: everything that no request can do without is there, and the server stays.
pub async fn ready(app: &App) -> Result<()> {
    if app.lifecycle.is_stopping() {
        return Err(Error::Stopping);
    }
    match tokio::time::timeout(PATIENCE, app.db.ping()).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Error::Unavailable { what: "the database" }),
    }
}

/// Every part by its name.
async fn components(app: &App) -> BTreeMap<&'static str, Component> {
    let (database, redis) = tokio::join!(database(app), redis(app));
    let mut components = BTreeMap::from([
        ("sources", sources(&app.engine().states())),
        ("database", database),
        ("redis", redis),
        ("history", history(app)),
        ("jobs", jobs(app)),
        ("queue", queue(app)),
    ]);
    if let Some(certificates) = &app.certificates {
        components.insert("certificate", certificate(certificates, app.clock.now()));
    }
    components.extend(database_replica(app).map(|replica| ("database_replica", replica)));
    if app.config.cache.enabled {
        components.insert("cache", Component::healthy());
    } else {
        components.insert("cache", Component { status: Status::Off, detail: None });
    }
    components
}

async fn database(app: &App) -> Component {
    let answer = tokio::time::timeout(PATIENCE, app.db.ping()).await;
    let component = match answer {
        Ok(Ok(())) => Component { status: Status::Healthy, detail: Some(app.db.kind().to_owned()) },
        // What the database says may name hosts and users: that is for the log.
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not answer");
            Component::degraded("it does not answer; searches go on, the history waits")
        }
        Err(_) => Component::degraded("it does not answer in time; searches go on, the history waits"),
    };
    app.metrics.dependency_tried(Dependency::Database, component.status == Status::Healthy);
    component
}

/// Looks until the server stops how far the replica of the database is.
pub fn watch_replica(app: &App) {
    let (Some(replica), Pool::Postgres(primary)) = (app.db.replica.clone(), app.db.read.clone()) else { return };
    let stopping = app.lifecycle.stopping().clone();
    // The lifecycle waits for it.
    drop(app.lifecycle.spawn(stopping.run_until_cancelled_owned(replica.watch(primary))));
}

/// The replica of the database, where there is one.
fn database_replica(app: &App) -> Option<Component> {
    let standing = app.db.replica.as_ref()?.standing();
    let is_near = matches!(standing, Standing::Near(_) | Standing::Unknown);
    app.metrics.dependency_tried(Dependency::DatabaseReplica, is_near);
    let detail = if is_near { standing.to_string() } else { format!("{standing}; lists are read from the primary") };
    let status = if is_near { Status::Healthy } else { Status::Degraded };
    Some(Component { status, detail: Some(detail) })
}

async fn redis(app: &App) -> Component {
    match app.cache.remote.ping().await {
        RemoteState::Off => Component { status: Status::Off, detail: None },
        RemoteState::Up => {
            app.metrics.dependency_tried(Dependency::Redis, true);
            if app.replicas.are_heard() == Some(false) {
                Component::degraded("other replicas are not heard; what runs there cannot be followed here")
            } else {
                Component::healthy()
            }
        }
        RemoteState::Down => {
            app.metrics.dependency_tried(Dependency::Redis, false);
            Component::degraded("it does not answer; answers are kept, and limits counted, in this process only")
        }
    }
}

fn history(app: &App) -> Component {
    let state = app.recorder.state();
    match state.failing {
        Some(failing) => Component::degraded(format!(
            "{} searches wait to be written since {}",
            state.queued,
            failing.since.format("%H:%M:%S UTC")
        )),
        None => Component::healthy(),
    }
}

/// The certificate, where PAKE ends TLS itself: degraded when browsers do not believe it, or soon will not.
fn certificate(certificates: &Certificates, now: DateTime<Utc>) -> Component {
    let Period { not_before, not_after } = certificates.period();
    let until = not_after.format("%Y-%m-%d %H:%M UTC");
    if certificates.is_provisional() {
        Component::degraded(
            "no authority has given one yet: what is shown is one of our own, which no browser believes",
        )
    } else if now >= not_after || now < not_before {
        Component::degraded(format!(
            "it is not good now: its time is from {} to {until}",
            not_before.format("%Y-%m-%d %H:%M UTC")
        ))
    } else if not_after - now < RENEWED.min((not_after - not_before) / 6) {
        Component::degraded(format!("it is good until {until} only and was not renewed"))
    } else {
        Component { status: Status::Healthy, detail: Some(format!("good until {until}")) }
    }
}

/// The background jobs as one part: degraded when one failed the last time it ran.
fn jobs(app: &App) -> Component {
    let states = app.job_book.states();
    let failed: Vec<_> = states.iter().filter(|(_, state)| state.error.is_some()).collect();
    if failed.is_empty() {
        return Component::healthy();
    }
    let told = |(name, state): &(&&str, &JobState)| match state.succeeded_at {
        Some(at) => format!("{name} (last done {})", at.format("%Y-%m-%d %H:%M UTC")),
        None => format!("{name} (never done)"),
    };
    let names: Vec<_> = failed.iter().map(told).collect();
    Component::degraded(format!("failed, and tried again: {}; the log says why", names.join(", ")))
}

/// The queue as one part: degraded when nobody works on what has been due for long.
fn queue(app: &App) -> Component {
    let Some(seen) = app.workbench.seen() else { return Component::healthy() };
    let Some(load) = seen.load else {
        return Component::degraded("it cannot be read; the database does not answer");
    };
    let late = load.due_since.map_or(0, |since| seen.at.timestamp_millis() - since);
    if late > LATE.num_milliseconds() {
        let since = seen.at - TimeDelta::milliseconds(late);
        let since = since.format("%Y-%m-%d %H:%M UTC");
        return Component::degraded(format!("{} jobs wait, since {since}; nobody works on them", load.waiting));
    }
    Component::healthy()
}

/// The sources as one part: degraded when half of those that are asked are not answering.
fn sources(states: &[SourceState]) -> Component {
    let asked: Vec<_> = states.iter().filter(|state| state.availability == Availability::Ready).collect();
    let away: Vec<_> =
        asked.iter().filter(|state| state.health.state != LaneState::Closed).map(|state| state.label).collect();
    if asked.is_empty() {
        return Component::degraded("no source is switched on; see `pake sources`");
    }
    if away.is_empty() {
        return Component::healthy();
    }
    let detail = format!("{} of {} are not asked at the moment: {}", away.len(), asked.len(), away.join(", "));
    let status = if away.len() * 2 >= asked.len() { Status::Degraded } else { Status::Healthy };
    Component { status, detail: Some(detail) }
}
