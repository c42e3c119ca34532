//! Accounts: people who can sign in, and what they are in their workspaces.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Scope,
    identities::{Identity, linking},
    millis,
    statement::{Statement, Value, all_if_first},
};
use crate::db::{Db, DbError};

/// Somebody who can sign in.
#[derive(Debug, Clone, FromRow)]
pub struct Account {
    /// The person.
    pub id: Uuid,
    /// What others see.
    pub name: String,
    /// What they sign in with; folded.
    pub username: String,
    /// Where mail reaches them; folded.
    pub email: Option<String>,
    /// Hash of the password, in PHC form. Without one they sign in another way.
    pub password_hash: Option<String>,
    /// Whether they are `super_admin` everywhere.
    pub is_super_admin: bool,
    /// Whether they may sign in.
    pub is_active: bool,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The person.
    pub id: Uuid,
    /// What others see.
    pub name: String,
    /// What they sign in with; folded.
    pub username: String,
    /// Where mail reaches them; folded.
    pub email: Option<String>,
    /// Hash of the password, in PHC form.
    pub password_hash: Option<String>,
    /// Whether they are `super_admin` everywhere.
    pub is_super_admin: bool,
    /// When it is made.
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "SELECT id, name, username, email, password_hash, is_super_admin, is_active FROM users WHERE ";

/// Whether anybody can sign in.
pub async fn is_any(db: &Db) -> Result<bool, DbError> {
    let statement = Statement::new("SELECT id FROM users WHERE username IS NOT NULL LIMIT 1");
    Ok(statement.first::<(Uuid,)>(db).await?.is_some())
}

/// The account with this name or address, folded.
pub async fn by_login(db: &Db, login: &str) -> Result<Option<Account>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push("username IS NOT NULL AND (username = ").value(login).push(" OR email = ").value(login);
    // A name that is somebody else's address loses: names are what people are told to sign in with.
    statement.push(") ORDER BY CASE WHEN username = ").value(login).push(" THEN 0 ELSE 1 END LIMIT 1");
    statement.first(db).await
}

/// The account of this person.
pub async fn by_id(db: &Db, user: Uuid) -> Result<Option<Account>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push("username IS NOT NULL AND id = ").value(user);
    statement.first(db).await
}

/// The account with this address, folded.
pub async fn by_email(db: &Db, email: &str) -> Result<Option<Account>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push("username IS NOT NULL AND email = ").value(email);
    statement.first(db).await
}

/// What the person is in a workspace; `None`: no member. Without a workspace: in the one that they joined first.
pub async fn membership(db: &Db, user: Uuid, workspace: Option<Uuid>) -> Result<Option<(Uuid, String)>, DbError> {
    let mut statement = Statement::new("SELECT workspace_id, role FROM members WHERE user_id = ");
    statement.value(user);
    if let Some(workspace) = workspace {
        statement.push(" AND workspace_id = ").value(workspace);
    }
    statement.push(" ORDER BY joined_at, workspace_id LIMIT 1");
    statement.first(db).await
}

/// Gives the local person a way to sign in, as the first account. `false`: there is an account already.
pub async fn create_first(db: &Db, account: &NewAccount, used: Option<&str>) -> Result<bool, DbError> {
    let local = Scope::local();
    let mut claim = Statement::new("UPDATE users SET name = ");
    claim.value(account.name.as_str()).push(", username = ").value(account.username.as_str());
    claim.push(", email = ").value(account.email.clone()).push(", password_hash = ");
    claim.value(account.password_hash.clone()).push(", password_changed_at = ").value(millis(account.created_at));
    claim.push(", is_super_admin = TRUE, created_at = ").value(millis(account.created_at));
    claim.push(" WHERE id = ").value(local.user);
    claim.push(" AND NOT EXISTS (SELECT 1 FROM users WHERE username IS NOT NULL)");
    let mut member = Statement::new("UPDATE members SET role = 'admin', joined_at = ");
    member
        .value(millis(account.created_at))
        .push(" WHERE workspace_id = ")
        .value(local.workspace)
        .push(" AND user_id = ")
        .value(local.user);
    let mut statements = vec![claim, member];
    statements.extend(used.map(|hash| use_up(hash, account.created_at)));
    all_if_first(db, statements).await
}

