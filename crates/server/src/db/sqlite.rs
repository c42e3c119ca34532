//! SQLite: one writer, several readers, a write-ahead log.
#![expect(clippy::disallowed_methods, reason = "which steps were applied is asked before there is a store")]

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, Connection as _, SqliteConnection, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    Db, DbError, DbOptions, HALF_MOVED, OpenError, Pool, Problem,
    migrations::{self, Kind, RECORDED, Recorded, Step},
};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Takes the one writer's place at once; a transaction that reads first and then writes cannot fail half-way.
const BEGIN: &str = "BEGIN IMMEDIATE";
/// A reader that nobody uses gives its thread and its page cache back.
const IDLE: Duration = Duration::from_mins(1);
/// Between two looks whether another process has let go of a new file.
const PAUSE: Duration = Duration::from_millis(5);
/// Of a new database: an answer (some 40 KB) in half as many steps as with SQLite's 4096, a fifth less CPU to write a search.
const PAGE: u32 = 8192;
/// Most bytes of log that stay on disk after a checkpoint.
const LOG_LIMIT: &str = "16777216";

pub(super) async fn open(address: &str, options: &DbOptions) -> Result<Db, OpenError> {
    let connect = connect_options(address, options)?;
    if is_memory(address) {
        let pool = one_connection(&connect.shared_cache(false)).await?;
        let (steps, _) = bring(&pool, Kind::Expand).await?;
        return Ok(Db::of(Pool::Sqlite(pool.clone()), Pool::Sqlite(pool), BEGIN, &steps));
    }
    let path = connect.get_filename().to_owned();
    open_file(&path, connect, options).await.map_err(|error| of_file(path, error))
}

/// Every step and how far it is. Changes nothing, and makes no file.
pub(super) async fn steps(address: &str) -> Result<Vec<Step>, OpenError> {
    let known = migrations::read(&MIGRATIONS)?;
    let connect = connect_options(address, &DbOptions::default())?;
    let path = connect.get_filename().to_owned();
    if is_memory(address) || !path.exists() {
        return migrations::compare(&known, &[]);
    }
    let recorded = async {
        let mut connection = connect.read_only(true).connect().await?;
        let there = "SELECT COUNT(*) > 0 FROM sqlite_schema WHERE name = '_sqlx_migrations'";
        let is_there: bool = sqlx::query_scalar(there).fetch_one(&mut connection).await?;
        let rows = if is_there { sqlx::query_as(RECORDED).fetch_all(&mut connection).await? } else { Vec::new() };
        connection.close().await?;
        Ok::<Vec<Recorded>, sqlx::Error>(rows)
    };
    let recorded = recorded.await.map_err(|error| OpenError::File { path, source: error.into() })?;
    migrations::compare(&known, &recorded)
}

/// Applies the steps of one kind that are due.
pub(super) async fn migrate(address: &str, kind: Kind) -> Result<Vec<Step>, OpenError> {
    let connect = connect_options(address, &DbOptions::default())?;
    let path = connect.get_filename().to_owned();
    let applied = async {
        let write = if is_memory(address) {
            one_connection(&connect).await?
        } else {
            writer(&path, &connect, &DbOptions::default()).await?
        };
        let applied = bring(&write, kind).await.map(|(_, applied)| applied);
        write.close().await;
        applied
    };
    applied.await.map_err(|error| of_file(path.clone(), error))
}

pub(super) fn connect_options(address: &str, options: &DbOptions) -> Result<SqliteConnectOptions, OpenError> {
    let connect: SqliteConnectOptions = address.parse().map_err(|error: sqlx::Error| OpenError::BadAddress {
        message: format!("{error}; write sqlite:///path/to/pake.db or sqlite::memory:"),
    })?;
    Ok(connect
        .foreign_keys(true)
        .busy_timeout(options.statement_timeout)
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging())
}

/// An error of the database is one of its file.
fn of_file(path: PathBuf, error: OpenError) -> OpenError {
    match error {
        OpenError::Connect(source) => OpenError::File { path, source },
        other => other,
    }
}

