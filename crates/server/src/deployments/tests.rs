use http::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{
    access::Role,
    jobs,
    testing::{
        Answer,
        place::{Place, text},
    },
};

const PATH: &str = "/api/v1/admin/deployments";
const ROLLBACK: &str = "/api/v1/admin/deployments/rollback";
const OLD: &str = "0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42";
const NEW: &str = "0198f2c4-6000-7a10-9c51-2b6f0c1d7e42";
const PASSWORD: &str = crate::testing::place::PASSWORD;

/// A server whose deployer speaks in this folder, and its operator's access token.
async fn deployed() -> (TempDir, Place, String) {
    let folder = TempDir::new().unwrap();
    let place = Place::with(|config| config.server.deployments_dir = Some(folder.path().to_owned())).await;
    let ada = text(&place.set_up().await.json(), "access_token").to_owned();
    (folder, place, ada)
}

fn release(deploy: &str) -> Value {
    json!({ "deploy": deploy, "image": "pake:2", "digest": "sha256:2", "committed_at": "2026-11-26T12:00:00Z" })
}

fn deployment(deploy: &str, outcome: Option<&str>) -> Value {
    json!({
        "deploy": deploy, "kind": "deploy", "by": "ada", "image": "pake:2", "from": "sha256:1", "to": "sha256:2",
        "settings": ["~PAKE_LOG__LEVEL"], "migrations": ["13 tags"], "began": "2026-11-26T12:00:00Z",
        "last": "2026-11-26T12:03:00Z", "outcome": outcome, "reason": outcome.filter(|it| *it != "committed"),
        "steps": [{ "step": "preflight", "phase": "done", "took_ms": 1200, "why": null }],
        "what_a_newer_one_says": true,
    })
}

fn says(folder: &TempDir, deployments: &[Value]) {
    let count = |outcome: &str| deployments.iter().filter(|it| it["outcome"] == outcome).count();
    let told = json!({
        "current": release(NEW), "back_to": release(OLD), "deployments": deployments,
        "totals": { "committed": count("committed"), "rolled_back": count("rolled_back"), "halted": count("halted") },
    });
    fs::write(folder.path().join(TOLD), told.to_string()).unwrap();
}

async fn wanted(place: &Place, token: &str, release: &str, password: &str) -> Answer {
    place.act(ROLLBACK, token, json!({ "release": release, "password": password })).await
}

async fn log(place: &Place, token: &str) -> Vec<(String, Value)> {
    let log = place.get("/api/v1/admin/audit", token).await.json();
    let of_us = |entry: &&Value| entry["action"].as_str().unwrap().starts_with("deployment.");
    let entries = log["entries"].as_array().unwrap().iter().filter(of_us);
    entries.map(|entry| (text(entry, "action").to_owned(), entry["details"].clone())).collect()
}

#[tokio::test]
async fn an_installation_that_nobody_deployed_says_so() {
    let place = Place::new().await;
    let ada = text(&place.set_up().await.json(), "access_token").to_owned();
    let shown = place.get(PATH, &ada).await;
    let nothing = json!({ "is_set_up": false, "current": null, "back_to": null, "asked": null, "refused": null, "deployments": [] });
    assert_eq!((shown.status, shown.json()), (StatusCode::OK, nothing));
    assert_eq!(wanted(&place, &ada, OLD, PASSWORD).await.status, StatusCode::CONFLICT);
    let (_folder, place, ada) = deployed().await;
    assert_eq!(place.get(PATH, &ada).await.json()["is_set_up"], true);
    assert_eq!(hear(&place.app).await.unwrap(), 0);
}

#[tokio::test]
async fn deployments_are_for_those_who_operate_the_installation() {
    let (folder, place, ada) = deployed().await;
    says(&folder, &[deployment(NEW, Some("committed"))]);
    for role in [Role::Viewer, Role::User, Role::Manager, Role::Admin] {
        let token = text(&place.join(role.name(), role).await, "access_token").to_owned();
        assert_eq!(place.get(PATH, &token).await.status, StatusCode::FORBIDDEN, "{role}");
        assert_eq!(wanted(&place, &token, OLD, PASSWORD).await.status, StatusCode::FORBIDDEN, "{role}");
    }
    let shown = place.get(PATH, &ada).await.json();
    assert_eq!((&shown["current"]["deploy"], &shown["back_to"]["deploy"]), (&json!(NEW), &json!(OLD)));
    let first = &shown["deployments"][0];
    assert_eq!((&first["by"], &first["steps"][0]["took_ms"]), (&json!("ada"), &json!(1200)));
    assert_eq!(first["settings"], json!(["~PAKE_LOG__LEVEL"]));
}

#[tokio::test]
async fn each_outcome_of_each_deployment_stands_in_the_audit_log_once() {
    let (folder, place, ada) = deployed().await;
    says(&folder, &[deployment(NEW, Some("halted")), deployment(OLD, Some("committed"))]);
    jobs::run_now(&place.app, "hear_of_deployments").await;
    says(&folder, &[deployment(NEW, Some("rolled_back")), deployment(OLD, Some("committed"))]);
    for _ in 0..2 {
        jobs::run_now(&place.app, "hear_of_deployments").await;
    }
    let log = log(&place, &ada).await;
    let actions: Vec<_> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["deployment.rolled_back", "deployment.halted", "deployment.committed"], "the latest first");
    assert_eq!((&log[0].1["reason"], &log[0].1["by"]), (&json!("rolled_back"), &json!("ada")));
    assert_eq!(audit::verify(&place.app).await.unwrap().broken_at, None);
}

