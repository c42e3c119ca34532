//! Searches for tests.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use engine::{
    event::{Counts, SourceOutcome, SourceReport},
    source::{SourceError, SourceId},
};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{
    Scope,
    finished::{AnswerRef, FinishedSearch, PackedAnswer, SearchStatus},
};
use crate::db::{Db, on};

/// 2026-01-01T12:00:00Z, and so many seconds later.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_268_800 + seconds, 0).unwrap()
}

/// The id of the search that was started then; always the same.
pub(crate) fn id_at(seconds: i64) -> Uuid {
    let millis = u64::try_from(at(seconds).timestamp_millis()).unwrap();
    let end = [&[0; 2], &seconds.to_be_bytes()[..]].concat();
    uuid::Builder::from_unix_timestamp_millis(millis, &end.try_into().unwrap()).into_uuid()
}

/// A search for `query` that was started so many seconds after noon, answered by two sources.
pub(crate) fn search(seconds: i64, query: &str) -> FinishedSearch {
    FinishedSearch {
        scope: Scope::local(),
        id: id_at(seconds),
        query: query.into(),
        sources: vec![SourceId::Arxiv, SourceId::Pubmed],
        status: SearchStatus::Completed,
        results_count: 29,
        execution_time_ms: 250,
        cache_hit: false,
        quality: None,
        started_at: at(seconds),
        answer: Some(answer(seconds)),
    }
}

/// The answer that was made so many seconds after noon.
pub(crate) fn answer(seconds: i64) -> AnswerRef {
    AnswerRef { id: id_at(seconds), source: Arc::new(packed(seconds)) }
}

pub(crate) fn packed(seconds: i64) -> PackedAnswer {
    PackedAnswer {
        key: format!("key of {seconds}"),
        reports: serde_json::to_string(&reports()).unwrap(),
        counts: serde_json::to_string(&counts()).unwrap(),
        made_at: at(seconds),
        expires_at: None,
        body: Some(Bytes::from(format!("body of {seconds}"))),
    }
}

pub(crate) fn counts() -> Counts {
    Counts { reported: 1_234, retrieved: 30, filtered: 0, duplicates: 1, works: 29 }
}

/// One source answered, one did not.
pub(crate) fn reports() -> Vec<SourceReport> {
    let answered = SourceReport {
        source: SourceId::Arxiv,
        state: SourceOutcome::Answered,
        query: "all:\"base editing\"".to_owned(),
        filters: Vec::new(),
        asked_at: at(0),
        reported: Some(1_234),
        retrieved: 30,
        filtered: 0,
        malformed: 0,
        warnings: vec!["a warning with \0 and \u{202e}".to_owned()],
        error: None,
        took_ms: 200,
        cached_at: None,
    };
    let failed = SourceReport {
        source: SourceId::Pubmed,
        state: SourceOutcome::Failed,
        retrieved: 0,
        reported: None,
        error: Some(SourceError::Timeout { after_ms: 10_000 }),
        ..answered.clone()
    };
    vec![answered, failed]
}

/// Adds a workspace and a person of its own.
pub(crate) async fn another_scope(db: &Db) -> Scope {
    let scope = Scope { workspace: Uuid::new_v4(), user: Uuid::new_v4() };
    on!(db.write, pool => {
        for (table, id) in [("workspaces", scope.workspace), ("users", scope.user)] {
            let sql = format!("INSERT INTO {table} (id, name, created_at) VALUES ($1, 'another', 0)");
            sqlx::query(AssertSqlSafe(sql)).bind(id).execute(pool).await.unwrap();
        }
        sqlx::query("INSERT INTO members (workspace_id, user_id) VALUES ($1, $2)")
            .bind(scope.workspace).bind(scope.user).execute(pool).await.unwrap();
    });
    scope
}

