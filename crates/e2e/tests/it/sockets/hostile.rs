//! Clients that send what they should not, more than they should, or do not read what they are sent.

use std::collections::BTreeMap;

use e2e::{
    patience::eventually,
    socket::{Said, Socket},
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{is_end, question};
use crate::{Stage, stage, stage_with, text};

#[test]
fn a_binary_frame_closes_the_socket_with_a_reason() {
    let Stage { server, .. } = stage();
    let mut socket = server.socket().unwrap();
    socket.send_message(Message::binary(vec![0; 16])).unwrap();
    assert_eq!(socket.closed().unwrap(), Said::Closed(1003, "send JSON as text frames".to_owned()));
}

#[test]
fn a_frame_of_more_than_a_mebibyte_closes_the_socket_with_a_reason() {
    let Stage { server, .. } = stage();
    let mut socket = server.socket().unwrap();
    // The server may close in the middle of it.
    let _ = socket.send_message(Message::text("x".repeat((1 << 20) + 1)));
    assert_eq!(socket.closed().unwrap(), Said::Closed(1009, "a frame may have 1 MiB at most".to_owned()));
    // Up to the limit it is read: a long query is refused for what it is.
    let mut socket = server.socket().unwrap();
    socket.send("search", &json!({"query": "x".repeat(1_000_000)})).unwrap();
    assert_eq!(socket.next_frame().unwrap()["data"]["code"], "invalid_query");
}

#[test]
fn nesting_without_end_is_refused_and_harms_nobody() {
    let Stage { server, .. } = stage();
    let mut socket = server.socket().unwrap();
    for bomb in ["[".repeat(500_000), format!("{{\"type\":\"search\",\"data\":{}", "{\"a\":".repeat(150_000))] {
        socket.send_message(Message::text(bomb)).unwrap();
        assert_eq!(socket.next_frame().unwrap()["data"]["code"], "bad_frame");
    }
    socket.send("search", &question("lamps")).unwrap();
    assert_eq!(socket.until(is_end).unwrap().pop().unwrap()["type"], "search_completed");
}

#[test]
fn a_thousand_searches_one_after_the_other_are_all_answered() {
    let Stage { server, upstream, .. } = stage();
    let mut socket = server.socket().unwrap();
    let ask = |socket: &mut Socket, number: u32| {
        let message = socket.send("search", &question(&format!("lamps {}", number % 40))).unwrap();
        (message, number)
    };
    let mut to_ask: Vec<u32> = (0..1_000).collect();
    let mut waiting: BTreeMap<String, u32> = BTreeMap::new();
    let mut answered = 0;
    while answered < 1_000 {
        while waiting.len() < 16
            && let Some(number) = to_ask.pop()
        {
            waiting.extend([ask(&mut socket, number)]);
        }
        let frame = socket.next_frame().unwrap();
        if frame["type"] == "error" {
            // Searches that have said all may not have ended yet: the limit counts them still.
            assert_eq!(frame["data"]["code"], "too_many", "{frame}");
            to_ask.extend(waiting.remove(&text(&frame["data"]["in_reply_to"])));
        } else if is_end(&frame) {
            assert_eq!(frame["type"], "search_completed");
            assert!(waiting.remove(&text(&frame["in_reply_to"])).is_some(), "ended twice: {frame}");
            answered += 1;
        }
    }
    // Each question once; beside a request that is slow, a second one is sent in at most every fifth case.
    let asked = upstream.requests("crossref");
    assert!((40..=48).contains(&asked), "{asked}");
}

#[test]
fn of_a_thousand_searches_at_once_each_is_answered_or_refused() {
    let Stage { server, upstream, .. } = stage();
    upstream.hold_all();
    let mut socket = server.socket().unwrap();
    let messages: Vec<_> =
        (0..1_000).map(|number| socket.send("search", &question(&format!("lamps {number}"))).unwrap()).collect();
    let mut fates: BTreeMap<String, String> = BTreeMap::new();
    let fate = |frame: &Value| match text(&frame["type"]).as_str() {
        "error" => Some((text(&frame["data"]["in_reply_to"]), text(&frame["data"]["code"]))),
        _ if is_end(frame) => Some((text(&frame["in_reply_to"]), text(&frame["type"]))),
        _ => None,
    };
    while fates.len() < 1_000 {
        let frame = socket.next_frame().unwrap();
        if let Some((message, fate)) = fate(&frame) {
            assert_eq!(fates.insert(message, fate), None, "a second end: {frame}");
        }
        if fates.len() == 1_000 - 32 {
            // Those that are left are under way.
            upstream.release_all();
        }
    }
    let count = |wanted: &str| fates.values().filter(|fate| *fate == wanted).count();
    assert_eq!((count("too_many"), count("search_completed")), (1_000 - 32, 32), "{fates:?}");
    assert!(messages.iter().all(|message| fates.contains_key(message)));
}

#[test]
fn one_who_does_not_read_is_let_go_and_holds_up_nobody() {
    let Stage { server, .. } = stage_with(&[("PAKE_SERVER__IDLE_TIMEOUT", "1")]);
    server.ask(&question("lamps")).unwrap();
    let mut deaf = server.socket().unwrap();
    let mut other = server.socket().unwrap();
    let open = |count: u64| move |open: &u64| *open == count;
    let connections = || server.metric("pake_ws_connections ").unwrap();
    eventually("both are there", || connections().filter(open(2))).unwrap();
    // Each is sent back: far more than the kernel's buffers hold.
    let echoed = json!("x".repeat(500_000));
    let mut sent = 0;
    while sent < 100 && deaf.send("ping", &echoed).is_ok() {
        sent += 1;
    }
    for _ in 0..10 {
        other.send("search", &question("lamps")).unwrap();
        assert_eq!(other.until(is_end).unwrap().pop().unwrap()["type"], "search_completed");
    }
    eventually("the one who does not read is let go", || connections().filter(open(1))).unwrap();
    other.send("ping", &json!(null)).unwrap();
    assert_eq!(other.next_frame().unwrap()["type"], "pong");
}
