//! Lists and numbers are read from a replica of PostgreSQL that really follows, as long as it keeps up.

use e2e::{pake::Pake, patience::eventually, postgres::Postgres, serving::Serving, upstream::Upstream};
use serde_json::{Value, json};

use crate::{list, skipped, text};

const READ_THERE: &str = "pake_database_reads_total{server=\"replica\"}";
const READ_HERE: &str = "pake_database_reads_total{server=\"primary\"}";

/// A PostgreSQL, one that follows it, and a PAKE that knows both.
struct Stage {
    primary: Postgres,
    replica: Postgres,
    pake: Pake,
    _upstream: Upstream,
}

impl Stage {
    fn start(test: &str) -> Option<Self> {
        let Some(primary) = Postgres::start().unwrap() else {
            skipped(test, "no PostgreSQL is installed");
            return None;
        };
        let replica = primary.follower().unwrap();
        let upstream = Upstream::start().unwrap();
        let pake = Pake::asking(&upstream).unwrap().with("PAKE_DATABASE__URL", &primary.url());
        let pake = pake.with("PAKE_DATABASE__READ_URL", &replica.url()).with("PAKE_LIMITS__ENABLED", "false");
        Some(Self { primary, replica, pake, _upstream: upstream })
    }
}

/// How the replica is doing, by what the server says.
fn component(server: &Serving) -> Value {
    server.get("/health").unwrap().json()["components"]["database_replica"].clone()
}

fn await_status(server: &Serving, status: &str) -> String {
    let found = eventually(format!("the replica is {status}"), || {
        let component = component(server);
        // Before anybody has looked it is neither.
        (component["status"] == status && component["detail"] != "was not looked at yet").then_some(component)
    });
    text(&found.unwrap()["detail"])
}

fn count(server: &Serving, metric: &str) -> u64 {
    server.metric(metric).unwrap().unwrap_or(0)
}

/// Searches, tags the search and looks for it with its tag, again and again: each time all of it has to be there.
fn everything_written_is_read(writer: &Serving, reader: &Serving, times: usize) {
    for time in 0..times {
        let question = json!({"query": format!("lamps {time}"), "sources": ["arxiv"]});
        let id = text(&writer.ask(&question).unwrap().json()["id"]);
        let tag = format!("tag-{id}");
        // Whoever asked has the answer before the history has it.
        let path = format!("/api/v1/history/{id}");
        eventually("it is recorded", || (writer.get(&path).unwrap().status == 200).then_some(())).unwrap();
        let headers = [("Content-Type", "application/json")];
        let body = json!({ "tags": [tag] }).to_string();
        let tagged = writer.request("PUT", &format!("{path}/tags"), &headers, body.as_bytes()).unwrap();
        assert_eq!(tagged.status, 200, "{tagged:?}");
        let page = reader.get(&format!("/api/v1/history?tag={tag}")).unwrap().json();
        let entries = list(&page["entries"]);
        assert_eq!((entries.len(), &entries[0]["tags"]), (1, &json!([tag])), "{page}");
    }
}

#[test]
fn lists_come_from_the_replica_and_hold_what_was_written_at_any_server() {
    let Some(stage) = Stage::start("lists from a replica") else { return };
    let [one, other] = [(); 2].map(|()| stage.pake.serve().unwrap());
    for server in [&one, &other] {
        let said = await_status(server, "healthy");
        assert!(said.starts_with("is ") && said.ends_with(" ms behind"), "{said}");
    }
    everything_written_is_read(&one, &one, 20);
    everything_written_is_read(&one, &other, 20);
    assert!(count(&one, READ_THERE) > 20 && count(&other, READ_THERE) >= 20, "{}", one.get("/metrics").unwrap().text());
    // And the replica says so itself.
    let asked = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name LIKE 'pake %'";
    assert_ne!(stage.replica.ask(asked).unwrap(), "0");
    let scans = "SELECT idx_scan > 0 FROM pg_stat_user_tables WHERE relname = 'tags'";
    eventually("its tables were read", || (stage.replica.ask(scans).unwrap() == "t").then_some(())).unwrap();
    assert_eq!(stage.primary.ask("SELECT pg_is_in_recovery()").unwrap(), "f");
    let found = stage.pake.run(&["doctor", "--json"]).unwrap();
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    let said = |what: &str, word: &str| {
        let of_it = list(&found).iter().filter(|finding| finding["what"] == what);
        of_it.filter(|finding| text(&finding["said"]).contains(word)).count()
    };
    assert_eq!((said("replica", "ms behind"), said("connections", "the replica gives")), (1, 1), "{found}");
}

#[test]
fn while_the_replica_stands_still_or_is_gone_the_primary_is_asked_and_then_it_heals() {
    let Some(mut stage) = Stage::start("a replica that falls behind and goes") else { return };
    let mut server = stage.pake.serve().unwrap();
    await_status(&server, "healthy");

    stage.replica.ask("SELECT pg_wal_replay_pause()").unwrap();
    let still = "SELECT pg_get_wal_replay_pause_state()";
    eventually("it stands still", || (stage.replica.ask(still).unwrap() == "paused").then_some(())).unwrap();
    everything_written_is_read(&server, &server, 5);
    assert!(count(&server, READ_HERE) > 0);
    assert!(await_status(&server, "degraded").contains("behind"));
    assert_eq!(server.get("/health/ready").unwrap().status, 204, "nothing is missing");
    stage.replica.ask("SELECT pg_wal_replay_resume()").unwrap();
    await_status(&server, "healthy");
    let before = count(&server, READ_THERE);
    everything_written_is_read(&server, &server, 5);
    assert!(count(&server, READ_THERE) > before);

    stage.replica.die().unwrap();
    everything_written_is_read(&server, &server, 5);
    assert!(await_status(&server, "degraded").contains("does not answer"));
    stage.replica.come_back().unwrap();
    await_status(&server, "healthy");
    everything_written_is_read(&server, &server, 5);

    // Somebody makes it a database of its own: what is in it is of no use any more.
    stage.replica.ask("SELECT pg_promote()").unwrap();
    everything_written_is_read(&server, &server, 5);
    assert!(await_status(&server, "degraded").contains("is no replica"));
    let told = server.log().iter().filter(|line| line.contains("lists are read from")).count();
    assert!((6..=9).contains(&told), "once each time that it changes: {:#?}", server.log());
}
