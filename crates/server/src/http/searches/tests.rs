use std::io::Read;

use axum::{Router, body::Body, extract::Request};
use chrono::TimeDelta;
use engine::{clock::FixedClock, source::SourceId};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    app::SharedApp,
    db::testing::TestDb,
    http::router,
    store::testing::count,
    testing::{
        Answer, app_and_clock, app_on, app_with, ask, config, delete, get, now, post,
        upstream::{Act, Upstream},
    },
};

mod kept;

const SOURCES: [SourceId; 2] = [SourceId::Crossref, SourceId::Openalex];

async fn serving(upstream: &Upstream) -> (SharedApp, Router) {
    let app = app_with(upstream.config(&SOURCES)).await;
    (SharedApp::clone(&app), router(app))
}

fn question(body: &Value, prefer: &str) -> Request {
    let mut request = post("/api/v1/searches", body.to_string());
    request.headers_mut().insert("prefer", prefer.parse().unwrap());
    request
}

/// Asks and waits for the answer.
async fn answered(router: &Router, query: &str) -> Value {
    let answer = ask(router, question(&json!({ "query": query }), "wait=20")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Asks and does not wait; gives the path of the search.
async fn started(router: &Router, query: &str) -> String {
    let answer = ask(router, post("/api/v1/searches", json!({ "query": query }).to_string())).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.header("location").to_owned()
}

/// Waits for the end of a search by reading its events to the end.
async fn ended(router: &Router, path: &str) -> Vec<(u64, Value)> {
    events(&ask(router, get(&format!("{path}/events"), &[])).await)
}

/// The events of a whole stream: ids and frames.
fn events(answer: &Answer) -> Vec<(u64, Value)> {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/event-stream"));
    let read = |event: &str| {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
        let frame: Value = serde_json::from_str(&field("data:")).unwrap();
        assert_eq!(frame["type"], field("event:"));
        (field("id:").parse().unwrap(), frame)
    };
    answer.text().split_terminator("\n\n").filter(|event| event.contains("data:")).map(read).collect()
}

fn titles(answer: &Value) -> Vec<&str> {
    answer["works"].as_array().unwrap().iter().map(|work| work["title"].as_str().unwrap()).collect()
}

fn states(answer: &Value) -> Vec<String> {
    let told = |report: &Value| format!("{} {}", report["source"].as_str().unwrap(), report["state"].as_str().unwrap());
    answer["sources"].as_array().unwrap().iter().map(told).collect()
}

/// Has the app forget what it has in memory, as after the time for that.
fn forget(app: &SharedApp) {
    app.cache.clear();
    app.searches.forget_all(crate::store::Scope::local());
}

#[tokio::test]
async fn a_question_is_accepted_at_once_and_answered_when_the_sources_have() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let (_, router) = serving(&upstream).await;
    let accepted = ask(&router, post("/api/v1/searches", r#"{"query":" lamps  light\t"}"#)).await;
    assert_eq!(accepted.status, 202);
    let path = accepted.header("location").to_owned();
    let accepted = accepted.json();
    assert_eq!((&accepted["status"], &accepted["query"]), (&json!("running"), &json!("lamps light")));
    assert_eq!(accepted["events"], format!("{path}/events"));
    let running = ask(&router, get(&path, &[])).await;
    assert_eq!((running.status.as_u16(), running.json()), (202, accepted));
    for (what, path) in ["record", "records", "export?format=ris"].map(|what| (what, format!("{path}/{what}"))) {
        assert_eq!(ask(&router, get(&path, &[])).await.status, 409, "{what}: there is no answer yet");
    }
    upstream.until_waiting(1).await;
    upstream.release();
    ended(&router, &path).await;
    let answer = ask(&router, get(&path, &[])).await;
    assert_eq!(answer.status, 200);
    insta::assert_json_snapshot!(answer.json(), {
        ".took_ms" => "[ms]", ".sources[].took_ms" => "[ms]", ".works[].score" => "[score]", ".works[].why" => "[why]",
        ".works[].id" => "[id]",
    });
}

#[tokio::test]
async fn whoever_prefers_to_wait_gets_the_answer_or_is_told_where_it_will_be() {
    let upstream = Upstream::start().await;
    let (_, router) = serving(&upstream).await;
    let answer = ask(&router, question(&json!({ "query": "lamps" }), "wait=20")).await;
    assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (200, "wait=20"));
    assert_eq!(answer.json()["status"], "completed");
    upstream.hold(SourceId::Crossref);
    let answer = ask(&router, question(&json!({ "query": "other lamps" }), "wait=0")).await;
    assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (202, "wait=0"));
    let answer = ask(&router, question(&json!({ "query": "other lamps" }), "respond-async")).await;
    assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (202, ""));
}

