//! Whom people are for providers of single sign-on.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{millis, statement::Statement};
use crate::db::{Db, DbError};

/// Whom a provider means.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// What it calls the person; never somebody else.
    pub subject: &'a str,
}

/// The person whom a provider means, when they came before.
pub async fn user(db: &Db, identity: Identity<'_>) -> Result<Option<Uuid>, DbError> {
    let mut statement = Statement::new("SELECT user_id FROM identities WHERE issuer = ");
    statement.value(identity.issuer).push(" AND subject = ").value(identity.subject);
    Ok(statement.first::<(Uuid,)>(db).await?.map(|(user,)| user))
}

/// Notes that a person came from a provider.
pub async fn seen(db: &Db, identity: Identity<'_>, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut statement = Statement::new("UPDATE identities SET seen_at = ");
    statement.value(millis(now)).push(" WHERE issuer = ").value(identity.issuer);
    statement.push(" AND subject = ").value(identity.subject);
    statement.run(db).await.map(drop)
}

/// Whom the provider means, is this person from now on.
pub async fn link(db: &Db, identity: Identity<'_>, user: Uuid, now: DateTime<Utc>) -> Result<(), DbError> {
    linking(identity, user, now).run(db).await.map(drop)
}

/// What [`link`] does, as part of something.
pub(super) fn linking(identity: Identity<'_>, user: Uuid, now: DateTime<Utc>) -> Statement {
    let mut statement =
        Statement::new("INSERT INTO identities (issuer, subject, user_id, created_at, seen_at) VALUES (");
    statement.values([
        identity.issuer.into(),
        identity.subject.into(),
        user.into(),
        millis(now).into(),
        millis(now).into(),
    ]);
    statement.push(") ON CONFLICT DO NOTHING");
    statement
}
