//! `pake search`: what it writes off a terminal, and how it ends.

use std::fs;

use e2e::{mask::masked, upstream::Fault};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{alone, asking, done, refused, shown};
use crate::{default_sources, list};

fn frames(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

#[test]
fn off_a_terminal_the_answer_is_separated_by_tabs() {
    let (_upstream, pake) = asking();
    assert_snapshot!(shown(&pake.run(&["search", "lamps", "--source", "crossref"]).unwrap()));
}

#[test]
fn every_source_is_asked_and_told_of() {
    let (_upstream, pake) = asking();
    let finished = pake.run(&["search", "lamps"]).unwrap();
    assert_eq!(finished.status, 0, "{finished}");
    let told = finished.stderr.lines().filter(|line| line.starts_with("✓ ")).count();
    let ready = done(&pake, &["sources", "--json"]);
    let ready: Value = serde_json::from_str(&ready).unwrap();
    let ready = list(&ready["sources"]).iter().filter(|source| source["availability"] == "ready").count();
    assert_eq!(told, ready, "{finished}");
    let last = finished.stderr.lines().last().unwrap();
    assert!(last.contains(&format!("of {ready} of {ready} sources in ")), "{last}");
    for line in finished.stdout.lines() {
        assert_eq!(line.matches('\t').count(), 7, "{line}");
    }
}

#[test]
fn as_json_every_event_is_a_line_in_its_order() {
    let (_upstream, pake) = asking();
    let finished = pake.run(&["search", "lamps", "--source", "arxiv,crossref", "--json"]).unwrap();
    let frames = frames(&finished.stdout);
    let numbers: Vec<_> = frames.iter().map(|frame| frame["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=frames.len() as u64).collect::<Vec<_>>());
    assert_eq!((&frames[0]["type"], &frames[0]["data"]["query"]), (&json!("search_started"), &json!("lamps")));
    let last = frames.last().unwrap();
    assert_eq!(last["type"], "search_completed");
    assert!(list(&last["data"]["works"]).len() > 5);
    for frame in &frames {
        for key in ["type", "timestamp", "message_id", "search_id", "data"] {
            assert!(frame.get(key).is_some(), "{key} in {frame}");
        }
    }
    // Lines for people stay away; what the whole came to is said.
    assert_eq!(finished.stderr.lines().count(), 1, "{finished}");
}

#[test]
fn the_answer_is_written_in_the_form_of_another_program() {
    let (_upstream, pake) = asking();
    for format in ["bibtex", "ris", "csl-json", "csv", "json"] {
        let out = done(&pake, &["search", "lamps", "--source", "crossref", "--quiet", "--export", format]);
        if format == "json" {
            let works: Value = serde_json::from_str(&out).unwrap();
            assert!(list(&works).iter().any(|work| work["doi"] == "10.5555/lamps.2024.7"), "{works}");
        } else {
            assert_snapshot!(format!("export_{format}"), masked(&out));
        }
    }
    assert_snapshot!(refused(&pake, 1, &["search", "lamps", "--export", "docx"]));
    assert_snapshot!(refused(&pake, 1, &["search", "lamps", "--export", "csv", "--json"]));
}

#[test]
fn options_become_conditions() {
    let (_upstream, pake) = asking();
    let options = ["--year", "2020..2024", "--type", "article,preprint", "--open", "--limit", "3"];
    let arguments = [&["search", "lamps OR lights", "--json", "--source", "europepmc"][..], &options].concat();
    let frames = frames(&done(&pake, &arguments));
    let query = "(lamps OR lights) year:2020..2024 (type:article OR type:preprint) open:true";
    assert_eq!((&frames[0]["data"]["query"], &frames[0]["data"]["limit"]), (&json!(query), &json!(3)));
}

#[test]
fn quiet_means_data_only() {
    let (_upstream, pake) = asking();
    let finished = pake.run(&["search", "lamps", "--source", "crossref", "--quiet"]).unwrap();
    assert_eq!((finished.status, finished.stderr.as_str()), (0, ""), "{finished}");
    assert!(finished.stdout.lines().count() > 3);
}

#[test]
fn a_query_that_cannot_be_read_is_shown_with_a_mark_at_the_column() {
    let pake = alone();
    for (name, query) in [
        ("unbalanced_quote", "lamps \"and light"),
        ("unbalanced_parenthesis", "(lamps OR light"),
        ("nothing_after_and", "lamps AND"),
        ("unknown_type", "lamps type:novel"),
        ("unknown_source", "lamps source:altavista"),
        ("wide_characters", "研究 year:soon"),
    ] {
        assert_snapshot!(format!("syntax_{name}"), refused(&pake, 1, &["search", query]));
    }
    assert_snapshot!("year_option", refused(&pake, 1, &["search", "lamps", "--year", "soon"]));
}

#[test]
fn what_cannot_be_asked_is_refused_before_anybody_is_asked() {
    let (upstream, pake) = asking();
    assert_snapshot!("source_option", refused(&pake, 1, &["search", "lamps", "--source", "altavista"]));
    for limit in ["0", "101", "many"] {
        assert!(refused(&pake, 1, &["search", "lamps", "--limit", limit]).contains("--limit"), "{limit}");
    }
    for timeout in ["0", "1e9", "soon"] {
        assert!(refused(&pake, 1, &["search", "lamps", "--timeout", timeout]).contains("--timeout"), "{timeout}");
    }
    assert!(upstream.paths().is_empty(), "{:?}", upstream.paths());
}

#[test]
fn a_source_that_fails_is_told_of_and_the_others_answer() {
    let (upstream, pake) = asking();
    upstream.fail("crossref", Fault::Status(404));
    let finished = pake.run(&["search", "lamps", "--source", "arxiv,crossref"]).unwrap();
    assert_eq!(finished.status, 0, "{finished}");
    assert!(finished.stderr.contains("✗ Crossref"), "{finished}");
    assert!(finished.stderr.contains("of 1 of 2 sources"), "{finished}");
    assert!(!finished.stdout.is_empty());
}

#[test]
fn when_no_source_answers_the_search_has_failed() {
    let (upstream, pake) = asking();
    upstream.fail_all(&Fault::Status(404));
    let finished = pake.run(&["search", "lamps", "--source", "crossref"]).unwrap();
    assert_snapshot!(shown(&finished));
}

#[test]
fn a_search_leaves_nothing_behind_where_nothing_was() {
    let (_upstream, pake) = asking();
    done(&pake, &["search", "lamps", "--source", "crossref", "--quiet"]);
    assert_eq!(fs::read_dir(pake.folder()).unwrap().count(), 0);
}

#[test]
fn ctrl_c_ends_the_work_at_the_sources() {
    let (upstream, pake) = asking();
    upstream.hold_all();
    let running = pake.start(&["search", "lamps", "--source", "arxiv,crossref"]).unwrap();
    upstream.await_requests("crossref", 1).unwrap();
    running.interrupt().unwrap();
    let finished = running.finish().unwrap();
    assert_eq!((finished.status, finished.stdout.as_str()), (1, ""), "{finished}");
    assert!(finished.stderr.ends_with("error: interrupted\n"), "{finished}");
    upstream.await_abandoned("crossref").unwrap();
}

#[test]
fn a_server_answers_as_the_own_engine_does() {
    let (upstream, pake) = asking();
    let server = pake.serve().unwrap();
    // Nothing of this one's own settings leads to a source: what it knows comes from the server.
    let client = alone();
    let question = ["search", "lamps", "--source", "crossref", "--quiet"];
    let url = server.url();
    let remote = [&question[..], &["--server", &url]].concat();
    assert_eq!(done(&client, &remote), done(&pake, &question));
    let ris = done(&client, &[&remote[..], &["--export", "ris"]].concat());
    assert!(ris.starts_with("TY  - "), "{ris}");
    assert!(default_sources(&server).len() > 3);

    upstream.hold_all();
    let running = client.start(&["search", "other lamps", "--source", "arxiv", "--server", &server.url()]).unwrap();
    upstream.await_requests("arxiv", 1).unwrap();
    running.interrupt().unwrap();
    assert_eq!(running.finish().unwrap().status, 1);
    upstream.await_abandoned("arxiv").unwrap();
}

#[test]
fn a_server_that_is_not_there_is_the_worlds_fault() {
    let client = alone();
    let said = refused(&client, 1, &["search", "lamps", "--server", "http://127.0.0.1:1"]);
    assert_snapshot!(said);
    assert_snapshot!(refused(&client, 1, &["search", "lamps", "--server", "localhost:8000"]));
}

#[test]
fn the_exit_status_says_who_is_at_fault() {
    // What answers there is no PAKE; that is the world's fault, and an internal error is PAKE's.
    let (upstream, _) = asking();
    let client = alone();
    let server = upstream.base_url("arxiv");
    let arguments = ["search", "lamps", "--server", server.as_str()];
    for (fault, status) in [
        (Fault::Html, 1),
        (Fault::Json("{\"id\":7}".to_owned()), 1),
        (Fault::Status(404), 1),
        (Fault::Status(503), 1),
        (Fault::Cut, 1),
        (Fault::Status(500), 2),
    ] {
        upstream.fail("arxiv", fault.clone());
        let said = refused(&client, status, &arguments);
        assert!(said.starts_with("error: ") && said.lines().count() == 1, "{fault:?}: {said}");
    }
    assert_eq!(upstream.paths()[0], "/arxiv/api/v1/searches", "a server may stand below a path");
}

#[test]
fn who_waits_only_so_long_gets_what_is_there_by_then() {
    let (upstream, pake) = asking();
    upstream.hold("crossref");
    let finished = pake.run(&["search", "lamps", "--source", "arxiv,crossref", "--timeout", "1"]).unwrap();
    assert_eq!(finished.status, 0, "{finished}");
    assert!(finished.stdout.contains("arxiv") && finished.stderr.contains("✓ arXiv"), "{finished}");
    assert!(finished.stderr.contains("of 1 of 2 sources"), "{finished}");
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let (upstream, pake) = asking();
    upstream.hold_all();
    for arguments in [&["search", "lamps", "--quiet"][..], &["search", "lamps", "--quiet", "--json"]] {
        let mut running = pake.start(arguments).unwrap();
        upstream.await_requests("arxiv", 1).unwrap();
        running.close_stdout();
        upstream.release_all();
        let finished = running.finish().unwrap();
        assert_eq!((finished.status, finished.stderr.as_str()), (0, ""), "{finished}");
    }
}
