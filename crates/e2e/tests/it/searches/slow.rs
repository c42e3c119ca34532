//! Sources that are slow: nobody waits for them longer than need be, and what they say late is not lost.

use e2e::events::Event;
use serde_json::{Value, json};

use crate::{Stage, list, report, stage, stage_with, text};

#[test]
fn a_source_that_is_slow_does_not_hold_the_others() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold("crossref");
    let id = server.begin(&json!({"query": "lamps", "sources": ["crossref", "arxiv", "openalex"]})).unwrap();
    let mut events = server.follow(&id, None).unwrap();
    for _ in ["arxiv", "openalex"] {
        // They are there with their records while the third says nothing.
        events.until(|event| event.frame["data"]["kind"] == "search_source_results").unwrap();
    }
    upstream.release("crossref");
    let last = events.rest().unwrap().pop().unwrap();
    assert_eq!(last.name, "search_completed");
}

#[test]
fn a_source_that_never_answers_is_waited_for_until_its_time_is_over() {
    let Stage { server, upstream, .. } = stage_with(&[("PAKE_SOURCES__CROSSREF__TIMEOUT", "0.2")]);
    upstream.hold("crossref");
    let answer = server.answer("lamps").unwrap();
    assert_eq!(answer["status"], "partial");
    let crossref = report(&answer, "crossref");
    assert_eq!(crossref["error"]["code"], "timeout", "{crossref}");
    assert_eq!(report(&answer, "arxiv")["state"], "answered");
    upstream.await_abandoned("crossref").unwrap();
}

#[test]
fn what_comes_after_the_answer_is_announced_and_kept() {
    let Stage { server, upstream, .. } = stage();
    let question = |number: usize| json!({"query": format!("lamps {number}"), "sources": ["arxiv", "crossref"]});
    // So many answers teach PAKE how long each source usually takes.
    for number in 0..24 {
        assert_eq!(server.ask(&question(number)).unwrap().status, 200);
    }
    upstream.hold("crossref");
    let id = server.begin(&question(1000)).unwrap();
    let mut events = server.follow(&id, None).unwrap();
    let before = events.until(|event| event.name == "search_completed").unwrap();
    let answer = &before.last().unwrap().frame["data"];
    assert_eq!(report(answer, "crossref")["state"], "late", "{answer}");
    // Who wants it anew now is not content with this.
    let asked = upstream.requests("arxiv");
    let mut anew = question(1000);
    anew["refresh"] = json!(true);
    server.begin(&anew).unwrap();
    upstream.await_requests("arxiv", asked + 1).unwrap();
    upstream.release("crossref");
    let after = events.rest().unwrap();
    let kinds: Vec<_> = after.iter().map(|event: &Event| event.frame["data"]["kind"].clone()).collect();
    assert_eq!(kinds, ["search_source_results", "search_source_finished", "search_revised"], "{after:#?}");
    assert_eq!(after[0].frame["data"]["late"], true);
    let revised = &after[2].frame["data"];
    assert!(list(&revised["order"]).len() > list(&answer["works"]).len());

    let now = server.get(&format!("/api/v1/searches/{id}")).unwrap().json();
    assert_eq!((&now["status"], list(&now["works"]).len()), (&json!("completed"), list(&revised["order"]).len()));
    let ids = |answer: &Value| list(&answer["works"]).iter().map(|work| text(&work["id"])).collect::<Vec<_>>();
    assert_eq!(json!(ids(&now)), revised["order"]);
    let again = server.ask(&question(1000)).unwrap().json();
    assert_eq!((&again["cache"]["hit"], &again["counts"]), (&json!(true), &now["counts"]));
}
