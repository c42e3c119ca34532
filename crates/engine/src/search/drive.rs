//! One search under way: waits for all sources at once, joins what comes, and announces the answer in time.

use std::{collections::HashMap, panic::AssertUnwindSafe, pin::pin, sync::Arc};

use chrono::{DateTime, Datelike, Utc};
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{Ask, Inner, KnownPage, Prepared, RunOptions, events};
use crate::{
    connector::{Page, SourceRequest},
    event::{Counts, Event, Fetched, Outcome, Results, SourceOutcome, SourceReport, SourceStarted},
    merge::Merger,
    plan, rank,
    source::{SourceError, SourceId},
    work::SharedRecord,
};

/// What one source came back with.
struct Answer {
    index: usize,
    result: Result<Page, SourceError>,
    took_ms: u64,
}

/// One search under way.
pub(super) struct Drive {
    inner: Arc<Inner>,
    prepared: Prepared,
    options: RunOptions,
    teller: mpsc::UnboundedSender<Event>,
    /// How many events.
    told: usize,
    started: Instant,
    asked_at: DateTime<Utc>,
    merger: Merger,
    records: Vec<SharedRecord>,
    reports: HashMap<SourceId, SourceReport>,
}

impl Drive {
    pub(super) fn new(
        inner: Arc<Inner>,
        prepared: Prepared,
        options: RunOptions,
        teller: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let (started, asked_at) = (Instant::now(), inner.clock.now());
        let merger = Merger::new(Arc::clone(&options.splits));
        Self {
            inner,
            prepared,
            options,
            teller,
            told: 0,
            started,
            asked_at,
            merger,
            records: Vec::new(),
            reports: HashMap::new(),
        }
    }

    /// Skipped, kept, asked; then whatever comes first, until nothing more can come. Dropped, it drops the futures still under
    /// way, which closes their connections.
    pub(super) async fn run(mut self) {
        for (source, error) in std::mem::take(&mut self.prepared.skipped) {
            let report = SourceReport { error: Some(error), ..self.blank(source, SourceOutcome::Skipped) };
            self.done(report);
        }
        let asks = std::mem::take(&mut self.prepared.asks);
        let hard = self.started + self.options.deadline.unwrap_or(self.inner.deadline);
        let inner = Arc::clone(&self.inner);
        let mut under_way = FuturesUnordered::new();
        let mut due: HashMap<usize, Instant> = HashMap::new();
        let mut kept = Vec::new();
        for (index, ask) in asks.iter().enumerate() {
            self.announce(ask);
            if self.options.known.get(&ask.source).is_some_and(|known| known.fresh) {
                kept.push(index);
            } else {
                due.insert(index, inner.due(ask.source, self.started).min(hard));
                under_way.push(ask_source(&inner, ask, index, self.prepared.limit, hard, self.asked_at));
            }
        }
        for index in kept {
            self.use_kept(&asks[index], SourceOutcome::Cached, None);
        }
        let mut completed = false;
        let mut revised = false;
        // One alarm, put off as sources answer: it is cheaper than one each time.
        let mut alarm = pin!(sleep_until(hard));
        loop {
            if due.is_empty() && !completed {
                completed = true;
                let outcome = self.outcome();
                self.send(Event::Completed(outcome));
            }
            if under_way.is_empty() {
                break;
            }
            let next_due = due.values().min().copied();
            if let Some(next_due) = next_due.filter(|next_due| *next_due != alarm.deadline()) {
                alarm.as_mut().reset(next_due);
            }
            tokio::select! {
                () = self.options.cancel.cancelled() => {
                    return self.cancelled(&asks, &due, completed);
                }
                Some(answer) = under_way.next() => {
                    let in_time = due.remove(&answer.index).is_some();
                    let told = self.told;
                    revised |= self.arrived(&asks[answer.index], answer, !in_time) && completed;
                    if self.told > told {
                        // What else has come is read when this is on its way.
                        events::taken().await;
                    }
                }
                () = alarm.as_mut(), if next_due.is_some() => {
                    let now = Instant::now();
                    due.extract_if(|_, at| *at <= now).for_each(|(index, _)| self.late(&asks[index]));
                }
            }
        }
        if revised {
            let outcome = self.outcome();
            self.send(Event::Revised(outcome));
        }
    }

    fn announce(&mut self, ask: &Ask) {
        let started = SourceStarted { source: ask.source, query: ask.text.clone(), filters: ask.plan.applied.clone() };
        self.send(Event::SourceStarted(started));
    }

    /// Takes in what a source came back with; tells whether it changed the works.
    fn arrived(&mut self, ask: &Ask, answer: Answer, late: bool) -> bool {
        let had_stale = self.reports.get(&ask.source).is_some_and(|report| report.state == SourceOutcome::Stale);
        match answer.result {
            Ok(page) => {
                let page = Arc::new(page);
                self.send(Event::Fetched(Fetched {
                    source: ask.source,
                    key: ask.key.clone(),
                    page: Arc::clone(&page),
                    at: self.asked_at,
                }));
                if had_stale {
                    // The reader already has the kept answer; the new one is for the next search.
                    return false;
                }
                let report = SourceReport { took_ms: answer.took_ms, ..self.blank_for(ask, SourceOutcome::Answered) };
                self.take_in(ask, &page, report, late);
                true
            }
            Err(_) if had_stale => false,
            Err(error) if self.options.known.contains_key(&ask.source) => {
                self.use_kept(ask, SourceOutcome::Stale, Some(error));
                true
            }
            Err(error) => {
                let report = SourceReport {
                    took_ms: answer.took_ms,
                    error: Some(error),
                    ..self.blank_for(ask, SourceOutcome::Failed)
                };
                self.done(report);
                late
            }
        }
    }

