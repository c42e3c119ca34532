//! What this process works on: woken when something comes into the queue, and told when a job is to end.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::store::queue::Load;

/// The jobs that this process works on.
#[derive(Debug)]
pub struct Workbench {
    /// Names the process among those that share the queue.
    pub id: Uuid,
    bell: Notify,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    jobs: HashMap<Uuid, CancellationToken>,
    seen: Option<Seen>,
}

/// What the queue was like when somebody looked.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// When that was.
    pub at: DateTime<Utc>,
    /// How much there was to do; nothing when the database did not say.
    pub load: Option<Load>,
}

impl Default for Workbench {
    fn default() -> Self {
        Self { id: Uuid::new_v4(), bell: Notify::new(), inner: Mutex::default() }
    }
}

impl Workbench {
    /// There is something to do.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Ends when there is something to do.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// A job is worked on here from now on; `token` is cancelled when it is to end.
    pub fn take(&self, job: Uuid, token: CancellationToken) {
        self.lock().jobs.insert(job, token);
    }

    /// A job is not worked on any more.
    pub fn leave(&self, job: Uuid) {
        self.lock().jobs.remove(&job);
    }

    /// Says to a job that it is to end, when it is worked on here.
    pub fn end(&self, job: Uuid) {
        if let Some(token) = self.lock().jobs.get(&job) {
            token.cancel();
        }
    }

    /// Somebody looked how much there is to do.
    pub fn saw(&self, seen: Seen) {
        self.lock().seen = Some(seen);
    }

    /// What the queue was like the last time that somebody looked.
    pub fn seen(&self) -> Option<Seen> {
        self.lock().seen
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
