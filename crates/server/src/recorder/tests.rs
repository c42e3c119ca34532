use std::time::Duration;

use engine::clock::FixedClock;
use futures_util::FutureExt;
use uuid::Uuid;

use super::*;
use crate::{
    db::{
        DbOptions,
        testing::{TestDb, on_both, postgres_address},
    },
    store::{
        Scope,
        testing::{count, search},
    },
    testing::{now, proxy::Proxy},
};

/// Gathers as long as a test likes, and tries again at once.
fn options() -> RecorderOptions {
    RecorderOptions {
        linger: Duration::from_millis(5),
        pause: (Duration::from_millis(5), Duration::from_millis(20)),
        ..RecorderOptions::default()
    }
}

fn recorder(db: &Db, options: RecorderOptions) -> Recorder {
    Recorder::start(db.clone(), FixedClock::at(now()), options)
}

/// A search of a workspace that there is not: no database takes it.
fn rejected(seconds: i64) -> FinishedSearch {
    FinishedSearch {
        scope: Scope { workspace: Uuid::from_u128(7), user: Uuid::from_u128(7) },
        ..search(seconds, "of nobody")
    }
}

on_both! {
    async fn what_was_recorded_is_there_after_a_flush_however_much_it_is(db: TestDb) {
        let recorder = recorder(&db, options());
        for n in 0..3_000 {
            recorder.record(search(n, &format!("question {}", n % 90))).await.unwrap();
        }
        recorder.flush().await.unwrap();
        assert_eq!(count(&db, "searches").await, 3_000);
        let state = recorder.state();
        assert_eq!((state.queued, state.written, state.rejected, state.failing), (0, 3_000, 0, None));
        recorder.flush().await.unwrap();
    }

    async fn whoever_waits_for_it_to_be_durable_does_not_wait_for_others_to_gather(db: TestDb) {
        let recorder = recorder(&db, RecorderOptions { linger: Duration::from_mins(10), ..options() });
        recorder.record_durably(search(1, "a")).await.unwrap();
        assert_eq!(count(&db, "searches").await, 1);
    }

    async fn a_search_that_the_database_refuses_takes_no_other_along(db: TestDb) {
        let recorder = recorder(&db, RecorderOptions { linger: Duration::from_millis(50), ..options() });
        let mut waiting = Vec::new();
        for n in 0..40 {
            let search = if n == 17 { rejected(n) } else { search(n, "good") };
            let recorder = recorder.clone();
            waiting.push(tokio::spawn(async move { recorder.record_durably(search).await }));
        }
        for (n, task) in waiting.into_iter().enumerate() {
            let outcome = task.await.unwrap();
            assert_eq!(matches!(outcome, Err(NotRecorded::Rejected(_))), n == 17, "{n}: {outcome:?}");
        }
        assert_eq!(count(&db, "searches").await, 39);
        assert_eq!((recorder.state().written, recorder.state().rejected), (39, 1));
    }

    async fn closing_writes_what_is_queued_and_takes_nothing_more(db: TestDb) {
        let recorder = recorder(&db, RecorderOptions { linger: Duration::from_mins(10), ..options() });
        for n in 0..50 {
            recorder.record(search(n, "a")).await.unwrap();
        }
        recorder.close(Duration::from_secs(20)).await.unwrap();
        assert_eq!(count(&db, "searches").await, 50);
        assert_eq!(recorder.record(search(99, "late")).await, Err(NotRecorded::Closed));
        assert_eq!(recorder.record_durably(search(99, "late")).await, Err(NotRecorded::Closed));
        assert_eq!(recorder.flush().await, Err(NotRecorded::Closed));
        recorder.close(Duration::ZERO).await.unwrap();
    }

    async fn a_full_queue_makes_whoever_records_wait_and_loses_nothing(db: TestDb) {
        let recorder = recorder(&db, RecorderOptions { room: 10, rows: 4, ..options() });
        let all = (0..200).map(|n| recorder.record(search(n, "a")));
        for recorded in futures_util::future::join_all(all).await {
            recorded.unwrap();
        }
        recorder.flush().await.unwrap();
        assert_eq!(count(&db, "searches").await, 200);
    }
}

/// SQLite whose file another process holds: nothing can be written.
#[tokio::test]
async fn while_the_database_is_occupied_the_queue_fills_and_then_holds_back_and_nothing_is_lost() {
    let db = TestDb::sqlite().await;
    let options_of_db = DbOptions { statement_timeout: Duration::from_millis(20), ..DbOptions::default() };
    let impatient = Db::open(&db.address, &options_of_db).await.unwrap();
    let holder = crate::store::testing::hold(&db).await;
    let recorder = recorder(&impatient, RecorderOptions { room: 8, ..options() });
    for n in 0..8 {
        let search = FinishedSearch { cache_hit: true, ..search(n, "a") };
        recorder.record(search).await.unwrap();
    }
    let one_more = FinishedSearch { cache_hit: true, ..search(8, "a") };
    assert!(recorder.record(one_more.clone()).now_or_never().is_none(), "there is no room");
    assert!(recorder.keeps_up().now_or_never().is_none(), "an answer is held back");
    // But not for ever.
    recorder.keeps_up().await;
    while recorder.state().failing.is_none() {
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let state = recorder.state();
    assert_eq!((state.queued, state.written, state.failing.unwrap().since), (8, 0, now()));
    holder.release().await;
    recorder.record_durably(one_more).await.unwrap();
    assert_eq!(count(&db, "searches").await, 9);
    assert_eq!(recorder.state().failing, None);
}

/// PostgreSQL that goes away in the middle and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_it_is_tried_until_it_is_back() {
    let Some(db) = TestDb::postgres().await else { return };
    let server = postgres_address().unwrap();
    let host = server.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
    let proxy = Proxy::to(host.clone()).await;
    let through =
        Db::open(&db.address.replace(&host, &proxy.address.to_string()), &DbOptions::default()).await.unwrap();
    let recorder = recorder(&through, options());
    recorder.record_durably(search(1, "before")).await.unwrap();
    proxy.cut();
    let waiting = tokio::spawn({
        let recorder = recorder.clone();
        async move { recorder.record_durably(search(2, "meanwhile")).await }
    });
    while recorder.state().failing.is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!waiting.is_finished());
    proxy.mend();
    waiting.await.unwrap().unwrap();
    assert_eq!((count(&db, "searches").await, recorder.state().failing), (2, None));
}

#[tokio::test]
async fn what_cannot_be_written_before_the_grace_is_over_is_told() {
    let db = TestDb::sqlite().await;
    let impatient =
        Db::open(&db.address, &DbOptions { statement_timeout: Duration::from_millis(20), ..DbOptions::default() })
            .await
            .unwrap();
    let holder = crate::store::testing::hold(&db).await;
    let recorder = recorder(&impatient, options());
    for n in 0..3 {
        recorder.record(search(n, "a")).await.unwrap();
    }
    let error = recorder.close(Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.count, 3);
    assert!(error.to_string().contains("could not be written"), "{error}");
    holder.release().await;
}
