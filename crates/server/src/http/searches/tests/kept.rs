//! What is kept of an answer, and what is not.

use super::*;

#[tokio::test]
async fn the_same_question_is_asked_once_whether_it_was_asked_before_or_is_being_asked() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let (_, router) = serving(&upstream).await;
    let mut paths = Vec::new();
    for query in ["lamps light", "lamps light", " lamps  light"] {
        paths.push(started(&router, query).await);
    }
    upstream.until_waiting(1).await;
    upstream.release();
    for path in &paths {
        ended(&router, path).await;
    }
    let kept = answered(&router, "lamps light").await;
    assert_eq!(kept["cache"], json!({ "hit": true, "age_seconds": 0, "stale": false }));
    assert_eq!(upstream.asked(SourceId::Openalex), 1);
    let history = ask(&router, get("/api/v1/history", &[])).await.json();
    assert_eq!(history["entries"].as_array().unwrap().len(), 4, "everybody's search is in the history");
    ask(&router, question(&json!({ "query": "lamps light", "refresh": true }), "wait=20")).await;
    assert_eq!(upstream.asked(SourceId::Openalex), 2, "unless somebody wants it anew");
}

#[tokio::test]
async fn while_a_source_is_down_what_it_said_before_is_served_with_its_age() {
    let upstream = Upstream::start().await;
    let (app, clock) = app_and_clock(upstream.config(&SOURCES)).await;
    let router = router(app);
    answered(&router, "lamps").await;
    clock.advance(TimeDelta::hours(23));
    let fresh = answered(&router, "lamps").await;
    assert_eq!(fresh["cache"], json!({ "hit": true, "age_seconds": 23 * 3_600, "stale": false }));
    clock.advance(TimeDelta::hours(2));
    upstream.set(SourceId::Openalex, Act::Status(403));
    let stale = answered(&router, "lamps").await;
    assert_eq!(
        (states(&stale), &stale["cache"]["stale"]),
        (vec!["openalex stale".into(), "crossref answered".into()], &json!(true))
    );
    assert_eq!(
        (&stale["sources"][0]["cached_at"], &stale["sources"][0]["error"]["code"]),
        (&json!("2026-03-01T12:00:00Z"), &json!("refused"))
    );
    assert_eq!(titles(&stale).len(), 2);
    let again = answered(&router, "lamps").await;
    assert_eq!(again["cache"]["hit"], false, "what is stale is not kept as if it were fresh");
}

#[tokio::test]
async fn an_answer_without_works_is_believed_for_ten_minutes() {
    let upstream = Upstream::start().await;
    for source in SOURCES {
        upstream.set(source, Act::titles(&[]));
    }
    let (app, clock) = app_and_clock(upstream.config(&SOURCES)).await;
    let router = router(app);
    for (minutes, asked) in [(0, 1), (9, 1), (2, 2)] {
        clock.advance(TimeDelta::minutes(minutes));
        assert_eq!(titles(&answered(&router, "lamps").await), [""; 0]);
        assert_eq!(upstream.asked(SourceId::Openalex), asked, "after {minutes} more minutes");
    }
}

#[tokio::test]
async fn a_source_that_sent_nothing_is_asked_again_after_ten_minutes_and_the_others_are_not() {
    let upstream = Upstream::start().await;
    upstream.set(SourceId::Crossref, Act::titles(&[]));
    let (app, clock) = app_and_clock(upstream.config(&SOURCES)).await;
    let router = router(app);
    for (minutes, crossref) in [(0, 1), (9, 1), (2, 2)] {
        clock.advance(TimeDelta::minutes(minutes));
        assert_eq!(titles(&answered(&router, "lamps").await).len(), 1);
        assert_eq!(upstream.asked(SourceId::Crossref), crossref, "after {minutes} more minutes");
    }
    assert_eq!(upstream.asked(SourceId::Openalex), 1);
}

#[tokio::test]
async fn what_must_not_be_kept_is_served_and_nowhere_stored() {
    let upstream = Upstream::start().await;
    let app = app_with(upstream.config(&[SourceId::Brave, SourceId::Crossref])).await;
    let router = router(SharedApp::clone(&app));
    let answer = answered(&router, "lamps").await;
    assert_eq!(titles(&answer).len(), 2, "{answer}");
    app.recorder.flush().await.unwrap();
    assert_eq!((count(&app.db, "answers").await, count(&app.db, "answers WHERE body IS NOT NULL").await), (1, 0));
    let id = answer["id"].as_str().unwrap();
    let entry = ask(&router, get(&format!("/api/v1/history/{id}"), &[])).await.json();
    assert_eq!((&entry["results_count"], &entry["query_metadata"]["has_answer"]), (&json!(2), &json!(false)));
    forget(&app);
    let answer = ask(&router, get(&format!("/api/v1/searches/{id}"), &[])).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].clone()), (410, json!("gone")));
}

#[tokio::test]
async fn a_search_is_found_again_after_the_process_has_ended() {
    let upstream = Upstream::start().await;
    let db = TestDb::sqlite().await;
    let open = |db| app_on(db, upstream.config(&SOURCES), FixedClock::at(now()));
    let app = open(db.again().await);
    let before = answered(&router(SharedApp::clone(&app)), "lamps").await;
    crate::close(&app).await;
    let router = router(open(db.again().await));
    let path = format!("/api/v1/searches/{}", before["id"].as_str().unwrap());
    let after = ask(&router, get(&path, &[])).await.json();
    assert_eq!((&after["works"], &after["sources"]), (&before["works"], &before["sources"]));
    assert_eq!(after["cache"]["hit"], true);
    let frames = ended(&router, &path).await;
    assert_eq!(frames.first().unwrap().1["type"], "search_started");
    assert_eq!(frames.last().unwrap().1["data"]["works"], before["works"]);
    // A reader that was cut off in the middle of the log that is gone gets what came of each source, and the end.
    let rest = events(&ask(&router, get(&format!("{path}/events"), &[("last-event-id", "40")])).await);
    let told: Vec<_> = rest.iter().map(|(seq, frame)| (*seq, frame["type"].as_str().unwrap())).collect();
    assert_eq!(told, [(41, "search_progress"), (42, "search_progress"), (43, "search_completed")]);
    assert_eq!(ask(&router, get(&format!("{path}/records"), &[])).await.json().as_array().unwrap().len(), 2);
    assert_eq!(upstream.asked(SourceId::Openalex), 1);
    assert_eq!(ask(&router, delete(&path.replace("searches", "history"))).await.status, 204);
    assert_eq!(ask(&router, get(&path, &[])).await.status, 404, "deleted is deleted");
}

#[tokio::test]
async fn a_search_that_is_deleted_while_late_sources_are_waited_for_does_not_come_back() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let (app, router) = serving(&upstream).await;
    for _ in 0..30 {
        app.engine().fetcher().answered(SourceId::Openalex, std::time::Duration::from_millis(20));
    }
    let id = answered(&router, "lamps").await["id"].as_str().unwrap().to_owned();
    assert_eq!(ask(&router, delete(&format!("/api/v1/history/{id}"))).await.status, 204);
    upstream.release();
    app.lifecycle.stop();
    app.lifecycle.ended().await;
    assert_eq!(ask(&router, get("/api/v1/history", &[])).await.json(), json!({ "entries": [] }));
}
