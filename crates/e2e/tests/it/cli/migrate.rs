//! `pake migrate`: what is due, and doing it.

use e2e::postgres::Postgres;
use serde_json::Value;

use super::{alone, done, refused};
use crate::skipped;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn what_is_due_is_shown_without_making_anything_and_then_done() {
    let pake = alone();
    let before = json(&done(&pake, &["migrate", "status", "--json"]));
    let steps = before["steps"].as_array().unwrap().len();
    assert!(steps >= 11 && before["steps"].as_array().unwrap().iter().all(|step| step["state"] == "due"), "{before}");
    assert!(!pake.folder().join("data").exists(), "it only looks");
    let done_then = json(&done(&pake, &["migrate", "expand", "--json"]));
    assert_eq!((done_then["applied"].as_array().unwrap().len(), &done_then["expand_due"]), (steps, &0.into()));
    let after = done(&pake, &["migrate", "status"]);
    assert_eq!(after.lines().count(), steps, "{after}");
    assert!(after.starts_with("1\texpand\tapplied\thistory\n"), "{after}");
    assert_eq!(done(&pake, &["migrate", "expand"]), "");
    assert_eq!(done(&pake, &["migrate", "contract", "--yes"]), "");
    drop(pake.serve().unwrap());
}

#[test]
fn a_database_that_is_none_is_refused_with_its_name() {
    let pake = alone();
    std::fs::create_dir(pake.folder().join("data")).unwrap();
    std::fs::write(pake.folder().join("data/pake.db"), "somebody's notes; ".repeat(100)).unwrap();
    for arguments in [["migrate", "status"], ["migrate", "expand"], ["migrate", "contract"]] {
        let said = refused(&pake, 1, &arguments);
        assert!(said.contains("pake.db") && said.contains("damaged"), "{said}");
    }
}

#[test]
fn whoever_may_not_make_extensions_is_told_what_to_do_and_goes_on_when_it_is_done() {
    let Some(postgres) = Postgres::start().unwrap() else {
        return skipped("extensions of PostgreSQL", "no PostgreSQL is installed");
    };
    postgres.ask("CREATE ROLE clerk LOGIN").unwrap();
    postgres.ask("GRANT CREATE ON SCHEMA public TO clerk").unwrap();
    let pake = alone().with("PAKE_DATABASE__URL", &postgres.url().replace("pake@", "clerk@"));
    let said = refused(&pake, 1, &["migrate", "expand"]);
    assert!(said.contains("migration 15") && said.contains("permission denied"), "{said}");
    for extension in ["pg_trgm", "btree_gin"] {
        let remedy = format!("CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public");
        assert!(said.contains(&remedy), "{said}");
        postgres.ask(&remedy).unwrap();
    }
    let left = done(&pake, &["migrate", "expand"]);
    assert_eq!(left.lines().map(|step| step.split_once('\t').unwrap().0).collect::<Vec<_>>(), ["15"], "{left}");
}
