//! Deletes accounts whose time has come: everything that is stored about their people.

use super::Done;
use crate::{app::App, erasure, store};

/// Most accounts that one run looks at.
const AT_ONCE: u32 = 100;

pub(super) async fn run(app: &App) -> Done {
    let mut erased = 0;
    for user in store::erasure::due(&app.db, app.clock.now(), AT_ONCE).await? {
        if app.lifecycle.is_stopping() {
            break;
        }
        match erasure::erase(app, user).await {
            Ok(()) => erased += 1,
            // The next run tries again: somebody may have to hand a workspace over first, or the database is away.
            Err(error) => tracing::error!(%user, %error, "an account that is to be deleted is not deleted yet"),
        }
    }
    Ok(erased)
}
