use std::sync::Arc;

use engine::clock::FixedClock;

use super::*;
use crate::{
    app::SharedApp,
    db::{
        Db,
        testing::{TestDb, on_both},
    },
    store::testing::count as rows,
    testing::{app_on, config, now},
};

/// An application on this database, and its clock.
fn app(db: &Db) -> (SharedApp, Arc<FixedClock>) {
    let clock = FixedClock::at(now());
    (app_on(db.clone(), config(), clock.clone()), clock)
}

/// Somebody at 203.0.113.`last`.
fn at(last: u8) -> Client {
    Client { ip: Some([203, 0, 113, last].into()), ..Client::default() }
}

/// Fails to sign in; until when the account is locked by it.
async fn fail(app: &App, account: &str, client: &Client, device: Option<&SecretString>) -> Option<DateTime<Utc>> {
    let attempt = before_attempt(app, account, client, device).await.unwrap();
    failed(app, &attempt)
}

/// Signs in.
async fn sign_in(app: &App, account: &str, client: &Client, device: Option<&SecretString>) -> Option<SecretString> {
    let attempt = before_attempt(app, account, client, device).await.unwrap();
    succeeded(app, attempt).await.unwrap().device
}

/// How long an attempt would have to wait, in seconds.
async fn wait(app: &App, account: &str, client: &Client, device: Option<&SecretString>) -> u64 {
    match before_attempt(app, account, client, device).await {
        Err(Error::TooMany { retry_after, message }) => {
            assert_eq!(message, format!("too many attempts to sign in; try again in {} s", retry_after.as_secs()));
            retry_after.as_secs()
        }
        other => panic!("{other:?}"),
    }
}

/// Fails until the account is locked for such as this one.
async fn lock(app: &App, clock: &FixedClock, account: &str, client: &Client, device: Option<&SecretString>) {
    for _ in 0..4 {
        assert_eq!(fail(app, account, client, device).await, None);
    }
    clock.advance(TimeDelta::seconds(1));
    let until = app.clock.now() + TimeDelta::minutes(15);
    assert_eq!(fail(app, account, client, device).await, Some(until));
}

/// How many attempts ended like this.
fn ended(app: &App, result: AttemptResult) -> u64 {
    app.metrics.auth_attempts.get_or_create(&AttemptLabels { result }).get()
}

