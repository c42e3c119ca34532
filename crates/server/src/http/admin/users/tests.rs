use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    access::Role,
    db::testing::{TestDb, on_both},
    store::testing::make_operator,
    testing::{
        people::{Somebody, Team},
        place::PASSWORD,
    },
};

/// Who there is: an operator, two admins and a manager and a user of the first workspace.
struct Crew {
    place: Team,
    ada: Somebody,
    bob: Somebody,
    bea: Somebody,
    max: Somebody,
    cyd: Somebody,
}

async fn crew(place: Team) -> Crew {
    let ada = place.set_up().await;
    let bob = place.join("bob", Role::Admin).await;
    let bea = place.join("bea", Role::Admin).await;
    let max = place.join("max", Role::Manager).await;
    let cyd = place.join("cyd", Role::User).await;
    Crew { place, ada, bob, bea, max, cyd }
}

async fn aboard() -> Crew {
    crew(Team::with(|config| config.limits.enabled = false).await).await
}

impl Crew {
    /// Does something to somebody; the status of the answer and its body.
    async fn act(&self, who: &Somebody, whom: &Somebody, body: Value) -> (u16, Value) {
        let path = format!("/api/v1/admin/users/{}/action", whom.id);
        let answer = self.place.send("POST", &path, Some(who), body).await;
        (answer.status.as_u16(), answer.json())
    }

    async fn status(&self, who: &Somebody, whom: &Somebody, action: &str) -> u16 {
        self.act(who, whom, json!({ "action": action, "reason": "for this test" })).await.0
    }

    async fn is_in(&self, who: &Somebody) -> bool {
        self.place.get("/api/v1/auth/me", who).await.status == StatusCode::OK
    }

    /// The names of those on a page.
    async fn names(&self, who: &Somebody, query: &str) -> Vec<String> {
        let page = self.place.json("GET", &format!("/api/v1/admin/users?{query}"), who, Value::Null).await;
        let users = page["users"].as_array().unwrap();
        users.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    }

    /// Another workspace with an admin, and its id.
    async fn elsewhere(&self) -> (Uuid, Somebody) {
        let (place, ada) = (&self.place, &self.ada);
        let made = place.json("POST", "/api/v1/workspaces", ada, json!({ "name": "elsewhere" })).await;
        let id: Uuid = made["id"].as_str().unwrap().parse().unwrap();
        place.json("POST", &format!("/api/v1/workspaces/{id}/enter"), ada, json!({})).await;
        let link = place.json("POST", "/api/v1/invitations", ada, json!({ "role": "admin" })).await;
        let zoe = place.register("zoe", link["token"].as_str().unwrap()).await;
        let home = crate::store::Scope::local().workspace;
        place.json("POST", &format!("/api/v1/workspaces/{home}/enter"), ada, json!({})).await;
        (id, zoe)
    }
}

