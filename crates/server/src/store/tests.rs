use std::{collections::BTreeSet, sync::Arc};

use chrono::{NaiveDate, TimeDelta};
use engine::source::SourceId;
use uuid::Uuid;

use super::{
    analytics::{DayCount, QualityDistribution, SourceCount},
    answers,
    entry::HistoryEntry,
    favorites,
    finished::{FinishedSearch, PackAnswer, PackedAnswer, SearchStatus},
    listing::{HistoryFilter, HistoryView},
    searches::Known,
    testing::{another_scope, answer, at, count, counts, id_at, packed, reports, search},
    *,
};
use crate::db::{
    Db, Problem,
    testing::{TestDb, on_both},
};

mod lists;
mod plans;

async fn record(db: &Db, batch: &[FinishedSearch]) {
    searches::record(db, batch, &mut Known::default()).await.unwrap();
}

async fn list(db: &Db, filter: &HistoryFilter) -> Vec<HistoryEntry> {
    listing::page(db, Scope::local(), filter, None, 1_000, at(10_000)).await.unwrap().entries
}

/// The questions of the searches that meet a filter, in order.
async fn queries(db: &Db, filter: HistoryFilter) -> Vec<String> {
    list(db, &filter).await.into_iter().map(|entry| entry.query).collect()
}

async fn get(db: &Db, seconds: i64) -> HistoryEntry {
    listing::get(db, Scope::local(), id_at(seconds), at(10_000)).await.unwrap().unwrap()
}

