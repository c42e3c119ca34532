//! Several servers on one PostgreSQL and one Redis, and what happens when Redis goes.

use std::{
    process,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use e2e::{pake::Pake, patience::eventually, proxy::Proxy, redis::Redis, serving::Serving, upstream::Upstream};
use serde_json::{Value, json};

use crate::{list, report, skipped, text};

/// The address of a service of the tests, where there is one.
fn service(variable: &str) -> Option<String> {
    std::env::var_os(variable)
        .map(|address| address.to_string_lossy().into_owned())
        .filter(|address| !address.is_empty())
}

/// A question that no other test has asked: the services are shared.
fn unheard() -> Value {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let number = ASKED.fetch_add(1, Ordering::Relaxed);
    json!({"query": format!("lamps {} {number}", process::id()), "sources": ["arxiv", "crossref"]})
}

/// One test, since they share one history: what one of them splits, the others would see.
#[test]
fn two_servers_on_the_same_services_are_one() {
    let (Some(postgres), Some(redis)) = (service("PAKE_TEST_POSTGRES_URL"), service("PAKE_TEST_REDIS_URL")) else {
        let because = "PAKE_TEST_POSTGRES_URL and PAKE_TEST_REDIS_URL are not set: run it under scripts/with-services";
        return skipped("two servers on the same services", because);
    };
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_DATABASE__URL", &postgres).with("PAKE_REDIS__URL", &redis);
    let [one, other] = [(); 2].map(|()| pake.serve().unwrap());
    the_same_question_is_asked_of_each_source_once(&upstream, &one, &other);
    what_one_keeps_the_other_serves(&one, &other);
    a_merge_undone_on_one_is_undone_on_the_other(&one, &other);
    for server in [one, other] {
        server.stop().unwrap();
    }
}

fn the_same_question_is_asked_of_each_source_once(upstream: &Upstream, one: &Serving, other: &Serving) {
    let question = unheard();
    upstream.hold_all();
    let ask = |server: &Serving| {
        let reply = server.ask(&question).unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    };
    let answers: Vec<Value> = thread::scope(|scope| {
        let first = scope.spawn(|| ask(one));
        upstream.await_requests("crossref", 1).unwrap();
        let second = scope.spawn(|| ask(other));
        eventually("the other one has the question", || {
            other
                .metric("pake_cache_requests_total{tier=\"none\",result=\"miss\"}")
                .unwrap()
                .filter(|misses| *misses >= 1)
        })
        .unwrap();
        upstream.release_all();
        [first, second].map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(answers[0]["works"], answers[1]["works"]);
    assert_ne!(answers[0]["id"], answers[1]["id"]);
    assert_eq!((upstream.requests("arxiv"), upstream.requests("crossref")), (1, 1), "{:?}", upstream.paths());
    // The history is one: each finds the other's search.
    let path = format!("/api/v1/searches/{}", text(&answers[0]["id"]));
    let found = eventually("it is found", || Some(other.get(&path).unwrap()).filter(|reply| reply.status == 200));
    assert_eq!(found.unwrap().json()["works"], answers[0]["works"]);
}

fn what_one_keeps_the_other_serves(one: &Serving, other: &Serving) {
    // An answer is kept there just after it was sent: who is too early asks the sources itself.
    let (first, second) = eventually("the other one serves it", || {
        let question = unheard();
        let (first, second) = (one.ask(&question).unwrap().json(), other.ask(&question).unwrap().json());
        (second["cache"]["hit"] == true).then_some((first, second))
    })
    .unwrap();
    assert_eq!(second["works"], first["works"]);
    assert!(other.metric("pake_cache_requests_total{tier=\"redis\",result=\"hit\"}").unwrap() >= Some(1));
    let health = one.get("/health").unwrap().json();
    assert_eq!(health["components"]["redis"]["status"], "healthy", "{health}");
    assert_eq!(health["components"]["database"], json!({"status": "healthy", "detail": "postgres"}));
}

fn a_merge_undone_on_one_is_undone_on_the_other(one: &Serving, other: &Serving) {
    let question = unheard();
    let answer = one.ask(&question).unwrap().json();
    let merged = list(&answer["works"]).iter().find(|work| list(&work["sources"]).len() > 1).unwrap();
    let versions = list(&merged["versions"]).iter().flat_map(|version| list(&version["records"]));
    let record = versions.clone().find(|record| record["source"] == "crossref").unwrap();
    let record = format!("crossref:{}", text(&record["source_id"]));
    let split = one.post(
        &format!("/api/v1/searches/{}/splits", text(&answer["id"])),
        &json!({"work": merged["id"], "records": [record]}),
    );
    assert_eq!(split.unwrap().status, 204);
    let works = |server: &Serving| list(&server.ask(&question).unwrap().json()["works"]).len();
    let before = list(&answer["works"]).len();
    assert!(works(one) > before);
    eventually("the other one knows", || (works(other) > before).then_some(())).unwrap();
    // As it was, for whoever uses the database next.
    for pair in list(&one.get("/api/v1/splits").unwrap().json()["splits"]) {
        let headers = [("Content-Type", "application/json")];
        one.request("DELETE", "/api/v1/splits", &headers, pair.to_string().as_bytes()).unwrap();
    }
}

#[test]
fn when_redis_dies_searches_go_on_and_when_it_is_back_it_is_used_again() {
    let Some(mut redis) = Redis::start().unwrap() else {
        return skipped("Redis dies and comes back", "no redis-server is installed");
    };
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_REDIS__URL", &redis.url());
    let server = pake.serve().unwrap();
    let state = |server: &Serving| text(&server.get("/health").unwrap().json()["components"]["redis"]["status"]);
    assert_eq!(state(&server), "healthy");
    assert_eq!(server.ask(&unheard()).unwrap().json()["status"], "completed");

    // In the middle of a search.
    upstream.hold("crossref");
    let question = unheard();
    let id = server.begin(&question).unwrap();
    upstream.await_requests("crossref", 2).unwrap();
    redis.die().unwrap();
    upstream.release("crossref");
    assert_eq!(server.follow(&id, None).unwrap().rest().unwrap().pop().unwrap().name, "search_completed");
    assert_eq!(server.ask(&question).unwrap().json()["cache"]["hit"], true, "its own memory has it");
    let answer = server.ask(&unheard()).unwrap().json();
    assert_eq!((&answer["status"], &report(&answer, "arxiv")["state"]), (&json!("completed"), &json!("answered")));
    let health = server.get("/health").unwrap().json();
    assert_eq!((&health["status"], &health["components"]["redis"]["status"]), (&json!("degraded"), &json!("degraded")));
    assert_eq!(server.get("/health/ready").unwrap().status, 204);
    assert_eq!(server.metric("pake_dependency_up{dependency=\"redis\"}").unwrap(), Some(0));

    assert!(redis.come_back().unwrap());
    eventually("it heals", || (state(&server) == "healthy").then_some(())).unwrap();
    assert_eq!(server.metric("pake_dependency_up{dependency=\"redis\"}").unwrap(), Some(1));
    server.ask(&unheard()).unwrap();
    eventually("answers are kept there again", || redis.command("DBSIZE").ok().filter(|size| size != ":0")).unwrap();
}

#[test]
fn a_server_starts_without_its_redis() {
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_REDIS__URL", "redis://127.0.0.1:1/0");
    let server = pake.serve().unwrap();
    assert_eq!(server.ask(&unheard()).unwrap().json()["status"], "completed");
    assert_eq!(server.get("/health").unwrap().json()["components"]["redis"]["status"], "degraded");
}

#[test]
fn when_the_database_is_away_searches_go_on_and_the_history_is_written_when_it_is_back() {
    let Some(postgres) = service("PAKE_TEST_POSTGRES_URL") else {
        return skipped(
            "the database is away",
            "PAKE_TEST_POSTGRES_URL is not set: run it under scripts/with-services",
        );
    };
    let (start, rest) = postgres.split_once('@').unwrap();
    let (place, end) = rest.split_once('/').unwrap();
    let door = Proxy::before(place).unwrap();
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap();
    let pake = pake.with("PAKE_DATABASE__URL", &format!("{start}@{}/{end}", door.address()));
    let server = pake.serve().unwrap().expecting("the history cannot be written");
    let status = |path: &str| server.get(path).unwrap().status;
    assert_eq!(status("/health/ready"), 204);

    door.shut();
    let answer = server.ask(&unheard()).unwrap().json();
    assert_eq!(answer["status"], "completed", "{answer}");
    let search = format!("/api/v1/searches/{}", text(&answer["id"]));
    assert_eq!(status(&search), 200, "what it remembers it tells");
    assert_eq!(status("/health/ready"), 503);
    assert_eq!(status("/health/live"), 204, "it is not to be killed for that");
    let asked = pake.run(&["health", "--listen", server.address(), "--timeout", "20"]).unwrap();
    assert!(asked.status == 1 && asked.stderr.contains("is not ready: the database"), "{asked}");
    let history = server.get("/api/v1/history").unwrap();
    assert_eq!((history.status, &history.json()["error"]), (503, &json!("unavailable")), "{history:?}");
    let part = |name: &str| text(&server.get("/health").unwrap().json()["components"][name]["status"]);
    assert_eq!(part("database"), "degraded");
    eventually("the history waits", || (part("history") == "degraded").then_some(())).unwrap();

    door.open();
    eventually("it is ready again", || (status("/health/ready") == 204).then_some(())).unwrap();
    let entry = format!("/api/v1/history/{}", text(&answer["id"]));
    eventually("it is in the history", || (status(&entry) == 200).then_some(())).unwrap();
    eventually("nothing waits", || (part("history") == "healthy").then_some(())).unwrap();
    assert_eq!(part("database"), "healthy");
}
