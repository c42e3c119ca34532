//! The people of a workspace, or of the whole installation, as those see them who govern.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    millis,
    statement::{Statement, bind_all},
};
use crate::db::{Db, DbError, on};

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PersonRow {
    /// The person.
    pub id: Uuid,
    /// What they sign in with.
    pub username: String,
    /// What others see.
    pub name: String,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// Whether they are `super_admin` everywhere.
    pub is_super_admin: bool,
    /// Whether they may sign in.
    pub is_active: bool,
    /// When the account was made; milliseconds.
    pub created_at: i64,
    /// When they were last seen; milliseconds.
    pub seen_at: Option<i64>,
    /// What they are in the workspace; without one, in the one that they joined first.
    pub role: Option<String>,
}

/// Which people are meant; what is not given does not matter.
#[derive(Debug, Clone, Default)]
pub struct PeopleFilter {
    /// Members of this workspace.
    pub workspace: Option<Uuid>,
    /// With this in their name, their name for signing in or their address.
    pub text: Option<String>,
    /// Who are this there; `super_admin` everywhere.
    pub role: Option<&'static str>,
    /// Who may sign in, or may not.
    pub is_active: Option<bool>,
    /// Who were seen at this time or later.
    pub seen_since: Option<DateTime<Utc>>,
}

/// Everybody in a workspace, or at all, with what they are there.
fn everybody(workspace: Option<Uuid>) -> Statement {
    let mut statement = Statement::new(
        "SELECT u.id, u.username, u.name, u.email, u.is_super_admin, u.is_active, u.created_at, u.seen_at, \
         (SELECT m.role FROM members m WHERE m.user_id = u.id",
    );
    within(&mut statement, "m", workspace);
    statement.push(" ORDER BY m.joined_at, m.workspace_id LIMIT 1) AS role FROM users u WHERE u.username IS NOT NULL");
    if workspace.is_some() {
        statement.push(" AND EXISTS (SELECT 1 FROM members m WHERE m.user_id = u.id");
        within(&mut statement, "m", workspace);
        statement.push(")");
    }
    statement
}

/// Adds that a row belongs to the workspace, when there is one.
fn within(statement: &mut Statement, table: &'static str, workspace: Option<Uuid>) {
    if let Some(workspace) = workspace {
        statement.push(" AND ").push(table).push(".workspace_id = ").value(workspace);
    }
}

/// At most `most` people, in the order of their names for signing in, after this one.
pub async fn list(db: &Db, filter: &PeopleFilter, after: Option<&str>, most: u32) -> Result<Vec<PersonRow>, DbError> {
    let mut statement = everybody(filter.workspace);
    if let Some(text) = &filter.text {
        let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{escaped}%");
        statement.push(" AND (u.username LIKE ").value(pattern.as_str()).push(" ESCAPE '\\' OR u.email LIKE ");
        statement.value(pattern.as_str()).push(" ESCAPE '\\' OR LOWER(u.name) LIKE ").value(pattern);
        statement.push(" ESCAPE '\\')");
    }
    match filter.role {
        None => {}
        Some("super_admin") => {
            statement.push(" AND u.is_super_admin");
        }
        Some(role) => {
            statement.push(" AND NOT u.is_super_admin AND EXISTS (SELECT 1 FROM members m WHERE m.user_id = u.id");
            within(&mut statement, "m", filter.workspace);
            statement.push(" AND m.role = ").value(role).push(")");
        }
    }
    if let Some(is_active) = filter.is_active {
        statement.push(" AND u.is_active = ").value(is_active);
    }
    if let Some(since) = filter.seen_since {
        statement.push(" AND u.seen_at >= ").value(millis(since));
    }
    if let Some(after) = after {
        statement.push(" AND u.username > ").value(after);
    }
    statement.push(" ORDER BY u.username LIMIT ").value(i64::from(most));
    statement.all(db).await
}

/// One person, when they are in the workspace; without one, whoever they are.
pub async fn find(db: &Db, workspace: Option<Uuid>, user: Uuid) -> Result<Option<PersonRow>, DbError> {
    let mut statement = everybody(workspace);
    statement.push(" AND u.id = ").value(user);
    statement.first(db).await
}

/// Whether a person is in another workspace than this one, too.
pub async fn is_elsewhere(db: &Db, workspace: Uuid, user: Uuid) -> Result<bool, DbError> {
    let mut statement = Statement::new("SELECT workspace_id FROM members WHERE user_id = ");
    statement.value(user).push(" AND workspace_id <> ").value(workspace).push(" LIMIT 1");
    Ok(statement.first::<(Uuid,)>(db).await?.is_some())
}

/// How much there is of a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Belongings {
    /// Sessions that have not ended.
    pub sessions: i64,
    /// API tokens that are good.
    pub tokens: i64,
    /// Searches in the history.
    pub searches: i64,
    /// Whether they have a password.
    pub has_password: bool,
    /// Authenticator apps that are confirmed.
    pub authenticators: i64,
    /// Recovery codes that are left.
    pub recovery_codes: i64,
    /// Passkeys.
    pub passkeys: i64,
    /// Accounts of single sign-on.
    pub identities: i64,
}