on_both! {
    async fn people_are_found_by_what_they_are_and_listed_page_by_page(db: TestDb) {
        let crew = crew(Team::on(db.clone(), |config| config.limits.enabled = false).await).await;
        let (elsewhere, _) = crew.elsewhere().await;
        let all = ["ada", "bea", "bob", "cyd", "max", "zoe"];
        assert_eq!(crew.names(&crew.ada, "").await, all);
        assert_eq!(crew.names(&crew.bob, "").await, all[..5], "an admin sees their own workspace");
        assert_eq!(crew.names(&crew.ada, &format!("tenant_id={elsewhere}")).await, ["ada", "zoe"]);
        let refused = crew.place.get(&format!("/api/v1/admin/users?tenant_id={elsewhere}"), &crew.bob).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_eq!(crew.names(&crew.ada, "role=admin").await, ["bea", "bob", "zoe"]);
        assert_eq!(crew.names(&crew.ada, "role=super_admin").await, ["ada"]);
        assert_eq!(crew.names(&crew.ada, "q=B").await, ["bea", "bob"]);
        assert_eq!(crew.names(&crew.ada, "q=zoe%40example").await, ["zoe"]);
        for nothing in ["q=%25", "q=_", "q=%27%20OR%201%3D1--", "active=false", "seen_since=2030-01-01T00:00:00Z"] {
            assert!(crew.names(&crew.ada, nothing).await.is_empty(), "{nothing}");
        }
        assert_eq!(crew.names(&crew.ada, "active=true&seen_since=2026-03-01T00:00:00Z").await, all);
        let first = crew.place.json("GET", "/api/v1/admin/users?limit=4", &crew.ada, Value::Null).await;
        assert_eq!(first["next"], "cyd");
        assert_eq!(crew.names(&crew.ada, "limit=4&after=cyd").await, ["max", "zoe"]);
        for nonsense in ["limit=0", "q=%00", "after=a%00", "role=root", "active=maybe", "seen_since=once", "color=red"] {
            let answer = crew.place.get(&format!("/api/v1/admin/users?{nonsense}"), &crew.ada).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{nonsense}");
        }
        let refused = crew.place.get("/api/v1/admin/users", &crew.cyd).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        crew.place.upstream.release();
    }

    async fn two_operators_cannot_take_the_installation_from_each_other_at_once(db: TestDb) {
        use crate::store::people::take_installation_from;
        let crew = crew(Team::on(db.clone(), |config| config.limits.enabled = false).await).await;
        for round in 0..5 {
            let one = crew.place.join(&format!("one-{round}"), Role::User).await;
            make_operator(&crew.place.app.db, one.id).await;
            let (first, second) = (db.again().await, db.again().await);
            let (first, second) = tokio::join!(
                tokio::spawn({ let ada = crew.ada.id; async move { take_installation_from(&first, ada).await.unwrap() } }),
                tokio::spawn({ let one = one.id; async move { take_installation_from(&second, one).await.unwrap() } }),
            );
            assert_ne!(first.unwrap(), second.unwrap(), "one of them is left");
            make_operator(&crew.place.app.db, crew.ada.id).await;
            take_installation_from(&db, one.id).await.unwrap();
        }
        crew.place.upstream.release();
    }
}

