//! How long searches are kept, of everybody in every workspace; favourites are kept until they are deleted.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    error::Result,
    preferences,
    store::{Scope, removal, retention},
};

/// How many days the searches of a person are kept.
pub async fn days(app: &App, person: Scope) -> Result<u32> {
    preferences::kept_days(app, person).await
}

/// Searches that are too old, and whose they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Old {
    /// Searches.
    pub searches: u64,
    /// People who have any of these.
    pub people: u64,
}

/// Up to when a person's searches are too old.
async fn too_old(app: &App, person: Scope) -> Result<DateTime<Utc>> {
    // With a retention of 0 nothing is recorded any more; what was recorded before goes.
    Ok(app.clock.now() - TimeDelta::days(i64::from(days(app, person).await?)))
}

/// What the next run would forget, in this workspace or in all of them.
pub async fn preview(app: &App, workspace: Option<Uuid>) -> Result<Old> {
    let (mut old, mut after) = (Old::default(), None);
    while let Some(person) = retention::next_person(&app.db, workspace, after).await? {
        after = Some(person);
        let count = retention::count_older_than(&app.db, person, too_old(app, person).await?).await?;
        old.add(count);
    }
    Ok(old)
}

/// Forgets what is too old, of everybody.
pub async fn enforce(app: &App) -> Result<Old> {
    let (mut old, mut after) = (Old::default(), None);
    while let Some(person) = retention::next_person(&app.db, None, after).await? {
        after = Some(person);
        let before = too_old(app, person).await?;
        let count = forget(app, person, before, || app.lifecycle.is_stopping()).await?;
        old.add(count);
        if app.lifecycle.is_stopping() {
            break;
        }
    }
    if old.searches > 0 {
        tracing::info!(searches = old.searches, people = old.people, "old searches are forgotten");
    }
    Ok(old)
}

/// Forgets the searches of a person that were asked before `before`, until `is_over`; how many there were.
pub async fn forget(app: &App, person: Scope, before: DateTime<Utc>, is_over: impl Fn() -> bool) -> Result<u64> {
    let mut forgotten = 0;
    while !is_over() {
        match removal::older_than(&app.db, person, before).await? {
            0 => break,
            some => forgotten += some,
        }
    }
    Ok(forgotten)
}

impl Old {
    /// So many searches of one person more.
    pub fn add(&mut self, searches: u64) {
        self.searches += searches;
        self.people += u64::from(searches > 0);
    }
}
