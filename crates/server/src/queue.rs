//! Work that takes long or must survive a restart: put into a queue in the database, done by whichever process is free.
//!
//! What kinds there are and how each is done stands in `workers.rs`; whoever has work only knows this module. A job may be
//! begun more than once (its process was lost, or it failed and is tried again): what it does must bear that.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    app::App,
    error::{Error, Result},
    store::{
        Scope,
        queue::{self, JobFilter, JobRow, NewRow},
    },
};

mod work;

pub use self::work::{Failure, LEASE, Outcome, Work};

/// How often a job with a key is tried to be put into the queue while others with that key come and go.
const TRIES: u32 = 5;

/// Something to be done. No secret belongs into `payload`: it is kept as it is, and admins see it.
#[derive(Debug, Clone)]
pub struct NewJob {
    kind: &'static str,
    payload: Value,
    workspace: Option<Uuid>,
    user: Option<Uuid>,
    unique_key: Option<String>,
    due_at: Option<DateTime<Utc>>,
}

impl NewJob {
    /// Work of a kind that `workers.rs` knows.
    pub const fn new(kind: &'static str, payload: Value) -> Self {
        Self { kind, payload, workspace: None, user: None, unique_key: None, due_at: None }
    }

    /// For this person in this workspace. Without it: for the whole installation, and only those who operate it see it.
    #[must_use]
    pub fn of(self, owner: Scope) -> Self {
        Self { workspace: Some(owner.workspace), user: Some(owner.user), ..self }
    }

    /// Begun by this person, for the whole installation.
    #[must_use]
    pub fn by(self, person: Uuid) -> Self {
        Self { user: Some(person), ..self }
    }

    /// Not as long as another with this key is waiting or running.
    #[must_use]
    pub fn once(self, key: impl Into<String>) -> Self {
        Self { unique_key: Some(key.into()), ..self }
    }

    /// Not before this time.
    #[must_use]
    pub fn at(self, time: DateTime<Utc>) -> Self {
        Self { due_at: Some(time), ..self }
    }
}

/// Puts work into the queue; gives the id of the job. When another with its key is there already, the id of that one.
pub async fn enqueue(app: &App, job: NewJob) -> Result<Uuid> {
    let now = app.clock.now();
    for _ in 0..TRIES {
        let row = NewRow {
            id: app.ids.next(),
            kind: job.kind,
            payload: job.payload.to_string(),
            workspace: job.workspace,
            user: job.user,
            unique_key: job.unique_key.as_deref(),
            due_at: job.due_at.unwrap_or(now),
            created_at: now,
        };
        if let Some(id) = queue::insert(&app.db, &row).await? {
            if id == row.id {
                app.workbench.ring();
            }
            return Ok(id);
        }
        // The other one came to its end just now.
    }
    Err(Error::Conflict { message: "the same work comes and goes; try again".to_owned() })
}

/// At most `most` jobs, the latest first, before the one with this id.
pub async fn list(app: &App, filter: &JobFilter, before: Option<Uuid>, most: u32) -> Result<Vec<JobRow>> {
    Ok(queue::list(&app.db, filter, before, most).await?)
}

/// One job, when it is among these.
pub async fn find(app: &App, filter: &JobFilter, id: Uuid) -> Result<JobRow> {
    queue::find(&app.db, filter, id).await?.ok_or_else(|| no_such_job(id))
}

/// Ends a job: one that waits at once, one that is running as soon as its process hears of it.
pub async fn cancel(app: &App, filter: &JobFilter, id: Uuid) -> Result<JobRow> {
    if let Some(job) = queue::cancel(&app.db, filter, id, app.clock.now()).await? {
        app.workbench.end(id);
        return Ok(job);
    }
    let job = find(app, filter, id).await?;
    Err(Error::Conflict { message: format!("this job is {} already", job.status) })
}

/// Puts a job that failed or was cancelled into the queue again.
pub async fn retry(app: &App, filter: &JobFilter, id: Uuid) -> Result<JobRow> {
    let retried = queue::retry(&app.db, filter, id, app.clock.now()).await;
    // The key was taken by another one at the very same moment.
    let is_taken = retried.as_ref().is_err_and(|error| error.problem == crate::db::Problem::Rejected);
    if let Some(job) = if is_taken { None } else { retried? } {
        app.workbench.ring();
        return Ok(job);
    }
    let job = find(app, filter, id).await?;
    let message = match job.status.as_str() {
        "failed" | "cancelled" => "the same work is in the queue already".to_owned(),
        status => format!("this job is {status}; only one that failed or was cancelled is tried again"),
    };
    Err(Error::Conflict { message })
}

fn no_such_job(id: Uuid) -> Error {
    Error::not_found("job", id.to_string())
}
