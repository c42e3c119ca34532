//! How PAKE is used, in numbers, by day.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::source::SourceId;
use sqlx::FromRow;
use uuid::Uuid;

use super::{entry::sources_of, millis, statement::Statement};
use crate::{
    db::{Db, DbError},
    usage_book::Use,
};

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

/// Adds to how many requests there were.
pub async fn add(db: &Db, what: Use, requests: i64) -> Result<(), DbError> {
    let mut statement = Statement::new("INSERT INTO request_counts (workspace_id, day, via, class, requests) VALUES (");
    statement.values([what.workspace.into(), what.day.into(), what.via.into(), what.class.into(), requests.into()]);
    statement.push(") ON CONFLICT (workspace_id, day, via, class) DO UPDATE SET ");
    statement.push("requests = request_counts.requests + excluded.requests");
    statement.run(db).await.map(drop)
}

/// Forgets the days before this time.
pub async fn forget_before(db: &Db, before: DateTime<Utc>) -> Result<u64, DbError> {
    let mut statement = Statement::new("DELETE FROM request_counts WHERE day < ");
    statement.value(millis(before) / DAY);
    statement.run(db).await
}

/// What is counted: from when on, and where; without a workspace in all of them.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// From this time on.
    pub since: DateTime<Utc>,
    /// In this workspace.
    pub workspace: Option<Uuid>,
}

impl Extent {
    /// Adds ` AND workspace_id = …`.
    fn within(self, statement: &mut Statement) {
        if let Some(workspace) = self.workspace {
            statement.push(" AND workspace_id = ").value(workspace);
        }
    }

    /// Adds ` FROM searches WHERE …`, for what the index by time has all of.
    fn searches(self, statement: &mut Statement) {
        self.searches_by("created_at", statement);
    }

    /// The same, with how the time is named.
    fn searches_by(self, time: &'static str, statement: &mut Statement) {
        statement.push(" FROM searches WHERE ").push(time).push(" >= ").value(millis(self.since));
        // Whoever does not want to be counted is not.
        statement.push(
            " AND NOT EXISTS (SELECT 1 FROM preferences r WHERE r.workspace_id = searches.workspace_id \
             AND r.user_id = searches.user_id AND NOT r.anonymous_analytics)",
        );
        self.within(statement);
    }
}

/// Searches of a day that went alike.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Alike {
    /// The day, since 1970-01-01 UTC.
    pub day: i64,
    /// How they ended.
    pub status: String,
    /// Whether they were answered from the cache.
    pub cache_hit: bool,
    /// How long they took, in milliseconds; to two digits.
    pub took_ms: i64,
    /// How many there were.
    pub searches: i64,
}

/// The searches of each day, those that went alike together. The index has all of it.
pub async fn searches(db: &Db, extent: Extent) -> Result<Vec<Alike>, DbError> {
    let mut statement = Statement::new(
        "SELECT day, status, cache_hit, took_ms, COUNT(*) AS searches FROM (SELECT created_at / 86400000 AS day, status, \
         cache_hit, CASE WHEN execution_time_ms < 100 THEN execution_time_ms \
         WHEN execution_time_ms < 1000 THEN execution_time_ms / 10 * 10 \
         WHEN execution_time_ms < 10000 THEN execution_time_ms / 100 * 100 \
         ELSE execution_time_ms / 1000 * 1000 END AS took_ms",
    );
    extent.searches(&mut statement);
    statement.push(") each_of_them GROUP BY day, status, cache_hit, took_ms");
    statement.for_replica().all(db).await
}

/// How many people searched on each day.
pub async fn people(db: &Db, extent: Extent) -> Result<Vec<(i64, i64)>, DbError> {
    let mut statement =
        Statement::new("SELECT day, COUNT(DISTINCT user_id) FROM (SELECT created_at / 86400000 AS day, user_id");
    extent.searches(&mut statement);
    statement.push(") each_of_them GROUP BY day");
    statement.for_replica().all(db).await
}

/// How many people searched in all that time.
pub async fn people_at_all(db: &Db, extent: Extent) -> Result<i64, DbError> {
    let mut statement = Statement::new("SELECT COUNT(DISTINCT user_id)");
    extent.searches(&mut statement);
    Ok(statement.for_replica().first::<(i64,)>(db).await?.map_or(0, |(count,)| count))
}

/// How often each source was to be asked.
pub async fn sources(db: &Db, extent: Extent) -> Result<BTreeMap<SourceId, u64>, DbError> {
    let mut statement = Statement::new("SELECT sources, COUNT(*)");
    // The index does not have them. Reading the table in its own order is quicker (a million: 0.3 s) than looking each row up
    // that the index names (3 s); the plus keeps the index out.
    extent.searches_by("+created_at", &mut statement);
    statement.push(" GROUP BY sources");
    let mut counts = BTreeMap::new();
    for (sources, count) in statement.for_replica().all::<(String, i64)>(db).await? {
        for source in sources_of(&sources) {
            *counts.entry(source).or_default() += u64::try_from(count).unwrap_or(0);
        }
    }
    Ok(counts)
}

/// Requests of each day, by how people showed who they are and by the class of the route.
pub async fn requests(db: &Db, extent: Extent) -> Result<Vec<(i64, String, String, i64)>, DbError> {
    let mut statement =
        Statement::new("SELECT day, via, class, CAST(SUM(requests) AS BIGINT) FROM request_counts WHERE day >= ");
    statement.value(millis(extent.since) / DAY);
    extent.within(&mut statement);
    statement.push(" GROUP BY day, via, class");
    statement.for_replica().all(db).await
}

/// How often each thing was done that is in the audit log.
pub async fn deeds(db: &Db, extent: Extent) -> Result<Vec<(String, i64)>, DbError> {
    let mut statement = Statement::new("SELECT action, COUNT(*) FROM audit_log WHERE outcome = 'success' AND at >= ");
    statement.value(millis(extent.since));
    extent.within(&mut statement);
    statement.push(" GROUP BY action ORDER BY action");
    statement.for_replica().all(db).await
}

/// API tokens that were used.
pub async fn tokens(db: &Db, extent: Extent) -> Result<i64, DbError> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM api_tokens WHERE used_at >= ");
    statement.value(millis(extent.since));
    extent.within(&mut statement);
    Ok(statement.for_replica().first::<(i64,)>(db).await?.map_or(0, |(count,)| count))
}

/// People who have signed in, or gone on, since.
pub async fn active(db: &Db, since: DateTime<Utc>) -> Result<i64, DbError> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM users WHERE username IS NOT NULL AND seen_at >= ");
    statement.value(millis(since));
    Ok(statement.for_replica().first::<(i64,)>(db).await?.map_or(0, |(count,)| count))
}

/// People who can sign in, and those of them who may.
pub async fn accounts(db: &Db, workspace: Option<Uuid>) -> Result<(i64, i64), DbError> {
    let mut statement = Statement::new(
        "SELECT COUNT(*), COUNT(CASE WHEN is_active THEN 1 END) FROM users u WHERE u.username IS NOT NULL",
    );
    if let Some(workspace) = workspace {
        statement.push(" AND EXISTS (SELECT 1 FROM members m WHERE m.user_id = u.id AND m.workspace_id = ");
        statement.value(workspace).push(")");
    }
    Ok(statement.for_replica().first(db).await?.unwrap_or_default())
}
