//! Settings that an operator changed while PAKE serves; sealed. They belong to the installation, not to a workspace.

use chrono::{DateTime, Utc};

use super::{millis, statement::Statement};
use crate::db::{Db, DbError};

/// The settings, sealed, and their version; nothing when there never were any.
pub async fn get(db: &Db, name: &str) -> Result<Option<(i64, String)>, DbError> {
    let mut statement = Statement::new("SELECT version, settings FROM adjustments WHERE name = ");
    statement.value(name);
    statement.first(db).await
}

/// Their version; 0 when there never were any.
pub async fn version(db: &Db, name: &str) -> Result<i64, DbError> {
    let mut statement = Statement::new("SELECT version FROM adjustments WHERE name = ");
    statement.value(name);
    Ok(statement.first::<(i64,)>(db).await?.map_or(0, |(version,)| version))
}

/// Puts these in the place of those of version `old`. `false`: somebody else was quicker.
pub async fn put(db: &Db, name: &str, old: i64, settings: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("INSERT INTO adjustments (name, version, settings, changed_at) VALUES (");
    statement.values([name.into(), (old + 1).into(), settings.into(), millis(now).into()]);
    statement.push(
        ") ON CONFLICT (name) DO UPDATE SET version = excluded.version, settings = excluded.settings, \
         changed_at = excluded.changed_at WHERE adjustments.version = ",
    );
    statement.value(old);
    Ok(statement.run(db).await? == 1)
}
