//! `pake move`: a whole installation goes from SQLite to PostgreSQL and back, also when it is killed on the way.

use e2e::{pake::Pake, patience::eventually, postgres::Postgres, serving::Serving, upstream::Upstream};
use serde_json::{Value, json};

use crate::{list, skipped, text};

/// Questions, answers and searches: so many that moving them takes a while. Some texts hold what has to be written with care.
const MANY: &str = "INSERT INTO queries (id, workspace_id, text, words) \
     SELECT n, '00000000-0000-7000-8000-000000000001', 'it''s \"' || n || '\" \\ \u{fffd} \u{1f9ec}', 'its ' || n FROM generate_series(1, 20000) AS n; \
     INSERT INTO answers (workspace_id, id, key, reports, counts, made_at, expires_at, body) \
     SELECT '00000000-0000-7000-8000-000000000001', md5(n::text)::uuid, 'key', '[]', '{}', n, NULLIF(n % 3, 0), \
     CASE WHEN n % 2 = 0 THEN decode(repeat(md5(n::text) || '00ff', 50), 'hex') END FROM generate_series(1, 20000) AS n; \
     INSERT INTO searches (workspace_id, user_id, id, query_id, answer_id, sources, status, results_count, execution_time_ms, cache_hit, \
     quality, created_at, is_favorite) SELECT '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', \
     (lpad(to_hex(1700000000000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid, n, md5(n::text)::uuid, '[\"arxiv\"]', \
     'completed', n, n, n % 2 = 0, CASE WHEN n % 5 > 0 THEN n / 20000.0 END, 1700000000000 + n, n % 7 = 0 \
     FROM generate_series(1, 20000) AS n";

fn file(pake: &Pake, name: &str) -> String {
    format!("sqlite://{}", pake.folder().join(name).display())
}

/// Moves, and gives what it says in JSON.
fn moved(pake: &Pake, from: &str, to: &str) -> Value {
    let run = pake.run(&["move", "--from", from, "--to", to, "--json"]).unwrap();
    assert_eq!(run.status, 0, "{run}");
    serde_json::from_str(&run.stdout).unwrap()
}

/// Does not move; gives what it says instead.
fn refused(pake: &Pake, arguments: &[&str]) -> String {
    let run = pake.run(&[&["move"], arguments].concat()).unwrap();
    assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{run}");
    run.stderr
}

fn rows(moved: &Value, table: &str) -> u64 {
    let found = list(&moved["tables"]).iter().find(|moved| moved["table"] == table);
    found.and_then(|moved| moved["rows"].as_u64()).unwrap_or_else(|| panic!("{table} is not in {moved}"))
}

/// A folder whose database is at this address, with nothing but its tables.
fn with_tables(address: &str) -> Pake {
    let pake = Pake::new().unwrap().with("PAKE_DATABASE__URL", address);
    let made = pake.run(&["migrate", "expand"]).unwrap();
    assert_eq!(made.status, 0, "{made}");
    pake
}

fn as_ada(server: &Serving, password: &str) -> String {
    let session = server.post("/auth/login", &json!({ "username": "ada", "password": password })).unwrap();
    assert_eq!(session.status, 200, "{session:?}");
    format!("Bearer {}", text(&session.json()["access_token"]))
}

fn get(server: &Serving, bearer: &str, path: &str) -> Value {
    let reply = server.request("GET", path, &[("Authorization", bearer)], b"").unwrap();
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply.json()
}

