use chrono::{Days, TimeDelta};
use engine::{clock::FixedClock, fetch::Spend, source::SourceId};
use serde_json::{Value, json};

use super::*;
use crate::{
    db::{
        Db,
        testing::{TestDb, on_both},
    },
    health,
    recorder::FinishedSearch,
    store::{Scope, favorites, finished::AnswerRef, listing::HistoryFilter, spend, testing as stored, testing::count},
    testing::{app, app_and_clock, app_on, ask, config, get, lines::Lines, now, post},
};

/// Runs every job once, whatever was done before.
async fn all_once(app: &App) {
    for job in TABLE {
        run(app, job).await;
    }
}

/// A search that was made so many days before today.
fn days_ago(days: u64) -> FinishedSearch {
    let seconds = (now() - Days::new(days) - stored::at(0)).num_seconds();
    FinishedSearch { started_at: now() - Days::new(days), ..stored::search(seconds, &format!("{days} days ago")) }
}

/// Runs one job; how many things it did.
async fn jobs_of(app: &App, name: &str) -> u64 {
    (TABLE.iter().find(|job| job.name == name).unwrap().run)(app).await.unwrap()
}

async fn recorded(app: &App, searches: impl IntoIterator<Item = FinishedSearch>) {
    for search in searches {
        app.recorder.record_durably(search).await.unwrap();
    }
}

async fn spent(db: &Db) -> Vec<(SourceId, u64)> {
    spend::of_day(db, now().date_naive()).await.unwrap()
}

fn openalex(micros: i64) -> Spend {
    Spend { source: SourceId::Openalex, day: now().date_naive(), micros }
}

#[tokio::test]
async fn each_job_runs_when_its_time_has_come_and_not_before() {
    let (app, clock) = app_and_clock(config()).await;
    run_due(&app).await;
    let runs = |app: &App| app.job_book.states().values().filter(|state| state.ran_at.is_some()).count();
    assert_eq!(runs(&app), 0, "not all processes at once, right at the start");
    clock.advance(TimeDelta::minutes(1));
    run_due(&app).await;
    assert_eq!(runs(&app), TABLE.len());
    clock.advance(TimeDelta::minutes(2));
    let before = app.clock.now();
    run_due(&app).await;
    let again: Vec<_> = app.job_book.states().into_iter().filter(|(_, state)| state.ran_at == Some(before)).collect();
    assert_eq!(
        again.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        [
            "hear_of_adjustments",
            "hear_of_clearing",
            "hear_of_deployments",
            "hear_of_erasures",
            "learn_splits",
            "renew_certificate",
            "tell_security_events",
            "write_spend",
            "write_usage"
        ]
    );
    clock.advance(TimeDelta::days(2));
    run_due(&app).await;
    assert!(app.job_book.states().values().all(|state| state.ran_at == Some(app.clock.now()) && state.error.is_none()));
}

#[tokio::test]
async fn a_clock_that_is_put_back_does_not_stop_the_jobs() {
    let (app, clock) = app_and_clock(config()).await;
    clock.advance(TimeDelta::days(300));
    all_once(&app).await;
    clock.advance(-TimeDelta::days(300));
    run_due(&app).await;
    assert!(app.job_book.states().values().all(|state| state.ran_at == Some(now())));
}

#[tokio::test]
async fn the_loop_ends_when_the_server_stops() {
    let app = app().await;
    start(&app);
    assert_eq!(app.lifecycle.under_way(), 1);
    app.lifecycle.stop();
    app.lifecycle.ended().await;
}

