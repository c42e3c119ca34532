//! PostgreSQL: one pool with limits on how long anything may take.
#![expect(clippy::disallowed_methods, reason = "which steps were applied is asked before there is a store")]

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    migrate::{Migrate, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{
    Db, DbError, DbOptions, HALF_MOVED, OpenError, Pool,
    migrations::{self, Kind, RECORDED, Recorded, Step},
};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a connection may have been idle and is still used without asking the server whether it is there.
const TRUSTED: Duration = Duration::from_secs(1);
/// Longest wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);
/// What every connection calls itself, so that another version is seen before something is taken away that it needs.
const PROGRAM: &str = concat!("pake ", env!("CARGO_PKG_VERSION"));
/// Longest wait of a step for a lock: whoever wants the same table waits behind it.
const LOCK_TIMEOUT: &str = "SET lock_timeout = '2s'";
/// A connection is made anew after this time, so that a changed address or replica is found.
const LIFETIME: Duration = Duration::from_mins(30);

pub(super) async fn open(address: &str, options: &DbOptions) -> Result<Db, OpenError> {
    let connect = connect_options(address)?;
    let mut connection = connect_now(&connect).await?;
    let steps = bring(&mut connection, Kind::Expand).await.map(|(steps, _)| steps);
    let half_moved = sqlx::query_scalar(HALF_MOVED.1).fetch_one(&mut connection).await;
    let _ = connection.close().await;
    let steps = steps?;
    if half_moved.map_err(DbError::from)? {
        return Err(OpenError::HalfMoved);
    }
    let pool = pool(connect, options);
    Ok(Db::of(Pool::Postgres(pool.clone()), Pool::Postgres(pool), "BEGIN", &steps))
}

/// A pool of connections that are made when they are wanted.
pub(super) fn lazy(address: &str, options: &DbOptions) -> Result<PgPool, OpenError> {
    Ok(pool(connect_options(address)?, options))
}

fn pool(connect: PgConnectOptions, options: &DbOptions) -> PgPool {
    let limit = format!("{}ms", options.statement_timeout.as_millis());
    let connect = connect.options([
        ("statement_timeout", limit.as_str()),
        ("lock_timeout", limit.as_str()),
        ("idle_in_transaction_session_timeout", "60s"),
        // What is asked here takes milliseconds; to compile it first takes longer than to do it.
        ("jit", "off"),
    ]);
    PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(ACQUIRE)
        .max_lifetime(LIFETIME)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            let trusted = meta.idle_for < TRUSTED;
            Box::pin(async move {
                if !trusted {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(connect)
}

/// Every step and how far it is. Changes nothing.
pub(super) async fn steps(address: &str) -> Result<Vec<Step>, OpenError> {
    let mut connection = connect_now(&connect_options(address)?).await?;
    let there = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let is_there: bool = sqlx::query_scalar(there).fetch_one(&mut connection).await.map_err(DbError::from)?;
    let recorded = if is_there { recorded(&mut connection).await? } else { Vec::new() };
    let _ = connection.close().await;
    migrations::compare(&migrations::read(&MIGRATIONS)?, &recorded)
}

/// Applies the steps of one kind that are due.
pub(super) async fn migrate(address: &str, kind: Kind) -> Result<Vec<Step>, OpenError> {
    let mut connection = connect_now(&connect_options(address)?).await?;
    let applied = bring(&mut connection, kind).await.map(|(_, applied)| applied);
    let _ = connection.close().await;
    applied
}

pub(super) fn connect_options(address: &str) -> Result<PgConnectOptions, OpenError> {
    let connect: PgConnectOptions = address.parse().map_err(|error: sqlx::Error| OpenError::BadAddress {
        message: without_address(&error.to_string(), address),
    })?;
    let connect = match connect.get_application_name() {
        Some(_) => connect,
        None => connect.application_name(PROGRAM),
    };
    Ok(connect.disable_statement_logging())
}

/// A connection of its own: the lock among migrators is the session's, and a step may take longer than any other statement.
pub(super) async fn connect_now(connect: &PgConnectOptions) -> Result<PgConnection, DbError> {
    let attempt = tokio::time::timeout(ACQUIRE, connect.connect()).await;
    attempt.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut)).map_err(DbError::from)
}

/// Applies the steps of one kind that are due, while nobody else does; gives back how far each is then, and those that it applied.
/// The lock goes with the connection.
async fn bring(connection: &mut PgConnection, kind: Kind) -> Result<(Vec<Step>, Vec<Step>), OpenError> {
    let known = migrations::read(&MIGRATIONS)?;
    connection.lock().await.map_err(migrations::from_driver)?;
    migrations::ensure_table(connection).await?;
    let steps = migrations::compare(&known, &recorded(connection).await?)?;
    if kind == Kind::Contract {
        migrations::check_contract(&steps)?;
        others_at_work(connection).await?;
    }
    sqlx::query(LOCK_TIMEOUT).execute(&mut *connection).await.map_err(DbError::from)?;
    let applied = migrations::apply(connection, &known, &steps, kind).await?;
    let steps = migrations::compare(&known, &recorded(connection).await?)?;
    Ok((steps, applied))
}

async fn recorded(connection: &mut PgConnection) -> Result<Vec<Recorded>, DbError> {
    sqlx::query_as(RECORDED).fetch_all(connection).await.map_err(DbError::from)
}

/// Refuses while another version is connected.
async fn others_at_work(connection: &mut PgConnection) -> Result<(), OpenError> {
    let others = "SELECT DISTINCT application_name FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name LIKE 'pake %' AND application_name <> $1 ORDER BY 1";
    let programs: Vec<String> =
        sqlx::query_scalar(others).bind(PROGRAM).fetch_all(connection).await.map_err(DbError::from)?;
    if programs.is_empty() { Ok(()) } else { Err(OpenError::OthersAtWork { programs }) }
}

/// An address may hold a password, and a parser's message may hold the address.
fn without_address(message: &str, address: &str) -> String {
    message.replace(address, "…")
}
