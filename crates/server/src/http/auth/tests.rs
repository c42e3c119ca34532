use axum::{body::Body, extract::Request};
use chrono::TimeDelta;
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::{
    access::{Caller, Role},
    accounts,
    client::Client,
    config::SignIn,
    store::Scope,
    testing::{
        Answer, ask, get,
        place::{PASSWORD, Place, cookie_line, cookies, text},
    },
};

#[tokio::test]
async fn the_first_account_takes_over_the_local_person_and_governs() {
    let place = Place::new().await;
    let made = place.set_up().await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let made = made.json();
    assert_eq!(made["user_info"]["username"], "ada");
    assert_eq!(made["user_info"]["role"], "super_admin");
    assert_eq!(made["user_info"]["user_id"], json!(Scope::local().user));
    let me = place.get("/auth/me", text(&made, "access_token")).await;
    assert_eq!((me.status, &me.json()["username"]), (StatusCode::OK, &json!("ada")));
    assert!(accounts::offer_setup(&place.app).await.unwrap().is_none(), "there is an account now");
}

#[tokio::test]
async fn the_link_to_the_first_account_is_good_once_and_for_a_day() {
    let place = Place::new().await;
    let links = [0, 1, 2].map(|_| accounts::offer_setup(&place.app));
    let [first, second, third] = futures_util::future::join_all(links).await.try_into().unwrap();
    let body = |link: &secrecy::SecretString, name: &str| json!({ "token": link.expose_secret(), "username": name, "password": PASSWORD });
    place.clock.advance(TimeDelta::hours(24));
    let old = place.post("/auth/register", body(first.unwrap().as_ref().unwrap(), "old")).await;
    assert_eq!(old.status, StatusCode::GONE);
    let fresh = accounts::offer_setup(&place.app).await.unwrap().unwrap();
    let other = accounts::offer_setup(&place.app).await.unwrap().unwrap();
    assert_eq!(place.post("/auth/register", body(&fresh, "ada")).await.status, StatusCode::CREATED);
    assert_eq!(place.post("/auth/register", body(&fresh, "eve")).await.status, StatusCode::GONE);
    // Another one, made before there was an account, makes no second first account.
    assert_eq!(place.post("/auth/register", body(&other, "eve")).await.status, StatusCode::CONFLICT);
    drop((second, third));
}

