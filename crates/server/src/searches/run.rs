//! Drives one search: from the question to the sources, from their events to the log, from the answer to cache and history.

use std::{sync::Arc, time::Duration};

use engine::{
    event::{Event, Outcome, SourceOutcome, SourceReport},
    search::{Prepared, RunOptions},
    work::Splits,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::{follow::CANCELLED, kept};
use crate::{
    alerts::HistoryAction,
    answer::{self, Answer},
    app::App,
    frame::{Data, Frame, FrameType, Progress, Revision, Started},
    job::Job,
    metrics::SearchResult,
    recorder::FinishedSearch,
    register::Search,
    store::finished::{AnswerRef, SearchStatus},
};

/// How often one replica looks whether another has the answer to the same question.
const LOOK: Duration = Duration::from_millis(20);

/// One job and what it needs.
pub(super) struct Run {
    pub(super) app: Arc<App>,
    /// Names the question as it was understood.
    pub(super) key: String,
    /// Names the job among those under way.
    pub(super) flight: String,
    /// Names the question as it was typed.
    pub(super) front: String,
    pub(super) job: Arc<Job>,
    pub(super) splits: Arc<Splits>,
    /// Ask the sources although pages are kept.
    pub(super) refresh: bool,
    /// Put nothing into the caches.
    pub(super) is_traceless: bool,
    /// Another replica ran it and died: what that one holds is waited for in vain.
    pub(super) is_inherited: bool,
}

/// Ends the job whatever happens to the task that drives it: a reader never waits for ever.
struct EndOfJob<'a>(&'a Run);

impl Drop for EndOfJob<'_> {
    fn drop(&mut self) {
        self.0.app.searches.finish(&self.0.flight, &self.0.job);
        self.0.job.end();
    }
}

/// Ends a search whatever happens to its task: it does not stay under way for ever.
struct EndOfSearch<'a>(&'a App, &'a Arc<Search>);

impl Drop for EndOfSearch<'_> {
    fn drop(&mut self) {
        self.1.mark_passed_on();
        self.0.searches.ended(self.1);
        self.0.replicas.ended(self.1.id);
        // What is cut off when the server stops is taken up by the next.
        if !self.0.lifecycle.is_stopping() || self.1.is_forgotten() {
            self.0.recorder.gives_up(self.1.id);
        }
    }
}

impl Run {
    /// Runs the job for the first who asked.
    pub(super) async fn lead(self, prepared: Prepared, search: Arc<Search>) {
        // Dropped in the reverse order: first the job ends, then the search.
        let _end_of_search = EndOfSearch(&self.app, &search);
        let _end = EndOfJob(&self);
        self.log(FrameType::SearchStarted, Data::Started(announced(&prepared)));
        let claim = format!("pake:flight:{}", self.key);
        let owner = search.id.to_string();
        if !self.is_traceless
            && let Some(kept) = self.made_elsewhere(&claim, &owner).await
        {
            self.take_over(&search, kept).await;
            return;
        }
        self.ask(prepared, &search).await;
        if !self.is_traceless {
            let _ = self.app.cache.remote.release(&claim, &owner).await;
        }
    }

    /// Records the job's answer for one more who asked the same, and again when late sources have changed it.
    pub(super) async fn follow(self, search: Arc<Search>) {
        let _end = EndOfSearch(&self.app, &search);
        let mut state = self.job.watch();
        let mut recorded: Option<Arc<Answer>> = None;
        loop {
            let now = state.borrow_and_update().clone();
            let is_known = |answer: &Arc<Answer>| recorded.as_ref().is_some_and(|known| Arc::ptr_eq(known, answer));
            if let Some(answer) = now.answer.filter(|answer| !is_known(answer)) {
                record(&self.app, &search, &answer, self.status(&answer), true).await;
                recorded = Some(answer);
            }
            if now.ended || state.changed().await.is_err() {
                return;
            }
        }
    }

