//! What a move leaves in its target until it is done: whose it is, and how far each table is. It is written in the same transaction
//! as the rows, so that a move that dies goes on where it was. A database in which it stands is opened by nobody else.

use serde::{Deserialize, Serialize};
use sqlx::{query, query_as};

use super::cell::Cell;
use crate::db::{Alone, DbError, HALF_MOVED};

/// How far a table is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// How many rows are there.
    pub rows: u64,
    /// How many of them had to be written otherwise.
    pub altered: u64,
    /// The key of the last one.
    pub after: Option<Vec<Cell>>,
    /// All of them.
    pub is_whole: bool,
}

const WRITE: &str =
    "INSERT INTO _pake_move (name, said) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET said = excluded.said";
const READ: &str = "SELECT said FROM _pake_move WHERE name = $1";
/// Under which the source stands.
const SOURCE: &str = "";

/// Makes it.
pub async fn make(to: &mut Alone, source: &str) -> Result<(), DbError> {
    to.run("CREATE TABLE _pake_move (name TEXT NOT NULL PRIMARY KEY, said TEXT NOT NULL)").await?;
    write(to, SOURCE, source).await
}

/// Takes it away.
pub async fn unmake(to: &mut Alone) -> Result<(), DbError> {
    to.run("DROP TABLE _pake_move").await
}

/// Whose move has begun here.
pub async fn source(to: &mut Alone) -> Result<Option<String>, DbError> {
    let is_there: (bool,) = match to {
        Alone::Sqlite(connection) => query_as(HALF_MOVED.0).fetch_one(connection).await?,
        Alone::Postgres(connection) => query_as(HALF_MOVED.1).fetch_one(connection).await?,
    };
    if is_there.0 { read(to, SOURCE).await } else { Ok(None) }
}

/// Notes how far a table is.
pub async fn set(to: &mut Alone, table: &str, reached: &Reached) -> Result<(), DbError> {
    write(to, table, &serde_json::to_string(reached).unwrap_or_default()).await
}

/// How far a table is.
pub async fn reached(to: &mut Alone, table: &str) -> Result<Reached, DbError> {
    let said = read(to, table).await?;
    Ok(said.and_then(|said| serde_json::from_str(&said).ok()).unwrap_or_default())
}

async fn write(to: &mut Alone, name: &str, said: &str) -> Result<(), DbError> {
    match to {
        Alone::Sqlite(connection) => query(WRITE).bind(name).bind(said).execute(connection).await.map(drop)?,
        Alone::Postgres(connection) => query(WRITE).bind(name).bind(said).execute(connection).await.map(drop)?,
    }
    Ok(())
}

async fn read(to: &mut Alone, name: &str) -> Result<Option<String>, DbError> {
    let said: Option<(String,)> = match to {
        Alone::Sqlite(connection) => query_as(READ).bind(name).fetch_optional(connection).await?,
        Alone::Postgres(connection) => query_as(READ).bind(name).fetch_optional(connection).await?,
    };
    Ok(said.map(|(said,)| said))
}