/// Asks three times, and tags each search.
fn ask_and_tag(server: &Serving, bearer: &str) {
    let headers = [("Authorization", bearer), ("Content-Type", "application/json"), ("Prefer", "wait=60")];
    for words in ["lamps in winter", "lamps \u{1f9ec} \u{202e}", "lamps in winter"] {
        let question = json!({"query": words, "sources": ["arxiv", "crossref"]}).to_string();
        let answer = server.request("POST", "/api/v1/searches", &headers, question.as_bytes()).unwrap().json();
        let entry = format!("/api/v1/history/{}", text(&answer["id"]));
        let get = || server.request("GET", &entry, &headers, b"").unwrap().status;
        eventually("it is recorded", || (get() == 200).then_some(())).unwrap();
        let tags = format!("{entry}/tags");
        let tagged = server.request("PUT", &tags, &headers, br#"{"tags":["thesis","\u00e9"]}"#).unwrap();
        assert_eq!(tagged.status, 200, "{tagged:?}");
    }
}

#[test]
fn an_installation_goes_to_postgresql_and_back_and_nothing_of_it_is_missing() {
    let Some(postgres) = Postgres::start().unwrap() else {
        return skipped("an installation is moved", "no PostgreSQL is installed");
    };
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_PASSWORDS__MEMORY_KIB", "8192");
    let added = pake.run(&["user", "add", "ada", "--generate"]).unwrap();
    let password = added.stdout.trim();
    let server = pake.serve().unwrap();
    let ada = as_ada(&server, password);
    ask_and_tag(&server, &ada);
    let (sqlite, there) = (file(&pake, "data/pake.db"), postgres.url());
    let said = refused(&pake, &["--to", &there]);
    assert!(said.contains("--from") && said.contains("pake.db") && said.contains("stop it first"), "{said}");
    let before = get(&server, &ada, "/api/v1/history");
    assert_eq!(list(&before["entries"]).len(), 3);
    server.stop().unwrap();

    // From the configured database, to an address in a file.
    std::fs::write(pake.folder().join("there"), format!("{there}\n")).unwrap();
    let run = pake.run(&["move", "--to", "@there", "--json"]).unwrap();
    assert_eq!(run.status, 0, "{run}");
    let moved_there: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((rows(&moved_there, "searches"), rows(&moved_there, "tags")), (3, 6), "{moved_there}");
    assert!(rows(&moved_there, "users") > 0 && rows(&moved_there, "audit_log") > 1, "{moved_there}");
    let pake = pake.with("PAKE_DATABASE__URL", &there);
    let server = pake.serve().unwrap();
    assert_eq!(get(&server, &ada, "/api/v1/history"), before, "a session goes on");
    let again = as_ada(&server, password);
    let found = get(&server, &again, "/api/v1/history?q=winter&tag=thesis");
    assert_eq!(list(&found["entries"]).len(), 2, "the words are found: {found}");
    let said = refused(&pake, &["--to", &file(&pake, "back.db")]);
    assert!(said.contains("--from") && said.contains("pake ") && said.contains("stop it first"), "{said}");
    let beside = pake.run(&["move", "--to", &file(&pake, "beside.db"), "--while-serving"]).unwrap();
    assert_eq!(beside.status, 0, "{beside}");
    server.stop().unwrap();
    let log = pake.run(&["audit", "verify", "--json"]).unwrap();
    let log: Value = serde_json::from_str(&log.stdout).unwrap();
    assert_eq!(log["is_whole"], true, "{log}");

    let moved_back = moved(&pake, &there, &file(&pake, "back.db"));
    assert_eq!(rows(&moved_back, "searches"), 3);
    let back = file(&pake, "back.db");
    let pake = pake.with("PAKE_DATABASE__URL", &back);
    let server = pake.serve().unwrap();
    assert_eq!(get(&server, &again, "/api/v1/history"), before);
    assert_eq!(get(&server, &again, "/api/v1/history?q=winter&tag=thesis"), found);
    server.stop().unwrap();

    let said = refused(&pake, &["--from", &sqlite, "--to", &there]);
    assert!(said.contains("--to is not empty") && said.contains("searches"), "{said}");
}

#[test]
fn a_move_that_is_killed_goes_on_where_it_was() {
    let (Some(one), Some(other)) = (Postgres::start().unwrap(), Postgres::start().unwrap()) else {
        return skipped("a move is killed", "no PostgreSQL is installed");
    };
    let pake = with_tables(&one.url());
    one.ask(MANY).unwrap();
    let sqlite = file(&pake, "large.db");
    let whole = moved(&pake, &one.url(), &sqlite);
    assert_eq!((rows(&whole, "searches"), rows(&whole, "queries"), rows(&whole, "answers")), (20_000, 20_000, 20_000));

    let there = other.url();
    for table in ["answers", "searches"] {
        let running = pake.start(&["move", "--from", &sqlite, "--to", &there]).unwrap();
        let is_there = format!("SELECT to_regclass('{table}') IS NOT NULL");
        let has_rows = format!("SELECT COUNT(*) > 0 FROM {table}");
        eventually(format!("some of {table} are there"), || {
            (other.ask(&is_there).unwrap() == "t" && other.ask(&has_rows).unwrap() == "t").then_some(())
        })
        .unwrap();
        // It is killed.
        drop(running);
        let alone = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name LIKE 'pake %'";
        eventually("its connection is gone", || (other.ask(alone).unwrap() == "0").then_some(())).unwrap();
    }
    let half = other.ask("SELECT COUNT(*) FROM searches").unwrap().parse::<u64>().unwrap();
    assert!((1..20_000).contains(&half), "it was killed before the end: {half}");

    let on_half = Pake::new().unwrap().with("PAKE_DATABASE__URL", &there);
    let said = on_half.run(&["history", "list"]).unwrap();
    assert!(said.status == 1 && said.stderr.contains("a move into this database has not ended"), "{said}");
    let said = refused(&pake, &["--from", &one.url(), "--to", &there]);
    assert!(said.contains("a part of another database"), "{said}");

    let run = pake.run(&["move", "--from", &sqlite, "--to", &there, "--json"]).unwrap();
    assert_eq!(run.status, 0, "{run}");
    assert!(run.stderr.contains("going on: ") && run.stderr.contains("searches: 20000 of 20000 rows"), "{run}");
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap(), whole, "the same rows, wherever they are");
    assert_eq!(on_half.run(&["history", "list"]).unwrap().status, 0);
}

