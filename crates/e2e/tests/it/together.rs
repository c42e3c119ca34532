//! Replicas of one installation: a search that runs at one is followed at another, ended at another when the one dies; words and
//! departures reach all of them.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use e2e::{
    pake::Pake,
    patience::eventually,
    postgres::Postgres,
    redis::{self, Redis},
    serving::Serving,
    socket::Said,
    upstream::{Fault, Upstream},
};
use serde_json::{Value, json};

use crate::{list, report, skipped, text};

mod several;

/// Longest time until a search of a replica that died is finished by another.
const TAKEN_OVER: Duration = Duration::from_secs(10);

/// Two replicas, and what they share.
struct Pair {
    upstream: Upstream,
    redis: Redis,
    pake: Pake,
    one: Serving,
    other: Serving,
    _postgres: Postgres,
}

/// Two replicas that hear each other; none when a program is missing that they need.
fn pair(test: &str, settings: &[(&str, &str)]) -> Option<Pair> {
    let (Some(postgres), Some(redis)) = (Postgres::start().unwrap(), Redis::start().unwrap()) else {
        skipped(test, "no PostgreSQL or no redis-server is installed");
        return None;
    };
    let upstream = Upstream::start().unwrap();
    let pake = sharing(&upstream, &postgres, &redis.url());
    let pake = settings.iter().fold(pake, |pake, (name, value)| pake.with(name, value));
    let [one, other] = [(); 2].map(|()| pake.serve().unwrap());
    let pair = Pair { upstream, redis, pake, one, other, _postgres: postgres };
    hear_each_other(&pair.redis);
    Some(pair)
}

/// What replicas of one installation have in common.
fn sharing(upstream: &Upstream, postgres: &Postgres, redis: &str) -> Pake {
    let pake = Pake::asking(upstream).unwrap().with("PAKE_PASSWORDS__MEMORY_KIB", "8192");
    pake.with("PAKE_DATABASE__URL", &postgres.url()).with("PAKE_REDIS__URL", redis)
}

/// Waits until both listen: to what is for all, and each to what is for itself.
fn hear_each_other(redis: &Redis) {
    let channels = || redis.command("PUBSUB CHANNELS pake:*").ok().filter(|count| count == "*3");
    eventually("they hear each other", channels).unwrap();
}

fn question() -> Value {
    json!({"query": "lamps", "sources": ["arxiv", "crossref"]})
}

#[test]
fn a_search_that_runs_at_one_replica_is_followed_and_withdrawn_at_another() {
    let Some(Pair { upstream, one, other, .. }) = &pair("a search is followed at another replica", &[]) else {
        return;
    };
    upstream.hold("crossref");
    let id = one.begin(&question()).unwrap();
    let path = format!("/api/v1/searches/{id}");
    upstream.await_requests("crossref", 1).unwrap();
    let mut at_other = other.follow(&id, None).unwrap();
    let begun = at_other.until(|event| event.frame["data"]["kind"] == "search_source_finished").unwrap();
    assert_eq!(begun[0].name, "search_started");
    assert_eq!(other.get(&path).unwrap().json()["status"], "running");
    let mut socket = other.socket().unwrap();
    socket.send_message(json!({"type": "resume", "search_id": id, "last_seq": 1}).to_string().into()).unwrap();
    upstream.release("crossref");
    let at_other: Vec<_> = begun.into_iter().chain(at_other.rest().unwrap()).collect();
    assert_eq!(at_other, one.follow(&id, None).unwrap().rest().unwrap(), "the same log, word for word");
    assert_eq!(at_other.last().unwrap().name, "search_completed");
    let frames = socket.until(|frame| frame["type"] == "search_completed").unwrap();
    let first = frames.iter().find(|frame| !frame["seq"].is_null()).unwrap();
    assert_eq!(first["seq"], 2, "it goes on after the entry that the client had");
    assert_eq!(frames.last(), Some(&at_other.last().unwrap().frame));
    let [here, there] = [one, other].map(|server| server.get(&path).unwrap().json());
    assert_eq!(there["works"], here["works"]);

    upstream.hold_all();
    let id = one.begin(&json!({"query": "lamps at night", "sources": ["arxiv"]})).unwrap();
    upstream.await_requests("arxiv", 2).unwrap();
    let withdrawn = other.request("DELETE", &format!("/api/v1/searches/{id}"), &[], b"").unwrap();
    assert_eq!(withdrawn.status, 204);
    upstream.await_abandoned("arxiv").unwrap();
    let events = other.follow(&id, None).unwrap().rest().unwrap();
    assert_eq!(events.last().unwrap().frame["data"], json!({"error": "cancelled"}));
    assert_eq!(other.get("/api/v1/searches/00000000-0000-7000-8000-000000000009").unwrap().status, 404);
}

