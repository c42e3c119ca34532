//! PostgreSQL: one pool with limits on how long anything may take.

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{Db, DbError, DbOptions, OpenError, Pool, migration_error};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a connection may have been idle and is still used without asking the server whether it is there.
const TRUSTED: Duration = Duration::from_secs(1);
/// Longest wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);
/// A connection is made anew after this time, so that a changed address or replica is found.
const LIFETIME: Duration = Duration::from_mins(30);

pub(super) async fn open(address: &str, options: &DbOptions) -> Result<Db, OpenError> {
    let connect: PgConnectOptions = address.parse().map_err(|error: sqlx::Error| OpenError::BadAddress {
        message: without_address(&error.to_string(), address),
    })?;
    let connect = match connect.get_application_name() {
        Some(_) => connect,
        None => connect.application_name("pake"),
    };
    let connect = connect.disable_statement_logging();
    migrate(&connect).await?;
    let limit = format!("{}ms", options.statement_timeout.as_millis());
    let connect = connect.options([
        ("statement_timeout", limit.as_str()),
        ("lock_timeout", limit.as_str()),
        ("idle_in_transaction_session_timeout", "60s"),
    ]);
    let pool = PgPoolOptions::new()
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
        .connect_lazy_with(connect);
    Ok(Db::of(Pool::Postgres(pool.clone()), Pool::Postgres(pool), "BEGIN"))
}

/// Brings the schema to this version, on a connection of its own: the lock among migrators is the session's, and a
/// migration may take longer than any other statement.
async fn migrate(connect: &PgConnectOptions) -> Result<(), OpenError> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    let attempt = tokio::time::timeout(ACQUIRE, connect.connect()).await;
    let mut connection = attempt.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut)).map_err(DbError::from)?;
    let result = MIGRATIONS.run_direct(None, &mut connection, false).await;
    let _ = connection.close().await;
    result.map_err(|error| migration_error(error, known))
}

/// An address may hold a password, and a parser's message may hold the address.
fn without_address(message: &str, address: &str) -> String {
    message.replace(address, "…")
}
