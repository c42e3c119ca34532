//! What a process that is killed had taken on: nothing of it is lost.

use e2e::{patience::eventually, postgres::Postgres, serving::Serving};
use serde_json::{Value, json};

use crate::{Stage, list, skipped, stage, stage_with, text};

/// Kills it, and waits until it is gone.
fn kill(mut server: Serving) {
    server.signal("KILL").unwrap();
    assert_eq!(server.ended().unwrap().code(), None);
}

/// The entry of a search in the history.
fn entry(server: &Serving, id: &str) -> Value {
    let path = format!("/api/v1/history/{id}");
    let reply = eventually("it is in the history", || Some(server.get(&path).unwrap()).filter(|it| it.status == 200));
    reply.unwrap().json()
}

/// What was answered is given as it was.
#[track_caller]
fn is_still_answered(server: &Serving, answer: &Value) {
    let reply = server.get(&format!("/api/v1/searches/{}", text(&answer["id"]))).unwrap();
    assert_eq!((reply.status, &reply.json()["works"]), (200, &answer["works"]));
}

/// Every record of the answer of a search.
fn records(server: &Serving, answer: &Value) -> Value {
    let reply = server.get(&format!("/api/v1/searches/{}/records", text(&answer["id"]))).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// How many there are in it.
fn searches(server: &Serving) -> usize {
    list(&server.get("/api/v1/history?limit=100").unwrap().json()["entries"]).len()
}

#[test]
fn searches_that_were_answered_right_before_are_in_the_history() {
    let Stage { server, pake, .. } = stage();
    let answers: Vec<_> = (0..12).map(|n| server.answer(&format!("lamps {}", n % 8)).unwrap()).collect();
    kill(server);
    let server = pake.serve().unwrap();
    for answer in answers {
        let entry = entry(&server, &text(&answer["id"]));
        assert_eq!(entry["results_count"], list(&answer["works"]).len());
        is_still_answered(&server, &answer);
    }
    assert_eq!(searches(&server), 12);
}

#[test]
fn searches_that_were_answered_while_postgresql_was_away_are_in_the_history() {
    let Some(mut postgres) = Postgres::start().unwrap() else {
        return skipped("PAKE is killed while PostgreSQL is away", "no PostgreSQL is installed");
    };
    let Stage { server, pake, upstream: _upstream } = stage_with(&[("PAKE_DATABASE__URL", &postgres.url())]);
    let server = server.expecting("the history cannot be written");
    let question = json!({"query": "lamps in winter", "sources": ["arxiv", "crossref"]});
    let first = server.ask(&question).unwrap().json();
    entry(&server, &text(&first["id"]));
    postgres.die().unwrap();
    let again = server.ask(&question).unwrap().json();
    let other = server.ask(&json!({"query": "lamps in summer", "sources": ["arxiv", "crossref"]})).unwrap().json();
    assert_eq!((&again["cache"]["hit"], &other["cache"]["hit"]), (&json!(true), &json!(false)));
    let records_before = records(&server, &other);
    assert!(!list(&records_before).is_empty());
    kill(server);

    postgres.come_back().unwrap();
    let server = pake.serve().unwrap();
    for (answer, is_hit) in [(&again, true), (&other, false)] {
        let entry = entry(&server, &text(&answer["id"]));
        assert_eq!(entry["results_count"], list(&answer["works"]).len(), "{entry}");
        assert_eq!(entry["cache_hit"], is_hit, "{entry}");
        let states: Vec<_> = list(&entry["query_metadata"]["reports"]).iter().map(|report| &report["state"]).collect();
        assert_eq!(states, ["answered", "answered"], "{entry}");
        is_still_answered(&server, answer);
    }
    assert_eq!(records(&server, &other), records_before);
    assert_eq!(searches(&server), 3);
}

#[test]
fn a_search_under_way_is_run_again_under_its_id() {
    let Stage { server, upstream, pake } = stage();
    upstream.hold("crossref");
    let question = json!({"query": "lamps", "sources": ["arxiv", "crossref"]});
    let id = server.begin(&question).unwrap();
    upstream.await_requests("crossref", 1).unwrap();
    let seen = server.follow(&id, None).unwrap().next_event().unwrap().unwrap();
    kill(server);

    let server = pake.serve().unwrap().expecting("the process that ran a search is gone");
    let path = format!("/api/v1/searches/{id}");
    assert_eq!(server.get(&path).unwrap().json()["status"], "running");
    upstream.release("crossref");
    let rest = server.follow(&id, Some(seen.id)).unwrap().rest().unwrap();
    assert_eq!(rest.last().unwrap().name, "search_completed", "{rest:?}");
    let entry = entry(&server, &id);
    assert_eq!(entry["query_metadata"]["status"], "completed", "{entry}");
    assert_eq!(searches(&server), 1);
}

#[test]
fn a_search_that_its_process_does_not_survive_is_not_run_for_ever() {
    let Stage { mut server, upstream, pake } = stage();
    upstream.hold("crossref");
    let id = server.begin(&json!({"query": "lamps", "sources": ["crossref"]})).unwrap();
    for _ in 0..3 {
        kill(server);
        server = pake.serve().unwrap().expecting("the process that ran a search is gone");
    }
    assert_eq!(entry(&server, &id)["query_metadata"]["status"], "failed");
    kill(server);
    let server = pake.serve().unwrap();
    assert_eq!(searches(&server), 1);
}

#[test]
fn an_anonymous_search_leaves_nothing_behind() {
    leaves_nothing_behind(stage(), &json!({"query": "lamps", "sources": ["crossref"], "anonymous": true}));
}

#[test]
fn where_no_history_is_kept_a_search_leaves_nothing_behind() {
    let stage = stage_with(&[("PAKE_HISTORY__RETENTION_DAYS", "0")]);
    leaves_nothing_behind(stage, &json!({"query": "lamps", "sources": ["crossref"]}));
}

/// Asks, looks at what stands beside the database, and kills the server.
#[track_caller]
fn leaves_nothing_behind(stage: Stage, question: &Value) {
    let Stage { server, upstream, pake } = stage;
    upstream.hold("crossref");
    let id = server.begin(question).unwrap();
    upstream.await_requests("crossref", 1).unwrap();
    let folder = pake.folder().join("data/unwritten");
    let said = std::fs::read_dir(&folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    assert_eq!(said.collect::<String>(), "");
    kill(server);
    let server = pake.serve().unwrap();
    assert_eq!(server.get(&format!("/api/v1/searches/{id}")).unwrap().status, 404);
}