#[test]
fn the_searches_of_a_replica_that_dies_are_finished_by_another() {
    let Some(Pair { upstream, one, other, .. }) = &pair("a replica dies", &[]) else { return };
    upstream.hold_all();
    let followed = one.begin(&question()).unwrap();
    let alone = one.begin(&json!({"query": "lamps by day", "sources": ["arxiv"]})).unwrap();
    upstream.await_requests("arxiv", 2).unwrap();
    upstream.await_requests("crossref", 1).unwrap();
    let mut events = other.follow(&followed, None).unwrap();
    assert_eq!(events.next_event().unwrap().unwrap().id, 1);

    one.signal("KILL").unwrap();
    upstream.release_all();
    let died = Instant::now();
    let rest = events.rest().unwrap();
    assert!(died.elapsed() < TAKEN_OVER, "{:?}", died.elapsed());
    assert_eq!(rest.last().unwrap().name, "search_completed", "{rest:?}");
    let numbers: Vec<_> = rest.iter().map(|event| event.id).collect();
    assert!(numbers.is_sorted() && numbers[0] > 1, "a reader goes on in the same log: {numbers:?}");
    for id in [&followed, &alone] {
        let path = format!("/api/v1/searches/{id}");
        let answer = || Some(other.get(&path).unwrap()).filter(|reply| reply.status == 200).map(|reply| reply.json());
        let answer =
            eventually("it is answered", || answer().filter(|answer| answer["status"] == "completed")).unwrap();
        assert!(!answer["works"].as_array().unwrap().is_empty());
        let entry = format!("/api/v1/history/{id}");
        eventually("it is in the history", || (other.get(&entry).unwrap().status == 200).then_some(())).unwrap();
    }
    assert!(died.elapsed() < TAKEN_OVER, "{:?}", died.elapsed());
    // Whoever had some of the first log gets the end of the second.
    let events = other.follow(&alone, Some(2)).unwrap().rest().unwrap();
    assert_eq!(events.last().unwrap().name, "search_completed");
}

#[test]
fn a_word_reaches_every_replica_and_whoever_signs_out_at_one_is_gone_from_all() {
    let Some(Pair { pake, one, other, .. }) = &pair("words reach all replicas", &[]) else { return };
    let added = pake.run(&["user", "add", "ada", "--generate"]).unwrap();
    let login = json!({ "username": "ada", "password": added.stdout.trim() });
    let token = text(&one.post("/auth/login", &login).unwrap().json()["access_token"]);
    let headers = [("Authorization", format!("Bearer {token}")), ("Content-Type", "application/json".to_owned())];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // Until it has seen that there is an account, whoever comes needs none.
    eventually("the door closes", || (other.get("/api/v1/history").unwrap().status == 401).then_some(())).unwrap();
    let mut socket = other.socket().unwrap();
    socket.send("auth", &json!({ "token": token })).unwrap();
    socket.until(|frame| frame["type"] == "auth_success").unwrap();

    let word = json!({"message": "tea at five", "level": "warning"}).to_string();
    let said = one.request("POST", "/api/v1/announcements", &headers, word.as_bytes()).unwrap();
    assert_eq!(said.status, 202, "{said:?}");
    let heard = socket.until(|frame| frame["type"] == "system_alert").unwrap();
    assert_eq!(heard.last().unwrap()["data"], json!({"message": "tea at five", "level": "warning"}));

    let left = Instant::now();
    assert_eq!(one.request("POST", "/auth/logout", &headers, b"{}").unwrap().status, 204);
    assert!(matches!(socket.closed().unwrap(), Said::Closed(1008, reason) if reason == "the session is over"));
    // Without a word it would look again after half a minute.
    assert!(left.elapsed() < Duration::from_secs(15), "{:?}", left.elapsed());
}

#[test]
fn what_changes_in_the_history_is_told_to_the_sockets_at_every_replica() {
    let Some(Pair { one, other, .. }) = &pair("the history changes", &[]) else { return };
    let mut socket = other.socket().unwrap();
    let mut told = || loop {
        match socket.next_said().unwrap() {
            Said::Frame(frame) if frame["type"] == "search_history_updated" => return frame["data"].clone(),
            Said::Frame(_) => {}
            end => panic!("{end:?}"),
        }
    };
    // Until it knows that there is another one it tells nobody.
    let is_told = AtomicBool::new(false);
    let asked = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut asked = Vec::new();
            while !is_told.load(Ordering::Acquire) {
                let question = json!({"query": format!("lamps {}", asked.len()), "sources": ["arxiv"]});
                asked.push(text(&one.ask(&question).unwrap().json()["id"]));
            }
            asked
        });
        let news = told();
        is_told.store(true, Ordering::Release);
        let asked = asking.join().unwrap();
        assert_eq!(news["action"], "recorded", "{news}");
        assert!(list(&news["search_ids"]).iter().all(|id| asked.contains(&text(id))), "{news}");
        asked
    });
    let id = asked.last().unwrap();
    let favorite = json!({"is_favorite": true}).to_string();
    let headers = [("Content-Type", "application/json")];
    let path = format!("/api/v1/history/{id}/favorite");
    eventually("it is in the history", || {
        let reply = one.request("PUT", &path, &headers, favorite.as_bytes()).unwrap();
        (reply.status == 200).then_some(())
    })
    .unwrap();
    let news = eventually("it is told", || Some(told()).filter(|news| news["action"] == "changed")).unwrap();
    assert_eq!(news["search_ids"], json!([id]), "{news}");
}

