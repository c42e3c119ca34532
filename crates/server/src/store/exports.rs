//! What people are given of all that is stored about them: archives, sealed and in parts.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    millis,
    statement::{Statement, all_if_first},
};
use crate::db::{Db, DbError};

/// An archive, or one that is being made.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct ExportRow {
    /// Names it.
    pub id: Uuid,
    /// `waiting`, `ready`, `taken` or `expired`.
    pub status: String,
    /// How large it is.
    pub bytes: i64,
    /// When it was asked for; milliseconds.
    pub created_at: i64,
    /// When it was made; milliseconds.
    pub ready_at: Option<i64>,
    /// Until when it can be taken; milliseconds.
    pub expires_at: Option<i64>,
    /// When it was taken; milliseconds.
    pub taken_at: Option<i64>,
}

const COLUMNS: &str =
    "SELECT id, status, bytes, created_at, ready_at, expires_at, taken_at FROM exports WHERE user_id = ";

/// Notes that an archive is wanted.
pub async fn insert(db: &Db, id: Uuid, user: Uuid, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut statement = Statement::new("INSERT INTO exports (id, user_id, status, created_at) VALUES (");
    statement.values([id.into(), user.into(), "waiting".into(), millis(now).into()]).push(")");
    statement.run(db).await.map(drop)
}

/// The archives of a person, the latest first.
pub async fn list(db: &Db, user: Uuid) -> Result<Vec<ExportRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.value(user).push(" ORDER BY created_at DESC, id DESC LIMIT 100");
    statement.all(db).await
}

/// One archive of a person.
pub async fn get(db: &Db, user: Uuid, id: Uuid) -> Result<Option<ExportRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.value(user).push(" AND id = ").value(id);
    statement.first(db).await
}

/// Forgets what an attempt before has put into an archive.
pub async fn empty(db: &Db, id: Uuid) -> Result<(), DbError> {
    let mut statement = Statement::new("DELETE FROM export_parts WHERE export_id = ");
    statement.value(id);
    statement.run(db).await.map(drop)
}

/// Adds a part.
pub async fn add(db: &Db, id: Uuid, part: i64, sealed: &str) -> Result<(), DbError> {
    let mut statement = Statement::new("INSERT INTO export_parts (export_id, part, sealed) VALUES (");
    statement.values([id.into(), part.into(), sealed.into()]).push(")");
    statement.run(db).await.map(drop)
}

/// Says that an archive is whole, and until when it can be taken.
pub async fn ready(db: &Db, id: Uuid, bytes: i64, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE exports SET status = 'ready', bytes = ");
    statement.value(bytes).push(", ready_at = ").value(millis(now)).push(", expires_at = ").value(millis(until));
    statement.push(" WHERE status = 'waiting' AND id = ").value(id);
    Ok(statement.run(db).await? > 0)
}

/// Takes an archive: whoever comes first, once. `false`: it is not there, taken or too old.
pub async fn take(db: &Db, user: Uuid, id: Uuid, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE exports SET status = 'taken', taken_at = ");
    statement.value(millis(now)).push(" WHERE status = 'ready' AND expires_at > ").value(millis(now));
    statement.push(" AND user_id = ").value(user).push(" AND id = ").value(id);
    Ok(statement.run(db).await? > 0)
}

/// One part of an archive; nothing after the last.
pub async fn part(db: &Db, id: Uuid, part: i64) -> Result<Option<String>, DbError> {
    let mut statement = Statement::new("SELECT sealed FROM export_parts WHERE export_id = ");
    statement.value(id).push(" AND part = ").value(part);
    Ok(statement.first::<(String,)>(db).await?.map(|(sealed,)| sealed))
}

/// Deletes archives that are too old, and what is left of those that were taken a while ago; how many became too old.
pub async fn expire(db: &Db, now: DateTime<Utc>, taken_before: DateTime<Utc>) -> Result<u64, DbError> {
    let mut parts = Statement::new(
        "DELETE FROM export_parts WHERE export_id IN (SELECT id FROM exports WHERE (status = 'ready' AND expires_at <= ",
    );
    parts.value(millis(now)).push(") OR (status = 'taken' AND taken_at <= ").value(millis(taken_before)).push("))");
    parts.run(db).await?;
    let mut expired = Statement::new("UPDATE exports SET status = 'expired' WHERE status = 'ready' AND expires_at <= ");
    expired.value(millis(now));
    expired.run(db).await
}

/// Forgets archives that were asked for before this time, with whatever is in them.
pub async fn forget(db: &Db, before: DateTime<Utc>) -> Result<(), DbError> {
    let mut statement = Statement::new("DELETE FROM exports WHERE created_at < ");
    statement.value(millis(before));
    all_if_first(db, vec![statement]).await.map(drop)
}