/// Makes an account that is a member of a workspace. `false`: somebody has that name or address already, or the link
/// that allowed it (`used`, its hash) has just been used by somebody else.
pub async fn create(db: &Db, account: &NewAccount, member: (Uuid, &str), used: Option<&str>) -> Result<bool, DbError> {
    let mut statements = creation(account, member, used);
    statements.extend(used.map(|hash| use_up(hash, account.created_at)));
    all_if_first(db, statements).await
}

/// Makes an account for somebody whom a provider of single sign-on means. `false`: somebody has that name or address already.
pub async fn create_for(
    db: &Db,
    account: &NewAccount,
    member: (Uuid, &str),
    identity: Identity<'_>,
) -> Result<bool, DbError> {
    let mut statements = creation(account, member, None);
    statements.push(linking(identity, account.id, account.created_at));
    all_if_first(db, statements).await
}

/// What makes an account and a member.
fn creation(account: &NewAccount, member: (Uuid, &str), used: Option<&str>) -> Vec<Statement> {
    let now = millis(account.created_at);
    let mut insert = Statement::new(
        "INSERT INTO users (id, name, username, email, password_hash, password_changed_at, is_super_admin, created_at) \
         SELECT ",
    );
    insert.values([
        account.id.into(),
        account.name.as_str().into(),
        account.username.as_str().into(),
        Value::MaybeText(account.email.clone()),
        Value::MaybeText(account.password_hash.clone()),
        account.password_hash.as_ref().map(|_| now).into(),
        account.is_super_admin.into(),
        now.into(),
    ]);
    insert.push(" WHERE TRUE");
    if let Some(hash) = used {
        insert
            .push(" AND EXISTS (SELECT 1 FROM invitations WHERE used_at IS NULL AND revoked_at IS NULL AND hash = ")
            .value(hash)
            .push(")");
    }
    insert.push(" ON CONFLICT DO NOTHING");
    vec![insert, join(account.id, member, account.created_at)]
}

/// Makes a person a member.
fn join(user: Uuid, (workspace, role): (Uuid, &str), now: DateTime<Utc>) -> Statement {
    let mut statement = Statement::new("INSERT INTO members (workspace_id, user_id, role, joined_at) VALUES ");
    statement.push("(").value(workspace).push(", ").value(user).push(", ").value(role).push(", ");
    statement.value(millis(now)).push(") ON CONFLICT DO NOTHING");
    statement
}

/// Marks a link as used.
fn use_up(hash: &str, now: DateTime<Utc>) -> Statement {
    let mut statement = Statement::new("UPDATE invitations SET used_at = ");
    statement.value(millis(now)).push(" WHERE used_at IS NULL AND hash = ").value(hash);
    statement
}

/// Sets the password. A link that allowed it (`used`, its hash) is used up: `false` when it was already.
pub async fn set_password(
    db: &Db,
    user: Uuid,
    hash: &str,
    now: DateTime<Utc>,
    used: Option<&str>,
) -> Result<bool, DbError> {
    let mut update = Statement::new("UPDATE users SET password_hash = ");
    update.value(hash).push(", password_changed_at = ").value(millis(now)).push(" WHERE id = ").value(user);
    let mut statements: Vec<_> = used.map(|hash| use_up(hash, now)).into_iter().collect();
    statements.push(update);
    all_if_first(db, statements).await
}

/// Replaces a hash by a stronger one of the same password; nothing happens when the password has changed meanwhile.
pub async fn renew_hash(db: &Db, user: Uuid, old: &str, new: &str) -> Result<(), DbError> {
    let mut statement = Statement::new("UPDATE users SET password_hash = ");
    statement.value(new).push(" WHERE id = ").value(user).push(" AND password_hash = ").value(old);
    statement.run(db).await.map(drop)
}
