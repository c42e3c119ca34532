//! Writes down what sources with a price have cost: a daily budget outlives the process, and several processes share it.

use crate::{app::App, db::DbError, store};

/// Writes it down, and learns what the others have spent; gives how many sources had spent anything.
pub async fn write(app: &App) -> Result<u64, DbError> {
    let engine = app.engine();
    let fetcher = engine.fetcher();
    let mut unwritten = fetcher.take_spend().into_iter();
    let mut written = 0;
    while let Some(spend) = unwritten.next() {
        if let Err(error) = store::spend::add(&app.db, spend.source, spend.day, spend.micros).await {
            std::iter::once(spend).chain(unwritten).for_each(|spend| fetcher.put_back_spend(&spend));
            return Err(error);
        }
        written += 1;
    }
    learn(app).await?;
    Ok(written)
}

/// What all processes have spent today.
pub async fn learn(app: &App) -> Result<(), DbError> {
    let (engine, today) = (app.engine(), app.clock.now().date_naive());
    for (source, micros) in store::spend::of_day(&app.db, today).await? {
        engine.fetcher().learn_spend(source, today, micros);
    }
    Ok(())
}