#[tokio::test]
async fn a_wait_longer_than_requests_may_take_is_cut_and_is_no_error() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Crossref);
    let mut config = upstream.config(&SOURCES);
    config.server.request_timeout = 20.0;
    config.search.deadline = 19.0;
    let router = router(app_with(config).await);
    // Answers of the sources would come in real time: nothing is waited for but the preference.
    let path = started(&router, "lamps").await;
    upstream.until_waiting(1).await;
    tokio::time::pause();
    let answer = ask(&router, question(&json!({ "query": "lamps" }), "wait=3600")).await;
    assert!(matches!(answer.status.as_u16(), 200 | 202), "{}", answer.text());
    assert_eq!(answer.header("preference-applied"), "wait=18");
    drop(path);
}

#[tokio::test]
async fn an_answer_is_the_same_in_every_encoding() {
    let upstream = Upstream::start().await;
    let many: Vec<_> = (0..60).map(|n| format!("A study of lamps, part {n}")).collect();
    upstream.set(SourceId::Crossref, Act::Titles(many));
    let (_, router) = serving(&upstream).await;
    let path = format!("/api/v1/searches/{}", answered(&router, "lamps").await["id"].as_str().unwrap());
    let plain = ask(&router, get(&path, &[])).await;
    for (encoding, read) in [
        ("zstd", (|body| zstd::decode_all(body).unwrap()) as fn(&[u8]) -> Vec<u8>),
        ("br", |body| {
            let mut plain = Vec::new();
            brotli::Decompressor::new(body, 4096).read_to_end(&mut plain).unwrap();
            plain
        }),
        ("gzip", |body| {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(body).read_to_end(&mut plain).unwrap();
            plain
        }),
    ] {
        let packed = ask(&router, get(&path, &[("accept-encoding", encoding)])).await;
        assert_eq!((packed.header("content-encoding"), packed.header("vary")), (encoding, "accept-encoding"));
        assert!(packed.body.len() * 2 < plain.body.len());
        assert_eq!(read(&packed.body), plain.body, "{encoding}");
    }
}

#[tokio::test]
async fn a_client_that_has_the_answer_does_not_get_it_again() {
    let upstream = Upstream::start().await;
    let (_, router) = serving(&upstream).await;
    let path = format!("/api/v1/searches/{}", answered(&router, "lamps").await["id"].as_str().unwrap());
    let answer = ask(&router, get(&path, &[])).await;
    let tag = answer.header("etag");
    assert!(tag.starts_with("W/\""), "{tag}");
    let again = ask(&router, get(&path, &[("if-none-match", tag)])).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
}

#[tokio::test]
async fn events_go_on_after_the_last_one_that_a_reader_has() {
    let upstream = Upstream::start().await;
    let (_, router) = serving(&upstream).await;
    let path = started(&router, "lamps").await;
    let all = ended(&router, &path).await;
    assert_eq!(all.iter().map(|(id, _)| *id).collect::<Vec<_>>(), (1..=all.len() as u64).collect::<Vec<_>>());
    let from = |last: &str| get(&format!("{path}/events"), &[("last-event-id", last)]);
    assert_eq!(events(&ask(&router, from("3")).await), all[3..]);
    let done = ask(&router, from(&all.len().to_string())).await;
    assert_eq!(done.status, 204, "or a browser would come back for ever");
    for nonsense in ["", "x", "-1", "1e3"] {
        let answer = ask(&router, from(nonsense)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["details"]["parameter"]), (400, &json!("Last-Event-ID")));
    }
}

#[tokio::test]
async fn a_search_outlives_whoever_asked() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let (_, router) = serving(&upstream).await;
    let path = started(&router, "lamps").await;
    let mut reading = Box::pin(ask(&router, get(&format!("{path}/events"), &[])));
    assert!(futures_util::poll!(reading.as_mut()).is_pending());
    drop(reading);
    let mut waiting = Box::pin(ask(&router, question(&json!({ "query": "lamps" }), "wait=20")));
    assert!(futures_util::poll!(waiting.as_mut()).is_pending());
    drop(waiting);
    upstream.until_waiting(1).await;
    upstream.release();
    ended(&router, &path).await;
    assert_eq!(ask(&router, get(&path, &[])).await.json()["status"], "completed");
}