#[tokio::test]
async fn a_job_that_fails_is_told_and_tried_again_and_loses_nothing() {
    let (app, clock) = app_and_clock(config()).await;
    app.engine().fetcher().put_back_spend(&openalex(700));
    app.db.close().await;
    all_once(&app).await;
    let state = app.job_book.states().remove("write_spend").unwrap();
    assert!(state.error.unwrap().contains("the database does not answer"));
    assert_eq!((state.ran_at, state.succeeded_at), (Some(now()), None));
    assert!(state.next_at <= now() + TimeDelta::minutes(2), "{}", state.next_at);
    let health = serde_json::to_value(health::of(&app).await).unwrap();
    assert_eq!(health["components"]["jobs"]["status"], "degraded");
    let told = health["components"]["jobs"]["detail"].as_str().unwrap();
    assert!(told.contains("write_spend (never done)"), "{told}");
    let scrape = app.metrics.render();
    assert!(scrape.contains("pake_job_runs_total{job=\"write_spend\",result=\"failed\"} 1\n"), "{scrape}");
    clock.advance(TimeDelta::minutes(2));
    assert_eq!(app.engine().fetcher().take_spend(), [openalex(700)]);
}

#[tokio::test]
async fn that_a_job_fails_is_logged_once_and_once_that_it_is_done_again() {
    let app = app().await;
    let (log, _kept) = Lines::keep();
    let failing =
        BackgroundJob { name: "hear_of_clearing", every: SOON, run: |_| Box::pin(async { Err("away".into()) }) };
    let well = BackgroundJob { run: |_| Box::pin(async { Ok(0) }), ..failing };
    for job in [&well, &failing, &failing, &failing, &well, &well, &failing] {
        run(&app, job).await;
    }
    let said = |words: &str| log.text().lines().filter(|line| line.contains(words)).count();
    assert_eq!((said("ERROR"), said("INFO")), (2, 1), "{}", log.text());
    assert_eq!(said("failed again"), 2, "whoever looks closely still sees it");
    assert!(app.job_book.states()["hear_of_clearing"].error.is_some(), "/health tells it as long as it lasts");
}