    /// When another replica is asking the same question right now: its answer, as soon as it is there. `None`: it is for
    /// us to ask (we hold the claim, or nobody shares anything with us).
    async fn made_elsewhere(&self, claim: &str, owner: &str) -> Option<Arc<Answer>> {
        let remote = &self.app.cache.remote;
        if self.refresh || !remote.is_there() {
            return None;
        }
        if self.is_inherited {
            return kept::find(&self.app, &self.key).await.map(|(kept, _)| kept);
        }
        let patience = Duration::from_secs_f64(self.app.config.search.deadline);
        let until = Instant::now() + patience;
        // Whoever holds the claim may die with it: it ends by itself.
        while !remote.claim(claim, owner, patience).await.unwrap_or(true) {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.job.cancel.cancelled() => return None,
            }
            if let Some(made) = kept::find_made_elsewhere(&self.app, &self.key).await {
                return Some(made);
            }
            if Instant::now() > until {
                return None;
            }
        }
        // It may have been finished between our look and our claim.
        let (kept, _) = kept::find(&self.app, &self.key).await?;
        let _ = remote.release(claim, owner).await;
        Some(kept)
    }

    /// Logs another replica's answer as if it were ours.
    async fn take_over(&self, search: &Arc<Search>, kept: Arc<Answer>) {
        for report in &kept.summary.sources {
            self.log(FrameType::SearchProgress, answer::done(report.clone()));
        }
        // Before it is announced: whoever reads of it may ask for it at once.
        self.job.answered(Arc::clone(&kept));
        self.log(FrameType::SearchCompleted, Data::Members(kept.body.plain()));
        record(&self.app, search, &kept, self.status(&kept), true).await;
    }

    /// Asks the sources and logs what they say.
    async fn ask(&self, prepared: Prepared, search: &Arc<Search>) {
        let (query, limit) = (prepared.query.text.clone(), prepared.limit);
        let mut options =
            RunOptions { splits: Arc::clone(&self.splits), cancel: self.job.cancel.clone(), ..RunOptions::default() };
        let questions: Vec<_> = prepared.asks.iter().map(|ask| (ask.source, ask.key.clone())).collect();
        for (source, mut known) in self.app.cache.pages(&questions, self.app.clock.now()).await {
            known.fresh &= !self.refresh;
            options.known.insert(source, known);
        }
        let mut events = self.app.engine().run(prepared, options);
        let mut is_first = true;
        while let Some(event) = events.recv().await {
            match event {
                Event::SourceStarted(started) => {
                    self.log(FrameType::SearchProgress, Data::Progress(Progress::SearchSourceStarted(started)));
                }
                Event::Results(results) => {
                    self.log(FrameType::SearchProgress, Data::Progress(Progress::SearchSourceResults(results)));
                    if std::mem::take(&mut is_first) {
                        // What else has come is read after the first works of others are on their way, too.
                        tokio::task::yield_now().await;
                    }
                }
                Event::SourceDone(report) => self.source_done(report),
                Event::Fetched(_) if self.is_traceless => {}
                Event::Fetched(fetched) => {
                    let app = Arc::clone(&self.app);
                    let keep = async move {
                        app.cache.keep_page(fetched.source, fetched.key, fetched.page, fetched.at).await;
                    };
                    // A round trip to the shared tier is nothing to wait for.
                    if self.app.cache.remote.is_there() {
                        self.app.lifecycle.spawn(keep);
                    } else {
                        keep.await;
                    }
                }
                Event::Completed(outcome) => self.completed(search, &query, limit, outcome).await,
                Event::Revised(outcome) => self.revised(search, &query, limit, outcome).await,
            }
        }
    }

    fn source_done(&self, report: SourceReport) {
        self.app.metrics.source_ended(&report);
        if let Some(error) = report.error.as_ref().filter(|_| report.state != SourceOutcome::Skipped) {
            tracing::info!(source = %report.source, code = error.code(), %error, "source failed");
        }
        self.log(FrameType::SearchProgress, answer::done(report));
    }

    async fn completed(&self, search: &Arc<Search>, query: &str, limit: usize, outcome: Arc<Outcome>) {
        let answer = self.answer(query, limit, &outcome);
        let status = self.status(&answer);
        if search.is_recorded {
            self.app.recorder.keeps_up().await;
        }
        self.app.metrics.search_ended(result_of(status), Duration::from_millis(outcome.took_ms));
        // Before it is announced: whoever reads of it may ask for it at once, or ask the same once more.
        self.keep(&answer);
        self.job.answered(Arc::clone(&answer));
        if status == SearchStatus::Cancelled {
            self.log(FrameType::SearchFailed, Data::Failed(CANCELLED));
        } else {
            self.log(FrameType::SearchCompleted, Data::Members(answer.body.plain()));
        }
        if !outcome.sources.iter().any(|report| report.state == SourceOutcome::Late) {
            // Nothing more comes: whoever asks the same from now on does not wait until it is recorded.
            self.app.searches.finish(&self.flight, &self.job);
        }
        // The answer says all of it: what waits for its place in the history takes no more than that.
        drop(outcome);
        self.share(&answer).await;
        if !self.is_traceless {
            kept::hand_over(&self.app, &self.key, &answer).await;
        }
        record(&self.app, search, &answer, status, false).await;
    }

    /// Late sources came in: the answer anew, for the cache, the history and whoever still reads.
    async fn revised(&self, search: &Arc<Search>, query: &str, limit: usize, outcome: Arc<Outcome>) {
        let answer = self.answer(query, limit, &outcome);
        let order = outcome.works.iter().map(|work| work.id.clone()).collect();
        let revision = Revision { counts: outcome.counts, order };
        self.keep(&answer);
        self.job.answered(Arc::clone(&answer));
        self.log(FrameType::SearchProgress, Data::Progress(Progress::SearchRevised(Box::new(revision))));
        drop(outcome);
        self.share(&answer).await;
        record(&self.app, search, &answer, self.status(&answer), false).await;
    }

    fn keep(&self, answer: &Arc<Answer>) {
        if !self.is_traceless {
            kept::keep(&self.app, &self.key, &self.front, answer);
        }
    }

    async fn share(&self, answer: &Answer) {
        if !self.is_traceless {
            kept::share(&self.app, &self.key, answer).await;
        }
    }

    fn answer(&self, query: &str, limit: usize, outcome: &Outcome) -> Arc<Answer> {
        let now = self.app.clock.now();
        Arc::new(Answer::new(self.app.ids.next(), &self.key, query, limit, outcome, now))
    }

    fn status(&self, answer: &Answer) -> SearchStatus {
        if self.job.cancel.is_cancelled() { SearchStatus::Cancelled } else { answer.status() }
    }

    fn log(&self, kind: FrameType, data: Data) {
        let at = self.app.clock.now();
        self.job.append(|seq| Frame::new(seq, kind, at, Uuid::new_v4(), data));
    }
}

