//! Searches over a WebSocket: the frames of compat.md, several searches on one socket, and clients that misbehave.

use std::collections::{BTreeMap, BTreeSet};

use e2e::{
    patience::eventually,
    socket::{Said, Socket},
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{Stage, stage, text};

mod hostile;

/// Whether a frame ends a search.
fn is_end(frame: &Value) -> bool {
    ["search_completed", "search_failed"].iter().any(|end| frame["type"] == *end)
}

fn question(query: &str) -> Value {
    json!({"query": query, "sources": ["arxiv", "crossref"]})
}

#[test]
fn a_search_is_told_frame_by_frame() {
    let Stage { server, .. } = stage();
    let mut socket = server.socket().unwrap();
    let message = socket.send("search", &question("lamps")).unwrap();
    let frames = socket.until(is_end).unwrap();
    for (frame, seq) in frames.iter().zip(1..) {
        assert_eq!((&frame["seq"], &frame["in_reply_to"]), (&json!(seq), &json!(message)), "{frame}");
        assert_eq!(frame["search_id"], frames[0]["search_id"]);
        assert!(frame["timestamp"].is_string() && frame["message_id"].is_string());
    }
    let kind = |frame: &Value| text(frame["data"].get("kind").unwrap_or(&frame["type"]));
    let kinds: Vec<_> = frames.iter().map(kind).collect();
    assert_eq!(kinds.first().unwrap(), "search_started");
    assert_eq!(kinds.last().unwrap(), "search_completed");
    for each in ["search_source_started", "search_source_results", "search_source_finished"] {
        assert_eq!(kinds.iter().filter(|kind| *kind == each).count(), 2, "{kinds:?}");
    }
    // The same search over HTTP, and to its end.
    let id = text(&frames[0]["search_id"]);
    let answer = server.get(&format!("/api/v1/searches/{id}")).unwrap().json();
    assert_eq!(answer["works"], frames.last().unwrap()["data"]["works"]);
}

#[test]
fn several_searches_share_a_socket_and_each_frame_says_whose_it_is() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold("crossref");
    let mut socket = server.socket().unwrap();
    let messages: BTreeSet<_> =
        (0..5).map(|number| socket.send("search", &question(&format!("lamps {number}"))).unwrap()).collect();
    upstream.await_requests("crossref", 5).unwrap();
    upstream.release("crossref");
    let mut stories: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut replies = BTreeSet::new();
    let mut ended = 0;
    while ended < 5 {
        let frame = socket.next_frame().unwrap();
        stories.entry(text(&frame["search_id"])).or_default().push(frame["seq"].as_u64().unwrap());
        replies.insert(text(&frame["in_reply_to"]));
        ended += usize::from(is_end(&frame));
    }
    assert_eq!((stories.len(), replies), (5, messages));
    for (id, numbers) in stories {
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{id}");
    }
}

#[test]
fn a_client_that_was_cut_off_goes_on_where_it_was() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold("crossref");
    let mut socket = server.socket().unwrap();
    socket.send("search", &question("lamps")).unwrap();
    let before = socket.until(|frame| frame["data"]["kind"] == "search_source_finished").unwrap();
    // Without a farewell, as when a train enters a tunnel.
    drop(socket);
    upstream.release("crossref");
    let (id, last) = (&before[0]["search_id"], &before.last().unwrap()["seq"]);
    let mut socket = server.socket().unwrap();
    socket.send("resume", &json!({"search_id": id, "last_seq": last})).unwrap();
    let after = socket.until(is_end).unwrap();
    let numbers: Vec<_> = before.iter().chain(&after).map(|frame| frame["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(after.iter().all(|frame| frame["search_id"] == *id));

    // Old clients put the pointer beside the data, and the whole can be had once more.
    let pointer = json!({"type": "resume", "search_id": id, "last_seq": 0}).to_string();
    socket.send_message(Message::text(pointer)).unwrap();
    assert_eq!(socket.until(is_end).unwrap().len(), numbers.len());
}

#[test]
fn a_search_is_withdrawn_by_its_id() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold("crossref");
    let mut socket = server.socket().unwrap();
    socket.send("search", &question("lamps")).unwrap();
    let id = socket.next_frame().unwrap()["search_id"].clone();
    upstream.await_requests("crossref", 1).unwrap();
    socket.send("cancel", &json!({"search_id": id})).unwrap();
    let last = socket.until(is_end).unwrap().pop().unwrap();
    assert_eq!((&last["type"], &last["data"]["error"]), (&json!("search_failed"), &json!("cancelled")));
    upstream.await_abandoned("crossref").unwrap();
}

