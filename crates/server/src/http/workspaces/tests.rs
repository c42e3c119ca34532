use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    access::Role,
    app::SharedApp,
    db::testing::{TestDb, on_both},
    store::{Scope, testing::count},
    testing::{
        people::{Somebody, Team},
        serving::Serving,
    },
};

/// A workspace that ada made, with its path.
async fn made(place: &Team, ada: &Somebody, name: &str) -> String {
    let made = place.json("POST", "/api/v1/workspaces", ada, json!({ "name": name })).await;
    format!("/api/v1/workspaces/{}", made["id"].as_str().unwrap())
}

/// Somebody new, by an invitation into the workspace that the inviter is in.
async fn invited(place: &Team, inviter: &Somebody, name: &str, role: &str) -> Somebody {
    let link = place.json("POST", "/api/v1/invitations", inviter, json!({ "role": role })).await;
    place.register(name, link["token"].as_str().unwrap()).await
}

#[tokio::test]
async fn a_workspace_is_made_named_set_up_and_entered() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let lab = made(&place, &ada, "  The\u{202e} Lab ").await;
    let renamed = place.json("PUT", &lab, &ada, json!({ "name": "Lab 7" })).await;
    assert_eq!(renamed["name"], "Lab 7");
    let settings = json!({
        "default_sources": ["crossref"], "search_history_retention_days": 30, "invites_from": "manager",
        "limits": { "search": { "rate": 0.5, "burst": 2 } },
    });
    let set = place.json("PUT", &format!("{lab}/settings"), &ada, settings.clone()).await;
    assert_eq!(set["settings"], settings);
    assert_eq!(place.get(&lab, &ada).await.json()["settings"], settings);
    place.search(&ada, json!({ "query": "in the first" })).await;
    let entered = place.json("POST", &format!("{lab}/enter"), &ada, json!({})).await;
    assert_eq!(
        (&entered["role"], format!("/api/v1/workspaces/{}", entered["tenant_id"].as_str().unwrap())),
        (&json!("super_admin"), lab.clone())
    );
    assert_eq!(place.get("/auth/me", &ada).await.json()["tenant_id"], entered["tenant_id"]);
    let history = place.get("/api/v1/history", &ada).await.json();
    assert_eq!(history["entries"], json!([]), "what was asked in another workspace stays there");
    let mine = place.get("/api/v1/workspaces", &ada).await.json();
    let told: Vec<_> =
        mine["workspaces"].as_array().unwrap().iter().map(|one| (&one["name"], &one["is_current"])).collect();
    assert_eq!(told, [(&json!("local"), &json!(false)), (&json!("Lab 7"), &json!(true))]);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_with_their_name() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let lab = format!("{}/settings", made(&place, &ada, "Lab").await);
    for (settings, name) in [
        (json!({ "default_sources": ["altavista"] }), "default_sources"),
        (json!({ "default_sources": ["arxiv"] }), "default_sources"),
        (json!({ "default_sources": ["crossref", "crossref"] }), "default_sources"),
        (json!({ "search_history_retention_days": 366 }), "search_history_retention_days"),
        (json!({ "invites_from": "viewer" }), "invites_from"),
        (json!({ "limits": { "search": { "rate": 0.0, "burst": 1 } } }), "limits"),
        (json!({ "limits": { "search": { "rate": 1e-9, "burst": 1 } } }), "limits"),
        (json!({ "limits": { "search": { "rate": 1.0, "burst": 0 } } }), "limits"),
    ] {
        let refused = place.send("PUT", &lab, Some(&ada), settings.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{settings}");
        assert_eq!(refused.json()["details"]["parameter"], name, "{settings}");
    }
    for name in ["", " \u{200b} ", &"x".repeat(101)] {
        let refused = place.send("POST", "/api/v1/workspaces", Some(&ada), json!({ "name": name })).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{name:?}");
    }
}

