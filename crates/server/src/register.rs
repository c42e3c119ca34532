//! The searches that this process remembers: those under way and those lately ended.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    answer::Answer,
    job::Job,
    store::{Scope, finished::SearchStatus},
};

/// How long a search is found in memory after it was last looked at; after that the database has it.
const REMEMBERED: Duration = Duration::from_mins(15);
/// Most searches remembered in memory.
const REMEMBERED_MOST: u64 = 20_000;

/// One person's question, and where its answer is or will be.
#[derive(Debug)]
pub struct Search {
    /// Names it for good, in the history too.
    pub id: Uuid,
    /// Whose it is.
    pub scope: Scope,
    /// The query as it was understood.
    pub query: String,
    /// When it was asked.
    pub started_at: DateTime<Utc>,
    /// Where its answer is.
    pub origin: Origin,
    withdrawn: AtomicBool,
    forgotten: AtomicBool,
}

impl Search {
    /// A search that nobody has withdrawn.
    pub fn new(id: Uuid, scope: Scope, query: String, started_at: DateTime<Utc>, origin: Origin) -> Self {
        let (withdrawn, forgotten) = Default::default();
        Self { id, scope, query, started_at, origin, withdrawn, forgotten }
    }

    /// The answer, when it is there.
    pub fn answer(&self) -> Option<Arc<Answer>> {
        match &self.origin {
            Origin::Kept(answer) => Some(Arc::clone(answer)),
            Origin::Job(job) => job.answer(),
        }
    }

    /// How far it is.
    pub fn status(&self) -> SearchStatus {
        if self.is_withdrawn() {
            return SearchStatus::Cancelled;
        }
        match (&self.origin, self.answer()) {
            (_, Some(answer)) => answer.status(),
            (Origin::Job(job), None) if !job.has_ended() => SearchStatus::Running,
            // Its job broke off: there will be no answer.
            _ => SearchStatus::Failed,
        }
    }

    /// Whether whoever asked does not want the answer any more.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawn.load(Ordering::Acquire)
    }

    /// Withdraws it: when nobody else waits for the same answer, the sources are not asked any further.
    pub fn withdraw(&self) {
        let Origin::Job(job) = &self.origin else { return };
        if !job.has_ended() && !self.withdrawn.swap(true, Ordering::AcqRel) {
            job.leave();
        }
    }

    /// Whether it was deleted: what still comes of it must not go into the history.
    pub fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::Acquire)
    }
}

/// Where an answer is or will be.
#[derive(Debug, Clone)]
pub enum Origin {
    /// It was kept.
    Kept(Arc<Answer>),
    /// A job is making it, or has made it.
    Job(Arc<Job>),
}

/// The searches that this process remembers.
#[derive(Debug)]
pub struct Searches {
    recent: moka::sync::Cache<Uuid, Arc<Search>>,
    under_way: Mutex<HashMap<String, Arc<Job>>>,
}

impl Default for Searches {
    fn default() -> Self {
        let recent = moka::sync::Cache::builder().max_capacity(REMEMBERED_MOST).time_to_idle(REMEMBERED).build();
        Self { recent, under_way: Mutex::default() }
    }
}

impl Searches {
    /// How many questions the sources are being asked right now.
    pub fn under_way(&self) -> usize {
        self.jobs().len()
    }

    fn jobs(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Job>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job under way with `key`, or a new one that the caller has to run. Who wants the answer `anew` does not join a
    /// job that has answered already.
    pub fn join_or_create(&self, key: &str, anew: bool) -> (Arc<Job>, bool) {
        let mut jobs = self.jobs();
        if let Some(job) = jobs.get(key).filter(|job| !(anew && job.answer().is_some()) && job.join()) {
            return (Arc::clone(job), false);
        }
        let job = Job::new();
        jobs.insert(key.to_owned(), Arc::clone(&job));
        (job, true)
    }

    /// A search by its id, if it is this person's and still remembered.
    pub fn get(&self, scope: Scope, id: Uuid) -> Option<Arc<Search>> {
        self.recent.get(&id).filter(|search| search.scope == scope)
    }

    /// Remembers a search.
    pub fn remember(&self, search: Search) -> Arc<Search> {
        let search = Arc::new(search);
        self.recent.insert(search.id, Arc::clone(&search));
        search
    }

    /// Forgets a search that was deleted, whatever still comes of it.
    pub fn forget(&self, scope: Scope, id: Uuid) {
        if let Some(search) = self.get(scope, id) {
            search.forgotten.store(true, Ordering::Release);
            self.recent.invalidate(&id);
        }
    }

    /// Forgets a person's searches that have their answer; those under way will be new ones.
    pub fn forget_all(&self, scope: Scope) {
        for (id, search) in &self.recent {
            if search.scope == scope && search.answer().is_some() {
                self.forget(scope, *id);
            }
        }
    }

    /// The job is done with `key`; a newer one under the same key stays.
    pub fn finish(&self, key: &str, job: &Arc<Job>) {
        let mut jobs = self.jobs();
        if jobs.get(key).is_some_and(|current| Arc::ptr_eq(current, job)) {
            jobs.remove(key);
        }
    }
}
