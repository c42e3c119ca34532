use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    access::Role,
    queue::{NewJob, enqueue},
    store::Scope,
    testing::place::{Place, text},
    workers,
};

/// A server with an operator (`ada`), an admin of her workspace (`bob`) and a user (`cyd`), and their access tokens.
async fn peopled() -> (Place, [String; 3]) {
    let place = Place::new().await;
    let ada = text(&place.set_up().await.json(), "access_token").to_owned();
    let bob = text(&place.join("bob", Role::Admin).await, "access_token").to_owned();
    let cyd = text(&place.join("cyd", Role::User).await, "access_token").to_owned();
    (place, [ada, bob, cyd])
}

#[tokio::test]
async fn maintenance_is_a_job_that_an_operator_follows_to_its_end() {
    let (place, [ada, bob, cyd]) = peopled().await;
    let wanted = json!({ "action": "rebuild_indexes" });
    for token in [&bob, &cyd] {
        assert_eq!(place.act("/api/v1/admin/maintenance", token, wanted.clone()).await.status, StatusCode::FORBIDDEN);
    }
    let begun = place.act("/api/v1/admin/maintenance", &ada, wanted.clone()).await;
    assert_eq!((begun.status, &begun.json()["success"]), (StatusCode::ACCEPTED, &json!(true)), "{}", begun.text());
    let path = format!("/api/v1/admin/jobs/{}", text(&begun.json(), "job_id"));
    assert_eq!(place.get(&path, &ada).await.json()["status"], "waiting");
    workers::run_due(&place.app, workers::TABLE).await.unwrap();
    let job = place.get(&path, &ada).await.json();
    assert_eq!(
        (&job["status"], &job["kind"], &job["error"]),
        (&json!("done"), &json!("rebuild_indexes"), &Value::Null)
    );
    assert_eq!(job["progress"]["done"], job["progress"]["total"]);
    assert_eq!((&job["user_id"], &job["tenant_id"]), (&json!(Scope::local().user), &Value::Null));
    assert_eq!(place.get(&path, &bob).await.status, StatusCode::NOT_FOUND, "what is for all is not for admins of one");
    assert_eq!(place.get(&path, &cyd).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn maintenance_that_makes_no_sense_is_refused() {
    let (place, [ada, ..]) = peopled().await;
    for body in [
        json!({}),
        json!({ "action": "drop_tables" }),
        json!({ "action": "cleanup_old_data" }),
        json!({ "action": "cleanup_old_data", "days": -1 }),
        json!({ "action": "cleanup_old_data", "days": 36_501 }),
        json!({ "action": "clear_cache", "days": 3 }),
        json!({ "action": "clear_cache", "file": "/etc/passwd" }),
    ] {
        let answer = place.act("/api/v1/admin/maintenance", &ada, body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {}", answer.text());
    }
    let jobs = place.get("/api/v1/admin/jobs", &ada).await.json();
    assert_eq!(jobs["jobs"], json!([]));
}

#[tokio::test]
async fn a_job_is_cancelled_and_tried_again_and_both_are_audited() {
    let (place, [ada, ..]) = peopled().await;
    let begun = place.act("/api/v1/admin/maintenance", &ada, json!({ "action": "clear_cache" })).await.json();
    let path = format!("/api/v1/admin/jobs/{}", text(&begun, "job_id"));
    let act = async |what: &str| {
        let answer = place.act(&format!("{path}/{what}"), &ada, json!({})).await;
        (answer.status.as_u16(), answer.json()["status"].clone())
    };
    assert_eq!(act("retry").await.0, 409);
    assert_eq!(act("cancel").await, (202, json!("cancelled")));
    assert_eq!(act("cancel").await.0, 409);
    assert_eq!(act("retry").await, (202, json!("waiting")));
    workers::run_due(&place.app, workers::TABLE).await.unwrap();
    assert_eq!(place.get(&path, &ada).await.json()["status"], "done");
    let audit = place.get("/api/v1/admin/audit?limit=3", &ada).await.json();
    let actions: Vec<_> = audit["entries"].as_array().unwrap().iter().map(|entry| text(entry, "action")).collect();
    assert_eq!(actions, ["job.retried", "job.cancelled", "system.maintenance"]);
}

#[tokio::test]
async fn an_admin_sees_the_jobs_of_their_workspace_and_an_operator_all_of_them() {
    let (place, [ada, bob, _]) = peopled().await;
    let theirs = Scope { workspace: uuid::Uuid::from_u128(7), user: uuid::Uuid::from_u128(8) };
    let ours = enqueue(&place.app, NewJob::new("clear_cache", json!({})).of(Scope::local())).await.unwrap();
    let other = enqueue(&place.app, NewJob::new("clear_cache", json!({})).of(theirs)).await.unwrap();
    let ids = async |path: &str, token: &str| -> Value {
        let answer = place.get(path, token).await.json();
        answer["jobs"]
            .as_array()
            .map_or(answer["status"].clone(), |jobs| jobs.iter().map(|job| job["id"].clone()).collect())
    };
    assert_eq!(ids("/api/v1/admin/jobs", &bob).await, json!([ours]));
    assert_eq!(ids("/api/v1/admin/jobs", &ada).await, json!([other, ours]));
    let elsewhere = format!("/api/v1/admin/jobs?tenant_id={}", theirs.workspace);
    assert_eq!(ids(&elsewhere, &ada).await, json!([other]));
    assert_eq!(ids(&elsewhere, &bob).await, json!(403));
    let path = format!("/api/v1/admin/jobs/{other}");
    assert_eq!(place.get(&path, &bob).await.status, StatusCode::NOT_FOUND);
    for what in ["cancel", "retry"] {
        assert_eq!(place.act(&format!("{path}/{what}"), &bob, json!({})).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(place.get(&path, &ada).await.json()["status"], "waiting");
}

#[tokio::test]
async fn jobs_are_listed_page_by_page_and_by_what_became_of_them() {
    let (place, [ada, ..]) = peopled().await;
    for kind in ["clear_cache", "rebuild_indexes", "clear_cache"] {
        enqueue(&place.app, NewJob::new(kind, json!({}))).await.unwrap();
    }
    let first = place.get("/api/v1/admin/jobs?limit=2", &ada).await.json();
    assert_eq!(first["jobs"].as_array().unwrap().len(), 2);
    let second = place.get(&format!("/api/v1/admin/jobs?limit=2&before={}", text(&first, "next")), &ada).await.json();
    assert_eq!((second["jobs"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
    let kinds = place.get("/api/v1/admin/jobs?kind=clear_cache&status=waiting", &ada).await.json();
    assert_eq!(kinds["jobs"].as_array().unwrap().len(), 2);
    assert_eq!(place.get("/api/v1/admin/jobs?status=done", &ada).await.json()["jobs"], json!([]));
    for nonsense in ["limit=0", "kind=%00", "limit=501", "status=lost", "before=yesterday", "color=red"] {
        let answer = place.get(&format!("/api/v1/admin/jobs?{nonsense}"), &ada).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{nonsense}");
    }
}

#[tokio::test]
async fn what_would_be_forgotten_is_shown_to_admins() {
    let (place, [ada, bob, cyd]) = peopled().await;
    for token in [&ada, &bob] {
        let preview = place.get("/api/v1/admin/retention/preview", token).await;
        assert_eq!((preview.status, preview.json()), (StatusCode::OK, json!({ "searches": 0, "people": 0 })));
    }
    assert_eq!(place.get("/api/v1/admin/retention/preview", &cyd).await.status, StatusCode::FORBIDDEN);
}
