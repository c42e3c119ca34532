//! A search over HTTP, from the question to what is left of it.

use std::thread;

use e2e::{patience::eventually, upstream::Fault};
use serde_json::{Value, json};

use crate::{Stage, default_sources, list, report, stage, stage_with, text};

mod events;
mod history;
mod kept;
mod parts;
mod slow;

#[test]
fn a_question_is_accepted_and_its_answer_is_found_where_the_location_says() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold("crossref");
    let reply = server.post("/api/v1/searches", &json!({"query": "lamps"})).unwrap();
    assert_eq!(reply.status, 202, "{}", reply.text());
    let accepted = reply.json();
    let id = text(&accepted["id"]);
    let location = format!("/api/v1/searches/{id}");
    assert_eq!(reply.header("location"), Some(location.as_str()));
    assert_eq!(accepted["status"], "running");
    assert_eq!(accepted["query"], "lamps");
    assert_eq!(accepted["events"], format!("{location}/events"));
    assert_eq!(server.get(&location).unwrap().status, 202, "a source is still being asked");

    upstream.release("crossref");
    server.follow(&id, None).unwrap().rest().unwrap();
    let answer = server.get(&location).unwrap();
    assert_eq!(answer.status, 200);
    let answer = answer.json();
    assert_eq!(answer["id"], id);
    assert_eq!(answer["status"], "completed");
    assert_eq!(answer["cache"], json!({"hit": false, "age_seconds": 0, "stale": false}));
    assert!(list(&answer["works"]).len() > 5, "{answer}");
}

#[test]
fn who_prefers_to_wait_gets_the_answer_of_every_source_that_is_asked_by_default() {
    let Stage { server, upstream, .. } = stage();
    let reply = server.ask(&json!({"query": "lamps"})).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    let sources = default_sources(&server);
    for source in ["arxiv", "pubmed", "europepmc", "openalex", "crossref"] {
        assert!(sources.iter().any(|there| there == source), "{source} is on without a key: {sources:?}");
    }
    for source in sources {
        let report = report(&answer, &source);
        assert_eq!(report["state"], "answered", "{report}");
        assert!(report["retrieved"].as_u64().unwrap() > 0, "{report}");
        assert!(upstream.requests(&source) > 0, "{source}");
    }
    // The same article, told of by several sources, is one work.
    let lamps: Vec<_> = list(&answer["works"]).iter().filter(|work| work["doi"] == "10.5555/lamps.2024.7").collect();
    assert_eq!(lamps.len(), 1, "{lamps:#?}");
    assert!(list(&lamps[0]["sources"]).len() > 2, "{:#}", lamps[0]);
    assert_eq!(list(&lamps[0]["why"]["ranks"]).len(), list(&lamps[0]["sources"]).len(), "its place says why");
}

#[test]
fn who_prefers_to_wait_less_than_it_takes_is_sent_to_the_location() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold_all();
    let headers = [("Content-Type", "application/json"), ("Prefer", "wait=0")];
    let reply = server.request("POST", "/api/v1/searches", &headers, br#"{"query":"lamps"}"#).unwrap();
    assert_eq!(reply.status, 202);
    upstream.release_all();
    let id = text(&reply.json()["id"]);
    let last = server.follow(&id, None).unwrap().rest().unwrap().pop().unwrap();
    assert_eq!(last.name, "search_completed");
}

#[test]
fn a_search_that_is_withdrawn_is_given_up_at_the_sources() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold("crossref");
    let id = server.begin(&json!({"query": "lamps"})).unwrap();
    let mut events = server.follow(&id, None).unwrap();
    upstream.await_requests("crossref", 1).unwrap();
    let gone = server.request("DELETE", &format!("/api/v1/searches/{id}"), &[], b"").unwrap();
    assert_eq!(gone.status, 204);
    upstream.await_abandoned("crossref").unwrap();
    let events = events.rest().unwrap();
    let last = events.last().unwrap();
    assert_eq!((last.name.as_str(), &last.frame["data"]["error"]), ("search_failed", &json!("cancelled")));
    let answer = server.get(&format!("/api/v1/searches/{id}")).unwrap().json();
    assert_eq!(answer["status"], "cancelled");
    assert_eq!(report(&answer, "crossref")["error"]["code"], "cancelled");
    let again = server.request("DELETE", &format!("/api/v1/searches/{id}"), &[], b"").unwrap();
    assert_eq!(again.status, 204, "once more changes nothing");
}

#[test]
fn one_who_withdraws_takes_nothing_from_another_who_asked_the_same() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold("crossref");
    let [first, second] = [(); 2].map(|()| server.begin(&json!({"query": "lamps"})).unwrap());
    assert_ne!(first, second);
    upstream.await_requests("crossref", 1).unwrap();
    assert_eq!(server.request("DELETE", &format!("/api/v1/searches/{first}"), &[], b"").unwrap().status, 204);
    upstream.release("crossref");
    let events = server.follow(&second, None).unwrap().rest().unwrap();
    assert_eq!(events.last().unwrap().name, "search_completed");
    assert_eq!(upstream.requests("crossref"), 1);
}