/// Puts a search into the history, unless it was deleted meanwhile. Off the answer's path: it is durable when the recorder
/// has committed it.
pub(super) async fn record(app: &App, search: &Search, answer: &Arc<Answer>, status: SearchStatus, hit: bool) {
    if search.is_recorded && app.config.history.retention_days > 0 {
        pass_on(app, search, answer, status, hit).await;
    }
    search.mark_passed_on();
}

async fn pass_on(app: &App, search: &Search, answer: &Arc<Answer>, status: SearchStatus, hit: bool) {
    let status = if search.withdrawn_at().is_some() { SearchStatus::Cancelled } else { status };
    let finished = FinishedSearch {
        scope: search.scope,
        id: search.id,
        query: Arc::clone(&answer.query),
        sources: answer.summary.sources.iter().map(|report| report.source).collect(),
        status,
        results_count: answer.summary.counts.works,
        execution_time_ms: if hit { 0 } else { answer.summary.took_ms },
        cache_hit: hit,
        quality: None,
        started_at: search.started_at,
        answer: Some(AnswerRef { id: answer.summary.id, source: Arc::clone(answer) as _ }),
    };
    if !hit {
        // Whoever waits for it goes first. The one who writes has all searches to write: packing them there, unpacked ones
        // would pile up as soon as the processors are busy.
        tokio::task::yield_now().await;
        answer.settle();
    }
    if search.is_forgotten() {
        return;
    }
    match app.recorder.record(finished).await {
        Ok(()) => app.alerts.history_changed(search.scope, HistoryAction::Recorded, Some(search.id)),
        Err(error) => tracing::warn!(search_id = %search.id, %error, "a search is not in the history"),
    }
}

/// What a prepared search will ask of whom: for `search_started`.
fn announced(prepared: &Prepared) -> Started {
    Started {
        query: prepared.query.text.clone(),
        sources: prepared.asks.iter().map(|ask| ask.source).collect(),
        limit: prepared.limit,
    }
}

const fn result_of(status: SearchStatus) -> SearchResult {
    match status {
        SearchStatus::Running | SearchStatus::Completed => SearchResult::Complete,
        SearchStatus::Partial => SearchResult::Partial,
        SearchStatus::Failed => SearchResult::Failed,
        SearchStatus::Cancelled => SearchResult::Cancelled,
    }
}
