use axum::{Router, body::Body};
use chrono::TimeDelta;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::{
    access::{Caller, Role},
    app::SharedApp,
    client::Peer,
    config::SignIn,
    db::Pool,
    http::{openapi, router},
    store::accounts,
    testing::{
        app_with, ask, config, get,
        place::{Place, text},
        serving::Serving,
    },
};

/// Every operation of the document: method, path with something in place of each parameter, and what it needs.
fn operations() -> Vec<(String, String, String)> {
    let document: Value = serde_json::from_str(&openapi()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let needs = operation["x-needs"].as_str().unwrap_or_else(|| panic!("{method} {path} says nothing"));
            found.push((method.to_uppercase(), filled(path), needs.to_owned()));
        }
    }
    assert!(found.len() > 40, "{}", found.len());
    found
}

/// A path with an id in place of each parameter.
fn filled(path: &str) -> String {
    let mut parts = path.split('{');
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        filled.push_str("00000000-0000-7000-8000-000000000009");
        filled.push_str(part.split_once('}').unwrap().1);
    }
    filled
}

fn request(method: &str, path: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    request.body(Body::from("{}")).unwrap()
}

async fn closed() -> Router {
    let mut config = config();
    config.accounts.sign_in = SignIn::Required;
    router(app_with(config).await)
}

#[tokio::test]
async fn without_a_session_no_route_lets_anybody_in_but_those_for_everybody() {
    let router = closed().await;
    for (method, path, needs) in operations() {
        let answer = ask(&router, request(&method, &path)).await;
        if needs == "nothing" {
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        } else {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(answer.json()["error"], "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"PAKE\"");
        }
    }
}