/// How much there is of a person, in this workspace or everywhere.
pub async fn belongings(
    db: &Db,
    workspace: Option<Uuid>,
    user: Uuid,
    now: DateTime<Utc>,
) -> Result<Belongings, DbError> {
    let mut statement = Statement::new("SELECT (SELECT COUNT(*) FROM sessions s WHERE s.ended_at IS NULL");
    statement.push(" AND s.user_id = u.id AND s.expires_at > ").value(millis(now));
    within(&mut statement, "s", workspace);
    statement.push(") AS sessions, (SELECT COUNT(*) FROM api_tokens t WHERE t.revoked_at IS NULL AND t.user_id = u.id");
    statement.push(" AND (t.expires_at IS NULL OR t.expires_at > ").value(millis(now)).push(")");
    within(&mut statement, "t", workspace);
    // By workspace, so that the primary key is of use.
    statement.push(
        ") AS tokens, (SELECT COUNT(*) FROM workspaces w JOIN searches h ON h.workspace_id = w.id AND h.user_id = u.id \
         WHERE TRUE",
    );
    within(&mut statement, "h", workspace);
    statement.push(
        ") AS searches, u.password_hash IS NOT NULL AS has_password, \
         (SELECT COUNT(*) FROM authenticators a WHERE a.user_id = u.id AND a.confirmed_at IS NOT NULL) AS authenticators, \
         (SELECT COUNT(*) FROM recovery_codes r WHERE r.user_id = u.id AND r.used_at IS NULL) AS recovery_codes, \
         (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = u.id) AS passkeys, \
         (SELECT COUNT(*) FROM identities i WHERE i.user_id = u.id) AS identities FROM users u WHERE u.id = ",
    );
    statement.value(user);
    Ok(statement.first(db).await?.unwrap_or_default())
}

/// Lets a person sign in again. `false`: they may already.
pub async fn activate(db: &Db, user: Uuid) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE users SET is_active = TRUE WHERE NOT is_active AND id = ");
    statement.value(user);
    Ok(statement.run(db).await? > 0)
}

/// Lets a person sign in no more. `false`: they may not already, or nobody would be left who operates the installation.
pub async fn deactivate(db: &Db, user: Uuid) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE users SET is_active = FALSE WHERE is_active AND id = ");
    statement.value(user);
    unless_last(db, statement, user).await
}

/// Gives a person the whole installation. `false`: they operate it already.
pub async fn give_installation_to(db: &Db, user: Uuid) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE users SET is_super_admin = TRUE WHERE NOT is_super_admin AND id = ");
    statement.value(user);
    Ok(statement.run(db).await? > 0)
}

/// Takes the whole installation away from a person. `false`: they do not operate it, or nobody would be left who does.
pub async fn take_installation_from(db: &Db, user: Uuid) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE users SET is_super_admin = FALSE WHERE is_super_admin AND id = ");
    statement.value(user);
    unless_last(db, statement, user).await
}

/// Takes a person's password away: only a link sets a new one.
pub async fn forget_password(db: &Db, user: Uuid) -> Result<(), DbError> {
    let mut statement = Statement::new("UPDATE users SET password_hash = NULL WHERE id = ");
    statement.value(user);
    statement.run(db).await.map(drop)
}

/// Changes a person, unless they are the last one who operates the installation.
async fn unless_last(db: &Db, mut change: Statement, user: Uuid) -> Result<bool, DbError> {
    let _timed = db.timed("UPDATE");
    change.push(" AND (NOT is_super_admin OR EXISTS (SELECT 1 FROM users o WHERE o.is_super_admin AND o.is_active");
    change.push(" AND o.username IS NOT NULL AND o.id <> ").value(user).push("))");
    let (sql, values) = change.into_parts();
    on!(db.write, pool => {
        let mut transaction = pool.begin_with(db.begin).await?;
        // Two who do this to each other at the same time must not both succeed: the second one sees what the first one did.
        sqlx::query("UPDATE users SET is_super_admin = TRUE WHERE is_super_admin").execute(&mut *transaction).await?;
        let changed = bind_all!(sqlx::query(sql), values).execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(changed > 0)
    })
}

/// A session, with whose it is.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TheirSession {
    /// Names it.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// Their name for signing in.
    pub username: String,
    /// Where they are.
    pub workspace_id: Uuid,
    /// How they proved who they are.
    pub method: String,
    /// What they signed in from.
    pub ip: Option<String>,
    /// What they signed in with.
    pub user_agent: Option<String>,
    /// When; milliseconds.
    pub created_at: i64,
    /// When it was last refreshed; milliseconds.
    pub seen_at: i64,
    /// When it ends by itself; milliseconds.
    pub expires_at: i64,
}

/// Which sessions are meant; what is not given does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionFilter {
    /// In this workspace.
    pub workspace: Option<Uuid>,
    /// Of this person.
    pub user: Option<Uuid>,
    /// This one.
    pub id: Option<Uuid>,
}

/// At most `most` sessions that have not ended, the latest first, before the one with this id.
pub async fn sessions(
    db: &Db,
    filter: SessionFilter,
    before: Option<Uuid>,
    most: u32,
    now: DateTime<Utc>,
) -> Result<Vec<TheirSession>, DbError> {
    let mut statement = Statement::new(
        "SELECT s.id, s.user_id, u.username, s.workspace_id, s.method, s.ip, s.user_agent, s.created_at, s.seen_at, \
         s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id AND u.username IS NOT NULL \
         WHERE s.ended_at IS NULL AND s.expires_at > ",
    );
    statement.value(millis(now));
    within(&mut statement, "s", filter.workspace);
    if let Some(user) = filter.user {
        statement.push(" AND s.user_id = ").value(user);
    }
    if let Some(id) = filter.id {
        statement.push(" AND s.id = ").value(id);
    }
    if let Some(before) = before {
        statement.push(" AND s.id < ").value(before);
    }
    statement.push(" ORDER BY s.id DESC LIMIT ").value(i64::from(most));
    statement.all(db).await
}
