//! Favourites: searches that retention leaves alone.

use uuid::Uuid;

use super::{Scope, statement::Statement};
use crate::db::{Db, DbError};

/// Makes a search a favourite, or not any more. `false`: there is no such search.
pub async fn set(db: &Db, scope: Scope, search: Uuid, is_favorite: bool) -> Result<bool, DbError> {
    let mut statement = Statement::new(if is_favorite {
        "UPDATE searches SET is_favorite = TRUE WHERE workspace_id = "
    } else {
        "UPDATE searches SET is_favorite = FALSE WHERE workspace_id = "
    });
    statement.value(scope.workspace).push(" AND user_id = ").value(scope.user).push(" AND id = ").value(search);
    Ok(statement.run(db).await? > 0)
}
