//! What keeps the database itself in order: indexes made anew, statistics, a copy as a backup.

use std::path::Path;

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use super::statement::Statement;
use crate::db::{Db, DbError, Pool};

/// The tables of the database.
pub async fn tables(db: &Db) -> Result<Vec<String>, DbError> {
    let statement = Statement::new(match db.read {
        // The tables inside a full-text index are its own.
        Pool::Sqlite(_) => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND sql NOT LIKE \
             'CREATE VIRTUAL%' AND name NOT LIKE 'queries_index%' ORDER BY name"
        }
        Pool::Postgres(_) => {
            "SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
        }
    });
    Ok(statement.all::<(String,)>(db).await?.into_iter().map(|(name,)| name).collect())
}

/// Makes the indexes of a table anew, and learns what is in it; searches go on meanwhile.
pub async fn rebuild(db: &Db, table: &str) -> Result<(), DbError> {
    let _timed = db.timed("_OTHER");
    let name = format!("\"{}\"", table.replace('"', "\"\""));
    match &db.write {
        Pool::Sqlite(pool) => {
            sqlx::raw_sql(AssertSqlSafe(format!("REINDEX {name}; ANALYZE {name}"))).execute(pool).await?;
        }
        Pool::Postgres(pool) => {
            let mut connection = pool.acquire().await?;
            // It takes as long as it takes; and it cannot be done within a transaction.
            sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
            let done = async {
                sqlx::query(AssertSqlSafe(format!("REINDEX TABLE CONCURRENTLY {name}")))
                    .execute(&mut *connection)
                    .await?;
                sqlx::query(AssertSqlSafe(format!("ANALYZE {name}"))).execute(&mut *connection).await
            };
            let done = done.await.map(drop);
            // The next one to use it is limited as everybody is.
            connection.close().await?;
            done?;
        }
    }
    Ok(())
}

/// Makes the full-text index anew from the questions. PostgreSQL keeps it as an index like the others.
pub async fn rebuild_words(db: &Db) -> Result<(), DbError> {
    if let Pool::Sqlite(pool) = &db.write {
        let _timed = db.timed("_OTHER");
        sqlx::query("INSERT INTO queries_index (queries_index) VALUES ('rebuild')").execute(pool).await?;
    }
    Ok(())
}

/// Bytes that the database takes.
pub async fn size(db: &Db) -> Result<u64, DbError> {
    let statement = Statement::new(match db.read {
        Pool::Sqlite(_) => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        Pool::Postgres(_) => "SELECT pg_database_size(current_database())",
    });
    Ok(statement.first::<(i64,)>(db).await?.map_or(0, |(bytes,)| bytes.try_into().unwrap_or(0)))
}

/// The version of the database, and the last migration that was applied.
pub async fn version(db: &Db) -> Result<(String, i64), DbError> {
    let statement = Statement::new(match db.read {
        Pool::Sqlite(_) => "SELECT sqlite_version(), (SELECT MAX(version) FROM _sqlx_migrations)",
        Pool::Postgres(_) => "SELECT current_setting('server_version'), (SELECT MAX(version) FROM _sqlx_migrations)",
    });
    Ok(statement.first(db).await?.unwrap_or_default())
}

/// How many connections a server of databases gives to all, and how many of them programs other than PAKE have now. Nothing where
/// there is no server.
pub async fn connections(db: &Db) -> Result<Option<(u32, u32)>, DbError> {
    if matches!(db.read, Pool::Sqlite(_)) {
        return Ok(None);
    }
    let statement = Statement::new(
        "SELECT CAST(current_setting('max_connections') AS BIGINT) - \
         CAST(current_setting('superuser_reserved_connections') AS BIGINT), \
         (SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name NOT LIKE 'pake %')",
    );
    let number = |count: i64| u32::try_from(count).unwrap_or(0);
    Ok(statement.first::<(i64, i64)>(db).await?.map(|(all, others)| (number(all), number(others))))
}

/// Copies the database into `file`, which must be empty. `false`: this kind of database is copied by its own programs.
pub async fn copy_into(db: &Db, file: &Path) -> Result<bool, DbError> {
    let Pool::Sqlite(pool) = &db.write else { return Ok(false) };
    let _timed = db.timed("_OTHER");
    let name = file.to_string_lossy().into_owned();
    let (_, _, path): (i64, String, String) =
        sqlx::query_as("SELECT seq, name, file FROM pragma_database_list() WHERE name = 'main'")
            .fetch_one(pool)
            .await?;
    let copy = sqlx::query("VACUUM INTO $1").bind(name);
    if path.is_empty() {
        copy.execute(pool).await?;
    } else {
        // With a connection of its own: whoever writes need not wait.
        let mut connection = SqliteConnectOptions::new().filename(path).disable_statement_logging().connect().await?;
        let copied = copy.execute(&mut connection).await;
        connection.close().await?;
        copied?;
    }
    Ok(true)
}

/// What is wrong with a copy; nothing: it is whole.
pub async fn faults(file: &Path) -> Result<Option<String>, DbError> {
    let options =
        SqliteConnectOptions::new().filename(file).read_only(true).immutable(true).disable_statement_logging();
    let mut connection = options.connect().await?;
    let found: Vec<(String,)> = sqlx::query_as("PRAGMA integrity_check(10)").fetch_all(&mut connection).await?;
    connection.close().await?;
    let lines: Vec<_> = found.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect();
    Ok((!lines.is_empty()).then(|| lines.join("; ")))
}
