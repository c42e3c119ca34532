//! Jobs that wait to be done, are being done, or came to an end. The table is `queue`.
//!
//! Whoever takes a job holds it until `due_at` and puts that off as long as it works; a job whose holder was not heard of
//! is due again, and taken by another. What a former holder says afterwards is ignored: it is told so.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    first_id_at, millis,
    statement::{Statement, Value},
};
use crate::db::{Db, DbError};

/// A job to be put into the queue.
#[derive(Debug, Clone)]
pub struct NewRow<'a> {
    /// Names it.
    pub id: Uuid,
    /// What kind of work it is.
    pub kind: &'static str,
    /// What exactly, as JSON.
    pub payload: String,
    /// The workspace that it is for.
    pub workspace: Option<Uuid>,
    /// The person whom it is for.
    pub user: Option<Uuid>,
    /// As long as another with this key is waiting or running, it is not put into the queue.
    pub unique_key: Option<&'a str>,
    /// From when on it may be done.
    pub due_at: DateTime<Utc>,
    /// When it is put into the queue.
    pub created_at: DateTime<Utc>,
}

/// A job, as it is kept. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct JobRow {
    /// Names it.
    pub id: Uuid,
    /// What kind of work it is.
    pub kind: String,
    /// What exactly, as JSON.
    pub payload: String,
    /// The workspace that it is for.
    pub workspace_id: Option<Uuid>,
    /// The person whom it is for.
    pub user_id: Option<Uuid>,
    /// How far it has come: `waiting`, `running`, `done`, `failed`, `cancelled`.
    pub status: String,
    /// Whether somebody wants it to end.
    pub is_cancel_wanted: bool,
    /// Things that are done.
    pub done: i64,
    /// Things that there are, when that is known.
    pub total: Option<i64>,
    /// What is done at the moment, in a word.
    pub step: Option<String>,
    /// How often it was taken.
    pub attempts: i64,
    /// From when on it may be taken.
    pub due_at: i64,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// What came out of it, as JSON.
    pub result: Option<String>,
    /// When it was put into the queue.
    pub created_at: i64,
    /// When it was taken last.
    pub started_at: Option<i64>,
    /// When it came to its end.
    pub finished_at: Option<i64>,
}

const COLUMNS: &str = "id, kind, payload, workspace_id, user_id, status, is_cancel_wanted, done, total, step, attempts, \
     due_at, last_error, result, created_at, started_at, finished_at";

/// Who works on a job, and for the how-manieth time: only they may say how it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The job.
    pub id: Uuid,
    /// The process that works on it.
    pub holder: Uuid,
    /// The attempt.
    pub attempt: i64,
}

impl Hold {
    /// Adds ` WHERE …`: the job, as long as it is held so.
    fn within(self, statement: &mut Statement) {
        statement.push(" WHERE status = 'running' AND id = ").value(self.id);
        statement.push(" AND holder = ").value(self.holder).push(" AND attempts = ").value(self.attempt);
    }
}

/// Puts a job into the queue. When there is one with its key, nothing happens; gives the id of the one that is there.
pub async fn insert(db: &Db, job: &NewRow<'_>) -> Result<Option<Uuid>, DbError> {
    let mut statement = Statement::new(
        "INSERT INTO queue (id, kind, payload, workspace_id, user_id, unique_key, status, due_at, created_at) VALUES (",
    );
    statement.values([
        job.id.into(),
        job.kind.into(),
        job.payload.clone().into(),
        job.workspace.into(),
        job.user.into(),
        Value::MaybeText(job.unique_key.map(str::to_owned)),
        "waiting".into(),
        millis(job.due_at).into(),
        millis(job.created_at).into(),
    ]);
    statement.push(") ON CONFLICT DO NOTHING");
    if statement.run(db).await? > 0 {
        return Ok(Some(job.id));
    }
    let mut find = Statement::new("SELECT id FROM queue WHERE finished_at IS NULL AND unique_key = ");
    find.value(job.unique_key.unwrap_or_default());
    Ok(find.first::<(Uuid,)>(db).await?.map(|(id,)| id))
}