#[tokio::test]
async fn a_head_asks_for_what_a_get_asks_for() {
    let router = closed().await;
    assert_eq!(ask(&router, request("HEAD", "/api/v1/history")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&router, request("HEAD", "/health")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_role_gets_where_its_permissions_let_it_and_nowhere_else() {
    let router = closed().await;
    for role in Role::ALL {
        for (method, path, needs) in operations() {
            let mut request = request(&method, &path);
            let caller = Caller { role, permissions: role.permissions(), ..Caller::local() };
            request.extensions_mut().insert(caller);
            let answer = ask(&router, request).await;
            let may = needs.parse().is_ok_and(|needed| role.permissions().has(needed));
            if may || ["nothing", "sign-in"].contains(&needs.as_str()) {
                assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{role} {method} {path}");
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {method} {path}");
                assert!(answer.json()["detail"].as_str().unwrap().contains(&needs));
            }
        }
    }
}

#[tokio::test]
async fn until_there_is_an_account_whoever_is_at_this_machine_needs_none() {
    let app = app_with(config()).await;
    let router = router(SharedApp::clone(&app));
    assert_eq!(ask(&router, get("/api/v1/history", &[])).await.status, StatusCode::OK);
    assert!(!accounts::is_any(&app.db).await.unwrap());
}

#[tokio::test]
async fn where_networks_administer_nobody_else_does_whatever_they_may() {
    let place = Place::with(|config| config.server.admin_networks = vec!["10.1.0.0/16".parse().unwrap()]).await;
    let made = place.set_up().await.json();
    let token = format!("Bearer {}", made["access_token"].as_str().unwrap());
    let from = |address: &str, path: &str| {
        let mut request = get(path, &[("authorization", &token)]);
        request.extensions_mut().insert(Peer::Ip(address.parse().unwrap()));
        ask(&place.router, request)
    };
    for path in ["/api/v1/admin/audit", "/api/v1/invitations"] {
        assert_eq!(from("10.1.2.3", path).await.status, StatusCode::OK, "{path}");
        let refused = from("192.0.2.1", path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        assert!(refused.json()["detail"].as_str().unwrap().contains("server.admin_networks"));
    }
    assert_eq!(from("192.0.2.1", "/api/v1/history").await.status, StatusCode::OK, "their own work goes on");
}

#[tokio::test]
async fn a_search_over_a_socket_is_counted_like_one_over_http() {
    let place = Place::with(|config| (config.limits.search_rate, config.limits.search_burst) = (0.01, 2)).await;
    let token = place.set_up().await.json()["access_token"].as_str().unwrap().to_owned();
    let serving = Serving::of(SharedApp::clone(&place.app)).await;
    let mut socket = serving.socket().await;
    socket.send(json!({ "type": "auth", "data": { "token": &token } })).await;
    socket.next_of("auth_success").await;
    let headers = [("authorization", &*format!("Bearer {token}"))];
    let over_http = place.send("POST", "/api/v1/searches", &headers, json!({ "query": "lamps" })).await;
    assert_ne!(over_http.status, StatusCode::TOO_MANY_REQUESTS);
    socket.ask("second", "lamps").await;
    socket.ask("third", "lamps").await;
    let refused = socket.next_of("error").await;
    assert_eq!((&refused["data"]["code"], &refused["data"]["in_reply_to"]), (&json!("too_many"), &json!("third")));
}

#[tokio::test]
async fn what_is_over_or_was_taken_back_opens_no_route() {
    let place = Place::new().await;
    let token = |session: &Value| session["access_token"].as_str().unwrap().to_owned();
    place.set_up().await;
    let (gone, late) = (place.join("gone", Role::Admin).await, place.join("late", Role::Admin).await);
    assert_eq!(place.act("/auth/logout", &token(&gone), json!({})).await.status, StatusCode::NO_CONTENT);
    let wanted = json!({ "name": "laptop", "permissions": ["search:read"] });
    let made = place.act("/auth/tokens", &token(&late), wanted).await.json();
    let path = format!("/auth/tokens/{}", made["id"].as_str().unwrap());
    let shown = format!("Bearer {}", token(&late));
    assert_eq!(
        place.send("DELETE", &path, &[("authorization", &shown)], json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    let altered = token(&late).replace('.', ".A");
    place.clock.advance(TimeDelta::minutes(16));
    let refused = [
        ("signed out", token(&gone)),
        ("too late", token(&late)),
        ("taken back", made["token"].as_str().unwrap().to_owned()),
        ("altered", altered),
        ("no token", "nonsense".to_owned()),
    ];
    for (method, path, needs) in operations().into_iter().filter(|(_, _, needs)| needs != "nothing") {
        for (why, token) in &refused {
            let mut request = request(&method, &path);
            let shown = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert(http::header::AUTHORIZATION, shown);
            let answer = ask(&place.router, request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{why}: {method} {path} needs {needs}");
        }
    }
}

#[tokio::test]
async fn a_database_that_is_slow_turns_nobody_away_and_holds_no_search_up() {
    let place = Place::new().await;
    let ada = place.set_up().await.json();
    let ada = text(&ada, "access_token");
    assert_eq!(place.get("/api/v1/auth/me", ada).await.status, StatusCode::OK);
    let Pool::Sqlite(pool) = &place.app.db.read else { panic!("the tests are on SQLite") };
    let only = pool.acquire().await.unwrap();
    tokio::time::pause();
    let searching = async {
        let answer = place.get("/api/v1/sources", ada).await;
        tokio::time::resume();
        drop(only);
        answer.status
    };
    let (own, searching) = tokio::join!(place.get("/api/v1/auth/me", ada), searching);
    assert_eq!(searching, StatusCode::OK, "as they were known a moment ago");
    assert_eq!(own.status, StatusCode::OK, "later, and as the database says: {}", own.text());
}

#[tokio::test]
async fn while_the_database_is_away_whoever_was_just_let_in_reads_on_for_a_minute_and_does_nothing_else() {
    let place = Place::new().await;
    let ada = place.set_up().await.json();
    let ada = text(&ada, "access_token");
    let bob = place.join("bob", Role::User).await;
    let bob = text(&bob, "access_token");
    let unseen = place.join("eve", Role::User).await;
    for token in [ada, bob] {
        assert_eq!(place.get("/api/v1/sources", token).await.status, StatusCode::OK);
    }
    assert_eq!(place.act("/api/v1/auth/logout", bob, json!({})).await.status, StatusCode::NO_CONTENT);
    place.app.db.close().await;
    assert_eq!(place.get("/api/v1/sources", ada).await.status, StatusCode::OK);
    let altered = format!("{}x", &ada[..ada.len() - 1]);
    assert_eq!(place.get("/api/v1/sources", &altered).await.status, StatusCode::UNAUTHORIZED);
    for token in [bob, text(&unseen, "access_token")] {
        let answer = place.get("/api/v1/sources", token).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "signed out, or never seen here");
        assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    }
    let authorization = format!("Bearer {ada}");
    for (method, path, needs) in operations() {
        if needs != "nothing" && needs != "search:read" {
            let mut request = request(&method, &path);
            request.headers_mut().insert("authorization", authorization.parse().unwrap());
            let answer = ask(&place.router, request).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{method} {path}: {}", answer.text());
        }
    }
    place.clock.advance(crate::recent_callers::BELIEVED);
    assert_eq!(place.get("/api/v1/sources", ada).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
