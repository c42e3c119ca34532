//! Writes down what sources with a price have cost: a daily budget outlives the process, and several processes share it.

use super::Done;
use crate::{app::App, db::DbError, store};

pub(super) async fn run(app: &App) -> Done {
    let fetcher = app.engine.fetcher();
    let mut unwritten = fetcher.take_spend().into_iter();
    let mut written = 0;
    while let Some(spend) = unwritten.next() {
        if let Err(error) = store::spend::add(&app.db, spend.source, spend.day, spend.micros).await {
            std::iter::once(spend).chain(unwritten).for_each(|spend| fetcher.put_back_spend(&spend));
            return Err(error.into());
        }
        written += 1;
    }
    learn(app).await?;
    Ok(written)
}

/// What all processes have spent today.
pub(super) async fn learn(app: &App) -> Result<(), DbError> {
    let today = app.clock.now().date_naive();
    for (source, micros) in store::spend::of_day(&app.db, today).await? {
        app.engine.fetcher().learn_spend(source, today, micros);
    }
    Ok(())
}