/// Holds the writer's place of a SQLite file, as another process would.
pub(crate) struct Holder(sqlx::Transaction<'static, sqlx::Sqlite>);

/// Takes the writer's place.
pub(crate) async fn hold(db: &Db) -> Holder {
    let crate::db::Pool::Sqlite(pool) = &db.write else { panic!("not SQLite") };
    Holder(pool.begin_with("BEGIN IMMEDIATE").await.unwrap())
}

impl Holder {
    /// Gives it back.
    pub(crate) async fn release(self) {
        self.0.rollback().await.unwrap();
    }
}

/// Lets somebody operate the installation.
pub(crate) async fn make_operator(db: &Db, user: Uuid) {
    on!(db.write, pool => {
        sqlx::query("UPDATE users SET is_super_admin = TRUE WHERE id = $1").bind(user).execute(pool).await.unwrap();
    });
}

/// So many searches of 200 people, spread over the 30 days before `now`, all for one question.
pub(crate) async fn fill(db: &Db, searches: u64, now: DateTime<Utc>) {
    let (series, id, user) = match db.write {
        crate::db::Pool::Sqlite(_) => (
            "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < $1)",
            "randomblob(16)",
            "unhex(printf('%032x', n % 200))",
        ),
        crate::db::Pool::Postgres(_) => (
            "WITH s (n) AS (SELECT generate_series(1, $1))",
            "gen_random_uuid()",
            "CAST(lpad(to_hex(n % 200), 32, '0') AS uuid)",
        ),
    };
    let sql = format!(
        "{series} INSERT INTO searches (workspace_id, user_id, id, query_id, answer_id, sources, status, results_count, \
         execution_time_ms, cache_hit, quality, created_at, is_favorite) SELECT q.workspace_id, {user}, {id}, q.id, NULL, \
         CASE WHEN n % 7 = 0 THEN '[\"arxiv\"]' ELSE '[\"arxiv\",\"crossref\",\"openalex\",\"pubmed\",\"europe_pmc\"]' END, \
         CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'completed' END, 29, 20 + n * 7919 % 9000, n % 3 = 0, NULL, \
         {} - n * 37 % 2500000 * 1000, FALSE FROM s CROSS JOIN (SELECT id, workspace_id FROM queries LIMIT 1) q",
        now.timestamp_millis()
    );
    on!(db.write, pool => {
        let mut connection = pool.acquire().await.unwrap();
        if db.kind() == "postgres" {
            // It takes its time, and what all databases of a server share is looked through by one test after the other.
            let patience = "SET statement_timeout = 0; SET lock_timeout = 0";
            sqlx::raw_sql(patience).execute(&mut *connection).await.map(drop).unwrap();
        }
        sqlx::query(AssertSqlSafe(sql)).bind(i64::try_from(searches).unwrap()).execute(&mut *connection).await.unwrap();
        sqlx::query("ANALYZE").execute(&mut *connection).await.unwrap();
    });
}

/// Rows in a table.
pub(crate) async fn count(db: &Db, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    on!(db.read, pool => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await.unwrap())
}

/// Every column that there is: its table, its name, its kind.
pub(crate) async fn columns(db: &Db) -> Vec<(String, String, String)> {
    let columns = match &db.read {
        crate::db::Pool::Sqlite(_) => {
            "SELECT t.name AS a, c.name AS b, c.type AS c FROM pragma_table_list t JOIN pragma_table_info(t.name) c \
             WHERE t.schema = 'main' AND t.type IN ('table', 'shadow') AND t.name NOT LIKE 'sqlite_%'"
        }
        crate::db::Pool::Postgres(_) => {
            "SELECT table_name::text AS a, column_name::text AS b, data_type::text AS c FROM information_schema.columns \
             WHERE table_schema = current_schema()"
        }
    };
    let columns: Vec<_> = on!(db.read, pool => sqlx::query_as(columns).fetch_all(pool).await.unwrap());
    assert!(columns.len() > 100, "{}", columns.len());
    columns
}

/// Where in the whole database this text is: `table.column`, whatever their kind.
pub(crate) async fn places_of(db: &Db, text: &str) -> Vec<String> {
    let mut places = Vec::new();
    for (table, column, kind) in columns(db).await {
        let sql = match (&db.read, kind.as_str()) {
            (crate::db::Pool::Sqlite(_), _) => {
                format!(
                    "SELECT COUNT(*) FROM \"{table}\" WHERE instr(CAST(\"{column}\" AS BLOB), CAST($1 AS BLOB)) > 0"
                )
            }
            (_, "bytea") => {
                format!("SELECT COUNT(*) FROM \"{table}\" WHERE position(convert_to($1, 'UTF8') in \"{column}\") > 0")
            }
            _ => format!("SELECT COUNT(*) FROM \"{table}\" WHERE position($1 in \"{column}\"::text) > 0"),
        };
        let found: i64 = on!(db.read, pool =>
            sqlx::query_scalar(AssertSqlSafe(sql)).bind(text).fetch_one(pool).await.unwrap());
        if found > 0 {
            places.push(format!("{table}.{column}"));
        }
    }
    places
}
