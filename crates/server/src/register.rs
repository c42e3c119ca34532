//! The searches that this process remembers: those under way, and those lately ended as far as there is room.

mod recent;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, Utc};
use tokio::sync::SetOnce;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    answer::Answer,
    job::Job,
    store::{Scope, finished::SearchStatus},
};
use recent::Recent;

/// Memory for searches that ended, with their logs, in bytes. After that the database has them.
const ROOM: usize = 5 << 20;
/// Memory for searches that were served with a kept answer, in bytes. They are many and small, and must not drive out the
/// logs.
const ROOM_SERVED: usize = 2 << 20;
/// Most questions that the sources are asked at the same time.
pub const UNDER_WAY_MOST: usize = 1_024;

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
    /// Whether it goes into the history.
    pub is_recorded: bool,
    has_left: AtomicBool,
    withdrawn_at: OnceLock<DateTime<Utc>>,
    goes_on_without: CancellationToken,
    forgotten: AtomicBool,
    passed_on: SetOnce<()>,
}

impl Search {
    /// A search that nobody has withdrawn.
    pub fn new(id: Uuid, scope: Scope, query: String, started_at: DateTime<Utc>, origin: Origin) -> Self {
        Self {
            id,
            scope,
            query,
            started_at,
            origin,
            is_recorded: true,
            has_left: AtomicBool::default(),
            withdrawn_at: OnceLock::new(),
            goes_on_without: CancellationToken::new(),
            forgotten: AtomicBool::default(),
            passed_on: SetOnce::new(),
        }
    }

    /// The same, which does not go into the history.
    #[must_use]
    pub fn unrecorded(self) -> Self {
        Self { is_recorded: false, ..self }
    }

    /// The answer, when it is there.
    pub fn answer(&self) -> Option<Arc<Answer>> {
        match &self.origin {
            Origin::Kept(answer) | Origin::Stored(answer) => Some(Arc::clone(answer)),
            Origin::Job(job) => job.answer(),
        }
    }

    /// How far it is.
    pub fn status(&self) -> SearchStatus {
        if self.withdrawn_at().is_some() {
            return SearchStatus::Cancelled;
        }
        match (&self.origin, self.answer()) {
            (_, Some(answer)) => answer.status(),
            (Origin::Job(job), None) if !job.has_ended() => SearchStatus::Running,
            // Its job broke off: there will be no answer.
            _ => SearchStatus::Failed,
        }
    }

    /// When whoever asked said that the answer is not wanted any more.
    pub fn withdrawn_at(&self) -> Option<DateTime<Utc>> {
        self.withdrawn_at.get().copied()
    }

    /// Withdraws it: when nobody else waits for the same answer, the sources are not asked any further. An answer that is
    /// there stays; only late sources are not waited for.
    pub fn withdraw(&self, now: DateTime<Utc>) {
        let Origin::Job(job) = &self.origin else { return };
        if job.has_ended() || self.has_left.swap(true, Ordering::AcqRel) {
            return;
        }
        let is_unanswered = job.answer().is_none();
        if is_unanswered {
            // Set once: whoever comes here first.
            let _ = self.withdrawn_at.set(now);
        }
        let was_last = job.leave();
        if is_unanswered && !was_last {
            self.goes_on_without.cancel();
        }
    }

    /// Is cancelled when this search was withdrawn while others wait for the same answer: its readers are told then.
    pub const fn goes_on_without(&self) -> &CancellationToken {
        &self.goes_on_without
    }

    /// Whether it was deleted: what still comes of it must not go into the history.
    pub fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::Acquire)
    }

    /// Its answer was handed to who writes the history, or does not go there.
    pub fn mark_passed_on(&self) {
        // What comes later only replaces it.
        let _ = self.passed_on.set(());
    }

    /// Waits until its answer was handed to who writes the history.
    pub async fn passed_on(&self) {
        self.passed_on.wait().await;
    }

    /// About how much memory it takes, in bytes.
    fn size(&self) -> usize {
        let size = 600 + self.query.len();
        match &self.origin {
            // Shared by all that were served with it.
            Origin::Kept(answer) | Origin::Stored(answer) => size + answer.memory() / Arc::strong_count(answer).max(1),
            // The log says what the answer says, bit by bit, and holds the records that it comes from.
            Origin::Job(job) => size + job.answer().map_or(0, |answer| 3 * answer.memory()),
        }
    }
}