#[tokio::test]
async fn somebody_is_shown_with_sessions_tokens_and_factors_and_not_with_what_they_asked() {
    let crew = aboard().await;
    crew.place.search(&crew.cyd, json!({ "query": "a secret question" })).await;
    crew.place.json("POST", "/auth/tokens", &crew.cyd, json!({ "name": "t", "permissions": ["search:read"] })).await;
    let path = format!("/api/v1/admin/users/{}", crew.cyd.id);
    let shown = crew.place.json("GET", &path, &crew.bob, Value::Null).await;
    assert_eq!(
        (&shown["username"], &shown["role"], &shown["is_active"]),
        (&json!("cyd"), &json!("user"), &json!(true))
    );
    assert_eq!((&shown["tokens"], &shown["searches"], &shown["session_count"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!(shown["sessions"][0]["user_id"], json!(crew.cyd.id));
    let factors = json!({ "has_password": true, "has_authenticator": false, "recovery_codes": 0, "passkeys": 0, "identities": 0 });
    assert_eq!(shown["factors"], factors);
    let text = shown.to_string();
    assert!(!text.contains("secret") && !text.contains("argon2"), "{text}");
    assert_eq!(crew.place.get(&path, &crew.cyd).await.status, StatusCode::FORBIDDEN);
    let (_, zoe) = crew.elsewhere().await;
    let theirs = format!("/api/v1/admin/users/{}", zoe.id);
    assert_eq!(crew.place.get(&theirs, &crew.bob).await.status, StatusCode::NOT_FOUND);
    assert_eq!(crew.place.get(&theirs, &crew.ada).await.status, StatusCode::OK);
    crew.place.upstream.release();
}

#[tokio::test]
async fn who_is_deactivated_is_out_at_once_and_cannot_come_back_until_they_are_let_in() {
    let crew = aboard().await;
    let wanted = json!({ "name": "t", "permissions": ["search:read"] });
    let made = crew.place.json("POST", "/auth/tokens", &crew.cyd, wanted).await;
    let token = Somebody { token: made["token"].as_str().unwrap().to_owned(), ..crew.cyd.clone() };
    let may_read = async || crew.place.get("/api/v1/history", &token).await.status == StatusCode::OK;
    assert!(crew.is_in(&crew.cyd).await && may_read().await);
    assert_eq!(crew.status(&crew.bob, &crew.cyd, "deactivate").await, 200);
    assert!(!crew.is_in(&crew.cyd).await && !may_read().await, "the token is no way around");
    assert_eq!(crew.place.login("cyd").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(crew.status(&crew.bob, &crew.cyd, "deactivate").await, 409);
    assert_eq!(crew.names(&crew.bob, "active=false").await, ["cyd"]);
    assert_eq!(crew.status(&crew.max, &crew.cyd, "activate").await, 200, "a manager looks after people");
    assert_eq!(crew.place.login("cyd").await.status, StatusCode::OK);
    assert!(!crew.is_in(&crew.cyd).await, "what ended has ended");
}

#[tokio::test]
async fn nobody_reaches_their_equals_or_betters_themselves_or_another_workspace() {
    let crew = aboard().await;
    let (_, zoe) = crew.elsewhere().await;
    for action in ["activate", "deactivate", "demote_admin", "reset_password"] {
        for (who, whom) in [(&crew.bob, &crew.ada), (&crew.bob, &crew.bea), (&crew.max, &crew.bob)] {
            assert_eq!(crew.status(who, whom, action).await, 403, "{action}");
        }
        assert_eq!(crew.status(&crew.cyd, &crew.max, action).await, 403, "{action}");
        assert_eq!(crew.status(&crew.bob, &zoe, action).await, 404, "{action}: of another workspace");
    }
    assert_eq!(crew.status(&crew.max, &crew.cyd, "promote_admin").await, 403, "no more than they are");
    for action in ["deactivate", "demote_admin"] {
        assert_eq!(crew.status(&crew.ada, &crew.ada, action).await, 409, "{action}: the last one, and oneself");
    }
    for who in [&crew.ada, &crew.bob, &crew.bea, &crew.max, &crew.cyd, &zoe] {
        assert!(crew.is_in(who).await);
    }
}

#[tokio::test]
async fn what_holds_everywhere_is_not_for_the_admin_of_one_workspace_when_the_person_is_in_two() {
    let crew = aboard().await;
    let (elsewhere, zoe) = crew.elsewhere().await;
    let link = crew.place.json("POST", "/api/v1/invitations", &zoe, json!({ "role": "user" })).await;
    let accepted = json!({ "token": link["token"] });
    crew.place.json("POST", "/api/v1/invitations/accept", &crew.cyd, accepted).await;
    for action in ["deactivate", "reset_password"] {
        assert_eq!(crew.status(&crew.bob, &crew.cyd, action).await, 403, "{action}");
    }
    assert!(crew.is_in(&crew.cyd).await);
    let promote = json!({ "action": "promote_admin", "reason": "r", "tenant_id": elsewhere });
    assert_eq!(crew.act(&crew.bob, &crew.cyd, promote.clone()).await.0, 404, "nor is that other workspace");
    assert_eq!(crew.act(&crew.ada, &crew.cyd, promote).await.0, 200);
    assert_eq!(crew.status(&crew.ada, &crew.cyd, "deactivate").await, 200);
}

#[tokio::test]
async fn an_admin_is_made_and_is_one_no_more_and_is_signed_out_then() {
    let crew = aboard().await;
    assert_eq!(crew.status(&crew.bob, &crew.cyd, "promote_admin").await, 200);
    assert_eq!(crew.names(&crew.ada, "role=admin").await, ["bea", "bob", "cyd"]);
    assert!(crew.is_in(&crew.cyd).await);
    assert_eq!(crew.status(&crew.ada, &crew.cyd, "demote_admin").await, 200);
    assert_eq!(crew.names(&crew.ada, "role=user").await, ["cyd"]);
    assert!(!crew.is_in(&crew.cyd).await);
    make_operator(&crew.place.app.db, crew.bob.id).await;
    assert_eq!(crew.status(&crew.bob, &crew.ada, "demote_admin").await, 200, "one operator another");
    assert!(!crew.is_in(&crew.ada).await);
    assert_eq!(crew.names(&crew.bob, "role=super_admin").await, ["bob"]);
}

#[tokio::test]
async fn a_password_that_is_reset_is_gone_and_the_link_sets_a_new_one() {
    let crew = aboard().await;
    let (status, done) =
        crew.act(&crew.max, &crew.cyd, json!({ "action": "reset_password", "reason": "forgotten" })).await;
    assert_eq!(status, 200, "{done}");
    assert!(!crew.is_in(&crew.cyd).await);
    assert_eq!(crew.place.login("cyd").await.status, StatusCode::UNAUTHORIZED);
    let link = done["link"].as_str().unwrap();
    let secret = link.split_once('#').unwrap().1.trim_end_matches(",reset");
    let body = json!({ "token": secret, "new_password": PASSWORD });
    let set = crew.place.send("POST", "/api/v1/auth/password/reset", None, body).await;
    assert!(set.status.is_success(), "{}", set.text());
    assert_eq!(crew.place.login("cyd").await.status, StatusCode::OK);
    let audit = crew.place.get("/api/v1/admin/audit?action=account.password_taken", &crew.ada).await.json();
    assert_eq!(audit["entries"][0]["details"], json!({ "reason": "forgotten" }));
    assert!(!audit.to_string().contains(secret), "no secret in the log");
}

#[tokio::test]
async fn a_history_is_cleared_only_with_a_reason_and_the_name_repeated() {
    let crew = aboard().await;
    crew.place.search(&crew.cyd, json!({ "query": "lamps" })).await;
    for body in [
        json!({ "action": "clear_history", "confirm": "cyd" }),
        json!({ "action": "clear_history", "reason": " ", "confirm": "cyd" }),
        json!({ "action": "clear_history", "reason": "two\nlines", "confirm": "cyd" }),
        json!({ "action": "clear_history", "reason": "r".repeat(501), "confirm": "cyd" }),
        json!({ "action": "clear_history", "reason": "asked for" }),
        json!({ "action": "clear_history", "reason": "asked for", "confirm": "bob" }),
        json!({ "action": "drop", "reason": "asked for", "confirm": "cyd" }),
    ] {
        assert_eq!(crew.act(&crew.bob, &crew.cyd, body.clone()).await.0, 400, "{body}");
    }
    let wanted = json!({ "action": "clear_history", "reason": "asked for", "confirm": "cyd" });
    assert_eq!(crew.act(&crew.max, &crew.cyd, wanted.clone()).await.0, 403, "a manager does not manage searches");
    let history =
        async || crew.place.get("/api/v1/history", &crew.cyd).await.json()["entries"].as_array().unwrap().len();
    assert_eq!(history().await, 1);
    assert_eq!(crew.act(&crew.bob, &crew.cyd, wanted).await.0, 200);
    assert_eq!(history().await, 0);
    let audit = crew.place.get("/api/v1/admin/audit?action=history.cleared", &crew.ada).await.json();
    assert_eq!(audit["entries"][0]["details"], json!({ "reason": "asked for", "searches": 1 }));
    crew.place.upstream.release();
}

#[tokio::test]
async fn sessions_of_everybody_are_seen_and_ended_by_those_who_govern() {
    let crew = aboard().await;
    let (_, zoe) = crew.elsewhere().await;
    let sessions = async |who: &Somebody, query: &str| -> Vec<(String, String)> {
        let page = crew.place.json("GET", &format!("/api/v1/admin/sessions?{query}"), who, Value::Null).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        page["sessions"].as_array().unwrap().iter().map(|it| (text(&it["username"]), text(&it["id"]))).collect()
    };
    let names = |sessions: &[(String, String)]| sessions.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&sessions(&crew.ada, "").await), ["zoe", "cyd", "max", "bea", "bob", "ada"]);
    assert_eq!(names(&sessions(&crew.bob, "").await), ["cyd", "max", "bea", "bob", "ada"]);
    let theirs = sessions(&crew.bob, &format!("user_id={}", crew.cyd.id)).await;
    assert_eq!(names(&theirs), ["cyd"]);
    let end = async |who: &Somebody, id: &str| {
        crew.place.send("DELETE", &format!("/api/v1/admin/sessions/{id}"), Some(who), Value::Null).await.status.as_u16()
    };
    let of = async |whom: &Somebody| sessions(&crew.ada, &format!("user_id={}", whom.id)).await.remove(0).1;
    assert_eq!(end(&crew.cyd, &theirs[0].1).await, 403);
    assert_eq!(end(&crew.bob, &of(&crew.bea).await).await, 403, "an equal");
    assert_eq!(end(&crew.bob, &of(&zoe).await).await, 404, "of another workspace");
    assert_eq!(end(&crew.bob, &theirs[0].1).await, 204);
    assert!(!crew.is_in(&crew.cyd).await);
    assert_eq!(end(&crew.bob, &theirs[0].1).await, 404, "it has ended");
    assert_eq!(end(&crew.ada, &of(&zoe).await).await, 204);
    assert!(!crew.is_in(&zoe).await);
    let first = crew.place.json("GET", "/api/v1/admin/sessions?limit=2", &crew.ada, Value::Null).await;
    let before = first["next"].as_str().unwrap();
    assert_eq!(names(&sessions(&crew.ada, &format!("limit=2&before={before}")).await), ["bob", "ada"]);
}
