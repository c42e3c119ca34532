//! Everything that is stored about one person, and its end.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Scope, millis, removal,
    statement::{Statement, all_if_first},
};
use crate::db::{Db, DbError};

/// Asks for a person's account to be deleted at a time, and takes their tokens back; `false`: that was asked for before.
pub async fn ask(db: &Db, user: Uuid, now: DateTime<Utc>, due: DateTime<Utc>) -> Result<bool, DbError> {
    let mut update = Statement::new("UPDATE users SET deletion_asked_at = ");
    update.value(millis(now)).push(", deletion_due_at = ").value(millis(due));
    update.push(" WHERE deletion_due_at IS NULL AND id = ").value(user);
    let mut tokens = Statement::new("UPDATE api_tokens SET revoked_at = ");
    tokens.value(millis(now)).push(" WHERE revoked_at IS NULL AND user_id = ").value(user);
    let mut invitations = Statement::new("UPDATE invitations SET revoked_at = ");
    invitations.value(millis(now)).push(" WHERE used_at IS NULL AND revoked_at IS NULL AND invited_by = ").value(user);
    all_if_first(db, vec![update, tokens, invitations]).await
}

/// Lets an account be after all; `false`: nobody had asked for its deletion.
pub async fn cancel(db: &Db, user: Uuid) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE users SET deletion_asked_at = NULL, deletion_due_at = NULL WHERE ");
    statement.push("deletion_due_at IS NOT NULL AND id = ").value(user);
    Ok(statement.run(db).await? > 0)
}

/// When the account of a person is deleted, where that was asked for; milliseconds.
pub async fn due_at(db: &Db, user: Uuid) -> Result<Option<i64>, DbError> {
    let mut statement = Statement::new("SELECT deletion_due_at FROM users WHERE deletion_due_at IS NOT NULL AND id = ");
    statement.value(user);
    Ok(statement.first::<(i64,)>(db).await?.map(|(due,)| due))
}

/// Whose accounts are to be deleted by now; at most `most`.
pub async fn due(db: &Db, now: DateTime<Utc>, most: u32) -> Result<Vec<Uuid>, DbError> {
    let mut statement = Statement::new("SELECT id FROM users WHERE deletion_due_at <= ");
    statement.value(millis(now)).push(" ORDER BY deletion_due_at LIMIT ").value(i64::from(most));
    let due: Vec<(Uuid,)> = statement.all(db).await?;
    Ok(due.into_iter().map(|(user,)| user).collect())
}

/// Workspaces of a person, each with whether they are its last admin and how many others are in it.
pub async fn left_behind(db: &Db, user: Uuid) -> Result<Vec<(Uuid, String, i64, i64)>, DbError> {
    let mut statement = Statement::new(
        "SELECT w.id, w.name, \
         (SELECT COUNT(*) FROM members o WHERE o.workspace_id = w.id AND o.user_id <> m.user_id AND o.role = 'admin'), \
         (SELECT COUNT(*) FROM members o WHERE o.workspace_id = w.id AND o.user_id <> m.user_id) \
         FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE m.user_id = ",
    );
    statement.value(user).push(" ORDER BY w.id");
    statement.all(db).await
}

/// The names under which answers to what a person asked are kept in caches.
pub async fn cache_keys(db: &Db, user: Uuid, most: u32) -> Result<Vec<String>, DbError> {
    let mut statement = Statement::new(
        "SELECT DISTINCT a.key FROM searches s \
         JOIN answers a ON a.workspace_id = s.workspace_id AND a.id = s.answer_id WHERE s.user_id = ",
    );
    statement.value(user).push(" LIMIT ").value(i64::from(most));
    let keys: Vec<(String,)> = statement.all(db).await?;
    Ok(keys.into_iter().map(|(key,)| key).collect())
}

/// Deletes at most [`removal::BATCH`] searches of a person, wherever they were, with the questions and answers that nothing
/// else points at; call it until it gives 0.
pub async fn searches(db: &Db, user: Uuid) -> Result<u64, DbError> {
    let mut one = Statement::new("SELECT workspace_id FROM searches WHERE user_id = ");
    one.value(user).push(" LIMIT 1");
    match one.first::<(Uuid,)>(db).await? {
        Some((workspace,)) => removal::any(db, Scope { workspace, user }).await,
        None => Ok(0),
    }
}

/// Deletes everything else, and last the person. The row of the local person stays, without anything in it: it belongs to
/// whoever comes to this machine when there are no accounts.
pub async fn person(db: &Db, user: Uuid, email: Option<&str>) -> Result<(), DbError> {
    let of = |sql| {
        let mut statement = Statement::new(sql);
        statement.value(user);
        statement
    };
    let mut statements = vec![
        of("UPDATE users SET name = 'deleted', username = NULL, email = NULL, password_hash = NULL, \
            password_changed_at = NULL, is_super_admin = FALSE, seen_at = NULL, deletion_asked_at = NULL, \
            deletion_due_at = NULL, created_at = 0, is_active = TRUE WHERE id = "),
        // Their refresh tokens go with them.
        of("DELETE FROM sessions WHERE user_id = "),
        of("DELETE FROM api_tokens WHERE user_id = "),
        of("DELETE FROM invitations WHERE user_id = "),
        of("DELETE FROM invitations WHERE invited_by = "),
        of("DELETE FROM splits WHERE user_id = "),
        of("DELETE FROM preferences WHERE user_id = "),
        of("DELETE FROM exports WHERE user_id = "),
        of("DELETE FROM authenticators WHERE user_id = "),
        of("DELETE FROM recovery_codes WHERE user_id = "),
        of("DELETE FROM passkeys WHERE user_id = "),
        of("DELETE FROM identities WHERE user_id = "),
        of("DELETE FROM sign_in_steps WHERE user_id = "),
        of("DELETE FROM security_events WHERE user_id = "),
        of("DELETE FROM queue WHERE user_id = "),
        of("DELETE FROM members WHERE user_id = "),
    ];
    if let Some(email) = email {
        let mut sent = Statement::new("DELETE FROM invitations WHERE email = ");
        sent.value(email);
        statements.push(sent);
    }
    if user == Scope::local().user {
        let mut local = Statement::new("UPDATE users SET name = 'local' WHERE id = ");
        local.value(user);
        statements.push(local);
    } else {
        statements.push(of("DELETE FROM users WHERE id = "));
    }
    all_if_first(db, statements).await.map(drop)
}
