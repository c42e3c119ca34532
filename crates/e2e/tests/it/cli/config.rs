//! `pake config`: what holds, where it comes from, and what is wrong with it.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;

use super::{alone, done, refused, shown};
use crate::{list, text};

#[test]
fn nothing_set_is_valid() {
    assert_snapshot!(shown(&alone().run(&["config", "check"]).unwrap()));
}

#[test]
fn every_mistake_is_told_at_once_with_its_place_and_what_is_near() {
    let pake = alone().with("PAKE_SERVR__LISTEN", "127.0.0.1:80").with("PAKE_LOG__LEVEL", "info");
    let file = "[server]\nlisten = \"nowhere\"\nbody_limt = 5\n\n[sources.arxv]\nenabled = true\n";
    fs::write(pake.folder().join("pake.toml"), file).unwrap();
    assert_snapshot!(refused(&pake, 1, &["config", "check"]));
}

#[test]
fn values_that_make_no_sense_are_told_with_their_place() {
    let pake = alone().with("PAKE_SEARCH__DEADLINE", "forever").with("PAKE_SERVER__IDLE_TIMEOUT", "0");
    assert_snapshot!("wrong_types", refused(&pake, 1, &["config", "check"]));
    let pake = alone().with("PAKE_SERVER__IDLE_TIMEOUT", "0").with("PAKE_SOURCES__ARXIV__RATE", "-1");
    assert_snapshot!("wrong_values", refused(&pake, 1, &["config", "check"]));
    let pake = alone().with("PAKE_SOURCES__BRAVE__KEY_FILE", "nowhere.key");
    assert_snapshot!("wrong_file", refused(&pake, 1, &["config", "check"]));
}

#[test]
fn a_file_that_is_named_and_not_there_is_an_error() {
    assert_snapshot!(refused(&alone(), 1, &["config", "check", "--config", "elsewhere.toml"]));
}

#[test]
fn a_file_that_is_no_toml_is_an_error_with_its_place() {
    let pake = alone();
    fs::write(pake.folder().join("pake.toml"), "[server]\nlisten = = 5\n").unwrap();
    assert_snapshot!(refused(&pake, 1, &["config", "check"]));
}

#[test]
fn what_holds_is_shown_with_its_origin_and_without_secrets() {
    let pake = alone()
        .with("PAKE_DATABASE__URL", "postgres://pake:swordfish@db.example/pake")
        .with("PAKE_SOURCES__BRAVE__KEY", "swordfish");
    fs::write(pake.folder().join("pake.toml"), "[server]\nlisten = \"127.0.0.1:8001\"\n").unwrap();
    let finished = pake.run(&["config", "show"]).unwrap();
    assert!(!finished.to_string().contains("swordfish"), "{finished}");
    for line in [
        "[server]",
        "listen = \"127.0.0.1:8001\"  # pake.toml:2:10",
        "url = \"postgres://pake:********@db.example/pake\"  # PAKE_DATABASE__URL",
        "key = \"********\"  # PAKE_SOURCES__BRAVE__KEY",
        "level = \"info\"  # default",
    ] {
        assert!(finished.stdout.lines().any(|shown| shown == line), "{line} in {finished}");
    }
    let held: Value = serde_json::from_str(&done(&pake, &["config", "show", "--json", "--all"])).unwrap();
    assert!(!held.to_string().contains("swordfish"));
    let listen = list(&held).iter().find(|held| held["setting"] == "server.listen").unwrap();
    assert_eq!(text(&listen["value"]), "127.0.0.1:8001");
    assert!(text(&listen["origin"]).contains("pake.toml"), "{listen}");
}

#[test]
fn the_example_is_a_file_to_start_from() {
    let pake = alone();
    let example = done(&pake, &["config", "example"]);
    fs::write(pake.folder().join("pake.toml"), &example).unwrap();
    assert!(done(&pake, &["config", "check"]).starts_with("the configuration is valid: pake.toml"));
    for section in ["[server]", "[database]", "[redis]", "[search]", "[sources.arxiv]"] {
        assert!(example.contains(section), "{section}");
    }
}

#[test]
fn the_schema_is_json_and_knows_every_section() {
    let schema: Value = serde_json::from_str(&done(&alone(), &["config", "schema"])).unwrap();
    let sections: Vec<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    for section in ["cache", "database", "history", "log", "redis", "search", "server", "sources"] {
        assert!(sections.contains(&section), "{sections:?}");
    }
}
