use engine::clock::{Clock as _, FixedClock};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    db::{
        Db,
        testing::{TestDb, on_both},
    },
    health,
    queue::{NewJob, cancel, enqueue, find, retry},
    store::{Scope, queue::JobFilter},
    testing::{app_on, config, now},
};

/// What the work of these tests does, as the payload says.
const KINDS: &[JobKind] = &[
    JobKind { name: "count", attempts: 3, run: |_, work| Box::pin(count(work)) },
    JobKind { name: "wait", attempts: 3, run: |_, work| Box::pin(wait(work)) },
    JobKind { name: "fail", attempts: 3, run: |_, work| Box::pin(async { fail(work) }) },
    JobKind { name: "panic", attempts: 3, run: |_, _| Box::pin(async { panic!("poison") }) },
];

/// Counts to three and says so each time.
async fn count(work: &Work) -> Outcome {
    for done in 1..=3 {
        work.progress(done, Some(3), "counting").await?;
    }
    Ok(json!({ "counted": 3, "attempt": work.attempt() }))
}

/// Says that it has begun, and waits until it is to end.
async fn wait(work: &Work) -> Outcome {
    work.progress(1, None, "waiting").await?;
    work.cancelled().cancelled().await;
    Err(Failure::Ended)
}

/// Fails as often as the payload says, and for good when it says so.
fn fail(work: &Work) -> Outcome {
    let payload: Value = work.payload()?;
    match payload["times"].as_i64() {
        None => Err(Failure::Final("there is no hope".to_owned())),
        Some(times) if work.attempt() <= times => Err(Failure::Again(format!("not at attempt {}", work.attempt()))),
        Some(_) => Ok(json!("at last")),
    }
}

fn app_at(db: Db, clock: &Arc<FixedClock>) -> SharedApp {
    app_on(db, config(), Arc::clone(clock) as engine::clock::SharedClock)
}

fn all() -> JobFilter {
    JobFilter::default()
}

async fn put(app: &App, kind: &'static str, payload: Value) -> Uuid {
    enqueue(app, NewJob::new(kind, payload)).await.unwrap()
}

async fn row(app: &App, id: Uuid) -> JobRow {
    find(app, &all(), id).await.unwrap()
}

/// Takes the next job as a process would.
async fn taken(app: &SharedApp) -> Option<Work> {
    let (_, job) = take(app, KINDS).await.unwrap()?;
    Some(Work::new(app, job))
}

