//! Forgets the addresses in old rows of the audit log; the rows stay as they were signed.

use chrono::TimeDelta;

use super::Done;
use crate::{
    app::App,
    store::{
        audit::{Forgotten, forget_addresses},
        removal::BATCH,
    },
};

pub(super) async fn run(app: &App) -> Done {
    let before = app.clock.now() - TimeDelta::days(app.config.accounts.addresses_days.into());
    let mut forgotten = 0;
    while !app.lifecycle.is_stopping() {
        match forget_addresses(&app.db, Forgotten::Before(before), BATCH).await? {
            0 => break,
            some => forgotten += some,
        }
    }
    Ok(forgotten)
}
