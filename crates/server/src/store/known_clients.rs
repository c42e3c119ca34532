//! Devices and networks from which accounts were signed in to. Accounts and clients are hashes.

use chrono::{DateTime, Utc};

use super::{millis, statement::Statement};
use crate::db::{Db, DbError};

/// Which of these clients an account was signed in to from since then.
pub async fn among(db: &Db, account: &str, clients: &[String], since: DateTime<Utc>) -> Result<Vec<String>, DbError> {
    if clients.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::new("SELECT client FROM known_clients WHERE account = ");
    statement.value(account.to_owned()).push(" AND seen_at > ").value(millis(since));
    statement.push(" AND client IN ").list(clients.iter().cloned());
    let rows = statement.all::<(String,)>(db).await?;
    Ok(rows.into_iter().map(|(client,)| client).collect())
}

/// Whether an account was signed in to from anywhere since then.
pub async fn is_any(db: &Db, account: &str, since: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("SELECT client FROM known_clients WHERE account = ");
    statement.value(account.to_owned()).push(" AND seen_at > ").value(millis(since)).push(" LIMIT 1");
    Ok(statement.first::<(String,)>(db).await?.is_some())
}

/// Remembers that an account was signed in to from these clients now, and forgets all but the last `most` of it.
pub async fn remember(
    db: &Db,
    account: &str,
    clients: &[String],
    now: DateTime<Utc>,
    most: u32,
) -> Result<(), DbError> {
    for client in clients {
        let mut statement = Statement::new("INSERT INTO known_clients (account, client, seen_at) VALUES (");
        statement.value(account.to_owned()).push(", ").value(client.clone()).push(", ").value(millis(now));
        statement.push(") ON CONFLICT (account, client) DO UPDATE SET seen_at = excluded.seen_at");
        statement.run(db).await?;
    }
    let mut statement = Statement::new("DELETE FROM known_clients WHERE account = ");
    statement.value(account.to_owned());
    statement.push(" AND client NOT IN (SELECT client FROM known_clients WHERE account = ").value(account.to_owned());
    statement.push(" ORDER BY seen_at DESC, client LIMIT ").value(i64::from(most)).push(")");
    statement.run(db).await.map(drop)
}

/// Forgets all clients of an account.
pub async fn forget_all(db: &Db, account: &str) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM known_clients WHERE account = ");
    statement.value(account.to_owned());
    statement.run(db).await
}

/// Forgets clients that were not seen since then.
pub async fn forget_before(db: &Db, before: DateTime<Utc>) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM known_clients WHERE seen_at < ");
    statement.value(millis(before));
    statement.run(db).await
}
