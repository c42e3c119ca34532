//! Forgetting: searches, and with them the questions and answers that nothing points at any more.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Scope, first_id_at,
    statement::{Statement, Value, bind_all},
};
use crate::db::{Db, DbError, Problem, on};

/// Most rows that one transaction deletes: the writer is free again after a moment.
pub const BATCH: u32 = 500;
/// How often a deletion is tried when somebody writes to the same questions at the same time.
const ATTEMPTS: u32 = 5;

/// Deletes one search. `false`: there is no such search.
pub async fn one(db: &Db, scope: Scope, search: Uuid) -> Result<bool, DbError> {
    let deleted = delete(db, scope, || {
        let mut which = of(scope);
        which.push(" AND id = ").value(search);
        which
    });
    Ok(deleted.await? > 0)
}

/// Deletes at most [`BATCH`] searches of a person, favourites too; call it until it gives 0.
pub async fn any(db: &Db, scope: Scope) -> Result<u64, DbError> {
    delete(db, scope, || batch(scope, |_| {})).await
}

/// Deletes at most [`BATCH`] searches of a person that were asked before `before` and are not favourites; call it until it
/// gives 0.
pub async fn older_than(db: &Db, scope: Scope, before: DateTime<Utc>) -> Result<u64, DbError> {
    let which = || {
        batch(scope, |statement| {
            statement.push(" AND NOT is_favorite AND id < ").value(first_id_at(before));
        })
    };
    delete(db, scope, which).await
}

/// The beginning of a deletion.
fn of(scope: Scope) -> Statement {
    let mut statement = Statement::new("DELETE FROM searches WHERE workspace_id = ");
    statement.value(scope.workspace).push(" AND user_id = ").value(scope.user);
    statement
}

/// A deletion of the first searches that meet a condition.
fn batch(scope: Scope, condition: impl FnOnce(&mut Statement)) -> Statement {
    let mut statement = of(scope);
    statement.push(" AND id IN (SELECT id FROM searches WHERE workspace_id = ").value(scope.workspace);
    statement.push(" AND user_id = ").value(scope.user);
    condition(&mut statement);
    statement.push(" ORDER BY id LIMIT ").value(i64::from(BATCH)).push(")");
    statement
}

async fn delete(db: &Db, scope: Scope, which: impl Fn() -> Statement + Send) -> Result<u64, DbError> {
    let mut attempt = 1;
    loop {
        match delete_once(db, scope, which()).await {
            // Somebody asked one of the questions again while it was being deleted: now it is seen.
            Err(error) if error.problem == Problem::Dangling && attempt < ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

async fn delete_once(db: &Db, scope: Scope, mut which: Statement) -> Result<u64, DbError> {
    let _timed = db.timed("DELETE");
    which.push(" RETURNING query_id, answer_id");
    let (sql, values) = which.into_parts();
    on!(db.write, pool => {
        let mut transaction = pool.begin_with(db.begin).await?;
        let deleted: Vec<(i64, Option<Uuid>)> =
            bind_all!(sqlx::query_as(sql), values).fetch_all(&mut *transaction).await?;
        for (sql, values) in left_over(scope, &deleted) {
            bind_all!(sqlx::query(sql), values).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(deleted.len() as u64)
    })
}

/// Deletes what these searches pointed at, where nothing else does.
fn left_over(scope: Scope, deleted: &[(i64, Option<Uuid>)]) -> Vec<(sqlx::AssertSqlSafe<String>, Vec<Value>)> {
    let mut queries: Vec<_> = deleted.iter().map(|(query, _)| *query).collect();
    let mut answers: Vec<_> = deleted.iter().filter_map(|(_, answer)| *answer).collect();
    queries.sort_unstable();
    queries.dedup();
    answers.sort_unstable();
    answers.dedup();
    let mut statements = Vec::new();
    if !answers.is_empty() {
        let mut statement = Statement::new("DELETE FROM answers WHERE workspace_id = ");
        statement.value(scope.workspace).push(" AND id IN ").list(answers);
        statement.push(
            " AND NOT EXISTS (SELECT 1 FROM searches s \
             WHERE s.answer_id = answers.id AND s.workspace_id = answers.workspace_id)",
        );
        statements.push(statement.into_parts());
    }
    if !queries.is_empty() {
        let mut statement = Statement::new("DELETE FROM queries WHERE workspace_id = ");
        statement.value(scope.workspace).push(" AND id IN ").list(queries);
        statement.push(" AND NOT EXISTS (SELECT 1 FROM searches s WHERE s.query_id = queries.id)");
        statements.push(statement.into_parts());
    }
    statements
}
