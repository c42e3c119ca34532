//! What happens when PostgreSQL dies, and when it is back.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use e2e::{pake::Pake, patience::eventually, postgres::Postgres, upstream::Upstream};
use serde_json::{Value, json};

use crate::{skipped, text};

/// Longest time until everything is as it was.
const HEALED: Duration = Duration::from_secs(5);

#[test]
fn when_postgresql_dies_kept_answers_are_served_writes_are_refused_and_no_accepted_deed_is_lost() {
    let Some(mut postgres) = Postgres::start().unwrap() else {
        return skipped("PostgreSQL dies and comes back", "no PostgreSQL is installed");
    };
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_DATABASE__URL", &postgres.url());
    let pake = pake.with("PAKE_LIMITS__ENABLED", "false");
    let server = pake.serve().unwrap().expecting("the history cannot be written");
    let question = json!({"query": "lamps in winter", "sources": ["arxiv", "crossref"]});
    let kept = server.ask(&question).unwrap().json();
    assert_eq!(kept["status"], "completed");

    // Deeds that are written down, one after the other, until one is refused because it died in the middle of them.
    let clear = || server.request("DELETE", "/api/v1/history", &[], b"").unwrap();
    let is_dead = AtomicBool::new(false);
    let (accepted, refused) = thread::scope(|scope| {
        let deeds = scope.spawn(|| {
            let mut accepted = 0;
            loop {
                let reply = clear();
                match reply.status {
                    204 => accepted += 1,
                    _ if is_dead.load(Ordering::Acquire) => return (accepted, reply),
                    _ => {}
                }
            }
        });
        is_dead.store(true, Ordering::Release);
        postgres.die().unwrap();
        deeds.join().unwrap()
    });
    assert_eq!((refused.status, &refused.json()["error"]), (503, &json!("unavailable")), "{refused:?}");
    let retry = refused.header("Retry-After").and_then(|seconds| seconds.parse::<u32>().ok());
    assert!(retry.is_some_and(|seconds| seconds > 0), "{refused:?}");

    let again = server.ask(&question).unwrap().json();
    assert_eq!((&again["cache"]["hit"], &again["works"]), (&json!(true), &kept["works"]), "{again}");
    assert_eq!(server.get("/health/ready").unwrap().status, 503);
    assert_eq!(server.get("/health/live").unwrap().status, 204);

    postgres.come_back().unwrap();
    let back = Instant::now();
    let status = |path: &str| server.get(path).unwrap().status;
    eventually("it heals", || (status("/api/v1/history") == 200).then_some(())).unwrap();
    assert!(back.elapsed() < HEALED, "{:?}", back.elapsed());
    eventually("it is ready", || (status("/health/ready") == 204).then_some(())).unwrap();
    let entry = format!("/api/v1/history/{}", text(&again["id"]));
    eventually("what was asked meanwhile is in the history", || (status(&entry) == 200).then_some(())).unwrap();
    assert_eq!(clear().status, 204);
    let log: Value = serde_json::from_str(&pake.run(&["audit", "verify", "--json"]).unwrap().stdout).unwrap();
    assert_eq!(log["is_whole"], true, "{log}");
    assert!(log["rows"].as_u64().unwrap() > accepted, "{accepted} were accepted before it died: {log}");
}

#[test]
fn when_postgresql_dies_whoever_has_signed_in_goes_on_searching_but_administers_and_writes_nothing() {
    let Some(mut postgres) = Postgres::start().unwrap() else {
        return skipped("PostgreSQL dies while somebody is signed in", "no PostgreSQL is installed");
    };
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_DATABASE__URL", &postgres.url());
    let pake = pake.with("PAKE_PASSWORDS__MEMORY_KIB", "8192").with("PAKE_LIMITS__ENABLED", "false");
    let added = pake.run(&["user", "add", "ada", "--generate"]).unwrap();
    let login = json!({ "username": "ada", "password": added.stdout.trim() });
    let server = pake.serve().unwrap().expecting("the history cannot be written");
    let sign_in = || format!("Bearer {}", text(&server.post("/auth/login", &login).unwrap().json()["access_token"]));
    let request = |token: &str, method: &str, path: &str, body: &Value| {
        let headers = [("Authorization", token), ("Content-Type", "application/json"), ("Prefer", "wait=60")];
        server.request(method, path, &headers, body.to_string().as_bytes()).unwrap()
    };
    let question = json!({"query": "lamps in winter", "sources": ["arxiv", "crossref"]});
    let (here, gone, unseen) = (sign_in(), sign_in(), sign_in());
    let ask = |token: &str| request(token, "POST", "/api/v1/searches", &question);
    let kept = ask(&here).json();
    assert_eq!((&kept["status"], ask(&gone).status), (&json!("completed"), 200));
    assert_eq!(request(&gone, "POST", "/auth/logout", &json!({})).status, 204);
    assert_eq!(ask(&here).status, 200, "whoever signs out somewhere is looked at anew elsewhere");

    postgres.die().unwrap();
    let again = ask(&here).json();
    assert_eq!(again["cache"]["hit"], true, "{again}");
    assert_eq!(again["works"], kept["works"]);
    let again = format!("/api/v1/searches/{}", text(&again["id"]));
    assert_eq!(request(&here, "GET", &again, &Value::Null).status, 200);
    for token in [&gone, &unseen] {
        assert_eq!(ask(token).status, 503, "nobody knows whether this session goes on");
    }
    for (method, path) in [
        ("GET", "/api/v1/admin/audit"),
        ("GET", "/api/v1/admin/users"),
        ("GET", "/auth/me"),
        ("DELETE", "/api/v1/history"),
        ("POST", "/auth/logout"),
    ] {
        let refused = request(&here, method, path, &json!({}));
        assert_eq!((refused.status, &refused.json()["error"]), (503, &json!("unavailable")), "{method} {path}");
        assert!(refused.header("Retry-After").is_some(), "{method} {path}");
    }

    postgres.come_back().unwrap();
    let status = |token: &str| request(token, "GET", "/api/v1/admin/users", &Value::Null).status;
    let back = Instant::now();
    eventually("it heals", || (status(&here) == 200).then_some(())).unwrap();
    assert!(back.elapsed() < HEALED, "{:?}", back.elapsed());
    assert_eq!((status(&unseen), status(&gone)), (200, 401));
}
