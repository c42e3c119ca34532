//! Security events: what of the audit log may matter for safety. Kept, counted, and told at once to whoever governs.
//!
//! They are drawn from deeds in one place (`audit.rs`). None holds a secret or the text of a question. Failed attempts to
//! sign in are counted by hour and network, so that a stranger cannot fill the table.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::{Caller, Permission},
    app::App,
    audience::Audience,
    client::Client,
    db::DbError,
    error::{Error, Result},
    frame::FrameType,
    metrics::SecurityLabels,
    replicas::{Letter, To},
    store::security_events::{self, EventFilter, EventRow},
};

/// How long events are kept after they happened last.
pub const KEPT: TimeDelta = TimeDelta::days(365);
/// How far back is looked for events of other processes.
const LOOKED_BACK: TimeDelta = TimeDelta::minutes(1);
/// Most events of other processes that are told at once.
const TOLD_AT_ONCE: u32 = 100;

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Low,
    /// Worth a look.
    Medium,
    /// Look now.
    High,
    /// Act now.
    Critical,
}

impl Severity {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Something that happened, as far as safety is concerned.
#[derive(Debug)]
pub struct Happening {
    /// What.
    pub event_type: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Whether those from one network within an hour are counted together.
    pub is_counted: bool,
    /// In which workspace.
    pub workspace: Option<Uuid>,
    /// To whose account, or by whom.
    pub user: Option<Uuid>,
    /// What else is to be known.
    pub details: Value,
}

/// An event. Names: compat.md.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SecurityEvent {
    /// Names it.
    pub id: Uuid,
    /// What happened.
    #[schema(example = "refresh_token_reused")]
    pub event_type: String,
    /// How much it matters: `low`, `medium`, `high` or `critical`.
    #[schema(value_type = Severity)]
    pub severity: String,
    /// To whose account, or by whom.
    pub user_id: Option<Uuid>,
    /// In which workspace.
    pub tenant_id: Option<Uuid>,
    /// From where.
    pub ip_address: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// What else is to be known.
    #[schema(value_type = Object)]
    pub details: Value,
    /// When it happened first.
    pub timestamp: DateTime<Utc>,
    /// When it happened last.
    pub last_at: DateTime<Utc>,
    /// How often it happened.
    pub occurrences: i64,
    /// Whether somebody has said that it is dealt with.
    pub resolved: bool,
    /// When.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Who.
    pub resolved_by: Option<Uuid>,
}

impl From<EventRow> for SecurityEvent {
    fn from(row: EventRow) -> Self {
        let time = |millis| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Self {
            id: row.id,
            event_type: row.event_type,
            severity: row.severity,
            user_id: row.user_id,
            tenant_id: row.workspace_id,
            ip_address: row.ip,
            user_agent: row.user_agent,
            details: serde_json::from_str(&row.details).unwrap_or_default(),
            timestamp: time(row.created_at),
            last_at: time(row.last_at),
            occurrences: row.occurrences,
            resolved: row.resolved_at.is_some(),
            resolved_at: row.resolved_at.map(time),
            resolved_by: row.resolved_by,
        }
    }
}

/// Keeps an event, counts it and tells whoever governs.
pub async fn raise(app: &App, client: &Client, happening: Happening) -> Result<(), DbError> {
    let Happening { event_type, severity, is_counted, workspace, user, details } = happening;
    let now = app.clock.now().timestamp_millis();
    let row = EventRow {
        id: app.ids.next(),
        workspace_id: workspace,
        event_type: event_type.to_owned(),
        severity: severity.as_str().to_owned(),
        user_id: user,
        ip: client.ip.map(|ip| ip.to_string()),
        user_agent: client.user_agent.clone(),
        details: details.to_string(),
        occurrences: 1,
        created_at: now,
        last_at: now,
        resolved_at: None,
        resolved_by: None,
    };
    let bucket = is_counted.then(|| {
        let whose = user.map_or_else(String::new, |user| user.to_string());
        let network = client.network().map_or_else(String::new, |network| network.to_string());
        format!("{event_type} {whose} {network} {}", now / 3_600_000)
    });
    app.metrics.security_events.get_or_create(&SecurityLabels { event_type, severity: severity.as_str() }).inc();
    if security_events::insert(&app.db, &row, bucket.as_deref()).await? {
        let (id, to) = (row.id, Audience::Governors(row.workspace_id));
        let data = serde_json::to_value(SecurityEvent::from(row.clone())).unwrap_or_default();
        tell(app, row);
        let word = Letter::Word { once: Some(id), to, frame: FrameType::SecurityAlert, data };
        app.replicas.tell(To::All, &word, b"").await;
    }
    Ok(())
}

/// Tells whoever governs and has a socket here; `false`: they were told before.
fn tell(app: &App, row: EventRow) -> bool {
    let audience = Audience::Governors(row.workspace_id);
    app.alerts.tell_once(row.id, audience, FrameType::SecurityAlert, &SecurityEvent::from(row))
}

/// Tells of what other processes on the same database have kept; how many events that were.
pub async fn tell_others(app: &App) -> Result<u64, DbError> {
    if !app.alerts.is_heard() {
        return Ok(0);
    }
    let rows = security_events::since(&app.db, app.clock.now() - LOOKED_BACK, TOLD_AT_ONCE).await?;
    let told = rows.into_iter().rev().filter(|row| tell(app, row.clone())).count();
    Ok(told as u64)
}

/// Whose events the caller sees: every workspace's, or those of their own.
fn seen_by(caller: &Caller) -> Option<Uuid> {
    (!caller.permissions.has(Permission::AuditRead)).then_some(caller.scope.workspace)
}

/// Events that meet a filter, the latest first.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: EventFilter,
    before: Option<Uuid>,
    most: u32,
) -> Result<Vec<EventRow>> {
    let filter = EventFilter { workspace: seen_by(caller).or(filter.workspace), ..filter };
    Ok(security_events::list(&app.db, &filter, before, most).await?)
}

/// Says that an event is dealt with; gives it as it is now.
pub async fn resolve(app: &App, caller: &Caller, id: Uuid) -> Result<EventRow> {
    let no_such = || Error::not_found("security event", id.to_string());
    let found = security_events::get(&app.db, seen_by(caller), id).await?.ok_or_else(no_such)?;
    if !security_events::resolve(&app.db, id, caller.scope.user, app.clock.now()).await? {
        return Ok(found);
    }
    security_events::get(&app.db, seen_by(caller), id).await?.ok_or_else(no_such)
}
