use chrono::TimeDelta;
use http::StatusCode;
use serde_json::{Value, json};
use totp_rs::Totp;

use crate::{
    access::Role,
    jobs,
    testing::{
        Answer,
        place::{PASSWORD, Place, cookie_line, cookies, text},
    },
};

/// The phone of somebody.
struct Phone {
    totp: Totp,
}

impl Phone {
    /// One that has read the picture.
    fn of(offered: &Value) -> Self {
        Self { totp: Totp::from_url(text(offered, "otpauth_url")).unwrap() }
    }

    /// What it shows now.
    fn code(&self, place: &Place) -> String {
        use engine::clock::Clock as _;
        self.totp.generate(u64::try_from(place.clock.now().timestamp()).unwrap()).to_string()
    }
}

/// Ada has an authenticator app: her access token, her phone and her recovery codes.
async fn with_app(place: &Place) -> (String, Phone, Vec<String>) {
    let token = text(&place.set_up().await.json(), "access_token").to_owned();
    let (phone, codes) = enrol(place, &token).await;
    (token, phone, codes)
}

async fn enrol(place: &Place, token: &str) -> (Phone, Vec<String>) {
    let offered = place.act("/auth/mfa/totp", token, json!({ "password": PASSWORD })).await;
    assert_eq!(offered.status, StatusCode::CREATED, "{}", offered.text());
    let phone = Phone::of(&offered.json());
    let confirmed = place.act("/auth/mfa/totp/confirm", token, json!({ "code": phone.code(place) })).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.text());
    let codes = confirmed.json()["recovery_codes"].as_array().unwrap().clone();
    (phone, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

async fn finish(place: &Place, first: &Value, code: &str) -> Answer {
    place.post("/api/v1/auth/mfa", json!({ "mfa_token": first["mfa_token"], "code": code })).await
}

#[tokio::test]
async fn after_the_password_a_code_is_wanted_and_only_then_a_session_begins() {
    let place = Place::new().await;
    let (_, phone, _) = with_app(&place).await;
    place.clock.advance(TimeDelta::seconds(30));
    let first = place.login("ada", PASSWORD).await;
    assert_eq!(first.status, StatusCode::ACCEPTED);
    assert_eq!(first.header("cache-control"), "no-store");
    assert!(first.headers.get("set-cookie").is_none());
    let first = first.json();
    assert_eq!((&first["success"], &first["requires_mfa"]), (&json!(false), &json!(true)));
    assert_eq!(first["methods"], json!(["totp", "recovery_code"]));
    assert!(first.get("access_token").is_none() && text(&first, "mfa_token").len() > 40, "{first}");
    let signed_in = finish(&place, &first, &phone.code(&place)).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.text());
    let session = signed_in.json();
    let sessions = place.get("/auth/sessions", text(&session, "access_token")).await.json();
    assert_eq!(sessions["sessions"][0]["method"], "password+totp");
}

