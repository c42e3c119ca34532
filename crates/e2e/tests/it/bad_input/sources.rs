//! Sources that misbehave: the search goes on without them, and says why.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicUsize, Ordering},
};

use e2e::{
    events::Event,
    upstream::{Fault, SIZE_OF_HUGE},
};
use serde_json::{Value, json};

use crate::{Stage, list, report, stage, stage_with, text};

/// Asks one well source and one that fails like this; what is said of the one that fails.
#[track_caller]
fn failing(Stage { server, upstream, .. }: &Stage, fault: &Fault) -> Value {
    // No question twice: an answer that was kept would stand in.
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let query = format!("lamps {}", ASKED.fetch_add(1, Ordering::Relaxed));
    upstream.fail("crossref", fault.clone());
    let id = server.begin(&json!({"query": query, "sources": ["arxiv", "crossref"]})).unwrap();
    let events = server.follow(&id, None).unwrap().rest().unwrap();
    let completed = events.iter().find(|event| event.name == "search_completed");
    let completed = &completed.unwrap_or_else(|| panic!("{fault:?}: {events:#?}")).frame["data"];
    assert_eq!(report(completed, "arxiv")["state"], "answered", "{fault:?}");
    assert!(!list(&completed["works"]).is_empty(), "{fault:?}");
    let failed = |event: &&Event| event.frame["data"]["kind"] == "search_source_failed";
    let failed: Vec<_> = events.iter().filter(failed).map(|event| &event.frame["data"]).collect();
    // Two when its time and its last attempt end in the same moment: it is late, and then it has failed.
    assert!((1..=2).contains(&failed.len()), "{fault:?}: {events:#?}");
    let failed = failed[failed.len() - 1];
    assert_eq!((&failed["source"], &failed["state"]), (&json!("crossref"), &json!("failed")), "{fault:?}");
    let answer = server.get(&format!("/api/v1/searches/{id}")).unwrap().json();
    assert_eq!(answer["status"], "partial", "{fault:?}");
    assert_eq!(report(&answer, "crossref")["error"], failed["error"], "{fault:?}");
    failed["error"].clone()
}

#[test]
fn a_source_that_is_ill_is_unavailable() {
    for status in [500, 501, 502, 503, 504, 522] {
        let error = failing(&stage(), &Fault::Status(status));
        assert_eq!(error, json!({"code": "unavailable", "status": status}));
    }
}

#[test]
fn a_source_that_refuses_is_left_alone() {
    let stage = stage();
    let error = failing(&stage, &Fault::Status(401));
    assert_eq!((&error["code"], &error["status"]), (&json!("refused"), &json!(401)));
    let asked = stage.upstream.requests("crossref");
    let error = failing(&stage, &Fault::Status(401));
    assert_eq!(error["code"], "circuit_open", "{error}");
    assert!(text(&error["reason"]).contains("401") && error["retry_at"].is_string(), "{error}");
    assert_eq!(stage.upstream.requests("crossref"), asked);
}

#[test]
fn a_storm_of_429_is_waited_out_and_not_answered_with_more_requests() {
    let stage = stage();
    let error = failing(&stage, &Fault::TooMany(600));
    assert_eq!(error["code"], "rate_limited", "{error}");
    assert!(error["retry_at"].is_string());
    let asked = stage.upstream.requests("crossref");
    for number in 0..20 {
        let question = json!({"query": format!("light {number}"), "sources": ["arxiv", "crossref"]});
        let answer = stage.server.ask(&question).unwrap().json();
        assert_eq!(report(&answer, "crossref")["state"], "failed");
        assert_eq!(report(&answer, "arxiv")["state"], "answered");
    }
    assert_eq!(stage.upstream.requests("crossref"), asked);
    let sources = stage.server.get("/api/v1/sources/crossref").unwrap().json();
    assert_eq!(sources["health"]["state"], "limited", "{sources}");
}

#[test]
fn when_every_source_storms_the_search_ends_all_the_same() {
    let Stage { server, upstream, .. } = stage();
    upstream.fail_all(&Fault::TooMany(600));
    let answer = server.answer("lamps").unwrap();
    assert_eq!((&answer["status"], &answer["works"]), (&json!("failed"), &json!([])));
    for report in list(&answer["sources"]) {
        assert_eq!(report["error"]["code"], "rate_limited", "{report}");
    }
    let health = server.get("/health").unwrap().json();
    assert_eq!(health["components"]["sources"]["status"], "degraded", "{health}");
}

#[test]
fn a_source_that_hangs_or_drips_is_given_up_when_its_time_is_over() {
    for fault in [Fault::Hang, Fault::Drip] {
        let stage = stage_with(&[("PAKE_SOURCES__CROSSREF__TIMEOUT", "0.3")]);
        let error = failing(&stage, &fault);
        assert_eq!(error["code"], "timeout", "{error}");
        stage.upstream.await_abandoned("crossref").unwrap();
    }
}

