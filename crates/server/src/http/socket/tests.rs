use std::{collections::BTreeMap, time::Duration};

use engine::source::SourceId;
use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::{
    Drained,
    access::Role,
    app::SharedApp,
    audience::Audience,
    testing::{
        app, app_with,
        people::Team,
        serving::{Serving, Socket},
        upstream::Upstream,
    },
};

const SOURCES: [SourceId; 2] = [SourceId::Crossref, SourceId::Openalex];

async fn serving(upstream: &Upstream) -> Serving {
    Serving::of(app_with(upstream.config(&SOURCES)).await).await
}

/// The frames of one search up to its end.
async fn whole(socket: &mut Socket) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let frame = socket.next().await;
        if frame["type"] == "search_history_updated" {
            continue;
        }
        let is_last = frame["type"] == "search_completed" || frame["type"] == "search_failed";
        frames.push(frame);
        if is_last {
            return frames;
        }
    }
}

fn seqs(frames: &[Value]) -> Vec<u64> {
    frames.iter().map(|frame| frame["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_search_is_told_from_its_beginning_to_its_end() {
    let upstream = Upstream::start().await;
    let serving = serving(&upstream).await;
    let mut socket = serving.socket().await;
    socket.ask("m1", "lamps").await;
    let frames = whole(&mut socket).await;
    let said: Vec<_> =
        frames.iter().map(|frame| frame["data"]["kind"].as_str().unwrap_or(frame["type"].as_str().unwrap())).collect();
    assert_eq!((said[0], said[said.len() - 1]), ("search_started", "search_completed"), "{said:?}");
    for kind in ["search_source_started", "search_source_results", "search_source_finished"] {
        assert_eq!(said.iter().filter(|said| **said == kind).count(), 2, "{kind} in {said:?}");
    }
    assert_eq!(seqs(&frames), (1..=frames.len() as u64).collect::<Vec<_>>());
    for frame in &frames {
        assert_eq!(frame["in_reply_to"], "m1");
        assert_eq!(frame["search_id"], frames[0]["search_id"]);
        assert!(frame["message_id"].as_str().unwrap().parse::<Uuid>().is_ok());
        assert_eq!(frame["timestamp"], "2026-03-01T12:00:00.000Z");
    }
    let works = frames.last().unwrap()["data"]["works"].as_array().unwrap().len();
    assert_eq!(works, 2);
}

#[tokio::test]
async fn several_searches_share_a_socket_and_their_frames_tell_which_they_are_of() {
    let upstream = Upstream::start().await;
    let serving = serving(&upstream).await;
    let mut socket = serving.socket().await;
    for number in 0..8 {
        socket.ask(&format!("m{number}"), &format!("lamps {number}")).await;
    }
    let mut by_question: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut ended = 0;
    while ended < 8 {
        let frame = socket.next().await;
        if let Some(question) = frame["in_reply_to"].as_str() {
            ended += usize::from(frame["type"] == "search_completed");
            by_question.entry(question.to_owned()).or_default().push(frame);
        }
    }
    assert_eq!(by_question.len(), 8);
    for frames in by_question.values() {
        assert_eq!(seqs(frames), (1..=frames.len() as u64).collect::<Vec<_>>());
        assert!(frames.iter().all(|frame| frame["search_id"] == frames[0]["search_id"]));
    }
}

#[tokio::test]
async fn a_client_that_drops_resumes_without_loss_or_repeat() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let serving = serving(&upstream).await;
    let mut socket = serving.socket().await;
    socket.ask("m1", "lamps").await;
    let mut seen = vec![socket.next().await, socket.next().await, socket.next().await];
    drop(socket);
    upstream.until_waiting(1).await;
    upstream.release();
    let mut socket = serving.socket().await;
    let (id, last) = (seen[0]["search_id"].clone(), seen[2]["seq"].clone());
    socket.send(json!({ "type": "resume", "search_id": id, "last_seq": last })).await;
    seen.extend(whole(&mut socket).await);
    assert_eq!(seqs(&seen), (1..=seen.len() as u64).collect::<Vec<_>>());
    assert!(seen.iter().all(|frame| frame["search_id"] == id));
    // The same for clients that put it into `data`, from the beginning and from the end.
    socket.send(json!({ "type": "resume", "data": { "search_id": id } })).await;
    assert_eq!(whole(&mut socket).await.len(), seen.len());
    socket.send(json!({ "type": "resume", "data": { "search_id": id, "last_seq": seen.len() } })).await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.next_of("pong").await["data"], Value::Null, "nothing is said twice");
}