/// Where an answer is or will be.
#[derive(Debug, Clone)]
pub enum Origin {
    /// It was kept.
    Kept(Arc<Answer>),
    /// A job has made it whose log is not known any more; it comes from the database.
    Stored(Arc<Answer>),
    /// A job is making it, or has made it.
    Job(Arc<Job>),
}

/// The searches that this process remembers.
#[derive(Debug)]
pub struct Searches {
    under_way: Mutex<UnderWay>,
    ended: Mutex<Recent<Arc<Search>>>,
    served: Mutex<Recent<Arc<Search>>>,
}

#[derive(Debug, Default)]
struct UnderWay {
    /// By the question that they answer.
    jobs: HashMap<String, Arc<Job>>,
    /// By their ids.
    searches: HashMap<Uuid, Arc<Search>>,
}

impl Default for Searches {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl Searches {
    fn with_room(bytes: usize) -> Self {
        let recent = |room| Mutex::new(Recent::new(room));
        Self { under_way: Mutex::default(), ended: recent(bytes), served: recent(bytes.min(ROOM_SERVED)) }
    }

    /// How many questions the sources are being asked right now.
    pub fn under_way(&self) -> usize {
        self.lock().jobs.len()
    }

    /// The job under way with `key`, or a new one that the caller has to run; `None`: there are too many. Who wants the answer
    /// `anew` does not join a job that has answered already.
    pub fn join_or_create(&self, key: &str, anew: bool) -> Option<(Arc<Job>, bool)> {
        let jobs = &mut self.lock().jobs;
        if let Some(job) = jobs.get(key).filter(|job| !(anew && job.answer().is_some()) && job.join()) {
            return Some((Arc::clone(job), false));
        }
        if jobs.len() >= UNDER_WAY_MOST {
            return None;
        }
        let job = Job::new();
        jobs.insert(key.to_owned(), Arc::clone(&job));
        Some((job, true))
    }

    /// The job is done with `key`; a newer one under the same key stays.
    pub fn finish(&self, key: &str, job: &Arc<Job>) {
        let jobs = &mut self.lock().jobs;
        if jobs.get(key).is_some_and(|current| Arc::ptr_eq(current, job)) {
            jobs.remove(key);
        }
    }

    /// The searches whose answer is there and on its way to who writes the history.
    pub fn on_the_way(&self) -> Vec<Arc<Search>> {
        let is_on_the_way = |search: &&Arc<Search>| search.passed_on.get().is_none() && search.answer().is_some();
        self.lock().searches.values().filter(is_on_the_way).cloned().collect()
    }

    /// Remembers a search: as long as it is under way, and then as long as there is room.
    pub fn remember(&self, search: Search) -> Arc<Search> {
        let search = Arc::new(search);
        match &search.origin {
            Origin::Job(job) if !job.has_ended() => _ = self.lock().searches.insert(search.id, Arc::clone(&search)),
            Origin::Job(_) => keep(&self.ended, &search),
            Origin::Kept(_) | Origin::Stored(_) => keep(&self.served, &search),
        }
        search
    }

    /// The search has come to its end.
    pub fn ended(&self, search: &Arc<Search>) {
        // In both for a moment rather than in none.
        if !search.is_forgotten() {
            keep(&self.ended, search);
        }
        self.lock().searches.remove(&search.id);
    }

    /// A search by its id, if it is this person's and still remembered.
    pub fn get(&self, scope: Scope, id: Uuid) -> Option<Arc<Search>> {
        let under_way = self.lock().searches.get(&id).cloned();
        let found = under_way.or_else(|| lock(&self.ended).get(id)).or_else(|| lock(&self.served).get(id));
        found.filter(|search| search.scope == scope)
    }

    /// Forgets a search that was deleted, whatever still comes of it.
    pub fn forget(&self, scope: Scope, id: Uuid) {
        if let Some(search) = self.get(scope, id) {
            search.forgotten.store(true, Ordering::Release);
            lock(&self.ended).forget(id);
            lock(&self.served).forget(id);
            self.lock().searches.remove(&id);
        }
    }

    /// Forgets a person's searches that have their answer; those under way will be new ones.
    pub fn forget_all(&self, scope: Scope) {
        for search in self.all().iter().filter(|search| search.scope == scope && search.answer().is_some()) {
            self.forget(scope, search.id);
        }
    }

