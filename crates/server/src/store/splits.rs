//! Records that a person has said are not the same work.

use chrono::{DateTime, Utc};
use engine::work::Splits;

use super::{Scope, millis, statement::Statement};
use crate::db::{Db, DbError};

/// Longest key of a record that is taken, in bytes: what an index can hold twice.
pub const LONGEST_KEY: usize = 1_000;

/// Keeps two records apart. Nothing happens when they are already.
pub async fn insert(db: &Db, scope: Scope, one: &str, other: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    let (low, high) = ordered(one, other);
    let mut statement =
        Statement::new("INSERT INTO splits (workspace_id, user_id, record_a, record_b, created_at) VALUES (");
    statement.value(scope.workspace).push(", ").value(scope.user).push(", ").value(low).push(", ").value(high);
    statement.push(", ").value(millis(now)).push(") ON CONFLICT DO NOTHING");
    statement.run(db).await.map(|_| ())
}

/// Lets two records be joined again. `false`: they were not kept apart.
pub async fn remove(db: &Db, scope: Scope, one: &str, other: &str) -> Result<bool, DbError> {
    let (low, high) = ordered(one, other);
    let mut statement = Statement::new("DELETE FROM splits WHERE workspace_id = ");
    statement.value(scope.workspace).push(" AND user_id = ").value(scope.user);
    statement.push(" AND record_a = ").value(low).push(" AND record_b = ").value(high);
    Ok(statement.run(db).await? > 0)
}

/// All that a person keeps apart.
pub async fn all(db: &Db, scope: Scope) -> Result<Splits, DbError> {
    let mut statement = Statement::new("SELECT record_a, record_b FROM splits WHERE workspace_id = ");
    statement.value(scope.workspace).push(" AND user_id = ").value(scope.user);
    let mut splits = Splits::default();
    for (one, other) in statement.all::<(String, String)>(db).await? {
        splits.insert(&one, &other);
    }
    Ok(splits)
}

fn ordered(one: &str, other: &str) -> (String, String) {
    let (low, high) = if one <= other { (one, other) } else { (other, one) };
    (low.to_owned(), high.to_owned())
}
