//! Everything that PostgreSQL holds, as of one moment, in the form of its own `COPY`.

use futures_util::TryStreamExt;
use sqlx::FromRow;

use crate::db::{Db, DbError, Pool};

/// A table, with its name and its columns as SQL writes them.
#[derive(Debug, Clone, FromRow)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, with commas between them.
    pub columns: String,
}

/// What a dump consists of, in this order: each table, and its rows.
#[derive(Debug, Clone, Copy)]
pub enum Piece<'a> {
    /// From here on the rows are of this table.
    Table(&'a Table),
    /// Some of its rows: a line each, in PostgreSQL's text format.
    Rows(&'a [u8]),
}

/// The tables, each after those that it refers to; without the list of migrations, which belongs to the program.
pub(super) const TABLES: &str = "WITH RECURSIVE ours AS (
        SELECT oid, relname FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname <> '_sqlx_migrations'
    ), depths (oid, depth) AS (
        SELECT oid, 0 FROM ours
        UNION
        SELECT c.conrelid, d.depth + 1 FROM pg_constraint c JOIN depths d ON c.confrelid = d.oid
        WHERE c.contype = 'f' AND c.conrelid <> c.confrelid AND d.depth < 30
    ), columns AS (
        SELECT attrelid, string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS names FROM pg_attribute
        WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '' GROUP BY attrelid
    )
    SELECT quote_ident(o.relname) AS name, c.names AS columns
    FROM ours o JOIN columns c ON c.attrelid = o.oid JOIN depths d ON d.oid = o.oid
    GROUP BY o.relname, c.names ORDER BY MAX(d.depth), o.relname";

/// Hands every row of every table over; gives the tables in the order in which they can be filled again. `None`: it is not
/// PostgreSQL.
pub async fn everything<E: From<DbError>>(
    db: &Db,
    mut take: impl FnMut(Piece<'_>) -> Result<(), E>,
) -> Result<Option<Vec<Table>>, E> {
    let Pool::Postgres(pool) = &db.read else { return Ok(None) };
    let failed = |error: sqlx::Error| E::from(DbError::from(error));
    let mut all = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(failed)?;
    // It takes as long as it takes.
    sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *all).await.map_err(failed)?;
    let tables: Vec<Table> = sqlx::query_as(TABLES).fetch_all(&mut *all).await.map_err(failed)?;
    for table in &tables {
        take(Piece::Table(table))?;
        let copy = format!("COPY {} ({}) TO STDOUT", table.name, table.columns);
        let mut rows = all.copy_out_raw(&copy).await.map_err(failed)?;
        while let Some(some) = rows.try_next().await.map_err(failed)? {
            take(Piece::Rows(&some))?;
        }
    }
    all.commit().await.map_err(failed)?;
    Ok(Some(tables))
}
