use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::is_own_path;
use crate::{
    access::Role,
    config::OidcConfig,
    testing::{
        Answer, ask, get,
        issuer::{CLIENT, Issuer, SigningKey},
        place::{PASSWORD, Place, cookie_line, cookies, text},
    },
};

/// A PAKE that knows a provider, and has its first account.
async fn with(issuer: &Issuer, change: impl FnOnce(&mut OidcConfig)) -> Place {
    let mut settings = OidcConfig {
        issuer: issuer.name(),
        client_id: CLIENT.0.to_owned(),
        client_secret: Some(CLIENT.1.into()),
        label: Some("The university".to_owned()),
        ..OidcConfig::default()
    };
    change(&mut settings);
    let place = Place::with(|config| {
        config.server.base_url = Some("https://pake.example.org".parse().unwrap());
        config.oidc.insert("uni".to_owned(), settings.clone());
        config.oidc.insert("other".to_owned(), settings);
    })
    .await;
    place.set_up().await;
    place
}

/// A browser on its way.
struct Way {
    cookie: String,
    sent: Url,
}

async fn begin(place: &Place, query: &str) -> Way {
    let answer = ask(&place.router, get(&format!("/api/v1/auth/oidc/uni/start{query}"), &[])).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let kept = cookies(&answer);
    assert_eq!(kept[0].0, "__Host-pake_sso");
    let line = answer.header("set-cookie");
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Secure"), "{line}");
    Way { cookie: cookie_line(&kept), sent: answer.header("location").parse().unwrap() }
}

async fn come_back(place: &Place, way: &Way, back: &Url) -> Answer {
    let path = format!("{}?{}", back.path(), back.query().unwrap());
    ask(&place.router, get(&path, &[("cookie", &way.cookie)])).await
}

async fn sign_in(place: &Place, issuer: &Issuer) -> Answer {
    let way = begin(place, "").await;
    let back = issuer.sends_back(&way.sent);
    come_back(place, &way, &back).await
}

async fn me(place: &Place, signed_in: &Answer) -> Value {
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text());
    ask(&place.router, get("/auth/me", &[("cookie", &cookie_line(&cookies(signed_in)))])).await.json()
}

#[tokio::test]
async fn somebody_is_sent_there_and_comes_back_signed_in_with_an_account_of_their_own() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |_| {}).await;
    let listed = ask(&place.router, get("/api/v1/auth/providers", &[])).await.json();
    assert_eq!(
        listed["providers"][1],
        json!({ "id": "uni", "name": "The university", "start": "/api/v1/auth/oidc/uni/start" })
    );
    let way = begin(&place, "?return_to=/history%3Fq%3D1").await;
    assert!(way.sent.as_str().starts_with(&format!("{}/authorize?tenant=1&response_type=code", issuer.name())));
    let asked = |name: &str| way.sent.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!(asked("redirect_uri"), "https://pake.example.org/api/v1/auth/oidc/uni/callback");
    assert_eq!(asked("scope"), "openid profile email");
    let back = come_back(&place, &way, &issuer.sends_back(&way.sent)).await;
    assert_eq!((back.header("location"), back.header("cache-control")), ("/history?q=1", "no-store"));
    let grace = me(&place, &back).await;
    assert_eq!((&grace["username"], &grace["role"]), (&json!("grace"), &json!("user")));
    // The second time it is the same account, whatever she is called by then.
    issuer.says("preferred_username", json!("hopper"));
    issuer.says("email", json!("other@example.org"));
    let again = me(&place, &sign_in(&place, &issuer).await).await;
    assert_eq!(again["user_id"], grace["user_id"]);
    assert_eq!(issuer.asked("/.well-known/openid-configuration"), 1, "what it says of itself is believed for an hour");
}