async fn open_file(path: &Path, connect: SqliteConnectOptions, options: &DbOptions) -> Result<Db, OpenError> {
    let write = writer(path, &connect, options).await?;
    let (steps, _) = bring(&write, Kind::Expand).await?;
    if sqlx::query_scalar(HALF_MOVED.0).fetch_one(&write).await.map_err(DbError::from)? {
        return Err(OpenError::HalfMoved);
    }
    // What was read for that is not read again soon.
    sqlx::query("PRAGMA shrink_memory").execute(&write).await.map_err(DbError::from)?;
    let read = SqlitePoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.statement_timeout)
        .test_before_acquire(false)
        .idle_timeout(IDLE)
        .max_lifetime(None)
        .connect_lazy_with(connect.read_only(true));
    Ok(Db::of(Pool::Sqlite(read), Pool::Sqlite(write), BEGIN, &steps))
}

/// The one that writes; makes the file where it is not there.
async fn writer(path: &Path, connect: &SqliteConnectOptions, options: &DbOptions) -> Result<SqlitePool, OpenError> {
    create(path)?;
    let connect = connect
        .clone()
        .create_if_missing(true)
        .page_size(PAGE)
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged outlives a power cut; the recorder shares one flush among many rows.
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", LOG_LIMIT)
        .pragma("secure_delete", "FAST")
        .optimize_on_close(true, 400);
    let until = Instant::now() + options.statement_timeout;
    loop {
        match one_connection(&connect).await {
            // The first to switch to a log needs the file alone; SQLite does not wait for others who want the same.
            Err(error) if error.problem == Problem::Busy && Instant::now() < until => tokio::time::sleep(PAUSE).await,
            connected => return Ok(connected?),
        }
    }
}

fn is_memory(address: &str) -> bool {
    let rest = address.trim_start_matches("sqlite:").trim_start_matches("//");
    rest.starts_with(":memory:") || address.contains("mode=memory")
}

/// A pool of one connection that is never given up: in memory, it is the database.
async fn one_connection(connect: &SqliteConnectOptions) -> Result<SqlitePool, DbError> {
    let pool = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(is_at_rest(connection)))
        .idle_timeout(None)
        .max_lifetime(None);
    Ok(pool.connect_with(connect.clone()).await?)
}

/// Whether no transaction is left open. SQLite ends one by itself when the disk is full, and sqlx then believes in it for ever:
/// such a connection is given up, or nothing would be written until the next start.
async fn is_at_rest(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    if connection.is_in_transaction() {
        // The end of one that was dropped may still be on its way.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Applies the steps of one kind that are due; gives back how far each is then, and those that it applied. Two processes that start
/// at the same time on a new file do it once: the second waits for the first.
async fn bring(pool: &SqlitePool, kind: Kind) -> Result<(Vec<Step>, Vec<Step>), OpenError> {
    let known = migrations::read(&MIGRATIONS)?;
    let mut transaction = pool.begin_with(BEGIN).await.map_err(DbError::from)?;
    migrations::ensure_table(&mut *transaction).await?;
    let steps = migrations::compare(&known, &recorded(&mut transaction).await?)?;
    if kind == Kind::Contract {
        migrations::check_contract(&steps)?;
    }
    let applied = migrations::apply(&mut *transaction, &known, &steps, kind).await?;
    let steps = migrations::compare(&known, &recorded(&mut transaction).await?)?;
    transaction.commit().await.map_err(DbError::from)?;
    Ok((steps, applied))
}

async fn recorded(connection: &mut SqliteConnection) -> Result<Vec<Recorded>, DbError> {
    sqlx::query_as(RECORDED).fetch_all(connection).await.map_err(DbError::from)
}

/// Makes the directory (for its owner alone) and an empty file, where they are not there.
fn create(path: &Path) -> Result<(), OpenError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(directory) = directory {
        create_directory(directory).map_err(|source| OpenError::Directory { path: directory.to_owned(), source })?;
    }
    match create_file(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(OpenError::Directory { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn create_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// The log beside the file gets the file's permissions from SQLite.
fn create_file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}
