//! The audit log: rows are added and read, never changed.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    millis,
    statement::{Statement, Value, bind_all},
};
use crate::db::{Db, DbError, on};

/// A row, as it is signed and kept.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AuditRow {
    /// Its number; 1 is the first.
    pub seq: i64,
    /// When; milliseconds.
    pub at: i64,
    /// Who did it; nothing when nobody knows.
    pub actor: Option<Uuid>,
    /// In which workspace.
    pub workspace_id: Option<Uuid>,
    /// What was done.
    pub action: String,
    /// `success` or `refused`.
    pub outcome: String,
    /// What it was done to: the id of an account, a session, a token, an invitation.
    pub target: Option<String>,
    /// From where, until it is forgotten.
    pub ip: Option<String>,
    /// What its mark is made with; forgotten with it.
    pub ip_salt: Option<String>,
    /// Stands for the address in the signature.
    pub ip_mark: Option<String>,
    /// By which request.
    pub request_id: Option<String>,
    /// What else is to be known, as JSON.
    pub details: String,
    /// Signs the row together with the one before it.
    pub signature: String,
}

const COLUMNS: &str = "SELECT seq, at, actor, workspace_id, action, outcome, target, ip, ip_salt, ip_mark, request_id, details, \
     signature FROM audit_log";

/// Adds a row: `sign` gets it with its number, and the signature of the row before it. With `is_once` only where none has the same
/// action and target. Gives whether it was added.
pub async fn append(
    db: &Db,
    mut row: AuditRow,
    is_once: bool,
    sign: impl Fn(&AuditRow, &str) -> String,
) -> Result<bool, DbError> {
    let _timed = db.timed("INSERT");
    on!(db.write, pool => {
        let mut transaction = pool.begin_with(db.begin).await?;
        // Takes the place of whoever adds a row, on either database, until the transaction ends.
        let (seq, before): (i64, String) =
            sqlx::query_as("UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, signature")
                .fetch_one(&mut *transaction).await?;
        if is_once {
            // Nobody else adds one meanwhile.
            let (same,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM audit_log WHERE action = $1 AND target = $2")
                .bind(row.action.clone()).bind(row.target.clone()).fetch_one(&mut *transaction).await?;
            if same > 0 {
                return Ok(false);
            }
        }
        row.seq = seq;
        row.signature = sign(&row, &before);
        let (sql, values) = insertion(&row).into_parts();
        bind_all!(sqlx::query(sql), values).execute(&mut *transaction).await?;
        sqlx::query("UPDATE audit_head SET signature = $1 WHERE id = 1")
            .bind(row.signature.clone()).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(true)
    })
}

fn insertion(row: &AuditRow) -> Statement {
    let mut statement = Statement::new(
        "INSERT INTO audit_log (seq, at, actor, workspace_id, action, outcome, target, ip, ip_salt, ip_mark, request_id, \
         details, signature) VALUES (",
    );
    statement.values([
        row.seq.into(),
        row.at.into(),
        row.actor.into(),
        row.workspace_id.into(),
        row.action.as_str().into(),
        row.outcome.as_str().into(),
        Value::MaybeText(row.target.clone()),
        Value::MaybeText(row.ip.clone()),
        Value::MaybeText(row.ip_salt.clone()),
        Value::MaybeText(row.ip_mark.clone()),
        Value::MaybeText(row.request_id.clone()),
        row.details.as_str().into(),
        row.signature.as_str().into(),
    ]);
    statement.push(")");
    statement
}

/// Which rows are wanted; what is not given does not matter.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Of this person.
    pub actor: Option<Uuid>,
    /// This action.
    pub action: Option<String>,
    /// After the one with this number.
    pub after: Option<i64>,
    /// At this time or later; milliseconds.
    pub from: Option<i64>,
    /// Before this time; milliseconds.
    pub until: Option<i64>,
}

/// At most `most` rows, the latest first, before the one with this number.
pub async fn latest(db: &Db, filter: &AuditFilter, before: Option<i64>, most: u32) -> Result<Vec<AuditRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push(" WHERE TRUE");
    if let Some(before) = before {
        statement.push(" AND seq < ").value(before);
    }
    if let Some(actor) = filter.actor {
        statement.push(" AND actor = ").value(actor);
    }
    if let Some(action) = &filter.action {
        statement.push(" AND action = ").value(action.as_str());
    }
    if let Some(after) = filter.after {
        statement.push(" AND seq > ").value(after);
    }
    if let Some(from) = filter.from {
        statement.push(" AND at >= ").value(from);
    }
    if let Some(until) = filter.until {
        statement.push(" AND at < ").value(until);
    }
    statement.push(" ORDER BY seq DESC LIMIT ").value(i64::from(most));
    statement.for_replica().all(db).await
}

/// At most `most` rows after the one with this number, in their order.
pub async fn after(db: &Db, seq: i64, most: u32) -> Result<Vec<AuditRow>, DbError> {
    let mut statement = Statement::new(COLUMNS);
    statement.push(" WHERE seq > ").value(seq).push(" ORDER BY seq LIMIT ").value(i64::from(most));
    statement.all(db).await
}

/// Forgets the addresses in at most `most` rows that were written before this time, or by this person; how many there were.
pub async fn forget_addresses(db: &Db, whose: Forgotten, most: u32) -> Result<u64, DbError> {
    let mut statement = Statement::new("UPDATE audit_log SET ip = NULL, ip_salt = NULL WHERE seq IN (SELECT seq FROM ");
    // Without its mark the signature would not hold any more.
    statement.push("audit_log WHERE ip IS NOT NULL AND ip_mark IS NOT NULL AND ");
    match whose {
        Forgotten::Before(time) => statement.push("at < ").value(millis(time)),
        Forgotten::Of(person) => statement.push("actor = ").value(person),
    };
    statement.push(" ORDER BY seq LIMIT ").value(i64::from(most)).push(")");
    statement.run(db).await
}

/// Whose addresses are forgotten.
#[derive(Debug, Clone, Copy)]
pub enum Forgotten {
    /// Everybody's, in rows that were written before this time.
    Before(DateTime<Utc>),
    /// This person's.
    Of(Uuid),
}

/// The number and the signature of the last row.
pub async fn head(db: &Db) -> Result<(i64, String), DbError> {
    let statement = Statement::new("SELECT seq, signature FROM audit_head WHERE id = 1");
    Ok(statement.first(db).await?.unwrap_or_default())
}
