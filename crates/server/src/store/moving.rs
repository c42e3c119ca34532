//! All rows of all tables, from one database to another of either kind.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, Row as _, query, query_as};
use uuid::Uuid;

use crate::db::{Alone, DbError, Problem};

mod cell;
pub mod mark;
pub mod shape;

pub use self::{
    cell::{Cell, Kind, Sum},
    shape::Table,
};

/// When the first step was applied, and in how many nanoseconds: no two databases have the same.
const MADE: &str = "SELECT CAST(installed_on AS TEXT) || ' ' || CAST(execution_time AS TEXT) FROM _sqlx_migrations \
     ORDER BY version LIMIT 1";
/// Bytes of rows that are read at once, about.
const BYTES: usize = 4 << 20;
/// Most rows that are read at once: a statement has at most 32,766 parameters, a table no more than 30 columns.
const MOST: usize = 1_000;
/// As many are read first.
const FIRST: usize = 50;

/// The value of a column, whatever kind of database it comes from.
macro_rules! read {
    ($row:expr, $at:expr, $kind:expr) => {{
        let cell = match $kind {
            Kind::Uuid => $row.try_get::<Option<Uuid>, _>($at)?.map(|id| Cell::Bytes(id.as_bytes().to_vec())),
            Kind::Bytes => $row.try_get::<Option<Vec<u8>>, _>($at)?.map(Cell::Bytes),
            Kind::Boolean => $row.try_get::<Option<bool>, _>($at)?.map(|is| Cell::Number(is.into())),
            Kind::Number => $row.try_get::<Option<i64>, _>($at)?.map(Cell::Number),
            Kind::Real => $row.try_get::<Option<f64>, _>($at)?.map(Cell::Real),
            Kind::Text => $row.try_get::<Option<String>, _>($at)?.map(Cell::Text),
        };
        cell.unwrap_or(Cell::Null)
    }};
}

/// Binds a value as the column has it.
macro_rules! bound {
    ($query:expr, $cell:expr, $kind:expr) => {
        match ($cell, $kind) {
            (Cell::Bytes(bytes), Kind::Uuid) => {
                $query.bind(Uuid::from_slice(bytes).map_err(|_| unfit("an id has other than 16 bytes"))?)
            }
            (Cell::Bytes(bytes), Kind::Bytes) => $query.bind(bytes.as_slice()),
            (Cell::Number(number), Kind::Boolean) => $query.bind(*number != 0),
            (Cell::Number(number), Kind::Number) => $query.bind(*number),
            (Cell::Real(number), Kind::Real) => $query.bind(*number),
            (Cell::Text(text), Kind::Text) => $query.bind(text.as_str()),
            (Cell::Null, Kind::Uuid) => $query.bind(None::<Uuid>),
            (Cell::Null, Kind::Bytes) => $query.bind(None::<Vec<u8>>),
            (Cell::Null, Kind::Boolean) => $query.bind(None::<bool>),
            (Cell::Null, Kind::Number) => $query.bind(None::<i64>),
            (Cell::Null, Kind::Real) => $query.bind(None::<f64>),
            (Cell::Null, Kind::Text) => $query.bind(None::<&str>),
            _ => return Err(unfit("a value is of another kind than its column")),
        }
    };
}

fn unfit(why: &str) -> DbError {
    DbError { problem: Problem::Rejected, detail: why.to_owned() }
}

/// What tells one database from all others.
pub async fn name(end: &mut Alone) -> Result<Option<String>, DbError> {
    let made: Option<(String,)> = match end {
        Alone::Sqlite(connection) => query_as(MADE).fetch_optional(connection).await?,
        Alone::Postgres(connection) => query_as(MADE).fetch_optional(connection).await?,
    };
    Ok(made.map(|(made,)| blake3::hash(made.as_bytes()).to_hex().to_string()))
}

/// The rows of a table, in the order of its key, so many at once that they fit into memory.
#[derive(Debug)]
pub struct Reader<'a> {
    table: &'a Table,
    kinds: Vec<Kind>,
    after: Option<Vec<Cell>>,
    limit: usize,
}

impl<'a> Reader<'a> {
    /// Those after a key.
    pub const fn new(table: &'a Table, kinds: Vec<Kind>, after: Option<Vec<Cell>>) -> Self {
        Self { table, kinds, after, limit: FIRST }
    }

