//! Forgets sessions that ended long ago, with the addresses that they came from.

use chrono::TimeDelta;

use super::Done;
use crate::{app::App, store::sessions};

/// How long it can be seen where somebody was signed in.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Most of them in one transaction.
const BATCH: u32 = 500;

pub(super) async fn run(app: &App) -> Done {
    let mut forgotten = 0;
    while !app.lifecycle.is_stopping() {
        match sessions::forget(&app.db, app.clock.now() - KEPT, BATCH).await? {
            0 => break,
            some => forgotten += some,
        }
    }
    Ok(forgotten)
}
