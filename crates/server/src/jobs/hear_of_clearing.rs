//! Hears that the cache was cleared at another process: what is kept in this one goes, too.

use chrono::TimeDelta;

use super::Done;
use crate::{app::App, maintenance::CLEAR_CACHE, store::queue};

/// How far back is looked: much longer than the pause between two looks.
const BACK: TimeDelta = TimeDelta::hours(1);

pub(super) async fn run(app: &App) -> Done {
    let cleared = queue::latest_done(&app.db, CLEAR_CACHE, app.clock.now() - BACK).await?;
    Ok(u64::from(app.cache.heard_of_clearing(cleared)))
}
