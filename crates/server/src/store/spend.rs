//! What sources with a price have cost, by day: a daily budget outlives the process, and several processes share it.
//! Belongs to the installation, not to a workspace.

use chrono::NaiveDate;
use engine::source::SourceId;

use super::statement::Statement;
use crate::db::{Db, DbError};

/// Adds to what a source has cost on a day (UTC), in millionths of a US dollar; negative for what was given back.
pub async fn add(db: &Db, source: SourceId, day: NaiveDate, micros: i64) -> Result<(), DbError> {
    let mut statement = Statement::new("INSERT INTO source_spend (source, day, micros) VALUES ");
    statement.push("(").value(source.as_str().to_owned()).push(", ").value(day.to_string()).push(", ");
    statement.value(micros);
    statement.push(") ON CONFLICT (source, day) DO UPDATE SET micros = source_spend.micros + excluded.micros");
    statement.run(db).await.map(|_| ())
}

/// What each source has cost on a day, in millionths of a US dollar.
pub async fn of_day(db: &Db, day: NaiveDate) -> Result<Vec<(SourceId, u64)>, DbError> {
    let mut statement = Statement::new("SELECT source, micros FROM source_spend WHERE day = ");
    statement.value(day.to_string()).push(" ORDER BY source");
    let rows = statement.all::<(String, i64)>(db).await?;
    let spend = |(source, micros): (String, i64)| Some((source.parse().ok()?, u64::try_from(micros).ok()?));
    Ok(rows.into_iter().filter_map(spend).collect())
}

/// Forgets the days before this one.
pub async fn forget_before(db: &Db, day: NaiveDate) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM source_spend WHERE day < ");
    statement.value(day.to_string());
    statement.run(db).await
}
