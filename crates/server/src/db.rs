//! The database: SQLite by default, PostgreSQL in production, one SQL text for both.
//!
//! Everything that is read goes through [`Db::read`], everything that is written through [`Db::write`]. SQLite has one
//! writer: its write pool holds one connection and begins with `BEGIN IMMEDIATE`, so that two processes on one file
//! (during a deploy) wait for each other instead of failing half-way; its read pool cannot write. On PostgreSQL both are
//! the same pool. SQL itself lives in `store/`.

use std::{path::PathBuf, time::Duration};

use sqlx::{Connection, PgPool, SqlitePool, migrate::MigrateError};

mod failure;
mod postgres;
mod sqlite;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod timing;

pub use failure::{DbError, Problem};
pub use timing::Timed;

use crate::metrics::{DbLabels, Histograms, db_operations};

/// Compiles one body for each kind of pool: `on!(db.read, pool => sqlx::query("…").fetch_all(pool).await)`.
macro_rules! on {
    ($pool:expr, $p:ident => $body:expr) => {
        match &$pool {
            $crate::db::Pool::Sqlite($p) => $body,
            $crate::db::Pool::Postgres($p) => $body,
        }
    };
}
pub(crate) use on;

/// A pool of connections to one of the two kinds of database.
#[derive(Debug, Clone)]
pub enum Pool {
    /// SQLite.
    Sqlite(SqlitePool),
    /// PostgreSQL.
    Postgres(PgPool),
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    /// For what only reads.
    pub read: Pool,
    /// For what writes.
    pub write: Pool,
    /// How a transaction that writes begins: on SQLite it takes the writer's place at once.
    pub(crate) begin: &'static str,
    operations: Histograms<DbLabels>,
}

/// How the database is used.
#[derive(Debug, Clone, Copy)]
pub struct DbOptions {
    /// Most connections open at once, at least 1. On SQLite: readers; there is always one writer.
    pub max_connections: u32,
    /// Longest time one statement may take. On SQLite: longest wait for another process that writes.
    pub statement_timeout: Duration,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self { max_connections: 10, statement_timeout: Duration::from_secs(10) }
    }
}

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is of a kind that PAKE does not know.
    #[error(
        "unknown kind of database `{scheme}`; write sqlite:///path/to/pake.db, sqlite::memory: or \
         postgres://user:password@host/database"
    )]
    UnknownScheme {
        /// What stands before the first colon; empty when there is none.
        scheme: String,
    },
    /// The address cannot be read.
    #[error("the database's address cannot be read: {message}")]
    BadAddress {
        /// What is wrong with it; without the password.
        message: String,
    },
    /// The database was made by a newer PAKE.
    #[error(
        "the database was made by a newer PAKE: it is at migration {found}, this version knows up to {known}; start that \
         version or a newer one, or restore a backup from before the upgrade"
    )]
    NewerSchema {
        /// The migration that is unknown here.
        found: i64,
        /// The last migration of this version.
        known: i64,
    },
    /// A migration could not be applied, or an applied one is not what it was.
    #[error("the database cannot be brought to this version: {0}")]
    Migration(#[source] MigrateError),
    /// The directory or the file of the database cannot be made.
    #[error("cannot create {}: {source}; choose another data directory or make it writable", path.display())]
    Directory {
        /// What could not be made.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file of the database cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: DbError,
    },
    /// The database does not let us in.
    #[error(transparent)]
    Connect(#[from] DbError),
}

impl Db {
    /// Opens the database at `address`, creates it where that is possible (SQLite) and brings it to this version.
    ///
    /// `sqlite://relative/path`, `sqlite:///absolute/path` and `sqlite::memory:` (gone with the process) or
    /// `postgres://user:password@host:port/database` with the parameters of libpq: `sslmode` (`disable`, `prefer`,
    /// `require`, `verify-ca`, `verify-full`), `sslrootcert`, `sslcert`, `sslkey`, `host` (a directory for a socket),
    /// `options[…]`.
    pub async fn open(address: &str, options: &DbOptions) -> Result<Self, OpenError> {
        let scheme = address.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            "sqlite" => sqlite::open(address, options).await,
            "postgres" | "postgresql" => postgres::open(address, options).await,
            _ => Err(OpenError::UnknownScheme { scheme: scheme.chars().take(40).collect() }),
        }
    }

    /// Two pools, one of them for writing.
    fn of(read: Pool, write: Pool, begin: &'static str) -> Self {
        Self { read, write, begin, operations: db_operations() }
    }

    /// Reports the time of every operation here from now on.
    #[must_use]
    pub fn reporting(self, operations: Histograms<DbLabels>) -> Self {
        Self { operations, ..self }
    }

    /// Times an operation (`SELECT`, `INSERT` …) until the guard is dropped.
    pub fn timed(&self, operation: &'static str) -> Timed<'_> {
        Timed::new(&self.operations, DbLabels { db_system_name: self.system(), db_operation_name: operation })
    }

    /// Its name in OpenTelemetry's registry of database systems.
    const fn system(&self) -> &'static str {
        match self.read {
            Pool::Sqlite(_) => "sqlite",
            Pool::Postgres(_) => "postgresql",
        }
    }

    /// The kind of database: `sqlite` or `postgres`.
    pub const fn kind(&self) -> &'static str {
        match self.read {
            Pool::Sqlite(_) => "sqlite",
            Pool::Postgres(_) => "postgres",
        }
    }

    /// Asks the database whether it is there: what `/health` shows.
    pub async fn ping(&self) -> Result<(), DbError> {
        on!(self.read, pool => pool.acquire().await?.ping().await?);
        on!(self.write, pool => pool.acquire().await?.ping().await?);
        Ok(())
    }

    /// Closes every connection once it is free. SQLite folds its log into the file.
    pub async fn close(&self) {
        on!(self.read, pool => pool.close().await);
        on!(self.write, pool => pool.close().await);
    }
}

/// Tells an unknown migration from a failed one.
fn migration_error(error: MigrateError, known: i64) -> OpenError {
    match error {
        MigrateError::VersionMissing(found) if found > known => OpenError::NewerSchema { found, known },
        MigrateError::Execute(error) => OpenError::Connect(error.into()),
        other => OpenError::Migration(other),
    }
}