#[test]
fn a_ping_is_answered_with_what_it_carries() {
    let Stage { server, .. } = stage();
    let mut socket = server.socket().unwrap();
    socket.send("ping", &json!({"n": 7})).unwrap();
    let pong = socket.next_frame().unwrap();
    assert_eq!((&pong["type"], &pong["data"]), (&json!("pong"), &json!({"n": 7})));
    assert_eq!((pong.get("seq"), pong.get("search_id")), (None, None));
    // Clients of the earlier system begin with this.
    socket.send("auth", &json!({"token": "whatever"})).unwrap();
    let welcome = socket.next_frame().unwrap();
    assert_eq!((&welcome["type"], &welcome["data"]["username"]), (&json!("auth_success"), &json!("local")));
}

#[test]
fn what_cannot_be_done_is_said_and_the_socket_stays_open() {
    let Stage { server, .. } = stage();
    let mut socket = server.socket().unwrap();
    for (kind, data, code) in [
        ("dance", json!({}), "invalid_parameter"),
        ("search", json!({"query": "\"lamps"}), "invalid_query"),
        ("search", json!({"query": "lamps", "sources": ["altavista"]}), "invalid_parameter"),
        ("search", json!({"query": "lamps", "colour": "red"}), "invalid_parameter"),
        ("search", json!("lamps"), "invalid_parameter"),
        ("resume", json!({}), "invalid_parameter"),
        ("resume", json!({"search_id": "0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42"}), "not_found"),
        ("cancel", json!({"search_id": "0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42"}), "not_found"),
    ] {
        let message = socket.send(kind, &data).unwrap();
        let frame = socket.next_frame().unwrap();
        assert_eq!((&frame["type"], &frame["data"]["code"]), (&json!("error"), &json!(code)), "{kind} {data}: {frame}");
        assert_eq!(frame["data"]["in_reply_to"], message);
        assert!(!text(&frame["data"]["error"]).is_empty());
    }
    let syntax = {
        socket.send("search", &json!({"query": "lamps AND"})).unwrap();
        socket.next_frame().unwrap()
    };
    assert_eq!(syntax["data"]["details"]["column"], 7, "{syntax}");
    for nonsense in ["", "lamps", "[]", "{\"type\":7}", "null", "{\"data\":{}}"] {
        socket.send_message(Message::text(nonsense)).unwrap();
        let frame = socket.next_frame().unwrap();
        assert_eq!((&frame["type"], &frame["data"]["code"]), (&json!("error"), &json!("bad_frame")), "{nonsense}");
    }
    socket.send("search", &question("lamps")).unwrap();
    assert_eq!(socket.until(is_end).unwrap().pop().unwrap()["type"], "search_completed");
}

#[test]
fn a_word_of_the_operator_reaches_every_socket() {
    let Stage { server, .. } = stage();
    let mut sockets: Vec<Socket> = (0..10).map(|_| server.socket().unwrap()).collect();
    for socket in &mut sockets {
        // Who has been answered is listening.
        socket.send("ping", &json!(null)).unwrap();
        socket.next_frame().unwrap();
    }
    let said =
        server.post("/api/v1/announcements", &json!({"message": "back in a minute", "level": "warning"})).unwrap();
    assert_eq!((said.status, &said.json()["sockets"]), (202, &json!(10)));
    for socket in &mut sockets {
        let frame = socket.next_frame().unwrap();
        assert_eq!((&frame["type"], &frame["data"]["message"]), (&json!("system_alert"), &json!("back in a minute")));
    }
}

#[test]
fn a_page_of_another_site_gets_no_socket() {
    let Stage { server, .. } = stage();
    assert!(Socket::open_with(server.address(), &[("origin", "https://elsewhere.example")]).is_err());
    let same = format!("http://{}", server.address());
    assert!(Socket::open_with(server.address(), &[("origin", &same)]).is_ok());
}

#[test]
fn a_socket_that_is_closed_takes_nothing_from_its_search() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold("crossref");
    let mut socket = server.socket().unwrap();
    socket.send("search", &question("lamps")).unwrap();
    let id = text(&socket.next_frame().unwrap()["search_id"]);
    socket.send_message(Message::Close(None)).unwrap();
    assert!(matches!(socket.closed().unwrap(), Said::Closed(..)));
    eventually("the socket is gone", || server.metric("pake_ws_connections ").unwrap().filter(|open| *open == 0))
        .unwrap();
    upstream.release("crossref");
    assert_eq!(server.follow(&id, None).unwrap().rest().unwrap().pop().unwrap().name, "search_completed");
}
