//! Whole answers, as long as they are kept.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Scope, finished::PackedAnswer, millis, statement::Statement, time};
use crate::db::{Db, DbError};

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Names it.
    pub id: Uuid,
    /// Names the question that it answers, as the cache does.
    pub key: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// The whole answer, as it was packed.
    pub body: Bytes,
}

/// The answer of a search; `None` when there is no such search, it had none, or it must not be kept any longer at `now`.
pub async fn of_search(
    db: &Db,
    scope: Scope,
    search: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<StoredAnswer>, DbError> {
    let mut statement = Statement::new(
        "SELECT a.id, a.key, a.made_at, a.body FROM searches s \
         JOIN answers a ON a.workspace_id = s.workspace_id AND a.id = s.answer_id WHERE s.workspace_id = ",
    );
    statement.value(scope.workspace).push(" AND s.user_id = ").value(scope.user).push(" AND s.id = ").value(search);
    statement.push(" AND a.body IS NOT NULL AND (a.expires_at IS NULL OR a.expires_at > ").value(millis(now)).push(")");
    let row = statement.first::<(Uuid, String, i64, Vec<u8>)>(db).await?;
    Ok(row.map(|(id, key, made_at, body)| StoredAnswer { id, key, made_at: time(made_at), body: body.into() }))
}

/// What is told of an answer, without its body.
pub async fn head(db: &Db, workspace: Uuid, id: Uuid) -> Result<Option<PackedAnswer>, DbError> {
    let mut statement =
        Statement::new("SELECT key, reports, counts, made_at, expires_at FROM answers WHERE workspace_id = ");
    statement.value(workspace).push(" AND id = ").value(id);
    let row = statement.first::<(String, String, String, i64, Option<i64>)>(db).await?;
    Ok(row.map(|(key, reports, counts, made_at, expires_at)| PackedAnswer {
        key,
        reports,
        counts,
        made_at: time(made_at),
        expires_at: expires_at.map(time),
        body: None,
    }))
}

/// Drops the bodies of at most `limit` answers, of all workspaces, that must not be kept any longer at `now`; what is told
/// of them in the history stays. Gives the number dropped.
pub async fn expire(db: &Db, now: DateTime<Utc>, limit: u32) -> Result<u64, DbError> {
    let mut statement = Statement::new(
        "UPDATE answers SET body = NULL, expires_at = NULL WHERE (workspace_id, id) IN \
         (SELECT workspace_id, id FROM answers WHERE expires_at IS NOT NULL AND expires_at <= ",
    );
    statement.value(millis(now)).push(" LIMIT ").value(i64::from(limit)).push(")");
    statement.run(db).await
}

/// Deletes those of the next `limit` answers after `after` (in the order of workspace and id, of all workspaces) that no
/// search points at and that were made before `made_before`. Gives the place to go on from; `None` at the end.
pub async fn sweep(
    db: &Db,
    after: Option<(Uuid, Uuid)>,
    made_before: DateTime<Utc>,
    limit: u32,
) -> Result<(u64, Option<(Uuid, Uuid)>), DbError> {
    let (workspace, id) = after.unwrap_or((Uuid::nil(), Uuid::nil()));
    let mut statement = Statement::new("SELECT workspace_id, id FROM answers WHERE (workspace_id, id) > (");
    statement.value(workspace).push(", ").value(id).push(") ORDER BY workspace_id, id LIMIT ").value(i64::from(limit));
    let found = statement.all::<(Uuid, Uuid)>(db).await?;
    let Some(last) = found.last().copied() else { return Ok((0, None)) };
    let mut statement = Statement::new("DELETE FROM answers WHERE (workspace_id, id) > (");
    statement.value(workspace).push(", ").value(id).push(") AND (workspace_id, id) <= (").value(last.0);
    statement.push(", ").value(last.1).push(") AND made_at < ").value(millis(made_before));
    // The offset keeps PostgreSQL from reading all searches at once for these few answers.
    statement.push(
        " AND NOT EXISTS (SELECT 1 FROM searches s \
         WHERE s.answer_id = answers.id AND s.workspace_id = answers.workspace_id LIMIT 1 OFFSET 0)",
    );
    Ok((statement.run(db).await?, Some(last)))
}