#[tokio::test]
async fn an_account_of_single_sign_on_has_no_password() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |_| {}).await;
    me(&place, &sign_in(&place, &issuer).await).await;
    for name in ["grace", "grace@example.org"] {
        assert_eq!(place.login(name, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(place.login(name, "").await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn id_tokens_that_were_not_made_for_this_sign_in_are_refused() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |_| {}).await;
    let changed = |name: &'static str, value: Value| {
        move |key: &SigningKey, claims: &Value| {
            let mut claims = claims.clone();
            claims[name] = value.clone();
            key.sign(&claims)
        }
    };
    let now = crate::testing::now().timestamp();
    for (name, value) in [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("aud", json!("somebody else")),
        ("aud", json!(["somebody else"])),
        ("aud", json!([])),
        ("aud", json!([CLIENT.0, "somebody else"])),
        ("azp", json!("somebody else")),
        ("iss", json!("https://evil.example")),
        ("iss", Value::Null),
        ("exp", json!(now - 61)),
        ("exp", Value::Null),
        ("exp", json!("tomorrow")),
        ("iat", json!(now + 120)),
        ("iat", Value::Null),
        ("nbf", json!(now + 120)),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", json!("x".repeat(256))),
    ] {
        issuer.forges(changed(name, value.clone()));
        let refused = sign_in(&place, &issuer).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{name} {value}: {}", refused.text());
        assert!(!cookies(&refused).iter().any(|(name, _)| name.contains("access")), "{name}");
    }
    issuer.forges(changed("aud", json!([CLIENT.0])));
    me(&place, &sign_in(&place, &issuer).await).await;
}

/// Makes a token of claims.
type Forge = Box<dyn Fn(&SigningKey, &Value) -> String + Send>;

/// A part of a token.
fn part(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

/// A token signed with a secret that both sides know.
fn hmac(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    format!("{signed}.{}", BASE64URL_NOPAD.encode(ring::hmac::sign(&key, signed.as_bytes()).as_ref()))
}

#[tokio::test]
async fn only_signatures_of_the_providers_keys_are_believed() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |_| {}).await;
    let forgeries: Vec<Forge> = vec![
        Box::new(move |_, claims| format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))),
        Box::new(move |_, claims| format!("{}.{}.", part(&json!({ "alg": "None", "kid": "first" })), part(claims))),
        Box::new(move |_, claims| hmac(&json!({ "alg": "HS256", "kid": "first" }), claims, CLIENT.1.as_bytes())),
        Box::new(|key, claims| {
            // A good token whose claims were changed afterwards.
            let token = key.sign(claims);
            let mut claims = claims.clone();
            claims["sub"] = json!("admin");
            let parts: Vec<&str> = token.split('.').collect();
            format!("{}.{}.{}", parts[0], BASE64URL_NOPAD.encode(claims.to_string().as_bytes()), parts[2])
        }),
        Box::new(|_, claims| SigningKey::new("first").sign(claims)),
        Box::new(|_, claims| SigningKey::new("unknown").sign(claims)),
        Box::new(|_, _| "x.y.z".to_owned()),
        Box::new(|_, _| String::new()),
        Box::new(|key, claims| format!("{}{}", key.sign(claims), "A".repeat(70_000))),
    ];
    for (number, forge) in forgeries.into_iter().enumerate() {
        issuer.forges(forge);
        let refused = sign_in(&place, &issuer).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{number}: {}", refused.text());
    }
    let before = issuer.asked("/keys");
    issuer.forges(|_, claims| SigningKey::new("unknown").sign(claims));
    sign_in(&place, &issuer).await;
    assert_eq!(issuer.asked("/keys"), before, "whoever makes keys up does not have the provider asked each time");
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_asked_for_when_a_token_names_it() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |_| {}).await;
    let grace = me(&place, &sign_in(&place, &issuer).await).await;
    issuer.takes_key(SigningKey::new("second"), true);
    let again = me(&place, &sign_in(&place, &issuer).await).await;
    assert_eq!(grace["user_id"], again["user_id"]);
    assert_eq!(issuer.asked("/keys"), 2);
    issuer.takes_key(SigningKey::new("third"), false);
    assert_eq!(sign_in(&place, &issuer).await.status, StatusCode::UNAUTHORIZED, "it does not own to this one");
}

