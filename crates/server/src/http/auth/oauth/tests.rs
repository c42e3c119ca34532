use axum::{body::Body, extract::Request};
use chrono::TimeDelta;
use http::StatusCode;
use serde_json::{Value, json};

use crate::testing::{
    Answer, ask,
    place::{PASSWORD, Place, text},
};

async fn form(place: &Place, path: &str, body: &str) -> Answer {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    ask(&place.router, request.body(Body::from(body.to_owned())).unwrap()).await
}

fn by_password(password: &str) -> String {
    format!("grant_type=password&username=Ada&password={}", password.replace(' ', "+"))
}

#[tokio::test]
async fn tokens_are_given_for_a_password_at_both_addresses() {
    let place = Place::new().await;
    place.set_up().await;
    for path in ["/auth/token", "/api/v1/auth/token"] {
        let answer = form(&place, path, &by_password(PASSWORD)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
        assert_eq!(answer.header("content-type"), "application/json");
        let tokens = answer.json();
        assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
        assert!(text(&tokens, "scope").split(' ').any(|scope| scope == "search:read"));
        assert_eq!(place.get("/auth/me", text(&tokens, "access_token")).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_refresh_token_gives_the_next_and_is_good_once() {
    let place = Place::new().await;
    place.set_up().await;
    let tokens = form(&place, "/auth/token", &by_password(PASSWORD)).await.json();
    let refresh = |token: &Value| format!("grant_type=refresh_token&refresh_token={}", token.as_str().unwrap());
    let next = form(&place, "/auth/token", &refresh(&tokens["refresh_token"])).await;
    assert_eq!(next.status, StatusCode::OK);
    let again = form(&place, "/auth/token", &refresh(&tokens["refresh_token"])).await;
    assert_eq!((again.status, &again.json()["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    let family = form(&place, "/auth/token", &refresh(&next.json()["refresh_token"])).await;
    assert_eq!(family.json()["error"], "invalid_grant", "somebody has a copy: the session is over");
}

#[tokio::test]
async fn what_is_wrong_is_said_as_the_rfc_has_it() {
    let place = Place::new().await;
    place.set_up().await;
    for (body, error) in [
        ("", "invalid_request"),
        ("username=ada&password=x", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=password&username=ada", "invalid_request"),
        ("grant_type=password&username=ada&password=", "invalid_request"),
        ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=password&grant_type=password&username=ada&password=x", "invalid_request"),
        ("grant_type=client_credentials", "unsupported_grant_type"),
        ("grant_type=refresh_token&refresh_token=pake_rt_nothing", "invalid_grant"),
        ("grant_type=password&username=ada&password=not+her+password", "invalid_grant"),
        ("grant_type=password&username=nobody&password=not+her+password", "invalid_grant"),
        ("grant_type=password&username=%ff%00&password=%f0%28", "invalid_grant"),
    ] {
        let answer = form(&place, "/auth/token", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/json", "{body}");
        assert_eq!((&answer.json()["error"], answer.header("cache-control")), (&json!(error), "no-store"), "{body}");
        assert!(text(&answer.json(), "error_description").is_ascii());
    }
    let json = place.post("/auth/token", json!({ "grant_type": "password" })).await;
    assert_eq!((json.status, &json.json()["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
    let large = "x".repeat(place.app.config.server.body_limit + 1);
    assert_eq!(form(&place, "/auth/token", &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let unknown = format!("{}&client_id=swagger&scope=everything&audience=", by_password(PASSWORD));
    assert_eq!(form(&place, "/auth/token", &unknown).await.status, StatusCode::OK, "what is unknown is passed over");
}

#[tokio::test]
async fn guesses_count_here_as_they_do_at_the_door() {
    let place = Place::new().await;
    place.set_up().await;
    for _ in 0..5 {
        assert_eq!(form(&place, "/auth/token", &by_password("a guess")).await.status, StatusCode::BAD_REQUEST);
        place.clock.advance(TimeDelta::seconds(10));
    }
    let locked = form(&place, "/auth/token", &by_password(PASSWORD)).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!locked.header("retry-after").is_empty());
    assert_eq!(place.login("ada", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn where_there_is_a_second_factor_it_is_asked_for() {
    let place = Place::new().await;
    let token = text(&place.set_up().await.json(), "access_token").to_owned();
    let offered = place.act("/auth/mfa/totp", &token, json!({ "password": PASSWORD })).await.json();
    let totp = totp_rs::Totp::from_url(text(&offered, "otpauth_url")).unwrap();
    let code = totp.generate(crate::testing::now().timestamp().unsigned_abs()).to_string();
    let codes = place.act("/auth/mfa/totp/confirm", &token, json!({ "code": code })).await.json();
    let asked = form(&place, "/auth/token", &by_password(PASSWORD)).await;
    assert_eq!(asked.status, StatusCode::BAD_REQUEST);
    let asked = asked.json();
    assert_eq!(asked["error"], "mfa_required");
    let body = json!({ "mfa_token": asked["mfa_token"], "code": codes["recovery_codes"][0] });
    assert_eq!(place.post("/auth/mfa", body).await.status, StatusCode::OK);
    let code = codes["recovery_codes"][1].as_str().unwrap();
    let at_once = form(&place, "/auth/token", &format!("{}&mfa_token={code}", by_password(PASSWORD))).await;
    assert_eq!(at_once.status, StatusCode::OK, "{}", at_once.text());
}
