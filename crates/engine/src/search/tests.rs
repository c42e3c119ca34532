//! The fan-out against scripted sources, with the clock in the test's hand.
#![expect(clippy::unnecessary_wraps, reason = "what a scripted source answers is a result, also when it never fails")]

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeZone;
use futures_util::future::BoxFuture;

use super::*;
use crate::{
    capabilities::Capabilities,
    clock::FixedClock,
    config::SourceConfig,
    connector::{Source, SourceRequest},
    event::{Change, Event, Outcome, SourceOutcome, SourceReport},
    fetch::tests::server::{Server, answer},
    shape::Difference,
};

/// Answers after a while, with whatever the test wants.
struct Scripted {
    id: SourceId,
    after: Duration,
    answer: fn() -> Result<Page, SourceError>,
    cancelled: Arc<AtomicUsize>,
}

static PLAIN: Capabilities = Capabilities { max_page: 100, max_total: 1_000, ..Capabilities::NONE };

/// Counts the questions that were dropped before they were answered.
struct Pending(Arc<AtomicUsize>, bool);

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.1 {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Source for Scripted {
    fn id(&self) -> SourceId {
        self.id
    }

    fn capabilities(&self) -> &'static Capabilities {
        &PLAIN
    }

    fn translate(&self, plan: &Plan) -> String {
        let words = crate::query::words_of(&plan.pushed).into_iter().map(|(_, word)| word);
        words.filter(|word| word.chars().any(char::is_alphanumeric)).collect::<Vec<_>>().join(" ")
    }

    fn search<'a>(&'a self, _: &'a SourceRequest<'a>, _: &'a Fetcher) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async {
            let mut pending = Pending(Arc::clone(&self.cancelled), false);
            tokio::time::sleep(self.after).await;
            pending.1 = true;
            (self.answer)()
        })
    }
}

struct Stage {
    engine: Engine,
    cancelled: Arc<AtomicUsize>,
}

/// A source, after how many milliseconds it answers, and what.
type Script = (SourceId, u64, fn() -> Result<Page, SourceError>);

fn stage(script: &[Script]) -> Stage {
    let clock = FixedClock::at(Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap());
    let config = EngineConfig::default();
    let mut roster = roster::build(&config).unwrap();
    let cancelled = Arc::new(AtomicUsize::new(0));
    for seat in &mut roster {
        seat.replace(None);
    }
    for (id, after, answer) in script {
        let source = Scripted {
            id: *id,
            after: Duration::from_millis(*after),
            answer: *answer,
            cancelled: Arc::clone(&cancelled),
        };
        roster[*id as usize].replace(Some(Box::new(source)));
    }
    let fetcher = Fetcher::new(roster::fetch_settings(&config, "0").unwrap(), clock.clone()).unwrap();
    let inner = Inner { roster, fetcher, clock, deadline: Duration::from_secs(15) };
    Stage { engine: Engine { inner: Arc::new(inner) }, cancelled }
}

impl Stage {
    fn prepare(&self, query: &str) -> Prepared {
        self.engine.prepare(Query::parse(query).unwrap(), &[], 25)
    }

    async fn run(&self, query: &str) -> Vec<Event> {
        self.run_with(query, RunOptions::default()).await
    }

    async fn run_with(&self, query: &str, options: RunOptions) -> Vec<Event> {
        let mut under_way = self.engine.run(self.prepare(query), options);
        let mut events = Vec::new();
        while let Some(event) = under_way.recv().await {
            events.push(event);
        }
        events
    }
}

fn record(source: SourceId, doi: &str, title: &str) -> Arc<Record> {
    Arc::new(Record {
        source,
        source_id: doi.to_owned(),
        doi: Some(doi.to_owned()),
        title: title.to_owned(),
        rank_native: 1,
        ..Record::default()
    })
}

fn page(records: Vec<Arc<Record>>) -> Result<Page, SourceError> {
    Ok(Page { reported: Some(records.len() as u64), records, ..Page::default() })
}

fn arxiv_page() -> Result<Page, SourceError> {
    page(vec![record(SourceId::Arxiv, "10.1/a", "Base editing of genomes")])
}

