//! One connection that has a database for itself: for moving all that is in it.
#![expect(clippy::disallowed_methods, reason = "who else is there is asked before there is a store")]

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteLockingMode},
};

use tokio::time::{Instant, sleep};

use super::{Db, DbError, DbOptions, Engine, OpenError, Pool, Problem, postgres, sqlite};

/// How long is waited for a SQLite file that somebody else has.
const WAIT: Duration = Duration::from_secs(1);
/// PostgreSQL knows of somebody who has just ended for so long.
const LEAVING: Duration = Duration::from_secs(3);
/// Between two looks whether they are gone.
const LOOK: Duration = Duration::from_millis(50);
/// Two who move at once take turns by this.
const TURN: &str = "SELECT pg_try_advisory_lock(8390880602276164965)";
const OTHERS: &str = "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database() \
     AND application_name LIKE 'pake %' AND pid <> pg_backend_pid() ORDER BY 1";

/// One connection.
#[derive(Debug)]
pub enum Alone {
    /// To a file of SQLite.
    Sqlite(SqliteConnection),
    /// To PostgreSQL.
    Postgres(PgConnection),
}

impl Alone {
    /// Opens the database at `address`, which must be there. A server that has it open is an error, unless it is only to be read as it
    /// is now, `beside_others`.
    pub async fn open(address: &str, beside_others: bool) -> Result<Self, OpenError> {
        match Engine::of(address)? {
            Engine::Sqlite => {
                let connect =
                    sqlite::connect_options(address, &DbOptions { statement_timeout: WAIT, ..DbOptions::default() })?;
                let path = connect.get_filename().to_owned();
                let opened = Self::sqlite(connect, beside_others).await;
                opened.map_err(|error| match error.problem {
                    Problem::Busy => {
                        OpenError::InUse { programs: vec![format!("another program has {}", path.display())] }
                    }
                    _ => OpenError::File { path, source: error },
                })
            }
            Engine::Postgres => Self::postgres(address, beside_others).await,
        }
    }

    async fn sqlite(connect: SqliteConnectOptions, beside_others: bool) -> Result<Self, DbError> {
        let connect = if beside_others {
            connect.read_only(true)
        } else {
            // The kernel knows of everybody who has the file open, whether they do anything or not.
            connect.locking_mode(SqliteLockingMode::Exclusive)
        };
        let mut connection = connect.connect().await?;
        sqlx::query("SELECT COUNT(*) FROM sqlite_schema").execute(&mut connection).await?;
        Ok(Self::Sqlite(connection))
    }

    async fn postgres(address: &str, beside_others: bool) -> Result<Self, OpenError> {
        let mut connection = postgres::connect_now(&postgres::connect_options(address)?).await?;
        if !beside_others {
            let is_ours: bool = sqlx::query_scalar(TURN).fetch_one(&mut connection).await.map_err(DbError::from)?;
            let until = Instant::now() + LEAVING;
            let mut programs: Vec<String> = loop {
                let programs: Vec<String> =
                    sqlx::query_scalar(OTHERS).fetch_all(&mut connection).await.map_err(DbError::from)?;
                if programs.is_empty() || Instant::now() > until {
                    break programs;
                }
                sleep(LOOK).await;
            };
            if !is_ours && programs.is_empty() {
                programs.push("another move".to_owned());
            }
            if !programs.is_empty() {
                return Err(OpenError::InUse { programs });
            }
        }
        Ok(Self::Postgres(connection))
    }

    /// A new database of this version in memory: how every other one looks before anybody has used it.
    pub async fn unused() -> Result<Self, OpenError> {
        let db = Db::open("sqlite::memory:", &DbOptions::default()).await?;
        match db.write {
            Pool::Sqlite(pool) => Ok(Self::Sqlite(pool.acquire().await.map_err(DbError::from)?.detach())),
            Pool::Postgres(_) => Err(OpenError::UnknownScheme { scheme: "memory".to_owned() }),
        }
    }

    /// From now on it is read as it is at this moment, whatever others write.
    pub async fn hold(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(_) => self.run("BEGIN").await,
            Self::Postgres(_) => self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await,
        }
    }

    /// Runs a statement that gives nothing back.
    pub async fn run(&mut self, sql: impl Into<String> + Send) -> Result<(), DbError> {
        let statement = sqlx::raw_sql(AssertSqlSafe(sql.into()));
        match self {
            Self::Sqlite(connection) => statement.execute(connection).await.map(drop)?,
            Self::Postgres(connection) => statement.execute(connection).await.map(drop)?,
        }
        Ok(())
    }

    /// Ends it in good order.
    pub async fn close(self) {
        // Whoever opens it next does not need to know how it went.
        let _ = match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        };
    }
}