#[test]
fn what_was_written_between_two_attempts_shows_and_the_move_begins_anew() {
    let (Some(one), Some(other)) = (Postgres::start().unwrap(), Postgres::start().unwrap()) else {
        return skipped("a source changes", "no PostgreSQL is installed");
    };
    let (from, to) = (one.url(), other.url());
    let pake = with_tables(&from);
    one.ask(MANY).unwrap();
    let running = pake.start(&["move", "--from", &from, "--to", &to]).unwrap();
    let has_rows = "SELECT to_regclass('_pake_move') IS NOT NULL";
    eventually("it has begun", || (other.ask(has_rows).unwrap() == "t").then_some(())).unwrap();
    eventually("some are there", || (other.ask("SELECT COUNT(*) > 0 FROM queries").unwrap() == "t").then_some(()))
        .unwrap();
    drop(running);
    for postgres in [&one, &other] {
        let alone = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name LIKE 'pake %'";
        eventually("its connection is gone", || (postgres.ask(alone).unwrap() == "0").then_some(())).unwrap();
    }
    one.ask("UPDATE queries SET text = 'other' WHERE id = 1; UPDATE users SET name = 'other'").unwrap();
    let said = refused(&pake, &["--from", &from, "--to", &to]);
    assert!(said.contains("is not the same in both") && said.contains("--anew"), "{said}");
    let run = pake.run(&["move", "--from", &from, "--to", &to, "--anew", "--quiet"]).unwrap();
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run}");
    assert_eq!(other.ask("SELECT text FROM queries WHERE id = 1").unwrap(), "other");
}

#[test]
fn what_cannot_be_moved_is_refused_and_said() {
    let pake = Pake::new().unwrap();
    let (small, to) = (file(&pake, "small.db"), file(&pake, "to.db"));
    with_tables(&small);
    for (from, to, words) in [
        ("mysql://me:secret@host/db", to.as_str(), "unknown kind of database `mysql`"),
        ("sqlite:///nowhere/pake.db", &to, "--from holds no installation"),
        (&small, "pake.db", "unknown kind of database"),
        (&small, "postgres://me:secret@127.0.0.1:1/db", "--to: the database does not answer"),
        (&small, "@nowhere", "cannot read nowhere"),
        (&small, "sqlite:///proc/pake.db", "--to: "),
    ] {
        let said = refused(&pake, &["--from", from, "--to", to]);
        assert!(said.contains(words) && !said.contains("secret"), "{from} {to}: {said}");
    }
    assert!(!pake.folder().join("to.db").exists(), "nothing is made for nothing");
    std::fs::write(pake.folder().join("notes.db"), "somebody's notes; ".repeat(100)).unwrap();
    let said = refused(&pake, &["--from", &small, "--to", &file(&pake, "notes.db")]);
    assert!(said.contains("damaged"), "{said}");
    assert_eq!(moved(&pake, &small, &to)["altered"], 0, "what is new can be moved too");
}