on_both! {
    async fn after_five_failures_strangers_are_locked_out_from_everywhere_for_a_quarter_of_an_hour(db: TestDb) {
        let (app, clock) = app(&db);
        for last in 1..=4 {
            assert_eq!(fail(&app, "ada", &at(last), None).await, None);
        }
        assert_eq!(wait(&app, "ada", &at(5), None).await, 2, "the fifth has to wait a second");
        clock.advance(TimeDelta::seconds(1));
        assert!(fail(&app, "ada", &at(5), None).await.is_some());
        assert_eq!(wait(&app, "ada", &at(6), None).await, 901);
        assert_eq!(fail(&app, "grace", &at(6), None).await, None, "another account");
        clock.advance(TimeDelta::minutes(15));
        assert_eq!(fail(&app, "ada", &at(6), None).await, None);
        assert_eq!((ended(&app, AttemptResult::Failed), ended(&app, AttemptResult::Refused)), (7, 2));
    }

    async fn a_stranger_cannot_lock_out_a_device_or_network_that_signed_in_before(db: TestDb) {
        let (app, clock) = app(&db);
        let device = sign_in(&app, "ada", &at(1), None).await.unwrap();
        lock(&app, &clock, "ada", &at(66), None).await;
        assert_eq!(sign_in(&app, "ada", &at(9), Some(&device)).await.map(drop), None, "from another network");
        assert!(sign_in(&app, "ada", &at(1), None).await.is_some(), "with a browser that has forgotten");
        // Neither has opened the door for strangers.
        assert!(wait(&app, "ada", &at(67), None).await > 800);
        // Somebody in the network of the person, and the device goes on all the same.
        lock(&app, &clock, "ada", &at(1), None).await;
        assert!(wait(&app, "ada", &at(1), None).await > 800);
        assert_eq!(sign_in(&app, "ada", &at(1), Some(&device)).await.map(drop), None);
        // A device is no pass for guessing.
        lock(&app, &clock, "ada", &at(3), Some(&device)).await;
        assert!(wait(&app, "ada", &at(3), Some(&device)).await > 800);
    }

    async fn a_device_is_known_to_the_accounts_that_it_signed_in_to(db: TestDb) {
        let (app, clock) = app(&db);
        let device = sign_in(&app, "ada", &at(1), None).await.unwrap();
        assert!(device.expose_secret().starts_with("pake_dv_"));
        lock(&app, &clock, "grace", &at(66), None).await;
        assert!(wait(&app, "grace", &at(2), Some(&device)).await > 800);
        clock.advance(TimeDelta::minutes(15));
        assert!(sign_in(&app, "grace", &at(2), Some(&device)).await.is_none(), "it keeps what it has");
        lock(&app, &clock, "grace", &at(66), None).await;
        sign_in(&app, "grace", &at(3), Some(&device)).await;
        sign_in(&app, "ada", &at(3), Some(&device)).await;
        for made_up in ["pake_dv_", "pake_dv_AAAA", "", "x"] {
            let made_up = SecretString::from(made_up);
            assert!(sign_in(&app, "ada", &at(4), Some(&made_up)).await.is_some(), "it gets one of ours");
        }
    }

    async fn names_that_no_account_has_are_counted_the_same(db: TestDb) {
        let (app, clock) = app(&db);
        lock(&app, &clock, "nobody", &at(66), None).await;
        assert_eq!(wait(&app, "nobody", &at(1), None).await, 901);
        assert_eq!(rows(&app.db, "known_clients").await, 0);
        assert_eq!(rows(&app.db, "sign_in_attempts").await, 2, "strangers and the address");
    }

    async fn a_success_forgives_what_was_mistyped(db: TestDb) {
        let (app, _clock) = app(&db);
        for _ in 0..50 {
            fail(&app, "ada", &at(1), None).await;
            fail(&app, "ada", &at(1), None).await;
            sign_in(&app, "ada", &at(1), None).await;
        }
        assert_eq!(ended(&app, AttemptResult::Succeeded), 50);
        // What failed before the network was known still counts for it.
        assert_eq!(rows(&app.db, "sign_in_attempts").await, 1);
    }

    async fn many_accounts_from_one_address_wait_longer_and_longer_and_others_do_not(db: TestDb) {
        let (app, clock) = app(&db);
        for number in 0..20 {
            fail(&app, &format!("guess {number}"), &at(66), None).await;
        }
        let mut waits = Vec::new();
        for number in 20..25 {
            let account = format!("guess {number}");
            waits.push(wait(&app, &account, &at(66), None).await);
            clock.advance(TimeDelta::seconds(waits[waits.len() - 1].cast_signed()));
            fail(&app, &account, &at(66), None).await;
        }
        assert_eq!(waits, [2, 3, 5, 9, 17]);
        fail(&app, "guess 1", &at(67), None).await;
        let refused = wait(&app, "guess 99", &at(66), None).await;
        assert_eq!(refused, 33);
        assert_eq!(rows(&app.db, "sign_in_attempts").await, 27, "what is refused leaves nothing");
    }

    async fn people_who_sign_in_do_not_slow_down_others_at_their_address(db: TestDb) {
        let (app, _clock) = app(&db);
        for number in 0..60 {
            sign_in(&app, &format!("person {number}"), &at(1), None).await;
        }
        assert_eq!(rows(&app.db, "sign_in_attempts").await, 0);
    }

    async fn many_at_once_do_not_get_around_it(db: TestDb) {
        let (app, _clock) = app(&db);
        let other = app_on(db.again().await, config(), FixedClock::at(now()));
        let mut attempts = tokio::task::JoinSet::new();
        for number in 0..40 {
            let app = SharedApp::clone(if number % 2 == 0 { &app } else { &other });
            attempts.spawn(async move { before_attempt(&app, "ada", &at(number), None).await.is_ok() });
        }
        let passed = attempts.join_all().await.into_iter().filter(|passed| *passed).count();
        assert_eq!(passed, 4);
    }

    async fn attempts_that_are_under_way_are_taken_back_one_by_one(db: TestDb) {
        let (app, _clock) = app(&db);
        let mut under_way = Vec::new();
        for _ in 0..4 {
            under_way.push(before_attempt(&app, "ada", &at(1), None).await.unwrap());
        }
        for attempt in under_way {
            succeeded(&app, attempt).await.unwrap();
        }
        assert_eq!(rows(&app.db, "sign_in_attempts").await, 0);
        assert_eq!(rows(&app.db, "known_clients").await, 5, "a network, and each got a device");
    }

    async fn a_clock_that_is_put_back_locks_nobody_out_for_ever(db: TestDb) {
        let (app, clock) = app(&db);
        clock.advance(TimeDelta::days(3_000));
        lock(&app, &clock, "ada", &at(66), None).await;
        clock.advance(TimeDelta::days(-3_000));
        assert_eq!(fail(&app, "ada", &at(66), None).await, None);
    }

    async fn from_nowhere_is_a_place_too(db: TestDb) {
        let (app, clock) = app(&db);
        let nowhere = Client::default();
        let device = sign_in(&app, "ada", &nowhere, None).await.unwrap();
        lock(&app, &clock, "ada", &nowhere, None).await;
        assert!(wait(&app, "ada", &nowhere, None).await > 800, "nowhere is never known");
        sign_in(&app, "ada", &nowhere, Some(&device)).await;
    }

    async fn what_does_not_count_any_more_is_forgotten(db: TestDb) {
        let (app, clock) = app(&db);
        let run = async |app: &App| {
            let job = crate::jobs::TABLE.iter().find(|job| job.name == "forget_attempts").unwrap();
            crate::jobs::run(app, job).await;
        };
        sign_in(&app, "ada", &at(1), None).await;
        lock(&app, &clock, "ada", &at(66), None).await;
        fail(&app, "grace", &at(67), None).await;
        assert_eq!(rows(&app.db, "sign_in_attempts").await, 4);
        run(&app).await;
        assert_eq!(rows(&app.db, "sign_in_attempts").await, 4);
        clock.advance(TimeDelta::hours(3));
        run(&app).await;
        assert_eq!(rows(&app.db, "sign_in_attempts").await, 1, "that it was locked counts longer");
        clock.advance(TimeDelta::hours(22));
        run(&app).await;
        assert_eq!((rows(&app.db, "sign_in_attempts").await, rows(&app.db, "known_clients").await), (0, 2));
        clock.advance(TimeDelta::days(180));
        run(&app).await;
        assert_eq!(rows(&app.db, "known_clients").await, 0);
        fail(&app, "ada", &at(1), None).await;
        clock.advance(TimeDelta::days(-1));
        run(&app).await;
        assert_eq!(rows(&app.db, "sign_in_attempts").await, 0, "written by a clock that went back");
    }

    async fn of_an_account_so_many_places_are_known_and_none_after_it_is_gone(db: TestDb) {
        let (app, clock) = app(&db);
        for last in 0..150 {
            sign_in(&app, "ada", &at(last), None).await;
            clock.advance(TimeDelta::seconds(1));
        }
        sign_in(&app, "grace", &at(1), None).await;
        assert_eq!(rows(&app.db, "known_clients").await, 102);
        lock(&app, &clock, "ada", &at(200), None).await;
        assert!(wait(&app, "ada", &at(1), None).await > 800, "too long ago");
        sign_in(&app, "ada", &at(149), None).await;
        forget(&app, "ada").await.unwrap();
        assert_eq!(rows(&app.db, "known_clients").await, 2);
    }
}
