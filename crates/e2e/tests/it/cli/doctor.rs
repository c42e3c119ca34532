//! `pake doctor`: what is looked at, and what to do about it.

use serde_json::Value;

use super::{alone, done};
use crate::{list, text};

/// What is looked at of every machine, whatever is in the database.
const ALWAYS: [&str; 10] = [
    "data folder",
    "open files",
    "files on disk",
    "memory",
    "waiting connections",
    "clock",
    "address",
    "redis",
    "production",
    "docker",
];

fn read(stdout: &str) -> Value {
    serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

/// Each finding says what to do, and says it apart, exactly where something is not as it should be.
#[track_caller]
fn is_whole(found: &Value, kinds: &[&str]) {
    for kind in kinds {
        assert_eq!(list(found).iter().filter(|finding| finding["what"] == *kind).count(), 1, "{kind}: {found}");
    }
    for finding in list(found) {
        assert!(!text(&finding["said"]).is_empty(), "{finding}");
        let is_told = finding.get("remedy").is_some_and(|remedy| !text(remedy).is_empty());
        assert_eq!(is_told, finding["result"] != "good", "{finding}");
    }
}

#[test]
fn every_part_is_looked_at_and_each_finding_has_its_remedy() {
    // A hash that takes long beside others is good in one run and not in the next; this one takes nothing.
    let pake = alone().with("PAKE_SERVER__BASE_URL", "https://localhost:1").with("PAKE_PASSWORDS__MEMORY_KIB", "64");
    let found = read(&done(&pake, &["doctor", "--json"]));
    is_whole(&found, &ALWAYS);
    is_whole(&found, &["start", "database", "name", "certificate", "network", "master key", "audit log", "mail"]);
    let shown = done(&pake, &["doctor"]);
    for (line, finding) in shown.lines().zip(list(&found)) {
        let columns: Vec<_> = line.split('\t').collect();
        assert_eq!((columns[0], columns[1]), (&*text(&finding["result"]), &*text(&finding["what"])), "{shown}");
        assert_eq!(columns.get(3).is_some(), finding.get("remedy").is_some(), "{line}");
    }
}

#[test]
fn a_database_that_is_away_does_not_hide_the_rest() {
    let pake = alone().with("PAKE_DATABASE__URL", "postgres://pake@127.0.0.1:1/pake");
    let pake = pake.with("PAKE_REDIS__URL", "redis://127.0.0.1:1");
    let ill = pake.run(&["doctor", "--json"]).unwrap();
    assert_eq!(ill.status, 1, "{ill}");
    let found = read(&ill.stdout);
    is_whole(&found, &ALWAYS);
    let of = |kind: &str| list(&found).iter().find(|finding| finding["what"] == kind).unwrap();
    for (kind, word) in [("start", "the database"), ("redis", "does not answer")] {
        assert!(of(kind)["result"] == "bad" && text(&of(kind)["said"]).contains(word), "{found}");
    }
}

#[test]
fn what_is_set_wrongly_is_told_as_at_the_start() {
    let pake = alone().with("PAKE_SERVER__LISTEN", "nowhere");
    let ill = pake.run(&["doctor", "--json"]).unwrap();
    assert_eq!(ill.status, 1, "{ill}");
    let found = read(&ill.stdout);
    is_whole(&found, &["start", "docker"]);
    assert!(text(&found[0]["said"]).contains("server.listen"), "{found}");
}