/// Waits until the job has this status; whoever works on it says so through the database.
async fn until(app: &App, id: Uuid, done: impl Fn(&JobRow) -> bool) -> JobRow {
    let seen = async {
        loop {
            let row = row(app, id).await;
            if done(&row) {
                return row;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap()
}

on_both! {
    async fn a_job_is_done_once_and_its_result_is_kept(db: TestDb) {
        let app = app_at(db.clone(), &FixedClock::at(now()));
        let id = enqueue(&app, NewJob::new("count", json!({})).of(Scope::local())).await.unwrap();
        let waiting = row(&app, id).await;
        assert_eq!((waiting.status.as_str(), waiting.attempts, waiting.started_at), ("waiting", 0, None));
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 1);
        let done = row(&app, id).await;
        assert_eq!((done.status.as_str(), done.done, done.total), ("done", 3, Some(3)));
        assert_eq!(done.result.as_deref(), Some(r#"{"attempt":1,"counted":3}"#));
        assert_eq!((done.step.as_deref(), done.finished_at), (Some("counting"), Some(now().timestamp_millis())));
        assert_eq!((done.workspace_id, done.user_id), (Some(Scope::local().workspace), Some(Scope::local().user)));
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 0, "it is not done again");
        let scrape = app.metrics.render();
        assert!(scrape.contains("pake_queue_jobs_total{kind=\"count\",result=\"done\"} 1\n"), "{scrape}");
    }

    async fn many_processes_at_once_never_take_the_same_job(db: TestDb) {
        const JOBS: usize = 60;
        let clock = FixedClock::at(now());
        let mut processes = Vec::new();
        for _ in 0..4 {
            processes.push(app_at(db.again().await, &clock));
        }
        for _ in 0..JOBS {
            put(&processes[0], "count", json!({})).await;
        }
        let takers = || processes.iter().flat_map(|app| [app, app, app]).map(Arc::clone);
        let one = |app: SharedApp| tokio::spawn(async move { take(&app, KINDS).await.unwrap().map(|(_, job)| job.id) });
        let firsts = futures_util::future::join_all(takers().map(one)).await;
        let rest = |app: SharedApp| tokio::spawn(async move {
            let mut mine = Vec::new();
            while let Some((_, job)) = take(&app, KINDS).await.unwrap() {
                mine.push(job.id);
            }
            mine
        });
        let rests = futures_util::future::join_all(takers().map(rest)).await;
        let firsts = firsts.into_iter().map(|first| first.unwrap().expect("there is one for each"));
        let shares: Vec<_> = firsts.map(|first| vec![first]).chain(rests.into_iter().map(Result::unwrap)).collect();
        let mut taken = shares.concat();
        assert_eq!(taken.len(), JOBS, "each was taken, and only once");
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), JOBS);
    }

    async fn a_job_whose_process_is_gone_is_taken_over_when_its_lease_is_over_and_not_before(db: TestDb) {
        let clock = FixedClock::at(now());
        let (one, other) = (app_at(db.clone(), &clock), app_at(db.again().await, &clock));
        let id = put(&one, "count", json!({})).await;
        // As if it were killed in the middle: what it holds is dropped without a word.
        let lost = taken(&one).await.unwrap();
        lost.progress(1, Some(3), "counting").await.unwrap();
        assert_eq!(run_due(&other, KINDS).await.unwrap(), 0);
        clock.advance(LEASE - TimeDelta::milliseconds(1));
        assert_eq!(run_due(&other, KINDS).await.unwrap(), 0);
        clock.advance(TimeDelta::milliseconds(1));
        assert_eq!(run_due(&other, KINDS).await.unwrap(), 1);
        let done = row(&one, id).await;
        assert_eq!((done.status.as_str(), done.attempts), ("done", 2));
        // It was not dead after all: what it says now is not heard, and it is told to end.
        assert_eq!(lost.progress(2, Some(3), "counting").await, Err(Failure::Ended));
        assert!(lost.is_lost() && lost.cancelled().is_cancelled());
        assert!(!lost.end(End::Failed("late")).await.unwrap());
        assert!(!lost.put_back(clock.now(), None).await.unwrap());
        assert_eq!(row(&one, id).await, done);
    }

    async fn a_job_that_is_worked_on_stays_where_it_is_however_long_it_takes(db: TestDb) {
        let clock = FixedClock::at(now());
        let (one, other) = (app_at(db.clone(), &clock), app_at(db.again().await, &clock));
        put(&one, "count", json!({})).await;
        let work = taken(&one).await.unwrap();
        for _ in 0..5 {
            clock.advance(LEASE - TimeDelta::seconds(1));
            work.keep().await;
            assert_eq!(run_due(&other, KINDS).await.unwrap(), 0);
        }
        assert!(work.go_on().is_ok());
    }

    async fn a_job_that_takes_its_process_with_it_each_time_fails_in_the_end(db: TestDb) {
        let clock = FixedClock::at(now());
        let app = app_at(db.clone(), &clock);
        let id = put(&app, "count", json!({})).await;
        for _ in 0..3 {
            drop(taken(&app).await.unwrap());
            clock.advance(LEASE);
        }
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 1);
        let row = row(&app, id).await;
        assert_eq!(row.status, "failed");
        assert!(row.last_error.unwrap().contains("lost"), "no fourth attempt");
    }

    async fn what_fails_is_tried_again_after_a_pause_until_it_succeeds(db: TestDb) {
        let clock = FixedClock::at(now());
        let app = app_at(db.clone(), &clock);
        let id = put(&app, "fail", json!({ "times": 2 })).await;
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 1);
        let first = row(&app, id).await;
        assert_eq!((first.status.as_str(), first.last_error.as_deref()), ("waiting", Some("not at attempt 1")));
        let pause = first.due_at - now().timestamp_millis();
        assert_eq!(pause, 10_000);
        clock.advance(TimeDelta::milliseconds(pause - 1));
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 0);
        clock.advance(TimeDelta::milliseconds(1));
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 1);
        let second = row(&app, id).await;
        assert_eq!(second.due_at - clock.now().timestamp_millis(), 20_000, "twice as long");
        clock.advance(TimeDelta::seconds(20));
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 1);
        let done = row(&app, id).await;
        assert_eq!((done.status.as_str(), done.attempts, done.last_error), ("done", 3, None));
    }

    async fn what_fails_too_often_or_for_good_or_panics_has_failed_and_can_be_tried_again(db: TestDb) {
        let clock = FixedClock::at(now());
        let app = app_at(db.clone(), &clock);
        let hopeless = put(&app, "fail", json!({})).await;
        let often = put(&app, "fail", json!({ "times": 9 })).await;
        let poison = put(&app, "panic", json!({})).await;
        for _ in 0..6 {
            run_due(&app, KINDS).await.unwrap();
            clock.advance(TimeDelta::minutes(15));
        }
        let ends = [(hopeless, 1, "there is no hope"), (often, 3, "not at attempt 3"), (poison, 1, "it panicked")];
        for (id, attempts, error) in ends {
            let row = row(&app, id).await;
            assert_eq!((row.status.as_str(), row.attempts), ("failed", attempts));
            assert!(row.last_error.as_deref().unwrap().starts_with(error), "{row:?}");
        }
        assert_eq!(retry(&app, &all(), often).await.unwrap().status, "waiting");
        run_due(&app, KINDS).await.unwrap();
        assert_eq!(row(&app, often).await.attempts, 1, "it begins anew");
        assert!(retry(&app, &all(), often).await.unwrap_err().to_string().contains("waiting"));
    }

    async fn a_job_that_waits_is_cancelled_at_once(db: TestDb) {
        let app = app_at(db.clone(), &FixedClock::at(now()));
        let id = put(&app, "count", json!({})).await;
        assert_eq!(cancel(&app, &all(), id).await.unwrap().status, "cancelled");
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 0);
        assert!(cancel(&app, &all(), id).await.unwrap_err().to_string().contains("cancelled already"));
        assert!(cancel(&app, &all(), Uuid::nil()).await.unwrap_err().to_string().contains("there is no job"));
        assert_eq!(retry(&app, &all(), id).await.unwrap().status, "waiting");
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 1);
        assert_eq!(row(&app, id).await.status, "done");
    }

    async fn a_job_that_is_running_is_cancelled_from_here_and_from_another_process(db: TestDb) {
        let clock = FixedClock::at(now());
        let (one, other) = (app_at(db.clone(), &clock), app_at(db.again().await, &clock));
        let id = put(&one, "wait", json!({})).await;
        let running = tokio::spawn({ let one = Arc::clone(&one); async move { run_due(&one, KINDS).await.unwrap() } });
        until(&one, id, |row| row.done == 1).await;
        assert_eq!(cancel(&one, &all(), id).await.unwrap().status, "running", "it is told, and ends by itself");
        running.await.unwrap();
        assert_eq!(row(&one, id).await.status, "cancelled");
        // Its process hears of it with the next beat when another one was asked.
        let id = put(&one, "wait", json!({})).await;
        let work = taken(&one).await.unwrap();
        cancel(&other, &all(), id).await.unwrap();
        assert!(!work.cancelled().is_cancelled());
        work.keep().await;
        assert!(work.cancelled().is_cancelled() && work.is_cancel_wanted() && !work.is_lost());
    }

    async fn the_same_work_is_not_put_into_the_queue_twice(db: TestDb) {
        let app = app_at(db.clone(), &FixedClock::at(now()));
        let once = || NewJob::new("count", json!({})).once("the key");
        let first = enqueue(&app, once()).await.unwrap();
        assert_eq!(enqueue(&app, once()).await.unwrap(), first);
        assert_ne!(enqueue(&app, NewJob::new("count", json!({})).once("another")).await.unwrap(), first);
        let work = taken(&app).await.unwrap();
        assert_eq!((work.id(), enqueue(&app, once()).await.unwrap()), (first, first), "nor while it is running");
        work.end(End::Failed("for this test")).await.unwrap();
        let second = enqueue(&app, once()).await.unwrap();
        assert_ne!(second, first);
        assert!(retry(&app, &all(), first).await.unwrap_err().to_string().contains("in the queue already"));
    }

    async fn what_is_for_later_waits_and_unknown_work_is_left_to_those_who_know_it(db: TestDb) {
        let clock = FixedClock::at(now());
        let app = app_at(db.clone(), &clock);
        let later = enqueue(&app, NewJob::new("count", json!({})).at(now() + TimeDelta::hours(1))).await.unwrap();
        let unknown = put(&app, "of a newer version", json!({})).await;
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 0);
        clock.advance(TimeDelta::hours(1));
        assert_eq!(run_due(&app, KINDS).await.unwrap(), 1);
        assert_eq!((row(&app, later).await.status, row(&app, unknown).await.status), ("done".into(), "waiting".into()));
        measure(&app).await;
        let health = serde_json::to_value(health::of(&app).await).unwrap();
        assert_eq!(health["components"]["queue"]["status"], "degraded", "{health}");
        assert!(app.metrics.render().contains("pake_queue_lateness_seconds 3600\n"));
    }

    async fn when_the_server_stops_what_is_under_way_is_put_back_and_the_attempt_does_not_count(db: TestDb) {
        let clock = FixedClock::at(now());
        let (one, other) = (app_at(db.clone(), &clock), app_at(db.again().await, &clock));
        start_with(&one, KINDS);
        let id = put(&one, "wait", json!({})).await;
        until(&other, id, |row| row.done == 1).await;
        let second = put(&one, "wait", json!({})).await;
        until(&other, second, |row| row.done == 1).await;
        let third = put(&one, "count", json!({})).await;
        one.lifecycle.stop();
        one.lifecycle.ended().await;
        for id in [id, second, third] {
            let row = row(&other, id).await;
            assert_eq!((row.status.as_str(), row.attempts), ("waiting", 0), "no more than two at once");
        }
        let job = take(&other, KINDS).await.unwrap().unwrap().1;
        assert_eq!(job.id, id, "another process goes on at once");
    }

    async fn a_loop_takes_what_comes_in_and_what_waited_for_a_place(db: TestDb) {
        let app = app_at(db.clone(), &FixedClock::at(now()));
        start_with(&app, KINDS);
        let mut jobs = Vec::new();
        for _ in 0..5 {
            jobs.push(put(&app, "count", json!({})).await);
        }
        for id in jobs {
            assert_eq!(until(&app, id, |row| row.finished_at.is_some()).await.status, "done");
        }
        app.lifecycle.stop();
        app.lifecycle.ended().await;
    }

    async fn those_of_another_workspace_are_neither_seen_nor_touched(db: TestDb) {
        let app = app_at(db.clone(), &FixedClock::at(now()));
        let id = enqueue(&app, NewJob::new("count", json!({})).of(Scope::local())).await.unwrap();
        let theirs = JobFilter { workspace: Some(Uuid::from_u128(7)), ..all() };
        assert!(queue::list(&app.db, &theirs, None, 10).await.unwrap().is_empty());
        for refused in [find(&app, &theirs, id).await, cancel(&app, &theirs, id).await, retry(&app, &theirs, id).await] {
            assert!(refused.unwrap_err().to_string().contains("there is no job"));
        }
        assert_eq!(row(&app, id).await.status, "waiting");
    }

    async fn jobs_are_listed_page_by_page_and_forgotten_when_they_are_old(db: TestDb) {
        let clock = FixedClock::at(now());
        let app = app_at(db.clone(), &clock);
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(put(&app, "count", json!({})).await);
            clock.advance(TimeDelta::seconds(1));
        }
        ids.reverse();
        run_due(&app, KINDS).await.unwrap();
        let waiting = put(&app, "fail", json!({})).await;
        let done = JobFilter { status: Some("done".into()), kind: Some("count".into()), ..all() };
        let page = async |before| -> Vec<Uuid> {
            queue::list(&app.db, &done, before, 2).await.unwrap().into_iter().map(|job| job.id).collect()
        };
        assert_eq!(page(None).await, ids[..2]);
        assert_eq!(page(Some(ids[1])).await, ids[2..4]);
        assert_eq!(page(Some(ids[3])).await, ids[4..]);
        assert_eq!(queue::forget(&app.db, clock.now(), 3).await.unwrap(), 0, "all ended just now");
        clock.advance(TimeDelta::days(1));
        assert_eq!(queue::forget(&app.db, clock.now(), 3).await.unwrap(), 3, "not all at once");
        assert_eq!(queue::forget(&app.db, clock.now(), 3).await.unwrap(), 2);
        assert_eq!(row(&app, waiting).await.status, "waiting", "what was not done is not forgotten");
    }
}
