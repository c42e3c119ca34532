//! Searches: asked, joined, followed, cancelled, found again.
//!
//! The way of one search: [`start`] looks for a kept answer, else joins the same question under way, else starts a
//! [`Job`](crate::job::Job) that [`run`](run::run) drives. Whoever wants to see it reads the job's log.

mod elsewhere;
mod follow;
mod for_others;
mod inherit;
mod kept;
mod run;
mod take_up;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta};
use engine::{query::Query, search::MAX_LIMIT, source::SourceId, work::SharedRecord};
use tracing::Instrument as _;
use uuid::Uuid;

pub use follow::follow;
pub use for_others::{tell, withdraw};
pub use inherit::inherit;
pub use kept::head;
pub use take_up::take_up;

use crate::{
    answer::Answer,
    app::App,
    error::{Error, Result},
    metrics::{CacheTier, SearchResult},
    preference_book::Decided,
    register::{Origin, Search, UNDER_WAY_MOST},
    replicas::Running,
    store::{self, Scope},
};

/// How long is waited for searches that are on their way into the database. While that is away, what is asked of it fails
/// soon enough by itself.
const ON_THE_WAY: Duration = Duration::from_secs(1);
/// A search that began so lately at another replica may be written down nowhere yet, or not any more in Redis and not yet in the database.
const LATELY: TimeDelta = TimeDelta::minutes(1);
/// First and longest pause until it is looked for again.
const LOOKS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(1_600));

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
    /// Leave nothing behind: no history, and nothing in the caches.
    pub anonymous: bool,
}

/// Asks. Returns at once: with a kept answer, or with a job to follow.
pub async fn start(app: &Arc<App>, scope: Scope, question: &Question) -> Result<Arc<Search>> {
    let limit = question.limit.unwrap_or(app.config.search.page_size).clamp(1, MAX_LIMIT);
    let days = app.config.history.retention_days;
    let decided = app.preference_book.of(&app.db, scope, days, app.clock.now()).await?;
    let sources = if question.sources.is_empty() { &decided.sources } else { &question.sources };
    let keeping = Keeping::of(question, &decided);
    let front = kept::front_key(scope, &question.query, sources, limit, app.splits.revision(scope));
    if !question.refresh
        && let Some(kept) = app.cache.answer_as_typed(&front).filter(|kept| kept.is_fresh(app.clock.now()))
    {
        return serve_kept(app, scope, kept, CacheTier::Memory, keeping).await;
    }
    let query = Query::parse(&question.query)?;
    let prepared = app.engine().prepare(query, sources, limit);
    let splits = app.splits.of(&app.db, scope).await?;
    let key = kept::key(&prepared, scope, &splits);
    if !question.refresh
        && let Some((kept, tier)) = kept::find(app, &key).await
    {
        if keeping != Keeping::Nothing {
            app.cache.understood(front, &key, kept.life(app.clock.now()));
        }
        return serve_kept(app, scope, kept, tier, keeping).await;
    }
    app.metrics.cache_miss();
    let text = prepared.query.text.clone();
    // Who wants the answer anew joins only others who do: a job of the rest may use what is kept.
    let mut flight = if question.refresh { format!("{key}:anew") } else { key.clone() };
    if keeping == Keeping::Nothing {
        // Nobody whose search is recorded joins it, nor the other way round.
        flight.push_str(":anonymous");
    }
    let (job, is_new) = app.searches.join_or_create(&flight, question.refresh).ok_or_else(|| Error::TooMany {
        message: format!("{UNDER_WAY_MOST} searches are under way; wait for one to end"),
        retry_after: Duration::from_secs(1),
    })?;
    let search = remember(app, scope, text, Origin::Job(Arc::clone(&job)), keeping);
    let (is_traceless, refresh) = (keeping == Keeping::Nothing, question.refresh);
    if !is_traceless {
        let (sources, is_recorded) = (sources.clone(), search.is_recorded);
        let (query, started_at) = (question.query.clone(), search.started_at);
        let running = Running { scope, query, sources, limit, refresh, is_recorded, started_at, deaths: 0 };
        write_down(app, search.id, &running);
    }
    let run =
        run::Run { app: Arc::clone(app), key, flight, front, job, splits, refresh, is_traceless, is_inherited: false };
    // A child of the request's: its lines carry both ids.
    let span = tracing::info_span!("search", search_id = %search.id);
    if is_new {
        app.lifecycle.spawn(run.lead(prepared, Arc::clone(&search)).instrument(span));
    } else {
        app.lifecycle.spawn(run.follow(Arc::clone(&search)).instrument(span));
    }
    Ok(search)
}

