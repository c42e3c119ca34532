//! Questions that no person would ask, and bodies that are none.

use e2e::http::Reply;
use serde_json::{Value, json};

use crate::{Stage, list, report, stage, text};

/// A problem with all that one tells.
#[track_caller]
fn problem(reply: &Reply, status: u16, code: &str) -> Value {
    assert_eq!(reply.status, status, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{reply:?}");
    let problem = reply.json();
    assert_eq!(problem["error"], code, "{reply:?}");
    assert!(!text(&problem["detail"]).is_empty() && problem["success"] == false);
    assert_eq!(problem["request_id"], reply.header("x-request-id").unwrap());
    assert!(reply.body.len() < 4_000, "what was sent is not sent back: {} bytes", reply.body.len());
    problem
}

#[test]
fn a_query_without_a_word_is_refused_with_what_would_be_one() {
    let Stage { server, upstream, .. } = stage();
    for query in ["", "   ", "\t\n", "()", "\"\"", "AND", "NOT", "title:", "\u{200b}\u{feff}", "...", "year:2020"] {
        let reply = server.ask(&json!({"query": query})).unwrap();
        if query == "year:2020" && reply.status == 200 {
            continue;
        }
        let problem = problem(&reply, 400, "invalid_query");
        assert!(problem["details"]["column"].is_u64() && !text(&problem["details"]["help"]).is_empty(), "{query:?}");
    }
    assert!(upstream.paths().iter().all(|path| path.contains("2020")), "{:?}", upstream.paths());
}

#[test]
fn unbalanced_quotes_and_parentheses_point_at_their_column() {
    let Stage { server, .. } = stage();
    for (query, column) in [
        ("\"lamps", 1),
        ("lamps \"and light", 7),
        ("lamps\" and", 6),
        ("(lamps", 1),
        ("lamps)", 6),
        ("((lamps) OR (light)", 1),
        ("title:\"lamps", 7),
    ] {
        let problem = problem(&server.ask(&json!({"query": query})).unwrap(), 400, "invalid_query");
        assert_eq!(problem["details"]["column"], column, "{query}: {problem}");
    }
}

#[test]
fn ten_kilobytes_of_query_are_refused_or_answered() {
    let Stage { server, .. } = stage();
    let queries = [
        "lamp ".repeat(2_000),
        "x".repeat(10_000),
        "(".repeat(10_000),
        "NOT ".repeat(2_500) + "lamp",
        "\"".repeat(9_999),
        "a OR ".repeat(2_000) + "b",
        "研究".repeat(3_000),
        format!("doi:10.1/{}", "y".repeat(10_000)),
    ];
    for query in queries {
        let reply = server.ask(&json!({"query": query, "sources": ["arxiv", "crossref"]})).unwrap();
        let beginning: String = query.chars().take(12).collect();
        problem(&reply, 400, "invalid_query");
        assert!(!reply.text().contains(&query), "{beginning}");
    }
}

#[test]
fn any_writing_is_a_query() {
    let Stage { server, .. } = stage();
    for query in [
        "مصابيح الضوء",
        "מנורות \u{202e}spmal\u{202c}",
        "lamp \u{1f4a1}\u{1f468}\u{200d}\u{1f52c}",
        "研究 ランプ",
        "e\u{301}clairage Éclairage",
        "Ⅷ ﬁber \u{ff2c}\u{ff21}\u{ff2d}\u{ff30}",
        "lamp'; DROP TABLE searches; --",
        "<script>alert(1)</script>",
        "../../../etc/passwd",
        "%00%0a%0d",
        "{{7*7}} ${jndi:ldap://x}",
        "lamp\r\nHost: elsewhere",
    ] {
        let reply = server.ask(&json!({"query": query, "sources": ["arxiv", "pubmed", "crossref"]})).unwrap();
        assert_eq!(reply.status, 200, "{query}: {reply:?}");
        assert_eq!(reply.json()["status"], "completed", "{query}: {}", reply.json()["sources"]);
    }
    // Where there is nothing to look for, each source says so.
    let reply = server.ask(&json!({"query": "\u{1f4a1}\u{1f468}\u{200d}\u{1f52c}", "sources": ["arxiv", "crossref"]}));
    for report in list(&reply.unwrap().json()["sources"]) {
        assert_eq!(
            (&report["state"], &report["error"]["code"]),
            (&json!("skipped"), &json!("unsupported")),
            "{report}"
        );
    }
}

#[test]
fn a_nul_and_other_controls_do_no_harm() {
    let Stage { server, upstream, .. } = stage();
    for query in ["lamp\u{0}s", "\u{0}", "lamp\u{7}\u{1b}[2J", "lamp\u{85}\u{9b}s"] {
        let reply = server.ask(&json!({"query": query, "sources": ["crossref"]})).unwrap();
        if reply.status != 200 {
            problem(&reply, 400, "invalid_query");
        }
    }
    for path in upstream.paths() {
        for hostile in ["%00", "%07", "%1B", "%1b", "\u{0}"] {
            assert!(!path.contains(hostile), "{path}");
        }
    }
}

#[test]
fn sources_that_are_unknown_or_too_many_are_refused() {
    let Stage { server, upstream, .. } = stage();
    let ask = |sources: &Value| server.ask(&json!({"query": "lamps", "sources": sources})).unwrap();
    let unknown = problem(&ask(&json!(["arxiv", "altavista"])), 400, "invalid_parameter");
    let detail = text(&unknown["detail"]);
    assert!(detail.contains("`altavista`") && detail.contains("semantic_scholar"), "{detail}");
    let many: Vec<_> = (0..10_000).map(|number| format!("source{number}")).collect();
    problem(&ask(&json!(many)), 400, "invalid_parameter");
    problem(&ask(&json!(vec!["arxiv"; 10_000])), 400, "invalid_parameter");
    problem(&ask(&json!(["x".repeat(5_000)])), 400, "invalid_parameter");
    for sources in [json!("arxiv"), json!([1]), json!({"arxiv": true}), json!([["arxiv"]])] {
        problem(&ask(&sources), 400, "invalid_body");
    }
    assert!(upstream.paths().is_empty(), "{:?}", upstream.paths());
    // A source that is not set up is told of; the others answer.
    let answer = ask(&json!(["arxiv", "brave"])).json();
    assert_eq!(report(&answer, "brave")["state"], "skipped", "{answer}");
    assert_eq!(report(&answer, "arxiv")["state"], "answered");
    let twice = ask(&json!(["arxiv", "arxiv"])).json();
    assert_eq!(list(&twice["sources"]).len(), 1);
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    let Stage { server, .. } = stage();
    for limit in [json!(0), json!(101), json!(18_446_744_073_709_551_615_u64)] {
        problem(&server.ask(&json!({"query": "lamps", "limit": limit})).unwrap(), 400, "invalid_parameter");
    }
    for limit in [json!(-1), json!(2.5), json!("many"), json!(1e300)] {
        problem(&server.ask(&json!({"query": "lamps", "limit": limit})).unwrap(), 400, "invalid_body");
    }
    problem(&server.ask(&json!({"query": "lamps", "colour": "red"})).unwrap(), 400, "invalid_body");
    problem(&server.ask(&json!({"sources": ["arxiv"]})).unwrap(), 400, "invalid_body");
}

#[test]
fn bodies_that_are_no_question_are_refused() {
    let Stage { server, .. } = stage();
    let post =
        |kind: &str, body: &[u8]| server.request("POST", "/api/v1/searches", &[("Content-Type", kind)], body).unwrap();
    for body in ["", "lamps", "[]", "{\"query\":", "null", "{\"query\":7}", "\u{feff}{}", "{\"query\":\"a\"}{}"] {
        problem(&post("application/json", body.as_bytes()), 400, "invalid_body");
    }
    problem(&post("application/json", b"{\"query\":\"\xff\xfe\"}"), 400, "invalid_body");
    problem(&post("application/json", b"{\"query\":\"\\ud800\"}"), 400, "invalid_body");
    problem(&post("text/plain", b"{\"query\":\"lamps\"}"), 415, "unsupported_media_type");
    problem(&post("application/x-www-form-urlencoded", b"query=lamps"), 415, "unsupported_media_type");
    let broken = problem(&post("application/json", b"{\n  \"query\": lamps\n}"), 400, "invalid_body");
    assert_eq!(broken["details"]["line"], 2, "{broken}");
}

#[test]
fn json_that_is_nested_without_end_is_refused() {
    let Stage { server, .. } = stage();
    for bomb in ["[".repeat(900_000), "{\"a\":".repeat(150_000), format!("{{\"query\":{}", "[".repeat(900_000))] {
        let reply =
            server.request("POST", "/api/v1/searches", &[("Content-Type", "application/json")], bomb.as_bytes());
        problem(&reply.unwrap(), 400, "invalid_body");
        let old = server.request("POST", "/search", &[("Content-Type", "application/json")], bomb.as_bytes());
        problem(&old.unwrap(), 400, "invalid_body");
    }
    assert_eq!(server.answer("lamps").unwrap()["status"], "completed");
}

#[test]
fn twenty_megabytes_of_body_are_refused_and_not_kept() {
    let Stage { server, .. } = stage();
    server.answer("lamps").unwrap();
    let before = server.memory_peak().unwrap();
    let body = format!("{{\"query\":\"{}\"}}", "x".repeat(20 << 20));
    for _ in 0..5 {
        let headers = [("Content-Type", "application/json")];
        let reply = server.request("POST", "/api/v1/searches", &headers, body.as_bytes()).unwrap();
        let problem = problem(&reply, 413, "body_too_large");
        assert_eq!(problem["details"]["limit_bytes"], 1 << 20);
    }
    if let (Some(before), Some(after)) = (before, server.memory_peak().unwrap()) {
        assert!(after < before + (16 << 20), "{before} became {after} bytes");
    }
}

#[test]
fn heads_that_are_none_are_refused() {
    let Stage { server, .. } = stage();
    let long = "x".repeat(1_000_000);
    let reply = server.request("GET", "/health/live", &[("X-Long", &long)], b"").unwrap();
    assert_eq!(reply.status, 431, "{reply:?}");
    let reply = server.request("GET", &format!("/health/live?{long}"), &[], b"").unwrap();
    assert!([414, 431].contains(&reply.status), "{reply:?}");
    let headers: Vec<_> = (0..500).map(|_| ("X-Many", "x")).collect();
    let reply = server.request("GET", "/health/live", &headers, b"").unwrap();
    assert_eq!(reply.status, 431, "{reply:?}");
    problem(&server.get("/api/v1/nowhere").unwrap(), 404, "no_such_route");
    problem(&server.request("PATCH", "/api/v1/searches", &[], b"").unwrap(), 405, "method_not_allowed");
    problem(&server.get("/api/v1/searches/%00").unwrap(), 400, "invalid_parameter");
    problem(&server.get("/api/v1/searches/../../etc/passwd").unwrap(), 404, "no_such_route");
    assert_eq!(server.get("/health/live").unwrap().status, 204);
}

#[test]
fn what_people_ask_for_is_in_no_log_and_neither_is_a_key() {
    let Stage { server, upstream, .. } = crate::stage_with(&[
        ("PAKE_LOG__LEVEL", "trace"),
        ("PAKE_SOURCES__OPENALEX__KEY", "swordfish-openalex"),
        ("PAKE_SOURCES__PUBMED__KEY", "swordfish-pubmed"),
        ("PAKE_SOURCES__BRAVE__KEY", "swordfish-brave"),
    ]);
    upstream.fail("crossref", e2e::upstream::Fault::Status(500));
    let sources = ["arxiv", "pubmed", "openalex", "crossref", "brave", "europepmc", "wikipedia"];
    let answer = server.ask(&json!({"query": "zebrafish", "sources": sources})).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    server.ask(&json!({"query": "zebrafish AND ("})).unwrap();
    server.get("/search?q=zebrafish").unwrap();
    let mut socket = server.socket().unwrap();
    socket.send("search", &json!({"query": "zebrafish \"in water"})).unwrap();
    socket.next_frame().unwrap();
    for reply in ["/api/v1/sources", "/health", "/metrics"] {
        let told = server.get(reply).unwrap().text();
        assert!(!told.contains("swordfish") && !told.contains("zebrafish"), "{reply}: {told}");
    }
    assert!(!answer.text().contains("swordfish"), "{answer:?}");
    drop(socket);
    for line in server.stop().unwrap() {
        assert!(!line.contains("swordfish"), "{line}");
        assert!(!line.contains("zebrafish"), "{line}");
    }
}
