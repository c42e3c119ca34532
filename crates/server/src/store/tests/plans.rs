//! How PostgreSQL goes about what is asked often, with 1,000,000 searches in its history. The plans are those of the statements that
//! PAKE sends: the server explains each as it runs it, and tells the connection.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use sqlx::{Connection, PgConnection};
use tracing::{Event, Subscriber, field::Field};
use tracing_subscriber::{Layer, layer::SubscriberExt};

use super::*;
use crate::{
    db::{DbOptions, testing::say_skipped},
    store::{analytics, people, retention, tags, usage},
};

/// Makes the history.
const MILLION: &str = include_str!("million.sql");
/// The server explains every statement to whoever sends it.
const EXPLAINED: &str = "&options[session_preload_libraries]=auto_explain&options[auto_explain.log_min_duration]=0\
     &options[auto_explain.log_format]=json&options[auto_explain.log_level]=notice";
/// What grows with the history.
const LARGE: [&str; 4] = ["searches", "queries", "answers", "tags"];
/// Workspace and id of one of the other people there: `md5('workspace 0')` and `md5('person 1')`.
const OTHER: (&str, &str) = ("c3c81a0e-086a-b4f5-4abd-f52b627d6ae8", "fd14ec24-3aeb-dd75-c56f-5c9a5047e3fd");
/// From the sixth time on PostgreSQL may take a plan that does not know the values.
const TIMES: usize = 6;

/// The plans that the server has told.
#[derive(Clone, Default)]
struct Plans(Arc<Mutex<Vec<Value>>>);

impl<S: Subscriber> Layer<S> for Plans {
    fn on_event(&self, event: &Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        if let Some((_, plan)) = message.0.split_once("plan:\n") {
            self.0.lock().unwrap().push(serde_json::from_str(plan).unwrap());
        }
    }
}

struct Message(String);

