//! The event log of a search as server-sent events.

use std::collections::BTreeSet;

use e2e::events::Event;
use serde_json::json;

use crate::{Stage, default_sources, stage, text};

fn kinds(events: &[Event]) -> Vec<String> {
    let kind = |event: &Event| event.frame["data"]["kind"].as_str().unwrap_or(&event.name).to_owned();
    events.iter().map(kind).collect()
}

#[test]
fn the_log_tells_the_story_of_the_search_in_order() {
    let Stage { server, .. } = stage();
    let id = server.begin(&json!({"query": "lamps"})).unwrap();
    let events = server.follow(&id, None).unwrap().rest().unwrap();
    let numbers: Vec<u64> = events.iter().map(|event| event.id).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    for event in &events {
        let frame = &event.frame;
        assert_eq!(
            (&frame["type"], &frame["seq"], &frame["search_id"]),
            (&json!(event.name), &json!(event.id), &json!(id))
        );
        assert!(frame["timestamp"].is_string() && frame["message_id"].is_string() && frame["data"].is_object());
    }
    let messages: BTreeSet<_> = events.iter().map(|event| text(&event.frame["message_id"])).collect();
    assert_eq!(messages.len(), events.len(), "each has an id of its own");

    let kinds = kinds(&events);
    assert_eq!(kinds.first().unwrap(), "search_started");
    assert_eq!(kinds.last().unwrap(), "search_completed");
    for source in default_sources(&server) {
        let of_source = |event: &&Event| event.frame["data"]["source"] == source.as_str();
        let story: Vec<_> = events.iter().filter(of_source).map(|event| text(&event.frame["data"]["kind"])).collect();
        assert_eq!(story, ["search_source_started", "search_source_results", "search_source_finished"], "{source}");
    }
}

#[test]
fn who_comes_back_gets_what_is_missing_and_nothing_twice() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold("crossref");
    let id = server.begin(&json!({"query": "lamps"})).unwrap();
    let done = |source: &'static str| {
        move |event: &Event| {
            event.frame["data"]["kind"] == "search_source_finished" && event.frame["data"]["source"] == source
        }
    };
    let before = server.follow(&id, None).unwrap().until(done("arxiv")).unwrap();
    upstream.release("crossref");
    let last = before.last().unwrap().id;
    let after = server.follow(&id, Some(last)).unwrap().rest().unwrap();
    let whole = server.follow(&id, None).unwrap().rest().unwrap();
    assert_eq!([before, after].concat(), whole);
    assert_eq!(whole.last().unwrap().name, "search_completed");
    // Who has all of it is told not to come back (WHATWG HTML §9.2.1).
    let last = whole.last().unwrap().id.to_string();
    let path = format!("/api/v1/searches/{id}/events");
    assert_eq!(server.request("GET", &path, &[("Last-Event-ID", &last)], b"").unwrap().status, 204);
}

#[test]
fn a_place_in_the_log_that_is_no_number_is_refused() {
    let Stage { server, .. } = stage();
    let id = server.begin(&json!({"query": "lamps"})).unwrap();
    let path = format!("/api/v1/searches/{id}/events");
    let reply = server.request("GET", &path, &[("Last-Event-ID", "the third")], b"").unwrap();
    assert_eq!((reply.status, &reply.json()["details"]["parameter"]), (400, &json!("Last-Event-ID")));
}
