//! `pake maintenance`, `pake jobs` and `pake user list`, on a database of this machine and over a running server.

use serde_json::Value;

use super::{asking, done, refused};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn maintenance_is_waited_for_and_its_job_is_seen_afterwards() {
    let (_upstream, pake) = asking();
    assert!(refused(&pake, 1, &["maintenance", "back-up"]).contains("pake serve"), "there is nothing yet");
    drop(pake.serve().unwrap());
    let backup = json(&done(&pake, &["maintenance", "back-up", "--json"]));
    assert_eq!((&backup["status"], &backup["result"]["is_checked"]), (&"done".into(), &true.into()), "{backup}");
    let counted = done(&pake, &["maintenance", "clean-up", "--days", "90", "--dry-run"]);
    assert!(counted.contains("dry_run: true") && counted.contains("searches: 0"), "{counted}");
    let list = done(&pake, &["jobs", "list", "--status", "done"]);
    let kinds: Vec<_> = list.lines().map(|line| line.split('\t').nth(1).unwrap().to_owned()).collect();
    assert_eq!(kinds, ["cleanup_old_data", "backup_database"], "{list}");
    let id = backup["id"].as_str().unwrap();
    assert!(done(&pake, &["jobs", "show", id]).contains("backups/pake-"), "its outcome is shown");
    assert!(refused(&pake, 1, &["jobs", "cancel", id]).contains("done already"));
    assert!(refused(&pake, 1, &["jobs", "retry", id]).contains("is done"));
    assert!(refused(&pake, 1, &["jobs", "show", "../users"]).contains("UUID"));
}

#[test]
fn a_running_server_does_what_is_put_into_its_queue() {
    let (_upstream, pake) = asking();
    let server = pake.serve().unwrap();
    let url = server.url();
    let cleared = done(&pake, &["maintenance", "clear-cache", "--server", &url]);
    assert!(cleared.contains("clear_cache  done"), "{cleared}");
    let id = done(&pake, &["maintenance", "rebuild-indexes", "--detach", "--server", &url]);
    let ended = e2e::patience::eventually("the job is done", || {
        let job = json(&done(&pake, &["jobs", "show", id.trim(), "--json", "--server", &url]));
        (job["status"] == "done").then_some(job)
    });
    assert_eq!(ended.unwrap()["kind"], "rebuild_indexes");
}

#[test]
fn people_are_listed_with_what_they_are() {
    let (_upstream, pake) = asking();
    let pake = pake.with("PAKE_PASSWORDS__MEMORY_KIB", "8192");
    done(&pake, &["user", "add", "ada", "--generate"]);
    done(&pake, &["user", "add", "max", "--generate", "--role", "manager", "--email", "max@example.org"]);
    let list = done(&pake, &["user", "list"]);
    let names: Vec<_> = list.lines().map(|line| line.split('\t').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(names, ["ada super_admin", "max manager"], "{list}");
    let found = json(&done(&pake, &["user", "list", "--text", "EXAMPLE", "--json"]));
    assert_eq!(found["users"].as_array().unwrap().len(), 1);
    assert_eq!(found["users"][0]["username"], "max");
    assert!(!found.to_string().contains("argon2"));
    assert_eq!(done(&pake, &["user", "list", "--inactive"]), "");
}
