//! Who is in a workspace, and what they are there. A workspace always keeps an admin.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Scope, millis,
    statement::{Statement, bind_all},
};
use crate::db::{Db, DbError, on};

/// Somebody in a workspace.
#[derive(Debug, Clone, FromRow)]
pub struct MemberRow {
    /// The person.
    pub user_id: Uuid,
    /// What others see.
    pub name: String,
    /// What they sign in with.
    pub username: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// What they are in the workspace.
    pub role: String,
    /// Whether they are `super_admin` everywhere.
    pub is_super_admin: bool,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Since when they are a member; milliseconds.
    pub joined_at: i64,
    /// When they were last seen anywhere; milliseconds.
    pub seen_at: Option<i64>,
}

const COLUMNS: &str = "SELECT m.user_id, u.name, u.username, u.email, m.role, u.is_super_admin, u.is_active, \
     m.joined_at, u.seen_at FROM members m JOIN users u ON u.id = m.user_id WHERE m.workspace_id = ";

/// The members of a workspace after this one, at most `most`, in the order in which they joined.
pub async fn list(db: &Db, workspace: Uuid, after: Option<(i64, Uuid)>, most: u32) -> Result<Vec<MemberRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.value(workspace);
    if let Some((joined_at, user)) = after {
        statement.push(" AND (m.joined_at, m.user_id) > (").value(joined_at).push(", ").value(user).push(")");
    }
    statement.push(" ORDER BY m.joined_at, m.user_id LIMIT ").value(i64::from(most));
    statement.all(db).await
}

/// One member.
pub async fn get(db: &Db, member: Scope) -> Result<Option<MemberRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.value(member.workspace).push(" AND m.user_id = ").value(member.user);
    statement.first(db).await
}

/// Gives a member another role, and takes back the open invitations of somebody who becomes less. `false`: they are no
/// member, or the last admin.
pub async fn set_role(
    db: &Db,
    member: Scope,
    role: &'static str,
    is_less: bool,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let mut update = Statement::new("UPDATE members SET role = ");
    update.value(role);
    of_member(&mut update, member);
    if role != "admin" {
        another_admin(&mut update, member);
    }
    let also = is_less.then(|| take_back(member, now));
    change(db, member.workspace, update, also.into_iter().collect()).await
}

/// Takes somebody out of a workspace: their sessions and tokens there, and the invitations that they made, are over.
/// `false`: they are no member, or the last admin.
pub async fn remove(db: &Db, member: Scope, by: &'static str, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut delete = Statement::new("DELETE FROM members");
    of_member(&mut delete, member);
    another_admin(&mut delete, member);
    let mut sessions = Statement::new("UPDATE sessions SET ended_at = ");
    sessions.value(millis(now)).push(", ended_by = ").value(by);
    of_member(&mut sessions, member);
    sessions.push(" AND ended_at IS NULL");
    let mut tokens = Statement::new("UPDATE api_tokens SET revoked_at = ");
    tokens.value(millis(now));
    of_member(&mut tokens, member);
    tokens.push(" AND revoked_at IS NULL");
    change(db, member.workspace, delete, vec![sessions, tokens, take_back(member, now)]).await
}

/// Makes somebody who has an account a member, by the invitation with this hash. `false`: it has just been used, or they are
/// a member already.
pub async fn join(db: &Db, member: Scope, role: &str, used: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut insert = Statement::new("INSERT INTO members (workspace_id, user_id, role, joined_at) SELECT ");
    insert.values([member.workspace.into(), member.user.into(), role.into(), millis(now).into()]);
    insert.push(" WHERE EXISTS (SELECT 1 FROM invitations WHERE used_at IS NULL AND revoked_at IS NULL AND hash = ");
    insert.value(used).push(") ON CONFLICT DO NOTHING");
    let mut use_up = Statement::new("UPDATE invitations SET used_at = ");
    use_up.value(millis(now)).push(" WHERE used_at IS NULL AND hash = ").value(used);
    change(db, member.workspace, insert, vec![use_up]).await
}

fn of_member(statement: &mut Statement, member: Scope) {
    statement.push(" WHERE workspace_id = ").value(member.workspace);
    statement.push(" AND user_id = ").value(member.user);
}

/// Unless the member is the last admin.
fn another_admin(statement: &mut Statement, member: Scope) {
    statement
        .push(" AND (role <> 'admin' OR EXISTS (SELECT 1 FROM members o WHERE o.role = 'admin' AND o.workspace_id = ");
    statement.value(member.workspace).push(" AND o.user_id <> ").value(member.user).push("))");
}

/// Takes the open invitations of somebody back.
fn take_back(member: Scope, now: DateTime<Utc>) -> Statement {
    let mut statement = Statement::new("UPDATE invitations SET revoked_at = ");
    statement.value(millis(now)).push(" WHERE used_at IS NULL AND revoked_at IS NULL AND workspace_id = ");
    statement.value(member.workspace).push(" AND invited_by = ").value(member.user);
    statement
}

/// Changes who is in a workspace, one change after the other; then does the rest, unless the change changes nothing.
async fn change(db: &Db, workspace: Uuid, first: Statement, rest: Vec<Statement>) -> Result<bool, DbError> {
    let _timed = db.timed("UPDATE");
    on!(db.write, pool => {
        let mut transaction = pool.begin_with(db.begin).await?;
        // Two admins who take each other's role at the same time must not both succeed.
        sqlx::query("UPDATE workspaces SET name = name WHERE id = $1").bind(workspace).execute(&mut *transaction).await?;
        let (sql, values) = first.into_parts();
        if bind_all!(sqlx::query(sql), values).execute(&mut *transaction).await?.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        for statement in rest {
            let (sql, values) = statement.into_parts();
            bind_all!(sqlx::query(sql), values).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    })
}