#[tokio::test]
async fn with_a_retention_of_none_nothing_is_recorded() {
    let mut config = config();
    config.history.retention_days = 0;
    let app =
        app_on(Db::open("sqlite::memory:", &config.database.options()).await.unwrap(), config, FixedClock::at(now()));
    recorded(&app, [days_ago(1), days_ago(0)]).await;
    let router = crate::http::router(Arc::clone(&app));
    let mut request = post("/api/v1/searches", r#"{"query":"secret"}"#);
    request.headers_mut().insert("prefer", "wait=10".parse().unwrap());
    assert_eq!(ask(&router, request).await.status, 200, "the search itself is made");
    all_once(&app).await;
    let left: Value = ask(&router, get("/api/v1/history", &[])).await.json();
    // The one of this very moment goes with the next run.
    assert_eq!(left["entries"].as_array().unwrap().len(), 1);
    assert_eq!(left["entries"][0]["query"], json!("0 days ago"));
}

on_both! {
    async fn old_searches_are_forgotten_and_favourites_stay(db: TestDb) {
        let app = app_on(db.clone(), config(), FixedClock::at(now()));
        recorded(&app, [days_ago(400), days_ago(366), days_ago(364), days_ago(0)]).await;
        assert!(favorites::set(&app.db, Scope::local(), days_ago(366).id, true).await.unwrap());
        all_once(&app).await;
        let page = crate::history::list(&app, Scope::local(), &HistoryFilter::default(), None, 10).await.unwrap();
        let left: Vec<_> = page.entries.into_iter().map(|entry| entry.query).collect();
        assert_eq!(left, ["0 days ago", "364 days ago", "366 days ago"]);
    }

    async fn old_searches_of_everybody_are_forgotten_in_every_workspace(db: TestDb) {
        let app = app_on(db.clone(), config(), FixedClock::at(now()));
        let (one, other) = (stored::another_scope(&app.db).await, stored::another_scope(&app.db).await);
        let of = |scope, days| FinishedSearch { scope, ..days_ago(days) };
        recorded(&app, [days_ago(400), of(one, 400), of(one, 500), of(one, 3), of(other, 2), of(other, 364)]).await;
        let old = crate::retention::preview(&app, None).await.unwrap();
        assert_eq!((old.searches, old.people), (3, 2));
        let theirs = crate::retention::preview(&app, Some(one.workspace)).await.unwrap();
        assert_eq!((theirs.searches, theirs.people), (2, 1));
        assert_eq!(crate::retention::preview(&app, Some(other.workspace)).await.unwrap().searches, 0);
        assert_eq!(count(&app.db, "searches").await, 6, "counting forgets nothing");
        all_once(&app).await;
        assert_eq!(count(&app.db, "searches").await, 3);
        assert_eq!(crate::retention::preview(&app, None).await.unwrap(), crate::retention::Old::default());
    }

    async fn sessions_and_links_that_were_over_long_ago_are_forgotten(db: TestDb) {
        let clock = FixedClock::at(now());
        let app = app_on(db.clone(), config(), Arc::clone(&clock) as engine::clock::SharedClock);
        let caller = crate::access::Caller::local();
        let client = crate::client::Client::default();
        crate::accounts::invite(&app, &caller, crate::access::Role::User, None, &client).await.unwrap();
        let session = crate::store::sessions::NewSession {
            id: app.ids.next(),
            scope: Scope::local(),
            method: "password",
            is_remembered: false,
            client: &client,
            created_at: now(),
            expires_at: now() + TimeDelta::hours(12),
        };
        crate::store::sessions::insert(&app.db, &session, "hash").await.unwrap();
        clock.advance(TimeDelta::days(30));
        all_once(&app).await;
        assert_eq!((count(&app.db, "sessions").await, count(&app.db, "invitations").await), (1, 1));
        clock.advance(TimeDelta::days(8));
        all_once(&app).await;
        let left = [count(&app.db, "sessions").await, count(&app.db, "refresh_tokens").await];
        assert_eq!((left, count(&app.db, "invitations").await), ([0, 0], 0));
    }

    async fn a_key_that_signs_for_long_is_renewed(db: TestDb) {
        let clock = FixedClock::at(now());
        let app = app_on(db.clone(), config(), Arc::clone(&clock) as engine::clock::SharedClock);
        all_once(&app).await;
        assert_eq!(count(&app.db, "signing_keys").await, 0, "none is needed until somebody signs in");
        let claims = crate::signer::Claims {
            iss: "pake".into(),
            sub: Uuid::nil(),
            username: "ada".into(),
            sid: Uuid::nil(),
            jti: Uuid::nil(),
            iat: 0,
            exp: 1,
            kind: "access".into(),
            is_admin: false,
        };
        crate::signing_keys::sign(&app, &claims).await.unwrap();
        let first = app.signer.newest().unwrap();
        clock.advance(TimeDelta::days(31));
        all_once(&app).await;
        assert!(app.signer.newest().unwrap() > first);
        clock.advance(TimeDelta::days(2));
        all_once(&app).await;
        assert_eq!(count(&app.db, "signing_keys").await, 1, "what the old one signed is not good any more");
    }

    async fn a_cache_that_is_cleared_at_one_process_is_cleared_at_the_other(db: TestDb) {
        let app = |db: Db| app_on(db, config(), FixedClock::at(now()));
        let (one, other) = (app(db.clone()), app(db.again().await));
        for app in [&one, &other] {
            all_once(app).await;
            app.cache.understood("typed".into(), "key", std::time::Duration::from_mins(1));
        }
        crate::queue::enqueue(&one, crate::queue::NewJob::new("clear_cache", json!({}))).await.unwrap();
        assert_eq!(crate::workers::run_due(&one, crate::workers::TABLE).await.unwrap(), 1);
        assert!(!other.cache.heard_of_clearing(None), "not yet");
        let cleared = jobs_of(&other, "hear_of_clearing").await;
        assert_eq!(cleared, 1);
        assert_eq!(jobs_of(&other, "hear_of_clearing").await, 0, "once is enough");
    }

    async fn answers_go_when_they_must_and_when_nothing_points_at_them(db: TestDb) {
        let app = app_on(db.clone(), config(), FixedClock::at(now()));
        let mut limited = stored::packed(1);
        limited.expires_at = Some(now() - TimeDelta::seconds(1));
        let limited = FinishedSearch {
            answer: Some(AnswerRef { id: stored::id_at(1), source: Arc::new(limited) }),
            ..stored::search(1, "limited")
        };
        let revised = FinishedSearch { answer: Some(stored::answer(3)), ..stored::search(2, "revised") };
        recorded(&app, [limited, stored::search(2, "revised"), revised]).await;
        assert_eq!(count(&app.db, "answers").await, 3);
        all_once(&app).await;
        assert_eq!(count(&app.db, "answers").await, 2, "what was replaced is gone");
        assert_eq!(count(&app.db, "answers WHERE body IS NULL").await, 1, "what must not be kept has no body");
        assert_eq!(count(&app.db, "searches").await, 2);
    }

    async fn what_sources_cost_outlives_the_process_and_is_shared(db: TestDb) {
        let app = |db: Db| app_on(db, config(), FixedClock::at(now()));
        let (one, other) = (app(db.clone()), app(db.again().await));
        let spent_of = |app: &App| app.engine().fetcher().health(SourceId::Openalex).spent_today_usd;
        one.engine().fetcher().put_back_spend(&openalex(40_000));
        all_once(&one).await;
        other.engine().fetcher().put_back_spend(&openalex(30_000));
        // What is written when it stops.
        finish(&other).await;
        assert_eq!(spent(&db).await, [(SourceId::Openalex, 70_000)]);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(spent_of(&other), 0.07), "{}", spent_of(&other));
        assert!(close(spent_of(&one), 0.04), "it hears of it with its next turn");
        all_once(&one).await;
        assert!(close(spent_of(&one), 0.07));
        let third = app(db.again().await);
        begin(&third).await.unwrap();
        assert!(close(spent_of(&third), 0.07));
        all_once(&third).await;
        assert_eq!(spent(&db).await, [(SourceId::Openalex, 70_000)], "what is known is not spent again");
    }

    async fn what_is_split_at_one_process_is_split_at_the_other(db: TestDb) {
        let app = |db: Db| app_on(db, config(), FixedClock::at(now()));
        let (one, other) = (app(db.clone()), app(db.again().await));
        let scope = Scope::local();
        for app in [&one, &other] {
            begin(app).await.unwrap();
            assert!(app.splits.of(&app.db, scope).await.unwrap().is_empty());
        }
        crate::store::splits::insert(&one.db, scope, "a:1", "b:2", now()).await.unwrap();
        one.splits.changed(scope);
        let before = other.splits.revision(scope);
        all_once(&other).await;
        assert!(other.splits.of(&other.db, scope).await.unwrap().contains("a:1", "b:2"));
        assert!(other.splits.revision(scope) > before, "answers that were kept before are not served any more");
        let learnt = other.splits.revision(scope);
        all_once(&other).await;
        assert_eq!(other.splits.revision(scope), learnt, "no news");
        crate::splits::rejoin(&other, scope, "a:1", "b:2").await.unwrap();
        // What was read before a change here is no news.
        assert!(!other.splits.learn(scope, learnt, Arc::default()));
        all_once(&one).await;
        assert!(one.splits.of(&one.db, scope).await.unwrap().is_empty());
    }

    async fn days_long_past_are_forgotten(db: TestDb) {
        let app = app_on(db.clone(), config(), FixedClock::at(now()));
        for days in [0, 399, 401] {
            spend::add(&app.db, SourceId::Openalex, (now() - Days::new(days)).date_naive(), 5).await.unwrap();
        }
        all_once(&app).await;
        assert_eq!(count(&app.db, "source_spend").await, 2);
    }
}

/// A minute without the database: how often it is asked all in all. A loop that does not wait would ask it thousands of times.
#[tokio::test]
async fn while_the_database_is_away_it_is_asked_now_and_then() {
    let (app, clock) = app_and_clock(config()).await;
    app.db.close().await;
    app.recorder.record(stored::search(1, "meanwhile")).await.unwrap();
    tokio::time::pause();
    start(&app);
    crate::workers::start(&app);
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        clock.advance(TimeDelta::seconds(1));
    }
    let text = app.metrics.render();
    let counts = text.lines().filter(|line| line.starts_with("db_client_operation_duration_seconds_count"));
    let asked: f64 = counts.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum();
    assert!((10.0..300.0).contains(&asked), "{asked} times a minute");
    app.lifecycle.stop();
}