#[tokio::test]
async fn cancelling_ends_the_work_at_the_sources_and_is_told() {
    let upstream = Upstream::start().await;
    for source in SOURCES {
        upstream.hold(source);
    }
    let serving = serving(&upstream).await;
    let mut socket = serving.socket().await;
    socket.ask("m1", "lamps").await;
    let started = socket.next_of("search_started").await;
    upstream.until_waiting(2).await;
    socket.send(json!({ "type": "search_cancel", "data": { "search_id": started["search_id"] } })).await;
    assert_eq!(socket.next_of("search_failed").await["data"], json!({ "error": "cancelled" }));
    upstream.until_waiting(0).await;
}

#[tokio::test]
async fn ping_and_auth_are_answered() {
    let serving = Serving::of(app().await).await;
    let mut socket = serving.socket().await;
    socket.send(json!({ "type": "ping", "data": { "n": 7 } })).await;
    let pong = socket.next().await;
    assert_eq!((&pong["type"], &pong["data"]), (&json!("pong"), &json!({ "n": 7 })));
    socket.send(json!({ "type": "auth", "data": { "token": "old" } })).await;
    let user = socket.next().await;
    assert_eq!((&user["type"], &user["data"]["username"]), (&json!("auth_success"), &json!("local")));
}

#[tokio::test]
async fn what_cannot_be_done_is_an_error_frame_and_the_socket_goes_on() {
    let serving = Serving::of(app().await).await;
    let mut socket = serving.socket().await;
    let nobody = Uuid::nil();
    for (frame, code) in [
        (json!("text"), "bad_frame"),
        (json!({ "data": {} }), "bad_frame"),
        (json!({ "type": "dance" }), "invalid_parameter"),
        (json!({ "type": "search" }), "invalid_parameter"),
        (json!({ "type": "search", "data": { "query": "(a" } }), "invalid_query"),
        (json!({ "type": "search", "data": { "query": "" } }), "invalid_query"),
        (json!({ "type": "search", "data": { "query": "a", "sources": ["altavista"] } }), "invalid_parameter"),
        (json!({ "type": "search", "data": { "query": "a", "sources": vec!["arxiv"; 10_000] } }), "invalid_parameter"),
        (json!({ "type": "search", "data": { "query": "a", "colour": "red" } }), "invalid_parameter"),
        (json!({ "type": "resume" }), "invalid_parameter"),
        (json!({ "type": "resume", "search_id": nobody }), "not_found"),
        (json!({ "type": "cancel", "search_id": nobody }), "not_found"),
        (json!({ "type": "cancel", "search_id": "no id" }), "bad_frame"),
    ] {
        let mut frame = frame;
        if let Some(object) = frame.as_object_mut() {
            object.insert("message_id".to_owned(), json!([code]));
        }
        socket.send(frame.clone()).await;
        let error = socket.next().await;
        assert_eq!((&error["type"], &error["data"]["code"]), (&json!("error"), &json!(code)), "{frame}");
        if code != "bad_frame" {
            assert_eq!(error["data"]["in_reply_to"], json!([code]), "{frame}");
        }
    }
    for text in ["", "{", "\0", "[1,2", &"[".repeat(100_000)] {
        socket.0.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.next().await["data"]["code"], "bad_frame");
    }
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await["type"], "pong");
}