#[tokio::test]
async fn unknown_names_wrong_passwords_and_closed_accounts_look_the_same() {
    let place = Place::new().await;
    place.set_up().await;
    let strip = |answer: Answer| {
        let mut body = answer.json();
        body["request_id"] = Value::Null;
        (answer.status, body)
    };
    let wrong = strip(place.login("ada", "correct horse battery stapler").await);
    let unknown = strip(place.login("nobody", PASSWORD).await);
    let strange = strip(place.login("no such name \u{202e} at all", PASSWORD).await);
    assert_eq!(wrong.0, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong, unknown);
    assert_eq!(wrong, strange);
    assert_eq!(place.login(" ADA ", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_access_token_is_good_for_its_minutes_and_a_refresh_gives_the_next() {
    let place = Place::new().await;
    let first = place.set_up().await.json();
    let token = text(&first, "access_token");
    assert_eq!(first["expires_in"], 900);
    place.clock.advance(TimeDelta::seconds(906));
    let late = place.get("/api/v1/history", token).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
    assert!(late.json()["detail"].as_str().unwrap().contains("/api/v1/auth/refresh"));
    let next = place.post("/auth/refresh", json!({ "refresh_token": first["refresh_token"] })).await.json();
    assert_eq!(place.get("/api/v1/history", text(&next, "access_token")).await.status, StatusCode::OK);
    assert_ne!(next["refresh_token"], first["refresh_token"]);
}

#[tokio::test]
async fn a_refresh_token_that_comes_a_second_time_ends_the_whole_family() {
    let place = Place::new().await;
    let first = place.set_up().await.json();
    let refresh = |token: Value| place.post("/auth/refresh", json!({ "refresh_token": token }));
    let second = refresh(first["refresh_token"].clone()).await.json();
    assert_eq!(refresh(first["refresh_token"].clone()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(second["refresh_token"].clone()).await.status, StatusCode::UNAUTHORIZED);
    let access = place.get("/auth/me", text(&second, "access_token")).await;
    assert_eq!(access.status, StatusCode::UNAUTHORIZED);
    // Another session of the same person goes on.
    assert_eq!(place.login("ada", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_wins() {
    let place = Place::new().await;
    let first = place.set_up().await.json();
    let refresh = || place.post("/auth/refresh", json!({ "refresh_token": first["refresh_token"] }));
    let (one, other) = tokio::join!(refresh(), refresh());
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::UNAUTHORIZED]);
}

#[tokio::test]
async fn signing_out_works_at_once() {
    let place = Place::new().await;
    let session = place.set_up().await.json();
    let token = text(&session, "access_token");
    let out = place.send("POST", "/auth/logout", &[("authorization", &format!("Bearer {token}"))], json!({})).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(place.get("/auth/me", token).await.status, StatusCode::UNAUTHORIZED);
    let refreshed = place.post("/auth/refresh", json!({ "refresh_token": session["refresh_token"] })).await;
    assert_eq!(refreshed.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_ends_by_itself_however_often_it_is_refreshed() {
    let place = Place::new().await;
    let mut session = place.set_up().await.json();
    for _ in 0..11 {
        place.clock.advance(TimeDelta::hours(1));
        session = place.post("/auth/refresh", json!({ "refresh_token": session["refresh_token"] })).await.json();
    }
    place.clock.advance(TimeDelta::hours(1));
    let over = place.post("/auth/refresh", json!({ "refresh_token": session["refresh_token"] })).await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_browser_keeps_the_session_in_cookies_that_no_script_can_read() {
    let place = Place::new().await;
    place.set_up().await;
    let body = json!({ "username": "ada", "password": PASSWORD, "session": "cookie", "remember_me": true });
    let signed_in = place.post("/auth/login", body).await;
    let json = signed_in.json();
    assert!(json.get("access_token").is_none() && json.get("refresh_token").is_none(), "{json}");
    let lines: Vec<_> = signed_in.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    assert_eq!(lines.len(), 4);
    for line in &lines {
        assert_eq!(line.contains("HttpOnly"), !line.starts_with("pake_csrf="), "{line}");
        assert!(line.contains("SameSite=") && line.contains("Path=/") && line.contains("Expires="), "{line}");
    }
    let line = cookie_line(&cookies(&signed_in));
    let me = ask(&place.router, get("/auth/me", &[("cookie", &line)])).await;
    assert_eq!(me.status, StatusCode::OK);
}

#[tokio::test]
async fn over_https_cookies_are_secure_and_bound_to_the_host() {
    let place = Place::with(|config| config.server.base_url = Some("https://pake.example.org".parse().unwrap())).await;
    place.set_up().await;
    let signed_in =
        place.post("/auth/login", json!({ "username": "ada", "password": PASSWORD, "session": "cookie" })).await;
    for (name, _) in cookies(&signed_in) {
        assert!(name.starts_with("__Host-pake_"), "{name}");
    }
    for line in signed_in.headers.get_all("set-cookie") {
        let line = line.to_str().unwrap();
        assert!(line.contains("Secure") && !line.contains("Domain"), "{line}");
        let is_of_the_session = !line.starts_with("__Host-pake_device");
        assert!(!(is_of_the_session && line.contains("Expires")), "it was not asked to be remembered: {line}");
    }
    // A cookie without the prefix may have been set over plain HTTP by somebody between.
    let plain: Vec<_> =
        cookies(&signed_in).into_iter().map(|(name, value)| (name.replace("__Host-", ""), value)).collect();
    let fixed = ask(&place.router, get("/auth/me", &[("cookie", &cookie_line(&plain))])).await;
    assert_eq!(fixed.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn with_cookies_nothing_is_changed_for_a_page_of_somebody_else() {
    let place = Place::new().await;
    place.set_up().await;
    let signed_in =
        place.post("/auth/login", json!({ "username": "ada", "password": PASSWORD, "session": "cookie" })).await;
    let csrf = signed_in.json()["csrf_token"].as_str().unwrap().to_owned();
    let cookie = cookie_line(&cookies(&signed_in));
    let other = place.join("eve", Role::User).await;
    let foreign = crate::http::cookies::csrf(&place.app, {
        let me = place.get("/auth/me", text(&other, "access_token")).await.json();
        me["session_id"].as_str().unwrap().parse().unwrap()
    });
    let clear = |headers: Vec<(&'static str, String)>| {
        let mut all = vec![("cookie", cookie.clone())];
        all.extend(headers);
        let place = &place;
        async move {
            let all: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
            place.send("DELETE", "/api/v1/history", &all, json!({})).await.status
        }
    };
    assert_eq!(clear(vec![]).await, StatusCode::FORBIDDEN);
    assert_eq!(clear(vec![("x-csrf-token", "x".to_owned())]).await, StatusCode::FORBIDDEN);
    assert_eq!(clear(vec![("x-csrf-token", foreign)]).await, StatusCode::FORBIDDEN, "the token of another session");
    let elsewhere = vec![("x-csrf-token", csrf.clone()), ("sec-fetch-site", "cross-site".to_owned())];
    assert_eq!(clear(elsewhere).await, StatusCode::FORBIDDEN);
    let ours = vec![("x-csrf-token", csrf), ("sec-fetch-site", "same-origin".to_owned())];
    assert_eq!(clear(ours).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_is_shown_and_is_nothing_is_refused_even_where_nobody_has_to_show_anything() {
    let place = Place::with(|config| config.accounts.sign_in = SignIn::Auto).await;
    for shown in ["Basic YWRhOnBhc3N3b3Jk", "Bearer", "Bearer  ", "Bearer x.y.z", "Bearer pake_at_AAAA", "\u{7f}"] {
        let Ok(value) = http::HeaderValue::try_from(shown) else { continue };
        let mut request: Request<Body> = get("/api/v1/history", &[]);
        request.headers_mut().insert("authorization", value);
        let answer = ask(&place.router, request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{shown}");
    }
    assert_eq!(ask(&place.router, get("/api/v1/history", &[])).await.status, StatusCode::OK);
    place.set_up().await;
    let closed = ask(&place.router, get("/api/v1/history", &[])).await;
    assert_eq!(closed.status, StatusCode::UNAUTHORIZED, "there is an account now");
}

#[tokio::test]
async fn an_invitation_makes_what_it_says_and_nobody_makes_more_than_they_are() {
    let place = Place::new().await;
    place.set_up().await;
    let viewer = place.join("vera", Role::Viewer).await;
    assert_eq!(viewer["user_info"]["role"], "viewer");
    assert_eq!(viewer["permissions"], json!(["search:read", "profile:read"]));
    let token = format!("Bearer {}", text(&viewer, "access_token"));
    let refused = place.send("DELETE", "/api/v1/history", &[("authorization", &token)], json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let manager = Caller { role: Role::Manager, ..Caller::local() };
    assert!(accounts::invite(&place.app, &manager, Role::Admin, None, &Client::default()).await.is_err());
    let (_, link) =
        accounts::invite(&place.app, &Caller::local(), Role::User, Some("X@Example.org"), &Client::default())
            .await
            .unwrap();
    let taken = json!({ "token": link.expose_secret(), "username": "VERA", "password": PASSWORD });
    assert_eq!(place.post("/auth/register", taken).await.status, StatusCode::CONFLICT);
    let other = json!({ "token": link.expose_secret(), "username": "xen", "password": PASSWORD });
    assert_eq!(place.post("/auth/register", other).await.status, StatusCode::CREATED, "the link is still good");
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let place = Place::new().await;
    let here = place.set_up().await.json();
    let there = place.login("ada", PASSWORD).await.json();
    let token = format!("Bearer {}", text(&here, "access_token"));
    let change = |old: &str, new: &str| {
        let body = json!({ "current_password": old, "new_password": new });
        let token = token.clone();
        let place = &place;
        async move { place.send("PUT", "/auth/password", &[("authorization", &token)], body).await }
    };
    assert_eq!(change("wrong", "another long enough phrase").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(change(PASSWORD, "short").await.json()["details"]["parameter"], "new_password");
    assert_eq!(change(PASSWORD, "another long enough phrase").await.status, StatusCode::NO_CONTENT);
    assert_eq!(place.get("/auth/me", text(&here, "access_token")).await.status, StatusCode::OK);
    assert_eq!(place.get("/auth/me", text(&there, "access_token")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(place.login("ada", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(place.login("ada", "another long enough phrase").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_histories_of_two_people_are_apart() {
    let place = Place::new().await;
    let ada = place.set_up().await.json();
    let eve = place.join("eve", Role::User).await;
    let started = place
        .send(
            "POST",
            "/api/v1/searches",
            &[("authorization", &format!("Bearer {}", text(&ada, "access_token")))],
            json!({ "query": "base editing", "sources": ["arxiv"] }),
        )
        .await;
    assert!([StatusCode::ACCEPTED, StatusCode::BAD_REQUEST].contains(&started.status), "{}", started.text());
    if let Some(id) = started.json()["id"].as_str() {
        let path = format!("/api/v1/searches/{id}");
        assert_eq!(place.get(&path, text(&eve, "access_token")).await.status, StatusCode::NOT_FOUND);
        assert_ne!(place.get(&path, text(&ada, "access_token")).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_token_verifies_with_the_published_keys() {
    let place = Place::new().await;
    let made = place.set_up().await.json();
    let keys = ask(&place.router, get("/.well-known/jwks.json", &[])).await.json();
    let header = jsonwebtoken::decode_header(text(&made, "access_token")).unwrap();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == json!(header.kid)).unwrap();
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.clone()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    let claims = jsonwebtoken::decode::<Value>(text(&made, "access_token"), &key, &validation).unwrap().claims;
    assert_eq!(claims["username"], "ada");
    assert_eq!(claims["type"], "access");
    assert!(key_has_no_secret(&keys));
}

fn key_has_no_secret(keys: &Value) -> bool {
    keys["keys"].as_array().unwrap().iter().all(|key| key.get("d").is_none())
}

#[tokio::test]
async fn what_people_do_stands_in_the_audit_log_without_any_secret() {
    let place = Place::new().await;
    let ada = place.set_up().await.json();
    place.login("ada", "not her password at all").await;
    place.post("/auth/refresh", json!({ "refresh_token": ada["refresh_token"] })).await;
    place.post("/auth/refresh", json!({ "refresh_token": ada["refresh_token"] })).await;
    let ada = place.login("ada", PASSWORD).await.json();
    let token = text(&ada, "access_token");
    let headers = [("authorization", format!("Bearer {token}"))];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let made = json!({ "name": "laptop", "permissions": ["search:read"] });
    let made = place.send("POST", "/api/v1/auth/tokens", &headers, made).await.json();
    place.send("POST", "/api/v1/invitations", &headers, json!({ "role": "viewer" })).await;

    let log = place.get("/api/v1/admin/audit", token).await;
    assert_eq!(log.status, StatusCode::OK, "{}", log.text());
    let log_text = log.text().to_owned();
    let log = log.json();
    let entries = log["entries"].as_array().unwrap();
    let told: Vec<_> = entries.iter().rev().map(|entry| (text(entry, "action"), text(entry, "outcome"))).collect();
    assert_eq!(
        told,
        [
            ("account.created", "success"),
            ("auth.sign_in", "success"),
            ("auth.sign_in", "refused"),
            ("auth.refresh_reused", "refused"),
            ("auth.sign_in", "success"),
            ("token.created", "success"),
            ("invitation.created", "success"),
        ]
    );
    for secret in [PASSWORD, "not her password", token, text(&made, "token"), text(&ada, "refresh_token")] {
        assert!(!log_text.contains(secret), "{secret}");
    }
    assert!(entries.iter().all(|entry| entry["request_id"].is_string()), "{log}");
    let whole = place.get("/api/v1/admin/audit/verify", token).await.json();
    assert_eq!(whole, json!({ "is_whole": true, "rows": 7, "broken_at": null }));
    let viewer = place.join("vera", Role::Admin).await;
    assert_eq!(place.get("/api/v1/admin/audit", text(&viewer, "access_token")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_guesses_locks_strangers_out_and_not_the_browser_that_signed_in_before() {
    let place = Place::new().await;
    place.set_up().await;
    let wanted = |password: &str| json!({ "username": "ada", "password": password, "session": "cookie" });
    let known = place.post("/auth/login", wanted(PASSWORD)).await;
    let device = cookies(&known).into_iter().filter(|(name, _)| name == "pake_device").collect::<Vec<_>>();
    assert_eq!(device.len(), 1);
    for _ in 0..5 {
        let guess = place.post("/auth/login", wanted("a guess that is long enough")).await;
        assert_eq!(guess.status, StatusCode::UNAUTHORIZED);
        place.clock.advance(TimeDelta::seconds(30));
    }
    let stranger = place.post("/auth/login", wanted(PASSWORD)).await;
    assert_eq!(stranger.status, StatusCode::TOO_MANY_REQUESTS, "the right password does not help a stranger");
    assert!(stranger.header("retry-after").parse::<u64>().unwrap() > 600);
    let line = cookie_line(&device);
    let owner = place.send("POST", "/auth/login", &[("cookie", &line)], wanted(PASSWORD)).await;
    assert_eq!(owner.status, StatusCode::OK, "{}", owner.text());
    place.clock.advance(TimeDelta::minutes(16));
    assert_eq!(
        place.post("/auth/login", wanted(PASSWORD)).await.status,
        StatusCode::OK,
        "nobody is locked out for good"
    );
}

#[tokio::test]
async fn an_api_token_reaches_neither_the_sessions_nor_the_tokens_of_its_owner() {
    let place = Place::new().await;
    let ada = place.set_up().await.json();
    let shown = format!("Bearer {}", text(&ada, "access_token"));
    let wanted = json!({ "name": "laptop", "permissions": ["search:read"] });
    let made = place.send("POST", "/auth/tokens", &[("authorization", &shown)], wanted).await.json();
    let shown = format!("Bearer {}", text(&made, "token"));
    for (method, path) in [
        ("GET", "/auth/sessions"),
        ("DELETE", "/auth/sessions"),
        ("GET", "/auth/tokens"),
        ("POST", "/auth/tokens"),
        ("PUT", "/auth/password"),
    ] {
        let answer = place.send(method, path, &[("authorization", &shown)], json!({})).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    assert_eq!(place.get("/auth/me", text(&ada, "access_token")).await.status, StatusCode::OK, "still signed in");
    assert_eq!(place.get("/api/v1/history", text(&made, "token")).await.status, StatusCode::OK);
}
