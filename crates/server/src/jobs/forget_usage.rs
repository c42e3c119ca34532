//! Forgets how many requests there were on days long past.

use chrono::TimeDelta;

use super::Done;
use crate::{app::App, store::usage};

/// A year and the days that a leap year and a late look need.
const KEPT: TimeDelta = TimeDelta::days(400);

pub(super) async fn run(app: &App) -> Done {
    Ok(usage::forget_before(&app.db, app.clock.now() - KEPT).await?)
}
