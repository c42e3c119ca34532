use http::StatusCode;
use serde_json::{Value, json};

use crate::testing::{
    Answer,
    place::{Place, text},
};

const PATH: &str = "/api/v1/admin/settings";

/// A server with the usual sources, and its operator's access token.
async fn operated() -> (Place, String) {
    let place = Place::with(|config| config.sources.clear()).await;
    let ada = text(&place.set_up().await.json(), "access_token").to_owned();
    (place, ada)
}

async fn change(place: &Place, token: &str, settings: Value) -> Answer {
    let body = json!({ "settings": settings });
    place.send("PATCH", PATH, &[("authorization", &format!("Bearer {token}"))], body).await
}

fn setting(answer: &Value, name: &str) -> Value {
    let settings = answer["settings"].as_array().unwrap();
    settings.iter().find(|setting| setting["setting"] == name).unwrap_or_else(|| panic!("{name} in {answer}")).clone()
}

async fn source(place: &Place, token: &str, id: &str) -> Value {
    place.get(&format!("/api/v1/sources/{id}"), token).await.json()["availability"].clone()
}

#[tokio::test]
async fn an_operator_gives_a_source_its_key_and_nobody_sees_it_again() {
    let (place, ada) = operated().await;
    assert_eq!(source(&place, &ada, "brave").await, "needs_key");
    let body = json!({ "search.contact": " library@example.org ", "sources.brave.key": "very-s3cr3t" });
    let changed = change(&place, &ada, body).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    let key = setting(&changed.json(), "sources.brave.key");
    let expected = json!({ "setting": "sources.brave.key", "value": null, "is_set": true, "is_secret": true, "origin": "adjusted" });
    assert_eq!(key, expected);
    assert_eq!(setting(&changed.json(), "search.contact")["value"], "library@example.org");
    assert_eq!(source(&place, &ada, "brave").await, "ready", "without a restart");
    for path in [PATH, "/api/v1/admin/audit", "/api/v1/sources"] {
        let answer = place.get(path, &ada).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.text().contains("s3cr3t"), "{path}: {}", answer.text());
    }
    let audit = place.get("/api/v1/admin/audit?limit=1", &ada).await.json();
    assert_eq!(audit["entries"][0]["action"], "system.settings");
    let changed = change(&place, &ada, json!({ "sources.brave.key": null })).await;
    assert_eq!(setting(&changed.json(), "sources.brave.key")["is_set"], false);
    assert_eq!(source(&place, &ada, "brave").await, "needs_key");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let (place, ada) = operated().await;
    let before = place.get(PATH, &ada).await.json();
    for (body, said) in [
        (json!({}), "say which"),
        (json!([]), "expected a map"),
        (json!({ "search.contact": "not an address" }), "e-mail"),
        (json!({ "search.contact": "javascript:alert(1)" }), "e-mail"),
        (json!({ "search.contact": "ada@example.org\r\nX-Evil: 1" }), "e-mail"),
        (json!({ "search.contact": 5 }), "e-mail"),
        (json!({ "sources.brave.key": "" }), "characters"),
        (json!({ "sources.brave.key": "with space" }), "characters"),
        (json!({ "sources.brave.key": "k".repeat(501) }), "characters"),
        (json!({ "sources.arxiv.enabled": "yes" }), "true or false"),
        (json!({ "sources.feeds.urls": [] }), "addresses"),
        (json!({ "sources.feeds.urls": ["file:///etc/passwd"] }), "addresses"),
        (json!({ "sources.feeds.urls": ["https://u:p@example.org/feed"] }), "addresses"),
        (json!({ "sources.searxng.base_url": "http://169.254.169.254/" }), "configuration"),
        (json!({ "server.listen": "0.0.0.0:80" }), "configuration"),
        (json!({ "sources.nobody.key": "k" }), "configuration"),
        // One good, one not: neither holds.
        (json!({ "sources.arxiv.enabled": false, "sources.brave.key": 1 }), "characters"),
    ] {
        let answer = change(&place, &ada, body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {}", answer.text());
        assert!(text(&answer.json(), "detail").contains(said), "{body}: {}", answer.text());
    }
    assert_eq!(place.get(PATH, &ada).await.json(), before);
    assert_eq!(source(&place, &ada, "arxiv").await, "ready");
}

#[tokio::test]
async fn what_the_configuration_says_is_not_changed_here() {
    let place = Place::with(|config| config.search.contact = Some("ops@example.org".to_owned())).await;
    let ada = text(&place.set_up().await.json(), "access_token").to_owned();
    let contact = setting(&place.get(PATH, &ada).await.json(), "search.contact");
    assert_eq!((&contact["value"], &contact["origin"]), (&json!("ops@example.org"), &json!("configured")));
    for value in [json!("ada@example.org"), Value::Null] {
        let answer = change(&place, &ada, json!({ "search.contact": value })).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
        assert!(text(&answer.json(), "detail").contains("configuration"), "{}", answer.text());
    }
}
