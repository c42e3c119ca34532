//! Whose searches there are, and how many of them are old.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Scope, first_id_at, statement::Statement};
use crate::db::{Db, DbError};

/// The next person after `after` (in the order of workspaces and people) who has searches; of all workspaces without one.
pub async fn next_person(db: &Db, workspace: Option<Uuid>, after: Option<Scope>) -> Result<Option<Scope>, DbError> {
    let nobody = Scope { workspace: Uuid::nil(), user: Uuid::nil() };
    let after = after.unwrap_or(nobody);
    // One step in the index for each person, however many searches they have.
    let mut statement = Statement::new("SELECT workspace_id, user_id FROM searches WHERE (workspace_id, user_id) > (");
    statement.value(after.workspace).push(", ").value(after.user).push(")");
    if let Some(workspace) = workspace {
        statement.push(" AND workspace_id = ").value(workspace);
    }
    statement.push(" ORDER BY workspace_id, user_id LIMIT 1");
    let next = statement.first::<(Uuid, Uuid)>(db).await?;
    Ok(next.map(|(workspace, user)| Scope { workspace, user }))
}

/// How many searches of a person were asked before `before` and are not favourites.
pub async fn count_older_than(db: &Db, scope: Scope, before: DateTime<Utc>) -> Result<u64, DbError> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM searches WHERE workspace_id = ");
    statement.value(scope.workspace).push(" AND user_id = ").value(scope.user);
    statement.push(" AND NOT is_favorite AND id < ").value(first_id_at(before));
    Ok(statement.first::<(i64,)>(db).await?.map_or(0, |(count,)| count.try_into().unwrap_or(0)))
}