    /// Forgets every search of a workspace that is deleted, those under way too.
    pub fn forget_workspace(&self, workspace: Uuid, now: DateTime<Utc>) {
        self.forget_where(now, |scope| scope.workspace == workspace);
    }

    /// Forgets every search of a person who is deleted, those under way too.
    pub fn forget_person(&self, user: Uuid, now: DateTime<Utc>) {
        self.forget_where(now, |scope| scope.user == user);
    }

    fn forget_where(&self, now: DateTime<Utc>, is_meant: impl Fn(Scope) -> bool) {
        for search in self.all().iter().filter(|search| is_meant(search.scope)) {
            self.forget(search.scope, search.id);
            search.withdraw(now);
        }
    }

    fn all(&self) -> Vec<Arc<Search>> {
        let mut all: Vec<Arc<Search>> = self.lock().searches.values().cloned().collect();
        all.extend(lock(&self.ended).values().cloned());
        all.extend(lock(&self.served).values().cloned());
        all
    }

    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        lock(&self.under_way)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(recent: &Mutex<Recent<Arc<Search>>>, search: &Arc<Search>) {
    lock(recent).insert(search.id, Arc::clone(search), search.size());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::now;

    fn search(number: u128, origin: Origin) -> Search {
        Search::new(Uuid::from_u128(number), Scope::local(), "x".repeat(1_000), now(), origin)
    }

    fn ended_job() -> Origin {
        let job = Job::new();
        job.end();
        Origin::Job(job)
    }

    #[test]
    fn what_is_under_way_is_never_forgotten_for_want_of_room_and_of_the_rest_the_oldest_is() {
        let searches = Searches::with_room(40_000);
        let running = searches.remember(search(0, Origin::Job(Job::new())));
        for number in 1..=100 {
            searches.remember(search(number, ended_job()));
        }
        let found = |number| searches.get(Scope::local(), Uuid::from_u128(number)).is_some();
        assert!(found(0) && found(100) && found(90) && !found(1));
        searches.ended(&running);
        assert!(found(0));
        let other = Scope { user: Uuid::nil(), ..Scope::local() };
        assert!(searches.get(other, Uuid::nil()).is_none(), "another person's");
    }

    #[test]
    fn what_was_deleted_does_not_come_back_at_its_end() {
        let searches = Searches::default();
        let running = searches.remember(search(1, Origin::Job(Job::new())));
        searches.forget(Scope::local(), running.id);
        searches.ended(&running);
        assert!(searches.get(Scope::local(), running.id).is_none());
        assert!(running.is_forgotten());
    }

    #[test]
    fn there_is_a_limit_to_what_the_sources_are_asked_at_once() {
        let searches = Searches::default();
        let jobs: Vec<_> =
            (0..UNDER_WAY_MOST).map(|n| searches.join_or_create(&n.to_string(), false).unwrap().0).collect();
        assert!(searches.join_or_create("one more", false).is_none());
        assert!(!searches.join_or_create("7", false).unwrap().1, "who asks the same joins");
        searches.finish("7", &jobs[8]);
        assert!(searches.join_or_create("one more", false).is_none(), "that was another job");
        searches.finish("7", &jobs[7]);
        assert!(searches.join_or_create("one more", false).unwrap().1);
    }

    #[test]
    fn one_of_two_who_withdraws_leaves_the_other_its_answer() {
        let searches = Searches::default();
        let (job, _) = searches.join_or_create("q", false).unwrap();
        let first = search(1, Origin::Job(Arc::clone(&job)));
        let (job, is_new) = searches.join_or_create("q", false).unwrap();
        let second = search(2, Origin::Job(Arc::clone(&job)));
        assert!(!is_new);
        for _ in 0..3 {
            first.withdraw(now());
        }
        assert_eq!((first.status(), second.status()), (SearchStatus::Cancelled, SearchStatus::Running));
        assert!(first.goes_on_without().is_cancelled() && !job.cancel.is_cancelled());
        second.withdraw(now());
        assert!(job.cancel.is_cancelled() && !second.goes_on_without().is_cancelled());
        assert!(searches.join_or_create("q", false).unwrap().1, "what was given up is not joined");
    }
}