    /// The next ones; none at the end.
    pub async fn next(&mut self, from: &mut Alone) -> Result<Vec<Vec<Cell>>, DbError> {
        let Table { name, columns, key } = self.table;
        let key_names = || key.iter().map(|at| columns[*at].as_str());
        let mut sql = format!("SELECT {} FROM \"{name}\"", listed(columns.iter().map(String::as_str)));
        if self.after.is_some() {
            // Writing to a String does not fail.
            let _ = write!(sql, " WHERE ({}) > ({})", listed(key_names()), places(1, key.len()));
        }
        let _ = write!(sql, " ORDER BY {} LIMIT {}", listed(key_names()), self.limit);
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        macro_rules! fetch {
            ($connection:expr) => {{
                let mut query = query(AssertSqlSafe(sql)).persistent(false);
                for (cell, at) in self.after.iter().flatten().zip(key) {
                    query = bound!(query, cell, self.kinds[*at]);
                }
                for row in query.fetch_all($connection).await? {
                    let mut cells = Vec::with_capacity(columns.len());
                    for (at, kind) in self.kinds.iter().enumerate() {
                        cells.push(read!(row, at, kind));
                    }
                    rows.push(cells);
                }
            }};
        }
        match from {
            Alone::Sqlite(connection) => fetch!(connection),
            Alone::Postgres(connection) => fetch!(connection),
        }
        if let Some(last) = rows.last() {
            self.after = Some(key.iter().map(|at| last[*at].clone()).collect());
            let bytes: usize = rows.iter().flatten().map(Cell::size).sum();
            self.limit = (rows.len() * BYTES / bytes.max(1)).clamp(1, (self.limit * 2).min(MOST));
        }
        Ok(rows)
    }

    /// The key of the last one that was read.
    pub fn after(&self) -> Option<&[Cell]> {
        self.after.as_deref()
    }
}

/// Makes rows fit into PostgreSQL; how many values are others then.
pub fn fit(rows: &mut [Vec<Cell>], to: &Alone) -> u64 {
    match to {
        Alone::Sqlite(_) => 0,
        Alone::Postgres(_) => rows.iter_mut().flatten().map(|cell| u64::from(cell.without_nul())).sum(),
    }
}

/// Adds rows to a table.
pub async fn write(to: &mut Alone, table: &Table, kinds: &[Kind], rows: &[Vec<Cell>]) -> Result<(), DbError> {
    let Table { name, columns, .. } = table;
    let mut sql = format!("INSERT INTO \"{name}\" ({}) VALUES ", listed(columns.iter().map(String::as_str)));
    for row in 0..rows.len() {
        let comma = if row > 0 { ", " } else { "" };
        let _ = match to {
            // SQLite looks numbered ones up one after the other.
            Alone::Sqlite(_) => write!(sql, "{comma}({})", vec!["?"; columns.len()].join(", ")),
            Alone::Postgres(_) => write!(sql, "{comma}({})", places(row * columns.len() + 1, columns.len())),
        };
    }
    macro_rules! execute {
        ($connection:expr) => {{
            let mut query = query(AssertSqlSafe(sql)).persistent(false);
            for row in rows {
                for (cell, kind) in row.iter().zip(kinds) {
                    query = bound!(query, cell, *kind);
                }
            }
            query.execute($connection).await?;
        }};
    }
    match to {
        Alone::Sqlite(connection) => execute!(connection),
        Alone::Postgres(connection) => execute!(connection),
    }
    Ok(())
}

/// What a table comes to, when its rows are to fit into `to`.
pub async fn sum(end: &mut Alone, table: &Table, kinds: Vec<Kind>, to: Option<&Alone>) -> Result<Sum, DbError> {
    let mut sum = Sum::default();
    let mut reader = Reader::new(table, kinds, None);
    loop {
        let mut rows = reader.next(end).await?;
        if rows.is_empty() {
            return Ok(sum);
        }
        if let Some(to) = to {
            fit(&mut rows, to);
        }
        for row in &rows {
            sum.add(row);
        }
    }
}

/// How many rows a table has.
pub async fn count(end: &mut Alone, table: &Table) -> Result<u64, DbError> {
    let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM \"{}\"", table.name));
    let (rows,): (i64,) = match end {
        Alone::Sqlite(connection) => query_as(sql).fetch_one(connection).await?,
        Alone::Postgres(connection) => query_as(sql).fetch_one(connection).await?,
    };
    Ok(rows.try_into().unwrap_or(0))
}

/// Takes every row out of these tables, those that others refer to last.
pub async fn empty(to: &mut Alone, tables: &[Table]) -> Result<(), DbError> {
    for table in tables.iter().rev() {
        to.run(format!("DELETE FROM \"{}\"", table.name)).await?;
    }
    Ok(())
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}
