//! Drops the bodies of answers that must not be kept any longer; what the history tells of them stays.

use super::Done;
use crate::{app::App, store};

/// Most answers in one transaction: the writer is free again after a moment.
const BATCH: u32 = 500;

pub(super) async fn run(app: &App) -> Done {
    let mut dropped = 0;
    while !app.lifecycle.is_stopping() {
        match store::answers::expire(&app.db, app.clock.now(), BATCH).await? {
            0 => break,
            some => dropped += some,
        }
    }
    Ok(dropped)
}
