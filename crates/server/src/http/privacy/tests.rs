use std::io::Read as _;

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    access::Role,
    accounts, audit,
    db::testing::{TestDb, on_both},
    erasure, jobs,
    store::{
        Scope,
        testing::{count, places_of},
    },
    testing::{
        people::{Somebody, Team},
        place::PASSWORD,
    },
    workers,
};
use secrecy::ExposeSecret as _;

const EXPORT: &str = "/api/v1/user/export";
const DELETE: &str = "/api/v1/user/delete";

/// Something of everything of somebody, with their name in it.
async fn filled(place: &Team, who: &Somebody) {
    let found = place.search(who, json!({ "query": "quokka habitats" })).await;
    let history = format!("/api/v1/history/{}", found["id"].as_str().unwrap());
    place.json("PUT", &format!("{history}/tags"), who, json!({ "tags": ["=quokka tag"] })).await;
    place.json("POST", "/auth/tokens", who, json!({ "name": "quokka token", "permissions": ["search:read"] })).await;
    place.json("PUT", "/api/v1/user/preferences", who, json!({ "preferred_result_format": "quokka" })).await;
    let scope = Scope { workspace: Scope::local().workspace, user: who.id };
    let (one, other) = ("crossref:quokka1", "crossref:quokka2");
    crate::store::splits::insert(&place.app.db, scope, one, other, place.app.clock.now()).await.unwrap();
}

/// The files of a ZIP.
fn files(zip: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let count = archive.len();
    let read = |place: usize| {
        let mut file = archive.by_index(place).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        (file.name().unwrap().into_owned(), text)
    };
    (0..count).map(read).collect()
}

async fn job(place: &Team, name: &str) {
    let job = jobs::TABLE.iter().find(|job| job.name == name).unwrap();
    jobs::run(&place.app, job).await;
    assert!(place.app.job_book.states()[name].error.is_none());
}