/// A search by its id: from memory, from the replica that runs it, else from the database.
pub async fn find(app: &Arc<App>, scope: Scope, id: Uuid) -> Result<Arc<Search>> {
    let (mut pause, longest) = LOOKS;
    loop {
        let found = look(app, scope, id).await;
        let is_there = !matches!(found, Err(Error::NotFound { .. }));
        if is_there || pause > longest || !may_be_on_its_way(app, id) {
            return found;
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// Whether another replica may have begun a search of this name a moment ago: the name says when that was.
fn may_be_on_its_way(app: &App, id: Uuid) -> bool {
    let began = id.get_timestamp().and_then(|at| {
        let (seconds, nanos) = at.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
    });
    app.replicas.are_there_others() && began.is_some_and(|began| (app.clock.now() - began).abs() < LATELY)
}

async fn look(app: &Arc<App>, scope: Scope, id: Uuid) -> Result<Arc<Search>> {
    if let Some(search) = app.searches.get(scope, id) {
        return Ok(search);
    }
    if let Some(search) = elsewhere::find(app, scope, id).await {
        return Ok(search);
    }
    settle(app).await;
    let now = app.clock.now();
    let entry = store::listing::get(&app.db, scope, id, now).await?;
    let entry = entry.ok_or_else(|| Error::not_found("search", id.to_string()))?;
    let stored = store::answers::of_search(&app.db, scope, id, now).await?;
    let answer = stored.and_then(|stored| Answer::from_bytes(&stored.body)).ok_or_else(|| Error::Gone {
        message: "the answer is not kept any more (or the terms of a source do not allow keeping it); ask again"
            .to_owned(),
    })?;
    let answer = Arc::new(answer);
    let origin = if entry.cache_hit { Origin::Kept(answer) } else { Origin::Stored(answer) };
    Ok(app.searches.remember(Search::new(id, scope, entry.query, entry.created_at, origin)))
}

/// Waits until what was answered a moment ago is in the database, but not for long.
pub async fn settle(app: &App) {
    let settled = async {
        for search in app.searches.on_the_way() {
            search.passed_on().await;
        }
        app.recorder.flush().await
    };
    // A recorder that cannot write says so in its state; what is in the database can be shown all the same.
    let _ = tokio::time::timeout(ON_THE_WAY, settled).await;
}

/// Waits for the answer of a search, at most until `deadline`.
pub async fn wait(search: &Search, deadline: tokio::time::Instant) -> Option<Arc<Answer>> {
    match &search.origin {
        Origin::Kept(answer) | Origin::Stored(answer) => Some(Arc::clone(answer)),
        Origin::Job(job) => {
            let mut state = job.watch();
            let ready = state.wait_for(|state| state.answer.is_some() || state.ended);
            let state = tokio::time::timeout_at(deadline, ready).await.ok()?.ok()?;
            state.answer.clone()
        }
    }
}

/// Every record of an answer: from memory, else from the database.
pub async fn records(app: &App, search: &Search, answer: &Answer) -> Result<Vec<SharedRecord>> {
    if let Some(records) = answer.records() {
        return Ok(records);
    }
    let stored = store::answers::of_search(&app.db, search.scope, search.id, app.clock.now()).await?;
    stored.and_then(|stored| Answer::from_bytes(&stored.body)?.records()).ok_or_else(|| Error::Gone {
        message: "the records of this answer are not kept any more; ask again".to_owned(),
    })
}

/// What is kept of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeping {
    /// The search in the history, its answer in the caches.
    All,
    /// Its answer in the caches: the person wants no history.
    Answer,
    /// Nothing.
    Nothing,
}

impl Keeping {
    const fn of(question: &Question, decided: &Decided) -> Self {
        match (question.anonymous, decided.is_unrecorded) {
            (true, _) => Self::Nothing,
            (false, true) => Self::Answer,
            (false, false) => Self::All,
        }
    }
}

fn remember(app: &App, scope: Scope, query: String, origin: Origin, keeping: Keeping) -> Arc<Search> {
    let search = Search::new(app.ids.next(), scope, query, app.clock.now(), origin);
    app.searches.remember(if keeping == Keeping::All { search } else { search.unrecorded() })
}

/// Whoever comes after this process finds the search that it runs: another replica in Redis, and the next start in a file.
fn write_down(app: &App, id: Uuid, running: &Running) {
    app.replicas.runs(id, running);
    if running.is_recorded {
        app.recorder.begins(id, running);
    }
}

/// Forgets answers by their names in the caches: here all of them, in the shared tier these.
pub async fn forget_answers(app: &App, keys: &[String]) {
    app.cache.clear();
    kept::forget(app, keys).await;
}

async fn serve_kept(
    app: &App,
    scope: Scope,
    kept: Arc<Answer>,
    tier: CacheTier,
    keeping: Keeping,
) -> Result<Arc<Search>> {
    app.metrics.cache_hit(tier);
    app.metrics.search_ended(SearchResult::Cached, Duration::ZERO);
    let search = remember(app, scope, kept.summary.query.clone(), Origin::Kept(Arc::clone(&kept)), keeping);
    run::record(app, &search, &kept, kept.status(), true).await;
    Ok(search)
}

#[cfg(test)]
mod tests;
