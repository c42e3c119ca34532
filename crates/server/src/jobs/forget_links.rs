//! Forgets links (invitations, passwords set anew) that were over long ago, with the addresses that they were sent to.

use chrono::TimeDelta;

use super::Done;
use crate::{app::App, store::links};

/// How long it can be seen who was invited.
const KEPT: TimeDelta = TimeDelta::days(30);

pub(super) async fn run(app: &App) -> Done {
    Ok(links::forget(&app.db, app.clock.now() - KEPT).await?)
}
