//! A job while it is worked on.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    app::{App, SharedApp},
    db::DbError,
    error::Error,
    store::queue::{self, End, Hold, JobRow},
};

/// How long a process is waited for that says nothing, before another takes its job over.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);

/// What comes out of a job: JSON for those who look at it afterwards, without secrets.
pub type Outcome = Result<Value, Failure>;

/// Why a job did not come to a good end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may go better another time.
    Again(String),
    /// It will not.
    Final(String),
    /// It was told to end ([`Work::cancelled`]), and did.
    Ended,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Internal(error) => {
                tracing::error!(%error, "a job fails");
                Self::Again("something is wrong inside; the log says what".to_owned())
            }
            Error::Unavailable { .. } | Error::TooMany { .. } | Error::AnswerTimeout { .. } => {
                Self::Again(error.to_string())
            }
            Error::Stopping => Self::Ended,
            _ => Self::Final(error.to_string()),
        }
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Error::from(error).into()
    }
}

/// A job while this process works on it.
#[derive(Debug)]
pub struct Work {
    app: SharedApp,
    job: JobRow,
    hold: Hold,
    cancelled: CancellationToken,
    is_cancel_wanted: AtomicBool,
    is_lost: AtomicBool,
}

impl Work {
    /// The job was taken by this process.
    pub fn new(app: &SharedApp, job: JobRow) -> Self {
        let hold = Hold { id: job.id, holder: app.workbench.id, attempt: job.attempts };
        let cancelled = app.lifecycle.stopping().child_token();
        app.workbench.take(job.id, cancelled.clone());
        let (is_cancel_wanted, is_lost) = (AtomicBool::new(false), AtomicBool::new(false));
        let work = Self { app: SharedApp::clone(app), hold, cancelled, is_cancel_wanted, is_lost, job };
        work.heard(Some(work.job.is_cancel_wanted));
        work
    }

    /// Names the job.
    pub const fn id(&self) -> Uuid {
        self.job.id
    }

    /// The workspace that it is for.
    pub const fn workspace(&self) -> Option<Uuid> {
        self.job.workspace_id
    }

    /// The person whom it is for.
    pub const fn user(&self) -> Option<Uuid> {
        self.job.user_id
    }

    /// The how-manieth attempt this is; 1 is the first.
    pub const fn attempt(&self) -> i64 {
        self.job.attempts
    }

    /// When it was put into the queue.
    pub fn created_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.job.created_at).unwrap_or_default()
    }

    /// What exactly is to be done.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.job.payload)
            .map_err(|error| Failure::Final(format!("this version does not understand what is to be done: {error}")))
    }

    /// Is cancelled when the job is to end: somebody wants it to, the server stops, or another process has taken it over. What
    /// is done then ends with [`Failure::Ended`]; when the server stops, the job is begun again later.
    pub const fn cancelled(&self) -> &CancellationToken {
        &self.cancelled
    }

    /// Goes on only as long as the job is not to end.
    pub fn go_on(&self) -> Result<(), Failure> {
        if self.cancelled.is_cancelled() { Err(Failure::Ended) } else { Ok(()) }
    }

    /// Says how far the job is, and goes on only as long as it is not to end.
    pub async fn progress(&self, done: u64, total: Option<u64>, step: &str) -> Result<(), Failure> {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let progress = (number(done), total.map(number), step);
        match queue::progress(&self.app.db, self.hold, progress, self.until()).await {
            Ok(heard) => self.heard(heard),
            // The work itself will find out whether it can be done without.
            Err(error) => tracing::warn!(%error, job = %self.id(), "the progress of a job is not written down"),
        }
        self.go_on()
    }

    /// Holds the job for some time more.
    pub async fn keep(&self) {
        match queue::keep(&self.app.db, self.hold, self.until()).await {
            Ok(heard) => self.heard(heard),
            Err(error) => tracing::warn!(%error, job = %self.id(), "a job is not held any longer"),
        }
    }

    /// Whether somebody wants the job to end.
    pub fn is_cancel_wanted(&self) -> bool {
        self.is_cancel_wanted.load(Ordering::Relaxed)
    }

    /// Whether another process has taken the job over.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Writes down how the job ended. `false`: another process has taken it over.
    pub async fn end(&self, end: End<'_>) -> Result<bool, DbError> {
        queue::end(&self.app.db, self.hold, end, self.app.clock.now()).await
    }

    /// Puts the job back, to be tried again at `due_at`; without an error this attempt does not count. `false`: as above.
    pub async fn put_back(&self, due_at: DateTime<Utc>, error: Option<&str>) -> Result<bool, DbError> {
        queue::put_back(&self.app.db, self.hold, due_at, error).await
    }

    /// The application.
    pub fn app(&self) -> &App {
        &self.app
    }

    fn until(&self) -> DateTime<Utc> {
        self.app.clock.now() + LEASE
    }

    /// What the row says: whether the job is to end, or is not held here any more.
    fn heard(&self, is_cancel_wanted: Option<bool>) {
        match is_cancel_wanted {
            Some(false) => return,
            Some(true) => self.is_cancel_wanted.store(true, Ordering::Relaxed),
            None => self.is_lost.store(true, Ordering::Relaxed),
        }
        self.cancelled.cancel();
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.app.workbench.leave(self.job.id);
    }
}
