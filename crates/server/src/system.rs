//! The whole installation as whoever operates it sees it: how it is doing, what it is set to, and the short form of both.

use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use engine::{
    search::{Availability, SourceState},
    source::SourceId,
};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    cache::RemoteState,
    error::Result,
    health::{self, Component, Health, Status},
    machine::{Machine, size_of},
    pulse::Beat,
    store::{queue, upkeep, usage},
    usage::Usage,
};

/// For how long the processor's use is measured.
const MEASURED: Duration = Duration::from_millis(100);
/// Days that the short form counts.
const DASHBOARD_DAYS: u32 = 7;

/// What is kept, in bytes.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct Storage {
    /// The database.
    pub database_bytes: u64,
    /// The data directory.
    pub data_dir_bytes: u64,
    /// Answers and pages in memory.
    pub cache_bytes: u64,
    /// Room that is left on the disk of the data directory.
    pub disk_free_bytes: Option<u64>,
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[schema(as = SystemQueue)]
pub struct Queue {
    /// Jobs that wait.
    pub waiting: i64,
    /// Jobs that are worked on.
    pub running: i64,
    /// For how many seconds the job waits that is due longest.
    pub late_seconds: i64,
}

/// How the installation is doing, with the names of the earlier system.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminSystemHealth)]
pub struct SystemHealth {
    /// `degraded` when a part is.
    pub status: Status,
    /// Seconds since this process was started.
    pub uptime_seconds: u64,
    /// Use of all processors by this process, in percent.
    pub cpu_usage: Option<f64>,
    /// Memory of this process, in percent of the machine's.
    pub memory_usage: Option<f64>,
    /// Memory of this process, in bytes.
    pub memory_bytes: Option<u64>,
    /// Use of the disk of the data directory, in percent.
    pub disk_usage: Option<f64>,
    /// Requests and sockets that are under way here.
    pub active_connections: i64,
    /// Share of questions that were answered from the cache, since the start.
    pub cache_hit_rate: Option<f64>,
    /// Seconds from the head of a request to the head of its answer, on average since the start.
    pub avg_response_time: Option<f64>,
    /// Share of requests that failed for PAKE's own fault, since the start.
    pub error_rate: Option<f64>,
    /// How the database is.
    pub database_status: Status,
    /// How Redis is.
    pub redis_status: Status,
    /// Whether sockets are open to clients.
    pub websocket_status: Status,
    /// Every part and what it says.
    pub health: Health,
    /// The sources.
    pub sources: Vec<SourceState>,
    /// How much there is to do.
    pub queue: Queue,
    /// What is kept.
    pub storage: Storage,
    /// PAKE's version, and the kind and version of the database.
    pub versions: Versions,
}

/// What runs here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Versions {
    /// PAKE.
    pub pake: &'static str,
    /// The kind of database.
    pub database_kind: &'static str,
    /// The database.
    pub database: String,
    /// The last migration that was applied.
    pub schema: i64,
}

/// How the installation is doing.
pub async fn health(app: &App) -> Result<SystemHealth> {
    let health = health::of(app).await;
    let status = |name: &str| health.components.get(name).map_or(Status::Off, |component| component.status);
    let folder = app.config.server.data_dir.clone();
    let of_machine = tokio::task::spawn_blocking(move || (Machine::with_disk_of(&folder), size_of(&folder)));
    let (machine, data_dir_bytes) = of_machine.await.unwrap_or_default();
    let (cpu_usage, memory_bytes) = measured(machine.processors).await;
    let traffic = app.metrics.traffic();
    let load = queue::load(&app.db).await?;
    let now = app.clock.now().timestamp_millis();
    let (database, schema) = upkeep::version(&app.db).await?;
    Ok(SystemHealth {
        status: health.status,
        uptime_seconds: health.uptime_seconds,
        cpu_usage,
        memory_usage: memory_bytes.zip(machine.memory_bytes).map(|(part, whole)| percent(part, whole)),
        memory_bytes,
        disk_usage: machine
            .disk_bytes
            .zip(machine.disk_free_bytes)
            .map(|(all, free)| percent(all - free.min(all), all)),
        active_connections: traffic.active,
        cache_hit_rate: traffic.cache_hit_rate(),
        avg_response_time: traffic.mean_seconds(),
        error_rate: traffic.error_rate(),
        database_status: status("database"),
        redis_status: match app.cache.remote.state() {
            RemoteState::Off => Status::Off,
            RemoteState::Up => Status::Healthy,
            RemoteState::Down => Status::Degraded,
        },
        websocket_status: if app.lifecycle.is_stopping() { Status::Degraded } else { Status::Healthy },
        sources: app.engine().states(),
        queue: Queue {
            waiting: load.waiting,
            running: load.running,
            late_seconds: load.due_since.map_or(0, |since| (now - since).max(0) / 1_000),
        },
        storage: Storage {
            database_bytes: upkeep::size(&app.db).await?,
            data_dir_bytes,
            cache_bytes: app.cache.bytes(),
            disk_free_bytes: machine.disk_free_bytes,
        },
        versions: Versions { pake: app.version, database_kind: app.db.kind(), database, schema },
        health,
    })
}

