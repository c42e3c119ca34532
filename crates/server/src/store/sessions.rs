//! Sessions and their refresh tokens.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Scope, millis,
    statement::{Statement, Value, all_if_first},
    time,
};
use crate::{
    client::Client,
    db::{Db, DbError},
};

/// A session to be kept.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// Names it.
    pub id: Uuid,
    /// Who has signed in, and where they begin.
    pub scope: Scope,
    /// How they proved who they are.
    pub method: &'static str,
    /// Whether it outlives the browser.
    pub is_remembered: bool,
    /// What they signed in from.
    pub client: &'a Client,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
}

/// What is known of a session whose token was shown.
#[derive(Debug, Clone, FromRow)]
pub struct Bearer {
    /// The session.
    pub id: Uuid,
    /// Who has signed in.
    pub user_id: Uuid,
    /// Where they are.
    pub workspace_id: Uuid,
    /// Their name for signing in.
    pub username: String,
    /// Whether they are `super_admin` everywhere.
    pub is_super_admin: bool,
    /// What they are in the workspace; nothing when they are no member any more.
    pub role: Option<String>,
    /// When their account is deleted, where that was asked for; milliseconds.
    pub deletion_due_at: Option<i64>,
    /// The least role that may invite there.
    pub invites_from: String,
    /// JSON: how much each of its people may ask.
    pub limits: Option<String>,
    /// Whether it outlives the browser.
    pub is_remembered: bool,
    /// When it ends by itself; milliseconds.
    pub expires_at: i64,
}

/// One session as its owner sees it.
#[derive(Debug, Clone, FromRow)]
pub struct SessionRow {
    /// Names it.
    pub id: Uuid,
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

/// Keeps a session with its first refresh token.
pub async fn insert(db: &Db, session: &NewSession<'_>, refresh: &str) -> Result<(), DbError> {
    let now = millis(session.created_at);
    let mut insert = Statement::new(
        "INSERT INTO sessions (id, user_id, workspace_id, method, is_remembered, ip, user_agent, created_at, seen_at, \
         expires_at) VALUES (",
    );
    insert.values([
        session.id.into(),
        session.scope.user.into(),
        session.scope.workspace.into(),
        session.method.into(),
        session.is_remembered.into(),
        Value::MaybeText(session.client.ip.map(|ip| ip.to_string())),
        Value::MaybeText(session.client.user_agent.clone()),
        now.into(),
        now.into(),
        millis(session.expires_at).into(),
    ]);
    insert.push(")");
    let mut seen = Statement::new("UPDATE users SET seen_at = ");
    seen.value(now).push(" WHERE id = ").value(session.scope.user);
    let statements = vec![insert, issue(session.id, refresh, session.created_at), seen];
    all_if_first(db, statements).await.map(drop)
}

/// Whether a person who has signed in before does so with another program, or from another address, than ever before.
pub async fn is_new_device(db: &Db, user: Uuid, client: &Client) -> Result<bool, DbError> {
    let mut statement = Statement::new("SELECT COUNT(*), COALESCE(SUM(CASE WHEN user_agent IS NOT DISTINCT FROM ");
    statement.value(client.user_agent.clone()).push(" AND ip IS NOT DISTINCT FROM ");
    statement.value(client.ip.map(|ip| ip.to_string())).push(" THEN 1 ELSE 0 END), 0) FROM sessions WHERE user_id = ");
    statement.value(user);
    let (all, like_this): (i64, i64) = statement.first(db).await?.unwrap_or_default();
    Ok(all > 0 && like_this == 0)
}

fn issue(session: Uuid, refresh: &str, now: DateTime<Utc>) -> Statement {
    let mut statement = Statement::new("INSERT INTO refresh_tokens (hash, session_id, issued_at) VALUES (");
    statement.values([refresh.into(), session.into(), millis(now).into()]).push(")");
    statement
}

const BEARER: &str = "SELECT s.id, s.user_id, s.workspace_id, u.username, u.is_super_admin, m.role, u.deletion_due_at, w.invites_from, \
     w.limits, s.is_remembered, s.expires_at FROM sessions s JOIN workspaces w ON w.id = s.workspace_id \
     JOIN users u ON u.id = s.user_id AND u.is_active AND u.username IS NOT NULL \
     LEFT JOIN members m ON m.user_id = s.user_id AND m.workspace_id = s.workspace_id ";

/// Who a session stands for, as long as it has not ended and its person may sign in.
pub async fn bearer(db: &Db, session: Uuid, now: DateTime<Utc>) -> Result<Option<Bearer>, DbError> {
    let mut statement = Statement::new(BEARER);
    statement.push("WHERE s.ended_at IS NULL AND s.id = ").value(session);
    statement.push(" AND s.expires_at > ").value(millis(now));
    statement.first(db).await
}

/// When a session began that has not ended.
pub async fn began_at(db: &Db, session: Uuid) -> Result<Option<DateTime<Utc>>, DbError> {
    let mut statement = Statement::new("SELECT created_at FROM sessions WHERE ended_at IS NULL AND id = ");
    statement.value(session);
    Ok(statement.first::<(i64,)>(db).await?.map(|(at,)| time(at)))
}

/// What came of showing a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// It is used up, and the new one is good.
    Fresh(Box<Bearer>),
    /// It was used before: somebody has a copy. The session and the person that it was of.
    Reused(Uuid, Uuid),
    /// It is none of ours, or its session has ended.
    Unknown,
}

