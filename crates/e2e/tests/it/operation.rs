//! What an operator looks at: metrics, health, the log.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use e2e::{house::repository_root, pake::Pake, upstream::Fault};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{Stage, default_sources, list, report, stage, stage_with, text};

/// Each family of a scrape: its type and the names of its labels.
fn families(scrape: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut families: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    for line in scrape.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            families.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        }
        let Some((series, _)) = line.split_once('{').filter(|_| !line.starts_with('#')) else { continue };
        let labels = line[series.len() + 1..line.rfind('}').unwrap()].split("\",");
        let names = labels.filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
        let family = families
            .iter_mut()
            .filter(|(name, _)| series.starts_with(name.as_str()))
            .max_by_key(|(name, _)| name.len());
        family.unwrap_or_else(|| panic!("no type of {series}")).1.1.extend(names);
    }
    families
}

#[test]
fn the_families_of_a_scrape_after_a_search_are_these() {
    let Stage { server, upstream, .. } = stage();
    upstream.fail("crossref", Fault::Status(404));
    server.answer("lamps").unwrap();
    server.answer("lamps").unwrap();
    server.get("/health").unwrap();
    let _socket = server.socket().unwrap();
    let reply = server.get("/metrics").unwrap();
    assert_eq!(reply.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    let scrape = reply.text();
    assert!(scrape.ends_with("# EOF\n"), "{scrape}");
    let table: Vec<_> = families(&scrape)
        .into_iter()
        // Jobs run after a while: whether they are in is chance.
        .filter(|(name, _)| !name.starts_with("pake_job_"))
        .map(|(name, (kind, labels))| format!("{name} {kind} {}", labels.into_iter().collect::<Vec<_>>().join(" ")))
        .collect();
    assert_snapshot!(table.join("\n"));
    let reference = fs::read_to_string(repository_root().join("docs/reference/metrics.md")).unwrap();
    for (name, (kind, labels)) in families(&scrape) {
        assert!(scrape.contains(&format!("# HELP {name} ")), "{name} has a help text");
        let whole = if kind == "counter" { format!("{name}_total") } else { name };
        let row = reference.lines().find(|line| line.starts_with(&format!("| `{whole}` | {kind} |")));
        let row = row.unwrap_or_else(|| panic!("{whole} is not in the reference"));
        for label in labels.iter().filter(|label| *label != "le") {
            assert!(row.contains(&format!("`{label}`")), "{label} of {row}");
        }
    }
}

#[test]
fn a_search_is_counted_for_each_source_and_by_how_it_ended() {
    let Stage { server, upstream, .. } = stage();
    upstream.fail("crossref", Fault::Status(404));
    server.settled_answer("lamps").unwrap();
    let value = |start: &str| server.metric(start).unwrap();
    assert_eq!(value("pake_source_requests_total{source=\"arxiv\",outcome=\"answered\"}"), Some(1));
    assert_eq!(value("pake_source_requests_total{source=\"crossref\",outcome=\"bad_query\"}"), Some(1));
    assert_eq!(value("pake_search_duration_seconds_count{result=\"partial\"}"), Some(1));
    assert_eq!(value("pake_cache_requests_total{tier=\"none\",result=\"miss\"}"), Some(1));
    upstream.mend("crossref");
    server.settled_answer("lamps").unwrap();
    server.answer("lamps").unwrap();
    assert_eq!(value("pake_cache_requests_total{tier=\"memory\",result=\"hit\"}"), Some(1));
    assert_eq!(value("pake_search_duration_seconds_count{result=\"complete\"}"), Some(1));
    assert_eq!(value("pake_search_duration_seconds_count{result=\"cached\"}"), Some(1));
    let asked = format!("http_client_request_duration_seconds_count{{server_address=\"{}\"}}", upstream.address().ip());
    assert!(value(&asked).is_some_and(|asked| asked >= 5), "{:?}", value(&asked));
}

#[test]
fn what_was_asked_for_makes_no_new_series() {
    let Stage { server, .. } = stage();
    for number in 0..5 {
        let id = text(&server.answer(&format!("lamps {number}")).unwrap()["id"]);
        server.get(&format!("/api/v1/searches/{id}")).unwrap();
        server.get(&format!("/nowhere/{number}")).unwrap();
        server.request(&format!("DANCE{number}"), "/health", &[], b"").unwrap();
    }
    let scrape = server.get("/metrics").unwrap().text();
    let series = |part: &str| scrape.lines().filter(|line| line.contains("_count{") && line.contains(part)).count();
    assert_eq!(series("http_route=\"/api/v1/searches/{id}\""), 1);
    assert_eq!(series("http_route=\"_OTHER\""), 1);
    assert_eq!(series("http_request_method=\"_OTHER\""), 1);
    assert!(!scrape.contains("lamps"));
}

#[test]
fn health_tells_of_each_part() {
    let Stage { server, upstream, .. } = stage();
    let health = server.get("/health").unwrap().json();
    assert_eq!(health["status"], "healthy", "{health}");
    let parts: Vec<_> = health["components"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(parts, ["cache", "database", "history", "jobs", "queue", "redis", "sources"]);
    assert_eq!(health["components"]["database"], json!({"status": "healthy", "detail": "sqlite"}));
    assert_eq!(health["components"]["redis"], json!({"status": "off"}));
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(server.get("/health/live").unwrap().status, 204);
    assert_eq!(server.get("/health/ready").unwrap().status, 204);

    // Half of the sources refuse: it goes on, and says so.
    let sources = default_sources(&server);
    for source in &sources[..sources.len().div_ceil(2)] {
        upstream.fail(source, Fault::Status(403));
    }
    server.answer("lamps").unwrap();
    let health = server.get("/health").unwrap().json();
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["components"]["sources"]["status"], "degraded", "{health}");
    assert_eq!(server.get("/health/ready").unwrap().status, 204, "requests may still be sent here");
}

#[test]
fn the_state_of_a_source_is_public() {
    let Stage { server, upstream, .. } = stage();
    upstream.fail("crossref", Fault::Status(403));
    let answer = server.answer("lamps").unwrap();
    assert_eq!(report(&answer, "crossref")["error"]["code"], "refused");
    let state = server.get("/api/v1/sources/crossref").unwrap().json();
    assert_eq!(state["health"]["state"], "open", "{state}");
    assert!(text(&state["health"]["reason"]).contains("403"), "{state}");
    assert!(state["health"]["next_attempt"].is_string());
    let openalex = server.get("/api/v1/sources/openalex").unwrap().json();
    assert!(openalex["health"]["spent_today_usd"].as_f64().unwrap() > 0.0, "{openalex}");
    assert!(openalex["health"]["daily_budget_usd"].is_number());
    assert_eq!(server.get("/api/v1/sources/altavista").unwrap().status, 404);
}

#[test]
fn who_has_the_state_of_the_sources_is_not_sent_it_again() {
    let Stage { server, .. } = stage();
    let tag = server.get("/api/v1/sources").unwrap().header("etag").unwrap().to_owned();
    let unchanged = || server.request("GET", "/api/v1/sources", &[("If-None-Match", &tag)], b"").unwrap();
    assert_eq!((unchanged().status, unchanged().body.len()), (304, 0));
    server.answer("lamps").unwrap();
    assert_eq!(unchanged().status, 200, "something has changed");
}

/// The ids of request and search that a line of the log stands under.
fn ids(line: &Value, name: &str) -> Vec<String> {
    let spans = line["spans"].as_array().into_iter().flatten();
    spans.filter_map(|span| span[name].as_str().map(str::to_owned)).collect()
}

#[test]
fn as_json_each_line_is_an_object_with_the_ids_of_request_and_search() {
    let variables = [("PAKE_LOG__FORMAT", "json"), ("PAKE_LOG__LEVEL", "info,server::http=debug")];
    let Stage { server, upstream, .. } = stage_with(&variables);
    upstream.fail("crossref", Fault::Status(404));
    let headers = [("Content-Type", "application/json"), ("Prefer", "wait=60"), ("X-Request-Id", "my-request")];
    let reply = server.request("POST", "/api/v1/searches", &headers, br#"{"query":"lamps"}"#).unwrap();
    assert_eq!(reply.header("x-request-id"), Some("my-request"));
    let id = text(&reply.json()["id"]);
    let log = server.stop().unwrap();
    let lines: Vec<Value> = log.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    // All but what is said to the person who started it: where it is, how accounts begin, that it stopped.
    assert!(lines.len() + 3 >= log.len(), "{log:#?}");
    for line in &lines {
        assert!(line["timestamp"].is_string() && line["level"].is_string() && line["message"].is_string(), "{line}");
    }
    let answered = lines.iter().find(|line| line["message"] == "answered").unwrap();
    assert_eq!(ids(answered, "request_id"), ["my-request"], "{answered}");
    let failed = lines.iter().find(|line| line["message"] == "source failed").unwrap();
    assert_eq!((&failed["source"], &failed["code"]), (&json!("crossref"), &json!("bad_query")));
    assert_eq!(ids(failed, "search_id"), [id], "{failed}");
}

#[test]
fn an_id_that_cannot_stand_in_a_log_is_replaced() {
    let Stage { server, .. } = stage();
    let long = "x".repeat(200);
    for given in ["two words", &long, "\u{e9}"] {
        let reply = server.request("GET", "/health/live", &[("X-Request-Id", given)], b"").unwrap();
        let made = reply.header("x-request-id").unwrap();
        assert!(made != given && made.len() == 24, "{given} became {made}");
    }
}

#[test]
fn the_api_describes_itself() {
    let Stage { server, .. } = stage();
    let document = server.get("/api/openapi.json").unwrap().json();
    assert!(text(&document["openapi"]).starts_with("3.1"), "{}", document["openapi"]);
    for path in ["/api/v1/searches", "/api/v1/searches/{id}/events", "/ws", "/search", "/quick", "/health", "/metrics"]
    {
        assert!(document["paths"].get(path).is_some(), "{path}");
    }
    let page = server.get("/api/docs").unwrap();
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(list(&document["tags"]).len() > 3);
}

#[test]
fn answers_are_compressed_for_who_can_read_it() {
    let Stage { server, .. } = stage();
    let id = text(&server.answer("lamps").unwrap()["id"]);
    let path = format!("/api/v1/searches/{id}");
    let plain = server.get(&path).unwrap();
    assert_eq!(plain.header("content-encoding"), None);
    for encoding in ["zstd", "br", "gzip"] {
        let reply = server.request("GET", &path, &[("Accept-Encoding", encoding)], b"").unwrap();
        assert_eq!(reply.header("content-encoding"), Some(encoding));
        assert!(reply.body.len() * 2 < plain.body.len(), "{encoding}: {} of {}", reply.body.len(), plain.body.len());
    }
}

#[test]
fn the_references_are_as_the_code_would_write_them() {
    let references = repository_root().join("docs/reference");
    let finished = Pake::new().unwrap().run(&["generate", &references.display().to_string(), "--check"]).unwrap();
    assert_eq!(finished.status, 0, "{finished}");
}
