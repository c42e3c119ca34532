//! When each background job ran last, how it went, and when it is due again.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

/// How a job is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobState {
    /// When it is due again.
    pub next_at: DateTime<Utc>,
    /// When it was begun last.
    pub ran_at: Option<DateTime<Utc>>,
    /// When it came to a good end last.
    pub succeeded_at: Option<DateTime<Utc>>,
    /// Why it did not the last time.
    pub error: Option<String>,
}

/// The state of every job, by its name.
#[derive(Debug, Default)]
pub struct JobBook {
    jobs: Mutex<BTreeMap<&'static str, JobState>>,
}

impl JobBook {
    /// Whether a job is to be run at `now`. One that was never heard of is put down for `first` from now. A time that lies
    /// further ahead than `longest` was put down under another clock.
    pub fn is_due(&self, name: &'static str, now: DateTime<Utc>, first: Duration, longest: Duration) -> bool {
        let mut jobs = self.lock();
        let state = jobs.entry(name).or_insert_with(|| JobState { next_at: later(now, first), ..JobState::default() });
        state.next_at <= now || state.next_at > later(now, longest)
    }

    /// A job was begun at `ran_at`, came to this end, and is due again at `next_at`; `true`: the run before came to the other
    /// kind of end.
    pub fn ran(
        &self,
        name: &'static str,
        ran_at: DateTime<Utc>,
        error: Option<String>,
        next_at: DateTime<Utc>,
    ) -> bool {
        let mut jobs = self.lock();
        let state = jobs.entry(name).or_default();
        if error.is_none() {
            state.succeeded_at = Some(ran_at);
        }
        let is_other = state.error.is_some() != error.is_some();
        state.ran_at = Some(ran_at);
        state.error = error;
        state.next_at = next_at;
        is_other
    }

    /// The state of every job that was heard of.
    pub fn states(&self) -> BTreeMap<&'static str, JobState> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, JobState>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So much later; the end of time when that is further.
pub fn later(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
