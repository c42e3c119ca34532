//! Kept answers: how old they are, and what they are good for while a source is down.

use e2e::{patience::eventually, upstream::Fault};
use serde_json::json;

use crate::{Stage, list, report, stage, text};

#[test]
fn a_kept_answer_is_served_with_its_age_and_asks_nobody() {
    let Stage { server, upstream, .. } = stage();
    let first = server.answer("lamps").unwrap();
    let asked = upstream.paths().len();
    let second = server.answer("lamps").unwrap();
    assert_eq!(second["cache"]["hit"], true);
    assert!(second["cache"]["age_seconds"].is_u64());
    assert_eq!(second["works"], first["works"]);
    assert_ne!(second["id"], first["id"], "each question is a search of its own");
    // Another way to write the same question.
    assert_eq!(server.answer("  lamps ").unwrap()["cache"]["hit"], true);
    assert_eq!(upstream.paths().len(), asked);
    // Who wants it anew gets it anew.
    let anew = server.ask(&json!({"query": "lamps", "refresh": true})).unwrap().json();
    assert_eq!(anew["cache"]["hit"], false);
    assert!(upstream.paths().len() > asked);
}

#[test]
fn a_kept_answer_is_followed_like_any_other() {
    let Stage { server, .. } = stage();
    let first = server.answer("lamps").unwrap();
    let id = server.begin(&json!({"query": "lamps"})).unwrap();
    let events = server.follow(&id, None).unwrap().rest().unwrap();
    assert_eq!(events.first().unwrap().name, "search_started");
    let last = events.last().unwrap();
    assert_eq!((last.name.as_str(), &last.frame["data"]["works"]), ("search_completed", &first["works"]));
    assert_eq!(last.id, events.len() as u64);
}

#[test]
fn while_a_source_is_down_its_kept_answer_stands_in_and_says_how_old_it_is() {
    let Stage { server, upstream, .. } = stage();
    let question = json!({"query": "lamps", "sources": ["arxiv", "crossref"], "refresh": true});
    let before = server.ask(&question).unwrap().json();
    upstream.fail("crossref", Fault::Status(403));
    // The page is kept beside the search, a moment before or after its end.
    let stale = eventually("a kept answer stands in", || {
        let answer = server.ask(&question).unwrap().json();
        (report(&answer, "crossref")["state"] == "stale").then_some(answer)
    });
    let stale = stale.unwrap();
    let crossref = report(&stale, "crossref");
    assert!(crossref["cached_at"].is_string(), "{crossref}");
    assert!(["refused", "circuit_open"].contains(&text(&crossref["error"]["code"]).as_str()), "{crossref}");
    assert_eq!(crossref["retrieved"], report(&before, "crossref")["retrieved"]);
    assert_eq!(stale["cache"]["stale"], true);
    assert_eq!(report(&stale, "arxiv")["state"], "answered");
    assert_eq!(list(&stale["works"]).len(), list(&before["works"]).len());
}

#[test]
fn an_answer_that_lacks_a_source_is_not_kept() {
    let Stage { server, upstream, .. } = stage();
    upstream.fail("crossref", Fault::Status(404));
    let partial = server.settled_answer("lamps").unwrap();
    assert_eq!(partial["status"], "partial");
    upstream.mend("crossref");
    let whole = server.answer("lamps").unwrap();
    assert_eq!((&whole["status"], &whole["cache"]["hit"]), (&json!("completed"), &json!(false)));
    assert_eq!(upstream.requests("arxiv"), 1, "what is there of the others is used");
}