#[tokio::test]
async fn withdrawing_a_search_ends_the_work_at_the_sources() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let (_, router) = serving(&upstream).await;
    let path = started(&router, "lamps").await;
    upstream.until_waiting(1).await;
    assert_eq!(ask(&router, delete(&path)).await.status, 204);
    upstream.until_waiting(0).await;
    let last = ended(&router, &path).await.pop().unwrap().1;
    assert_eq!((&last["type"], &last["data"]), (&json!("search_failed"), &json!({ "error": "cancelled" })));
    let answer = ask(&router, get(&path, &[])).await.json();
    assert_eq!(answer["status"], "cancelled");
    assert_eq!(ask(&router, delete(&path)).await.status, 204, "it had ended already");
    let entry = ask(&router, get(&path.replace("searches", "history"), &[])).await.json();
    assert_eq!(entry["query_metadata"]["status"], "cancelled");
    // What was given up is not what the next one gets.
    upstream.release();
    assert_eq!(answered(&router, "lamps").await["status"], "completed");
}

#[tokio::test]
async fn withdrawing_one_of_two_same_searches_leaves_the_other_its_answer() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let (_, router) = serving(&upstream).await;
    let (first, second) = (started(&router, "lamps").await, started(&router, "lamps").await);
    upstream.until_waiting(1).await;
    assert_eq!(ask(&router, delete(&first)).await.status, 204);
    assert_eq!(ended(&router, &first).await.last().unwrap().1["type"], "search_failed");
    upstream.release();
    assert_eq!(ended(&router, &second).await.last().unwrap().1["type"], "search_completed");
    assert_eq!(upstream.asked(SourceId::Openalex), 1);
    let status = async |path: &str| {
        let entry = ask(&router, get(&path.replace("searches", "history"), &[])).await.json();
        entry["query_metadata"]["status"].clone()
    };
    assert_eq!((status(&first).await, status(&second).await), (json!("cancelled"), json!("completed")));
}

#[tokio::test]
async fn one_slow_source_holds_nobody_up_and_what_comes_late_is_announced_and_kept() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let (app, router) = serving(&upstream).await;
    for _ in 0..30 {
        app.engine().fetcher().answered(SourceId::Openalex, std::time::Duration::from_millis(20));
    }
    let answer = answered(&router, "lamps").await;
    assert_eq!(
        (&answer["status"], states(&answer)),
        (&json!("partial"), vec!["openalex late".into(), "crossref answered".into()])
    );
    assert_eq!(titles(&answer), ["A study of crossref"]);
    upstream.release();
    let path = format!("/api/v1/searches/{}", answer["id"].as_str().unwrap());
    let frames = ended(&router, &path).await;
    let kinds: Vec<_> = frames
        .iter()
        .map(|(_, frame)| frame["data"]["kind"].as_str().unwrap_or(frame["type"].as_str().unwrap()))
        .collect();
    let completed = kinds.iter().position(|kind| *kind == "search_completed").unwrap();
    assert_eq!(kinds[completed + 1..], ["search_source_results", "search_source_finished", "search_revised"]);
    assert_eq!(titles(&ask(&router, get(&path, &[])).await.json()).len(), 2);
    let entry = ask(&router, get(&path.replace("searches", "history"), &[])).await.json();
    assert_eq!((&entry["results_count"], &entry["query_metadata"]["status"]), (&json!(2), &json!("completed")));
    let again = answered(&router, "lamps").await;
    assert_eq!((&again["cache"]["hit"], upstream.asked(SourceId::Openalex)), (&json!(true), 1));
}

#[tokio::test]
async fn a_failed_source_is_a_report_and_a_search_without_any_answer_says_failed() {
    let upstream = Upstream::start().await;
    upstream.set(SourceId::Openalex, Act::Status(403));
    let (_, router) = serving(&upstream).await;
    let answer = answered(&router, "lamps").await;
    assert_eq!((&answer["status"], &answer["sources"][0]["error"]["code"]), (&json!("partial"), &json!("refused")));
    assert_eq!(titles(&answer), ["A study of crossref"]);
    upstream.set(SourceId::Crossref, Act::Status(403));
    let answer = answered(&router, "other lamps").await;
    assert_eq!((&answer["status"], titles(&answer).len()), (&json!("failed"), 0));
}