#[tokio::test]
async fn a_thousand_searches_on_one_socket_are_bounded_and_answered_all_the_same() {
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let serving = serving(&upstream).await;
    let mut socket = serving.socket().await;
    let (mut started, mut refused) = (0, 0);
    for number in 0..1_000 {
        let name = number.to_string();
        socket.ask(&name, &format!("lamps {number}")).await;
        loop {
            let frame = socket.next().await;
            match frame["type"].as_str().unwrap() {
                "search_started" if frame["in_reply_to"] == name.as_str() => break started += 1,
                "error" => {
                    assert_eq!(frame["data"]["code"], "too_many");
                    assert_eq!(frame["data"]["details"]["retry_after_seconds"], 1.0);
                    break refused += 1;
                }
                _ => {}
            }
        }
    }
    assert_eq!((started, refused), (32, 968));
    upstream.release();
    for _ in 0..32 {
        socket.next_of("search_completed").await;
    }
    socket.ask("again", "lamps again").await;
    whole(&mut socket).await;
}

#[tokio::test]
async fn what_is_no_text_or_too_long_closes_the_socket_with_its_reason() {
    let serving = Serving::of(app().await).await;
    let mut socket = serving.socket().await;
    socket.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(socket.end().await, Some((1003, "send JSON as text frames".to_owned())));
    let mut socket = serving.socket().await;
    let frame = json!({ "type": "ping", "data": "x".repeat((1 << 20) + 1) });
    // The server may close before everything is written.
    let _ = socket.0.send(Message::text(frame.to_string())).await;
    assert_eq!(socket.end().await, Some((1009, "a frame may have 1 MiB at most".to_owned())));
    assert_eq!(serving.stop().await, Drained { cut: 0 });
}

#[tokio::test]
async fn only_pake_s_own_pages_may_open_a_socket() {
    let serving = Serving::of(app().await).await;
    let own = format!("http://{}", serving.address);
    for (origin, allowed) in [(own.as_str(), true), ("https://evil.example", false), ("null", false)] {
        let opened = serving.socket_with(&[("origin", origin)]).await;
        assert_eq!(opened.err(), (!allowed).then_some(403), "{origin}");
    }
}

#[tokio::test]
async fn the_operator_s_word_and_the_history_s_changes_reach_every_socket() {
    let upstream = Upstream::start().await;
    let serving = serving(&upstream).await;
    let (mut one, mut other) = (serving.socket().await, serving.socket().await);
    // Both are known to be there.
    for socket in [&mut one, &mut other] {
        socket.send(json!({ "type": "ping" })).await;
        socket.next_of("pong").await;
    }
    one.ask("m1", "lamps").await;
    let id = one.next_of("search_completed").await["search_id"].clone();
    for socket in [&mut one, &mut other] {
        let update = socket.next_of("search_history_updated").await;
        assert_eq!(update["data"], json!({ "action": "recorded", "count": 1, "search_ids": [id] }));
    }
    let (word, kind) = (json!({ "message": "tea" }), crate::frame::FrameType::SystemAlert);
    assert_eq!(serving.app.alerts.tell_everywhere(Audience::Everybody, kind, &word).await, 2);
    assert_eq!(other.next_of("system_alert").await["data"]["message"], "tea");
}