fn crossref_page() -> Result<Page, SourceError> {
    page(vec![
        record(SourceId::Crossref, "10.1/a", "Base editing of genomes"),
        record(SourceId::Crossref, "10.1/b", "Prime editing of genomes"),
    ])
}

fn failed() -> Result<Page, SourceError> {
    Err(SourceError::Unavailable { status: 503 })
}

fn outcomes(events: &[Event]) -> Vec<&Outcome> {
    let of = |event| match event {
        &Event::Completed(ref outcome) | &Event::Revised(ref outcome) => Some(outcome.as_ref()),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn report(outcome: &Outcome, source: SourceId) -> &SourceReport {
    outcome.sources.iter().find(|report| report.source == source).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_same_work_from_two_sources_is_one_and_the_numbers_add_up() {
    let stage = stage(&[(SourceId::Arxiv, 100, arxiv_page), (SourceId::Crossref, 50, crossref_page)]);
    let events = stage.run("editing").await;
    let outcome = outcomes(&events)[0];
    assert_eq!(outcome.works.len(), 2);
    assert_eq!((outcome.counts.retrieved, outcome.counts.duplicates, outcome.counts.works), (3, 1, 2));
    assert_eq!(outcome.records.len(), 3, "nothing is lost in merging");
    assert!(outcome.is_complete());
    assert!(matches!(events.last(), Some(Event::Completed(_))));
}

#[tokio::test(start_paused = true)]
async fn a_failing_source_is_a_report_and_not_a_failed_search() {
    let stage = stage(&[(SourceId::Arxiv, 10, failed), (SourceId::Crossref, 50, crossref_page)]);
    let events = stage.run("editing").await;
    let outcome = outcomes(&events)[0];
    assert_eq!(report(outcome, SourceId::Arxiv).state, SourceOutcome::Failed);
    assert_eq!(report(outcome, SourceId::Arxiv).error, Some(SourceError::Unavailable { status: 503 }));
    assert_eq!(outcome.works.len(), 2);
    assert!(!outcome.is_complete());
}

#[tokio::test(start_paused = true)]
async fn results_come_as_sources_answer_and_works_keep_their_place_and_id() {
    let stage = stage(&[(SourceId::Arxiv, 100, arxiv_page), (SourceId::Crossref, 50, crossref_page)]);
    let events = stage.run("editing").await;
    let mut ids = Vec::new();
    for event in &events {
        if let Event::Results(results) = event {
            for change in &results.changes {
                match change {
                    Change::Added { work } => ids.push(work.id.clone()),
                    Change::Updated { work } => assert!(ids.contains(&work.id)),
                    Change::Absorbed { .. } => panic!("nothing to absorb here"),
                }
            }
        }
    }
    let mut last: Vec<_> = outcomes(&events)[0].works.iter().map(|work| work.id.clone()).collect();
    last.sort();
    ids.sort();
    assert_eq!(ids, last);
}

#[tokio::test(start_paused = true)]
async fn a_source_past_what_was_learnt_of_it_is_late_and_its_answer_streams_in() {
    let stage = stage(&[(SourceId::Arxiv, 9_000, arxiv_page), (SourceId::Crossref, 50, crossref_page)]);
    for _ in 0..200 {
        stage.engine.inner.fetcher.answered(SourceId::Arxiv, Duration::from_millis(100));
    }
    let events = stage.run("editing").await;
    let all = outcomes(&events);
    assert_eq!(all.len(), 2, "completed without it, revised with it");
    assert_eq!(report(all[0], SourceId::Arxiv).state, SourceOutcome::Late);
    assert!(all[0].took_ms < 9_000);
    assert_eq!(report(all[1], SourceId::Arxiv).state, SourceOutcome::Answered);
    assert!(events.iter().any(|event| matches!(event, Event::Results(results) if results.late)));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_never_answers_ends_as_a_timeout_at_its_limit() {
    let stage = stage(&[(SourceId::Arxiv, 3_600_000, arxiv_page), (SourceId::Crossref, 50, crossref_page)]);
    let events = stage.run("editing").await;
    let last = *outcomes(&events).last().unwrap();
    let report = report(last, SourceId::Arxiv);
    assert_eq!(report.state, SourceOutcome::Failed);
    assert!(matches!(report.error, Some(SourceError::Timeout { after_ms: 10_000 })), "{:?}", report.error);
}

#[tokio::test(start_paused = true)]
async fn cancelling_drops_the_questions_under_way_and_keeps_what_is_there() {
    let stage = stage(&[(SourceId::Arxiv, 60_000, arxiv_page), (SourceId::Crossref, 50, crossref_page)]);
    let cancel = CancellationToken::new();
    let options = RunOptions { cancel: cancel.clone(), ..RunOptions::default() };
    let mut under_way = stage.engine.run(stage.prepare("editing"), options);
    let mut outcome = None;
    while let Some(event) = under_way.recv().await {
        match event {
            Event::Results(_) => cancel.cancel(),
            Event::Completed(done) => outcome = Some(done),
            _ => {}
        }
    }
    let outcome = outcome.unwrap();
    assert_eq!(outcome.works.len(), 2);
    assert_eq!(report(&outcome, SourceId::Arxiv).error, Some(SourceError::Cancelled));
    assert_eq!(stage.cancelled.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_away_ends_the_work() {
    let stage = stage(&[(SourceId::Arxiv, 60_000, arxiv_page), (SourceId::Crossref, 50, crossref_page)]);
    let mut events = stage.engine.run(stage.prepare("editing"), RunOptions::default());
    while !matches!(events.recv().await.unwrap(), Event::Results(_)) {}
    drop(events);
    assert_eq!(stage.cancelled.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_kept_page_is_used_without_asking_and_a_stale_one_stands_in_for_a_failure() {
    fn never() -> Result<Page, SourceError> {
        panic!("asked although a fresh page is kept")
    }
    let stage = stage(&[(SourceId::Arxiv, 10, never), (SourceId::Crossref, 50, failed)]);
    let at = Utc.with_ymd_and_hms(2026, 2, 27, 12, 0, 0).unwrap();
    let mut options = RunOptions::default();
    let kept =
        |page: Result<Page, SourceError>, fresh| KnownPage { page: Arc::new(page.unwrap()), fetched_at: at, fresh };
    options.known.insert(SourceId::Arxiv, kept(arxiv_page(), true));
    options.known.insert(SourceId::Crossref, kept(crossref_page(), false));
    let events = stage.run_with("editing", options).await;
    let outcome = outcomes(&events)[0];
    assert_eq!(report(outcome, SourceId::Arxiv).state, SourceOutcome::Cached);
    let stale = report(outcome, SourceId::Crossref);
    assert_eq!((stale.state, stale.cached_at), (SourceOutcome::Stale, Some(at)));
    assert_eq!(stale.error, Some(SourceError::Unavailable { status: 503 }));
    assert_eq!(outcome.works.len(), 2);
    assert!(outcome.is_complete());
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_panics_is_a_failed_source() {
    fn broken() -> Result<Page, SourceError> {
        panic!("a bug in a connector")
    }
    let stage = stage(&[(SourceId::Arxiv, 10, broken), (SourceId::Crossref, 50, crossref_page)]);
    let events = stage.run("editing").await;
    let outcome = outcomes(&events)[0];
    assert_eq!(report(outcome, SourceId::Arxiv).error.as_ref().map(SourceError::code), Some("malformed"));
    assert_eq!(outcome.works.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_source_cannot_restrict_is_applied_here_and_said() {
    let stage = stage(&[(SourceId::Crossref, 50, crossref_page)]);
    let events = stage.run("editing title:prime").await;
    let outcome = outcomes(&events)[0];
    assert_eq!(outcome.works.iter().map(|work| work.title.as_str()).collect::<Vec<_>>(), ["Prime editing of genomes"]);
    let report = report(outcome, SourceId::Crossref);
    assert_eq!((report.retrieved, report.filtered), (2, 1));
    assert!(
        report.filters.iter().any(|filter| filter.applied == crate::plan::AppliedBy::Local),
        "{:?}",
        report.filters
    );
    assert_eq!(outcome.counts.retrieved - outcome.counts.filtered - outcome.counts.duplicates, outcome.counts.works);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_named_but_not_there_is_skipped_with_the_remedy() {
    let stage = stage(&[(SourceId::Crossref, 50, crossref_page)]);
    let events = stage.run("editing source:crossref source:brave").await;
    let outcome = outcomes(&events)[0];
    let skipped = report(outcome, SourceId::Brave);
    assert_eq!(skipped.state, SourceOutcome::Skipped);
    assert!(skipped.error.as_ref().unwrap().to_string().contains("sources.brave.key"));
    assert_eq!(outcome.sources.len(), 2, "nobody else was asked");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_has_no_words_for_the_query_is_skipped_and_not_asked_for_everything() {
    let stage = stage(&[(SourceId::Arxiv, 10, arxiv_page)]);
    let prepared = stage.prepare("🧬");
    assert!(prepared.asks.is_empty());
    let (source, error) = &prepared.skipped[0];
    assert_eq!((*source, error.code()), (SourceId::Arxiv, "unsupported"));
}

/// An engine with one source at a stand-in that answers with this.
async fn at_a_stand_in(source: SourceId, body: impl Fn(&str) -> String + Send + Sync + 'static) -> (Engine, Server) {
    let server = Server::start(move |_, request| answer(200, &[], body(request))).await;
    let section = SourceConfig { base_url: Some(server.url("")), rate: Some(0.0), ..SourceConfig::default() };
    let config = EngineConfig { sources: [(source, section)].into(), ..EngineConfig::default() };
    let clock = FixedClock::at(Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap());
    (Engine::new(&config, "0", clock).unwrap(), server)
}

const CROSSREF: &str = include_str!("../../recordings/crossref/page.json");

#[tokio::test]
async fn a_source_on_trial_that_answers_as_recorded_differs_in_nothing() {
    let (engine, server) = at_a_stand_in(SourceId::Crossref, |_| CROSSREF.to_owned()).await;
    let probe = engine.probe(SourceId::Crossref).await;
    assert!(!probe.result.unwrap().records.is_empty());
    assert_eq!(probe.compared, [Compared { call: "", difference: Difference::default() }]);
    assert!(server.requests()[0].contains("query=cancer"), "{}", server.requests()[0]);
}

#[tokio::test]
async fn a_source_that_renames_a_field_is_found_out() {
    let renamed = |_: &str| CROSSREF.replace("\"title\"", "\"titles\"").replace("\"volume\"", "\"volumes\"");
    let (engine, _server) = at_a_stand_in(SourceId::Crossref, renamed).await;
    let probe = engine.probe(SourceId::Crossref).await;
    assert_eq!(probe.result.unwrap_err().code(), "malformed", "no record has a title");
    let difference = &probe.compared[0].difference;
    assert_eq!(difference.problems(), ["`message.items[].title` is missing in every record"]);
    assert!(difference.missing.contains(&"message.items[].volume".to_owned()), "{:?}", difference.missing);
    assert!(
        difference.new.contains(&"message.items[].volumes (a number or a text)".to_owned()),
        "{:?}",
        difference.new
    );
}

#[tokio::test]
async fn each_call_of_a_source_is_compared_with_its_own_recording() {
    let body = |request: &str| {
        if request.contains("/efetch.fcgi") {
            include_str!("../../recordings/pubmed/efetch.xml").replace("<PMID", "<Id").replace("</PMID", "</Id")
        } else {
            include_str!("../../recordings/pubmed/esearch.json").to_owned()
        }
    };
    let (engine, _server) = at_a_stand_in(SourceId::Pubmed, body).await;
    let probe = engine.probe(SourceId::Pubmed).await;
    let calls: Vec<_> = probe.compared.iter().map(|compared| (compared.call, compared.difference.problems())).collect();
    let lost = "`PubmedArticleSet.PubmedArticle.MedlineCitation.PMID` is missing in every record".to_owned();
    assert_eq!(calls, [("esearch.fcgi", vec![]), ("efetch.fcgi", vec![lost])]);
}

#[tokio::test]
async fn a_source_that_cannot_be_asked_is_compared_with_nothing() {
    let (engine, _server) = at_a_stand_in(SourceId::Crossref, |_| "<html>Are you human?</html>".to_owned()).await;
    let probe = engine.probe(SourceId::Crossref).await;
    assert_eq!((probe.result.unwrap_err().code(), probe.compared), ("malformed", vec![]));
    let probe = engine.probe(SourceId::Brave).await;
    assert!(probe.result.unwrap_err().to_string().contains("sources.brave.key"));
}