on_both! {
    async fn a_recorded_search_is_read_back_as_it_was(db: TestDb) {
        let mut recorded = search(1, "crispr \"base editing\" \u{202e}🧬");
        recorded.quality = Some(0.75);
        recorded.status = SearchStatus::Partial;
        record(&db, std::slice::from_ref(&recorded)).await;
        let entry = get(&db, 1).await;
        assert_eq!(entry.query, &*recorded.query);
        assert_eq!(entry.user_id, Scope::local().user);
        assert_eq!(entry.sources, recorded.sources);
        assert_eq!((entry.results_count, entry.execution_time_ms, entry.cache_hit), (29, 250, false));
        assert_eq!(entry.quality_score, Some(0.75));
        assert_eq!(entry.created_at, at(1));
        assert_eq!(entry.query_metadata.status, SearchStatus::Partial);
        assert_eq!(entry.query_metadata.counts, counts());
        assert_eq!(entry.query_metadata.reports, reports());
        assert!(entry.query_metadata.has_answer);
        assert!(!entry.is_favorite && entry.tags.is_empty() && entry.times_asked.is_none());
        assert_eq!(list(&db, &HistoryFilter::default()).await, [entry]);
    }

    async fn extreme_values_survive(db: TestDb) {
        let mut recorded = search(1, &"x\0é".repeat(4_000));
        recorded.execution_time_ms = u64::MAX;
        recorded.results_count = u32::MAX;
        recorded.quality = Some(f64::NAN);
        recorded.sources = SourceId::ALL.to_vec();
        recorded.answer = None;
        let empty = FinishedSearch { sources: Vec::new(), ..search(2, "") };
        record(&db, &[recorded, empty]).await;
        let entry = get(&db, 1).await;
        assert_eq!(entry.query, "x\u{fffd}é".repeat(4_000));
        assert_eq!(entry.sources, SourceId::ALL);
        assert_eq!((entry.results_count, entry.quality_score), (u64::from(u32::MAX), None));
        assert_eq!(entry.execution_time_ms, i64::MAX as u64);
        assert!(entry.query_metadata.reports.is_empty() && !entry.query_metadata.has_answer);
        assert_eq!(get(&db, 2).await.query, "");
    }

    async fn a_batch_of_any_size_is_written_whole(db: TestDb) {
        for (batch, size) in [(0, 1), (1, 2), (2, 3), (3, 255), (4, 300), (5, 1_001)] {
            let batch: Vec<_> = (0..size).map(|n| search(batch * 10_000 + n, &format!("question {}", n % 70))).collect();
            record(&db, &batch).await;
        }
        assert_eq!(count(&db, "searches").await, 1 + 2 + 3 + 255 + 300 + 1_001);
        assert_eq!(count(&db, "queries").await, 70);
        record(&db, &[]).await;
    }

    async fn a_repeated_question_and_a_shared_answer_are_kept_once(db: TestDb) {
        let hits: Vec<_> = (2..50)
            .map(|n| FinishedSearch { cache_hit: true, answer: Some(answer(1)), ..search(n, "the same") })
            .collect();
        let mut known = Known::default();
        searches::record(&db, &[search(1, "the same")], &mut known).await.unwrap();
        searches::record(&db, &hits, &mut known).await.unwrap();
        assert_eq!((count(&db, "searches").await, count(&db, "queries").await, count(&db, "answers").await), (49, 1, 1));
        for n in [1, 20, 49] {
            let kept = answers::of_search(&db, Scope::local(), id_at(n), at(100)).await.unwrap().unwrap();
            assert_eq!((kept.id, &kept.body[..], kept.made_at), (id_at(1), &b"body of 1"[..], at(1)));
            assert_eq!(kept.key, "key of 1");
            assert_eq!(get(&db, n).await.query_metadata.reports, reports());
        }
    }

    async fn an_answer_that_is_known_is_not_packed_again(db: TestDb) {
        #[derive(Debug)]
        struct Once(std::sync::atomic::AtomicBool);
        impl PackAnswer for Once {
            fn pack(&self) -> PackedAnswer {
                assert!(!self.0.swap(true, std::sync::atomic::Ordering::SeqCst), "packed twice");
                packed(1)
            }
            fn size(&self) -> usize {
                0
            }
        }
        let shared = finished::AnswerRef { id: id_at(1), source: Arc::new(Once(false.into())) };
        let mut known = Known::default();
        for n in 0..3 {
            let batch = [n * 2, n * 2 + 1].map(|n| FinishedSearch { answer: Some(shared.clone()), ..search(n, "q") });
            searches::record(&db, &batch, &mut known).await.unwrap();
        }
        assert_eq!(count(&db, "answers").await, 1);
    }

    async fn what_a_writer_knows_may_have_been_deleted_meanwhile(db: TestDb) {
        let mut known = Known::default();
        searches::record(&db, &[search(1, "gone")], &mut known).await.unwrap();
        assert!(removal::one(&db, Scope::local(), id_at(1)).await.unwrap());
        assert_eq!((count(&db, "queries").await, count(&db, "answers").await), (0, 0));
        let again = FinishedSearch { cache_hit: true, answer: Some(answer(1)), ..search(2, "gone") };
        searches::record(&db, &[again], &mut known).await.unwrap();
        assert_eq!(get(&db, 2).await.query, "gone");
        assert!(get(&db, 2).await.query_metadata.has_answer);
    }

    async fn recording_again_replaces_the_numbers_and_keeps_favourite_and_tags(db: TestDb) {
        let scope = Scope::local();
        let first = FinishedSearch { status: SearchStatus::Partial, ..search(1, "late") };
        record(&db, std::slice::from_ref(&first)).await;
        assert!(favorites::set(&db, scope, id_at(1), true).await.unwrap());
        assert!(tags::set(&db, scope, id_at(1), &["kept".to_owned()]).await.unwrap());
        let revised = FinishedSearch { results_count: 40, answer: Some(answer(2)), ..search(1, "late") };
        record(&db, &[first, revised]).await;
        let entry = get(&db, 1).await;
        assert_eq!((entry.results_count, entry.query_metadata.status), (40, SearchStatus::Completed));
        assert!(entry.is_favorite);
        assert_eq!(entry.tags, ["kept"]);
        assert_eq!(answers::of_search(&db, scope, id_at(1), at(9)).await.unwrap().unwrap().id, id_at(2));
        assert_eq!(count(&db, "searches").await, 1);
    }

    async fn half_a_batch_is_never_there(db: TestDb) {
        let nowhere = Scope { workspace: Uuid::new_v4(), user: Uuid::new_v4() };
        let mut batch: Vec<_> = (0..400).map(|n| search(n, "good")).collect();
        batch.push(FinishedSearch { scope: nowhere, ..search(500, "of a workspace that does not exist") });
        let error = searches::record(&db, &batch, &mut Known::default()).await.unwrap_err();
        assert_eq!(error.problem, Problem::Dangling, "{error}");
        assert_eq!((count(&db, "searches").await, count(&db, "queries").await, count(&db, "answers").await), (0, 0, 0));
        batch.pop();
        record(&db, &batch).await;
        assert_eq!(count(&db, "searches").await, 400);
    }

    async fn favourites_are_set_and_unset(db: TestDb) {
        let scope = Scope::local();
        record(&db, &[search(1, "a")]).await;
        assert!(favorites::set(&db, scope, id_at(1), true).await.unwrap());
        assert!(favorites::set(&db, scope, id_at(1), true).await.unwrap());
        assert!(get(&db, 1).await.is_favorite);
        assert!(favorites::set(&db, scope, id_at(1), false).await.unwrap());
        assert!(!get(&db, 1).await.is_favorite);
        assert!(!favorites::set(&db, scope, id_at(2), true).await.unwrap());
    }

    async fn tags_are_replaced_as_a_whole(db: TestDb) {
        let scope = Scope::local();
        record(&db, &[search(1, "a"), search(2, "b")]).await;
        let set = async |seconds: i64, new: &[&str]| {
            let new: Vec<_> = new.iter().map(|&tag| tag.to_owned()).collect();
            tags::set(&db, scope, id_at(seconds), &new).await.unwrap()
        };
        assert!(set(1, &["b", "a", "b", "ä"]).await);
        assert!(set(2, &["b"]).await);
        assert_eq!(get(&db, 1).await.tags, ["a", "b", "ä"]);
        assert_eq!(tags::all(&db, scope).await.unwrap()[0], ("b".to_owned(), 2));
        assert!(set(1, &[]).await);
        assert!(get(&db, 1).await.tags.is_empty());
        assert_eq!(tags::all(&db, scope).await.unwrap(), [("b".to_owned(), 1)]);
        assert!(!set(3, &["nowhere"]).await);
    }

    async fn deleting_takes_along_what_nothing_points_at_any_more(db: TestDb) {
        let scope = Scope::local();
        let shared = FinishedSearch { answer: Some(answer(1)), cache_hit: true, ..search(2, "shared") };
        record(&db, &[search(1, "shared"), shared, search(3, "alone")]).await;
        tags::set(&db, scope, id_at(3), &["x".to_owned()]).await.unwrap();
        assert!(removal::one(&db, scope, id_at(3)).await.unwrap());
        assert!(!removal::one(&db, scope, id_at(3)).await.unwrap());
        assert_eq!((count(&db, "queries").await, count(&db, "answers").await, count(&db, "tags").await), (1, 1, 0));
        assert!(removal::one(&db, scope, id_at(1)).await.unwrap());
        assert!(get(&db, 2).await.query_metadata.has_answer);
        assert!(removal::one(&db, scope, id_at(2)).await.unwrap());
        assert_eq!((count(&db, "queries").await, count(&db, "answers").await, count(&db, "searches").await), (0, 0, 0));
    }

    async fn everything_of_a_person_is_deleted_in_bounded_batches(db: TestDb) {
        let other = another_scope(&db).await;
        let mut batch: Vec<_> = (0..1_200).map(|n| search(n, &format!("q{}", n % 300))).collect();
        batch.push(FinishedSearch { scope: other, ..search(5_000, "q1") });
        record(&db, &batch).await;
        favorites::set(&db, Scope::local(), id_at(7), true).await.unwrap();
        let mut deleted = Vec::new();
        while let count @ 1.. = removal::any(&db, Scope::local()).await.unwrap() {
            deleted.push(count);
        }
        assert_eq!(deleted, [500, 500, 200]);
        assert_eq!((count(&db, "searches").await, count(&db, "queries").await, count(&db, "answers").await), (1, 1, 1));
    }

    async fn retention_deletes_what_is_older_except_favourites(db: TestDb) {
        let scope = Scope::local();
        let batch: Vec<_> = (0..10).map(|n| search(n, &format!("q{n}"))).collect();
        record(&db, &batch).await;
        favorites::set(&db, scope, id_at(2), true).await.unwrap();
        assert_eq!(removal::older_than(&db, scope, at(5)).await.unwrap(), 4);
        assert_eq!(removal::older_than(&db, scope, at(5)).await.unwrap(), 0);
        assert_eq!(queries(&db, HistoryFilter::default()).await, ["q9", "q8", "q7", "q6", "q5", "q2"]);
    }

    async fn an_answer_is_not_given_out_after_its_time_and_then_dropped(db: TestDb) {
        let scope = Scope::local();
        let expiring = PackedAnswer { expires_at: Some(at(100)), ..packed(1) };
        let mut recorded = search(1, "a");
        recorded.answer = Some(finished::AnswerRef { id: id_at(1), source: Arc::new(expiring) });
        record(&db, &[recorded, search(2, "b")]).await;
        assert!(answers::of_search(&db, scope, id_at(1), at(99)).await.unwrap().is_some());
        assert!(answers::of_search(&db, scope, id_at(1), at(100)).await.unwrap().is_none());
        let entry = listing::get(&db, scope, id_at(1), at(100)).await.unwrap().unwrap();
        assert!(!entry.query_metadata.has_answer);
        assert_eq!(answers::expire(&db, at(99), 10).await.unwrap(), 0);
        assert_eq!(answers::expire(&db, at(100), 10).await.unwrap(), 1);
        assert_eq!(answers::expire(&db, at(100), 10).await.unwrap(), 0);
        assert_eq!(get(&db, 1).await.query_metadata.reports, reports());
        assert!(get(&db, 2).await.query_metadata.has_answer);
    }

    async fn answers_that_a_later_one_replaced_are_swept(db: TestDb) {
        record(&db, &(0..5).map(|n| search(n, "q")).collect::<Vec<_>>()).await;
        let revised: Vec<_> = (0..3).map(|n| FinishedSearch { answer: Some(answer(100 + n)), ..search(n, "q") }).collect();
        record(&db, &revised).await;
        assert_eq!(count(&db, "answers").await, 8);
        let (mut swept, mut after) = (0, None);
        loop {
            let (deleted, next) = answers::sweep(&db, after, at(2), 3).await.unwrap();
            swept += deleted;
            after = next;
            if after.is_none() { break }
        }
        // Answers 0 and 1 are older than the limit and alone; 2 is alone but may be about to be used.
        assert_eq!((swept, count(&db, "answers").await), (2, 6));
    }

    async fn nothing_crosses_from_one_scope_to_another(db: TestDb) {
        let (here, there) = (Scope::local(), another_scope(&db).await);
        let mine = search(1, "mine");
        let theirs = FinishedSearch { scope: there, ..search(2, "mine") };
        record(&db, &[mine, theirs]).await;
        assert_eq!(count(&db, "queries").await, 2);
        let filters = [HistoryFilter::default(), HistoryFilter { text: Some("mine".to_owned()), ..HistoryFilter::default() }];
        for mixed in [there, Scope { workspace: here.workspace, user: there.user }, Scope { workspace: there.workspace, user: here.user }] {
            for filter in &filters {
                let page = listing::page(&db, mixed, filter, None, 10, at(10_000)).await.unwrap().entries;
                assert_eq!(page.len(), usize::from(mixed == there));
                assert!(page.iter().all(|entry| entry.id == id_at(2)));
            }
            assert!(listing::get(&db, mixed, id_at(1), at(9)).await.unwrap().is_none());
            assert!(answers::of_search(&db, mixed, id_at(1), at(9)).await.unwrap().is_none());
            assert!(!favorites::set(&db, mixed, id_at(1), true).await.unwrap());
            assert!(!tags::set(&db, mixed, id_at(1), &["x".to_owned()]).await.unwrap());
            assert!(!removal::one(&db, mixed, id_at(1)).await.unwrap());
            assert_eq!(removal::older_than(&db, mixed, at(2)).await.unwrap(), 0);
            let numbers = analytics::numbers(&db, mixed, at(0), 10).await.unwrap();
            assert_eq!(numbers.total_searches, u64::from(mixed == there));
            assert!(splits::all(&db, mixed).await.unwrap().is_empty());
        }
        assert_eq!(get(&db, 1).await.tags, [""; 0]);
    }

    async fn analytics_count_what_happened(db: TestDb) {
        let day = 86_400;
        let mut batch = vec![search(-10 * day, "too old"), search(0, "a"), search(1, "a"), search(day, "b"), search(day + 1, "a")];
        batch[2].cache_hit = true;
        batch[2].execution_time_ms = 1;
        batch[3].sources = vec![SourceId::Arxiv];
        batch[1].quality = Some(0.8);
        batch[2].quality = Some(0.5);
        batch[3].quality = Some(0.49);
        record(&db, &batch).await;
        let numbers = analytics::numbers(&db, Scope::local(), at(-day), 1).await.unwrap();
        assert_eq!((numbers.total_searches, numbers.unique_queries), (4, 2));
        assert_eq!(numbers.avg_execution_time, Some(f64::from(250 * 3 + 1) / 4.0));
        assert_eq!(numbers.cache_hit_rate, Some(0.25));
        let source = |source, count| SourceCount { source, count };
        assert_eq!(numbers.top_sources, [source(SourceId::Arxiv, 4), source(SourceId::Pubmed, 3)]);
        assert_eq!(numbers.popular_queries.len(), 1);
        let first = &numbers.popular_queries[0];
        assert_eq!((&*first.query, first.count, first.last_asked), ("a", 3, at(day + 1)));
        let day_count = |offset, count| DayCount { day: at(offset).date_naive(), count };
        assert_eq!(numbers.search_frequency, [day_count(0, 2), day_count(day, 2)]);
        assert_eq!(numbers.quality_distribution, QualityDistribution { high: 1, medium: 1, low: 1, unrated: 1 });
        let none = analytics::numbers(&db, Scope::local(), at(100 * day), 10).await.unwrap();
        assert_eq!(none, analytics::Analytics::default());
    }

    async fn splits_are_kept_in_either_order(db: TestDb) {
        let scope = Scope::local();
        splits::insert(&db, scope, "pubmed:1", "arxiv:2", at(0)).await.unwrap();
        splits::insert(&db, scope, "arxiv:2", "pubmed:1", at(1)).await.unwrap();
        let long = "x".repeat(splits::LONGEST_KEY);
        splits::insert(&db, scope, &long, &"é".repeat(splits::LONGEST_KEY / 2), at(1)).await.unwrap();
        let kept = splits::all(&db, scope).await.unwrap();
        assert!(kept.contains("arxiv:2", "pubmed:1") && !kept.contains("arxiv:2", "pubmed:3"));
        assert_eq!(count(&db, "splits").await, 2);
        assert!(splits::remove(&db, scope, "pubmed:1", "arxiv:2").await.unwrap());
        assert!(!splits::remove(&db, scope, "pubmed:1", "arxiv:2").await.unwrap());
        assert!(!splits::all(&db, scope).await.unwrap().contains("arxiv:2", "pubmed:1"));
    }

    async fn what_a_day_cost_adds_up_over_processes(db: TestDb) {
        let other = db.again().await;
        let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        for db in [&*db, &other] {
            for _ in 0..20 {
                spend::add(db, SourceId::Openalex, day, 1_000).await.unwrap();
            }
        }
        spend::add(&db, SourceId::Openalex, day + TimeDelta::days(1), 7).await.unwrap();
        spend::add(&db, SourceId::Brave, day, 5).await.unwrap();
        assert_eq!(spend::of_day(&other, day).await.unwrap(), [(SourceId::Brave, 5), (SourceId::Openalex, 40_000)]);
        assert_eq!(spend::forget_before(&db, day + TimeDelta::days(1)).await.unwrap(), 2);
        assert_eq!(spend::of_day(&db, day + TimeDelta::days(1)).await.unwrap(), [(SourceId::Openalex, 7)]);
    }

    async fn searches_are_recorded_and_deleted_at_the_same_time_without_loss(db: TestDb) {
        let other = db.again().await;
        let record_all = async {
            let mut known = Known::default();
            for n in 0..60 {
                let batch = [0, 1].map(|k| FinishedSearch { answer: Some(answer(-1)), ..search(n * 2 + k, "asked all the time") });
                searches::record(&db, &batch, &mut known).await.unwrap();
            }
        };
        let delete_some = async {
            let mut deleted = 0;
            for n in 0..120 {
                deleted += u64::from(removal::one(&other, Scope::local(), id_at(n)).await.unwrap());
            }
            deleted
        };
        let ((), deleted) = tokio::join!(record_all, delete_some);
        let left = list(&db, &HistoryFilter::default()).await;
        assert_eq!(left.len() as u64 + deleted, 120);
        let distinct: BTreeSet<_> = left.iter().map(|entry| entry.id).collect();
        assert_eq!(distinct.len(), left.len());
        assert!(left.iter().all(|entry| entry.query_metadata.has_answer));
    }
}

#[test]
fn ids_of_a_time_begin_at_its_first_id() {
    assert!(first_id_at(at(5)) <= id_at(5) && id_at(5) < first_id_at(at(6)));
    assert_eq!(first_id_at(chrono::DateTime::<chrono::Utc>::MIN_UTC), Uuid::nil());
}
