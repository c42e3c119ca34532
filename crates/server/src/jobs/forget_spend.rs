//! Forgets what days long past have cost.

use chrono::TimeDelta;

use super::Done;
use crate::{app::App, store};

/// A year and the days that a leap year and a late look need.
const KEPT: TimeDelta = TimeDelta::days(400);

pub(super) async fn run(app: &App) -> Done {
    Ok(store::spend::forget_before(&app.db, (app.clock.now() - KEPT).date_naive()).await?)
}