#[tokio::test]
async fn a_server_that_stops_sends_its_sockets_away_with_a_word_and_cuts_none() {
    let upstream = Upstream::start().await;
    let serving = serving(&upstream).await;
    let mut socket = serving.socket().await;
    socket.ask("m1", "lamps").await;
    socket.next_of("search_completed").await;
    serving.tell_to_stop();
    let reconnect = socket.next_of("reconnect").await;
    assert!(reconnect["data"]["after_ms"].as_u64().unwrap() < 2_000);
    assert_eq!(socket.end().await, Some((1012, "the server restarts; connect again and resume".to_owned())));
    assert_eq!(serving.stop().await, Drained { cut: 0 });
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_let_go_and_delays_nobody() {
    let serving = Serving::of(app().await).await;
    let (mut slow, mut other) = (serving.socket().await, serving.socket().await);
    tokio::time::pause();
    let large = json!({ "type": "ping", "data": "x".repeat(1_000_000) }).to_string();
    // Until the server, which cannot get rid of its pongs, takes nothing more.
    let flood = async { while slow.0.send(Message::text(large.clone())).await.is_ok() {} };
    let flooded = tokio::time::timeout(Duration::from_secs(5), flood).await;
    assert!(flooded.is_err(), "the server holds its reader back");
    other.send(json!({ "type": "ping" })).await;
    assert_eq!(other.next().await["type"], "pong");
    // Time moves on by itself while nothing happens.
    while serving.app.metrics.ws_connections.get() > 1 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    other.send(json!({ "type": "ping" })).await;
    assert_eq!(other.next_of("pong").await["type"], "pong");
}

#[tokio::test]
async fn a_client_without_a_sign_of_life_is_let_go() {
    let serving = Serving::of(app().await).await;
    let mut client = tokio::net::TcpStream::connect(serving.address).await.unwrap();
    let head = "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert!((60..=120).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(String::from_utf8_lossy(&rest).contains("no sign of life"));
}

#[tokio::test]
async fn whoever_operates_the_installation_is_told_what_goes_on_as_long_as_they_ask_for_it() {
    let team = Team::new().await;
    let (ada, uma) = (team.set_up().await, team.join("uma", Role::Admin).await);
    let serving = Serving::of(SharedApp::clone(&team.app)).await;
    let subscribe = |kind: &str| json!({ "type": kind, "message_id": "s", "data": { "topics": ["system_metrics"] } });
    let bearer = format!("Bearer {}", ada.token);
    let mut socket = serving.socket_with(&[("authorization", &bearer)]).await.unwrap();
    socket.send(subscribe("subscribe")).await;
    let first = socket.next_of("system_metrics").await["data"].clone();
    assert_eq!((&first["window_seconds"], &first["requests_per_second"]), (&json!(0.0), &Value::Null));
    assert_eq!((&first["sockets"], &first["active_users"]), (&json!(1), &json!(2)));
    assert_eq!(first["components"]["database"]["status"], "healthy");
    assert_eq!(first["sources"].as_array().unwrap().len(), SourceId::ALL.len());
    team.search(&uma, json!({ "query": "lamps" })).await;
    let second = socket.next_of("system_metrics").await["data"].clone();
    assert!(second["window_seconds"].as_f64().unwrap() > 1.0, "{second}");
    assert!(second["requests_per_second"].as_f64().unwrap() > 0.0, "{second}");
    assert!(second["p95_seconds"].as_f64().unwrap() > 0.0, "{second}");
    assert_eq!((&second["error_rate"], &second["cache_hit_rate"]), (&json!(0.0), &json!(0.0)));
    socket.send(subscribe("unsubscribe")).await;
    socket.send(json!({ "type": "ping" })).await;
    socket.next_of("pong").await;
    let quiet = tokio::time::timeout(Duration::from_secs(3), socket.next_of("system_metrics")).await;
    assert!(quiet.is_err(), "{quiet:?}");
}

#[tokio::test]
async fn what_goes_on_in_the_installation_is_not_for_everybody() {
    let team = Team::with(|config| config.server.admin_networks = vec!["10.1.0.0/16".parse().unwrap()]).await;
    let (ada, uma) = (team.set_up().await, team.join("uma", Role::Admin).await);
    let serving = Serving::of(SharedApp::clone(&team.app)).await;
    let mut nobody = serving.socket().await;
    let wanted = json!({ "type": "subscribe", "data": { "topics": ["system_metrics"] } });
    nobody.send(wanted.clone()).await;
    assert_eq!(nobody.next_of("error").await["data"]["code"], "unauthenticated");
    for who in [&uma, &ada] {
        let bearer = format!("Bearer {}", who.token);
        let mut socket = serving.socket_with(&[("authorization", &bearer)]).await.unwrap();
        socket.send(wanted.clone()).await;
        assert_eq!(socket.next_of("error").await["data"]["code"], "forbidden");
        socket.send(json!({ "type": "subscribe", "data": { "topics": ["everything"] } })).await;
        assert_eq!(socket.next_of("error").await["data"]["code"], "invalid_parameter");
    }
}
