//! What people prefer, workspace by workspace.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{
    Scope, millis,
    statement::{Statement, Value},
};
use crate::db::{Db, DbError};

/// What somebody prefers, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PreferenceRow {
    /// JSON: the sources that are asked when a question names none.
    pub default_sources: Option<String>,
    /// Whether searches go into the history.
    pub auto_save_searches: bool,
    /// How long they stay there, in days.
    pub retention_days: i64,
    /// How results are shown; for clients.
    pub result_format: String,
    /// For clients.
    pub email_digest: bool,
    /// For clients.
    pub search_alerts: bool,
    /// For clients.
    pub weekly_summary: bool,
    /// Whether their searches count in the numbers of the workspace.
    pub anonymous_analytics: bool,
    /// Whether others see among the popular ones what they asked.
    pub share_popular_searches: bool,
    /// Whether nothing of their history is kept.
    pub retention_opt_out: bool,
}

const COLUMNS: &str = "SELECT default_sources, auto_save_searches, retention_days, result_format, email_digest, \
     search_alerts, weekly_summary, anonymous_analytics, share_popular_searches, retention_opt_out FROM preferences";

/// What of the preferences and the workspace's settings decides how a search goes.
#[derive(Debug, Clone, FromRow)]
pub struct Deciding {
    /// JSON: the person's sources.
    pub own_sources: Option<String>,
    /// JSON: the workspace's.
    pub their_sources: Option<String>,
    /// Whether searches go into the history.
    pub auto_save_searches: Option<bool>,
    /// How long they stay there, as the person wishes; days.
    pub own_days: Option<i64>,
    /// How long they stay there at most, in this workspace; days.
    pub their_days: Option<i64>,
    /// Whether nothing of the history is kept.
    pub retention_opt_out: Option<bool>,
}

/// What somebody prefers; nothing when they have never said.
pub async fn get(db: &Db, scope: Scope) -> Result<Option<PreferenceRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push(" WHERE workspace_id = ").value(scope.workspace).push(" AND user_id = ").value(scope.user);
    statement.first(db).await
}

/// Keeps what somebody prefers.
pub async fn set(db: &Db, scope: Scope, row: &PreferenceRow, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut statement = Statement::new(
        "INSERT INTO preferences (workspace_id, user_id, default_sources, auto_save_searches, retention_days, \
         result_format, email_digest, search_alerts, weekly_summary, anonymous_analytics, share_popular_searches, \
         retention_opt_out, changed_at) VALUES (",
    );
    statement.values([
        scope.workspace.into(),
        scope.user.into(),
        Value::MaybeText(row.default_sources.clone()),
        row.auto_save_searches.into(),
        row.retention_days.into(),
        row.result_format.as_str().into(),
        row.email_digest.into(),
        row.search_alerts.into(),
        row.weekly_summary.into(),
        row.anonymous_analytics.into(),
        row.share_popular_searches.into(),
        row.retention_opt_out.into(),
        millis(now).into(),
    ]);
    statement.push(
        ") ON CONFLICT (workspace_id, user_id) DO UPDATE SET default_sources = excluded.default_sources, \
         auto_save_searches = excluded.auto_save_searches, retention_days = excluded.retention_days, \
         result_format = excluded.result_format, email_digest = excluded.email_digest, \
         search_alerts = excluded.search_alerts, weekly_summary = excluded.weekly_summary, \
         anonymous_analytics = excluded.anonymous_analytics, \
         share_popular_searches = excluded.share_popular_searches, \
         retention_opt_out = excluded.retention_opt_out, changed_at = excluded.changed_at",
    );
    statement.run(db).await.map(drop)
}

/// What decides how a search of this person goes; nothing when there is no such workspace.
pub async fn deciding(db: &Db, scope: Scope) -> Result<Option<Deciding>, DbError> {
    let mut statement = Statement::new(
        "SELECT p.default_sources AS own_sources, w.default_sources AS their_sources, p.auto_save_searches, \
         p.retention_days AS own_days, w.retention_days AS their_days, p.retention_opt_out \
         FROM workspaces w LEFT JOIN preferences p ON p.workspace_id = w.id AND p.user_id = ",
    );
    statement.value(scope.user).push(" WHERE w.id = ").value(scope.workspace);
    statement.first(db).await
}
