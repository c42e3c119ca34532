use chrono::TimeDelta;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    access::Role,
    testing::{
        Answer,
        authenticator::{self, Key},
        place::{PASSWORD, Place, text},
    },
};

const ORIGIN: &str = "https://pake.example.org";

async fn place() -> Place {
    Place::with(|config| config.server.base_url = Some(ORIGIN.parse().unwrap())).await
}

async fn delete(place: &Place, path: &str, token: &str, body: Value) -> Answer {
    place.send("DELETE", path, &[("authorization", &format!("Bearer {token}"))], body).await
}

async fn ask_for_new(place: &Place, token: &str) -> Value {
    let asked = place.act("/api/v1/auth/passkeys/register", token, json!({ "password": PASSWORD })).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.text());
    asked.json()
}

async fn keep(place: &Place, token: &str, asked: &Value, credential: &Value) -> Answer {
    let body = json!({ "passkey_token": asked["passkey_token"], "name": "laptop", "credential": credential });
    place.act("/api/v1/auth/passkeys", token, body).await
}

/// Makes a passkey; gives it, and what PAKE said.
async fn made(place: &Place, token: &str) -> (Key, Value) {
    let asked = ask_for_new(place, token).await;
    let (key, credential) = authenticator::make(&asked["options"], ORIGIN);
    let kept = keep(place, token, &asked, &credential).await;
    assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.text());
    (key, kept.json())
}

async fn ask(place: &Place) -> Value {
    place.post("/api/v1/auth/passkeys/options", json!({})).await.json()
}

async fn show(place: &Place, asked: &Value, credential: &Value) -> Answer {
    let body = json!({ "passkey_token": asked["passkey_token"], "credential": credential });
    place.post("/api/v1/auth/passkeys/login", body).await
}

async fn sign_in(place: &Place, key: &mut Key) -> Answer {
    let asked = ask(place).await;
    let credential = key.show(&asked["options"], ORIGIN);
    show(place, &asked, &credential).await
}

/// Ada's access token.
async fn ada(place: &Place) -> String {
    text(&place.set_up().await.json(), "access_token").to_owned()
}

#[tokio::test]
async fn a_passkey_alone_signs_in_without_a_name_being_typed() {
    let place = place().await;
    let token = ada(&place).await;
    let asked = ask_for_new(&place, &token).await;
    let selection = &asked["options"]["publicKey"]["authenticatorSelection"];
    assert_eq!((&selection["residentKey"], &selection["userVerification"]), (&json!("required"), &json!("required")));
    let (mut key, _) = made(&place, &token).await;
    let asked = ask(&place).await;
    assert_eq!(asked["options"]["publicKey"]["rpId"], "pake.example.org");
    assert!(asked["options"].get("mediation").is_none());
    let signed_in = sign_in(&place, &mut key).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.text());
    let session = signed_in.json();
    assert_eq!(session["user_info"]["username"], "ada");
    let sessions = place.get("/auth/sessions", text(&session, "access_token")).await.json();
    assert!(sessions["sessions"].as_array().unwrap().iter().any(|session| session["method"] == "passkey"));
    assert_eq!(sign_in(&place, &mut key).await.status, StatusCode::OK, "and once more");
}

#[tokio::test]
async fn after_a_password_a_passkey_is_the_second_factor_and_recovery_codes_stand_in_for_it() {
    let place = place().await;
    let token = ada(&place).await;
    let (mut key, kept) = made(&place, &token).await;
    assert_eq!(kept["recovery_codes"].as_array().unwrap().len(), 10);
    let half = place.login("ada", PASSWORD).await;
    assert_eq!(half.status, StatusCode::ACCEPTED);
    let half = half.json();
    assert_eq!(half["methods"], json!(["passkey", "recovery_code"]));
    let asked = ask(&place).await;
    let body = json!({ "passkey_token": asked["passkey_token"], "mfa_token": half["mfa_token"],
        "credential": key.show(&asked["options"], ORIGIN) });
    let signed_in = place.post("/auth/passkeys/login", body).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.text());
    let half = place.login("ada", PASSWORD).await.json();
    let body = json!({ "mfa_token": half["mfa_token"], "code": kept["recovery_codes"][0] });
    assert_eq!(place.post("/auth/mfa", body).await.status, StatusCode::OK);
    let (_, second) = made(&place, &token).await;
    assert!(second.get("recovery_codes").is_none(), "there are some already");
}

