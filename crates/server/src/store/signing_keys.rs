//! The keys that access tokens are signed with; their secret halves are sealed.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{millis, statement::Statement, time};
use crate::db::{Db, DbError};

/// A key as it is kept.
#[derive(Debug, Clone, FromRow)]
pub struct SigningKeyRow {
    /// Names it.
    pub id: String,
    /// Its secret half, sealed.
    pub secret: String,
    created_at: i64,
    retired_at: Option<i64>,
}

impl SigningKeyRow {
    /// When it was made.
    pub fn created_at(&self) -> DateTime<Utc> {
        time(self.created_at)
    }

    /// Whether it only verifies.
    pub const fn is_retired(&self) -> bool {
        self.retired_at.is_some()
    }
}

/// All keys.
pub async fn all(db: &Db) -> Result<Vec<SigningKeyRow>, DbError> {
    Statement::new("SELECT id, secret, created_at, retired_at FROM signing_keys").all(db).await
}

/// Keeps a key and retires all older ones.
pub async fn insert(db: &Db, id: &str, public: &str, secret: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut insert = Statement::new("INSERT INTO signing_keys (id, public, secret, created_at) VALUES (");
    insert.values([id.into(), public.into(), secret.into(), millis(now).into()]).push(")");
    let mut retire = Statement::new("UPDATE signing_keys SET retired_at = ");
    retire.value(millis(now)).push(" WHERE retired_at IS NULL AND created_at < ").value(millis(now));
    super::statement::all_if_first(db, vec![insert, retire]).await.map(drop)
}

/// Forgets keys that were retired before `before`: nothing that they signed is good any more.
pub async fn forget(db: &Db, before: DateTime<Utc>) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM signing_keys WHERE retired_at < ");
    statement.value(millis(before));
    statement.run(db).await
}
