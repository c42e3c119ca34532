//! Reading the history: lists with filters, page by page, and single searches.

use std::{collections::HashMap, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use engine::source::SourceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Scope,
    entry::{COLUMNS, EntryRow, HistoryEntry},
    finished::SearchStatus,
    first_id_at, millis, millis_of,
    statement::Statement,
    words,
};
use crate::db::{Db, DbError, Pool};

/// What of the history is wanted; what is not set does not matter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistoryFilter {
    /// In which order.
    pub view: HistoryView,
    /// Only favourites.
    pub favorites: bool,
    /// This source was to be asked.
    pub source: Option<SourceId>,
    /// Asked at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Asked before this time.
    pub until: Option<DateTime<Utc>>,
    /// Judged at least this good, 0 to 1.
    pub min_quality: Option<f64>,
    /// Judged at most this good, 0 to 1.
    pub max_quality: Option<f64>,
    /// With this tag.
    pub tag: Option<String>,
    /// Each of these words begins a word of the question. When none has them so, each is within one (`docs/decisions/0019`).
    pub text: Option<String>,
    /// It came this far.
    pub status: Option<SearchStatus>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryView {
    /// Every search, the latest first.
    #[default]
    Recent,
    /// Every question once (its latest search), the most asked first.
    Popular,
}

/// The place after the last entry of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryCursor {
    /// The last entry.
    id: Uuid,
    /// How often its question was asked, in the view `popular`.
    times_asked: Option<u64>,
    /// Words were found within others, and the pages that follow find them so too.
    is_within: bool,
}

impl HistoryCursor {
    /// The place after this entry, in a list whose words were not looked for within others.
    pub const fn after(entry: &HistoryEntry) -> Self {
        Self { id: entry.id, times_asked: entry.times_asked, is_within: false }
    }
}

/// What a cursor ends with whose list has words within others.
const WITHIN: char = 'w';

impl fmt::Display for HistoryCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.times_asked {
            Some(times) => write!(f, "{}.{times}", self.id.simple())?,
            None => write!(f, "{}", self.id.simple())?,
        }
        if self.is_within { write!(f, "{WITHIN}") } else { Ok(()) }
    }
}

/// The text is not a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in a list; give the `next` of the page before, unchanged")]
pub struct InvalidCursor;

impl FromStr for HistoryCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (text, is_within) = text.strip_suffix(WITHIN).map_or((text, false), |text| (text, true));
        let (id, times) = match text.split_once('.') {
            Some((id, times)) => (id, Some(times.parse().map_err(|_| InvalidCursor)?)),
            None => (text, None),
        };
        Ok(Self { id: Uuid::try_parse(id).map_err(|_| InvalidCursor)?, times_asked: times, is_within })
    }
}

/// Some entries of a list, in its order.
#[derive(Debug, Default)]
pub struct Page {
    /// The entries.
    pub entries: Vec<HistoryEntry>,
    /// They have the words within theirs; none begins with them.
    is_within: bool,
}

impl Page {
    /// The place after the last entry.
    pub fn next(&self) -> Option<HistoryCursor> {
        self.entries.last().map(|last| HistoryCursor { is_within: self.is_within, ..HistoryCursor::after(last) })
    }
}

/// One page of the history: at most `limit` entries after `after`. An empty page when the filter's text has no words.
///
/// A list of which no entry has words that begin so is the one of those that have them within theirs.
pub async fn page(
    db: &Db,
    scope: Scope,
    filter: &HistoryFilter,
    after: Option<HistoryCursor>,
    limit: u32,
    now: DateTime<Utc>,
) -> Result<Page, DbError> {
    let matched = match &filter.text {
        None => None,
        Some(text) => match words::wanted(text) {
            Some(words) => Some(words),
            None => return Ok(Page::default()),
        },
    };
    let words = matched.as_deref();
    let list = List { db, scope, filter, words, is_within: after.is_some_and(|after| after.is_within) };
    let page = list.page(after, limit, now).await?;
    if page.entries.is_empty() && after.is_none() && words.is_some_and(words::may_be_within) {
        return List { is_within: true, ..list }.page(None, limit, now).await;
    }
    Ok(page)
}

