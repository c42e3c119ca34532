//! What an operator has done once in a while: each of these is a job out of the queue, with its progress.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::Caller,
    app::App,
    audit::{self, Action, Deed},
    client::Client,
    error::{Error, Result},
    queue::{self, NewJob},
};

mod archive;
mod back_up;
mod clean_up;
mod clear_cache;
mod put_back;
mod rebuild_indexes;

pub use self::{
    back_up::back_up,
    clean_up::clean_up,
    clear_cache::clear_cache,
    put_back::{Backup, Lost, PutBackError, look, put_back},
    rebuild_indexes::rebuild_indexes,
};

/// The kinds of work in the queue.
pub const CLEAR_CACHE: &str = "clear_cache";
/// See [`CLEAR_CACHE`].
pub const CLEAN_UP: &str = "cleanup_old_data";
/// See [`CLEAR_CACHE`].
pub const REBUILD_INDEXES: &str = "rebuild_indexes";
/// See [`CLEAR_CACHE`].
pub const BACK_UP: &str = "backup_database";

/// Most days that can be said.
const DAYS_MOST: u32 = 36_500;

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MaintenanceAction)]
pub enum Task {
    /// Forget all kept answers and pages: in every process, and in Redis.
    ClearCache,
    /// Delete searches that are older than `days`; favourites stay.
    CleanupOldData,
    /// Make the indexes of the database anew, and its statistics.
    RebuildIndexes,
    /// Copy the database into a file in the data directory, and check the copy.
    BackupDatabase,
}

impl Task {
    /// What it is called in the queue.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::ClearCache => CLEAR_CACHE,
            Self::CleanupOldData => CLEAN_UP,
            Self::RebuildIndexes => REBUILD_INDEXES,
            Self::BackupDatabase => BACK_UP,
        }
    }
}

/// How old is too old, and whether it is only counted.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Extent {
    /// Searches that are older than so many days go.
    pub days: u32,
    /// Only count them.
    pub dry_run: bool,
}

/// Puts it into the queue; gives the id of the job. What is there already is not put there twice.
pub async fn begin(app: &App, caller: &Caller, task: Task, extent: Option<Extent>, client: &Client) -> Result<Uuid> {
    let payload = match (task, extent) {
        (Task::CleanupOldData, Some(extent)) => {
            if extent.days > DAYS_MOST {
                return Err(Error::invalid("days", format!("must be 0 to {DAYS_MOST}")));
            }
            serde_json::to_value(extent).map_err(Error::internal)?
        }
        (Task::CleanupOldData, None) => return Err(Error::invalid("days", "say how old is too old")),
        (_, Some(_)) => return Err(Error::invalid("days", "is only for `cleanup_old_data`")),
        (_, None) => json!({}),
    };
    let key = format!("{}{payload}", task.kind());
    let id = queue::enqueue(app, NewJob::new(task.kind(), payload.clone()).by(caller.scope.user).once(key)).await?;
    let details: Value = json!({ "action": task, "extent": payload });
    audit::record(app, client, Deed::of(caller, Action::MaintenanceBegun).to(id).with(details)).await?;
    Ok(id)
}

#[cfg(test)]
mod tests;