#[tokio::test]
async fn the_way_back_is_good_once_and_only_for_the_browser_that_was_sent() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |_| {}).await;
    let way = begin(&place, "").await;
    let back = issuer.sends_back(&way.sent);
    let stranger = begin(&place, "").await;
    assert_eq!(come_back(&place, &stranger, &back).await.status, StatusCode::UNAUTHORIZED, "another browser's cookie");
    let bare = format!("{}?{}", back.path(), back.query().unwrap());
    assert_eq!(ask(&place.router, get(&bare, &[])).await.status, StatusCode::UNAUTHORIZED, "no cookie at all");
    let mixed = Url::parse(&back.as_str().replace("/uni/", "/other/")).unwrap();
    assert_eq!(
        come_back(&place, &way, &mixed).await.status,
        StatusCode::UNAUTHORIZED,
        "at the door of another provider"
    );
    assert_eq!(come_back(&place, &way, &back).await.status, StatusCode::SEE_OTHER);
    let replayed = come_back(&place, &way, &back).await;
    assert_eq!(replayed.status, StatusCode::UNAUTHORIZED);
    let way = begin(&place, "").await;
    let late = issuer.sends_back(&way.sent);
    place.clock.advance(chrono::TimeDelta::minutes(10));
    assert_eq!(come_back(&place, &way, &late).await.status, StatusCode::UNAUTHORIZED);
    for query in ["", "?code=x", "?state=x", "?state=pake_st_x&code=x", "?code=%ff&state=%00"] {
        let answer = ask(&place.router, get(&format!("/auth/oidc/uni/callback{query}"), &[])).await;
        assert!(answer.status.is_client_error(), "{query} {}", answer.status);
    }
    // Somebody who looks at it is shown a page, not JSON.
    let seen = get("/auth/oidc/uni/callback?state=x&error=access_denied", &[("accept", "text/html,*/*;q=0.8")]);
    let seen = ask(&place.router, seen).await;
    assert_eq!((seen.status, seen.header("location")), (StatusCode::SEE_OTHER, "/sign-in?failed=unauthenticated"));
    let nowhere = ask(&place.router, get("/auth/oidc/nobody/start", &[("accept", "text/html")])).await;
    assert_eq!((nowhere.status, nowhere.header("location")), (StatusCode::SEE_OTHER, "/sign-in?failed=not_found"));
}

#[tokio::test]
async fn two_tabs_of_one_browser_do_not_disturb_each_other() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |_| {}).await;
    let first = begin(&place, "").await;
    let path = "/api/v1/auth/oidc/uni/start";
    let second = ask(&place.router, get(path, &[("cookie", &first.cookie)])).await;
    let second = Way { cookie: cookie_line(&cookies(&second)), sent: second.header("location").parse().unwrap() };
    assert_eq!(first.cookie, second.cookie);
    for way in [&first, &second] {
        assert_eq!(come_back(&place, way, &issuer.sends_back(&way.sent)).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn an_answer_of_one_provider_is_not_taken_for_one_of_another() {
    let issuer = Issuer::start().await;
    issuer.claims_to_be("authorization_response_iss_parameter_supported", json!(true));
    let place = with(&issuer, |_| {}).await;
    for (named, expected) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some("https://evil.example".to_owned()), StatusCode::UNAUTHORIZED),
        (Some(issuer.name()), StatusCode::SEE_OTHER),
    ] {
        let way = begin(&place, "").await;
        let mut back = issuer.sends_back(&way.sent);
        if let Some(named) = &named {
            back.query_pairs_mut().append_pair("iss", named);
        }
        assert_eq!(come_back(&place, &way, &back).await.status, expected, "{named:?}");
    }
    let way = begin(&place, "").await;
    let mut back = issuer.sends_back(&way.sent);
    back.query_pairs_mut().append_pair("iss", &issuer.name()).append_pair("error", "access_denied\u{1b}");
    let denied = come_back(&place, &way, &back).await;
    assert_eq!(denied.status, StatusCode::UNAUTHORIZED);
    assert!(denied.json()["detail"].as_str().unwrap().contains("`access_denied`"));
}

#[tokio::test]
async fn a_provider_that_is_another_one_or_away_or_without_tls_is_not_believed() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |_| {}).await;
    let start = || ask(&place.router, get("/auth/oidc/uni/start", &[]));
    issuer.goes_away(true);
    assert_eq!(start().await.status, StatusCode::SERVICE_UNAVAILABLE);
    issuer.goes_away(false);
    issuer.claims_to_be("issuer", json!("https://login.example.org"));
    assert_eq!(start().await.status, StatusCode::SERVICE_UNAVAILABLE);
    issuer.claims_to_be("issuer", json!(issuer.name()));
    issuer.claims_to_be("token_endpoint", json!("http://login.example.org/token"));
    assert_eq!(start().await.status, StatusCode::SERVICE_UNAVAILABLE);
    issuer.claims_to_be("token_endpoint", json!(format!("{}/token", issuer.name())));
    let way = begin(&place, "").await;
    let back = issuer.sends_back(&way.sent);
    issuer.goes_away(true);
    assert_eq!(come_back(&place, &way, &back).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask(&place.router, get("/auth/oidc/nobody/start", &[])).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_is_led_to_another_place_after_signing_in() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |_| {}).await;
    for evil in [
        "//evil.example",
        "https://evil.example",
        "/%5Cevil.example",
        "/%09/evil.example",
        "javascript:alert(1)",
        "",
        "x",
    ] {
        let answer = ask(&place.router, get(&format!("/auth/oidc/uni/start?return_to={evil}"), &[])).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{evil}");
    }
    for good in ["/", "/history?q=a%20b#top", "/searches/1"] {
        assert!(is_own_path(good), "{good}");
    }
    assert!(!is_own_path(&format!("/{}", "x".repeat(2_048))) && !is_own_path("/\u{85}/"));
}