/// What a list is put together from.
struct List<'a> {
    db: &'a Db,
    scope: Scope,
    filter: &'a HistoryFilter,
    words: Option<&'a [String]>,
    /// The words are looked for within others.
    is_within: bool,
}

impl List<'_> {
    async fn page(&self, after: Option<HistoryCursor>, limit: u32, now: DateTime<Utc>) -> Result<Page, DbError> {
        let statement = match self.filter.view {
            HistoryView::Recent => self.recent(after, limit, now),
            HistoryView::Popular => self.popular(after, limit, now),
        };
        let rows = statement.planned_anew().for_replica().all(self.db).await?;
        Ok(Page { entries: with_tags(self.db, self.scope, rows).await?, is_within: self.is_within })
    }

    /// The ids of the page are found first, in an index that holds all that is filtered by: only their rows are read.
    fn recent(&self, after: Option<HistoryCursor>, limit: u32, now: DateTime<Utc>) -> Statement {
        let mut statement = Statement::new("SELECT ");
        statement.push(COLUMNS);
        has_answer(&mut statement, now);
        statement.push(", CAST(NULL AS BIGINT) AS times_asked FROM (SELECT s.id FROM searches s");
        self.conditions(&mut statement);
        if let Some(after) = after {
            statement.push(" AND s.id < ").value(after.id);
        }
        statement.push(" ORDER BY s.id DESC LIMIT ").value(i64::from(limit)).push(") f");
        self.rows(&mut statement);
        statement.push(" ORDER BY s.id DESC");
        statement
    }

    /// The questions of the page are counted and found first, then the latest search of each.
    fn popular(&self, after: Option<HistoryCursor>, limit: u32, now: DateTime<Utc>) -> Statement {
        let mut statement = Statement::new("SELECT ");
        statement.push(COLUMNS);
        has_answer(&mut statement, now);
        statement
            .push(", f.times_asked FROM (SELECT p.times_asked, p.latest, p.query_id, (SELECT s.id FROM searches s");
        // Its question meets them already.
        Self { words: None, ..*self }.conditions(&mut statement);
        statement.push(
            " AND s.query_id = p.query_id AND s.created_at = p.latest ORDER BY s.id DESC LIMIT 1) AS id FROM \
             (SELECT s.query_id, COUNT(*) AS times_asked, MAX(s.created_at) AS latest FROM searches s",
        );
        self.conditions(&mut statement);
        statement.push(" GROUP BY s.query_id");
        if let Some(after) = after {
            let times = after.times_asked.and_then(|times| i64::try_from(times).ok()).unwrap_or(i64::MAX);
            statement.push(" HAVING (COUNT(*), MAX(s.created_at), s.query_id) < (").value(times).push(", ");
            statement
                .value(millis_of(after.id))
                .push(", COALESCE((SELECT l.query_id FROM searches l WHERE l.workspace_id = ");
            statement.value(self.scope.workspace).push(" AND l.user_id = ").value(self.scope.user);
            statement.push(" AND l.id = ").value(after.id).push("), 0))");
        }
        statement.push(" ORDER BY times_asked DESC, latest DESC, s.query_id DESC LIMIT ").value(i64::from(limit));
        statement.push(") p) f");
        self.rows(&mut statement);
        statement.push(" ORDER BY f.times_asked DESC, f.latest DESC, f.query_id DESC");
        statement
    }

    /// Adds what is told of the searches whose ids are in `f`.
    fn rows(&self, statement: &mut Statement) {
        statement.push(" JOIN searches s ON s.workspace_id = ").value(self.scope.workspace);
        statement.push(" AND s.user_id = ").value(self.scope.user).push(" AND s.id = f.id").push(JOINS);
    }

    /// Adds ` WHERE …` for searches called `s`.
    fn conditions(&self, statement: &mut Statement) {
        let Self { scope, filter, .. } = self;
        statement.push(" WHERE s.workspace_id = ").value(scope.workspace).push(" AND s.user_id = ").value(scope.user);
        if filter.favorites {
            statement.push(" AND s.is_favorite");
        }
        if let Some(from) = filter.from {
            statement.push(" AND s.id >= ").value(first_id_at(from));
        }
        if let Some(until) = filter.until {
            statement.push(" AND s.id < ").value(first_id_at(until));
        }
        if let Some(source) = filter.source {
            statement.push(" AND s.sources LIKE ").value(format!("%\"{source}\"%"));
        }
        if let Some(least) = filter.min_quality {
            statement.push(" AND s.quality >= ").value(least);
        }
        if let Some(most) = filter.max_quality {
            statement.push(" AND s.quality <= ").value(most);
        }
        if let Some(status) = filter.status {
            statement.push(" AND s.status = ").value(status.as_str().to_owned());
        }
        if let Some(tag) = &filter.tag {
            statement
                .push(" AND s.id IN (SELECT t.search_id FROM tags t WHERE t.workspace_id = ")
                .value(scope.workspace);
            statement.push(" AND t.user_id = ").value(scope.user).push(" AND t.tag = ").value(tag.clone()).push(")");
        }
        match self.words {
            Some(words) if self.is_within => self.within(statement, words),
            Some(words) => self.matched(statement, words),
            None => {}
        }
    }

    /// Adds that each of these words is somewhere in one of the question's. PostgreSQL has an index for it; SQLite looks into what the
    /// person has asked, from the end of the list on.
    fn within(&self, statement: &mut Statement, words: &[String]) {
        statement.push(" AND EXISTS (SELECT 1 FROM queries m WHERE m.id = s.query_id AND m.workspace_id = ");
        statement.value(self.scope.workspace);
        for word in words {
            statement.push(" AND m.words LIKE ").value(format!("%{word}%"));
        }
        statement.push(")");
    }

    /// Adds that the question has words that begin with these.
    fn matched(&self, statement: &mut Statement, words: &[String]) {
        match &self.db.read {
            Pool::Sqlite(_) => {
                statement.push(" AND s.query_id IN (SELECT rowid FROM queries_index WHERE queries_index MATCH ");
                statement.value(words::match_sqlite(words)).push(")");
            }
            Pool::Postgres(_) => {
                statement.push(" AND s.query_id IN (SELECT m.id FROM queries m WHERE m.workspace_id = ");
                statement.value(self.scope.workspace).push(" AND ").push(words::MARKED).push(" @@ CAST(");
                statement.value(words::match_postgres(self.scope.workspace, words)).push(" AS tsquery))");
            }
        }
    }
}

