//! THE TABLE of kinds of work that goes through the queue, and the loop that does it.
//!
//! A few jobs at once in each process. A job is taken as soon as it comes into the queue here, or with the next look when
//! another process put it there. When the server stops, nothing more is taken; what is under way is told, and put back.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::{FutureExt, future::BoxFuture};
use tokio::{
    sync::Semaphore,
    time::{Instant, MissedTickBehavior, interval, interval_at},
};

use crate::{
    app::{App, SharedApp},
    db::DbError,
    job_book::later,
    maintenance,
    metrics::QueueResult,
    personal_export, post,
    queue::{Failure, LEASE, Outcome, Work},
    store::queue::{self, End, JobRow},
    workbench::Seen,
};

mod send_mail;

/// Jobs that one process works on at once.
const AT_ONCE: usize = 2;
/// How often is looked whether another process has put something into the queue.
const LOOK: Duration = Duration::from_secs(5);
/// How often is said that a job is still worked on; several times in a lease.
const BEAT: Duration = Duration::from_secs(15);
/// Longest pause before the second attempt; it doubles with each attempt.
const PAUSE: Duration = Duration::from_secs(10);
/// Longest pause of all.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// A kind of work.
#[derive(Debug, Clone, Copy)]
pub struct JobKind {
    /// What it is called in the queue, in metrics and in the log.
    pub name: &'static str,
    /// How often a job is tried before it has failed.
    pub attempts: i64,
    /// Does it.
    pub run: for<'a> fn(&'a SharedApp, &'a Work) -> BoxFuture<'a, Outcome>,
}

/// All of them.
pub const TABLE: &[JobKind] = &[
    JobKind { name: post::SEND, attempts: send_mail::ATTEMPTS, run: |_, work| Box::pin(send_mail::run(work)) },
    JobKind {
        name: maintenance::CLEAR_CACHE,
        attempts: 3,
        run: |app, work| Box::pin(maintenance::clear_cache(app, work)),
    },
    JobKind { name: maintenance::CLEAN_UP, attempts: 5, run: |app, work| Box::pin(maintenance::clean_up(app, work)) },
    JobKind {
        name: maintenance::REBUILD_INDEXES,
        attempts: 3,
        run: |app, work| Box::pin(maintenance::rebuild_indexes(app, work)),
    },
    JobKind { name: maintenance::BACK_UP, attempts: 3, run: |app, work| Box::pin(maintenance::back_up(app, work)) },
    JobKind { name: personal_export::KIND, attempts: 5, run: |app, work| Box::pin(personal_export::make(app, work)) },
];

/// Works on what is in the queue until the server stops.
pub fn start(app: &SharedApp) {
    start_with(app, TABLE);
}

fn start_with(app: &SharedApp, kinds: &'static [JobKind]) {
    let app = Arc::clone(app);
    let lifecycle = app.lifecycle.clone();
    // The lifecycle waits for it.
    drop(lifecycle.spawn(async move {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = app.lifecycle.stopping().cancelled() => break,
                () = app.workbench.rung() => {}
                _ = look.tick() => measure(&app).await,
            }
            take_what_fits(&app, kinds, &places).await;
        }
    }));
}

/// Takes jobs as long as there are any and there is a place for them.
async fn take_what_fits(app: &SharedApp, kinds: &'static [JobKind], places: &Arc<Semaphore>) {
    while !app.lifecycle.is_stopping()
        && let Ok(place) = Arc::clone(places).try_acquire_owned()
        && let Some((kind, job)) = take_or_tell(app, kinds).await
    {
        let app = Arc::clone(app);
        let lifecycle = app.lifecycle.clone();
        drop(lifecycle.spawn(async move {
            work_on(&app, kind, job).await;
            drop(place);
            // There may be more that waited for the place.
            app.workbench.ring();
        }));
    }
}

/// Does everything that is due, one after the other, until nothing is; how many jobs that were.
pub async fn run_due(app: &SharedApp, kinds: &'static [JobKind]) -> Result<u64, DbError> {
    let mut done = 0;
    while !app.lifecycle.is_stopping()
        && let Some((kind, job)) = take(app, kinds).await?
    {
        work_on(app, kind, job).await;
        done += 1;
    }
    Ok(done)
}

async fn take_or_tell(app: &App, kinds: &'static [JobKind]) -> Option<(&'static JobKind, JobRow)> {
    take(app, kinds).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "no job is taken from the queue; tried again");
        None
    })
}