#[test]
fn an_unknown_search_is_not_found_and_an_id_that_is_none_is_refused() {
    let Stage { server, .. } = stage();
    let unknown = "/api/v1/searches/0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42";
    for path in ["", "/events", "/export?format=ris", "/record", "/records"] {
        let reply = server.get(&format!("{unknown}{path}")).unwrap();
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        assert_eq!(reply.json()["error"], "not_found", "{path}: {}", reply.text());
    }
    let reply = server.get("/api/v1/searches/twelve").unwrap();
    assert_eq!((reply.status, &reply.json()["error"]), (400, &json!("invalid_parameter")));
}

#[test]
fn the_same_question_asked_by_many_at_once_is_asked_of_each_source_once() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold_all();
    let question = json!({"query": "lamps", "sources": ["arxiv", "crossref"]});
    let ids: Vec<_> = (0..8).map(|_| server.begin(&question).unwrap()).collect();
    upstream.await_requests("arxiv", 1).unwrap();
    upstream.await_requests("crossref", 1).unwrap();
    upstream.release_all();
    let answers: Vec<Value> = thread::scope(|scope| {
        let server = &server;
        let follow = |id: &String| server.follow(id, None).unwrap().rest().unwrap().pop().unwrap().frame;
        let followers: Vec<_> = ids.iter().map(|id| scope.spawn(move || follow(id))).collect();
        followers.into_iter().map(|follower| follower.join().unwrap()).collect()
    });
    for (answer, id) in answers.iter().zip(&ids) {
        assert_eq!((&answer["type"], &answer["search_id"]), (&json!("search_completed"), &json!(id)));
        assert_eq!(answer["data"], answers[0]["data"]);
    }
    assert_eq!((upstream.requests("arxiv"), upstream.requests("crossref")), (1, 1));
}

#[test]
fn sources_that_find_nothing_make_an_empty_answer_that_is_kept() {
    let Stage { server, upstream, .. } = stage();
    upstream.fail("crossref", Fault::Json(r#"{"status":"ok","message":{"total-results":0,"items":[]}}"#.to_owned()));
    let question = json!({"query": "lamps", "sources": ["crossref"]});
    let answer = server.ask(&question).unwrap().json();
    assert_eq!((&answer["status"], &answer["works"]), (&json!("completed"), &json!([])), "{answer}");
    assert_eq!(answer["counts"]["works"], 0);
    assert_eq!(server.ask(&question).unwrap().json()["cache"]["hit"], true);
    assert_eq!(upstream.requests("crossref"), 1);
}

#[test]
fn the_shapes_of_the_earlier_system_are_answered() {
    let Stage { server, .. } = stage();
    let old = server.post("/search", &json!({"query": "lamps", "sources": ["arxiv", "pubmed"], "max_results": 3}));
    let old = old.unwrap();
    assert_eq!(old.status, 200, "{}", old.text());
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let old = old.json();
    assert_eq!(keys(&old), ["metadata", "query", "results", "success"]);
    assert_eq!((&old["success"], &old["query"]), (&json!(true), &json!("lamps")));
    assert_eq!(list(&old["results"]).len(), 3);
    assert_eq!(
        keys(&old["metadata"]),
        [
            "content_summarization_enabled",
            "execution_time_seconds",
            "ml_enhancement_enabled",
            "sources_successful",
            "sources_used",
            "timestamp",
            "total_results"
        ]
    );
    assert_eq!(old["metadata"]["sources_used"], json!(["arxiv", "pubmed"]));
    for key in ["title", "url", "snippet", "source", "published_date", "relevance_score", "semantic_score", "summary"] {
        assert!(old["results"][0].get(key).is_some(), "{key}");
    }
    assert_eq!((&old["results"][0]["key_points"], &old["results"][0]["entities"]), (&json!([]), &json!([])));

    let quick = server.post("/quick", &json!({"query": "lamps"})).unwrap().json();
    assert_eq!(keys(&quick), ["query", "results", "success", "summary", "timestamp"]);
    assert_eq!(
        keys(&quick["summary"]),
        ["execution_time_seconds", "performance", "sources_processed", "total_results"]
    );
    assert_eq!(list(&quick["results"]).len(), 5);

    let health = server.get("/health").unwrap().json();
    for key in ["status", "version", "timestamp", "components", "capabilities"] {
        assert!(health.get(key).is_some(), "{key}");
    }
    let wrong = server.post("/search", &json!({"query": "lamps", "max_results": 51})).unwrap();
    assert_eq!(wrong.status, 400);
    for key in ["success", "error", "message", "timestamp", "details"] {
        assert!(wrong.json().get(key).is_some(), "{key}");
    }
}

#[test]
fn a_search_outlives_its_reader_and_the_restart_of_the_server() {
    let Stage { server, upstream, pake } = stage_with(&[]);
    upstream.hold("crossref");
    let id = server.begin(&json!({"query": "lamps"})).unwrap();
    let mut events = server.follow(&id, None).unwrap();
    assert_eq!(events.next_event().unwrap().unwrap().name, "search_started");
    drop(events);
    upstream.release("crossref");
    let path = format!("/api/v1/searches/{id}");
    let before = eventually("the answer", || Some(server.get(&path).unwrap()).filter(|reply| reply.status == 200));
    let before = before.unwrap().json();
    server.stop().unwrap();

    let server = pake.serve().unwrap();
    let after = server.get(&path).unwrap();
    assert_eq!(after.status, 200, "{}", after.text());
    let after = after.json();
    for key in ["id", "query", "works", "sources", "counts", "status"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    assert_eq!(server.get(&format!("{path}/records")).unwrap().status, 200, "the records are there too");
}
