//! Which tables there are, in the order in which they can be filled, and what is in their columns.

use std::collections::BTreeSet;

use sqlx::{SqliteConnection, query_as};

use super::cell::Kind;
use crate::db::{Alone, DbError};

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, by name.
    pub(super) columns: Vec<String>,
    /// Which of them name a row, in the order of the key.
    pub(super) key: Vec<usize>,
}

const TABLES: &str = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
     AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '_sqlx_migrations' ORDER BY name";
const COLUMNS: &str = "SELECT name, pk FROM pragma_table_info($1) ORDER BY name";
const PARENTS: &str = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1) WHERE \"table\" <> $1";
const KINDS_OF_SQLITE: &str = "SELECT name, type FROM pragma_table_info($1) ORDER BY name";
const KINDS_OF_POSTGRES: &str = "SELECT CAST(column_name AS TEXT) AS name, CAST(data_type AS TEXT) FROM information_schema.columns \
     WHERE table_schema = current_schema() AND table_name = $1 ORDER BY CAST(column_name AS TEXT) COLLATE \"C\"";
const OTHERS: &str = "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1";

/// The tables of this version, each after those that it refers to; `unused` is a new database.
pub async fn tables(unused: &mut Alone) -> Result<Vec<Table>, DbError> {
    let Alone::Sqlite(connection) = unused else { return Ok(Vec::new()) };
    let names: Vec<(String,)> = query_as(TABLES).fetch_all(&mut *connection).await?;
    let mut waiting = Vec::new();
    for (name,) in names {
        let parents: Vec<(String,)> = query_as(PARENTS).bind(&name).fetch_all(&mut *connection).await?;
        let parents: BTreeSet<String> = parents.into_iter().map(|(parent,)| parent).collect();
        waiting.push((table(connection, name).await?, parents));
    }
    let (mut ordered, mut placed): (Vec<Table>, BTreeSet<String>) = (Vec::new(), BTreeSet::new());
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, parents): &(Table, BTreeSet<String>)| parents.is_subset(&placed));
        // Two that refer to each other would wait for ever; there are none, and the foreign keys would say so.
        let (now, later) = if ready.is_empty() { (rest, Vec::new()) } else { (ready, rest) };
        placed.extend(now.iter().map(|(table, _)| table.name.clone()));
        ordered.extend(now.into_iter().map(|(table, _)| table));
        waiting = later;
    }
    Ok(ordered)
}

async fn table(connection: &mut SqliteConnection, name: String) -> Result<Table, DbError> {
    let columns: Vec<(String, i64)> = query_as(COLUMNS).bind(&name).fetch_all(connection).await?;
    let mut key: Vec<(i64, usize)> =
        columns.iter().enumerate().filter(|(_, (_, place))| *place > 0).map(|(at, (_, place))| (*place, at)).collect();
    key.sort_unstable();
    let columns = columns.into_iter().map(|(column, _)| column).collect();
    Ok(Table { name, columns, key: key.into_iter().map(|(_, at)| at).collect() })
}

/// The columns of a table of this name and what is in them, by name; none where there is no such table.
async fn columns(end: &mut Alone, table: &str) -> Result<Vec<(String, String)>, DbError> {
    Ok(match end {
        Alone::Sqlite(connection) => query_as(KINDS_OF_SQLITE).bind(table).fetch_all(connection).await?,
        Alone::Postgres(connection) => query_as(KINDS_OF_POSTGRES).bind(table).fetch_all(connection).await?,
    })
}

/// What is in the columns of a table; nothing where it is not as this version has it.
pub async fn kinds(end: &mut Alone, table: &Table) -> Result<Option<Vec<Kind>>, DbError> {
    let columns = columns(end, &table.name).await?;
    let is_same = columns.iter().map(|(name, _)| name).eq(&table.columns);
    let kinds: Option<Vec<Kind>> = columns.iter().map(|(_, kind)| Kind::named(kind)).collect();
    Ok(kinds.filter(|_| is_same))
}

/// The tables that there are besides those of PAKE, where none of PAKE's is.
pub async fn foreign(end: &mut Alone) -> Result<Vec<String>, DbError> {
    let names: Vec<(String,)> = match end {
        Alone::Sqlite(connection) => query_as(TABLES).fetch_all(connection).await?,
        Alone::Postgres(connection) => query_as(OTHERS).fetch_all(connection).await?,
    };
    Ok(names.into_iter().map(|(name,)| name).collect())
}
