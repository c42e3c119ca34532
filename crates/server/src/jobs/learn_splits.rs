//! Hears of merges that were undone, or joined again, at other processes on the same database: what is split stays split
//! everywhere.

use std::sync::Arc;

use super::Done;
use crate::{
    app::App,
    db::DbError,
    store::{self, Scope},
};

/// Reads what is needed before anything is asked: a search can do without the database then.
pub(super) async fn begin(app: &App) -> Result<(), DbError> {
    app.splits.of(&app.db, Scope::local()).await.map(drop)
}

pub(super) async fn run(app: &App) -> Done {
    let mut learnt = 0;
    for (scope, revision) in app.splits.known() {
        let splits = Arc::new(store::splits::all(&app.db, scope).await?);
        learnt += u64::from(app.splits.learn(scope, revision, splits));
    }
    Ok(learnt)
}