#[tokio::test]
async fn works_are_taken_away_in_every_format() {
    let upstream = Upstream::start().await;
    let (_, router) = serving(&upstream).await;
    let answer = answered(&router, "lamps").await;
    let path = format!("/api/v1/searches/{}/export", answer["id"].as_str().unwrap());
    for (format, content_type, extension, holds) in [
        ("bibtex", "application/x-bibtex; charset=utf-8", "bib", "title = {A study of crossref}"),
        ("ris", "application/x-research-info-systems; charset=utf-8", "ris", "TI  - A study of crossref\r\n"),
        ("csl-json", "application/vnd.citationstyles.csl+json", "json", "\"title\":\"A study of crossref\""),
        ("csv", "text/csv; charset=utf-8; header=present", "csv", "\"A study of crossref\","),
        ("json", "application/json", "json", "\"title\":\"A study of crossref\""),
    ] {
        let answer = ask(&router, get(&format!("{path}?format={format}"), &[])).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, content_type));
        let packed = ask(&router, get(&format!("{path}?format={format}"), &[("accept-encoding", "gzip")])).await;
        assert_eq!(packed.header("content-encoding") == "gzip", answer.body.len() >= 1024, "{format}");
        assert!(answer.header("content-disposition").ends_with(&format!(".{extension}\"")), "{format}");
        assert!(answer.text().contains(holds), "{format}: {}", answer.text());
    }
    let answer = ask(&router, get(&format!("{path}?format=docx"), &[])).await;
    assert_eq!((answer.status.as_u16(), answer.json()["details"]["parameter"].clone()), (400, json!("format")));
}

#[tokio::test]
async fn the_record_of_a_search_has_the_numbers_of_a_prisma_diagram() {
    let upstream = Upstream::start().await;
    upstream.set(SourceId::Crossref, Act::titles(&["The same work", "Another"]));
    upstream.set(SourceId::Openalex, Act::titles(&["The same work"]));
    let (_, router) = serving(&upstream).await;
    let path = format!("/api/v1/searches/{}", answered(&router, "lamps light").await["id"].as_str().unwrap());
    let record = ask(&router, get(&format!("{path}/record"), &[])).await.json();
    insta::assert_json_snapshot!(record, { ".databases[].took_ms" => "[ms]", ".version" => "[version]", ".id" => "[id]" });
    let records = ask(&router, get(&format!("{path}/records"), &[])).await.json();
    assert_eq!(records.as_array().unwrap().len(), 3, "nothing is lost in merging");
}

#[tokio::test]
async fn what_a_person_splits_stays_split_until_it_is_taken_back() {
    let upstream = Upstream::start().await;
    for source in SOURCES {
        upstream.set(source, Act::titles(&["The same work"]));
    }
    let (_, router) = serving(&upstream).await;
    let answer = answered(&router, "lamps").await;
    assert_eq!(titles(&answer).len(), 1);
    let work = &answer["works"][0];
    let record = &work["versions"][0]["records"][0];
    let key = format!("{}:{}", record["source"].as_str().unwrap(), record["source_id"].as_str().unwrap());
    let path = format!("/api/v1/searches/{}/splits", answer["id"].as_str().unwrap());
    let split = json!({ "work": work["id"], "records": [key] }).to_string();
    assert_eq!(ask(&router, post(&path, split)).await.status, 204);
    assert_eq!(titles(&answered(&router, "lamps").await).len(), 2);
    assert_eq!(upstream.asked(SourceId::Openalex), 1, "from the pages that were kept");
    let pairs = ask(&router, get("/api/v1/splits", &[])).await.json();
    let pair = pairs["splits"][0].clone();
    let mut rejoin = post("/api/v1/splits", pair.to_string());
    *rejoin.method_mut() = http::Method::DELETE;
    assert_eq!(ask(&router, rejoin).await.status, 204);
    assert_eq!(titles(&answered(&router, "lamps").await).len(), 1);
}

