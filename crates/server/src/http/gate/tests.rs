use axum::{Router, body::Body};
use http::{Request, StatusCode};
use serde_json::Value;

use crate::{
    access::{Caller, Role},
    config::SignIn,
    http::{openapi, router},
    store::accounts,
    testing::{app_with, ask, config, get},
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
    let router = router(crate::app::SharedApp::clone(&app));
    assert_eq!(ask(&router, get("/api/v1/history", &[])).await.status, StatusCode::OK);
    assert!(!accounts::is_any(&app.db).await.unwrap());
}
