//! THE TABLE of background jobs, one file each, and the loop that runs what is due.
//!
//! What is due is asked of the clock and the book, so that a test moves the clock and calls [`run_due`]. Each pause is a
//! little longer than the table says, by chance: several processes do not all run a job at once.

use std::{error::Error, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use crate::{
    adjustments,
    app::{App, SharedApp},
    db::DbError,
    deployments, erasure,
    job_book::later,
    metrics::JobResult,
    personal_export, security_events, spend,
};

mod erase_people;
mod expire_answers;
mod forget_addresses;
mod forget_attempts;
mod forget_jobs;
mod forget_links;
mod forget_searches;
mod forget_security_events;
mod forget_sessions;
mod forget_spend;
mod forget_usage;
mod hear_of_clearing;
mod learn_splits;
mod renew_certificate;
mod renew_signing_keys;
mod sweep_answers;
#[cfg(test)]
mod tests;
mod write_usage;

/// How often is looked what is due.
const LOOK: Duration = Duration::from_secs(5);
/// Longest wait for the first run of a job, and for the next one after a failure.
const SOON: Duration = Duration::from_mins(1);

/// Something that is done again and again while the server runs.
#[derive(Debug, Clone, Copy)]
pub struct BackgroundJob {
    /// What it is called in metrics, in the log and in `/health`.
    pub name: &'static str,
    /// How long is waited between two runs, at least.
    pub every: Duration,
    /// Does it; gives how many things it did.
    run: fn(&App) -> BoxFuture<'_, Done>,
}

/// What came of a run: how many things it did, or why it did not.
pub(crate) type Done = Result<u64, Box<dyn Error + Send + Sync>>;

impl BackgroundJob {
    /// A job with its own loop.
    pub(crate) const fn new(name: &'static str, every: Duration, run: fn(&App) -> BoxFuture<'_, Done>) -> Self {
        Self { name, every, run }
    }
}

/// A job that is called as its module is.
macro_rules! job {
    ($name:ident, $every:expr) => {
        BackgroundJob { name: stringify!($name), every: $every, run: |app| Box::pin($name::run(app)) }
    };
}

/// All of them.
pub const TABLE: &[BackgroundJob] = &[
    job!(learn_splits, Duration::from_secs(5)),
    job!(hear_of_clearing, Duration::from_secs(5)),
    BackgroundJob {
        name: "hear_of_adjustments",
        every: Duration::from_secs(5),
        run: |app| Box::pin(async { Ok(adjustments::hear_of_others(app).await?) }),
    },
    BackgroundJob {
        name: "hear_of_deployments",
        every: Duration::from_secs(5),
        run: |app| Box::pin(async { Ok(deployments::hear(app).await?) }),
    },
    BackgroundJob {
        name: "hear_of_erasures",
        every: Duration::from_secs(5),
        run: |app| Box::pin(async { Ok(erasure::hear_of_others(app).await?) }),
    },
    BackgroundJob {
        name: "tell_security_events",
        every: Duration::from_secs(5),
        run: |app| Box::pin(async { Ok(security_events::tell_others(app).await?) }),
    },
    job!(renew_certificate, Duration::from_mins(1)),
    BackgroundJob {
        name: "write_spend",
        every: Duration::from_mins(1),
        run: |app| Box::pin(async { Ok(spend::write(app).await?) }),
    },
    job!(write_usage, Duration::from_mins(1)),
    job!(forget_attempts, Duration::from_mins(10)),
    job!(forget_searches, Duration::from_hours(1)),
    job!(expire_answers, Duration::from_hours(1)),
    job!(erase_people, Duration::from_hours(1)),
    BackgroundJob {
        name: "expire_exports",
        every: Duration::from_mins(10),
        run: |app| Box::pin(async { Ok(personal_export::expire(app).await?) }),
    },
    job!(forget_sessions, Duration::from_hours(1)),
    job!(renew_signing_keys, Duration::from_hours(1)),
    job!(sweep_answers, Duration::from_hours(24)),
    job!(forget_security_events, Duration::from_hours(24)),
    job!(forget_addresses, Duration::from_hours(24)),
    job!(forget_spend, Duration::from_hours(24)),
    job!(forget_usage, Duration::from_hours(24)),
    job!(forget_links, Duration::from_hours(24)),
    job!(forget_jobs, Duration::from_hours(24)),
];

/// Runs the jobs until the server stops.
pub fn start(app: &SharedApp) {
    let app = Arc::clone(app);
    let lifecycle = app.lifecycle.clone();
    // The lifecycle waits for it.
    drop(lifecycle.spawn(async move {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while app.lifecycle.stopping().run_until_cancelled(look.tick()).await.is_some() {
            run_due(&app).await;
        }
    }));
}

/// Runs every job that is due, one after the other: they are no hurry, and the database has one writer.
pub async fn run_due(app: &App) {
    for job in TABLE {
        let longest = job.every + job.every / 10 + SOON;
        let first = job.every.min(SOON) / 2;
        let first = first + by_chance(first);
        if !app.lifecycle.is_stopping() && app.job_book.is_due(job.name, app.clock.now(), first, longest) {
            run(app, job).await;
        }
    }
}

/// What was spent today and what is split, before anything is asked.
pub async fn begin(app: &App) -> Result<(), DbError> {
    learn_splits::begin(app).await?;
    spend::learn(app).await
}

/// What must not wait for its next turn: the server stops.
pub async fn finish(app: &App) {
    for job in TABLE.iter().filter(|job| ["write_spend", "write_usage"].contains(&job.name)) {
        run(app, job).await;
    }
}

pub(crate) async fn run(app: &App, job: &BackgroundJob) {
    let ran_at = app.clock.now();
    let error = match AssertUnwindSafe((job.run)(app)).catch_unwind().await {
        Ok(Ok(done)) => {
            tracing::debug!(job = job.name, done, "job done");
            None
        }
        Ok(Err(error)) => Some(error.to_string()),
        // The panic itself was logged where it happened.
        Err(_) => Some("it panicked; the log says where".to_owned()),
    };
    let result = if error.is_none() { JobResult::Done } else { JobResult::Failed };
    app.metrics.job_ran(job.name, result, ran_at);
    let pause = match &error {
        None => job.every + by_chance(job.every / 10),
        Some(_) => job.every.min(SOON) + by_chance(SOON / 10),
    };
    let is_news = app.job_book.ran(job.name, ran_at, error.clone(), later(app.clock.now(), pause));
    match error {
        // As long as it lasts that is known: `/health` has it.
        Some(error) if is_news => tracing::error!(job = job.name, error, "a background job failed; it is tried again"),
        Some(error) => tracing::debug!(job = job.name, error, "a background job failed again"),
        None if is_news => tracing::info!(job = job.name, "a background job that failed is done again"),
        None => {}
    }
}

/// Runs one job now: for tests.
#[cfg(test)]
pub(crate) async fn run_now(app: &App, name: &str) {
    for job in TABLE.iter().filter(|job| job.name == name) {
        run(app, job).await;
    }
}

/// Up to so much, by chance.
fn by_chance(most: Duration) -> Duration {
    let thousandths = u32::try_from(Uuid::new_v4().as_u128() % 1_000).unwrap_or(0);
    most * thousandths / 1_000
}
