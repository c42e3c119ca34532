use chrono::TimeDelta;
use engine::source::SourceId;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    access::Role,
    app::{App, SharedApp},
    db::testing::{TestDb, on_both},
    jobs,
    store::{
        Scope,
        testing::{count, places_of},
    },
    testing::{
        people::{Somebody, Team},
        serving::Serving,
    },
};

const PREFERENCES: &str = "/api/v1/user/preferences";

async fn run(app: &App, name: &str) {
    let job = jobs::TABLE.iter().find(|job| job.name == name).unwrap();
    jobs::run(app, job).await;
    assert!(app.job_book.states()[name].error.is_none());
}

async fn history(place: &Team, who: &Somebody) -> Vec<Value> {
    place.get("/api/v1/history", who).await.json()["entries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn preferences_have_defaults_are_kept_and_are_where_the_earlier_system_had_them() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let wanted = json!({
        "default_sources": ["openalex"],
        "auto_save_searches": true,
        "search_history_retention_days": 30,
        "preferred_result_format": "compact",
        "notification_settings": { "email_digest": true, "search_alerts": false, "weekly_summary": false },
        "privacy_settings": { "anonymous_analytics": false, "share_popular_searches": true, "retention_opt_out": false },
    });
    let first = place.json("GET", PREFERENCES, &ada, json!({})).await;
    assert_eq!((&first["auto_save_searches"], &first["search_history_retention_days"]), (&json!(true), &json!(365)));
    assert_eq!(first["effective_retention_days"], 365);
    place.json("PUT", "/user/preferences", &ada, wanted.clone()).await;
    let mut kept = place.json("GET", PREFERENCES, &ada, json!({})).await;
    assert_eq!(kept["effective_retention_days"], 30);
    kept.as_object_mut().unwrap().remove("effective_retention_days");
    assert_eq!(kept, wanted);
    let viewer = place.join("vera", Role::Viewer).await;
    assert_eq!(place.json("GET", PREFERENCES, &viewer, json!({})).await, first, "everybody's own");
    assert_eq!(place.send("PUT", PREFERENCES, Some(&viewer), wanted).await.status, StatusCode::FORBIDDEN);
    for (wrong, name) in [
        (json!({ "default_sources": ["altavista"] }), "default_sources"),
        (json!({ "search_history_retention_days": 40_000 }), "search_history_retention_days"),
        (json!({ "preferred_result_format": "<script>" }), "preferred_result_format"),
        (json!({ "preferred_result_format": "" }), "preferred_result_format"),
    ] {
        let refused = place.send("PUT", PREFERENCES, Some(&ada), wrong.clone()).await;
        assert_eq!(
            (refused.status, &refused.json()["details"]["parameter"]),
            (StatusCode::BAD_REQUEST, &json!(name)),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_question_that_names_no_source_asks_the_persons_else_the_workspaces() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let settings = format!("/api/v1/workspaces/{}/settings", Scope::local().workspace);
    let asked = || (place.upstream.asked(SourceId::Crossref), place.upstream.asked(SourceId::Openalex));
    place.search(&ada, json!({ "query": "one" })).await;
    assert_eq!(asked(), (1, 1));
    place.json("PUT", &settings, &ada, json!({ "default_sources": ["crossref"] })).await;
    place.search(&ada, json!({ "query": "two" })).await;
    assert_eq!(asked(), (2, 1));
    place.json("PUT", PREFERENCES, &ada, json!({ "default_sources": ["openalex"] })).await;
    place.search(&ada, json!({ "query": "three" })).await;
    assert_eq!(asked(), (2, 2));
    let both = place.search(&ada, json!({ "query": "one" })).await;
    assert_eq!(both["sources"].as_array().unwrap().len(), 1, "the kept answer of another choice is not served");
    place.search(&ada, json!({ "query": "four", "sources": ["crossref"] })).await;
    assert_eq!(asked().0, 3, "what is named is what is asked");
}

#[tokio::test]
async fn whoever_saves_no_searches_has_no_history_and_their_answers_all_the_same() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    place.json("PUT", PREFERENCES, &ada, json!({ "auto_save_searches": false })).await;
    let found = place.search(&ada, json!({ "query": "lamps" })).await;
    assert!(history(&place, &ada).await.is_empty());
    let again = place.get(&format!("/api/v1/searches/{}", found["id"].as_str().unwrap()), &ada).await;
    assert_eq!(again.status, StatusCode::OK);
    place.json("PUT", PREFERENCES, &ada, json!({})).await;
    place.search(&ada, json!({ "query": "lamps" })).await;
    assert_eq!(history(&place, &ada).await.len(), 1);
}