#[tokio::test]
async fn two_servers_that_hear_of_it_at_once_write_it_down_once() {
    let (folder, place, ada) = deployed().await;
    says(&folder, &[deployment(NEW, Some("committed"))]);
    let heard = futures_util::future::join_all((0..8).map(|_| hear(&place.app))).await;
    assert_eq!(heard.into_iter().map(|it| it.unwrap()).sum::<u64>(), 1);
    assert_eq!(log(&place, &ada).await.len(), 1);
}

#[tokio::test]
async fn deployments_are_metrics() {
    let (folder, place, ..) = deployed().await;
    assert!(!place.app.metrics.render().contains("pake_release_info{"), "nothing was deployed yet");
    says(&folder, &[deployment(NEW, None), deployment(OLD, Some("committed"))]);
    hear(&place.app).await.unwrap();
    let scrape = place.app.metrics.render();
    for line in [
        "pake_deploys_total{outcome=\"committed\"} 1".to_owned(),
        "pake_deploys_total{outcome=\"rolled_back\"} 0".to_owned(),
        "pake_deploy_last_success_timestamp_seconds{} 1795694580".to_owned(),
        "pake_deploy_last_duration_seconds{} 180".to_owned(),
        "pake_deploy_unfinished_since_timestamp_seconds{} 1795694400".to_owned(),
        format!("pake_release_info{{release=\"{NEW}\",image_digest=\"sha256:2\"}} 1"),
    ] {
        assert!(scrape.contains(&line), "{line} in {scrape}");
    }
    says(&folder, &[deployment(NEW, Some("committed")), deployment(OLD, Some("committed"))]);
    hear(&place.app).await.unwrap();
    let scrape = place.app.metrics.render();
    assert!(scrape.contains("pake_deploys_total{outcome=\"committed\"} 2"));
    assert!(!scrape.contains("unfinished_since_timestamp_seconds{} 1"), "it is over");
}

#[tokio::test]
async fn a_rollback_is_asked_for_by_whoever_shows_that_it_is_them() {
    let (folder, place, ada) = deployed().await;
    says(&folder, &[deployment(NEW, Some("committed"))]);
    for password in ["", "not mine"] {
        assert_eq!(wanted(&place, &ada, OLD, password).await.status, StatusCode::BAD_REQUEST);
    }
    let without = place.act(ROLLBACK, &ada, json!({ "release": OLD })).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
    assert!(!folder.path().join(ASKED).exists());
    let answer = wanted(&place, &ada, OLD, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let request: Value = serde_json::from_slice(&fs::read(folder.path().join(ASKED)).unwrap()).unwrap();
    assert_eq!(request, answer.json());
    assert_eq!((&request["release"], &request["by"]), (&json!(OLD), &json!("ada")));
    assert!(!request.to_string().contains(PASSWORD));
    assert_eq!(place.get(PATH, &ada).await.json()["asked"], request);
    assert_eq!(log(&place, &ada).await[0].0, "deployment.rollback_asked");
    assert_eq!(wanted(&place, &ada, OLD, PASSWORD).await.status, StatusCode::CONFLICT, "once is enough");
    place.clock.advance(TimeDelta::minutes(11));
    let signed_in = place.login("ada", PASSWORD).await.json();
    let ada = text(&signed_in, "access_token");
    assert_eq!(place.get(PATH, ada).await.json()["asked"], Value::Null, "nobody takes it up any more");
    assert_eq!(wanted(&place, ada, OLD, PASSWORD).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_is_not_offered_cannot_be_had() {
    let (folder, place, ada) = deployed().await;
    for (deployments, release) in [
        (vec![deployment(NEW, Some("committed"))], NEW),
        (vec![deployment(NEW, Some("halted"))], OLD),
        (vec![deployment(NEW, None)], OLD),
    ] {
        says(&folder, &deployments);
        let answer = wanted(&place, &ada, release, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
    }
    for body in [json!({}), json!({ "release": "latest" }), json!({ "release": OLD, "image": "evil:1" })] {
        assert_eq!(place.act(ROLLBACK, &ada, body).await.status, StatusCode::BAD_REQUEST);
    }
    assert!(!folder.path().join(ASKED).exists());
}

#[tokio::test]
async fn a_file_that_makes_no_sense_is_our_own_fault_and_not_shown() {
    let (folder, place, ada) = deployed().await;
    for nonsense in ["", "s3cr3t", "{\"deployments\": 5}", "[]"] {
        fs::write(folder.path().join(TOLD), nonsense).unwrap();
        let answer = place.get(PATH, &ada).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{nonsense}");
        assert!(!answer.text().contains("s3cr3t"));
        assert!(hear(&place.app).await.is_err());
    }
}

#[tokio::test]
async fn whoever_asked_is_told_for_a_day_that_it_was_refused() {
    let (folder, place, ada) = deployed().await;
    says(&folder, &[deployment(NEW, Some("committed"))]);
    let refused = |at: &str| json!({ "id": OLD, "release": OLD, "by": "ada", "at": at, "why": "ask again" });
    let now = place.app.clock.now();
    for (age, is_told) in [(TimeDelta::minutes(1), true), (TimeDelta::hours(25), false)] {
        let at = (now - age).to_rfc3339();
        fs::write(folder.path().join(REFUSED), refused(&at).to_string()).unwrap();
        let told = place.get(PATH, &ada).await.json();
        assert_eq!(told["refused"]["why"] == "ask again", is_told, "{told}");
    }
    fs::write(folder.path().join(REFUSED), "{").unwrap();
    assert_eq!(place.get(PATH, &ada).await.status, StatusCode::INTERNAL_SERVER_ERROR);
}