on_both! {
    async fn somebody_takes_all_that_is_stored_about_them_once(db: TestDb) {
        let place = Team::on(db.again().await, |_| {}).await;
        place.set_up().await;
        let uma = place.join("umaquokka", Role::User).await;
        let eve = place.join("eve", Role::User).await;
        filled(&place, &uma).await;
        place.search(&eve, json!({ "query": "what eve asks" })).await;
        let asked = place.json("POST", EXPORT, &uma, json!({})).await;
        assert_eq!(asked["status"], "waiting");
        let path = format!("{EXPORT}/{}", asked["id"].as_str().unwrap());
        assert_eq!(place.json("POST", EXPORT, &uma, json!({})).await["id"], asked["id"], "one at a time");
        assert_eq!(place.get(&path, &uma).await.status, StatusCode::CONFLICT);
        assert_eq!(workers::run_due(&place.app, workers::TABLE).await.unwrap(), 1);
        let kept = places_of(&db, "quokka habitats").await;
        assert!(!kept.iter().any(|place| place.starts_with("export_parts")), "what is kept of it is sealed: {kept:?}");
        let list = place.get(EXPORT, &uma).await.json();
        assert_eq!((&list["exports"][0]["status"], &list["exports"][0]["download"]), (&json!("ready"), &json!(path)));
        assert_eq!(place.get(EXPORT, &eve).await.json()["exports"], json!([]));
        assert_eq!(place.get(&path, &eve).await.status, StatusCode::NOT_FOUND);
        let looked = place.send("HEAD", &path, Some(&uma), Value::Null).await;
        assert_eq!(looked.status, StatusCode::METHOD_NOT_ALLOWED, "whoever only looks does not use it up");
        let zip = place.get(&path, &uma).await;
        assert_eq!((zip.status, zip.header("content-type"), zip.header("cache-control")), (StatusCode::OK, "application/zip", "no-store"));
        let files = files(&zip.body);
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"README.md") && names.contains(&"data/sessions.json"), "{names:?}");
        let whole = &files.iter().find(|(name, _)| name == "export.json").unwrap().1;
        let whole: Value = serde_json::from_str(whole).unwrap();
        assert_eq!(whole["user_id"], json!(uma.id));
        assert_eq!(whole["search_history"][0]["query"], "quokka habitats");
        assert_eq!(whole["search_history"][0]["tags"], json!(["=quokka tag"]));
        assert_eq!(whole["metadata"]["total_searches"], 1);
        assert_eq!(whole["preferences"][Scope::local().workspace.to_string()]["preferred_result_format"], "quokka");
        let all: String = files.iter().map(|(_, text)| text.as_str()).collect();
        for told in ["umaquokka@example.org", "quokka token", "crossref:quokka1", "account.export_asked"] {
            assert!(all.contains(told), "{told}");
        }
        for hidden in ["what eve asks", "eve@example.org", "$argon2", PASSWORD, "signature", "hash\""] {
            assert!(!all.contains(hidden), "{hidden}");
        }
        assert_eq!(place.get(&path, &uma).await.status, StatusCode::GONE, "once");
        assert_eq!(count(&db, "export_parts").await, 0);
    }

    async fn an_archive_that_nobody_takes_is_gone_after_a_day(db: TestDb) {
        let place = Team::on(db.again().await, |_| {}).await;
        place.set_up().await;
        let uma = place.join("uma", Role::User).await;
        let path = format!("{EXPORT}/{}", place.json("POST", EXPORT, &uma, json!({})).await["id"].as_str().unwrap());
        workers::run_due(&place.app, workers::TABLE).await.unwrap();
        assert!(count(&db, "export_parts").await > 0);
        place.clock.advance(TimeDelta::hours(24));
        let uma = Somebody::of(&place.login("uma").await.json());
        assert_eq!(place.get(&path, &uma).await.status, StatusCode::GONE);
        job(&place, "expire_exports").await;
        assert_eq!(count(&db, "export_parts").await, 0);
        place.clock.advance(TimeDelta::days(31));
        job(&place, "expire_exports").await;
        assert_eq!(count(&db, "exports").await, 0);
    }

    async fn nothing_that_is_stored_leads_to_somebody_who_is_deleted(db: TestDb) {
        let place = Team::on(db.again().await, |_| {}).await;
        let ada = place.set_up().await;
        let uma = place.join("umaquokka", Role::Admin).await;
        filled(&place, &uma).await;
        place.search(&ada, json!({ "query": "lamps" })).await;
        place.search(&uma, json!({ "query": "lamps" })).await;
        place.json("POST", "/api/v1/invitations", &uma, json!({ "role": "user", "email": "friend@quokka.example" })).await;
        place.json("POST", "/api/v1/invitations", &ada, json!({ "role": "user", "email": "umaquokka@example.org" })).await;
        place.json("POST", EXPORT, &uma, json!({})).await;
        workers::run_due(&place.app, workers::TABLE).await.unwrap();
        let wanted = json!({ "confirm": "umaquokka", "password": PASSWORD });
        assert!(place.json("POST", DELETE, &uma, wanted).await["deletion_due_at"].is_string());
        job(&place, "erase_people").await;
        assert!(!places_of(&db, "umaquokka").await.is_empty(), "not before its time");
        place.clock.advance(TimeDelta::days(14));
        job(&place, "erase_people").await;
        assert_eq!(places_of(&db, "quokka").await, Vec::<String>::new());
        assert_eq!(place.login("umaquokka").await.status, StatusCode::UNAUTHORIZED);
        // What others asked too is theirs.
        assert_eq!((count(&db, "queries").await, count(&db, "searches").await, count(&db, "answers").await), (1, 1, 1));
        for table in ["tags", "splits", "preferences", "exports", "export_parts", "api_tokens"] {
            assert_eq!(count(&db, table).await, 0, "{table}");
        }
        let id = uma.id.to_string();
        // In SQLite ids are bytes; in texts they are as they are shown.
        let left = places_of(&db, &id).await;
        let audit_only = left.iter().all(|place| place.starts_with("audit_log.") || place.starts_with("security_events."));
        assert!(audit_only, "{left:?}");
        let rows = audit::list(&place.app, &crate::store::audit::AuditFilter { actor: Some(uma.id), ..Default::default() }, None, 100).await.unwrap();
        assert!(rows.len() > 3, "the log keeps what was done, by an id that leads nowhere");
        assert_eq!(audit::verify(&place.app).await.unwrap().broken_at, None);
    }

    async fn other_processes_forget_somebody_who_is_deleted(db: TestDb) {
        let here = Team::on(db.again().await, |config| config.accounts.deletion_grace_days = 0).await;
        let ada = here.set_up().await;
        let uma = here.join("uma", Role::User).await;
        let there = Team::on(db.again().await, |_| {}).await;
        let found = there.search(&uma, json!({ "query": "lamps" })).await;
        let scope = Scope { workspace: Scope::local().workspace, user: uma.id };
        let id = found["id"].as_str().unwrap().parse().unwrap();
        let of_ada = there.search(&ada, json!({ "query": "tunnels" })).await;
        here.json("POST", DELETE, &uma, json!({ "confirm": "uma", "password": PASSWORD })).await;
        job(&here, "erase_people").await;
        let lamps = json!({ "query": "lamps" });
        assert!(there.app.searches.get(scope, id).is_some(), "it has not heard of it yet");
        assert_eq!(there.search(&ada, lamps.clone()).await["cache"]["hit"], true);
        job(&there, "hear_of_erasures").await;
        assert!(there.app.searches.get(scope, id).is_none());
        assert_eq!(there.search(&ada, lamps).await["cache"]["hit"], false, "an answer does not say who asked: all go");
        let path = format!("/api/v1/searches/{}", of_ada["id"].as_str().unwrap());
        assert_eq!(there.get(&path, &ada).await.status, StatusCode::OK, "what others asked stays theirs");
        assert_eq!(erasure::hear_of_others(&there.app).await.unwrap(), 0, "once");
    }

    async fn the_first_account_leaves_an_empty_installation_behind(db: TestDb) {
        let place = Team::on(db.again().await, |config| config.accounts.deletion_grace_days = 0).await;
        let ada = place.set_up().await;
        filled(&place, &ada).await;
        let first = format!("/api/v1/workspaces/{}", Scope::local().workspace);
        place.json("PUT", &first, &ada, json!({ "name": "the quokka lab" })).await;
        place.json("POST", DELETE, &ada, json!({ "confirm": "ada", "password": PASSWORD })).await;
        job(&place, "erase_people").await;
        assert_eq!(places_of(&db, "quokka").await, Vec::<String>::new());
        assert_eq!(places_of(&db, "ada@example.org").await, Vec::<String>::new());
        let link = accounts::offer_setup(&place.app).await.unwrap().expect("there is no account any more");
        let next = place.register("next", link.expose_secret()).await;
        assert_eq!(place.get("/api/v1/history", &next).await.json()["entries"], json!([]));
    }
}

