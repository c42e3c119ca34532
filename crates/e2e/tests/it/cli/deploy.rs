//! `pake deploy` and its kin where there is no production, no engine or nothing to tell: each says what to do. What they do on an
//! engine is tested by `make e2e-deploy`.

use std::{fs, os::unix::net::UnixListener};

use e2e::pake::Pake;

use super::{alone, done, refused};

/// A folder that could be one of a production.
fn production() -> Pake {
    let pake = alone();
    fs::write(pake.folder().join("compose.yaml"), "services: {}\n").unwrap();
    fs::write(pake.folder().join(".env.production"), "").unwrap();
    let nowhere = format!("unix://{}", pake.folder().join("nowhere.sock").display());
    pake.with("DOCKER_HOST", &nowhere)
}

const ALL: [&[&str]; 11] = [
    &["deploy"],
    &["deploy", "--dry-run"],
    &["plan"],
    &["rollback"],
    &["recover"],
    &["status"],
    &["logs"],
    &["restart"],
    &["stop"],
    &["start"],
    &["maintenance", "on"],
];

#[test]
fn without_a_production_it_says_where_one_is_looked_for() {
    let pake = alone();
    for command in ALL {
        let said = refused(&pake, 1, command);
        assert!(
            said.contains("there is no compose.yaml in .: name the folder of the production with --folder"),
            "{said}"
        );
    }
    fs::write(pake.folder().join("compose.yaml"), "services: {}\n").unwrap();
    assert!(refused(&pake, 1, &["deploy"]).contains("`pake env init .` writes it"));
    assert_eq!(fs::read_dir(pake.folder()).unwrap().count(), 1, "nothing was made by looking");
}

#[test]
fn without_an_engine_it_says_so_and_nothing_is_begun() {
    let pake = production();
    for command in ALL {
        let said = refused(&pake, 1, command);
        assert!(said.contains("the Docker engine does not answer at") && said.contains("group docker"), "{said}");
    }
    let elsewhere = production().with("DOCKER_HOST", "tcp://192.0.2.1:2375");
    assert!(refused(&elsewhere, 1, &["deploy"]).contains("needs the engine of this machine"));
    // One that listens and says nothing of an engine.
    let listens = UnixListener::bind(pake.folder().join("nowhere.sock")).unwrap();
    let gone = std::thread::spawn(move || drop(listens.accept().unwrap()));
    let said = refused(&pake, 1, &["status"]);
    gone.join().unwrap();
    assert!(said.contains("the Docker engine does not answer at"), "{said}");
}

#[test]
fn where_nothing_was_deployed_there_is_nothing_to_tell() {
    let pake = alone();
    for command in [&["releases"][..], &["audit", "deploys"]] {
        let said = refused(&pake, 1, command);
        assert!(said.contains("nothing was deployed from . yet"), "{said}");
    }
    fs::create_dir(pake.folder().join("state")).unwrap();
    assert_eq!(done(&pake, &["releases", "--json"]).trim(), "[]");
    let told: serde_json::Value = serde_json::from_str(&done(&pake, &["audit", "deploys", "--json"])).unwrap();
    assert_eq!((&told["is_whole"], &told["deployments"]), (&serde_json::json!(true), &serde_json::json!([])));
}

/// A deployment that was planned, and of which nothing more is known.
const JOURNAL: &str = r#"{"seq":0,"ts":"2026-11-26T12:00:00Z","deploy":"0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42","state":"planned","phase":"done","prev_sha256":"0000000000000000000000000000000000000000000000000000000000000000"}"#;

#[test]
fn a_journal_that_was_changed_is_found() {
    let pake = alone();
    let state = pake.folder().join("state");
    fs::create_dir(&state).unwrap();
    let journal = state.join("0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42.jsonl");
    fs::write(&journal, format!("{JOURNAL}\n")).unwrap();
    let told = done(&pake, &["audit", "deploys"]);
    assert!(told.contains("0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42") && told.contains("under way"), "{told}");
    let changed = JOURNAL.replace("\"prev_sha256\":\"0", "\"prev_sha256\":\"1");
    fs::write(&journal, format!("{changed}\n")).unwrap();
    let said = refused(&pake, 1, &["audit", "deploys"]);
    assert!(said.contains("line 1 of") && said.contains("does not follow the line before it"), "{said}");
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    let pake = production();
    for words in [
        &["deploy", "--resume", "--abort"][..],
        &["deploy", "--resume", "--image", "pake:2"],
        &["deploy", "--build", "--image", "pake:2"],
        &["deploy", "--apply", "plan.json", "--dry-run"],
        &["deploy", "--bake", "-1"],
        &["logs", "--since", "yesterday"],
        &["logs", "--level", "loud"],
    ] {
        let said = refused(&pake, 1, words);
        assert!(said.contains("error:"), "{words:?}: {said}");
    }
}
