//! Makes the indexes of the database anew, table by table.

use serde_json::json;

use crate::{
    app::App,
    queue::{Outcome, Work},
    store::upkeep,
};

/// The words of the questions first, then each table.
pub async fn rebuild_indexes(app: &App, work: &Work) -> Outcome {
    let tables = upkeep::tables(&app.db).await?;
    let total = tables.len() as u64 + 1;
    work.progress(0, Some(total), "words").await?;
    upkeep::rebuild_words(&app.db).await?;
    for (table, done) in tables.iter().zip(1..) {
        work.progress(done, Some(total), table).await?;
        upkeep::rebuild(&app.db, table).await?;
    }
    work.progress(total, Some(total), "done").await?;
    Ok(json!({ "tables": tables.len() }))
}
