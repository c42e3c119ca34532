use chrono::TimeDelta;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    access::{Caller, Role},
    app::SharedApp,
    client::Client,
    db::testing::{TestDb, on_both},
    security_events::{self, Happening, Severity},
    store::{Scope, security_events::EventFilter, testing::count},
    testing::{
        app_on, ask, config, get,
        serving::Serving,
        {
            people::{Somebody, Team},
            place::PASSWORD,
        },
    },
};

const EVENTS: &str = "/api/v1/admin/security-events";

async fn kinds(place: &Team, who: &Somebody, query: &str) -> Vec<String> {
    let page = place.json("GET", &format!("{EVENTS}{query}"), who, json!({})).await;
    let kind = |event: &Value| event["event_type"].as_str().unwrap().to_owned();
    page["events"].as_array().unwrap().iter().rev().map(kind).collect()
}

#[tokio::test]
async fn what_may_matter_for_safety_is_kept_without_any_secret() {
    let place = Team::with(|config| config.limits.enabled = false).await;
    let ada = place.set_up().await;
    let uma = place.join("uma", Role::User).await;
    let wrong = json!({ "username": "uma", "password": "not her password at all" });
    for _ in 0..5 {
        place.send("POST", "/auth/login", None, wrong.clone()).await;
        place.clock.advance(TimeDelta::seconds(30));
    }
    let made = json!({ "name": "laptop", "permissions": ["search:read"] });
    let made = place.json("POST", "/auth/tokens", &uma, made).await;
    place.search(&uma, json!({ "query": "a private question" })).await;
    place.get("/api/v1/history/export?format=json", &uma).await;
    let member = format!("/api/v1/workspaces/{}/members/{}", Scope::local().workspace, uma.id);
    place.json("PUT", &member, &ada, json!({ "role": "viewer" })).await;
    // What was tried before does not count any more.
    place.clock.advance(TimeDelta::minutes(20));
    let uma = Somebody::of(&place.login("uma").await.json());
    let ada = Somebody::of(&place.login("ada").await.json());
    let again = place
        .send(
            "PUT",
            "/auth/password",
            Some(&uma),
            json!({ "current_password": PASSWORD, "new_password": "another long enough phrase" }),
        )
        .await;
    assert_eq!(again.status, StatusCode::NO_CONTENT, "{}", again.text());
    let told = kinds(&place, &ada, "").await;
    assert_eq!(
        told,
        ["failed_sign_in", "account_locked", "token_created", "data_exported", "role_changed", "password_changed"]
    );
    let all = place.get(EVENTS, &ada).await;
    for secret in [PASSWORD, "not her password", made["token"].as_str().unwrap(), &uma.token, "private question"] {
        assert!(!all.text().contains(secret), "{secret}");
    }
    let failed = &all.json()["events"][5];
    assert_eq!(
        (&failed["severity"], &failed["occurrences"], &failed["resolved"]),
        (&json!("low"), &json!(5), &json!(false))
    );
    assert_eq!(kinds(&place, &ada, "?severity=medium").await, ["account_locked", "role_changed"]);
    assert_eq!(kinds(&place, &ada, "?event_type=token_created&resolved=false").await, ["token_created"]);
    let scrape = ask(&place.router, get("/metrics", &[])).await;
    assert!(scrape.text().contains("pake_security_events_total{event_type=\"failed_sign_in\",severity=\"low\"} 5"));
}

#[tokio::test]
async fn a_refresh_token_that_comes_twice_and_a_new_program_are_told() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let signed_in = place.login("ada").await.json();
    for _ in 0..2 {
        place.send("POST", "/auth/refresh", None, json!({ "refresh_token": signed_in["refresh_token"] })).await;
    }
    let mut request =
        crate::testing::post("/auth/login", json!({ "username": "ada", "password": PASSWORD }).to_string());
    request.headers_mut().insert("user-agent", "another/1.0".parse().unwrap());
    assert_eq!(ask(&place.router, request).await.status, StatusCode::OK);
    assert_eq!(kinds(&place, &ada, "").await, ["refresh_token_reused", "new_device"]);
    let page = place.get(EVENTS, &ada).await.json();
    assert_eq!(page["events"][0]["user_agent"], "another/1.0");
    assert_eq!(page["events"][1]["user_id"], json!(ada.id));
}