#[tokio::test]
async fn until_the_time_comes_one_can_only_take_it_back_or_fetch_ones_export() {
    let place = Team::new().await;
    place.set_up().await;
    let uma = place.join("uma", Role::User).await;
    let elsewhere = Somebody::of(&place.login("uma").await.json());
    let token = place.json("POST", "/auth/tokens", &uma, json!({ "name": "t", "permissions": ["search:read"] })).await;
    let token = Somebody { token: token["token"].as_str().unwrap().to_owned(), ..uma.clone() };
    for (wrong, status) in [
        (json!({ "confirm": "uma", "password": "not her password at all" }), StatusCode::BAD_REQUEST),
        (json!({ "confirm": "Uma", "password": PASSWORD }), StatusCode::BAD_REQUEST),
        (json!({ "confirm": "uma" }), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(place.send("POST", DELETE, Some(&uma), wrong.clone()).await.status, status, "{wrong}");
    }
    let wanted = json!({ "confirm": "uma", "password": PASSWORD });
    assert_eq!(place.send("POST", DELETE, Some(&token), wanted.clone()).await.status, StatusCode::FORBIDDEN);
    place.json("POST", DELETE, &uma, wanted.clone()).await;
    assert_eq!(place.get("/auth/me", &elsewhere).await.status, StatusCode::UNAUTHORIZED, "other sessions are over");
    assert_eq!(place.get("/api/v1/history", &token).await.status, StatusCode::UNAUTHORIZED);
    let uma = Somebody::of(&place.login("uma").await.json());
    assert_eq!(place.get("/auth/me", &uma).await.status, StatusCode::OK);
    for (method, path) in
        [("GET", "/api/v1/history"), ("POST", "/api/v1/searches"), ("GET", "/auth/tokens"), ("POST", DELETE)]
    {
        let refused = place.send(method, path, Some(&uma), json!({ "query": "x" })).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    let path = format!("{EXPORT}/{}", place.json("POST", EXPORT, &uma, json!({})).await["id"].as_str().unwrap());
    workers::run_due(&place.app, workers::TABLE).await.unwrap();
    assert_eq!(place.get(&path, &uma).await.status, StatusCode::OK);
    assert!(place.get(DELETE, &uma).await.json()["deletion_due_at"].is_string());
    place.json("POST", &format!("{DELETE}/cancel"), &uma, json!({})).await;
    assert_eq!(place.get("/api/v1/history", &uma).await.status, StatusCode::OK);
    assert_eq!(
        place.send("POST", &format!("{DELETE}/cancel"), Some(&uma), json!({})).await.status,
        StatusCode::CONFLICT
    );
    place.clock.advance(TimeDelta::days(30));
    job(&place, "erase_people").await;
    assert_eq!(place.login("uma").await.status, StatusCode::OK, "it was taken back");
}

#[tokio::test]
async fn whoever_operates_the_installation_deletes_somebody_at_once() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let adam = place.join("adam", Role::Admin).await;
    let uma = place.join("umaquokka", Role::User).await;
    filled(&place, &uma).await;
    let path = format!("/api/v1/admin/users/{}/action", uma.id);
    let wanted = json!({ "action": "delete_user", "reason": "left the lab", "confirm": "umaquokka" });
    assert_eq!(place.send("POST", &path, Some(&adam), wanted.clone()).await.status, StatusCode::FORBIDDEN);
    let unsure = json!({ "action": "delete_user", "reason": "left the lab", "confirm": "uma" });
    assert_eq!(place.send("POST", &path, Some(&ada), unsure).await.status, StatusCode::BAD_REQUEST);
    place.json("POST", &path, &ada, wanted).await;
    assert_eq!(places_of(&place.app.db, "quokka").await, Vec::<String>::new());
    assert_eq!(place.get("/auth/me", &uma).await.status, StatusCode::UNAUTHORIZED);
    let own = format!("/api/v1/admin/users/{}/action", ada.id);
    let wanted = json!({ "action": "delete_user", "reason": "x", "confirm": "ada" });
    assert_eq!(place.send("POST", &own, Some(&ada), wanted).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_last_admin_of_others_hands_over_first() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let uma = place.join("uma", Role::User).await;
    let wanted = json!({ "confirm": "ada", "password": PASSWORD });
    let refused = place.send("POST", DELETE, Some(&ada), wanted.clone()).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    let member = format!("/api/v1/workspaces/{}/members/{}", Scope::local().workspace, uma.id);
    place.json("PUT", &member, &ada, json!({ "role": "admin" })).await;
    place.json("POST", DELETE, &ada, wanted).await;
}
