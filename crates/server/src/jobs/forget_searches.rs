//! Forgets searches that are older than `history.retention_days`; favourites stay.

use chrono::TimeDelta;

use crate::{
    app::App,
    db::DbError,
    store::{self, Scope},
};

pub(super) async fn run(app: &App) -> Result<u64, DbError> {
    let age = TimeDelta::days(i64::from(app.config.history.retention_days));
    // With a retention of 0 nothing is recorded any more; what was recorded before goes.
    let before = app.clock.now() - age;
    let mut forgotten = 0;
    while !app.lifecycle.is_stopping() {
        match store::removal::older_than(&app.db, Scope::local(), before).await? {
            0 => break,
            some => forgotten += some,
        }
    }
    if forgotten > 0 {
        tracing::info!(forgotten, %before, "old searches are forgotten");
    }
    Ok(forgotten)
}