#[tokio::test]
async fn bad_questions_are_told_what_is_wrong_with_them_and_odd_ones_are_answered() {
    let upstream = Upstream::start().await;
    let (_, router) = serving(&upstream).await;
    let long = "lamp ".repeat(2_000);
    for (query, status) in [
        ("", 400),
        (" \t", 400),
        ("(lamps", 400),
        ("lamps)", 400),
        ("AND", 400),
        ("\"lamps", 400),
        ("year:soon", 400),
        ("source:altavista", 400),
        (&long, 400),
        ("lamps \u{202e}spmal \u{2069}", 200),
        ("מנורות 灯 🪔", 200),
        ("'; DROP TABLE searches; --", 200),
    ] {
        let answer = ask(&router, question(&json!({ "query": query }), "wait=20")).await;
        assert_eq!(answer.status, status, "{query:?}: {}", answer.text());
        if status == 400 {
            let problem = answer.json();
            assert_eq!(problem["error"], "invalid_query", "{query:?}");
            assert!(problem["details"]["column"].is_u64() && problem["details"]["help"].is_string(), "{problem}");
        }
    }
    for body in [
        json!({}),
        json!({ "query": 7 }),
        json!({ "query": "a", "limit": 0 }),
        json!({ "query": "a", "limit": 101 }),
        json!({ "query": "a", "sources": ["altavista"] }),
        json!({ "query": "a", "sources": vec!["arxiv"; 10_000] }),
        json!({ "query": "a", "colour": "red" }),
    ] {
        let answer = ask(&router, post("/api/v1/searches", body.to_string())).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    for path in [format!("/api/v1/searches/{}", Uuid::nil()), format!("/api/v1/searches/{}/events", Uuid::nil())] {
        assert_eq!(ask(&router, get(&path, &[])).await.json()["error"], "not_found");
    }
    assert_eq!(ask(&router, get("/api/v1/searches/x", &[])).await.json()["error"], "invalid_parameter");
}

#[tokio::test]
async fn nul_in_a_question_is_no_harm() {
    let upstream = Upstream::start().await;
    let (_, router) = serving(&upstream).await;
    let answer = ask(&router, question(&json!({ "query": "lamps\0light" }), "wait=20")).await;
    assert!(matches!(answer.status.as_u16(), 200 | 400), "{}", answer.text());
}

#[tokio::test]
async fn the_earlier_system_s_shapes_are_answered() {
    let upstream = Upstream::start().await;
    let router = router(app_with(upstream.config(&[SourceId::Crossref])).await);
    let old = json!({ "query": "lamps", "sources": ["crossref"], "max_results": 5, "enable_ml_enhancement": false });
    let answer = ask(&router, post("/search", old.to_string())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    insta::assert_json_snapshot!("old_search", answer.json(), {
        ".metadata.execution_time_seconds" => "[seconds]", ".results[].id" => "[id]",
    });
    let answer = ask(&router, post("/quick", r#"{"query":"lamps"}"#)).await;
    insta::assert_json_snapshot!("old_quick", answer.json(), {
        ".summary.execution_time_seconds" => "[seconds]", ".summary.performance" => "[word]", ".results[].id" => "[id]",
    });
    for old in [
        json!({ "query": "" }),
        json!({ "query": "x".repeat(501) }),
        json!({ "query": "lamps", "max_results": 51 }),
        json!({ "query": "lamps", "sources": ["stackoverflow"] }),
        json!({ "query": "lamps", "sources": ["web"] }),
    ] {
        let answer = ask(&router, post("/search", old.to_string())).await;
        assert_eq!((answer.status.as_u16(), answer.json()["success"].clone()), (400, json!(false)), "{old}");
    }
}

#[tokio::test]
async fn a_stream_of_events_ends_when_the_server_stops() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let (app, router) = serving(&upstream).await;
    let path = started(&router, "lamps").await;
    let request = Request::get(format!("{path}/events")).body(Body::empty()).unwrap();
    let mut body = router.clone().oneshot(request).await.unwrap().into_body().into_data_stream();
    assert!(body.next().await.unwrap().unwrap().starts_with(b"id: 1\n"));
    app.lifecycle.stop();
    while let Some(piece) = body.next().await {
        piece.unwrap();
    }
}

#[tokio::test]
async fn without_a_cache_the_sources_are_asked_each_time() {
    let upstream = Upstream::start().await;
    let mut config = upstream.config(&SOURCES);
    config.cache.enabled = false;
    let router = router(app_with(config).await);
    for asked in 1..=2 {
        assert_eq!(answered(&router, "lamps").await["cache"]["hit"], false);
        assert_eq!(upstream.asked(SourceId::Openalex), asked);
    }
}

#[tokio::test]
async fn a_server_that_asks_nobody_says_so() {
    let router = router(app_with(config()).await);
    let answer = answered(&router, "lamps").await;
    assert_eq!((&answer["status"], titles(&answer).len()), (&json!("failed"), 0));
}