#[test]
fn when_redis_is_away_replicas_say_so_and_when_it_is_back_they_find_each_other_again() {
    let Some(mut pair) = pair("Redis goes between two replicas", &[]) else { return };
    let state = |server: &Serving| text(&server.get("/health").unwrap().json()["components"]["redis"]["status"]);
    pair.redis.die().unwrap();
    for server in [&pair.one, &pair.other] {
        eventually("it says so", || (state(server) == "degraded").then_some(())).unwrap();
    }
    pair.upstream.hold_all();
    let id = pair.one.begin(&question()).unwrap();
    pair.upstream.await_requests("arxiv", 1).unwrap();
    let path = format!("/api/v1/searches/{id}");
    assert_eq!(pair.other.get(&path).unwrap().status, 404, "nobody can tell");

    assert!(pair.redis.come_back().unwrap());
    hear_each_other(&pair.redis);
    // It was begun while Redis was away, and is written down all the same.
    eventually("it is found", || (pair.other.get(&path).unwrap().status == 202).then_some(())).unwrap();
    pair.upstream.release_all();
    let events = pair.other.follow(&id, None).unwrap().rest().unwrap();
    assert_eq!(events.last().unwrap().name, "search_completed");
    for server in [&pair.one, &pair.other] {
        eventually("it is well", || (state(server) == "healthy").then_some(())).unwrap();
    }
}

#[test]
fn a_source_that_has_enough_of_one_replica_is_left_alone_by_the_others() {
    let Some(Pair { upstream, one, other, .. }) = &pair("a source has enough", &[]) else { return };
    let ask = |server: &Serving, query: &str| server.ask(&json!({"query": query, "sources": ["arxiv"]})).unwrap();
    upstream.fail("arxiv", Fault::TooMany(120));
    ask(one, "lamps");
    let state = || text(&other.get("/api/v1/sources/arxiv").unwrap().json()["health"]["state"]);
    eventually("the other one knows", || (state() == "limited").then_some(())).unwrap();
    upstream.mend("arxiv");
    let answer = ask(other, "lanterns").json();
    assert_eq!(report(&answer, "arxiv")["error"]["code"], "rate_limited", "{answer}");
    assert_eq!(upstream.requests("arxiv"), 1);
}

#[test]
fn all_replicas_together_ask_a_slow_source_no_faster_than_one() {
    let Some(Pair { upstream, one, other, .. }) = &pair("a slow source", &[("PAKE_SOURCES__ARXIV__RATE", "1")]) else {
        return;
    };
    let began = Instant::now();
    thread::scope(|scope| {
        for (server, query) in [(one, "lamp a"), (other, "lamp b"), (one, "lamp c"), (other, "lamp d")] {
            scope.spawn(move || {
                let answer = server.ask(&json!({"query": query, "sources": ["arxiv"]})).unwrap().json();
                assert_eq!(report(&answer, "arxiv")["state"], "answered", "{answer}");
            });
        }
    });
    assert_eq!(upstream.requests("arxiv"), 4);
    // Two of them would have done it in one second.
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
}

#[test]
fn redis_is_reached_over_tls_with_a_password_of_a_user_too_and_nobody_else_is_taken_for_it() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let Some(redis) = Redis::guarded(&certificate, &key, "a-long-secret").unwrap() else {
        return skipped("Redis over TLS", "no redis-server is installed");
    };
    let upstream = Upstream::start().unwrap();
    let serve = |url: &str, authority: Option<&str>| {
        let pake = Pake::asking(&upstream).unwrap().with("PAKE_REDIS__URL", url);
        let pake = authority.into_iter().fold(pake, |pake, file| pake.with("PAKE_REDIS__CA_FILE", file));
        pake.serve().unwrap()
    };
    let state = |server: &Serving| text(&server.get("/health").unwrap().json()["components"]["redis"]["status"]);
    let authority = redis.certificate().display().to_string();
    let urls = ["", redis::USER].map(|user| redis.tls_url(user, "a-long-secret"));
    let [one, other] = urls.each_ref().map(|url| serve(url, Some(&authority)));
    assert_eq!([state(&one), state(&other)], ["healthy", "healthy"]);
    let question = question();
    one.ask(&question).unwrap();
    // It is kept there just after it was sent.
    let is_kept = || other.ask(&question).unwrap().json()["cache"]["hit"] == true;
    eventually("the other one has it from there", || is_kept().then_some(())).unwrap();

    for (user, password) in [("", "another"), (redis::USER, "another"), ("nobody", "a-long-secret")] {
        assert_eq!(state(&serve(&redis.tls_url(user, password), Some(&authority))), "degraded", "{user}");
    }
    assert_eq!(state(&serve(&urls[0], None)), "degraded", "the system vouches for no such certificate");
}
