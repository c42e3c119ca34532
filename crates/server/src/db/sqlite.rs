//! SQLite: one writer, several readers, a write-ahead log.

use std::{fs, io, path::Path, time::Duration};

use sqlx::{
    ConnectOptions, Connection as _, SqliteConnection, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Db, DbError, DbOptions, OpenError, Pool, migration_error};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Takes the one writer's place at once; a transaction that reads first and then writes cannot fail half-way.
const BEGIN: &str = "BEGIN IMMEDIATE";
/// A reader that nobody uses gives its thread and its page cache back.
const IDLE: Duration = Duration::from_mins(1);
/// Most bytes of log that stay on disk after a checkpoint.
const LOG_LIMIT: &str = "16777216";

pub(super) async fn open(address: &str, options: &DbOptions) -> Result<Db, OpenError> {
    let connect: SqliteConnectOptions = address.parse().map_err(|error: sqlx::Error| OpenError::BadAddress {
        message: format!("{error}; write sqlite:///path/to/pake.db or sqlite::memory:"),
    })?;
    let connect = connect
        .foreign_keys(true)
        .busy_timeout(options.statement_timeout)
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging();
    if is_memory(address) {
        let pool = one_connection(&connect.shared_cache(false)).await?;
        migrate(&pool).await?;
        return Ok(Db::of(Pool::Sqlite(pool.clone()), Pool::Sqlite(pool), BEGIN));
    }
    let path = connect.get_filename().to_owned();
    open_file(&path, connect, options).await.map_err(|error| match error {
        OpenError::Connect(source) => OpenError::File { path, source },
        other => other,
    })
}

async fn open_file(path: &Path, connect: SqliteConnectOptions, options: &DbOptions) -> Result<Db, OpenError> {
    create(path)?;
    let write = one_connection(
        &connect
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged outlives a power cut; the recorder shares one flush among many rows.
            .synchronous(SqliteSynchronous::Full)
            .pragma("journal_size_limit", LOG_LIMIT)
            .pragma("secure_delete", "FAST")
            .optimize_on_close(true, 400),
    )
    .await?;
    migrate(&write).await?;
    let read = SqlitePoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.statement_timeout)
        .test_before_acquire(false)
        .idle_timeout(IDLE)
        .max_lifetime(None)
        .connect_lazy_with(connect.read_only(true));
    Ok(Db::of(Pool::Sqlite(read), Pool::Sqlite(write), BEGIN))
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

/// Brings the schema to this version. Two processes that start at the same time on a new file do it once: the second
/// waits for the first.
async fn migrate(pool: &SqlitePool) -> Result<(), OpenError> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    let mut transaction = pool.begin_with(BEGIN).await.map_err(DbError::from)?;
    MIGRATIONS.run_direct(None, &mut *transaction, false).await.map_err(|error| migration_error(error, known))?;
    transaction.commit().await.map_err(DbError::from)?;
    Ok(())
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