#[tokio::test]
async fn the_passkey_of_somebody_else_is_no_second_factor() {
    let place = place().await;
    let token = ada(&place).await;
    made(&place, &token).await;
    let eve = place.join("eve", Role::User).await;
    let (mut of_eve, _) = made(&place, text(&eve, "access_token")).await;
    let half = place.login("ada", PASSWORD).await.json();
    let asked = ask(&place).await;
    let body = json!({ "passkey_token": asked["passkey_token"], "mfa_token": half["mfa_token"],
        "credential": of_eve.show(&asked["options"], ORIGIN) });
    assert_eq!(place.post("/auth/passkeys/login", body).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_page_elsewhere_gets_nowhere_with_a_passkey() {
    let place = place().await;
    let token = ada(&place).await;
    let (mut key, _) = made(&place, &token).await;
    for origin in
        ["https://evil.example", "http://pake.example.org", "https://pake.example.org.evil.example", "null", ""]
    {
        let asked = ask(&place).await;
        let credential = key.show(&asked["options"], origin);
        assert_eq!(show(&place, &asked, &credential).await.status, StatusCode::UNAUTHORIZED, "{origin}");
        let asked = ask_for_new(&place, &token).await;
        let (_, credential) = authenticator::make(&asked["options"], origin);
        assert_eq!(keep(&place, &token, &asked, &credential).await.status, StatusCode::UNAUTHORIZED, "{origin}");
    }
    // A page whose own name the authenticator was told.
    let mut asked = ask(&place).await;
    asked["options"]["publicKey"]["rpId"] = json!("evil.example");
    let credential = key.show(&asked["options"], ORIGIN);
    assert_eq!(show(&place, &asked, &credential).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_an_authenticator_said_is_good_once_and_for_the_question_it_was_asked() {
    let place = place().await;
    let token = ada(&place).await;
    let (mut key, _) = made(&place, &token).await;
    let asked = ask(&place).await;
    let credential = key.show(&asked["options"], ORIGIN);
    assert_eq!(show(&place, &asked, &credential).await.status, StatusCode::OK);
    assert_eq!(show(&place, &asked, &credential).await.status, StatusCode::UNAUTHORIZED, "the question is used up");
    let other = ask(&place).await;
    assert_eq!(show(&place, &other, &credential).await.status, StatusCode::UNAUTHORIZED, "it answers another question");
    let late = ask(&place).await;
    let credential = key.show(&late["options"], ORIGIN);
    place.clock.advance(TimeDelta::minutes(5));
    assert_eq!(show(&place, &late, &credential).await.status, StatusCode::UNAUTHORIZED);
    // Each part is looked at.
    for part in ["authenticatorData", "signature", "userHandle", "clientDataJSON"] {
        let asked = ask(&place).await;
        let mut credential = key.show(&asked["options"], ORIGIN);
        let said = credential["response"][part].as_str().unwrap();
        let changed = if said.starts_with('A') { said.replacen('A', "B", 1) } else { format!("A{}", &said[1..]) };
        credential["response"][part] = json!(changed);
        let refused = show(&place, &asked, &credential).await;
        assert!(refused.status.is_client_error(), "{part}: {}", refused.status);
    }
}

#[tokio::test]
async fn a_counter_that_goes_backwards_tells_of_a_copy() {
    let place = place().await;
    let token = ada(&place).await;
    let (mut key, _) = made(&place, &token).await;
    key.counter = 41;
    assert_eq!(sign_in(&place, &mut key).await.status, StatusCode::OK);
    for counter in [10, 41] {
        key.counter = counter;
        assert_eq!(sign_in(&place, &mut key).await.status, StatusCode::UNAUTHORIZED, "{counter}");
    }
    let log = place.get("/api/v1/admin/audit", &token).await.json();
    let refused = log["entries"].as_array().unwrap().iter().filter(|entry| entry["outcome"] == "refused").count();
    assert_eq!(refused, 2, "{log}");
    key.counter = 42;
    assert_eq!(sign_in(&place, &mut key).await.status, StatusCode::OK);
}

#[tokio::test]
async fn passkeys_are_named_listed_and_taken_away_by_their_owner() {
    let place = place().await;
    let token = ada(&place).await;
    let (mut key, kept) = made(&place, &token).await;
    let path = format!("/api/v1/auth/passkeys/{}", text(&kept, "id"));
    let eve = place.join("eve", Role::User).await;
    let eve = text(&eve, "access_token");
    let bearer = |token: &str| format!("Bearer {token}");
    let rename = |token: String, name: &'static str| {
        let (place, path) = (&place, &path);
        async move { place.send("PUT", path, &[("authorization", &token)], json!({ "name": name })).await.status }
    };
    assert_eq!(rename(bearer(&token), " phone ").await, StatusCode::NO_CONTENT);
    assert_eq!(rename(bearer(&token), "").await, StatusCode::BAD_REQUEST);
    assert_eq!(rename(bearer(eve), "mine").await, StatusCode::NOT_FOUND);
    let listed = place.get("/auth/passkeys", &token).await.json();
    assert_eq!(
        (&listed["passkeys"][0]["name"], &listed["passkeys"][0]["last_used_at"]),
        (&json!("phone"), &Value::Null)
    );
    assert_eq!(place.get("/auth/passkeys", eve).await.json()["passkeys"], json!([]));
    assert_eq!(delete(&place, &path, eve, json!({ "password": PASSWORD })).await.status, StatusCode::NOT_FOUND);
    assert_eq!(delete(&place, &path, &token, json!({})).await.status, StatusCode::BAD_REQUEST, "without the password");
    assert_eq!(delete(&place, &path, &token, json!({ "password": PASSWORD })).await.status, StatusCode::NO_CONTENT);
    assert_eq!(sign_in(&place, &mut key).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(place.login("ada", PASSWORD).await.status, StatusCode::OK, "it was the only second factor");
}

#[tokio::test]
async fn a_passkey_is_kept_once_and_only_by_whoever_asked_for_it() {
    let place = place().await;
    let token = ada(&place).await;
    let asked = ask_for_new(&place, &token).await;
    let (_, credential) = authenticator::make(&asked["options"], ORIGIN);
    let eve = place.join("eve", Role::User).await;
    let stolen = keep(&place, text(&eve, "access_token"), &asked, &credential).await;
    assert_eq!(stolen.status, StatusCode::UNAUTHORIZED);
    let asked = ask_for_new(&place, &token).await;
    let (_, credential) = authenticator::make(&asked["options"], ORIGIN);
    assert_eq!(keep(&place, &token, &asked, &credential).await.status, StatusCode::CREATED);
    assert_eq!(keep(&place, &token, &asked, &credential).await.status, StatusCode::UNAUTHORIZED);
    let third = ask_for_new(&place, &token).await;
    let known = third["options"]["publicKey"]["excludeCredentials"].as_array().unwrap();
    assert_eq!(known.len(), 1, "the authenticator is told what it has already");
}

#[tokio::test]
async fn where_pake_has_no_name_or_an_operator_wants_none_there_are_no_passkeys() {
    for place in [
        Place::with(|config| config.server.base_url = Some("https://192.0.2.1".parse().unwrap())).await,
        Place::with(|config| config.server.base_url = Some("http://pake.example.org".parse().unwrap())).await,
        Place::with(|config| {
            config.server.base_url = Some(ORIGIN.parse().unwrap());
            config.accounts.passkeys = false;
        })
        .await,
    ] {
        assert_eq!(place.post("/auth/passkeys/options", json!({})).await.status, StatusCode::CONFLICT);
    }
    let here = Place::new().await;
    assert_eq!(ask(&here).await["options"]["publicKey"]["rpId"], "localhost");
}