/// One search of the history.
pub async fn get(db: &Db, scope: Scope, id: Uuid, now: DateTime<Utc>) -> Result<Option<HistoryEntry>, DbError> {
    let mut statement = Statement::new("SELECT ");
    statement.push(COLUMNS);
    has_answer(&mut statement, now);
    statement.push(", CAST(NULL AS BIGINT) AS times_asked FROM searches s").push(JOINS);
    statement.push(" WHERE s.workspace_id = ").value(scope.workspace).push(" AND s.user_id = ").value(scope.user);
    statement.push(" AND s.id = ").value(id);
    let rows = statement.for_replica().all(db).await?;
    Ok(with_tags(db, scope, rows).await?.pop())
}

const JOINS: &str = " JOIN queries q ON q.id = s.query_id \
     LEFT JOIN answers a ON a.workspace_id = s.workspace_id AND a.id = s.answer_id";

fn has_answer(statement: &mut Statement, now: DateTime<Utc>) {
    statement.push("(a.body IS NOT NULL AND (a.expires_at IS NULL OR a.expires_at > ").value(millis(now));
    statement.push(")) AS has_answer");
}

/// The entries of these rows, with their tags.
async fn with_tags(db: &Db, scope: Scope, rows: Vec<EntryRow>) -> Result<Vec<HistoryEntry>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::new("SELECT search_id, tag FROM tags WHERE workspace_id = ");
    statement.value(scope.workspace).push(" AND user_id = ").value(scope.user);
    statement.push(" AND search_id IN ").list(rows.iter().map(|row| row.id));
    let mut tags: HashMap<Uuid, Vec<String>> = HashMap::new();
    for (id, tag) in statement.for_replica().all::<(Uuid, String)>(db).await? {
        tags.entry(id).or_default().push(tag);
    }
    let entry = |row: EntryRow| {
        let mut tags = tags.remove(&row.id).unwrap_or_default();
        // Here and not in the database, whose idea of the alphabet depends on where it was set up.
        tags.sort_unstable();
        row.into_entry(scope, tags)
    };
    Ok(rows.into_iter().map(entry).collect())
}
