//! Writing finished searches: many in one transaction, and what is already there not again.

use std::{collections::HashSet, mem::take};

use engine::source::SourceId;
use uuid::Uuid;

use super::{
    finished::{FinishedSearch, PackedAnswer},
    millis,
    rows::{Insert, slices},
    words,
};
use crate::db::{Db, DbError, Problem, on};

/// Most questions and answers that a writer remembers to be there.
const REMEMBERED: usize = 50_000;

static QUERIES: Insert =
    Insert::new("INSERT INTO queries (id, workspace_id, text, words) VALUES", 4, "ON CONFLICT (id) DO NOTHING");

static ANSWERS: Insert = Insert::new(
    "INSERT INTO answers (workspace_id, id, key, reports, counts, made_at, expires_at, body) VALUES",
    8,
    "ON CONFLICT (workspace_id, id) DO NOTHING",
);

static SEARCHES: Insert = Insert::new(
    "INSERT INTO searches (workspace_id, user_id, id, query_id, answer_id, sources, status, results_count, \
     execution_time_ms, cache_hit, quality, created_at) VALUES",
    12,
    "ON CONFLICT (workspace_id, user_id, id) DO UPDATE SET query_id = excluded.query_id, \
     answer_id = excluded.answer_id, sources = excluded.sources, status = excluded.status, \
     results_count = excluded.results_count, execution_time_ms = excluded.execution_time_ms, \
     cache_hit = excluded.cache_hit, quality = excluded.quality",
);

/// What a writer knows to be in the database, so that it is not sent again. When it was deleted in the meantime, the
/// foreign keys say so, and the writer forgets and tries again.
#[derive(Debug, Default)]
pub struct Known {
    queries: HashSet<i64>,
    answers: HashSet<(Uuid, Uuid)>,
}

/// The id of a question: a hash of workspace and text (63 bits, so that it is positive).
pub(super) fn query_id(workspace: Uuid, text: &str) -> i64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(workspace.as_bytes());
    hasher.update(text.as_bytes());
    let first = hasher.finalize().as_bytes().first_chunk().copied().unwrap_or_default();
    i64::from_le_bytes(first) & i64::MAX
}

/// Writes a batch in one transaction: all of it or nothing. Safe to repeat. Of a search that is in it twice, the last
/// counts.
pub async fn record(db: &Db, batch: &[FinishedSearch], known: &mut Known) -> Result<(), DbError> {
    let mut rows = Rows::of(batch, known);
    if let Err(error) = rows.write(db).await {
        if error.problem != Problem::Dangling {
            return Err(error);
        }
        *known = Known::default();
        rows = Rows::of(batch, known);
        rows.write(db).await?;
    }
    rows.remember(known);
    Ok(())
}

/// What of a batch has to be written.
struct Rows<'a> {
    queries: Vec<QueryRow<'a>>,
    answers: Vec<AnswerRow>,
    searches: Vec<(i64, &'a FinishedSearch)>,
}

struct QueryRow<'a> {
    id: i64,
    workspace: Uuid,
    text: &'a str,
}

struct AnswerRow {
    workspace: Uuid,
    id: Uuid,
    packed: PackedAnswer,
}

impl<'a> Rows<'a> {
    fn of(batch: &'a [FinishedSearch], known: &Known) -> Self {
        let mut rows = Self { queries: Vec::new(), answers: Vec::new(), searches: Vec::with_capacity(batch.len()) };
        let (mut queries, mut answers) = (HashSet::new(), HashSet::new());
        let mut searches = HashSet::with_capacity(batch.len());
        // From the end: what was said last of a search counts, and one statement must not write a row twice.
        for search in batch.iter().rev().filter(|search| searches.insert((search.scope, search.id))) {
            let workspace = search.scope.workspace;
            let query = query_id(workspace, &search.query);
            if !known.queries.contains(&query) && queries.insert(query) {
                rows.queries.push(QueryRow { id: query, workspace, text: &search.query });
            }
            if let Some(answer) = &search.answer
                && !known.answers.contains(&(workspace, answer.id))
                && answers.insert((workspace, answer.id))
            {
                rows.answers.push(AnswerRow { workspace, id: answer.id, packed: answer.source.pack() });
            }
            rows.searches.push((query, search));
        }
        rows.searches.reverse();
        // Two processes that write the same rows must not wait for each other crosswise.
        rows.queries.sort_unstable_by_key(|row| row.id);
        rows.answers.sort_unstable_by_key(|row| (row.workspace, row.id));
        rows
    }

    /// What is large is handed over, not copied: it is written once, or made anew.
    async fn write(&mut self, db: &Db) -> Result<(), DbError> {
        let _timed = db.timed("BATCH INSERT");
        on!(db.write, pool => {
            let mut transaction = pool.begin_with(db.begin).await?;
            for slice in slices(&mut self.queries) {
                let mut statement = sqlx::query(QUERIES.sql(db, slice));
                for row in slice {
                    let text = row.text.replace('\0', "\u{fffd}");
                    statement = statement.bind(row.id).bind(row.workspace).bind(text).bind(words::fold(row.text));
                }
                statement.execute(&mut *transaction).await?;
            }
            for slice in slices(&mut self.answers) {
                let mut statement = sqlx::query(ANSWERS.sql(db, slice));
                for AnswerRow { workspace, id, packed } in slice {
                    statement = statement
                        .bind(*workspace)
                        .bind(*id)
                        .bind(packed.key.as_str())
                        .bind(take(&mut packed.reports))
                        .bind(packed.counts.as_str())
                        .bind(millis(packed.made_at))
                        .bind(packed.expires_at.map(millis))
                        .bind(packed.body.take().map(Vec::from));
                }
                statement.execute(&mut *transaction).await?;
            }
            for slice in slices(&mut self.searches) {
                let mut statement = sqlx::query(SEARCHES.sql(db, slice));
                for (query, search) in slice {
                    statement = statement
                        .bind(search.scope.workspace)
                        .bind(search.scope.user)
                        .bind(search.id)
                        .bind(*query)
                        .bind(search.answer.as_ref().map(|answer| answer.id))
                        .bind(json_of(&search.sources))
                        .bind(search.status.as_str())
                        .bind(i64::from(search.results_count))
                        .bind(i64::try_from(search.execution_time_ms).unwrap_or(i64::MAX))
                        .bind(search.cache_hit)
                        .bind(search.quality.filter(|quality| quality.is_finite()))
                        .bind(millis(search.started_at));
                }
                statement.execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        });
        Ok(())
    }

    fn remember(&self, known: &mut Known) {
        if known.queries.len() + known.answers.len() > REMEMBERED {
            *known = Known::default();
        }
        known.queries.extend(self.queries.iter().map(|row| row.id));
        known.answers.extend(self.answers.iter().map(|row| (row.workspace, row.id)));
    }
}

/// `["arxiv","pubmed"]`: names of sources need no escapes.
fn json_of(sources: &[SourceId]) -> String {
    let mut json = String::with_capacity(16 * sources.len() + 2);
    for source in sources {
        json.push_str(if json.is_empty() { "[\"" } else { ",\"" });
        json.push_str(source.as_str());
        json.push('"');
    }
    json.push_str(if json.is_empty() { "[]" } else { "]" });
    json
}
