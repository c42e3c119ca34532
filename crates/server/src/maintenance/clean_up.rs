//! Deletes searches that are older than so many days, or counts them.

use chrono::TimeDelta;
use serde_json::json;

use super::Extent;
use crate::{
    app::App,
    queue::{Outcome, Work},
    retention::{self, Old},
    store::retention::{count_older_than, next_person},
};

/// Person after person.
pub async fn clean_up(app: &App, work: &Work) -> Outcome {
    let extent: Extent = work.payload()?;
    // As old as they were when it was asked for, however often it is begun again.
    let before = work.created_at() - TimeDelta::days(i64::from(extent.days));
    let (mut old, mut after, mut seen) = (Old::default(), None, 0);
    while let Some(person) = next_person(&app.db, work.workspace(), after).await? {
        after = Some(person);
        seen += 1;
        let count = if extent.dry_run {
            count_older_than(&app.db, person, before).await?
        } else {
            retention::forget(app, person, before, || work.cancelled().is_cancelled()).await?
        };
        old.add(count);
        work.progress(seen, None, "people").await?;
    }
    Ok(json!({ "searches": old.searches, "people": old.people, "dry_run": extent.dry_run, "before": before }))
}