    /// The answer is due and this source is not there: a kept answer stands in, or it is reported late.
    fn late(&mut self, ask: &Ask) {
        let after_ms = elapsed_ms(self.started);
        let error = SourceError::Timeout { after_ms };
        if self.options.known.contains_key(&ask.source) {
            return self.use_kept(ask, SourceOutcome::Stale, Some(error));
        }
        let report = SourceReport { took_ms: after_ms, error: Some(error), ..self.blank_for(ask, SourceOutcome::Late) };
        self.done(report);
    }

    fn use_kept(&mut self, ask: &Ask, state: SourceOutcome, error: Option<SourceError>) {
        let Some(KnownPage { page, fetched_at, .. }) = self.options.known.get(&ask.source).cloned() else {
            return;
        };
        let report = SourceReport {
            cached_at: Some(fetched_at),
            error,
            took_ms: elapsed_ms(self.started),
            ..self.blank_for(ask, state)
        };
        self.take_in(ask, &page, report, false);
    }

    /// Applies the local conditions, joins what is left and reports.
    fn take_in(&mut self, ask: &Ask, page: &Page, mut report: SourceReport, late: bool) {
        let kept: Vec<SharedRecord> = if ask.plan.local.is_empty() {
            page.records.clone()
        } else {
            page.records.iter().filter(|record| plan::matches(record, &ask.plan.local)).cloned().collect()
        };
        report.reported = page.reported;
        report.retrieved = count(page.records.len());
        report.filtered = count(page.records.len() - kept.len());
        report.malformed = page.malformed;
        report.warnings.clone_from(&page.warnings);
        let changes = self.merger.add(&kept);
        self.records.extend(kept);
        if !changes.is_empty() {
            self.send(Event::Results(Results { source: ask.source, changes, late }));
        }
        self.done(report);
    }

    fn done(&mut self, report: SourceReport) {
        self.reports.insert(report.source, report.clone());
        self.send(Event::SourceDone(report));
    }

    /// Whoever is still waited for is given up; what is there becomes the answer.
    fn cancelled(&mut self, asks: &[Ask], due: &HashMap<usize, Instant>, completed: bool) {
        for (index, ask) in asks.iter().enumerate() {
            if due.contains_key(&index) {
                let report = SourceReport {
                    took_ms: elapsed_ms(self.started),
                    error: Some(SourceError::Cancelled),
                    ..self.blank_for(ask, SourceOutcome::Failed)
                };
                self.done(report);
            }
        }
        if completed {
            return;
        }
        let outcome = self.outcome();
        self.send(Event::Completed(outcome));
    }

    fn outcome(&self) -> Arc<Outcome> {
        let mut works = self.merger.works();
        rank::rank(&mut works, &self.prepared.query, self.asked_at.year());
        let sources: Vec<SourceReport> =
            SourceId::ALL.iter().filter_map(|source| self.reports.get(source).cloned()).collect();
        let retrieved = sources.iter().map(|report| report.retrieved).sum();
        let filtered = sources.iter().map(|report| report.filtered).sum();
        let counts = Counts {
            reported: sources.iter().filter_map(|report| report.reported).sum(),
            retrieved,
            filtered,
            duplicates: count(self.records.len().saturating_sub(works.len())),
            works: count(works.len()),
        };
        let took_ms = elapsed_ms(self.started);
        Arc::new(Outcome { works, records: self.records.clone(), sources, counts, took_ms })
    }

    fn blank_for(&self, ask: &Ask, state: SourceOutcome) -> SourceReport {
        SourceReport { query: ask.text.clone(), filters: ask.plan.applied.clone(), ..self.blank(ask.source, state) }
    }

    fn blank(&self, source: SourceId, state: SourceOutcome) -> SourceReport {
        SourceReport {
            source,
            state,
            query: String::new(),
            filters: Vec::new(),
            asked_at: self.asked_at,
            reported: None,
            retrieved: 0,
            filtered: 0,
            malformed: 0,
            warnings: Vec::new(),
            error: None,
            took_ms: 0,
            cached_at: None,
        }
    }

    fn send(&mut self, event: Event) {
        self.told += 1;
        // Nobody who is gone lets this go on.
        let _ = self.teller.send(event);
    }
}

/// Asks one source. A connector that panics is a failed source, not a failed search.
async fn ask_source(inner: &Inner, ask: &Ask, index: usize, limit: usize, hard: Instant, now: DateTime<Utc>) -> Answer {
    let started = Instant::now();
    let seat = inner.seat(ask.source);
    let deadline = hard.min(started + seat.timeout);
    let request = SourceRequest { plan: &ask.plan, limit, deadline, now };
    let result = match seat.connector() {
        Ok(connector) => {
            let answer = AssertUnwindSafe(connector.search(&request, &inner.fetcher)).catch_unwind();
            match tokio::time::timeout_at(deadline, answer).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(SourceError::Malformed { message: "the connector failed on this answer".to_owned() }),
                Err(_) => Err(SourceError::Timeout { after_ms: elapsed_ms(started) }),
            }
        }
        Err(error) => Err(error),
    };
    if result.is_ok() {
        inner.fetcher.answered(ask.source, started.elapsed());
    }
    Answer { index, result, took_ms: elapsed_ms(started) }
}

fn elapsed_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
