use std::time::Duration;

use axum::{Router, extract::Request};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    app::SharedApp,
    http::router,
    recorder::FinishedSearch,
    store::{
        finished::SearchStatus,
        testing::{id_at, search},
    },
    testing::{Answer, app, ask, delete, get, send},
};

/// An application whose history has these searches.
async fn with(searches: impl IntoIterator<Item = FinishedSearch>) -> (SharedApp, Router) {
    let app = app().await;
    for search in searches {
        app.recorder.record(search).await.unwrap();
    }
    (SharedApp::clone(&app), router(app))
}

async fn json_of(router: &Router, path: &str) -> Value {
    let answer = ask(router, get(path, &[])).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// The questions on a page.
fn queries(page: &Value) -> Vec<&str> {
    page["entries"].as_array().unwrap().iter().map(|entry| entry["query"].as_str().unwrap()).collect()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, parameter: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    if status == 400 {
        assert_eq!(answer.json()["details"]["parameter"], parameter, "{}", answer.text());
    }
}

#[tokio::test]
async fn what_was_asked_a_moment_ago_is_in_the_history_with_all_that_is_told_of_it() {
    let (_, router) = with([search(1, "crispr")]).await;
    let page = json_of(&router, "/api/v1/history").await;
    insta::assert_json_snapshot!(page);
    assert_eq!(json_of(&router, &format!("/api/v1/history/{}", id_at(1))).await, page["entries"][0]);
}

#[tokio::test]
async fn pages_follow_each_other_by_what_the_answer_calls_next() {
    let (_, router) = with((0..25).map(|n| search(n, &format!("q{n}")))).await;
    let (mut seen, mut path) = (Vec::new(), "/api/v1/history?limit=10".to_owned());
    loop {
        let page = json_of(&router, &path).await;
        seen.extend(queries(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/history?limit=10&after={next}");
    }
    let wanted: Vec<_> = (0..25).rev().map(|n| format!("q{n}")).collect();
    assert_eq!(seen, wanted);
    assert!(json_of(&router, "/api/v1/history?limit=25").await.get("next").is_none(), "the last page says so");
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let failed = FinishedSearch { status: SearchStatus::Failed, ..search(1, "gene drive") };
    let judged = FinishedSearch { quality: Some(0.75), ..search(86_400, "base editing") };
    let (_, router) = with([failed, judged, search(86_401, "base editing")]).await;
    for (filter, wanted) in [
        ("q=edit", vec!["base editing", "base editing"]),
        ("q=dit", vec!["base editing", "base editing"]),
        ("q=%22%27%25_*", vec![]),
        ("status=failed", vec!["gene drive"]),
        ("min_quality=0.5&max_quality=1", vec!["base editing"]),
        ("view=popular", vec!["base editing", "gene drive"]),
        ("until=2026-01-02", vec!["gene drive"]),
        ("from=2026-01-01T12:00:02Z&limit=1", vec!["base editing"]),
        ("from=2026-01-01T14:00:02%2B02:00&until=2026-01-02T14:00:01+02:00", vec!["base editing"]),
        ("source=arxiv&favorites=false", vec!["base editing", "base editing", "gene drive"]),
        ("source=github", vec![]),
        ("favorites=true", vec![]),
        ("tag=x", vec![]),
    ] {
        assert_eq!(queries(&json_of(&router, &format!("/api/v1/history?{filter}")).await), wanted, "{filter}");
    }
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_named() {
    let (_, router) = with([]).await;
    let long = format!("q={}", "x".repeat(1_001));
    for (filter, parameter) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "query string"),
        ("after=somewhere", "after"),
        ("after=0.-1", "after"),
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("until=2026-01-01T25:00:00Z", "until"),
        ("from=2026-01-02&until=2026-01-01", "until"),
        ("source=altavista", "source"),
        ("view=oldest", "view"),
        ("status=done", "status"),
        ("min_quality=2", "min_quality"),
        ("max_quality=NaN", "max_quality"),
        ("order=asc", "query string"),
        (&long, "q"),
    ] {
        refused(&ask(&router, get(&format!("/api/v1/history?{filter}"), &[])).await, 400, parameter);
    }
    for (path, parameter) in [
        ("/api/v1/history/analytics?days=0", "days"),
        ("/api/v1/history/popular?limit=101", "limit"),
        ("/api/v1/history/export?format=xlsx", "format"),
        ("/api/v1/history/not-an-id", "path"),
        ("/search/history?offset=1000&limit=1", "offset"),
    ] {
        refused(&ask(&router, get(path, &[])).await, 400, parameter);
    }
}

#[tokio::test]
async fn a_search_becomes_a_favourite_and_gets_tags() {
    let (_, router) = with([search(1, "a"), search(2, "b")]).await;
    let at = format!("/api/v1/history/{}", id_at(1));
    let put = |what: &str, body: Value| send("PUT", &format!("{at}/{what}"), body.to_string());
    let answer = ask(&router, put("favorite", json!({ "is_favorite": true }))).await;
    assert_eq!((answer.status.as_u16(), answer.json()["is_favorite"].clone()), (200, json!(true)));
    let answer = ask(&router, put("tags", json!({ "tags": [" my  thesis ", "b", "my thesis"] }))).await;
    assert_eq!(answer.json()["tags"], json!(["b", "my thesis"]));
    assert_eq!(queries(&json_of(&router, "/api/v1/history?favorites=true").await), ["a"]);
    assert_eq!(queries(&json_of(&router, "/api/v1/history?tag=my+thesis").await), ["a"]);
    let tags = json_of(&router, "/api/v1/history/tags").await;
    assert_eq!(tags, json!({ "tags": [{ "tag": "b", "count": 1 }, { "tag": "my thesis", "count": 1 }] }));
    for tags in [json!([""]), json!(["x".repeat(65)]), json!((0..33).map(|n| n.to_string()).collect::<Vec<_>>())] {
        refused(&ask(&router, put("tags", json!({ "tags": tags }))).await, 400, "tags");
    }
    assert_eq!(ask(&router, put("tags", json!({ "tags": [] }))).await.json()["tags"], json!([]));
    assert_eq!(ask(&router, put("favorite", json!({ "favorite": true }))).await.json()["error"], "invalid_body");
}

#[tokio::test]
async fn what_is_not_in_the_history_is_not_found() {
    let (_, router) = with([]).await;
    let at = format!("/api/v1/history/{}", Uuid::nil());
    let requests: [Request; 5] = [
        get(&at, &[]),
        delete(&at),
        send("PUT", &format!("{at}/favorite"), r#"{"is_favorite":true}"#),
        send("PUT", &format!("{at}/tags"), r#"{"tags":["x"]}"#),
        send("POST", &format!("/search/history/{}/favorite", Uuid::nil()), ""),
    ];
    for request in requests {
        let answer = ask(&router, request).await;
        refused(&answer, 404, "");
        assert_eq!(answer.json()["error"], "not_found");
    }
}

#[tokio::test]
async fn deleting_one_leaves_the_others_and_deleting_all_leaves_nothing() {
    let (app, router) = with((0..1_200).map(|n| search(n, &format!("q{n}")))).await;
    let mut heard = app.alerts.subscribe();
    assert_eq!(ask(&router, delete(&format!("/api/v1/history/{}", id_at(7)))).await.status, 204);
    assert_eq!(ask(&router, get(&format!("/api/v1/history/{}", id_at(7)), &[])).await.status, 404);
    let numbers = json_of(&router, "/api/v1/history/analytics?days=36500").await;
    assert_eq!(numbers["total_searches"], 1_199);
    let told: Value = serde_json::from_str(heard.recv().await.unwrap().frame.as_str()).unwrap();
    assert_eq!((&told["type"], &told["data"]["action"]), (&json!("search_history_updated"), &json!("deleted")));
    assert_eq!(ask(&router, delete("/api/v1/history")).await.status, 204);
    assert_eq!(json_of(&router, "/api/v1/history").await, json!({ "entries": [] }));
}

#[tokio::test]
async fn the_history_is_counted() {
    let popular = (0..3).map(|n| search(n, "often"));
    let (_, router) = with(popular.chain([search(10, "once")])).await;
    let numbers = json_of(&router, "/api/v1/history/analytics?days=365&limit=1").await;
    assert_eq!((&numbers["total_searches"], &numbers["unique_queries"]), (&json!(4), &json!(2)));
    assert_eq!(numbers["popular_queries"].as_array().unwrap().len(), 1);
    assert_eq!(json_of(&router, "/search/analytics?days=365&limit=1").await, numbers);
    let popular = json_of(&router, "/api/v1/history/popular?days=365").await;
    assert_eq!((&popular["queries"][0]["query"], &popular["queries"][0]["count"]), (&json!("often"), &json!(3)));
    assert_eq!(json_of(&router, "/search/popular?days=365").await["popular_queries"], popular["queries"]);
    assert_eq!(json_of(&router, "/api/v1/history/analytics?days=1").await["total_searches"], 0, "long ago");
}

#[tokio::test]
async fn the_whole_history_is_taken_away_in_each_format() {
    let (_, router) = with((0..1_100).map(|n| search(n, &format!("=q{n},\n\"{{")))).await;
    let document = ask(&router, get("/api/v1/history/export", &[])).await;
    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.header("content-disposition"), "attachment; filename=\"pake-history-2026-03-01.json\"");
    let document = document.json();
    let entries = document["search_history"].as_array().unwrap();
    assert_eq!((entries.len(), &entries[0]["query"]), (1_100, &json!("=q1099,\n\"{")));
    assert_eq!(document["metadata"], json!({ "total_searches": 1_100, "export_version": "1.0" }));
    assert_eq!(document["export_date"], "2026-03-01T12:00:00Z");
    assert_eq!(document["analytics"]["total_searches"], 1_100);

    let lines = ask(&router, get("/api/v1/history/export?format=ndjson", &[])).await;
    let read: Vec<Value> = lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(&read, entries);

    let table = ask(&router, get("/api/v1/history/export?format=csv", &[])).await;
    let rows: Vec<_> = csv::Reader::from_reader(&table.body[..]).into_records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[0][2]), (1_100, "'=q1099, \"{"));
}

#[tokio::test]
async fn an_empty_history_is_a_whole_document_too() {
    let (_, router) = with([]).await;
    let document = json_of(&router, "/api/v1/history/export").await;
    assert_eq!((&document["search_history"], &document["metadata"]["total_searches"]), (&json!([]), &json!(0)));
    assert_eq!(ask(&router, get("/api/v1/history/export?format=ndjson", &[])).await.text(), "");
    assert_eq!(ask(&router, get("/api/v1/history/export?format=csv", &[])).await.text().lines().count(), 1);
}

#[tokio::test]
async fn the_earlier_systems_paths_lead_to_the_same_history() {
    let (_, router) = with((0..5).map(|n| search(n, &format!("q{n}")))).await;
    let page = json_of(&router, "/search/history?limit=2&offset=1&user_filter=x").await;
    let seen: Vec<_> = page["history"].as_array().unwrap().iter().map(|entry| entry["query"].clone()).collect();
    assert_eq!((seen, &page["success"]), (vec![json!("q3"), json!("q2")], &json!(true)));
    let toggle = || send("POST", &format!("/search/history/{}/favorite", id_at(3)), "");
    for is_favorite in [true, false] {
        let answer = ask(&router, toggle()).await.json();
        assert_eq!(answer, json!({ "success": true, "is_favorite": is_favorite }));
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_said_and_nothing_else() {
    let (app, router) = with([]).await;
    app.db.close().await;
    for path in ["/api/v1/history", "/api/v1/history/tags", "/api/v1/history/export"] {
        let answer = tokio::time::timeout(Duration::from_secs(20), ask(&router, get(path, &[]))).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.json()["error"].clone()), (503, json!("unavailable")), "{path}");
        assert_eq!(answer.header("retry-after"), "5");
    }
}
