//! The history in numbers.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use engine::source::SourceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Scope, entry::sources_of, first_id_at, statement::Statement, time};
use crate::db::{Db, DbError};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The history in numbers. Rates are 0 to 1; `None` where there is nothing to count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Analytics {
    /// Searches.
    pub total_searches: u64,
    /// Different questions.
    pub unique_queries: u64,
    /// Mean time from question to answer, in milliseconds.
    pub avg_execution_time: Option<f64>,
    /// Share of searches that were answered from the cache.
    pub cache_hit_rate: Option<f64>,
    /// How often each source was to be asked, the most asked first.
    pub top_sources: Vec<SourceCount>,
    /// The most asked questions.
    pub popular_queries: Vec<QueryCount>,
    /// Searches a day (UTC), the earliest first; days without searches are left out.
    pub search_frequency: Vec<DayCount>,
    /// Searches by how they were judged.
    pub quality_distribution: QualityDistribution,
}

/// How often a source was to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceCount {
    /// The source.
    pub source: SourceId,
    /// Searches.
    pub count: u64,
}

/// How often a question was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueryCount {
    /// The question.
    pub query: String,
    /// Searches.
    pub count: u64,
    /// When it was asked last.
    pub last_asked: DateTime<Utc>,
}

/// Searches of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayCount {
    /// The day (UTC).
    pub day: NaiveDate,
    /// Searches.
    pub count: u64,
}

/// Searches by how they were judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QualityDistribution {
    /// 0.8 and better.
    pub high: u64,
    /// From 0.5 to below 0.8.
    pub medium: u64,
    /// Below 0.5.
    pub low: u64,
    /// Not judged.
    pub unrated: u64,
}

/// The numbers of a person's searches since a time; the `limit` most popular questions.
pub async fn numbers(db: &Db, scope: Scope, since: DateTime<Utc>, limit: u32) -> Result<Analytics, DbError> {
    let analytics = totals(db, scope, since).await?;
    Ok(Analytics {
        top_sources: top_sources(db, scope, since).await?,
        popular_queries: popular(db, scope, since, limit).await?,
        search_frequency: frequency(db, scope, since).await?,
        ..analytics
    })
}

/// The most asked questions of a person since a time.
pub async fn popular(db: &Db, scope: Scope, since: DateTime<Utc>, limit: u32) -> Result<Vec<QueryCount>, DbError> {
    let mut statement = Statement::new(
        "SELECT q.text, p.asked, p.latest FROM (SELECT query_id, COUNT(*) AS asked, MAX(created_at) AS latest",
    );
    among(&mut statement, scope, since);
    statement.push(" GROUP BY query_id ORDER BY asked DESC, latest DESC LIMIT ").value(i64::from(limit));
    statement.push(") p JOIN queries q ON q.id = p.query_id ORDER BY p.asked DESC, p.latest DESC");
    let rows = statement.for_replica().all::<(String, i64, i64)>(db).await?;
    let count = |(query, asked, latest)| QueryCount { query, count: positive(asked), last_asked: time(latest) };
    Ok(rows.into_iter().map(count).collect())
}

/// The most asked questions since a time of those in a workspace who share theirs; each was asked by two of them at least, so
/// that none tells what one person asked.
pub async fn shared(db: &Db, workspace: Uuid, since: DateTime<Utc>, limit: u32) -> Result<Vec<QueryCount>, DbError> {
    let mut statement = Statement::new(
        "SELECT q.text, p.asked, p.latest FROM (SELECT s.query_id, COUNT(*) AS asked, MAX(s.created_at) AS latest \
         FROM searches s JOIN preferences r ON r.workspace_id = s.workspace_id AND r.user_id = s.user_id \
         AND r.share_popular_searches WHERE s.workspace_id = ",
    );
    statement.value(workspace).push(" AND s.id >= ").value(first_id_at(since));
    statement
        .push(" GROUP BY s.query_id HAVING COUNT(DISTINCT s.user_id) >= 2 ORDER BY asked DESC, latest DESC LIMIT ");
    statement.value(i64::from(limit));
    statement.push(") p JOIN queries q ON q.id = p.query_id ORDER BY p.asked DESC, p.latest DESC");
    let rows = statement.for_replica().all::<(String, i64, i64)>(db).await?;
    let count = |(query, asked, latest)| QueryCount { query, count: positive(asked), last_asked: time(latest) };
    Ok(rows.into_iter().map(count).collect())
}

/// Searches, questions, mean time, share of hits; high, medium, low, unrated.
type Totals = (i64, i64, Option<f64>, Option<f64>, i64, i64, i64, i64);

async fn totals(db: &Db, scope: Scope, since: DateTime<Utc>) -> Result<Analytics, DbError> {
    let mut statement = Statement::new(
        "SELECT COUNT(*), COUNT(DISTINCT query_id), CAST(AVG(execution_time_ms) AS DOUBLE PRECISION), \
         CAST(AVG(CASE WHEN cache_hit THEN 1.0 ELSE 0.0 END) AS DOUBLE PRECISION), \
         COUNT(CASE WHEN quality >= 0.8 THEN 1 END), \
         COUNT(CASE WHEN quality >= 0.5 AND quality < 0.8 THEN 1 END), \
         COUNT(CASE WHEN quality < 0.5 THEN 1 END), \
         COUNT(CASE WHEN quality IS NULL THEN 1 END)",
    );
    among(&mut statement, scope, since);
    let Some((total, unique, time, hits, high, medium, low, unrated)) =
        statement.for_replica().first::<Totals>(db).await?
    else {
        return Ok(Analytics::default());
    };
    let [high, medium, low, unrated] = [high, medium, low, unrated].map(positive);
    Ok(Analytics {
        total_searches: positive(total),
        unique_queries: positive(unique),
        avg_execution_time: time,
        cache_hit_rate: hits,
        quality_distribution: QualityDistribution { high, medium, low, unrated },
        ..Analytics::default()
    })
}

async fn top_sources(db: &Db, scope: Scope, since: DateTime<Utc>) -> Result<Vec<SourceCount>, DbError> {
    let mut statement = Statement::new("SELECT sources, COUNT(*)");
    among(&mut statement, scope, since);
    statement.push(" GROUP BY sources");
    let mut counts: BTreeMap<SourceId, u64> = BTreeMap::new();
    for (sources, count) in statement.for_replica().all::<(String, i64)>(db).await? {
        for source in sources_of(&sources) {
            *counts.entry(source).or_default() += positive(count);
        }
    }
    let mut counts: Vec<_> = counts.into_iter().map(|(source, count)| SourceCount { source, count }).collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.count));
    Ok(counts)
}

async fn frequency(db: &Db, scope: Scope, since: DateTime<Utc>) -> Result<Vec<DayCount>, DbError> {
    let mut statement = Statement::new("SELECT day, COUNT(*) FROM (SELECT created_at / 86400000 AS day");
    among(&mut statement, scope, since);
    statement.push(") d GROUP BY day ORDER BY day");
    let rows = statement.for_replica().all::<(i64, i64)>(db).await?;
    let count = |(day, count): (i64, i64)| DayCount { day: time(day * DAY).date_naive(), count: positive(count) };
    Ok(rows.into_iter().map(count).collect())
}

/// Adds ` FROM searches WHERE …`.
fn among(statement: &mut Statement, scope: Scope, since: DateTime<Utc>) {
    statement.push(" FROM searches WHERE workspace_id = ").value(scope.workspace);
    statement.push(" AND user_id = ").value(scope.user).push(" AND id >= ").value(first_id_at(since));
}

fn positive(count: i64) -> u64 {
    count.try_into().unwrap_or(0)
}
