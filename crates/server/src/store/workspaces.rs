//! Workspaces and their settings.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Scope, millis, removal,
    statement::{Statement, Value, all_if_first},
};
use crate::db::{Db, DbError};

/// A workspace with its settings, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct WorkspaceRow {
    /// Names it.
    pub id: Uuid,
    /// What its people call it.
    pub name: String,
    /// When it was made; milliseconds.
    pub created_at: i64,
    /// JSON: the sources that are asked when nobody names any.
    pub default_sources: Option<String>,
    /// How long searches are kept, in days.
    pub retention_days: Option<i64>,
    /// The least role that may invite.
    pub invites_from: String,
    /// JSON: how much each of its people may ask.
    pub limits: Option<String>,
}

/// A workspace that somebody is a member of.
#[derive(Debug, Clone, FromRow)]
pub struct Membership {
    /// The workspace.
    pub id: Uuid,
    /// What its people call it.
    pub name: String,
    /// What they are in it.
    pub role: String,
    /// Since when; milliseconds.
    pub joined_at: i64,
}

/// The workspaces of a person, in the order in which they joined.
pub async fn of_person(db: &Db, user: Uuid) -> Result<Vec<Membership>, DbError> {
    let mut statement = Statement::new(
        "SELECT w.id, w.name, m.role, m.joined_at FROM members m JOIN workspaces w ON w.id = m.workspace_id \
         WHERE m.user_id = ",
    );
    statement.value(user).push(" ORDER BY m.joined_at, w.id LIMIT 1000");
    statement.all(db).await
}

/// One workspace.
pub async fn get(db: &Db, id: Uuid) -> Result<Option<WorkspaceRow>, DbError> {
    let mut statement = Statement::new(
        "SELECT id, name, created_at, default_sources, retention_days, invites_from, limits FROM workspaces WHERE id = ",
    );
    statement.value(id);
    statement.first(db).await
}

/// Makes a workspace with its first admin.
pub async fn create(db: &Db, scope: Scope, name: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut insert = Statement::new("INSERT INTO workspaces (id, name, created_at) VALUES (");
    insert.values([scope.workspace.into(), name.into(), millis(now).into()]).push(")");
    let mut member = Statement::new("INSERT INTO members (workspace_id, user_id, role, joined_at) VALUES (");
    member.values([scope.workspace.into(), scope.user.into(), "admin".into(), millis(now).into()]).push(")");
    all_if_first(db, vec![insert, member]).await.map(drop)
}

/// Calls it something else. `false`: there is no such workspace.
pub async fn rename(db: &Db, id: Uuid, name: &str) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE workspaces SET name = ");
    statement.value(name).push(" WHERE id = ").value(id);
    Ok(statement.run(db).await? > 0)
}

/// Sets what can be set. `false`: there is no such workspace.
pub async fn set(db: &Db, row: &WorkspaceRow) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE workspaces SET default_sources = ");
    statement.value(row.default_sources.clone()).push(", retention_days = ").value(row.retention_days);
    statement.push(", invites_from = ").value(row.invites_from.as_str());
    statement.push(", limits = ").value(Value::MaybeText(row.limits.clone())).push(" WHERE id = ").value(row.id);
    Ok(statement.run(db).await? > 0)
}

/// Shuts everybody out: no members, sessions, tokens and invitations any more. What is left can be deleted in peace. Gives
/// who was a member or in it.
pub async fn close(db: &Db, id: Uuid) -> Result<Vec<Uuid>, DbError> {
    let mut people = Statement::new("SELECT user_id FROM members WHERE workspace_id = ");
    people.value(id).push(" UNION SELECT user_id FROM sessions WHERE ended_at IS NULL AND workspace_id = ").value(id);
    let people: Vec<(Uuid,)> = people.all(db).await?;
    let of = |sql| {
        let mut statement = Statement::new(sql);
        statement.value(id);
        statement
    };
    let statements = vec![
        of("UPDATE workspaces SET invites_from = 'super_admin' WHERE id = "),
        of("DELETE FROM members WHERE workspace_id = "),
        // Their refresh tokens go with them.
        of("DELETE FROM sessions WHERE workspace_id = "),
        of("DELETE FROM api_tokens WHERE workspace_id = "),
        of("DELETE FROM invitations WHERE workspace_id = "),
    ];
    all_if_first(db, statements).await?;
    Ok(people.into_iter().map(|(user,)| user).collect())
}

/// Makes a workspace that nobody is left in as it was when it was made, without a name that anybody gave it.
pub async fn reset(db: &Db, id: Uuid, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut update = Statement::new(
        "UPDATE workspaces SET name = 'local', default_sources = NULL, retention_days = NULL, invites_from = 'admin', \
         limits = NULL WHERE id = ",
    );
    update.value(id);
    let mut invitations = Statement::new("UPDATE invitations SET revoked_at = ");
    invitations.value(millis(now)).push(" WHERE used_at IS NULL AND revoked_at IS NULL AND purpose = 'invitation'");
    invitations.push(" AND workspace_id = ").value(id);
    all_if_first(db, vec![update, invitations]).await.map(drop)
}

/// Deletes at most [`removal::BATCH`] searches of a workspace that is closed, with their questions and answers; call it until it
/// gives 0.
pub async fn delete_searches(db: &Db, id: Uuid) -> Result<u64, DbError> {
    let mut whose = Statement::new("SELECT user_id FROM searches WHERE workspace_id = ");
    whose.value(id).push(" LIMIT 1");
    match whose.first::<(Uuid,)>(db).await? {
        Some((user,)) => removal::any(db, Scope { workspace: id, user }).await,
        None => Ok(0),
    }
}

/// Deletes a workspace that is closed and has no searches any more. `false`: there is none.
pub async fn delete(db: &Db, id: Uuid) -> Result<bool, DbError> {
    let of = |sql| {
        let mut statement = Statement::new(sql);
        statement.value(id);
        statement
    };
    for sql in [
        "DELETE FROM splits WHERE workspace_id = ",
        "DELETE FROM security_events WHERE workspace_id = ",
        "DELETE FROM queue WHERE workspace_id = ",
        "DELETE FROM request_counts WHERE workspace_id = ",
        "DELETE FROM request_counts WHERE workspace_id = ",
        // Answers and questions that nothing pointed at.
        "DELETE FROM answers WHERE workspace_id = ",
        "DELETE FROM queries WHERE workspace_id = ",
    ] {
        of(sql).run(db).await?;
    }
    Ok(of("DELETE FROM workspaces WHERE id = ").run(db).await? > 0)
}
