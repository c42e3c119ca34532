//! Mail that is on its way. Letters are sealed.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{millis, statement::Statement};
use crate::db::{Db, DbError};

/// Keeps a letter.
pub async fn insert(db: &Db, id: Uuid, user: Option<Uuid>, letter: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut statement = Statement::new("INSERT INTO outgoing_mails (id, user_id, letter, created_at) VALUES (");
    statement.values([id.into(), user.into(), letter.into(), millis(now).into()]).push(")");
    statement.run(db).await.map(drop)
}

/// A letter, as long as it is not sent.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<String>, DbError> {
    let mut statement = Statement::new("SELECT letter FROM outgoing_mails WHERE id = ");
    statement.value(id);
    Ok(statement.first::<(String,)>(db).await?.map(|(letter,)| letter))
}

/// Puts another letter in its place, which is to somebody.
pub async fn replace(db: &Db, id: Uuid, user: Uuid, letter: &str) -> Result<(), DbError> {
    let mut statement = Statement::new("UPDATE outgoing_mails SET letter = ");
    statement.value(letter).push(", user_id = ").value(user).push(" WHERE id = ").value(id);
    statement.run(db).await.map(drop)
}

/// Forgets a letter.
pub async fn remove(db: &Db, id: Uuid) -> Result<(), DbError> {
    let mut statement = Statement::new("DELETE FROM outgoing_mails WHERE id = ");
    statement.value(id);
    statement.run(db).await.map(drop)
}

/// Forgets letters that are as old as this: nothing will be done about them any more.
pub async fn forget_before(db: &Db, before: DateTime<Utc>) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM outgoing_mails WHERE created_at < ");
    statement.value(millis(before));
    statement.run(db).await
}
