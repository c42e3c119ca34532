//! Deletes answers that no search points at any more: a later one, with what late sources sent, took their place.

use chrono::TimeDelta;

use super::Done;
use crate::{app::App, store};

/// Most answers that are looked at in one step.
const BATCH: u32 = 500;
/// Younger ones may belong to a search that is on its way into the database.
const LEAST_AGE: TimeDelta = TimeDelta::hours(1);

pub(super) async fn run(app: &App) -> Done {
    let made_before = app.clock.now() - LEAST_AGE;
    let (mut deleted, mut after) = (0, None);
    while !app.lifecycle.is_stopping() {
        let (some, next) = store::answers::sweep(&app.db, after, made_before, BATCH).await?;
        deleted += some;
        if next.is_none() {
            break;
        }
        after = next;
    }
    Ok(deleted)
}
