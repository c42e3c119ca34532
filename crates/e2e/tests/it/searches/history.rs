//! The history over HTTP: what was asked, found again, marked, counted, taken away and deleted.

use e2e::{serving::Serving, socket::Said, upstream::Fault};
use serde_json::{Value, json};

use crate::{Stage, list, stage, text};

/// A server that was asked these questions, one after the other; the ids of the searches.
fn asked(queries: &[&str]) -> (Stage, Vec<String>) {
    let stage = stage();
    let ids = queries.iter().map(|query| text(&stage.server.answer(query).unwrap()["id"])).collect();
    (stage, ids)
}

fn put(server: &Serving, path: &str, body: &Value) -> u16 {
    let headers = [("Content-Type", "application/json")];
    server.request("PUT", path, &headers, body.to_string().as_bytes()).unwrap().status
}

/// What the queries of a list are.
#[track_caller]
fn queries(server: &Serving, filter: &str) -> Vec<String> {
    let reply = server.get(&format!("/api/v1/history{filter}")).unwrap();
    assert_eq!(reply.status, 200, "{reply:?}");
    list(&reply.json()["entries"]).iter().map(|entry| text(&entry["query"])).collect()
}

#[test]
fn every_search_is_in_the_history_with_its_numbers_and_its_sources() {
    let Stage { server, upstream, .. } = stage();
    upstream.fail("crossref", Fault::Status(404));
    let answer = server.settled_answer("lamps").unwrap();
    upstream.mend("crossref");
    let again = server.answer("lamps").unwrap();
    let kept = server.answer("lamps").unwrap();
    assert_eq!(kept["cache"]["hit"], true);
    let page = server.get("/api/v1/history").unwrap().json();
    let entries = list(&page["entries"]);
    let ids: Vec<_> = entries.iter().map(|entry| entry["id"].clone()).collect();
    assert_eq!(ids, [&kept["id"], &again["id"], &answer["id"]].map(Value::clone), "the latest first");
    let first = &entries[2];
    assert_eq!(
        (&first["query"], &first["cache_hit"], &first["is_favorite"]),
        (&json!("lamps"), &json!(false), &json!(false))
    );
    assert_eq!(first["results_count"], list(&answer["works"]).len());
    assert_eq!(first["query_metadata"]["status"], "partial");
    assert_eq!(first["query_metadata"]["counts"], answer["counts"]);
    assert_eq!(first["query_metadata"]["reports"], answer["sources"]);
    assert_eq!(entries[0]["cache_hit"], true);
    let one = server.get(&format!("/api/v1/history/{}", text(&answer["id"]))).unwrap().json();
    assert_eq!(one, *first);
}

#[test]
fn it_is_found_by_word_source_tag_and_mark() {
    let (Stage { server, .. }, ids) = asked(&["lamps", "glow worms", "lamps AND light", "source:arxiv lanterns"]);
    assert_eq!(queries(&server, "?q=lamp"), ["lamps AND light", "lamps"]);
    assert_eq!(queries(&server, "?q=GLOW%20wor"), ["glow worms"]);
    assert_eq!(queries(&server, "?q=nter"), ["source:arxiv lanterns"], "within a word");
    let page = server.get("/api/v1/history?q=amp&limit=1").unwrap().json();
    let next = format!("?q=amp&limit=1&after={}", text(&page["next"]));
    assert_eq!(queries(&server, &next), ["lamps"], "the next page too");
    assert_eq!(queries(&server, "?source=crossref&limit=1"), ["lamps AND light"]);
    assert_eq!(put(&server, &format!("/api/v1/history/{}/favorite", ids[0]), &json!({"is_favorite": true})), 200);
    assert_eq!(
        put(&server, &format!("/api/v1/history/{}/tags", ids[1]), &json!({"tags": ["thesis", "chapter 2"]})),
        200
    );
    assert_eq!(queries(&server, "?favorites=true"), ["lamps"]);
    assert_eq!(queries(&server, "?tag=chapter%202"), ["glow worms"]);
    assert!(queries(&server, "?until=2020-01-01").is_empty());
    assert_eq!(queries(&server, "?from=2020-01-01").len(), 4);
    let tags = server.get("/api/v1/history/tags").unwrap().json();
    assert_eq!(list(&tags["tags"]).len(), 2, "{tags}");
    for wrong in ["?limit=0", "?limit=1001", "?source=altavista", "?from=soon", "?colour=red", "?after=nowhere"] {
        let reply = server.get(&format!("/api/v1/history{wrong}")).unwrap();
        assert_eq!((reply.status, &reply.json()["error"]), (400, &json!("invalid_parameter")), "{wrong}: {reply:?}");
    }
}

