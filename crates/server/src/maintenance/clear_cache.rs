//! Forgets all kept answers and pages.

use serde_json::json;

use crate::{
    app::App,
    queue::{Failure, Outcome, Work},
};

/// In Redis first, then here; other processes hear of it (`jobs/hear_of_clearing.rs`) when the job is done.
pub async fn clear_cache(app: &App, work: &Work) -> Outcome {
    work.progress(0, None, "shared cache").await?;
    let shared = app.cache.remote.clear().await.map_err(|error| {
        tracing::warn!(%error, "the shared cache is not cleared");
        Failure::Again("Redis does not answer".to_owned())
    })?;
    let bytes = app.cache.bytes();
    app.cache.clear();
    Ok(json!({ "entries_in_redis": shared, "bytes_in_memory": bytes }))
}
