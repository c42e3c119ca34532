//! Replicas over more than one Redis: with sentinels that say which is written to, and as a cluster; each without and with TLS.

use std::{fs, path::PathBuf};

use e2e::{
    pake::Pake, patience::eventually, postgres::Postgres, redis_cluster::RedisCluster, redis_servers::Guard,
    sentinel::Sentinel, serving::Serving, upstream::Upstream,
};
use serde_json::json;

use super::sharing;
use crate::{skipped, text};

/// Has it take the word of this authority alone, where there is one.
fn believing(pake: Pake, authority: Option<PathBuf>) -> Pake {
    authority.into_iter().fold(pake, |pake, file| pake.with("PAKE_REDIS__CA_FILE", &file.display().to_string()))
}

/// What Redis is to show, with its key, where it speaks TLS.
fn made() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn state(server: &Serving) -> String {
    text(&server.get("/health").unwrap().json()["components"]["redis"]["status"])
}

/// Neither without an authority nor with another one is anybody taken for Redis.
fn is_checked(upstream: &Upstream, url: &str) {
    let pake = Pake::asking(upstream).unwrap().with("PAKE_REDIS__URL", url);
    assert_eq!(state(&pake.serve().unwrap()), "degraded", "the system vouches for no such certificate");
    fs::write(pake.folder().join("other.pem"), made().0).unwrap();
    let pake = pake.with("PAKE_REDIS__CA_FILE", "other.pem");
    assert_eq!(state(&pake.serve().unwrap()), "degraded", "nor does this one");
}

#[test]
fn when_the_redis_that_is_written_to_dies_the_one_that_its_sentinels_name_takes_its_place() {
    a_server_dies(None);
}

#[test]
fn the_same_over_tls_with_sentinels_and_servers_that_are_checked() {
    let (certificate, key) = made();
    a_server_dies(Some(Guard { certificate: &certificate, key: &key }));
}

fn a_server_dies(guard: Option<Guard<'_>>) {
    let Some(mut sentinel) = Sentinel::start(guard).unwrap() else {
        return skipped("Redis with sentinels", "no redis-server is installed");
    };
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_REDIS__URL", &sentinel.url());
    let pake = believing(pake, guard.map(|_| sentinel.certificate()));
    let [one, other] = [(); 2].map(|()| pake.serve().unwrap());
    let is_shared = |query: &str| {
        let question = json!({"query": query, "sources": ["arxiv"]});
        one.ask(&question).unwrap();
        // It is kept there just after it was sent.
        let hit = || other.ask(&question).unwrap().json()["cache"]["hit"] == true;
        eventually("the other one has it from there", || hit().then_some(())).unwrap();
        other.metric("pake_cache_requests_total{tier=\"redis\",result=\"hit\"}").unwrap().unwrap_or(0)
    };
    assert_eq!([state(&one), state(&other)], ["healthy", "healthy"]);
    eventually("it is shared", || (is_shared(&format!("lamps {}", upstream.requests("arxiv"))) >= 1).then_some(()))
        .unwrap();

    sentinel.first_dies().unwrap();
    for server in [&one, &other] {
        eventually("it finds the other one", || (state(server) == "healthy").then_some(())).unwrap();
    }
    let before = is_shared("lamps afterwards");
    let more = || is_shared(&format!("lamps after {}", upstream.requests("arxiv"))) > before;
    eventually("it is shared again", || more().then_some(())).unwrap();
    if guard.is_some() {
        is_checked(&upstream, &sentinel.url());
    }
}

#[test]
fn replicas_are_one_over_a_cluster_of_redis_and_go_on_when_one_of_its_servers_dies() {
    one_of_a_cluster_dies(None);
}

#[test]
fn the_same_over_tls_with_a_cluster_of_which_each_server_is_checked() {
    let (certificate, key) = made();
    one_of_a_cluster_dies(Some(Guard { certificate: &certificate, key: &key }));
}

fn one_of_a_cluster_dies(guard: Option<Guard<'_>>) {
    let (Some(postgres), Some(mut cluster)) = (Postgres::start().unwrap(), RedisCluster::start(guard).unwrap()) else {
        return skipped("a cluster of Redis", "no PostgreSQL or no redis-server is installed");
    };
    let upstream = Upstream::start().unwrap();
    let pake = sharing(&upstream, &postgres, &cluster.url());
    let pake = believing(pake, guard.map(|_| cluster.certificate()));
    let [one, other] = &[(); 2].map(|()| pake.serve().unwrap());
    let is_well =
        |server: &Serving| eventually("Redis is well", || (state(server) == "healthy").then_some(())).unwrap();
    cluster.hears(3).unwrap();
    for server in [one, other] {
        is_well(server);
    }
    // A search that runs at one is followed at the other, as long as it takes.
    let is_followed = |query: &str| {
        upstream.hold("arxiv");
        let id = one.begin(&json!({"query": query, "sources": ["arxiv"]})).unwrap();
        let path = format!("/api/v1/searches/{id}");
        eventually("it is found", || (other.get(&path).unwrap().status == 202).then_some(())).unwrap();
        let mut events = other.follow(&id, None).unwrap();
        upstream.release("arxiv");
        assert_eq!(events.rest().unwrap().last().unwrap().name, "search_completed");
    };
    is_followed("lamps");
    // Pages and answers are kept at whichever server has their names.
    for number in 0..12 {
        one.answer(&format!("lamps {number}")).unwrap();
    }
    let kept = || cluster.names().unwrap().into_iter().all(|names| names > 0);
    eventually("each server has some", || kept().then_some(())).unwrap();
    for number in 0..12 {
        other.answer(&format!("lamps {number}")).unwrap();
    }
    let hits = other.metric("pake_cache_requests_total{tier=\"redis\",result=\"hit\"}").unwrap();
    assert!(hits.is_some_and(|hits| hits > 0), "the other one has them from there");
    let seen = pake.run(&["doctor", "--json"]).unwrap().stdout;
    assert!(seen.contains("at 3 servers"), "{seen}");

    cluster.first_dies().unwrap();
    for server in [one, other] {
        is_well(server);
    }
    is_followed("lamps after");
    // Limits are those of both together: ten attempts to sign in, where each alone would let ten through.
    pake.run(&["user", "add", "ada", "--generate"]).unwrap();
    for server in [one, other] {
        eventually("the door closes", || (server.get("/api/v1/history").unwrap().status == 401).then_some(())).unwrap();
    }
    let attempts = [one, other].into_iter().cycle().take(14).enumerate();
    let statuses: Vec<_> = attempts
        .map(|(number, server)| {
            let login = json!({"username": format!("nobody {number}"), "password": "a wrong one"});
            server.post("/auth/login", &login).unwrap().status
        })
        .collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    if guard.is_some() {
        is_checked(&upstream, &cluster.url());
    }
}