#[test]
fn pages_follow_each_other() {
    let (Stage { server, .. }, ids) = asked(&["a1 lamp", "a2 lamp", "a3 lamp", "a4 lamp", "a5 lamp"]);
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = server.get(&format!("/api/v1/history?limit=2{after}")).unwrap().json();
        seen.extend(list(&page["entries"]).iter().map(|entry| text(&entry["id"])));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    seen.reverse();
    assert_eq!(seen, ids);
}

#[test]
fn what_is_deleted_is_gone_with_its_answer() {
    let (Stage { server, pake, .. }, ids) = asked(&["lamps", "glow worms"]);
    let delete = |path: &str| server.request("DELETE", path, &[], b"").unwrap().status;
    let gone = format!("/api/v1/history/{}", ids[0]);
    assert_eq!((delete(&gone), delete(&gone)), (204, 404));
    assert_eq!(server.get(&format!("/api/v1/searches/{}", ids[0])).unwrap().status, 404);
    assert_eq!(queries(&server, ""), ["glow worms"]);
    assert_eq!(delete("/api/v1/history"), 204);
    assert!(queries(&server, "").is_empty());
    server.stop().unwrap();
    let server = pake.serve().unwrap();
    assert!(queries(&server, "").is_empty());
    for id in ids {
        assert_eq!(server.get(&format!("/api/v1/searches/{id}")).unwrap().status, 404);
    }
}

#[test]
fn it_can_be_counted_and_taken_away() {
    let (Stage { server, .. }, _) = asked(&["lamps", "lamps", "glow worms"]);
    let analytics = server.get("/api/v1/history/analytics").unwrap().json();
    assert_eq!((&analytics["total_searches"], &analytics["unique_queries"]), (&json!(3), &json!(2)), "{analytics}");
    for key in ["avg_execution_time", "cache_hit_rate", "top_sources", "popular_queries", "search_frequency"] {
        assert!(analytics.get(key).is_some(), "{key}");
    }
    let popular = server.get("/api/v1/history/popular").unwrap().json();
    assert_eq!(popular["queries"][0]["query"], "lamps", "{popular}");
    let export = server.get("/api/v1/history/export").unwrap();
    let document = export.json();
    assert_eq!(list(&document["search_history"]).len(), 3);
    assert_eq!(document["metadata"]["total_searches"], 3);
    assert!(export.header("content-disposition").unwrap().contains("pake-history-"));
    let lines = server.get("/api/v1/history/export?format=ndjson").unwrap().text();
    assert_eq!(lines.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 3);
    assert_eq!(server.get("/api/v1/history/export?format=csv").unwrap().text().trim_end().lines().count(), 4);
    assert_eq!(server.get("/api/v1/history/export?format=docx").unwrap().status, 400);
}

#[test]
fn open_sockets_are_told_what_changed() {
    let Stage { server, .. } = stage();
    let mut socket = server.socket().unwrap();
    socket.send("ping", &json!(null)).unwrap();
    socket.next_frame().unwrap();
    let id = text(&server.answer("lamps").unwrap()["id"]);
    let mut told = |action: &str| match socket.next_said().unwrap() {
        Said::Frame(frame) => {
            assert_eq!((&frame["type"], &frame["data"]["action"]), (&json!("search_history_updated"), &json!(action)));
            list(&frame["data"]["search_ids"]).iter().map(text).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(told("recorded"), [id.as_str()]);
    put(&server, &format!("/api/v1/history/{id}/favorite"), &json!({"is_favorite": true}));
    assert_eq!(told("changed"), [id.as_str()]);
    server.request("DELETE", &format!("/api/v1/history/{id}"), &[], b"").unwrap();
    assert_eq!(told("deleted"), [id.as_str()]);
}

#[test]
fn a_history_of_no_days_keeps_nothing() {
    let Stage { server, .. } = crate::stage_with(&[("PAKE_HISTORY__RETENTION_DAYS", "0")]);
    server.answer("lamps").unwrap();
    assert!(queries(&server, "").is_empty());
}
