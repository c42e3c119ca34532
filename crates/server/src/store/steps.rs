//! What of a sign-in is begun and not yet finished. Belongs to the installation: whoever has the secret goes on.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{millis, statement::Statement};
use crate::db::{Db, DbError};

/// A step to be kept.
#[derive(Debug, Clone)]
pub struct NewStep<'a> {
    /// Hash of the secret that goes on with it.
    pub hash: &'a str,
    /// What it is a step of.
    pub purpose: &'static str,
    /// Whose sign-in it is, where that is known.
    pub user: Option<Uuid>,
    /// What is to be remembered; sealed.
    pub state: &'a str,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// Until when it can be finished.
    pub expires_at: DateTime<Utc>,
}

#[derive(Debug, FromRow)]
struct Row {
    state: String,
}

/// Keeps a step.
pub async fn insert(db: &Db, step: &NewStep<'_>) -> Result<(), DbError> {
    let mut statement =
        Statement::new("INSERT INTO sign_in_steps (hash, purpose, user_id, state, created_at, expires_at) VALUES (");
    statement.values([
        step.hash.into(),
        step.purpose.into(),
        step.user.into(),
        step.state.into(),
        millis(step.created_at).into(),
        millis(step.expires_at).into(),
    ]);
    statement.push(")");
    statement.run(db).await.map(drop)
}

/// What is remembered of a step that can still be finished.
pub async fn find(db: &Db, hash: &str, purpose: &'static str, now: DateTime<Utc>) -> Result<Option<String>, DbError> {
    let mut statement = Statement::new("SELECT state FROM sign_in_steps WHERE hash = ");
    statement.value(hash).push(" AND purpose = ").value(purpose).push(" AND expires_at > ").value(millis(now));
    Ok(statement.first::<Row>(db).await?.map(|row| row.state))
}

/// Uses a step up. `false`: somebody else was faster.
pub async fn take(db: &Db, hash: &str, purpose: &'static str) -> Result<bool, DbError> {
    let mut statement = Statement::new("DELETE FROM sign_in_steps WHERE hash = ");
    statement.value(hash).push(" AND purpose = ").value(purpose);
    Ok(statement.run(db).await? > 0)
}

/// Forgets all that a person has begun.
pub async fn forget_of(db: &Db, user: Uuid) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM sign_in_steps WHERE user_id = ");
    statement.value(user);
    statement.run(db).await
}

/// Forgets what cannot be finished any more.
pub async fn forget_before(db: &Db, now: DateTime<Utc>) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM sign_in_steps WHERE expires_at <= ");
    statement.value(millis(now));
    statement.run(db).await
}
