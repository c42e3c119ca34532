//! How PAKE and what it depends on are doing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::{
    fetch::LaneState,
    search::{Availability, SourceState},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    error::{Error, Result},
};

/// What this server can do, for clients that ask before they use it.
const CAPABILITIES: [&str; 3] = ["sources", "openapi", "metrics"];

/// How PAKE is doing.
#[derive(Debug, Serialize, ToSchema)]
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
    if app.lifecycle.is_stopping() { Err(Error::Stopping) } else { Ok(()) }
}

/// Every part by its name.
async fn components(app: &App) -> BTreeMap<&'static str, Component> {
    BTreeMap::from([("sources", sources(&app.engine.states()))])
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