#[tokio::test]
async fn an_admin_governs_their_workspace_and_no_other_is_there_for_them() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let lab = made(&place, &ada, "Lab").await;
    let first = format!("/api/v1/workspaces/{}", Scope::local().workspace);
    let eve = place.join("eve", Role::Admin).await;
    assert_eq!(place.get(&first, &eve).await.status, StatusCode::OK);
    for (method, path, body) in [
        ("GET", lab.clone(), json!({})),
        ("PUT", lab.clone(), json!({ "name": "mine" })),
        ("PUT", format!("{lab}/settings"), json!({})),
        ("GET", format!("{lab}/members"), json!({})),
        ("PUT", format!("{lab}/members/{}", eve.id), json!({ "role": "admin" })),
        ("DELETE", format!("{lab}/members/{}", ada.id), json!({})),
        ("POST", format!("{lab}/enter"), json!({})),
        ("POST", format!("{lab}/leave"), json!({})),
    ] {
        assert_eq!(place.send(method, &path, Some(&eve), body).await.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    for (method, path) in [("POST", "/api/v1/workspaces"), ("DELETE", first.as_str())] {
        let refused = place.send(method, path, Some(&eve), json!({ "name": "x", "confirm": "local" })).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method}");
    }
    // A token is bound to its workspace, whoever its owner is.
    let wanted = json!({ "name": "t", "permissions": ["tenant:read", "tenant:update"] });
    let made = place.json("POST", "/auth/tokens", &ada, wanted).await;
    let token = Somebody { token: made["token"].as_str().unwrap().to_owned(), ..ada.clone() };
    assert_eq!(place.get(&first, &token).await.status, StatusCode::OK);
    assert_eq!(place.get(&lab, &token).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_makes_somebody_more_than_they_are_nor_changes_who_is_more() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let members = format!("/api/v1/workspaces/{}/members", Scope::local().workspace);
    let mona = place.join("mona", Role::Manager).await;
    let uma = place.join("uma", Role::User).await;
    let adam = place.join("adam", Role::Admin).await;
    let change = async |who: &Somebody, whom: &Somebody, role: &str| {
        place.send("PUT", &format!("{members}/{}", whom.id), Some(who), json!({ "role": role })).await.status
    };
    assert_eq!(change(&mona, &uma, "admin").await, StatusCode::FORBIDDEN);
    assert_eq!(change(&mona, &mona, "admin").await, StatusCode::FORBIDDEN, "not even themselves");
    assert_eq!(change(&mona, &adam, "viewer").await, StatusCode::FORBIDDEN);
    assert_eq!(change(&adam, &ada, "viewer").await, StatusCode::FORBIDDEN, "who operates the installation");
    assert_eq!(change(&adam, &uma, "super_admin").await, StatusCode::FORBIDDEN);
    assert_eq!(change(&uma, &mona, "viewer").await, StatusCode::FORBIDDEN);
    assert_eq!(change(&mona, &uma, "manager").await, StatusCode::OK);
    let out = place.send("DELETE", &format!("{members}/{}", adam.id), Some(&mona), json!({})).await;
    assert_eq!(out.status, StatusCode::FORBIDDEN);
    let page = place.json("GET", &format!("{members}?limit=2"), &uma, json!({})).await;
    let next = page["next"].as_str().unwrap();
    let rest = place.json("GET", &format!("{members}?limit=2&after={next}"), &uma, json!({})).await;
    let roles =
        |page: &Value| page["members"].as_array().unwrap().iter().map(|one| one["role"].clone()).collect::<Vec<_>>();
    let mut told = [roles(&page), roles(&rest)].concat();
    told.sort_by_key(ToString::to_string);
    assert_eq!(told, ["admin", "manager", "manager", "super_admin"]);
    let log = place.get("/api/v1/admin/audit?action=member.role_changed", &ada).await.json();
    assert_eq!(
        log["entries"][0]["details"],
        json!({ "workspace": Scope::local().workspace, "from": "user", "to": "manager" })
    );
}

#[tokio::test]
async fn whoever_is_taken_out_is_out_at_once_with_sockets_tokens_and_invitations() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let eve = place.join("eve", Role::Admin).await;
    let wanted = json!({ "name": "t", "permissions": ["search:read"] });
    let token = place.json("POST", "/auth/tokens", &eve, wanted).await["token"].as_str().unwrap().to_owned();
    let token = Somebody { token, ..eve.clone() };
    let link = place.json("POST", "/api/v1/invitations", &eve, json!({ "role": "admin" })).await;
    let serving = Serving::of(SharedApp::clone(&place.app)).await;
    let shown = format!("Bearer {}", eve.token);
    let mut socket = serving.socket_with(&[("authorization", &shown)]).await.unwrap();
    socket.send(json!({ "type": "ping", "data": {} })).await;
    socket.next_of("pong").await;
    let path = format!("/api/v1/workspaces/{}/members/{}", Scope::local().workspace, eve.id);
    place.json("DELETE", &path, &ada, json!({})).await;
    assert_eq!(socket.end().await, Some((1008, "the session is over".to_owned())));
    assert_eq!(place.get("/api/v1/history", &eve).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(place.get("/api/v1/history", &token).await.status, StatusCode::UNAUTHORIZED);
    let body = json!({ "token": link["token"], "username": "eve2", "password": crate::testing::place::PASSWORD });
    assert_eq!(place.send("POST", "/auth/register", None, body).await.status, StatusCode::GONE);
    assert_eq!(place.send("DELETE", &path, Some(&ada), json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(place.login("eve").await.status, StatusCode::FORBIDDEN, "in no workspace any more");
    serving.stop().await;
}

#[tokio::test]
async fn a_workspace_keeps_an_admin() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let first = format!("/api/v1/workspaces/{}", Scope::local().workspace);
    for (method, path, body) in [
        ("POST", format!("{first}/leave"), json!({})),
        ("DELETE", format!("{first}/members/{}", ada.id), json!({})),
        ("PUT", format!("{first}/members/{}", ada.id), json!({ "role": "user" })),
    ] {
        assert_eq!(place.send(method, &path, Some(&ada), body).await.status, StatusCode::CONFLICT, "{method} {path}");
    }
    let eve = place.join("eve", Role::Admin).await;
    place.json("POST", &format!("{first}/leave"), &eve, json!({})).await;
    assert_eq!(place.get("/api/v1/history", &eve).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_has_an_account_joins_another_workspace_with_it() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let uma = place.join("uma", Role::Viewer).await;
    let lab = made(&place, &ada, "Lab").await;
    place.json("POST", &format!("{lab}/enter"), &ada, json!({})).await;
    let link = place.json("POST", "/api/v1/invitations", &ada, json!({ "role": "manager" })).await;
    let accept = async |who: &Somebody| {
        place.send("POST", "/api/v1/invitations/accept", Some(who), json!({ "token": link["token"] })).await
    };
    assert_eq!(accept(&ada).await.status, StatusCode::CONFLICT, "a member already, and the link stays good");
    let joined = accept(&uma).await;
    assert_eq!((joined.status, joined.json()["name"].clone()), (StatusCode::OK, json!("Lab")));
    assert_eq!(accept(&uma).await.status, StatusCode::GONE);
    assert_eq!(place.get("/auth/me", &uma).await.json()["role"], "viewer", "not there yet");
    let entered = place.json("POST", &format!("{lab}/enter"), &uma, json!({})).await;
    assert_eq!(entered["role"], "manager");
    assert_eq!(place.get(&format!("{lab}/members"), &uma).await.status, StatusCode::OK);
    let nothing = place.send("POST", "/api/v1/invitations/accept", Some(&uma), json!({ "token": "pake_li_x" })).await;
    assert_eq!(nothing.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_workspace_says_who_may_invite() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let mona = place.join("mona", Role::Manager).await;
    let settings = format!("/api/v1/workspaces/{}/settings", Scope::local().workspace);
    let invite = async |who: &Somebody| {
        place.send("POST", "/api/v1/invitations", Some(who), json!({ "role": "user" })).await.status
    };
    assert_eq!(invite(&mona).await, StatusCode::FORBIDDEN);
    place.json("PUT", &settings, &ada, json!({ "invites_from": "manager" })).await;
    assert_eq!(invite(&mona).await, StatusCode::CREATED, "with the session that they have");
    let above = place.send("POST", "/api/v1/invitations", Some(&mona), json!({ "role": "admin" })).await;
    assert_eq!(above.status, StatusCode::FORBIDDEN);
    let adam = place.join("adam", Role::Admin).await;
    let refused = place.send("PUT", &settings, Some(&adam), json!({ "invites_from": "super_admin" })).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    place.json("PUT", &settings, &ada, json!({ "invites_from": "super_admin" })).await;
    assert_eq!((invite(&adam).await, invite(&ada).await), (StatusCode::FORBIDDEN, StatusCode::CREATED));
}

#[tokio::test]
async fn a_workspace_limits_its_people_and_never_gives_more_than_the_operator() {
    let place = Team::with(|config| (config.limits.read_rate, config.limits.read_burst) = (1.0, 5)).await;
    let ada = place.set_up().await;
    let lab = made(&place, &ada, "Lab").await;
    let settings = format!("/api/v1/workspaces/{}/settings", Scope::local().workspace);
    let policy = async || place.get("/api/v1/history", &ada).await.header("ratelimit-policy").to_owned();
    assert_eq!(policy().await, "\"read\";q=5;w=5");
    place.json("PUT", &settings, &ada, json!({ "limits": { "read": { "rate": 0.01, "burst": 2 } } })).await;
    assert_eq!(policy().await, "\"read\";q=2;w=200");
    assert_eq!(place.get("/api/v1/history", &ada).await.status, StatusCode::OK);
    assert_eq!(place.get("/api/v1/history", &ada).await.status, StatusCode::TOO_MANY_REQUESTS);
    place.json("POST", &format!("{lab}/enter"), &ada, json!({})).await;
    assert_eq!(place.get("/api/v1/history", &ada).await.status, StatusCode::OK, "another workspace, another limit");
    let lab = format!("{lab}/settings");
    place.json("PUT", &lab, &ada, json!({ "limits": { "read": { "rate": 1000.0, "burst": 10_000 } } })).await;
    assert_eq!(policy().await, "\"read\";q=5;w=5", "the operator's is the most");
}

on_both! {
    async fn a_deleted_workspace_leaves_no_row(db: TestDb) {
        let place = Team::on(db.again().await, |_| {}).await;
        let ada = place.set_up().await;
        let tables = ["workspaces", "members", "sessions", "api_tokens", "invitations", "searches", "queries", "answers", "tags", "splits"];
        let mut before = Vec::new();
        for table in tables {
            before.push((table, count(&db, table).await));
        }
        let lab = made(&place, &ada, "Lab").await;
        place.json("POST", &format!("{lab}/enter"), &ada, json!({})).await;
        let uma = invited(&place, &ada, "uma", "user").await;
        let found = place.search(&uma, json!({ "query": "lamps" })).await;
        let history = format!("/api/v1/history/{}", found["id"].as_str().unwrap());
        place.json("PUT", &format!("{history}/tags"), &uma, json!({ "tags": ["bright"] })).await;
        place.json("POST", "/auth/tokens", &uma, json!({ "name": "t", "permissions": ["search:read"] })).await;
        place.json("POST", "/api/v1/invitations", &ada, json!({ "role": "user" })).await;
        let wrong = place.send("DELETE", &lab, Some(&ada), json!({ "confirm": "lab" })).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
        place.json("DELETE", &lab, &ada, json!({ "confirm": "Lab" })).await;
        assert_eq!(place.get("/api/v1/history", &uma).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(place.get("/api/v1/history", &ada).await.status, StatusCode::UNAUTHORIZED, "that session was there");
        for (table, rows) in before {
            // The session in which ada went there is gone with it.
            let gone = i64::from(table == "sessions");
            assert_eq!(count(&db, table).await, rows - gone, "{table}");
        }
        let ada = Somebody::of(&place.login("ada").await.json());
        let first = format!("/api/v1/workspaces/{}", Scope::local().workspace);
        let stays = place.send("DELETE", &first, Some(&ada), json!({ "confirm": "local" })).await;
        assert_eq!(stays.status, StatusCode::CONFLICT);
    }

    async fn two_admins_who_take_each_others_role_at_once_leave_one(db: TestDb) {
        let place = Team::on(db.again().await, |_| {}).await;
        let ada = place.set_up().await;
        let lab = made(&place, &ada, "Lab").await;
        place.json("POST", &format!("{lab}/enter"), &ada, json!({})).await;
        let one = invited(&place, &ada, "one", "admin").await;
        let other = invited(&place, &ada, "other", "admin").await;
        place.json("POST", &format!("{lab}/leave"), &ada, json!({})).await;
        let demote = async |who: &Somebody, whom: &Somebody| {
            place.send("PUT", &format!("{lab}/members/{}", whom.id), Some(who), json!({ "role": "viewer" })).await.status
        };
        let (first, second) = tokio::join!(demote(&one, &other), demote(&other, &one));
        let made = [first, second].into_iter().filter(|status| *status == StatusCode::OK).count();
        assert_eq!(made, 1, "{first} {second}");
        let workspace = lab.rsplit('/').next().unwrap().parse().unwrap();
        let left = crate::store::members::list(&db, workspace, None, 10).await.unwrap();
        assert_eq!(left.iter().filter(|member| member.role == "admin").count(), 1);
    }
}