#[test]
fn an_answer_that_breaks_off_is_a_broken_connection() {
    assert_eq!(failing(&stage(), &Fault::Cut)["code"], "network");
    let error = failing(&stage(), &Fault::CutGzip);
    assert!(["network", "malformed"].contains(&text(&error["code"]).as_str()), "{error}");
}

#[test]
fn a_page_for_people_is_no_answer() {
    let error = failing(&stage(), &Fault::Html);
    assert_eq!(error["code"], "malformed", "{error}");
    assert!(text(&error["message"]).to_lowercase().contains("html"), "{error}");
    for json in ["", "null", "[]", "{}", "\"lamps\"", "{\"status\":\"ok\",\"message\":7}"] {
        let error = failing(&stage(), &Fault::Json(json.to_owned()));
        assert_eq!(error["code"], "malformed", "{json:?}: {error}");
    }
    let deep = format!("{{\"status\":\"ok\",\"message\":{}", "[".repeat(200_000));
    assert_eq!(failing(&stage(), &Fault::Json(deep))["code"], "malformed");
}

#[test]
fn half_a_gigabyte_is_not_read() {
    let stage = stage();
    stage.server.answer("lamps and light").unwrap();
    let before = stage.server.memory_peak().unwrap();
    let error = failing(&stage, &Fault::Huge);
    assert_eq!(error["code"], "too_large", "{error}");
    assert!(error["limit_bytes"].as_u64().unwrap() < SIZE_OF_HUGE as u64 / 10, "{error}");
    stage.upstream.await_abandoned("crossref").unwrap();
    if let (Some(before), Some(after)) = (before, stage.server.memory_peak().unwrap()) {
        assert!(after < before + (32 << 20), "{before} became {after} bytes");
    }
}

#[test]
fn a_wrong_charset_spoils_no_more_than_its_letters() {
    for charset in ["utf-16", "iso-8859-1", "no-such-charset", "\"", ""] {
        let Stage { server, upstream, .. } = stage();
        upstream.fail("crossref", Fault::Charset(charset));
        upstream.fail("arxiv", Fault::Charset(charset));
        let question = json!({"query": "lamps", "sources": ["arxiv", "crossref", "openalex"]});
        let answer = server.ask(&question).unwrap().json();
        assert_eq!(report(&answer, "openalex")["state"], "answered");
        for source in ["arxiv", "crossref"] {
            let report = report(&answer, source);
            let is_clear = report["state"] == "answered" || report["error"]["code"] == "malformed";
            assert!(is_clear, "{charset}: {report}");
        }
    }
}

#[test]
fn a_redirect_into_this_machine_or_its_network_is_not_followed() {
    // What must not be reached: it would tell by accepting a connection.
    let inside = TcpListener::bind("127.0.0.1:0").unwrap();
    inside.set_nonblocking(true).unwrap();
    let port = inside.local_addr().unwrap().port();
    for to in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://2130706433:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[fd00:ec2::254]/latest/meta-data/".to_owned(),
        "http://10.0.0.1/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1/".to_owned(),
    ] {
        let error = failing(&stage(), &Fault::Redirect(to.clone()));
        assert_eq!(error["code"], "blocked", "{to}: {error}");
    }
    assert!(inside.accept().is_err(), "somebody came");
}

#[test]
fn redirects_that_lead_nowhere_end() {
    let stage = stage();
    let itself = stage.upstream.base_url("crossref") + "/works";
    let error = failing(&stage, &Fault::Redirect(itself));
    assert!(["malformed", "network"].contains(&text(&error["code"]).as_str()), "{error}");
    assert!(stage.upstream.requests("crossref") < 30, "{}", stage.upstream.requests("crossref"));
    for to in ["", "http://", "//", "?", "\u{7f}"] {
        let error = failing(&self::stage(), &Fault::Redirect(to.to_owned()));
        assert!(["malformed", "blocked", "network"].contains(&text(&error["code"]).as_str()), "{to}: {error}");
    }
}

#[test]
fn one_bad_answer_suspends_no_source() {
    let stage = stage();
    failing(&stage, &Fault::Html);
    stage.upstream.mend("crossref");
    let answer = stage.server.ask(&json!({"query": "light", "sources": ["crossref"]})).unwrap().json();
    assert_eq!(report(&answer, "crossref")["state"], "answered", "{answer}");
}

#[test]
fn records_that_cannot_be_read_are_counted_and_the_others_stay() {
    let Stage { server, .. } = stage();
    let answer = server.ask(&json!({"query": "lamps", "sources": ["crossref"]})).unwrap().json();
    let report = report(&answer, "crossref");
    assert_eq!((&report["state"], &report["malformed"]), (&json!("answered"), &json!(3)), "{report}");
}
