//! Tokens for programs.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Scope, millis,
    statement::{Statement, Value},
};
use crate::db::{Db, DbError};

/// A token to be kept.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Names it.
    pub id: Uuid,
    /// Whose it is, and where it is good.
    pub scope: Scope,
    /// What its owner calls it.
    pub name: String,
    /// Hash of its secret.
    pub hash: String,
    /// Names of what it may, separated by spaces.
    pub permissions: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A token as its owner sees it.
#[derive(Debug, Clone, FromRow)]
pub struct TokenRow {
    /// Names it.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// Names of what it may, separated by spaces.
    pub permissions: String,
    /// When it was made; milliseconds.
    pub created_at: i64,
    /// Until when it is good; milliseconds.
    pub expires_at: Option<i64>,
    /// When it was last used, to the minute; milliseconds.
    pub used_at: Option<i64>,
}

/// What is known of a token that was shown.
#[derive(Debug, Clone, FromRow)]
pub struct TokenBearer {
    /// The token.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// Where it is good.
    pub workspace_id: Uuid,
    /// Names of what it may, separated by spaces.
    pub permissions: String,
    /// When it was last used, to the minute; milliseconds.
    pub used_at: Option<i64>,
    /// Its owner's name for signing in.
    pub username: String,
    /// Whether its owner is `super_admin` everywhere.
    pub is_super_admin: bool,
    /// What its owner is in the workspace.
    pub role: Option<String>,
    /// The least role that may invite there.
    pub invites_from: String,
    /// JSON: how much each of its people may ask.
    pub limits: Option<String>,
}

/// Keeps a token.
pub async fn insert(db: &Db, token: &NewToken) -> Result<(), DbError> {
    let mut statement = Statement::new(
        "INSERT INTO api_tokens (id, user_id, workspace_id, name, hash, permissions, created_at, expires_at) VALUES (",
    );
    statement.values([
        token.id.into(),
        token.scope.user.into(),
        token.scope.workspace.into(),
        token.name.as_str().into(),
        token.hash.as_str().into(),
        token.permissions.as_str().into(),
        millis(token.created_at).into(),
        Value::MaybeNumber(token.expires_at.map(millis)),
    ]);
    statement.push(")");
    statement.run(db).await.map(drop)
}

const BEARER: &str = "SELECT t.id, t.user_id, t.workspace_id, t.permissions, t.used_at, u.username, u.is_super_admin, \
     m.role, w.invites_from, w.limits FROM api_tokens t JOIN workspaces w ON w.id = t.workspace_id JOIN users u ON u.id = t.user_id AND u.is_active AND u.username IS NOT NULL \
     AND u.deletion_due_at IS NULL \
     LEFT JOIN members m ON m.user_id = t.user_id AND m.workspace_id = t.workspace_id \
     WHERE t.revoked_at IS NULL AND ";

/// Who a token stands for, as long as it is good and its owner may sign in.
pub async fn bearer(db: &Db, hash: &str, now: DateTime<Utc>) -> Result<Option<TokenBearer>, DbError> {
    let mut statement = Statement::new(BEARER);
    statement.push("t.hash = ").value(hash);
    good(statement, db, now).await
}

/// The same of a token that was seen before.
pub async fn bearer_by_id(db: &Db, id: Uuid, now: DateTime<Utc>) -> Result<Option<TokenBearer>, DbError> {
    let mut statement = Statement::new(BEARER);
    statement.push("t.id = ").value(id);
    good(statement, db, now).await
}

async fn good(mut statement: Statement, db: &Db, now: DateTime<Utc>) -> Result<Option<TokenBearer>, DbError> {
    statement.push(" AND (t.expires_at IS NULL OR t.expires_at > ").value(millis(now)).push(")");
    statement.first(db).await
}

/// Notes that a token was used.
pub async fn used(db: &Db, id: Uuid, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut statement = Statement::new("UPDATE api_tokens SET used_at = ");
    statement.value(millis(now)).push(" WHERE id = ").value(id);
    statement.run(db).await.map(drop)
}

/// The tokens of a person in a workspace that are not taken back, the latest first.
pub async fn list(db: &Db, scope: Scope) -> Result<Vec<TokenRow>, DbError> {
    let mut statement = Statement::new(
        "SELECT id, name, permissions, created_at, expires_at, used_at FROM api_tokens \
         WHERE revoked_at IS NULL AND user_id = ",
    );
    statement.value(scope.user).push(" AND workspace_id = ").value(scope.workspace);
    statement.push(" ORDER BY created_at DESC, id DESC LIMIT 1000");
    statement.all(db).await
}

/// Takes a token back. `false`: there is none.
pub async fn revoke(db: &Db, scope: Scope, id: Uuid, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE api_tokens SET revoked_at = ");
    statement.value(millis(now)).push(" WHERE revoked_at IS NULL AND user_id = ").value(scope.user);
    statement.push(" AND workspace_id = ").value(scope.workspace).push(" AND id = ").value(id);
    Ok(statement.run(db).await? > 0)
}