#[tokio::test]
async fn a_browser_finishes_with_cookies_and_is_known_from_then_on() {
    let place = Place::new().await;
    let (_, phone, _) = with_app(&place).await;
    place.clock.advance(TimeDelta::seconds(30));
    let first =
        place.post("/auth/login", json!({ "username": "ada", "password": PASSWORD, "remember_me": true })).await;
    let body = json!({ "mfa_token": first.json()["mfa_token"], "code": phone.code(&place), "session": "cookie" });
    let signed_in = place.post("/auth/mfa", body).await;
    assert!(signed_in.json().get("access_token").is_none());
    let kept = cookies(&signed_in);
    assert!(kept.iter().any(|(name, _)| name == "pake_device"), "{kept:?}");
    let lines = signed_in.headers.get_all("set-cookie").iter();
    assert!(lines.map(|line| line.to_str().unwrap()).all(|line| line.contains("Expires=")), "it is remembered");
    let me = place.send("GET", "/auth/me", &[("cookie", &cookie_line(&kept))], json!({})).await;
    assert_eq!(me.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_that_comes_with_the_password_is_enough() {
    let place = Place::new().await;
    let (_, phone, codes) = with_app(&place).await;
    place.clock.advance(TimeDelta::seconds(30));
    let with = |code: &str| {
        let body = json!({ "username": "ada", "password": PASSWORD, "mfa_token": code });
        let place = &place;
        async move { place.post("/api/v1/auth/login", body).await }
    };
    assert_eq!(with("").await.status, StatusCode::ACCEPTED, "an empty field is none");
    let wrong = with("000000").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(with(&phone.code(&place)).await.status, StatusCode::OK);
    assert_eq!(with(&phone.code(&place)).await.status, StatusCode::UNAUTHORIZED, "it was used");
    assert_eq!(with(&codes[0]).await.status, StatusCode::OK);
    assert_eq!(with(&codes[0]).await.status, StatusCode::UNAUTHORIZED, "it was used");
    // Who has no second factor may send the field all the same.
    place.join("eve", Role::User).await;
    let body = json!({ "username": "eve", "password": PASSWORD, "mfa_token": "123456" });
    assert_eq!(place.post("/auth/login", body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_code_is_good_twice_and_not_the_one_that_confirmed() {
    let place = Place::new().await;
    let (_, phone, codes) = with_app(&place).await;
    let first = place.login("ada", PASSWORD).await.json();
    let used = phone.code(&place);
    assert_eq!(finish(&place, &first, &used).await.status, StatusCode::UNAUTHORIZED, "it confirmed the app");
    place.clock.advance(TimeDelta::seconds(60));
    let newer = phone.code(&place);
    assert_eq!(finish(&place, &first, &newer).await.status, StatusCode::OK);
    place.clock.advance(TimeDelta::seconds(30));
    let again = place.login("ada", PASSWORD).await.json();
    assert_eq!(finish(&place, &again, &newer).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(finish(&place, &again, &codes[3].to_lowercase().replace('-', " ")).await.status, StatusCode::OK);
    let again = place.login("ada", PASSWORD).await.json();
    assert_eq!(finish(&place, &again, &codes[3]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_token_between_the_two_steps_is_good_once_for_five_minutes_and_for_nothing_else() {
    let place = Place::new().await;
    let (_, phone, codes) = with_app(&place).await;
    place.clock.advance(TimeDelta::seconds(30));
    let first = place.login("ada", PASSWORD).await.json();
    let token = text(&first, "mfa_token");
    assert_eq!(place.get("/auth/me", token).await.status, StatusCode::UNAUTHORIZED);
    let refresh = place.post("/auth/refresh", json!({ "refresh_token": token })).await;
    assert_eq!(refresh.status, StatusCode::UNAUTHORIZED);
    assert_eq!(finish(&place, &first, &phone.code(&place)).await.status, StatusCode::OK);
    assert_eq!(finish(&place, &first, &codes[0]).await.status, StatusCode::UNAUTHORIZED, "it is used up");
    for bad in ["", "123456", "pake_st_AAAA", "pake_ln_x"] {
        let answer = finish(&place, &json!({ "mfa_token": bad }), &codes[1]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{bad}");
    }
    let late = place.login("ada", PASSWORD).await.json();
    place.clock.advance(TimeDelta::minutes(5));
    assert_eq!(finish(&place, &late, &codes[1]).await.status, StatusCode::UNAUTHORIZED);
    jobs::run_due(&place.app).await;
    assert_eq!(finish(&place, &late, &codes[1]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn guesses_of_codes_are_counted_whatever_the_password() {
    let place = Place::new().await;
    let (_, phone, _) = with_app(&place).await;
    place.clock.advance(TimeDelta::seconds(30));
    for _ in 0..5 {
        // The right password in between does not take the wrong codes back.
        let first = place.login("ada", PASSWORD).await;
        assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text());
        assert_eq!(finish(&place, &first.json(), "000000").await.status, StatusCode::UNAUTHORIZED);
        place.clock.advance(TimeDelta::seconds(30));
    }
    let locked = place.login("ada", PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    place.clock.advance(TimeDelta::minutes(16));
    let first = place.login("ada", PASSWORD).await.json();
    assert_eq!(finish(&place, &first, &phone.code(&place)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_right_password_alone_is_no_failed_attempt() {
    let place = Place::new().await;
    with_app(&place).await;
    for _ in 0..8 {
        assert_eq!(place.login("ada", PASSWORD).await.status, StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn whoever_finds_the_browser_open_changes_nothing_without_the_password() {
    let place = Place::new().await;
    let mut token = text(&place.set_up().await.json(), "access_token").to_owned();
    for path in ["/auth/mfa/totp", "/auth/mfa/disable", "/auth/mfa/recovery-codes"] {
        for body in [json!({}), json!({ "password": "not her password at all" })] {
            let answer = place.act(path, &token, body).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
            assert_eq!(answer.json()["details"]["parameter"], "password");
            place.clock.advance(TimeDelta::minutes(4));
        }
        let fresh = place.login("ada", PASSWORD).await.json();
        assert_eq!(fresh["success"], true, "nothing was set up");
        text(&fresh, "access_token").clone_into(&mut token);
    }
    for _ in 0..5 {
        place.act("/auth/mfa/totp", &token, json!({ "password": "a guess that is long" })).await;
        place.clock.advance(TimeDelta::seconds(10));
    }
    let guessed = place.act("/auth/mfa/totp", &token, json!({ "password": PASSWORD })).await;
    assert_eq!(guessed.status, StatusCode::TOO_MANY_REQUESTS, "guesses count here as they do at the door");
}

#[tokio::test]
async fn an_app_that_was_never_confirmed_is_not_asked_for_and_can_be_offered_anew() {
    let place = Place::new().await;
    let token = text(&place.set_up().await.json(), "access_token").to_owned();
    let one = place.act("/auth/mfa/totp", &token, json!({ "password": PASSWORD })).await.json();
    let other = place.act("/auth/mfa/totp", &token, json!({ "password": PASSWORD })).await.json();
    assert_ne!(one["secret"], other["secret"]);
    assert!(text(&one, "qr_svg").contains("<svg"));
    assert_eq!(place.login("ada", PASSWORD).await.status, StatusCode::OK);
    let old = place.act("/auth/mfa/totp/confirm", &token, json!({ "code": Phone::of(&one).code(&place) })).await;
    assert_eq!(old.status, StatusCode::BAD_REQUEST);
    let new = place.act("/auth/mfa/totp/confirm", &token, json!({ "code": Phone::of(&other).code(&place) })).await;
    assert_eq!(new.status, StatusCode::OK);
    let third = place.act("/auth/mfa/totp", &token, json!({ "password": PASSWORD })).await;
    assert_eq!(third.status, StatusCode::CONFLICT, "one that counts is not replaced by the way");
}

#[tokio::test]
async fn giving_it_up_and_new_codes_need_the_password_and_stand_in_the_audit_log() {
    let place = Place::new().await;
    let (token, _, codes) = with_app(&place).await;
    let factors = place.get("/api/v1/auth/mfa", &token).await.json();
    assert_eq!((&factors["is_enabled"], &factors["recovery_codes_left"]), (&json!(true), &json!(10)));
    let renewed = place.act("/auth/mfa/recovery-codes", &token, json!({ "password": PASSWORD })).await.json();
    let new = renewed["recovery_codes"][0].as_str().unwrap();
    let first = place.login("ada", PASSWORD).await.json();
    assert_eq!(finish(&place, &first, &codes[0]).await.status, StatusCode::UNAUTHORIZED, "the old ones are gone");
    assert_eq!(finish(&place, &first, new).await.status, StatusCode::OK);
    assert_eq!(place.get("/auth/mfa", &token).await.json()["recovery_codes_left"], 9);
    let gone = place.act("/auth/mfa/disable", &token, json!({ "password": PASSWORD })).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(place.login("ada", PASSWORD).await.status, StatusCode::OK);
    let twice = place.act("/auth/mfa/disable", &token, json!({ "password": PASSWORD })).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);

    let log = place.get("/api/v1/admin/audit", &token).await;
    let text_of_log = log.text().to_owned();
    let log = log.json();
    let told: Vec<_> = log["entries"].as_array().unwrap().iter().map(|entry| text(entry, "action")).collect();
    for action in ["factor.added", "factor.removed", "factor.recovery_codes_made"] {
        assert_eq!(told.iter().filter(|told| **told == action).count(), 1, "{told:?}");
    }
    for secret in [codes[0].as_str(), new, text(&first, "mfa_token")] {
        assert!(!text_of_log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_new_password_ends_what_was_begun_with_the_old_one() {
    let place = Place::new().await;
    let (token, _, codes) = with_app(&place).await;
    let first = place.login("ada", PASSWORD).await.json();
    let body = json!({ "current_password": PASSWORD, "new_password": "another long enough phrase" });
    let changed = place.send("PUT", "/auth/password", &[("authorization", &format!("Bearer {token}"))], body).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
    assert_eq!(finish(&place, &first, &codes[0]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_link_to_a_new_password_does_not_lead_past_the_second_factor() {
    let place = Place::new().await;
    with_app(&place).await;
    let scope = crate::store::Scope::local();
    let ada = crate::store::accounts::by_id(&place.app.db, scope.user).await.unwrap().unwrap();
    let link = crate::accounts::offer_reset(&place.app, &ada).await.unwrap();
    let new = "another long enough phrase";
    let reset = json!({ "token": secrecy::ExposeSecret::expose_secret(&link), "new_password": new });
    let reset = place.post("/auth/password/reset", reset).await;
    assert_eq!((reset.status, cookies(&reset).len()), (StatusCode::NO_CONTENT, 0), "nobody is signed in by it");
    let login = place.login("ada", new).await;
    assert_eq!((login.status, &login.json()["requires_mfa"]), (StatusCode::ACCEPTED, &json!(true)));
}

#[tokio::test]
async fn the_secret_of_an_app_is_sealed_in_the_database() {
    let place = Place::new().await;
    let token = text(&place.set_up().await.json(), "access_token").to_owned();
    let offered = place.act("/auth/mfa/totp", &token, json!({ "password": PASSWORD })).await.json();
    let kept = crate::store::authenticators::find(&place.app.db, crate::store::Scope::local().user).await.unwrap();
    let kept = kept.unwrap().secret;
    assert!(kept.starts_with("v1.") && !kept.contains(text(&offered, "secret")), "{kept}");
    // Whoever moves it to another person's row opens nothing with it.
    let elsewhere = crate::vault::Place { purpose: crate::factors::SEALED_FOR, row: "somebody else" };
    assert!(place.app.vault.unseal(elsewhere, &kept).is_err());
}
