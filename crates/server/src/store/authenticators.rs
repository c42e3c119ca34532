//! Authenticator apps and recovery codes. They belong to a person, whatever the workspace.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    millis,
    statement::{Statement, all_if_first},
};
use crate::db::{Db, DbError};

/// The authenticator app of a person.
#[derive(Debug, Clone, FromRow)]
pub struct AuthenticatorRow {
    /// What the app knows; sealed.
    pub secret: String,
    /// When it was offered; milliseconds.
    pub created_at: i64,
    /// When its first code came; milliseconds. It does not count before.
    pub confirmed_at: Option<i64>,
}

/// The authenticator app of a person, confirmed or not.
pub async fn find(db: &Db, user: Uuid) -> Result<Option<AuthenticatorRow>, DbError> {
    let mut statement = Statement::new("SELECT secret, created_at, confirmed_at FROM authenticators WHERE user_id = ");
    statement.value(user);
    statement.first(db).await
}

/// Keeps the secret of an app that is to be confirmed, in the place of one that never was. `false`: there is one that was.
pub async fn offer(db: &Db, user: Uuid, secret: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("INSERT INTO authenticators (user_id, secret, last_step, created_at) VALUES (");
    statement.values([user.into(), secret.into(), (-1_i64).into(), millis(now).into()]);
    statement.push(") ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = -1, ");
    statement.push("created_at = excluded.created_at WHERE authenticators.confirmed_at IS NULL");
    Ok(statement.run(db).await? > 0)
}

/// Confirms an app with the step of its first code. With hashes, these are the recovery codes from now on. `false`:
/// it is not there, or confirmed already.
pub async fn confirm(db: &Db, user: Uuid, step: i64, hashes: &[String], now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut confirm = Statement::new("UPDATE authenticators SET confirmed_at = ");
    confirm.value(millis(now)).push(", last_step = ").value(step);
    confirm.push(" WHERE confirmed_at IS NULL AND user_id = ").value(user);
    let mut statements = vec![confirm];
    if !hashes.is_empty() {
        statements.extend(codes(user, hashes));
    }
    all_if_first(db, statements).await
}

/// Uses up the step of a code, and all before it. `false`: it was used already.
pub async fn use_step(db: &Db, user: Uuid, step: i64) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE authenticators SET last_step = ");
    statement.value(step).push(" WHERE confirmed_at IS NOT NULL AND user_id = ").value(user);
    statement.push(" AND last_step < ").value(step);
    Ok(statement.run(db).await? > 0)
}

/// Takes the app away. `false`: there is none.
pub async fn remove(db: &Db, user: Uuid) -> Result<bool, DbError> {
    let mut statement = Statement::new("DELETE FROM authenticators WHERE user_id = ");
    statement.value(user);
    Ok(statement.run(db).await? > 0)
}

/// The recovery codes of a person that are still good, as hashes.
pub async fn recovery_codes(db: &Db, user: Uuid) -> Result<Vec<String>, DbError> {
    let mut statement = Statement::new("SELECT hash FROM recovery_codes WHERE used_at IS NULL AND user_id = ");
    statement.value(user).push(" ORDER BY hash");
    Ok(statement.all::<(String,)>(db).await?.into_iter().map(|(hash,)| hash).collect())
}

/// Uses up a recovery code. `false`: it was used already.
pub async fn use_recovery_code(db: &Db, user: Uuid, hash: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE recovery_codes SET used_at = ");
    statement.value(millis(now)).push(" WHERE used_at IS NULL AND user_id = ").value(user);
    statement.push(" AND hash = ").value(hash);
    Ok(statement.run(db).await? > 0)
}

/// Puts these recovery codes in the place of all that there are.
pub async fn replace_recovery_codes(db: &Db, user: Uuid, hashes: &[String]) -> Result<(), DbError> {
    all_if_first(db, codes(user, hashes)).await.map(drop)
}

/// Takes all recovery codes away.
pub async fn remove_recovery_codes(db: &Db, user: Uuid) -> Result<(), DbError> {
    let mut statement = Statement::new("DELETE FROM recovery_codes WHERE user_id = ");
    statement.value(user);
    statement.run(db).await.map(drop)
}

/// Adds these codes, and then takes all others away.
fn codes(user: Uuid, hashes: &[String]) -> Vec<Statement> {
    let mut insert = Statement::new("INSERT INTO recovery_codes (user_id, hash) VALUES ");
    for (place, hash) in hashes.iter().enumerate() {
        insert.push(if place == 0 { "(" } else { ", (" }).value(user).push(", ").value(hash.as_str()).push(")");
    }
    let mut clear = Statement::new("DELETE FROM recovery_codes WHERE user_id = ");
    clear.value(user).push(" AND hash NOT IN ").list(hashes.iter().map(String::as_str));
    vec![insert, clear]
}