impl tracing::field::Visit for Message {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// The large tables that this part of a plan reads from end to end, and those that it finds rows of by an index.
fn read(plan: &Value, whole: &mut BTreeSet<String>, by_index: &mut BTreeSet<String>) {
    let (kind, table) = (plan["Node Type"].as_str().unwrap_or_default(), plan["Relation Name"].as_str());
    if let Some(table) = table.filter(|table| LARGE.contains(table)) {
        if kind.ends_with("Seq Scan") {
            whole.insert(table.to_owned());
        } else if kind.starts_with("Index") || kind.starts_with("Bitmap") {
            by_index.insert(table.to_owned());
        }
    }
    plan["Plans"].as_array().into_iter().flatten().for_each(|part| read(part, whole, by_index));
}

/// Lists as people and the web app ask for them.
fn filters() -> Vec<HistoryFilter> {
    let all = HistoryFilter::default;
    let time = |millis| DateTime::from_timestamp_millis(millis);
    // The last four begin no word: what is within words of 2 % of the questions, of nearly all, of few, and of none.
    let words =
        ["crispr", "crispr edit", "graph neural", "c4ca42", "rispr", "eural etwork", "4ca4 rispr", "nothing like this"];
    let mut filters = vec![
        all(),
        HistoryFilter { favorites: true, ..all() },
        HistoryFilter { tag: Some("thesis".to_owned()), ..all() },
        HistoryFilter { source: Some(SourceId::Pubmed), ..all() },
        HistoryFilter { from: time(1_730_000_000_000), until: time(1_731_000_000_000), ..all() },
        HistoryFilter { min_quality: Some(0.9), max_quality: Some(0.95), ..all() },
        HistoryFilter { status: Some(SearchStatus::Failed), ..all() },
    ];
    filters.extend(words.map(|words| HistoryFilter { text: Some(words.to_owned()), ..all() }));
    let popular = filters.clone().into_iter().map(|filter| HistoryFilter { view: HistoryView::Popular, ..filter });
    let popular: Vec<_> = popular.collect();
    filters.extend(popular);
    filters
}

/// Asks what people ask often, and what jobs do by themselves.
async fn ask(db: &Db) {
    let (scope, now) = (Scope::local(), DateTime::from_timestamp_millis(1_765_000_000_000).unwrap());
    for filter in filters() {
        let first = listing::page(db, scope, &filter, None, 50, now).await.unwrap();
        if let Some(last) = first.entries.last() {
            listing::page(db, scope, &filter, first.next(), 50, now).await.unwrap();
            listing::get(db, scope, last.id, now).await.unwrap().unwrap();
            answers::of_search(db, scope, last.id, now).await.unwrap();
        }
    }
    let month = now - TimeDelta::days(100);
    analytics::numbers(db, scope, month, 10).await.unwrap();
    analytics::shared(db, scope.workspace, month, 10).await.unwrap();
    // One of many people, as million.sql makes them: the local one has half of all tags, which are read in one go.
    let [workspace, user] = [OTHER.0, OTHER.1].map(|id| Uuid::try_parse(id).unwrap());
    assert!(!tags::all(db, Scope { workspace, user }).await.unwrap().is_empty());
    people::belongings(db, Some(scope.workspace), scope.user, now).await.unwrap();
    for workspace in [None, Some(scope.workspace)] {
        let extent = usage::Extent { since: month, workspace };
        usage::searches(db, extent).await.unwrap();
        usage::people(db, extent).await.unwrap();
        // Which sources were asked is not: whoever operates PAKE looks at it now and then, and one reading takes a tenth of looking
        // each row up (usage.rs).
        usage::people_at_all(db, extent).await.unwrap();
    }
    retention::next_person(db, None, Some(scope)).await.unwrap();
    retention::count_older_than(db, scope, month).await.unwrap();
    answers::sweep(db, None, month, 100).await.unwrap();
    answers::expire(db, now, 100).await.unwrap();
    let oldest = listing::page(db, scope, &filters()[4], None, 1, now).await.unwrap().entries.pop().unwrap();
    favorites::set(db, scope, oldest.id, true).await.unwrap();
    assert!(tags::set(db, scope, oldest.id, &["thesis".to_owned()]).await.unwrap());
    assert!(removal::one(db, scope, oldest.id).await.unwrap());
    record(db, &[search(1, "a question of its own")]).await;
    assert!(removal::one(db, scope, id_at(1)).await.unwrap());
}

#[tokio::test]
async fn nothing_that_is_asked_often_reads_a_million_searches_from_end_to_end() {
    let name = "nothing_that_is_asked_often_reads_a_million_searches_from_end_to_end";
    let Some(db) = TestDb::postgres().await else { return say_skipped(module_path!(), name) };
    let mut filling = PgConnection::connect(&db.address).await.unwrap();
    sqlx::raw_sql(MILLION).execute(&mut filling).await.unwrap();
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM searches").fetch_one(&mut filling).await.unwrap();
    assert_eq!(count, 1_000_000);
    filling.close().await.unwrap();

    let plans = Plans::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(plans.clone()));
    let explained = Db::open(&format!("{}{EXPLAINED}", db.address), &DbOptions::default()).await.unwrap();
    for _ in 0..TIMES {
        ask(&explained).await;
    }
    explained.close().await;
    let plans = plans.0.lock().unwrap();
    let (mut found, mut by_index) = (BTreeSet::new(), BTreeSet::new());
    for plan in &*plans {
        let mut whole = BTreeSet::new();
        read(&plan["Plan"], &mut whole, &mut by_index);
        if !whole.is_empty() {
            found.insert(format!("{whole:?}: {}", plan["Query Text"]));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(by_index, LARGE.map(str::to_owned).into(), "of {} plans", plans.len());
    let within = plans.iter().filter(|plan| plan.to_string().contains("\"queries_within\"")).count();
    assert!(plans.len() > 50 * TIMES && within >= 2 * TIMES, "{}, {within} of them within words", plans.len());
}
