//! Forgets jobs out of the queue that came to their end long ago.

use chrono::TimeDelta;

use super::Done;
use crate::{app::App, store::queue};

/// How long it can be seen what became of a job.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Most of them in one transaction.
const BATCH: u32 = 500;

pub(super) async fn run(app: &App) -> Done {
    let mut forgotten = 0;
    while !app.lifecycle.is_stopping() {
        match queue::forget(&app.db, app.clock.now() - KEPT, BATCH).await? {
            0 => break,
            some => forgotten += some,
        }
    }
    Ok(forgotten)
}
