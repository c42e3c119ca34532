//! `pake maintenance put-back`: what a copy holds comes in the place of what is there, all of it or nothing.

use std::fs;

use e2e::{pake::Pake, postgres::Postgres};
use serde_json::Value;

use crate::{list, skipped, text};

fn json(pake: &Pake, arguments: &[&str]) -> Value {
    let run = pake.run(arguments).unwrap();
    assert_eq!(run.status, 0, "{run}");
    serde_json::from_str(&run.stdout).unwrap()
}

fn people(pake: &Pake) -> Vec<String> {
    let listed = json(pake, &["user", "list", "--json"]);
    let people = listed.as_array().unwrap_or_else(|| list(&listed["users"]));
    let mut names: Vec<String> = people.iter().map(|person| text(&person["username"])).collect();
    names.sort();
    names
}

fn add(pake: &Pake, name: &str) {
    let added = pake.run(&["user", "add", name, "--generate"]).unwrap();
    assert_eq!(added.status, 0, "{added}");
}

fn refused(pake: &Pake, file: &str) -> String {
    let run = pake.run(&["maintenance", "put-back", file, "--yes"]).unwrap();
    assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{run}");
    run.stderr
}

fn goes_there_and_back(pake: Pake) {
    let pake = pake.with("PAKE_PASSWORDS__MEMORY_KIB", "8192");
    add(&pake, "ada");
    let copied = json(&pake, &["maintenance", "back-up", "--json"]);
    let file = text(&copied["result"]["file"]);
    add(&pake, "grace");
    let said = pake.run(&["maintenance", "put-back", &file]).unwrap();
    assert!(said.status == 1 && said.stderr.contains("0 searches, 1 accounts, "), "{said}");
    assert_eq!(people(&pake), ["ada", "grace"], "nothing was done");

    let server = pake.serve().unwrap();
    let said = refused(&pake, &file);
    assert!(said.contains("stop it first"), "{said}");
    server.stop().unwrap();

    // One that came to harm on the disk.
    let whole = fs::read(pake.folder().join("data").join(&file)).unwrap();
    let harmed = file.replace("pake-20", "pake-19");
    let mut bytes = whole.clone();
    let quarter = bytes.len() / 4;
    bytes[quarter..3 * quarter].fill(0xa5);
    fs::write(pake.folder().join("data").join(&harmed), bytes).unwrap();
    fs::write(pake.folder().join("data/backups/empty.zip"), "").unwrap();
    for other in [harmed.as_str(), "backups/empty.zip", "backups/none.db", "../../etc/passwd"] {
        let said = refused(&pake, other);
        assert!(said.contains("no backup that can be put back"), "{said}");
    }
    assert_eq!(people(&pake), ["ada", "grace"], "nothing was done");

    for _ in 0..2 {
        let told = json(&pake, &["maintenance", "put-back", &file, "--yes", "--json"]);
        assert!(told["migration"].as_i64().unwrap() >= 13 && told["taken_at"].is_string(), "{told}");
        assert_eq!(people(&pake), ["ada"]);
        let log = json(&pake, &["audit", "verify", "--json"]);
        assert_eq!(log["is_whole"], true, "{log}");
        // The copy was made by a job that stands in it as under way; nobody has to wait for one that is not there.
        let jobs = json(&pake, &["jobs", "list", "--kind", "backup_database", "--json"]);
        let stand: Vec<String> = list(&jobs["jobs"]).iter().map(|job| text(&job["status"])).collect();
        assert_eq!(stand, ["waiting"], "{jobs}");
    }
    add(&pake, "grace");
    let server = pake.serve().unwrap();
    assert_eq!(server.get("/readyz").unwrap().status, 204);
    server.stop().unwrap();
}

#[test]
fn a_copy_of_sqlite_is_put_back() {
    goes_there_and_back(Pake::new().unwrap());
}

#[test]
fn a_copy_of_postgresql_is_put_back() {
    let Some(postgres) = Postgres::start().unwrap() else {
        return skipped("a copy of PostgreSQL is put back", "no PostgreSQL is installed");
    };
    goes_there_and_back(Pake::new().unwrap().with("PAKE_DATABASE__URL", &postgres.url()));
}
