//! The history: listed, looked at, marked, tagged, counted, taken away, forgotten.

use std::sync::Arc;

use chrono::TimeDelta;
use engine::text::tidy;
use futures_util::{Stream, stream};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    alerts::HistoryAction,
    app::App,
    error::{Error, Result},
    searches,
    store::{
        self, Scope,
        analytics::{Analytics, QueryCount},
        entry::HistoryEntry,
        listing::{HistoryCursor, HistoryFilter},
    },
};

mod export;

pub use self::export::{HistoryFormat, export};

/// Most entries of one page.
pub const LIMIT_MOST: u32 = 1_000;
/// Most days that the history is counted over.
pub const DAYS_MOST: u32 = 36_500;
/// Most tags of a search.
const TAGS_MOST: usize = 32;
/// Longest tag, in characters.
const TAG_LONGEST: usize = 64;
/// Entries that an export reads at once.
const EXPORTED_AT_ONCE: u32 = 500;

/// One page of the history.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryPage {
    /// In the order of the view.
    pub entries: Vec<HistoryEntry>,
    /// Where the next page begins, for `after`; missing on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A tag and how often it is used.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TagCount {
    /// The tag.
    pub tag: String,
    /// Searches that have it.
    pub count: u64,
}

/// One page: at most `limit` entries after `after`.
pub async fn list(
    app: &App,
    scope: Scope,
    filter: &HistoryFilter,
    after: Option<HistoryCursor>,
    limit: u32,
) -> Result<HistoryPage> {
    let limit = limit.clamp(1, LIMIT_MOST);
    searches::settle(app).await;
    // One more than wanted: whether there is a next page.
    let mut page = store::listing::page(&app.db, scope, filter, after, limit + 1, app.clock.now()).await?;
    let is_last = page.entries.len() <= limit as usize;
    page.entries.truncate(limit as usize);
    let next = page.next().filter(|_| !is_last).map(|next| next.to_string());
    Ok(HistoryPage { entries: page.entries, next })
}

/// One search of the history.
pub async fn find(app: &App, scope: Scope, id: Uuid) -> Result<HistoryEntry> {
    searches::settle(app).await;
    let entry = store::listing::get(&app.db, scope, id, app.clock.now()).await?;
    entry.ok_or_else(|| no_such_search(id))
}

/// Deletes one search, and with it the answer that nothing else points at. One that is under way is withdrawn.
pub async fn delete(app: &App, scope: Scope, id: Uuid) -> Result<()> {
    // First, so that what still comes of it does not go into the history again.
    let remembered = app.searches.get(scope, id);
    app.searches.forget(scope, id);
    if let Some(search) = &remembered {
        search.withdraw(app.clock.now());
    }
    searches::settle(app).await;
    if !store::removal::one(&app.db, scope, id).await? && remembered.is_none() {
        return Err(no_such_search(id));
    }
    app.alerts.history_changed(scope, HistoryAction::Deleted, Some(id));
    Ok(())
}

/// Deletes every search of a person, favourites too; gives how many there were.
pub async fn delete_all(app: &App, scope: Scope) -> Result<u64> {
    app.searches.forget_all(scope);
    searches::settle(app).await;
    let mut deleted = 0;
    loop {
        match store::removal::any(&app.db, scope).await? {
            0 => break,
            some => deleted += some,
        }
    }
    app.alerts.history_changed(scope, HistoryAction::Cleared, None);
    Ok(deleted)
}

/// Makes a search a favourite, or not any more.
pub async fn set_favorite(app: &App, scope: Scope, id: Uuid, is_favorite: bool) -> Result<HistoryEntry> {
    searches::settle(app).await;
    if !store::favorites::set(&app.db, scope, id, is_favorite).await? {
        return Err(no_such_search(id));
    }
    changed(app, scope, id).await
}

/// Gives a search these tags and no others.
pub async fn set_tags(app: &App, scope: Scope, id: Uuid, tags: &[String]) -> Result<HistoryEntry> {
    let tags = checked_tags(tags)?;
    searches::settle(app).await;
    if !store::tags::set(&app.db, scope, id, &tags).await? {
        return Err(no_such_search(id));
    }
    changed(app, scope, id).await
}

/// All tags of a person, the most used first.
pub async fn tags(app: &App, scope: Scope) -> Result<Vec<TagCount>> {
    let tags = store::tags::all(&app.db, scope).await?;
    Ok(tags.into_iter().map(|(tag, count)| TagCount { tag, count: count.try_into().unwrap_or(0) }).collect())
}

/// The last `days` in numbers, with the `limit` most asked questions.
pub async fn analytics(app: &App, scope: Scope, days: u32, limit: u32) -> Result<Analytics> {
    searches::settle(app).await;
    Ok(store::analytics::numbers(&app.db, scope, since(app, days), limit).await?)
}

/// The `limit` most asked questions of the last `days`.
pub async fn popular(app: &App, scope: Scope, days: u32, limit: u32) -> Result<Vec<QueryCount>> {
    searches::settle(app).await;
    Ok(store::analytics::popular(&app.db, scope, since(app, days), limit).await?)
}

/// The `limit` most asked questions of the last `days` of those in the workspace who share theirs.
pub async fn popular_here(app: &App, scope: Scope, days: u32, limit: u32) -> Result<Vec<QueryCount>> {
    searches::settle(app).await;
    Ok(store::analytics::shared(&app.db, scope.workspace, since(app, days), limit).await?)
}

/// Every entry, the latest first, read as it is taken. What is added meanwhile is not in it.
pub fn everything(app: Arc<App>, scope: Scope) -> impl Stream<Item = Result<Vec<HistoryEntry>>> + Send {
    let beginning = (app, HistoryFilter::default(), None, false);
    stream::try_unfold(beginning, move |(app, filter, after, done)| async move {
        if done {
            return Ok(None);
        }
        let page = list(&app, scope, &filter, after, EXPORTED_AT_ONCE).await?;
        let after = page.entries.last().map(HistoryCursor::after);
        let done = page.next.is_none();
        Ok(Some((page.entries, (app, filter, after, done))))
    })
}

async fn changed(app: &App, scope: Scope, id: Uuid) -> Result<HistoryEntry> {
    app.alerts.history_changed(scope, HistoryAction::Changed, Some(id));
    let entry = store::listing::get(&app.db, scope, id, app.clock.now()).await?;
    entry.ok_or_else(|| no_such_search(id))
}

fn checked_tags(tags: &[String]) -> Result<Vec<String>> {
    let mut checked: Vec<String> = tags.iter().map(|tag| tidy(tag).into()).collect();
    if checked.iter().any(|tag| !(1..=TAG_LONGEST).contains(&tag.chars().count())) {
        return Err(Error::invalid("tags", format!("a tag has 1 to {TAG_LONGEST} characters")));
    }
    checked.sort_unstable();
    checked.dedup();
    if checked.len() > TAGS_MOST {
        return Err(Error::invalid("tags", format!("a search has {TAGS_MOST} tags at most")));
    }
    Ok(checked)
}

fn since(app: &App, days: u32) -> chrono::DateTime<chrono::Utc> {
    app.clock.now() - TimeDelta::days(i64::from(days.min(DAYS_MOST)))
}

fn no_such_search(id: Uuid) -> Error {
    Error::not_found("search", id.to_string())
}