#[tokio::test]
async fn groups_decide_at_each_sign_in_what_somebody_is() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |settings| {
        settings.groups_claim = "realm.groups".to_owned();
        settings.roles = [
            ("ops".to_owned(), Role::SuperAdmin),
            ("staff".to_owned(), Role::Manager),
            ("guests".to_owned(), Role::Viewer),
        ]
        .into();
    })
    .await;
    assert_eq!(sign_in(&place, &issuer).await.status, StatusCode::FORBIDDEN, "no group, no role");
    for (groups, role) in [
        (json!(["guests", "staff", "chess"]), "manager"),
        (json!("guests"), "viewer"),
        (json!(["ops"]), "super_admin"),
        (json!(["staff"]), "manager"),
    ] {
        issuer.says("realm", json!({ "groups": groups }));
        assert_eq!(me(&place, &sign_in(&place, &issuer).await).await["role"], role);
    }
    issuer.says("realm", json!({ "groups": ["chess"] }));
    assert_eq!(sign_in(&place, &issuer).await.status, StatusCode::FORBIDDEN);
    let ada = place.login("ada", PASSWORD).await.json();
    let log = place.get("/api/v1/admin/audit?limit=100", text(&ada, "access_token")).await.json();
    let roles: Vec<_> =
        log["entries"].as_array().unwrap().iter().filter(|entry| entry["action"] == "member.role_changed").collect();
    assert_eq!(roles.len(), 3, "{log}");
}

#[tokio::test]
async fn groups_take_nobody_away_who_is_the_last_to_govern() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |settings| {
        settings.roles = [("ops".to_owned(), Role::SuperAdmin), ("staff".to_owned(), Role::User)].into();
    })
    .await;
    issuer.says("groups", json!(["ops"]));
    let grace = me(&place, &sign_in(&place, &issuer).await).await;
    let db = &place.app.db;
    let ada = crate::store::accounts::by_login(db, "ada").await.unwrap().unwrap().id;
    let workspace = crate::store::Scope::local().workspace;
    let of_ada = crate::store::Scope { workspace, user: ada };
    assert!(crate::store::people::deactivate(db, ada).await.unwrap());
    assert!(crate::store::members::remove(db, of_ada, "left", place.app.clock.now()).await.unwrap());
    issuer.says("groups", json!(["staff"]));
    let stays = me(&place, &sign_in(&place, &issuer).await).await;
    assert_eq!((&stays["role"], &stays["user_id"]), (&json!("super_admin"), &grace["user_id"]));
    let told = crate::store::security_events::since(db, place.app.clock.now(), 10).await.unwrap();
    assert!(told.iter().any(|event| event.event_type == "role_change_refused"), "an admin hears of it");
    assert!(crate::store::people::activate(db, ada).await.unwrap());
    let less = me(&place, &sign_in(&place, &issuer).await).await;
    assert_eq!(less["role"], "admin", "the workspace has nobody else yet");
}

#[tokio::test]
async fn where_groups_say_nothing_roles_are_given_in_pake() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |settings| settings.default_role = Some(Role::Viewer)).await;
    let grace = me(&place, &sign_in(&place, &issuer).await).await;
    assert_eq!(grace["role"], "viewer");
    let scope = crate::store::Scope {
        workspace: crate::store::Scope::local().workspace,
        user: text(&grace, "user_id").parse().unwrap(),
    };
    assert!(
        crate::store::members::set_role(&place.app.db, scope, "manager", false, place.app.clock.now()).await.unwrap()
    );
    assert_eq!(me(&place, &sign_in(&place, &issuer).await).await["role"], "manager");
}

