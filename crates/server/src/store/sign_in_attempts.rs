//! Attempts to sign in that did not succeed. Belongs to the installation: whose they are is known by hashes only.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;

use super::{millis, statement::Statement};
use crate::db::{Db, DbError, on};

/// Most rows that one statement deletes: the writer is free again after a moment.
const BATCH: i64 = 1_000;

/// The attempts of those who are counted together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempts {
    /// When the last ones were made, in milliseconds; the oldest first.
    pub times: Vec<i64>,
    /// How often in a row too many were made.
    pub locks: u32,
    /// When the next one may be made, in milliseconds.
    pub free_at: i64,
    /// When the last one was made or taken back, in milliseconds.
    pub changed_at: i64,
}

#[derive(Debug, FromRow)]
struct Row {
    times: String,
    locks: i64,
    free_at: i64,
    changed_at: i64,
}

impl From<Row> for Attempts {
    fn from(row: Row) -> Self {
        let times = row.times.split(' ').filter_map(|time| time.parse().ok()).collect();
        let locks = u32::try_from(row.locks).unwrap_or(0);
        Self { times, locks, free_at: row.free_at, changed_at: row.changed_at }
    }
}

impl Attempts {
    /// Whether there is nothing to remember.
    fn is_nothing(&self) -> bool {
        self.times.is_empty() && self.locks == 0
    }
}

/// Reads the attempts of these subjects, lets `decide` change them, and keeps the changes if it gives any `Ok`. Whoever does
/// the same for one of the subjects at the same time waits until this is done: the subjects must always come in one order.
pub async fn change<T, E>(
    db: &Db,
    subjects: &[String],
    decide: impl FnOnce(&mut [Attempts]) -> Result<T, E>,
) -> Result<Result<T, E>, DbError> {
    let _timed = db.timed("BATCH");
    on!(db.write, pool => {
        let mut transaction = pool.begin_with(db.begin).await?;
        let mut attempts = Vec::with_capacity(subjects.len());
        for subject in subjects {
            // The update changes nothing, but makes others wait, and gives the row that there is.
            let row: Row = sqlx::query_as(
                "INSERT INTO sign_in_attempts (subject, times, locks, free_at, changed_at) VALUES ($1, '', 0, 0, 0) \
                 ON CONFLICT (subject) DO UPDATE SET subject = excluded.subject \
                 RETURNING times, locks, free_at, changed_at",
            )
            .bind(subject.as_str())
            .fetch_one(&mut *transaction)
            .await?;
            attempts.push(Attempts::from(row));
        }
        let decided = decide(&mut attempts);
        if decided.is_err() {
            transaction.rollback().await?;
            return Ok(decided);
        }
        for (subject, attempts) in subjects.iter().zip(&attempts) {
            let query = if attempts.is_nothing() {
                sqlx::query("DELETE FROM sign_in_attempts WHERE subject = $1").bind(subject.as_str())
            } else {
                let times: Vec<_> = attempts.times.iter().map(i64::to_string).collect();
                sqlx::query(
                    "UPDATE sign_in_attempts SET times = $2, locks = $3, free_at = $4, changed_at = $5 WHERE subject = $1",
                )
                .bind(subject.as_str())
                .bind(times.join(" "))
                .bind(i64::from(attempts.locks))
                .bind(attempts.free_at)
                .bind(attempts.changed_at)
            };
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(decided)
    })
}

/// Forgets what does not count any more at `now`: after `brief` what did not lead to a lock, after `long` everything. What
/// was written by a clock that went back since, goes too.
pub async fn forget(db: &Db, now: DateTime<Utc>, brief: TimeDelta, long: TimeDelta) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM sign_in_attempts WHERE subject IN (SELECT subject FROM ");
    statement.push("sign_in_attempts WHERE changed_at < ").value(millis(now - long));
    statement.push(" OR changed_at > ").value(millis(now + brief));
    statement.push(" OR (locks = 0 AND changed_at < ").value(millis(now - brief)).push(") LIMIT ").value(BATCH);
    statement.push(")");
    statement.run(db).await
}
