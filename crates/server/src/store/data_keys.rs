//! Keys that outlive a master key; sealed.

use chrono::{DateTime, Utc};

use super::{millis, statement::Statement};
use crate::db::{Db, DbError};

/// The key for a purpose, sealed.
pub async fn get(db: &Db, purpose: &str) -> Result<Option<String>, DbError> {
    let mut statement = Statement::new("SELECT secret FROM data_keys WHERE purpose = ");
    statement.value(purpose);
    Ok(statement.first::<(String,)>(db).await?.map(|(secret,)| secret))
}

/// Keeps a key, unless another process was quicker.
pub async fn insert(db: &Db, purpose: &str, secret: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut statement = Statement::new("INSERT INTO data_keys (purpose, secret, created_at) VALUES (");
    statement.values([purpose.into(), secret.into(), millis(now).into()]).push(") ON CONFLICT (purpose) DO NOTHING");
    statement.run(db).await.map(drop)
}
