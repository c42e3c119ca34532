//! Tags of searches.

use uuid::Uuid;

use super::{Scope, statement::Statement};
use crate::db::{Db, DbError, on};

/// Replaces the tags of a search; repeats do not matter. `false`: there is no such search.
pub async fn set(db: &Db, scope: Scope, search: Uuid, tags: &[String]) -> Result<bool, DbError> {
    let _timed = db.timed("BATCH");
    on!(db.write, pool => {
        let mut transaction = pool.begin_with(db.begin).await?;
        // Changes nothing, but makes whoever sets tags of the same search at the same time wait.
        let found = sqlx::query(
            "UPDATE searches SET is_favorite = is_favorite WHERE workspace_id = $1 AND user_id = $2 AND id = $3",
        )
        .bind(scope.workspace)
        .bind(scope.user)
        .bind(search)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if found == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM tags WHERE workspace_id = $1 AND user_id = $2 AND search_id = $3")
            .bind(scope.workspace)
            .bind(scope.user)
            .bind(search)
            .execute(&mut *transaction)
            .await?;
        for tag in tags {
            sqlx::query(
                "INSERT INTO tags (workspace_id, user_id, search_id, tag) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            )
            .bind(scope.workspace)
            .bind(scope.user)
            .bind(search)
            .bind(tag.as_str())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
    });
    Ok(true)
}

/// All tags of a person with the number of searches that have them, the most used first.
pub async fn all(db: &Db, scope: Scope) -> Result<Vec<(String, i64)>, DbError> {
    let mut statement = Statement::new("SELECT tag, COUNT(*) AS searches FROM tags WHERE workspace_id = ");
    statement.value(scope.workspace).push(" AND user_id = ").value(scope.user);
    statement.push(" GROUP BY tag ORDER BY searches DESC, tag");
    statement.for_replica().all(db).await
}
