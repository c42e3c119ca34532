//! Forgets attempts to sign in that do not count any more, sign-ins that were begun and not finished, and devices and networks
//! that were not seen for long.

use super::Done;
use crate::{
    app::App,
    brute_force::{ATTEMPTS_KEPT, KNOWN_FOR, LOCKS_KEPT},
    post,
    store::{known_clients, outgoing_mails, sign_in_attempts, steps},
};

pub(super) async fn run(app: &App) -> Done {
    let now = app.clock.now();
    let mut forgotten = known_clients::forget_before(&app.db, now - KNOWN_FOR).await?;
    forgotten += steps::forget_before(&app.db, now).await?;
    forgotten += outgoing_mails::forget_before(&app.db, now - post::KEPT).await?;
    while !app.lifecycle.is_stopping() {
        match sign_in_attempts::forget(&app.db, now, ATTEMPTS_KEPT, LOCKS_KEPT).await? {
            0 => break,
            some => forgotten += some,
        }
    }
    Ok(forgotten)
}
