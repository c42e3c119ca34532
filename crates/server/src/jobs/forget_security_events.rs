//! Forgets security events that happened long ago.

use super::Done;
use crate::{
    app::App,
    security_events::KEPT,
    store::{removal::BATCH, security_events},
};

pub(super) async fn run(app: &App) -> Done {
    let before = app.clock.now() - KEPT;
    let mut forgotten = 0;
    while !app.lifecycle.is_stopping() {
        match security_events::forget(&app.db, before, BATCH).await? {
            0 => break,
            some => forgotten += some,
        }
    }
    Ok(forgotten)
}
