//! Links that are good once: the first account, invitations, passwords set anew. The table is `invitations`.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    millis,
    statement::{Statement, Value},
};
use crate::db::{Db, DbError};

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The first account.
    Setup,
    /// An account in a workspace.
    Invitation,
    /// A password set anew.
    Reset,
}

impl Purpose {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }
}

/// A link to be kept.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Names it.
    pub id: Uuid,
    /// What it is good for.
    pub purpose: Purpose,
    /// Hash of its secret.
    pub hash: String,
    /// The workspace that it leads into.
    pub workspace: Option<Uuid>,
    /// Whose password it sets.
    pub user: Option<Uuid>,
    /// What the new member is.
    pub role: Option<&'static str>,
    /// Whom it was sent to.
    pub email: Option<String>,
    /// Who made it.
    pub invited_by: Option<Uuid>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

/// A link that is still good.
#[derive(Debug, Clone, FromRow)]
pub struct Link {
    /// Names it.
    pub id: Uuid,
    /// What it is good for, as it is stored.
    pub purpose: String,
    /// The workspace that it leads into.
    pub workspace_id: Option<Uuid>,
    /// Whose password it sets.
    pub user_id: Option<Uuid>,
    /// What the new member is.
    pub role: Option<String>,
    /// Whom it was sent to.
    pub email: Option<String>,
    /// When it was made; milliseconds.
    pub created_at: i64,
    /// Until when it is good; milliseconds.
    pub expires_at: i64,
}

const COLUMNS: &str = "SELECT id, purpose, workspace_id, user_id, role, email, created_at, expires_at FROM invitations \
     WHERE used_at IS NULL AND revoked_at IS NULL AND ";

/// Keeps a link.
pub async fn insert(db: &Db, link: &NewLink) -> Result<(), DbError> {
    let mut statement = Statement::new(
        "INSERT INTO invitations (id, purpose, hash, workspace_id, user_id, role, email, invited_by, created_at, \
         expires_at) VALUES (",
    );
    statement.values([
        link.id.into(),
        link.purpose.as_str().into(),
        link.hash.as_str().into(),
        link.workspace.into(),
        link.user.into(),
        Value::MaybeText(link.role.map(str::to_owned)),
        link.email.clone().into(),
        link.invited_by.into(),
        millis(link.created_at).into(),
        millis(link.expires_at).into(),
    ]);
    statement.push(")");
    statement.run(db).await.map(drop)
}

/// The link with this secret, as long as it is good.
pub async fn find(db: &Db, hash: &str, now: DateTime<Utc>) -> Result<Option<Link>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push("expires_at > ").value(millis(now)).push(" AND hash = ").value(hash);
    statement.first(db).await
}

/// The invitations into a workspace that are still good, the latest first.
pub async fn open(db: &Db, workspace: Uuid, now: DateTime<Utc>) -> Result<Vec<Link>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push("purpose = 'invitation' AND workspace_id = ").value(workspace);
    statement.push(" AND expires_at > ").value(millis(now)).push(" ORDER BY created_at DESC, id DESC LIMIT 1000");
    statement.all(db).await
}

/// How many links to a new password a person has that are still good.
pub async fn open_of(db: &Db, user: Uuid, now: DateTime<Utc>) -> Result<i64, DbError> {
    let mut statement =
        Statement::new("SELECT COUNT(*) FROM invitations WHERE used_at IS NULL AND revoked_at IS NULL ");
    statement.push("AND purpose = 'reset' AND user_id = ").value(user).push(" AND expires_at > ").value(millis(now));
    Ok(statement.first::<(i64,)>(db).await?.map_or(0, |(count,)| count))
}

/// Takes an invitation back. `false`: there is none that is still good.
pub async fn revoke(db: &Db, workspace: Uuid, id: Uuid, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE invitations SET revoked_at = ");
    statement.value(millis(now)).push(" WHERE used_at IS NULL AND revoked_at IS NULL AND purpose = 'invitation'");
    statement.push(" AND workspace_id = ").value(workspace).push(" AND id = ").value(id);
    Ok(statement.run(db).await? > 0)
}

/// Forgets links that were over before `before`.
pub async fn forget(db: &Db, before: DateTime<Utc>) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM invitations WHERE expires_at < ");
    statement.value(millis(before));
    statement.run(db).await
}