/// Uses a refresh token up and puts the next one in its place.
pub async fn refresh(db: &Db, shown: &str, next: &str, now: DateTime<Utc>) -> Result<Refreshed, DbError> {
    let mut find = Statement::new(BEARER);
    find.push("JOIN refresh_tokens r ON r.session_id = s.id WHERE s.ended_at IS NULL AND r.hash = ").value(shown);
    find.push(" AND s.expires_at > ").value(millis(now));
    let Some(bearer) = find.first::<Bearer>(db).await? else { return Ok(Refreshed::Unknown) };
    let mut used = Statement::new("UPDATE refresh_tokens SET used_at = ");
    used.value(millis(now)).push(" WHERE used_at IS NULL AND hash = ").value(shown);
    let mut seen = Statement::new("UPDATE sessions SET seen_at = ");
    seen.value(millis(now)).push(" WHERE id = ").value(bearer.id);
    let mut person = Statement::new("UPDATE users SET seen_at = ");
    person.value(millis(now)).push(" WHERE id = ").value(bearer.user_id);
    if all_if_first(db, vec![used, issue(bearer.id, next, now), seen, person]).await? {
        Ok(Refreshed::Fresh(Box::new(bearer)))
    } else {
        Ok(Refreshed::Reused(bearer.id, bearer.user_id))
    }
}

/// Which sessions of a person are meant.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// This one.
    One(Uuid),
    /// All but this one.
    AllBut(Uuid),
    /// All.
    All,
}

/// Ends sessions of a person; how many there were.
pub async fn end(db: &Db, user: Uuid, which: Which, by: &'static str, now: DateTime<Utc>) -> Result<u64, DbError> {
    let mut statement = Statement::new("UPDATE sessions SET ended_at = ");
    statement.value(millis(now)).push(", ended_by = ").value(by);
    statement.push(" WHERE ended_at IS NULL AND user_id = ").value(user);
    match which {
        Which::One(id) => statement.push(" AND id = ").value(id),
        Which::AllBut(id) => statement.push(" AND id <> ").value(id),
        Which::All => &mut statement,
    };
    statement.run(db).await
}

/// The sessions of a person that have not ended, the latest first.
pub async fn list(db: &Db, user: Uuid, now: DateTime<Utc>) -> Result<Vec<SessionRow>, DbError> {
    let mut statement = Statement::new(
        "SELECT id, method, ip, user_agent, created_at, seen_at, expires_at FROM sessions \
         WHERE ended_at IS NULL AND user_id = ",
    );
    statement.value(user).push(" AND expires_at > ").value(millis(now));
    statement.push(" ORDER BY seen_at DESC, id DESC LIMIT 1000");
    statement.all(db).await
}

/// Puts a session into another workspace of its person. `false`: they are no member there.
pub async fn enter(db: &Db, session: Uuid, workspace: Uuid, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut statement = Statement::new("UPDATE sessions SET workspace_id = ");
    statement.value(workspace).push(", seen_at = ").value(millis(now)).push(" WHERE ended_at IS NULL AND id = ");
    statement.value(session);
    statement.push(" AND EXISTS (SELECT 1 FROM members m WHERE m.user_id = sessions.user_id AND m.workspace_id = ");
    statement.value(workspace).push(")");
    Ok(statement.run(db).await? > 0)
}

/// Forgets at most `most` sessions that ended before `before`, with their refresh tokens; how many there were.
pub async fn forget(db: &Db, before: DateTime<Utc>, most: u32) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ");
    statement.value(millis(before)).push(" OR ended_at < ").value(millis(before));
    statement.push(" LIMIT ").value(i64::from(most)).push(")");
    statement.run(db).await
}
