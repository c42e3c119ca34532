//! Searches whose process died: run again here under their ids, for whoever follows them and for the history.

use std::sync::Arc;

use engine::{query::Query, search::Prepared, work::Splits};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{follow::LOST, kept, run::Run, write_down};
use crate::{
    answer::Answer,
    app::App,
    frame::{Data, Frame, FrameType},
    job::Job,
    metrics::SearchResult,
    recorder::FinishedSearch,
    register::{Origin, Search},
    replicas::Running,
    store::{self, finished::SearchStatus},
};

/// A search during which so many processes died is not given to one more.
const DEATHS_MOST: u32 = 3;
/// The entries of a log that is begun anew are numbered from so far behind those that anybody may have read.
const BEHIND: u64 = 1_000_000;

/// Runs it again. Whoever follows it here already reads on in the same log.
pub fn inherit(app: &Arc<App>, id: Uuid, mut running: Running) {
    running.deaths += 1;
    let followed = app.searches.get(running.scope, id).and_then(|search| match &search.origin {
        Origin::Job(job) if !job.has_ended() => Some(Arc::clone(job)),
        _ => None,
    });
    let job = followed.unwrap_or_else(|| Job::numbered_after(u64::from(running.deaths) * BEHIND));
    let text = Query::parse(&running.query).map_or_else(|_| running.query.clone(), |query| query.text);
    let search = Search::new(id, running.scope, text, running.started_at, Origin::Job(Arc::clone(&job)));
    let search = app.searches.remember(if running.is_recorded { search } else { search.unrecorded() });
    write_down(app, id, &running);
    let span = tracing::info_span!("search", search_id = %id);
    tracing::warn!(parent: &span, deaths = running.deaths, "the process that ran a search is gone");
    let task = Arc::clone(app);
    app.lifecycle.spawn(
        async move {
            if let Some(answer) = recorded(&task, &search).await {
                return conclude(&task, &search, &job, answer);
            }
            match prepare(&task, &running).await {
                Some((prepared, splits)) => {
                    let key = kept::key(&prepared, running.scope, &splits);
                    let flight = format!("{key}:{id}");
                    let front = String::new();
                    let run = Run {
                        app: task,
                        key,
                        flight,
                        front,
                        job,
                        splits,
                        refresh: running.refresh,
                        is_traceless: false,
                        is_inherited: true,
                    };
                    run.lead(prepared, search).await;
                }
                None => lose(&task, &search, &job).await,
            }
        }
        .instrument(span),
    );
}

/// What the sources are asked; nothing when it is better not run again.
async fn prepare(app: &App, running: &Running) -> Option<(Prepared, Arc<Splits>)> {
    if running.deaths >= DEATHS_MOST {
        return None;
    }
    let query = Query::parse(&running.query).ok()?;
    let splits = app.splits.of(&app.db, running.scope).await.ok()?;
    Some((app.engine().prepare(query, &running.sources, running.limit), splits))
}

/// What came of it, when its replica recorded that before it died.
async fn recorded(app: &App, search: &Search) -> Option<Arc<Answer>> {
    let stored = store::answers::of_search(&app.db, search.scope, search.id, app.clock.now()).await.ok()??;
    Answer::from_bytes(&stored.body).map(Arc::new)
}

/// Ends it with the answer that there is.
fn conclude(app: &App, search: &Arc<Search>, job: &Arc<Job>, answer: Arc<Answer>) {
    let (now, members) = (app.clock.now(), answer.body.plain());
    job.answered(answer);
    job.append(|seq| Frame::new(seq, FrameType::SearchCompleted, now, Uuid::new_v4(), Data::Members(members)));
    job.end();
    app.searches.ended(search);
    app.replicas.ended(search.id);
    app.recorder.gives_up(search.id);
}

/// Ends it, in its log and in the history.
async fn lose(app: &App, search: &Arc<Search>, job: &Arc<Job>) {
    let now = app.clock.now();
    job.append(|seq| Frame::new(seq, FrameType::SearchFailed, now, Uuid::new_v4(), Data::Failed(LOST)));
    job.end();
    app.searches.ended(search);
    app.replicas.ended(search.id);
    app.metrics.search_ended(SearchResult::Failed, std::time::Duration::ZERO);
    if !search.is_recorded {
        return;
    }
    let finished = FinishedSearch {
        scope: search.scope,
        id: search.id,
        query: search.query.as_str().into(),
        sources: Vec::new(),
        status: SearchStatus::Failed,
        results_count: 0,
        execution_time_ms: 0,
        cache_hit: false,
        quality: None,
        started_at: search.started_at,
        answer: None,
    };
    if let Err(error) = app.recorder.record(finished).await {
        tracing::warn!(%error, "a search is not in the history");
    }
}

#[cfg(test)]
mod tests {
    use engine::source::SourceId;
    use futures_util::StreamExt;

    use super::*;
    use crate::{
        searches::{Question, follow, start, wait},
        store::{Scope, listing},
        testing::{app, app_with, now, upstream::Upstream},
    };

    #[tokio::test]
    async fn a_search_of_which_the_answer_was_recorded_is_not_run_again() {
        let upstream = Upstream::start().await;
        let app = app_with(upstream.config(&[SourceId::Crossref])).await;
        let query = "lamps".to_owned();
        let question = Question { query, sources: Vec::new(), limit: None, refresh: false, anonymous: false };
        let search = start(&app, Scope::local(), &question).await.unwrap();
        let answer = wait(&search, tokio::time::Instant::now() + std::time::Duration::from_secs(30)).await.unwrap();
        while recorded(&app, &search).await.is_none() {
            app.recorder.flush().await.unwrap();
        }
        let running = Running {
            scope: Scope::local(),
            query: question.query.clone(),
            sources: vec![SourceId::Crossref],
            limit: 25,
            refresh: true,
            is_recorded: true,
            started_at: now(),
            deaths: 0,
        };
        inherit(&app, search.id, running);
        let again = app.searches.get(Scope::local(), search.id).unwrap();
        let frames = follow(&again, 7).collect::<Vec<_>>().await;
        assert_eq!(frames.iter().map(|frame| frame.kind).collect::<Vec<_>>(), [FrameType::SearchCompleted]);
        assert_eq!(again.answer().unwrap().works(), answer.works());
        assert_eq!(upstream.asked(SourceId::Crossref), 1, "nobody is asked once more");
    }

    #[tokio::test]
    async fn a_search_during_which_replicas_died_again_and_again_fails_and_says_so() {
        let app = app().await;
        let running = Running {
            scope: Scope::local(),
            query: "lamps".to_owned(),
            sources: vec![SourceId::Arxiv],
            limit: 25,
            refresh: false,
            is_recorded: true,
            started_at: now(),
            deaths: DEATHS_MOST - 1,
        };
        for (query, deaths) in [("lamps", DEATHS_MOST - 1), ("year:soon", 0)] {
            let id = app.ids.next();
            inherit(&app, id, Running { query: query.to_owned(), deaths, ..running.clone() });
            let search = app.searches.get(Scope::local(), id).unwrap();
            let last = follow(&search, 7).collect::<Vec<_>>().await.pop().unwrap();
            assert!(last.seq > BEHIND, "whoever had some of the first log reads on");
            assert_eq!((last.kind, &last.members()[..]), (FrameType::SearchFailed, &br#""error":"lost"}"#[..]));
            app.recorder.flush().await.unwrap();
            let entry = listing::get(&app.db, Scope::local(), id, now()).await.unwrap().unwrap();
            assert_eq!((entry.query_metadata.status.as_str(), entry.results_count), ("failed", 0));
        }
    }
}