/// How long somebody counts as active after they have signed in or gone on: as long as an access token is good.
const ACTIVE: TimeDelta = TimeDelta::minutes(15);

/// What goes on in the installation. Requests, sockets, cache and processors are those of this process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SystemMetrics)]
pub struct Live {
    /// `degraded` when a part is.
    pub status: Status,
    /// Seconds since this process was started.
    pub uptime_seconds: u64,
    /// How far back the rates look, in seconds: up to 60. 0 when nobody has watched before; then they are not known yet.
    pub window_seconds: f64,
    /// Requests a second.
    pub requests_per_second: Option<f64>,
    /// Seconds within which 95 of 100 requests were answered; none where there were none.
    pub p95_seconds: Option<f64>,
    /// Share of requests that failed for PAKE's own fault.
    pub error_rate: Option<f64>,
    /// Share of questions that were answered from the cache.
    pub cache_hit_rate: Option<f64>,
    /// Use of all processors by this process, in percent.
    pub cpu_usage: Option<f64>,
    /// Memory of this process, in bytes.
    pub memory_bytes: Option<u64>,
    /// Requests and sockets that are under way here.
    pub active_connections: i64,
    /// Sockets of them.
    pub sockets: i64,
    /// People who have signed in or gone on in the last 15 minutes, on every server.
    pub active_users: Option<i64>,
    /// Every part and what it depends on.
    pub components: BTreeMap<&'static str, Component>,
    /// The sources.
    pub sources: Vec<LiveSource>,
}

/// How a source does at the moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveSource {
    /// Its name.
    pub id: SourceId,
    /// Its name for people.
    pub label: &'static str,
    /// Whether it may be asked.
    pub availability: Availability,
    /// How it does: circuit, limits, spend, latency.
    pub health: engine::fetch::Health,
}

/// What goes on in the installation at the moment.
pub async fn live(app: &App) -> Live {
    let health = health::of(app).await;
    let (traffic, process) = (app.metrics.traffic(), crate::metrics::process_use());
    let (active_connections, sockets) = (traffic.active, traffic.sockets);
    let beat = Beat { at: Instant::now(), traffic, cpu_seconds: process.cpu_seconds };
    let rates = app.pulse.take(beat);
    let processors = std::thread::available_parallelism().ok().and_then(|count| u32::try_from(count.get()).ok());
    Live {
        status: health.status,
        uptime_seconds: health.uptime_seconds,
        window_seconds: rates.seconds,
        requests_per_second: rates.requests_per_second,
        p95_seconds: rates.p95_seconds,
        error_rate: rates.error_rate,
        cache_hit_rate: rates.cache_hit_rate,
        cpu_usage: rates.processors.zip(processors).map(|(used, there)| 100.0 * used / f64::from(there)),
        memory_bytes: process.resident_bytes,
        active_connections,
        sockets,
        // A database that is away shows among the parts.
        active_users: usage::active(&app.db, app.clock.now() - ACTIVE).await.ok(),
        components: health.components,
        sources: app.engine().states().into_iter().map(LiveSource::from).collect(),
    }
}

impl From<SourceState> for LiveSource {
    fn from(state: SourceState) -> Self {
        Self { id: state.id, label: state.label, availability: state.availability, health: state.health }
    }
}

/// The use of the processors by this process, measured for a moment, and its memory.
async fn measured(processors: Option<usize>) -> (Option<f64>, Option<u64>) {
    let (before, began) = (crate::metrics::process_use(), tokio::time::Instant::now());
    tokio::time::sleep(MEASURED).await;
    let (after, took) = (crate::metrics::process_use(), began.elapsed().as_secs_f64());
    let used = after.cpu_seconds.zip(before.cpu_seconds).map(|(after, before)| after - before);
    let processors = processors.and_then(|count| u32::try_from(count).ok()).unwrap_or(1).max(1);
    (used.map(|used| 100.0 * used / took / f64::from(processors)), after.resident_bytes)
}

#[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 bytes")]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// The short form: for the first page of an administration.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dashboard {
    /// `degraded` when a part is.
    pub status: Status,
    /// Seconds since this process was started.
    pub uptime_seconds: u64,
    /// Version of PAKE.
    pub version: &'static str,
    /// People who can sign in.
    pub total_users: i64,
    /// Those of them who may.
    pub enabled_users: i64,
    /// How it was used in the last seven days.
    pub usage: Usage,
}

/// The short form, of a workspace or of all of them.
pub async fn dashboard(app: &App, workspace: Option<Uuid>) -> Result<Dashboard> {
    let health = health::of(app).await;
    let (total_users, enabled_users) = usage::accounts(&app.db, workspace).await?;
    Ok(Dashboard {
        status: health.status,
        uptime_seconds: health.uptime_seconds,
        version: app.version,
        total_users,
        enabled_users,
        usage: crate::usage::of(app, workspace, DASHBOARD_DAYS).await?,
    })
}