#[tokio::test]
async fn the_persons_sockets_are_told_and_nobody_elses() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let uma = place.join("uma", Role::User).await;
    let serving = Serving::of(SharedApp::clone(&place.app)).await;
    let mut sockets = Vec::new();
    for who in [&ada, &ada, &uma] {
        let shown = format!("Bearer {}", who.token);
        let mut socket = serving.socket_with(&[("authorization", &shown)]).await.unwrap();
        socket.send(json!({ "type": "ping", "data": {} })).await;
        socket.next_of("pong").await;
        sockets.push(socket);
    }
    place.json("PUT", PREFERENCES, &ada, json!({ "search_history_retention_days": 7 })).await;
    for socket in &mut sockets[..2] {
        assert_eq!(socket.next_of("preferences_updated").await["data"]["search_history_retention_days"], 7);
    }
    sockets[2].send(json!({ "type": "ping", "data": {} })).await;
    assert_eq!(sockets[2].next().await["type"], "pong");
    serving.stop().await;
}

on_both! {
    async fn searches_are_kept_as_long_as_person_workspace_and_operator_all_let_them(db: TestDb) {
        let place = Team::on(db.again().await, |_| {}).await;
        let ada = place.set_up().await;
        let (uma, pia, eve) =
            (place.join("uma", Role::User).await, place.join("pia", Role::User).await, place.join("eve", Role::User).await);
        let settings = format!("/api/v1/workspaces/{}/settings", Scope::local().workspace);
        place.json("PUT", &settings, &ada, json!({ "search_history_retention_days": 30 })).await;
        place.json("PUT", PREFERENCES, &uma, json!({ "search_history_retention_days": 10 })).await;
        for who in [&ada, &uma, &pia, &eve] {
            let found = place.search(who, json!({ "query": "lamps" })).await;
            if who.id == eve.id || who.id == pia.id {
                let path = format!("/api/v1/history/{}/favorite", found["id"].as_str().unwrap());
                place.json("PUT", &path, who, json!({ "is_favorite": true })).await;
            }
        }
        place.json("PUT", PREFERENCES, &eve, json!({ "privacy_settings": { "retention_opt_out": true } })).await;
        place.search(&eve, json!({ "query": "more lamps" })).await;
        assert_eq!(count(&db, "searches").await, 4, "nothing is added for whoever wants nothing kept");
        run(&place.app, "forget_searches").await;
        assert_eq!(count(&db, "searches").await, 4, "a favourite is kept by hand");
        place.json("DELETE", "/api/v1/history", &eve, json!({})).await;
        place.clock.advance(TimeDelta::days(11));
        run(&place.app, "forget_searches").await;
        assert_eq!(count(&db, "searches").await, 2);
        place.clock.advance(TimeDelta::days(20));
        run(&place.app, "forget_searches").await;
        assert_eq!(count(&db, "searches").await, 1, "the favourite of somebody else");
    }

    async fn what_is_popular_here_is_what_two_asked_who_share_it(db: TestDb) {
        let place = Team::on(db.again().await, |_| {}).await;
        let ada = place.set_up().await;
        let (uma, pia) = (place.join("uma", Role::User).await, place.join("pia", Role::User).await);
        for (who, question) in [(&ada, "lamps"), (&uma, "lamps"), (&uma, "only uma"), (&pia, "moths"), (&ada, "moths")] {
            place.search(who, json!({ "query": question })).await;
        }
        let here = async || place.get("/api/v1/history/popular?shared=true", &pia).await.json()["queries"].clone();
        assert_eq!(here().await, json!([]), "nobody shares anything unless they say so");
        for who in [&ada, &uma] {
            place.json("PUT", PREFERENCES, who, json!({ "privacy_settings": { "share_popular_searches": true } })).await;
        }
        let shared = here().await;
        assert_eq!((shared[0]["query"].clone(), shared[0]["count"].clone()), (json!("lamps"), json!(2)));
        assert_eq!(shared.as_array().unwrap().len(), 1, "nothing that only one of those asked: {shared}");
    }

    async fn whoever_does_not_want_to_be_counted_is_in_no_number_of_the_workspace(db: TestDb) {
        let place = Team::on(db.again().await, |_| {}).await;
        let ada = place.set_up().await;
        let uma = place.join("uma", Role::User).await;
        for who in [&ada, &uma] {
            place.search(who, json!({ "query": "lamps" })).await;
        }
        let usage = async || place.get("/api/v1/admin/system/analytics?days=7", &ada).await.json();
        let before = usage().await;
        assert_eq!((&before["searches"], &before["active_users"]), (&json!(2), &json!(2)));
        place.json("PUT", PREFERENCES, &uma, json!({ "privacy_settings": { "anonymous_analytics": false } })).await;
        let after = usage().await;
        assert_eq!((&after["searches"], &after["active_users"]), (&json!(1), &json!(1)));
    }

    async fn an_anonymous_search_leaves_nothing_behind(db: TestDb) {
        let place = Team::on(db.again().await, |_| {}).await;
        let ada = place.set_up().await;
        let found = place.search(&ada, json!({ "query": "unspeakable", "anonymous": true })).await;
        assert_eq!(found["works"].as_array().unwrap().len(), 2);
        let asked = place.upstream.asked(SourceId::Crossref);
        assert!(history(&place, &ada).await.is_empty());
        assert_eq!(places_of(&db, "unspeakable").await, Vec::<String>::new());
        for table in ["searches", "queries", "answers", "tags"] {
            assert_eq!(count(&db, table).await, 0, "{table}");
        }
        let scrape = place.app.metrics.render();
        assert!(!scrape.contains("unspeakable"));
        // Nothing is kept either: whoever asks the same asks the sources, and is recorded.
        let uma = place.join("uma", Role::User).await;
        let hers = place.search(&uma, json!({ "query": "unspeakable" })).await;
        assert_eq!((&hers["cache"]["hit"], place.upstream.asked(SourceId::Crossref)), (&json!(false), asked + 1));
        assert_eq!(places_of(&db, "unspeakable").await.iter().filter(|place| *place == "queries.text").count(), 1);
        // What others left can be used, and leaves nothing of whoever uses it.
        let kept = place.search(&ada, json!({ "query": "unspeakable", "anonymous": true })).await;
        assert_eq!(kept["cache"]["hit"], true);
        assert_eq!(count(&db, "searches").await, 1);
    }
}

#[tokio::test]
async fn an_anonymous_search_and_a_recorded_one_at_the_same_time_are_not_joined() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let uma = place.join("uma", Role::User).await;
    place.upstream.hold(SourceId::Crossref);
    let secret = json!({ "query": "lamps", "sources": ["crossref"], "anonymous": true });
    place.json("POST", "/api/v1/searches", &ada, secret).await;
    place.json("POST", "/api/v1/searches", &uma, json!({ "query": "lamps", "sources": ["crossref"] })).await;
    place.upstream.until_waiting(2).await;
    place.upstream.release();
    let found = place.search(&uma, json!({ "query": "lamps", "sources": ["crossref"] })).await;
    assert_eq!(found["status"], "completed");
    let serving = Serving::of(SharedApp::clone(&place.app)).await;
    let shown = format!("Bearer {}", ada.token);
    let mut socket = serving.socket_with(&[("authorization", &shown)]).await.unwrap();
    let ask = json!({ "query": "other lamps", "anonymous": true });
    socket.send(json!({ "type": "search", "data": ask })).await;
    socket.next_of("search_completed").await;
    assert!(history(&place, &ada).await.is_empty(), "over a socket neither");
    serving.stop().await;
}
