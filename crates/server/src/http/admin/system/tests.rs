use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    access::Role,
    config::EffectiveSetting,
    jobs,
    testing::people::{Somebody, Team},
};

async fn place() -> (Team, Somebody, Somebody, Somebody, Somebody) {
    let place = Team::with(|config| config.limits.enabled = false).await;
    let ada = place.set_up().await;
    let bob = place.join("bob", Role::Admin).await;
    let max = place.join("max", Role::Manager).await;
    let cyd = place.join("cyd", Role::User).await;
    (place, ada, bob, max, cyd)
}

async fn status(place: &Team, path: &str, who: &Somebody) -> u16 {
    place.get(path, who).await.status.as_u16()
}

#[tokio::test]
async fn an_operator_sees_how_the_installation_is_with_the_names_of_the_earlier_system() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), [0; 500]).unwrap();
    let place = Team::with(|config| folder.path().clone_into(&mut config.server.data_dir)).await;
    let (ada, bob) = (place.set_up().await, place.join("bob", Role::Admin).await);
    let health = place.json("GET", "/api/v1/admin/system/health", &ada, Value::Null).await;
    for name in [
        "status",
        "uptime_seconds",
        "cpu_usage",
        "memory_usage",
        "disk_usage",
        "active_connections",
        "cache_hit_rate",
        "avg_response_time",
        "error_rate",
        "database_status",
        "redis_status",
        "websocket_status",
    ] {
        assert!(health.get(name).is_some(), "{name}: {health}");
    }
    assert_eq!((&health["database_status"], &health["redis_status"]), (&json!("healthy"), &json!("off")));
    for name in ["cpu_usage", "memory_usage", "disk_usage"] {
        let share = health[name].as_f64().unwrap_or_else(|| panic!("{name}: {health}"));
        assert!((0.0..=100.0).contains(&share), "{name} {share}");
    }
    assert!(health["memory_bytes"].as_u64().unwrap() > 1 << 20, "{health}");
    assert_eq!(health["storage"]["data_dir_bytes"], 500);
    assert!(health["storage"]["database_bytes"].as_u64().unwrap() > 1 << 16, "{health}");
    assert_eq!((&health["versions"]["database_kind"], &health["queue"]["waiting"]), (&json!("sqlite"), &json!(0)));
    assert!(health["versions"]["schema"].as_i64().unwrap() >= 9, "{health}");
    assert!(health["sources"].as_array().unwrap().len() > 5);
    assert_eq!(status(&place, "/api/v1/admin/system/health", &bob).await, 403);
}

#[tokio::test]
async fn use_is_counted_by_day_for_those_who_may_see_it_and_where_they_may() {
    let (place, ada, bob, max, cyd) = place().await;
    place.search(&cyd, json!({ "query": "lamps", "sources": ["crossref"] })).await;
    let made = place.json("POST", "/auth/tokens", &cyd, json!({ "name": "t", "permissions": ["search:read"] })).await;
    let token = Somebody { token: made["token"].as_str().unwrap().to_owned(), ..cyd.clone() };
    assert_eq!(status(&place, "/api/v1/history", &token).await, 200);
    jobs::run_now(&place.app, "write_usage").await;
    let path = "/api/v1/admin/system/analytics?days=7";
    for who in [&ada, &bob, &max] {
        let usage = place.json("GET", path, who, Value::Null).await;
        assert_eq!((&usage["searches"], &usage["active_users"]), (&json!(1), &json!(1)), "{usage}");
        assert_eq!((&usage["success_rate"], &usage["cache_hit_rate"]), (&json!(1.0), &json!(0.0)));
        assert_eq!(usage["days"][0]["day"], "2026-03-01");
        assert_eq!(usage["popular_sources"], json!([{ "source": "crossref", "searches": 1 }]));
        assert_eq!((&usage["requests"]["by_token"], &usage["active_tokens"]), (&json!(1), &json!(1)), "{usage}");
        assert_eq!(
            (&usage["features"]["requests.search"], &usage["features"]["token.created"]),
            (&json!(1), &json!(1))
        );
        assert!(!usage.to_string().contains("lamps"), "what was asked is nobody's business");
    }
    assert_eq!(status(&place, path, &cyd).await, 403);
    for nonsense in ["days=0", "days=367", "days=-1", "days=many", "color=red"] {
        assert_eq!(
            status(&place, &format!("/api/v1/admin/system/analytics?{nonsense}"), &ada).await,
            400,
            "{nonsense}"
        );
    }
    let other = place.json("POST", "/api/v1/workspaces", &ada, json!({ "name": "elsewhere" })).await;
    let elsewhere = format!("{path}&tenant_id={}", other["id"].as_str().unwrap());
    assert_eq!(place.json("GET", &elsewhere, &ada, Value::Null).await["searches"], 0);
    assert_eq!(status(&place, &elsewhere, &bob).await, 403);
    place.upstream.release();
}

#[tokio::test]
async fn the_settings_are_shown_to_operators_with_where_they_come_from() {
    let (place, ada, bob, ..) = place().await;
    let path = "/api/v1/admin/config";
    assert_eq!(place.get(path, &ada).await.status, StatusCode::SERVICE_UNAVAILABLE, "nobody has said them");
    let setting = EffectiveSetting {
        setting: "redis.url".into(),
        value: Some(json!("redis://:********@localhost/0")),
        origin: "PAKE_REDIS__URL".into(),
    };
    place.app.settings.set(vec![setting]).unwrap();
    let shown = place.json("GET", path, &ada, Value::Null).await;
    let expected =
        json!({ "setting": "redis.url", "value": "redis://:********@localhost/0", "origin": "PAKE_REDIS__URL" });
    assert_eq!(shown["settings"], json!([expected]));
    assert_eq!(status(&place, path, &bob).await, 403);
}

#[tokio::test]
async fn the_dashboard_is_the_short_form_of_both() {
    let (place, ada, bob, _, cyd) = place().await;
    for who in [&ada, &bob] {
        let dashboard = place.json("GET", "/api/v1/admin/dashboard", who, Value::Null).await;
        assert_eq!((&dashboard["total_users"], &dashboard["enabled_users"]), (&json!(4), &json!(4)));
        assert_eq!((&dashboard["usage"]["searches"], &dashboard["version"]), (&json!(0), &json!(crate::VERSION)));
    }
    assert_eq!(status(&place, "/api/v1/admin/dashboard", &cyd).await, 403);
}