async fn take(app: &App, kinds: &'static [JobKind]) -> Result<Option<(&'static JobKind, JobRow)>, DbError> {
    if kinds.is_empty() {
        return Ok(None);
    }
    let (names, now): (Vec<_>, _) = (kinds.iter().map(|kind| kind.name).collect(), app.clock.now());
    let job = queue::claim(&app.db, &names, app.workbench.id, now, now + LEASE).await?;
    Ok(job.and_then(|job| Some((kinds.iter().find(|kind| kind.name == job.kind)?, job))))
}

async fn work_on(app: &SharedApp, kind: &JobKind, job: JobRow) {
    let began = Instant::now();
    let work = Work::new(app, job);
    let outcome = if work.is_cancel_wanted() {
        Err(Failure::Ended)
    } else if work.attempt() > kind.attempts {
        // Each of the attempts before took its process with it.
        Err(Failure::Final("the process that worked on it was lost, again and again".to_owned()))
    } else {
        drive(app, kind, &work).await
    };
    let result = match settle(app, kind, &work, outcome).await {
        Ok(result) => result,
        Err(error) => {
            tracing::error!(%error, job = %work.id(), kind = kind.name, "how a job ended is not written down; it is done again");
            QueueResult::Lost
        }
    };
    app.metrics.job_worked_on(kind.name, result, began.elapsed());
}

/// Does it, and says meanwhile that it is worked on.
async fn drive(app: &SharedApp, kind: &JobKind, work: &Work) -> Outcome {
    let mut run = std::pin::pin!(AssertUnwindSafe((kind.run)(app, work)).catch_unwind());
    let mut beat = interval_at(Instant::now() + BEAT, BEAT);
    loop {
        tokio::select! {
            outcome = run.as_mut() => {
                // The panic itself was logged where it happened.
                return outcome.unwrap_or_else(|_| Err(Failure::Final("it panicked; the log says where".to_owned())));
            }
            _ = beat.tick() => work.keep().await,
        }
    }
}

/// Writes down what became of it.
async fn settle(app: &App, kind: &JobKind, work: &Work, outcome: Outcome) -> Result<QueueResult, DbError> {
    let (job, name) = (work.id(), kind.name);
    let (written, result) = match outcome {
        Ok(result) => (work.end(End::Done(&result.to_string())).await?, QueueResult::Done),
        Err(_) if work.is_cancel_wanted() || is_cancel_wanted(work).await => {
            tracing::info!(%job, kind = name, "a job was cancelled");
            (work.end(End::Cancelled).await?, QueueResult::Cancelled)
        }
        Err(Failure::Ended) if app.lifecycle.is_stopping() => {
            (work.put_back(app.clock.now(), None).await?, QueueResult::Released)
        }
        Err(Failure::Again(error)) if work.attempt() < kind.attempts => {
            let pause = pause(app, work.attempt());
            tracing::warn!(%job, kind = name, error, ?pause, "a job failed; it is tried again");
            (work.put_back(later(app.clock.now(), pause), Some(&error)).await?, QueueResult::Retried)
        }
        Err(failure) => {
            let error = match failure {
                Failure::Again(error) | Failure::Final(error) => error,
                Failure::Ended => "it ended before its time".to_owned(),
            };
            tracing::error!(%job, kind = name, error, "a job failed for good");
            (work.end(End::Failed(&error)).await?, QueueResult::Failed)
        }
    };
    if !written {
        tracing::warn!(%job, kind = name, "another process has taken this job over");
    }
    Ok(if written { result } else { QueueResult::Lost })
}

/// Asks once more: it may have been told elsewhere since the last beat.
async fn is_cancel_wanted(work: &Work) -> bool {
    work.keep().await;
    work.is_cancel_wanted()
}

/// How long is waited after so many attempts: by chance, up to twice as long each time.
fn pause(app: &App, attempts: i64) -> Duration {
    let doubled = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    app.ids.up_to(PAUSE.saturating_mul(1 << doubled).min(LONGEST_PAUSE))
}

/// Looks how much there is to do.
async fn measure(app: &App) {
    let load = queue::load(&app.db).await;
    let at = app.clock.now();
    if let Ok(load) = load {
        let late = load.due_since.map_or(0, |since| at.timestamp_millis() - since);
        app.metrics.queue_measured(load.waiting, load.running, TimeDelta::milliseconds(late));
    }
    app.workbench.saw(Seen { at, load: load.ok() });
}

#[cfg(test)]
mod tests;
