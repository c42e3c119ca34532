//! Passkeys. They belong to a person, whatever the workspace.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{millis, statement::Statement};
use crate::db::{Db, DbError};

/// A passkey to be kept.
#[derive(Debug, Clone)]
pub struct NewPasskey<'a> {
    /// Names it.
    pub id: Uuid,
    /// Whose it is.
    pub user: Uuid,
    /// What the authenticator calls it.
    pub credential_id: &'a str,
    /// Public key and counter, as JSON.
    pub credential: &'a str,
    /// What its owner calls it.
    pub name: &'a str,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A passkey.
#[derive(Debug, Clone, FromRow)]
pub struct PasskeyRow {
    /// Names it.
    pub id: Uuid,
    /// Public key and counter, as JSON.
    pub credential: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was made; milliseconds.
    pub created_at: i64,
    /// When it was last used; milliseconds.
    pub used_at: Option<i64>,
}

const COLUMNS: &str = "SELECT id, credential, name, created_at, used_at FROM passkeys WHERE user_id = ";

/// Keeps a passkey. `false`: it is somebody's already.
pub async fn insert(db: &Db, passkey: &NewPasskey<'_>) -> Result<bool, DbError> {
    let mut statement =
        Statement::new("INSERT INTO passkeys (id, user_id, credential_id, credential, name, created_at) VALUES (");
    statement.values([
        passkey.id.into(),
        passkey.user.into(),
        passkey.credential_id.into(),
        passkey.credential.into(),
        passkey.name.into(),
        millis(passkey.created_at).into(),
    ]);
    statement.push(") ON CONFLICT DO NOTHING");
    Ok(statement.run(db).await? > 0)
}

/// The passkeys of a person, the oldest first.
pub async fn list(db: &Db, user: Uuid) -> Result<Vec<PasskeyRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.value(user).push(" ORDER BY created_at, id");
    statement.all(db).await
}

/// The passkey of a person that the authenticator calls so.
pub async fn find(db: &Db, user: Uuid, credential_id: &str) -> Result<Option<PasskeyRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.value(user).push(" AND credential_id = ").value(credential_id);
    statement.first(db).await
}

/// Notes that a passkey was used, with its counter as it is now. `false`: somebody used it at the same moment, or it is gone.
pub async fn used(db: &Db, row: &PasskeyRow, credential: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE passkeys SET credential = ");
    statement.value(credential).push(", used_at = ").value(millis(now)).push(" WHERE id = ").value(row.id);
    statement.push(" AND credential = ").value(row.credential.as_str());
    Ok(statement.run(db).await? > 0)
}

/// Calls a passkey of a person something else. `false`: there is none.
pub async fn rename(db: &Db, user: Uuid, id: Uuid, name: &str) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE passkeys SET name = ");
    statement.value(name).push(" WHERE user_id = ").value(user).push(" AND id = ").value(id);
    Ok(statement.run(db).await? > 0)
}

/// Takes a passkey of a person away. `false`: there is none.
pub async fn remove(db: &Db, user: Uuid, id: Uuid) -> Result<bool, DbError> {
    let mut statement = Statement::new("DELETE FROM passkeys WHERE user_id = ");
    statement.value(user).push(" AND id = ").value(id);
    Ok(statement.run(db).await? > 0)
}
