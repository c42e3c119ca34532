//! The built binary from outside: what a person, a script, a browser or another server sees of it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what the tests share fails as they do")]

use std::io::Write as _;

use e2e::{pake::Pake, serving::Serving, upstream::Upstream};
use serde_json::Value;

mod bad_input;
mod bucket;
mod certbot;
mod cli;
mod database_gone;
mod database_guarded;
mod database_replica;
mod edges;
mod killed;
mod lifetime;
mod moving;
mod nginx;
mod operation;
mod own_certificate;
mod people;
mod putting_back;
mod replicas;
mod searches;
mod single_sign_on;
mod sockets;
mod together;

/// A server, and the stand-in that all its sources are led to.
struct Stage {
    upstream: Upstream,
    pake: Pake,
    server: Serving,
}

/// A server with no setting but where its sources are.
fn stage() -> Stage {
    stage_with(&[])
}

/// A server with these environment variables.
fn stage_with(variables: &[(&str, &str)]) -> Stage {
    let upstream = Upstream::start().unwrap();
    let mut pake = Pake::asking(&upstream).unwrap();
    for (name, value) in variables {
        pake = pake.with(name, value);
    }
    let server = pake.serve().unwrap();
    Stage { upstream, pake, server }
}

/// The sources that a search asks when it names none, as the server tells.
fn default_sources(server: &Serving) -> Vec<String> {
    let sources = server.get("/api/v1/sources").unwrap().json();
    let ready = list(&sources["sources"]).iter().filter(|source| source["availability"] == "ready");
    ready.map(|source| text(&source["id"])).collect()
}

/// The elements of a JSON array.
#[track_caller]
fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

/// The text of a JSON string.
#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The report of one source among those of an answer.
#[track_caller]
fn report<'a>(answer: &'a Value, source: &str) -> &'a Value {
    let found = list(&answer["sources"]).iter().find(|report| report["source"] == source);
    found.unwrap_or_else(|| panic!("nothing is said of {source}: {answer}"))
}

/// Says, past the test harness that swallows what passing tests print, that a test was left out; where services are
/// required it fails.
#[track_caller]
fn skipped(test: &str, because: &str) {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    assert!(!is_set("CI") && !is_set("PAKE_REQUIRE_SERVICES"), "{test} cannot be left out here: {because}");
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {because}");
}
