//! A database filled with what a backup holds, all of it or nothing; and what was written since that backup.

use std::path::Path;

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, query_as, query_scalar, sqlite::SqliteConnectOptions};

use super::dump::{TABLES, Table};
use crate::db::{Alone, DbError};

/// Rows that were made after a moment. What people would miss, and what says who did what.
const SINCE: &str = "SELECT (SELECT COUNT(*) FROM searches WHERE created_at > $1), \
     (SELECT COUNT(*) FROM users WHERE created_at > $1), (SELECT COUNT(*) FROM audit_log WHERE at > $1)";

/// Jobs that were under way when the copy was made: nobody is at work on them, and to make the copy was one of them.
const NOBODY_WORKS: &str = "UPDATE queue SET status = 'waiting', holder = NULL, attempts = attempts - 1, due_at = created_at \
     WHERE status = 'running'";

/// What was written since a moment, in milliseconds: searches, accounts, lines of the audit log.
pub async fn since(end: &mut Alone, moment: i64) -> Result<(i64, i64, i64), DbError> {
    Ok(match end {
        Alone::Sqlite(connection) => query_as(SINCE).bind(moment).fetch_one(connection).await?,
        Alone::Postgres(connection) => query_as(SINCE).bind(moment).fetch_one(connection).await?,
    })
}

/// Begins to fill PostgreSQL anew: from here on nothing is in any table. `false`: it is SQLite, which is a file.
pub async fn empty(end: &mut Alone) -> Result<bool, DbError> {
    let Alone::Postgres(connection) = end else { return Ok(false) };
    // It takes as long as it takes.
    sqlx::raw_sql("SET statement_timeout = 0; SET lock_timeout = '10s'; BEGIN").execute(&mut *connection).await?;
    let tables: Vec<Table> = query_as(TABLES).fetch_all(&mut *connection).await?;
    let names: Vec<_> = tables.into_iter().map(|table| table.name).collect();
    sqlx::raw_sql(AssertSqlSafe(format!("TRUNCATE {}", names.join(", ")))).execute(connection).await?;
    Ok(true)
}

/// Fills one table, piece by piece; gives how many rows it took.
pub async fn fill<E: From<DbError>>(
    end: &mut Alone,
    table: &Table,
    mut next: impl FnMut() -> Result<Option<Vec<u8>>, E>,
) -> Result<u64, E> {
    let Alone::Postgres(connection) = end else { return Ok(0) };
    let failed = |error: sqlx::Error| E::from(DbError::from(error));
    let copy = format!("COPY {} ({}) FROM STDIN", table.name, table.columns);
    let mut rows = connection.copy_in_raw(&copy).await.map_err(failed)?;
    loop {
        match next() {
            Ok(Some(piece)) => _ = rows.send(piece).await.map_err(failed)?,
            Ok(None) => return rows.finish().await.map_err(failed),
            Err(error) => {
                rows.abort("the backup cannot be read").await.map_err(failed)?;
                return Err(error);
            }
        }
    }
}

/// Lets all of it count.
pub async fn done(end: &mut Alone) -> Result<(), DbError> {
    end.run(NOBODY_WORKS).await?;
    end.run("COMMIT").await
}

/// Makes a copy of SQLite fit to be put in place.
pub async fn prepare(copy: &Path) -> Result<(), DbError> {
    let mut connection = SqliteConnectOptions::new().filename(copy).connect().await?;
    sqlx::query(NOBODY_WORKS).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// The file that SQLite has open, with all of it in that file and nothing in a log beside it.
pub async fn whole_file(end: &mut Alone) -> Result<Option<String>, DbError> {
    let Alone::Sqlite(connection) = end else { return Ok(None) };
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE").execute(&mut *connection).await?;
    let file: String =
        query_scalar("SELECT file FROM pragma_database_list() WHERE name = 'main'").fetch_one(&mut *connection).await?;
    Ok(Some(file))
}

/// The last step that was applied to a database in a file.
pub async fn last_step(file: &Path) -> Result<i64, DbError> {
    let mut connection = SqliteConnectOptions::new().filename(file).read_only(true).immutable(true).connect().await?;
    let last: Option<i64> =
        query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(last.unwrap_or_default())
}