/// Takes the job of these kinds that is due longest, and holds it until `until`. No two processes get the same one.
pub async fn claim(
    db: &Db,
    kinds: &[&'static str],
    holder: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Option<JobRow>, DbError> {
    let mut statement = Statement::new("UPDATE queue SET status = 'running', attempts = attempts + 1, holder = ");
    statement.value(holder).push(", started_at = ").value(millis(now)).push(", due_at = ").value(millis(until));
    statement.push(" WHERE id = (SELECT id FROM queue WHERE finished_at IS NULL AND due_at <= ").value(millis(now));
    statement.push(" AND kind IN ").list(kinds.iter().copied()).push(" ORDER BY due_at, id LIMIT 1");
    if db.kind() == "postgres" {
        // Whoever comes second takes the next one instead of waiting. SQLite has one writer anyway.
        statement.push(" FOR UPDATE SKIP LOCKED");
    }
    statement.push(") RETURNING ").push(COLUMNS);
    statement.changed(db).await
}

/// Holds a job until `until`. Gives whether somebody wants it to end; `None`: it is not held by this holder any more.
pub async fn keep(db: &Db, hold: Hold, until: DateTime<Utc>) -> Result<Option<bool>, DbError> {
    let mut statement = Statement::new("UPDATE queue SET due_at = ");
    statement.value(millis(until));
    hold.within(&mut statement);
    statement.push(" RETURNING is_cancel_wanted");
    Ok(statement.changed::<(bool,)>(db).await?.map(|(wanted,)| wanted))
}

/// Says how far a job is, and holds it until `until`; as [`keep`].
pub async fn progress(
    db: &Db,
    hold: Hold,
    (done, total, step): (i64, Option<i64>, &str),
    until: DateTime<Utc>,
) -> Result<Option<bool>, DbError> {
    let mut statement = Statement::new("UPDATE queue SET due_at = ");
    statement.value(millis(until)).push(", done = ").value(done).push(", total = ").value(total);
    statement.push(", step = ").value(step);
    hold.within(&mut statement);
    statement.push(" RETURNING is_cancel_wanted");
    Ok(statement.changed::<(bool,)>(db).await?.map(|(wanted,)| wanted))
}

/// How a job came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End<'a> {
    /// It is done; with its result as JSON.
    Done(&'a str),
    /// It failed for good, for this reason.
    Failed(&'a str),
    /// Somebody wanted it to end.
    Cancelled,
}

/// Ends a job. `false`: it is not held by this holder any more.
pub async fn end(db: &Db, hold: Hold, end: End<'_>, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE queue SET holder = NULL, finished_at = ");
    statement.value(millis(now));
    match end {
        End::Done(result) => statement.push(", status = 'done', last_error = NULL, result = ").value(result),
        End::Failed(error) => statement.push(", status = 'failed', last_error = ").value(error),
        End::Cancelled => statement.push(", status = 'cancelled'"),
    };
    hold.within(&mut statement);
    Ok(statement.run(db).await? > 0)
}

/// Puts a job back, to be tried again at `due_at`. With an error the attempt counts, without one it does not. `false`: it is
/// not held by this holder any more.
pub async fn put_back(db: &Db, hold: Hold, due_at: DateTime<Utc>, error: Option<&str>) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE queue SET holder = NULL, status = 'waiting', due_at = ");
    statement.value(millis(due_at));
    match error {
        Some(error) => statement.push(", last_error = ").value(error),
        None => statement.push(", attempts = attempts - 1"),
    };
    hold.within(&mut statement);
    Ok(statement.run(db).await? > 0)
}

/// Which jobs are meant; what is not given does not matter.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Of this workspace.
    pub workspace: Option<Uuid>,
    /// With a workspace: those of the whole installation, too.
    pub or_installation: bool,
    /// For this person.
    pub user: Option<Uuid>,
    /// Of this kind.
    pub kind: Option<String>,
    /// That have come this far.
    pub status: Option<String>,
}

impl JobFilter {
    fn within(&self, statement: &mut Statement) {
        if let Some(workspace) = self.workspace {
            statement.push(" AND (workspace_id = ").value(workspace);
            statement.push(if self.or_installation { " OR workspace_id IS NULL)" } else { ")" });
        }
        if let Some(user) = self.user {
            statement.push(" AND user_id = ").value(user);
        }
        if let Some(kind) = &self.kind {
            statement.push(" AND kind = ").value(kind.as_str());
        }
        if let Some(status) = &self.status {
            statement.push(" AND status = ").value(status.as_str());
        }
    }
}

/// At most `most` jobs, the latest first, before the one with this id.
pub async fn list(db: &Db, filter: &JobFilter, before: Option<Uuid>, most: u32) -> Result<Vec<JobRow>, DbError> {
    let mut statement = Statement::new("SELECT ");
    statement.push(COLUMNS).push(" FROM queue WHERE TRUE");
    filter.within(&mut statement);
    if let Some(before) = before {
        statement.push(" AND id < ").value(before);
    }
    statement.push(" ORDER BY id DESC LIMIT ").value(i64::from(most));
    statement.all(db).await
}

/// One job, when it is among these.
pub async fn find(db: &Db, filter: &JobFilter, id: Uuid) -> Result<Option<JobRow>, DbError> {
    let mut statement = Statement::new("SELECT ");
    statement.push(COLUMNS).push(" FROM queue WHERE id = ").value(id);
    filter.within(&mut statement);
    statement.first(db).await
}

/// Ends a job that waits, and says to the holder of one that is running that it is to end. `None`: it is not among these,
/// or has come to its end.
pub async fn cancel(db: &Db, filter: &JobFilter, id: Uuid, now: DateTime<Utc>) -> Result<Option<JobRow>, DbError> {
    let mut statement = Statement::new(
        "UPDATE queue SET is_cancel_wanted = TRUE, \
         status = CASE WHEN status = 'waiting' THEN 'cancelled' ELSE status END, \
         finished_at = CASE WHEN status = 'waiting' THEN ",
    );
    // PostgreSQL takes the type of a parameter in a CASE from the other branch, which has none.
    statement.push("CAST(").value(millis(now)).push(" AS BIGINT) END WHERE finished_at IS NULL AND id = ").value(id);
    filter.within(&mut statement);
    statement.push(" RETURNING ").push(COLUMNS);
    statement.changed(db).await
}

/// Puts a job that failed or was cancelled into the queue again. `None`: it is not among these, did not fail, or another
/// with its key is there.
pub async fn retry(db: &Db, filter: &JobFilter, id: Uuid, now: DateTime<Utc>) -> Result<Option<JobRow>, DbError> {
    let mut statement = Statement::new(
        "UPDATE queue SET status = 'waiting', is_cancel_wanted = FALSE, attempts = 0, done = 0, total = NULL, \
         step = NULL, result = NULL, finished_at = NULL, due_at = ",
    );
    statement.value(millis(now)).push(" WHERE status IN ('failed', 'cancelled') AND id = ").value(id);
    statement.push(
        " AND NOT EXISTS (SELECT 1 FROM queue other \
         WHERE other.unique_key = queue.unique_key AND other.finished_at IS NULL)",
    );
    filter.within(&mut statement);
    statement.push(" RETURNING ").push(COLUMNS);
    statement.changed(db).await
}

/// The latest job of this kind that was put into the queue at `since` or later and is done.
pub async fn latest_done(db: &Db, kind: &str, since: DateTime<Utc>) -> Result<Option<Uuid>, DbError> {
    let mut statement = Statement::new("SELECT id FROM queue WHERE status = 'done' AND id >= ");
    statement.value(first_id_at(since)).push(" AND kind = ").value(kind).push(" ORDER BY id DESC LIMIT 1");
    Ok(statement.first::<(Uuid,)>(db).await?.map(|(id,)| id))
}

/// Forgets at most `most` jobs that came to their end before `before`; how many there were.
pub async fn forget(db: &Db, before: DateTime<Utc>, most: u32) -> Result<u64, DbError> {
    let mut statement = Statement::new(
        "DELETE FROM queue WHERE id IN (SELECT id FROM queue WHERE finished_at IS NOT NULL AND finished_at < ",
    );
    statement.value(millis(before)).push(" LIMIT ").value(i64::from(most)).push(")");
    statement.run(db).await
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Load {
    /// Jobs that wait, those for later included.
    pub waiting: i64,
    /// Jobs that are being done.
    pub running: i64,
    /// When the one was due that is due longest; milliseconds.
    pub due_since: Option<i64>,
}

/// How much there is to do.
pub async fn load(db: &Db) -> Result<Load, DbError> {
    let statement = Statement::new(
        "SELECT COUNT(CASE WHEN status = 'waiting' THEN 1 END) AS waiting, \
         COUNT(CASE WHEN status = 'running' THEN 1 END) AS running, MIN(due_at) AS due_since \
         FROM queue WHERE finished_at IS NULL",
    );
    Ok(statement.first(db).await?.unwrap_or_default())
}
