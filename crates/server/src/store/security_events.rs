//! What may matter for safety.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    millis,
    statement::{Statement, bind_all},
};
use crate::db::{Db, DbError, on};

/// Most rows within an hour that nobody's account is behind; what is more goes into one row.
const MOST_OF_STRANGERS: i64 = 500;

/// An event, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct EventRow {
    /// Names it; a UUID of version 7: the order of ids is the order in time.
    pub id: Uuid,
    /// In which workspace; nothing when it concerns the whole installation.
    pub workspace_id: Option<Uuid>,
    /// What happened.
    pub event_type: String,
    /// How much it matters.
    pub severity: String,
    /// To whose account, or by whom.
    pub user_id: Option<Uuid>,
    /// From where.
    pub ip: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// What else is to be known, as JSON.
    pub details: String,
    /// How often it happened.
    pub occurrences: i64,
    /// When it happened first; milliseconds.
    pub created_at: i64,
    /// When it happened last; milliseconds.
    pub last_at: i64,
    /// When somebody said that it is dealt with; milliseconds.
    pub resolved_at: Option<i64>,
    /// Who said so.
    pub resolved_by: Option<Uuid>,
}

const COLUMNS: &str = "SELECT id, workspace_id, event_type, severity, user_id, ip, user_agent, details, occurrences, \
     created_at, last_at, resolved_at, resolved_by FROM security_events WHERE ";

/// Which events are wanted; what is not given does not matter.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Of this workspace.
    pub workspace: Option<Uuid>,
    /// Of this kind.
    pub event_type: Option<String>,
    /// This severe.
    pub severity: Option<&'static str>,
    /// Of this person.
    pub user: Option<Uuid>,
    /// Whether it is dealt with.
    pub is_resolved: Option<bool>,
    /// First happened at this time or later; milliseconds.
    pub from: Option<i64>,
    /// First happened before this time; milliseconds.
    pub until: Option<i64>,
}

/// Keeps an event. One with a bucket that is there already is counted: `false`. What strangers do fills no more than a
/// bounded number of buckets: where those are full, all go into one of their own.
pub async fn insert(db: &Db, row: &EventRow, bucket: Option<&str>) -> Result<bool, DbError> {
    let _timed = db.timed("INSERT");
    on!(db.write, pool => {
        let mut transaction = pool.begin_with(db.begin).await?;
        let mut row = row.clone();
        let mut bucket = bucket.map(str::to_owned);
        if let Some(full) = bucket.as_mut().filter(|_| row.user_id.is_none()) {
            let hour = row.created_at - row.created_at.rem_euclid(3_600_000);
            let (strangers, is_known): (i64, i64) = sqlx::query_as(
                "SELECT COUNT(*), COALESCE(SUM(CASE WHEN bucket = $1 THEN 1 ELSE 0 END), 0) FROM security_events \
                 WHERE last_at >= $2 AND bucket IS NOT NULL AND user_id IS NULL",
            )
            .bind(full.clone()).bind(hour).fetch_one(&mut *transaction).await?;
            if strangers >= MOST_OF_STRANGERS && is_known == 0 {
                *full = format!("{} from everywhere {hour}", row.event_type);
                (row.ip, row.user_agent) = (None, None);
            }
        }
        let (sql, values) = counted(&row, bucket).into_parts();
        let (occurrences,): (i64,) = bind_all!(sqlx::query_as(sql), values).fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(occurrences == 1)
    })
}

fn counted(row: &EventRow, bucket: Option<String>) -> Statement {
    let mut statement = Statement::new(
        "INSERT INTO security_events (id, workspace_id, event_type, severity, user_id, ip, user_agent, details, bucket, \
         created_at, last_at) VALUES (",
    );
    statement.values([
        row.id.into(),
        row.workspace_id.into(),
        row.event_type.as_str().into(),
        row.severity.as_str().into(),
        row.user_id.into(),
        row.ip.clone().into(),
        row.user_agent.clone().into(),
        row.details.as_str().into(),
        bucket.into(),
        row.created_at.into(),
        row.last_at.into(),
    ]);
    statement.push(") ON CONFLICT (bucket) WHERE bucket IS NOT NULL DO UPDATE SET last_at = excluded.last_at, ");
    statement.push("occurrences = security_events.occurrences + 1 RETURNING occurrences");
    statement
}

/// At most `most` events, the latest first, before the one with this id.
pub async fn list(db: &Db, filter: &EventFilter, before: Option<Uuid>, most: u32) -> Result<Vec<EventRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push("TRUE");
    if let Some(before) = before {
        statement.push(" AND id < ").value(before);
    }
    if let Some(workspace) = filter.workspace {
        statement.push(" AND workspace_id = ").value(workspace);
    }
    if let Some(kind) = &filter.event_type {
        statement.push(" AND event_type = ").value(kind.as_str());
    }
    if let Some(severity) = filter.severity {
        statement.push(" AND severity = ").value(severity);
    }
    if let Some(user) = filter.user {
        statement.push(" AND user_id = ").value(user);
    }
    match filter.is_resolved {
        Some(true) => _ = statement.push(" AND resolved_at IS NOT NULL"),
        Some(false) => _ = statement.push(" AND resolved_at IS NULL"),
        None => {}
    }
    if let Some(from) = filter.from {
        statement.push(" AND created_at >= ").value(from);
    }
    if let Some(until) = filter.until {
        statement.push(" AND created_at < ").value(until);
    }
    statement.push(" ORDER BY id DESC LIMIT ").value(i64::from(most));
    statement.all(db).await
}

/// The latest events that happened first at this time or later, at most `most`.
pub async fn since(db: &Db, time: DateTime<Utc>, most: u32) -> Result<Vec<EventRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push("last_at >= ").value(millis(time)).push(" AND created_at >= ").value(millis(time));
    statement.push(" ORDER BY id DESC LIMIT ").value(i64::from(most));
    statement.all(db).await
}

/// One event, in this workspace when one is given.
pub async fn get(db: &Db, workspace: Option<Uuid>, id: Uuid) -> Result<Option<EventRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push("id = ").value(id);
    if let Some(workspace) = workspace {
        statement.push(" AND workspace_id = ").value(workspace);
    }
    statement.first(db).await
}

/// Says that an event is dealt with. `false`: somebody has said so before.
pub async fn resolve(db: &Db, id: Uuid, by: Uuid, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE security_events SET resolved_at = ");
    statement
        .value(millis(now))
        .push(", resolved_by = ")
        .value(by)
        .push(", bucket = NULL WHERE resolved_at IS NULL AND id = ");
    statement.value(id);
    Ok(statement.run(db).await? > 0)
}

/// Forgets at most `most` events that did not happen since `before`; how many there were.
pub async fn forget(db: &Db, before: DateTime<Utc>, most: u32) -> Result<u64, DbError> {
    let mut statement =
        Statement::new("DELETE FROM security_events WHERE id IN (SELECT id FROM security_events WHERE last_at < ");
    statement.value(millis(before)).push(" LIMIT ").value(i64::from(most)).push(")");
    statement.run(db).await
}
