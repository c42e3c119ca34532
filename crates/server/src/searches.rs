//! Searches: asked, joined, followed, cancelled, found again.
//!
//! The way of one search: [`start`] looks for a kept answer, else joins the same question under way, else starts a
//! [`Job`] that [`run`](run::run) drives. Whoever wants to see it reads the job's log.

mod answer;
mod follow;
mod run;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use engine::{query::Query, search::MAX_LIMIT, source::SourceId, work::SharedRecord};
use uuid::Uuid;

pub use answer::{Answer, CacheInfo, head};
pub use follow::follow;

use crate::{
    app::App,
    error::{Error, Result},
    job::Job,
    metrics::{CacheTier, SearchResult},
    store::{self, Scope, finished::SearchStatus},
};

/// How long a search is found in memory after it was last looked at; after that the database has it.
const REMEMBERED: Duration = Duration::from_mins(15);
/// Most searches remembered in memory.
const REMEMBERED_MOST: u64 = 20_000;

/// What a person asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// In the query language.
    pub query: String,
    /// Empty: the default sources.
    pub sources: Vec<SourceId>,
    /// Records asked of each source; `None`: the configuration's page size.
    pub limit: Option<usize>,
    /// Ask the sources although an answer is kept.
    pub refresh: bool,
}

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
}

impl Search {
    /// A search that nobody has withdrawn.
    pub fn new(id: Uuid, scope: Scope, query: String, started_at: DateTime<Utc>, origin: Origin) -> Self {
        Self { id, scope, query, started_at, origin, withdrawn: AtomicBool::new(false) }
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
        if self.withdrawn.load(Ordering::Acquire) {
            return SearchStatus::Cancelled;
        }
        self.answer().map_or(SearchStatus::Running, |answer| answer.status())
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

    /// The job that answers `key`: the one under way, or a new one that the caller has to run.
    fn join_or_create(&self, key: &str) -> (Arc<Job>, bool) {
        let mut jobs = self.jobs();
        if let Some(job) = jobs.get(key).filter(|job| job.join()) {
            return (Arc::clone(job), false);
        }
        let job = Job::new();
        jobs.insert(key.to_owned(), Arc::clone(&job));
        (job, true)
    }

    /// The job is done with `key`; a newer one under the same key stays.
    fn finish(&self, key: &str, job: &Arc<Job>) {
        let mut jobs = self.jobs();
        if jobs.get(key).is_some_and(|current| Arc::ptr_eq(current, job)) {
            jobs.remove(key);
        }
    }
}

/// Asks. Returns at once: with a kept answer, or with a job to follow.
pub async fn start(app: &Arc<App>, scope: Scope, question: &Question) -> Result<Arc<Search>> {
    let limit = question.limit.unwrap_or(app.config.search.page_size).clamp(1, MAX_LIMIT);
    let front = answer::front_key(scope, question, limit, app.splits.revision(scope));
    if !question.refresh
        && let Some(kept) = app.cache.answers.get(&front).filter(|kept| kept.is_fresh(app.clock.now()))
    {
        return serve_kept(app, scope, kept, CacheTier::Memory).await;
    }
    let query = Query::parse(&question.query)?;
    let prepared = app.engine.prepare(query, &question.sources, limit);
    let splits = app.splits.of(app, scope).await?;
    let key = answer::key(&prepared, scope, &splits);
    if !question.refresh
        && let Some((kept, tier)) = answer::find(app, &key).await
    {
        app.cache.answers.put(front, Arc::clone(&kept), 0, kept.life(app.clock.now()));
        return serve_kept(app, scope, kept, tier).await;
    }
    app.metrics.cache_miss();
    let text = prepared.query.text.clone();
    let (job, is_new) = app.searches.join_or_create(&key);
    let search = remember(app, scope, text, Origin::Job(Arc::clone(&job)));
    let run = run::Run { app: Arc::clone(app), key, front, job, splits, refresh: question.refresh };
    if is_new {
        app.lifecycle.spawn(run.lead(prepared, Arc::clone(&search)));
    } else {
        app.lifecycle.spawn(run.follow(Arc::clone(&search)));
    }
    Ok(search)
}

/// A search by its id: from memory, else from the database.
pub async fn find(app: &App, scope: Scope, id: Uuid) -> Result<Arc<Search>> {
    if let Some(search) = recent(app, scope, id) {
        return Ok(search);
    }
    // What was recorded a moment ago may still be on its way.
    let now = app.clock.now();
    let entry = store::listing::get(&app.db, scope, id, now).await?;
    let entry = entry.ok_or_else(|| Error::not_found("search", id.to_string()))?;
    let stored = store::answers::of_search(&app.db, scope, id, now).await?;
    let answer = stored.and_then(|stored| Answer::from_bytes(&stored.body)).ok_or_else(|| Error::Gone {
        message: "the answer is not kept any more (or the terms of a source do not allow keeping it); ask again"
            .to_owned(),
    })?;
    let origin = Origin::Kept(Arc::new(answer));
    let search = Arc::new(Search::new(id, scope, entry.query, entry.created_at, origin));
    app.searches.recent.insert(id, Arc::clone(&search));
    Ok(search)
}

/// A search by its id, if it is this person's and still in memory.
pub fn recent(app: &App, scope: Scope, id: Uuid) -> Option<Arc<Search>> {
    app.searches.recent.get(&id).filter(|search| search.scope == scope)
}

/// Waits for the answer of a search, at most until `deadline`.
pub async fn wait(search: &Search, deadline: tokio::time::Instant) -> Option<Arc<Answer>> {
    match &search.origin {
        Origin::Kept(answer) => Some(Arc::clone(answer)),
        Origin::Job(job) => {
            let mut state = job.watch();
            let ready = state.wait_for(|state| state.answer.is_some() || state.ended);
            let state = tokio::time::timeout_at(deadline, ready).await.ok()?.ok()?;
            state.answer.clone()
        }
    }
}

/// Withdraws a search: when nobody else waits for the same answer, the sources are not asked any further.
pub fn cancel(search: &Search) {
    let Origin::Job(job) = &search.origin else { return };
    if !job.watch().borrow().ended && !search.withdrawn.swap(true, Ordering::AcqRel) {
        job.leave();
    }
}

/// Every record of an answer: from memory, else from the database.
pub async fn records(app: &App, search: &Search, answer: &Answer) -> Result<Vec<SharedRecord>> {
    if let Some(records) = &answer.records {
        return Ok(records.clone());
    }
    let stored = store::answers::of_search(&app.db, search.scope, search.id, app.clock.now()).await?;
    stored.and_then(|stored| Answer::from_bytes(&stored.body)?.records).ok_or_else(|| Error::Gone {
        message: "the records of this answer are not kept any more; ask again".to_owned(),
    })
}

fn remember(app: &App, scope: Scope, query: String, origin: Origin) -> Arc<Search> {
    let search = Arc::new(Search::new(app.ids.next(), scope, query, app.clock.now(), origin));
    app.searches.recent.insert(search.id, Arc::clone(&search));
    search
}

async fn serve_kept(app: &App, scope: Scope, kept: Arc<Answer>, tier: CacheTier) -> Result<Arc<Search>> {
    app.metrics.cache_hit(tier);
    app.metrics.search_ended(SearchResult::Cached, Duration::ZERO);
    let search = remember(app, scope, kept.summary.query.clone(), Origin::Kept(Arc::clone(&kept)));
    run::record(app, &search, &kept, kept.status(), true).await;
    Ok(search)
}