#[tokio::test]
async fn pages_follow_each_other_and_lines_can_be_taken_away() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    for name in ["one", "two", "three"] {
        let wanted = json!({ "name": name, "permissions": ["search:read"] });
        place.json("POST", "/auth/tokens", &ada, wanted).await;
    }
    let first = place.json("GET", &format!("{EVENTS}?limit=2"), &ada, json!({})).await;
    let rest = format!("{EVENTS}?limit=2&before={}", first["next"].as_str().unwrap());
    let second = place.json("GET", &rest, &ada, json!({})).await;
    assert_eq!((first["events"].as_array().unwrap().len(), second["events"].as_array().unwrap().len()), (2, 1));
    assert!(second["next"].is_null());
    let shown = format!("Bearer {}", ada.token);
    let lines = get(EVENTS, &[("authorization", &shown), ("accept", "application/x-ndjson")]);
    let lines = ask(&place.router, lines).await;
    assert_eq!((lines.header("content-type"), lines.text().lines().count()), ("application/x-ndjson", 3));
    for wrong in ["?limit=0", "?severity=huge", "?before=x", "?colour=red"] {
        assert_eq!(place.get(&format!("{EVENTS}{wrong}"), &ada).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn an_event_is_dealt_with_once_and_what_happens_again_is_another() {
    let place = Team::with(|config| config.limits.enabled = false).await;
    let ada = place.set_up().await;
    let wrong = json!({ "username": "nobody", "password": "x" });
    place.send("POST", "/auth/login", None, wrong.clone()).await;
    let event = place.get(EVENTS, &ada).await.json()["events"][0].clone();
    let resolve = format!("{EVENTS}/{}/resolve", event["id"].as_str().unwrap());
    let resolved = place.json("POST", &resolve, &ada, json!({})).await;
    assert_eq!((&resolved["resolved"], &resolved["resolved_by"]), (&json!(true), &json!(ada.id)));
    assert_eq!(place.json("POST", &resolve, &ada, json!({})).await, resolved);
    place.send("POST", "/auth/login", None, wrong).await;
    let open = place.json("GET", &format!("{EVENTS}?resolved=false"), &ada, json!({})).await;
    assert_eq!(open["events"].as_array().unwrap().len(), 1);
    assert_ne!(open["events"][0]["id"], event["id"]);
    let nothing = format!("{EVENTS}/{}/resolve", uuid::Uuid::nil());
    assert_eq!(place.send("POST", &nothing, Some(&ada), json!({})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_admin_sees_those_of_their_workspace_and_hears_of_them_at_once() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let adam = place.join("adam", Role::Admin).await;
    let uma = place.join("uma", Role::User).await;
    assert_eq!(place.get(EVENTS, &uma).await.status, StatusCode::FORBIDDEN);
    let serving = Serving::of(SharedApp::clone(&place.app)).await;
    let mut sockets = Vec::new();
    for who in [&ada, &adam, &uma] {
        let shown = format!("Bearer {}", who.token);
        sockets.push(serving.socket_with(&[("authorization", &shown)]).await.unwrap());
    }
    let [of_ada, of_adam, of_uma] = &mut sockets[..] else { panic!() };
    place.send("POST", "/auth/login", None, json!({ "username": "nobody", "password": "x" })).await;
    let wanted = json!({ "name": "t", "permissions": ["search:read"] });
    place.json("POST", "/auth/tokens", &uma, wanted).await;
    let said = of_ada.next().await;
    assert_eq!((&said["type"], &said["data"]["event_type"]), (&json!("security_alert"), &json!("failed_sign_in")));
    assert_eq!(of_ada.next().await["data"]["event_type"], "token_created");
    assert_eq!(of_adam.next().await["data"]["event_type"], "token_created", "a sign-in belongs to no workspace");
    of_uma.send(json!({ "type": "ping", "data": {} })).await;
    assert_eq!(of_uma.next().await["type"], "pong", "and nothing before it");
    assert_eq!(kinds(&place, &adam, "").await, ["token_created"]);
    assert_eq!(kinds(&place, &ada, "").await, ["failed_sign_in", "token_created"]);
    serving.stop().await;
}

on_both! {
    async fn strangers_do_not_fill_the_table(db: TestDb) {
        let clock = engine::clock::FixedClock::at(crate::testing::now());
        let app = app_on(db.again().await, config(), clock);
        for number in 0..600_u32 {
            let client = Client { ip: Some(std::net::Ipv4Addr::from(number).into()), ..Client::default() };
            let happening = Happening {
                event_type: "failed_sign_in", severity: Severity::Low, is_counted: true, workspace: None, user: None,
                details: json!({}),
            };
            security_events::raise(&app, &client, happening).await.unwrap();
        }
        assert_eq!(count(&db, "security_events").await, 501);
        let latest = security_events::list(&app, &Caller::local(), EventFilter::default(), None, 1).await.unwrap();
        assert_eq!((latest[0].occurrences, latest[0].ip.as_deref()), (100, None));
    }

    async fn other_processes_on_the_same_database_tell_of_it_too(db: TestDb) {
        let clock = engine::clock::FixedClock::at(crate::testing::now());
        let (here, there) = (app_on(db.again().await, config(), std::sync::Arc::clone(&clock) as _), app_on(db.again().await, config(), clock));
        let mut heard = there.alerts.subscribe();
        let happening = Happening {
            event_type: "role_changed", severity: Severity::Medium, is_counted: false, workspace: None, user: None,
            details: json!({}),
        };
        security_events::raise(&here, &Client::default(), happening).await.unwrap();
        assert_eq!(security_events::tell_others(&there).await.unwrap(), 1);
        assert_eq!(security_events::tell_others(&there).await.unwrap(), 0, "once");
        assert!(heard.try_recv().unwrap().frame.as_str().contains("role_changed"));
    }
}
