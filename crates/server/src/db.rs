//! The database: SQLite by default, PostgreSQL in production, one SQL text for both.
//!
//! Everything that is read goes through [`Db::read`], everything that is written through [`Db::write`]. SQLite has one
//! writer: its write pool holds one connection and begins with `BEGIN IMMEDIATE`, so that two processes on one file
//! (during a deploy) wait for each other instead of failing half-way; its read pool cannot write. On PostgreSQL both are
//! the same pool, and lists and numbers may come from a [`Replica`]. SQL itself lives in `store/`.

use std::{path::PathBuf, time::Duration};

use sqlx::{Connection, PgPool, SqlitePool, migrate::MigrateError};

mod alone;
mod failure;
pub mod migrations;
mod postgres;
mod replica;
mod sqlite;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod timing;

pub use alone::Alone;
pub use failure::{DbError, Problem};
pub use replica::{Replica, Standing};
pub use timing::Timed;

use self::migrations::{Kind, Step};
use crate::metrics::{DbLabels, Histograms, ReplicaGauges, db_operations};

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

/// Whether a move into this database has not ended: for SQLite, and for PostgreSQL.
pub(crate) const HALF_MOVED: (&str, &str) = (
    "SELECT COUNT(*) > 0 FROM sqlite_schema WHERE name = '_pake_move'",
    "SELECT to_regclass('_pake_move') IS NOT NULL",
);

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    /// For what only reads.
    pub read: Pool,
    /// For what writes.
    pub write: Pool,
    /// For lists and numbers, where there is one.
    pub replica: Option<Replica>,
    /// How a transaction that writes begins: on SQLite it takes the writer's place at once.
    pub(crate) begin: &'static str,
    /// How many steps wait that take away what no version needs any more.
    pub contract_due: usize,
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
    /// A step of this version is written wrongly: our fault.
    #[error("migration {version} is no step that can be applied: {reason}; report this as an error of PAKE")]
    BadStep {
        /// Its number.
        version: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// A step could not be applied. What was applied before it stays; the next start goes on with it.
    #[error("migration {version} could not be applied and has changed nothing: {source}")]
    Step {
        /// Its number.
        version: i64,
        /// Why.
        source: DbError,
    },
    /// PostgreSQL does not let us have the extensions that a step needs.
    #[error(
        "migration {version} has changed nothing: it needs extensions of PostgreSQL in the schema `public` ({detail}); let PAKE's user \
         create in the database (GRANT CREATE ON DATABASE), or whoever administers it say in it, once: CREATE EXTENSION IF NOT \
         EXISTS pg_trgm SCHEMA public; CREATE EXTENSION IF NOT EXISTS btree_gin SCHEMA public; (docs/production.md)"
    )]
    Extensions {
        /// Its number.
        version: i64,
        /// What PostgreSQL says.
        detail: String,
    },
    /// Steps that only add are applied before those that take away.
    #[error("{due} steps that only add are due first: `pake migrate expand`")]
    ExpandFirst {
        /// How many.
        due: usize,
    },
    /// Another version is at work that may need what would be taken away.
    #[error(
        "{} is connected to the database and may need what would be taken away: stop it, or wait for the end of its deployment",
        programs.join(" and ")
    )]
    OthersAtWork {
        /// What they call themselves.
        programs: Vec<String>,
    },
    /// Somebody else has it open.
    #[error("{}: stop it first; what it writes meanwhile would not be moved", programs.join(" and "))]
    InUse {
        /// Who.
        programs: Vec<String>,
    },
    /// A move into it has not ended.
    #[error("a move into this database has not ended: go on with the same `pake move`, or begin again with --anew")]
    HalfMoved,
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
    /// Opens the database at `address`, creates it where that is possible (SQLite) and brings it to this version, without
    /// taking away what an older one may need ([`migrations`]).
    ///
    /// `sqlite://relative/path`, `sqlite:///absolute/path` and `sqlite::memory:` (gone with the process) or
    /// `postgres://user:password@host:port/database` with the parameters of libpq: `sslmode` (`disable`, `prefer`,
    /// `require`, `verify-ca`, `verify-full`), `sslrootcert`, `sslcert`, `sslkey`, `host` (a directory for a socket),
    /// `options[…]`.
    pub async fn open(address: &str, options: &DbOptions) -> Result<Self, OpenError> {
        match Engine::of(address)? {
            Engine::Sqlite => sqlite::open(address, options).await,
            Engine::Postgres => postgres::open(address, options).await,
        }
    }

    /// Every step of this version and how far it is in the database at `address`, which is not changed.
    pub async fn steps(address: &str) -> Result<Vec<Step>, OpenError> {
        match Engine::of(address)? {
            Engine::Sqlite => sqlite::steps(address).await,
            Engine::Postgres => postgres::steps(address).await,
        }
    }

    /// Applies the steps of one kind that are due in the database at `address`; gives back those that it applied.
    pub async fn migrate(address: &str, kind: Kind) -> Result<Vec<Step>, OpenError> {
        match Engine::of(address)? {
            Engine::Sqlite => sqlite::migrate(address, kind).await,
            Engine::Postgres => postgres::migrate(address, kind).await,
        }
    }

    /// Two pools, one of them for writing.
    fn of(read: Pool, write: Pool, begin: &'static str, steps: &[Step]) -> Self {
        let contract_due = migrations::due(steps, Kind::Contract);
        Self { read, write, replica: None, begin, contract_due, operations: db_operations() }
    }

    /// Reads lists and numbers from the replica at `address` from now on, as long as it is at most `max_lag` behind. It need not be
    /// there yet.
    pub fn with_replica(self, address: &str, options: &DbOptions, max_lag: Duration) -> Result<Self, OpenError> {
        let replica = Replica::new(postgres::lazy(address, options)?, max_lag);
        Ok(Self { replica: Some(replica), ..self })
    }

    /// The replica as a database of its own, for questions about itself.
    pub fn of_replica(&self) -> Option<Self> {
        let pool = Pool::Postgres(self.replica.as_ref()?.pool.clone());
        Some(Self { read: pool.clone(), write: pool, replica: None, ..self.clone() })
    }

    /// Reports the time of every operation here from now on.
    #[must_use]
    pub fn reporting(self, operations: Histograms<DbLabels>, gauges: ReplicaGauges) -> Self {
        let replica = self.replica.map(|replica| replica.reporting(gauges));
        Self { replica, operations, ..self }
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
        if let Some(replica) = &self.replica {
            replica.pool.close().await;
        }
    }
}

/// The kinds of databases, by how their address begins.
enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    fn of(address: &str) -> Result<Self, OpenError> {
        match address.split_once(':').map_or("", |(scheme, _)| scheme) {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" | "postgresql" => Ok(Self::Postgres),
            scheme => Err(OpenError::UnknownScheme { scheme: scheme.chars().take(40).collect() }),
        }
    }
}