#[tokio::test]
async fn what_the_token_leaves_out_is_asked_for_and_must_be_of_the_same_person() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |settings| settings.roles = [("staff".to_owned(), Role::Manager)].into()).await;
    for claim in ["email", "email_verified", "preferred_username"] {
        issuer.adds(claim, Value::Null);
    }
    issuer.adds("groups", json!(["staff"]));
    let grace = me(&place, &sign_in(&place, &issuer).await).await;
    assert_eq!((&grace["username"], &grace["role"]), (&json!("grace"), &json!("manager")));
    issuer.adds("sub", json!("u-2"));
    assert_eq!(sign_in(&place, &issuer).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_address_takes_over_no_account_unless_it_is_verified_and_an_operator_wants_it() {
    let issuer = Issuer::start().await;
    for (links, is_verified, expected) in [
        (false, true, StatusCode::CONFLICT),
        (false, false, StatusCode::SEE_OTHER),
        (true, false, StatusCode::SEE_OTHER),
        (true, true, StatusCode::SEE_OTHER),
    ] {
        let place = with(&issuer, |settings| settings.link_by_verified_email = links).await;
        let body = json!({ "role": "user" });
        let ada = place.login("ada", PASSWORD).await.json();
        let link = place.act("/api/v1/invitations", text(&ada, "access_token"), body).await.json();
        let body = json!({ "token": link["token"], "username": "admiral", "email": "grace@example.org", "password": PASSWORD });
        let admiral = place.post("/auth/register", body).await.json();
        issuer.says("email_verified", json!(is_verified));
        let answer = sign_in(&place, &issuer).await;
        assert_eq!(answer.status, expected, "{links} {is_verified}: {}", answer.text());
        if expected == StatusCode::SEE_OTHER {
            let is_same = me(&place, &answer).await["user_id"] == admiral["user_info"]["user_id"];
            assert_eq!(is_same, links && is_verified, "{links} {is_verified}");
        }
    }
}

#[tokio::test]
async fn names_that_are_taken_become_others_and_nobody_is_called_by_an_address_that_is_not_theirs() {
    let issuer = Issuer::start().await;
    let place = with(&issuer, |_| {}).await;
    issuer.says("preferred_username", json!("ada"));
    issuer.says("email", json!("ada2@example.org"));
    assert_eq!(me(&place, &sign_in(&place, &issuer).await).await["username"], "ada2@example.org");
    issuer.says("sub", json!("u-2"));
    issuer.says("email_verified", json!(false));
    assert_eq!(me(&place, &sign_in(&place, &issuer).await).await["username"], "ada-2");
    issuer.says("sub", json!("u-3"));
    issuer.says("preferred_username", json!("boss@example.org"));
    assert_eq!(me(&place, &sign_in(&place, &issuer).await).await["username"], "uni-2");
}

#[tokio::test]
async fn who_may_come_is_the_operators_choice() {
    let issuer = Issuer::start().await;
    let closed = with(&issuer, |settings| settings.create_accounts = false).await;
    assert_eq!(sign_in(&closed, &issuer).await.status, StatusCode::FORBIDDEN);
    let of_domain = with(&issuer, |settings| settings.email_domains = vec!["Example.ORG".to_owned()]).await;
    assert_eq!(sign_in(&of_domain, &issuer).await.status, StatusCode::SEE_OTHER);
    for (claim, value) in [("email", json!("grace@example.org.evil.example")), ("email_verified", json!(false))] {
        issuer.says(claim, value);
        assert_eq!(sign_in(&of_domain, &issuer).await.status, StatusCode::FORBIDDEN, "{claim}");
        issuer.says("email", json!("grace@example.org"));
    }
    let log = of_domain.login("ada", PASSWORD).await.json();
    let log = of_domain.get("/api/v1/admin/audit", text(&log, "access_token")).await.json();
    let refused = log["entries"].as_array().unwrap().iter().filter(|entry| entry["outcome"] == "refused");
    assert_eq!(refused.count(), 2);
}

#[tokio::test]
async fn nobody_becomes_the_first_account_by_single_sign_on() {
    let issuer = Issuer::start().await;
    let settings = OidcConfig {
        issuer: issuer.name(),
        client_id: CLIENT.0.to_owned(),
        client_secret: Some(CLIENT.1.into()),
        ..OidcConfig::default()
    };
    let place = Place::with(|config| {
        config.server.base_url = Some("https://pake.example.org".parse().unwrap());
        config.oidc.insert("uni".to_owned(), settings);
    })
    .await;
    assert_eq!(sign_in(&place, &issuer).await.status, StatusCode::FORBIDDEN);
    assert_eq!(place.set_up().await.status, StatusCode::CREATED);
    assert_eq!(sign_in(&place, &issuer).await.status, StatusCode::SEE_OTHER);
}
