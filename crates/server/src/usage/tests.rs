use std::time::Instant;

use chrono::Days;
use engine::clock::FixedClock;

use super::*;
use crate::{
    db::testing::{TestDb, on_both},
    recorder::FinishedSearch,
    store::{Scope, finished::SearchStatus, testing as stored},
    testing::{app_on, config, now},
};

/// A search of so many days before today that took so long.
fn search(number: i64, scope: Scope, days: u64, took: u32) -> FinishedSearch {
    let started_at = now() - Days::new(days);
    FinishedSearch {
        scope,
        execution_time_ms: took.into(),
        started_at,
        id: Uuid::from_u128(
            (u128::from(started_at.timestamp_millis().unsigned_abs()) << 80) | u128::from(number.unsigned_abs()),
        ),
        ..stored::search(number, "lamps")
    }
}

on_both! {
    async fn days_are_counted_by_people_outcome_cache_and_time(db: TestDb) {
        let app = app_on(db.clone(), config(), FixedClock::at(now()));
        let other = stored::another_scope(&app.db).await;
        let mut searches: Vec<_> = (1..=100_u32).map(|number| search(number.into(), Scope::local(), 0, number * 100)).collect();
        searches.push(FinishedSearch { cache_hit: true, ..search(101, other, 1, 4) });
        searches.push(FinishedSearch { status: SearchStatus::Failed, ..search(102, other, 1, 9_000) });
        searches.push(FinishedSearch { status: SearchStatus::Cancelled, ..search(103, other, 1, 9_000) });
        searches.push(search(104, Scope::local(), 2, 7));
        for search in searches {
            app.recorder.record(search).await.unwrap();
        }
        app.recorder.flush().await.unwrap();
        let usage = of(&app, None, 2).await.unwrap();
        assert_eq!((usage.days.len(), usage.active_users), (2, 2), "the day before yesterday is not asked for");
        let (yesterday, today) = (&usage.days[0], &usage.days[1]);
        assert_eq!((today.active_users, today.quality.searches), (1, 100));
        assert_eq!(today.quality.latency_ms, Some(Latency { p50: 5_000, p95: 9_500, p99: 9_900 }));
        assert_eq!((today.quality.success_rate, today.quality.cache_hit_rate), (Some(1.0), Some(0.0)));
        assert_eq!(yesterday.quality.success_rate, Some(0.5), "what was withdrawn neither failed nor succeeded");
        assert_eq!(yesterday.quality.cache_hit_rate, Some(1.0 / 3.0));
        assert_eq!(yesterday.quality.latency_ms, Some(Latency { p50: 4, p95: 4, p99: 4 }));
        assert_eq!(usage.popular_sources.iter().map(|source| source.searches).collect::<Vec<_>>(), [103, 103]);
        let theirs = of(&app, Some(other.workspace), 30).await.unwrap();
        assert_eq!((theirs.quality.searches, theirs.days.len(), theirs.active_users), (3, 1, 1));
        let nothing = of(&app, Some(Uuid::from_u128(9)), 30).await.unwrap();
        assert_eq!((nothing.quality, nothing.days), (Quality::default(), Vec::new()));
    }

    async fn a_million_searches_are_counted_before_anybody_stops_waiting(db: TestDb) {
        // So many only when it is asked for: they take a minute to write.
        #[expect(clippy::disallowed_methods, reason = "how much is measured is no configuration")]
        let searches: u64 = std::env::var("PAKE_TEST_SEARCHES").map_or(10_000, |text| text.parse().unwrap());
        let app = app_on(db.clone(), config(), FixedClock::at(now()));
        app.recorder.record_durably(stored::search(1, "lamps")).await.unwrap();
        stored::fill(&app.db, searches, now()).await;
        for workspace in [None, Some(Scope::local().workspace)] {
            let began = Instant::now();
            let usage = of(&app, workspace, 30).await.unwrap();
            println!("{} searches of 30 days, {}: {:?}", usage.quality.searches, app.db.kind(), began.elapsed());
            assert!(usage.quality.searches > searches * 9 / 10 && usage.active_users == 200);
        }
    }
}
