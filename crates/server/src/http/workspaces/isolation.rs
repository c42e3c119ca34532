//! Two workspaces, and every route of the document: whoever is in one reaches nothing of the other, whatever they name.
//!
//! A new route with a parameter in its path fails this test until [`addressed`] knows what to put there, and one that takes
//! ids of things in its body belongs into [`body`].

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    access::Role,
    app::SharedApp,
    client::Client,
    http::openapi,
    sessions,
    store::{Scope, accounts},
    testing::{
        Answer, ask,
        people::{Somebody, Team},
        serving::Serving,
    },
};

/// Stands in everything that belongs to the first workspace, and nowhere else.
const MARKER: &str = "zanzibar";

/// What there is in the first workspace.
struct There {
    workspace: Uuid,
    owner: Somebody,
    session: Uuid,
    search: Uuid,
    token: Uuid,
    invitation: Uuid,
    records: [String; 2],
    event: Uuid,
    job: Uuid,
    export: Uuid,
}

/// An id in a JSON document.
fn id(value: &Value) -> Uuid {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no id"))
}

/// Something of everything, with the marker in it.
async fn filled(place: &Team, ada: &Somebody) -> There {
    let workspace = Scope::local().workspace;
    place.json("PUT", &format!("/api/v1/workspaces/{workspace}"), ada, json!({ "name": MARKER })).await;
    let owner = place.join(MARKER, Role::Admin).await;
    let session = id(&place.get("/auth/me", &owner).await.json()["session_id"]);
    let found = place.search(&owner, json!({ "query": MARKER })).await;
    let search = id(&found["id"]);
    place.json("PUT", &format!("/api/v1/history/{search}/tags"), &owner, json!({ "tags": [MARKER] })).await;
    place.json("PUT", &format!("/api/v1/history/{search}/favorite"), &owner, json!({ "is_favorite": true })).await;
    let records = [format!("crossref:10.1/{MARKER}"), format!("crossref:10.2/{MARKER}")];
    let [one, other] = &records;
    let scope = Scope { workspace, user: owner.id };
    crate::store::splits::insert(&place.app.db, scope, one, other, place.app.clock.now()).await.unwrap();
    place.app.splits.changed(scope);
    let wanted = json!({ "name": MARKER, "permissions": ["search:read"] });
    let token = id(&place.json("POST", "/auth/tokens", &owner, wanted).await["id"]);
    let wanted = json!({ "role": "user", "email": format!("{MARKER}@example.com") });
    let invitation = id(&place.json("POST", "/api/v1/invitations", &owner, wanted).await["id"]);
    let events = place.get("/api/v1/admin/security-events?event_type=token_created", &owner).await.json();
    let event = id(&events["events"][0]["id"]);
    let job = crate::queue::NewJob::new("clear_cache", json!({ "about": MARKER })).of(scope);
    let job = crate::queue::enqueue(&place.app, job).await.unwrap();
    let export = id(&place.json("POST", "/api/v1/user/export", &owner, json!({})).await["id"]);
    There { workspace, owner, session, search, token, invitation, records, event, job, export }
}

/// The path of a route with things of the first workspace in the place of its parameters; nothing where the parameters
/// name nothing that belongs to a workspace.
fn addressed(path: &str, there: &There) -> Option<String> {
    let put = |id: Uuid| Some(path.replace("{id}", &id.to_string()));
    let first = path.split('{').next().unwrap_or_default();
    match first.strip_prefix("/api/v1").unwrap_or(first) {
        "/searches/" | "/history/" | "/search/history/" => put(there.search),
        "/auth/sessions/" | "/admin/sessions/" => put(there.session),
        "/auth/tokens/" => put(there.token),
        "/invitations/" => put(there.invitation),
        "/admin/jobs/" => put(there.job),
        "/admin/users/" => put(there.owner.id),
        "/admin/security-events/" => put(there.event),
        "/user/export/" => put(there.export),
        "/workspaces/" => put(there.workspace).map(|path| path.replace("{user}", &there.owner.id.to_string())),
        // Sources, the files of pages and the ways to sign in are everybody's.
        "/sources/" | "/api/docs/" | "/assets/" | "/auth/oidc/" | "/auth/passkeys/" => None,
        _ => panic!("{path}: say in `addressed` what of another workspace its parameters can name"),
    }
}

/// A body that could be understood, with things of the first workspace in it.
fn body(method: &str, path: &str, there: &There) -> Value {
    let [one, other] = &there.records;
    match (method, path.strip_prefix("/api/v1").unwrap_or(path)) {
        ("POST", "/admin/users/{id}/action") => json!({ "action": "deactivate", "reason": "because" }),
        ("POST", "/admin/maintenance") => json!({ "action": "clear_cache" }),
        ("DELETE", "/splits") => json!({ "one": one, "other": other }),
        ("POST", "/searches/{id}/splits") => json!({ "work": "x", "records": [one] }),
        ("POST", "/searches" | "/search" | "/quick") => json!({ "query": "lamps" }),
        ("POST", "/invitations") | ("PUT", "/workspaces/{id}/members/{user}") => json!({ "role": "viewer" }),
        ("POST", "/workspaces") => json!({ "name": "another" }),
        ("PUT", "/workspaces/{id}") => json!({ "name": "theirs" }),
        ("DELETE", "/workspaces/{id}") => json!({ "confirm": MARKER }),
        ("POST", "/auth/tokens") => json!({ "name": "t", "permissions": ["search:read"] }),
        ("PUT" | "POST", favorite) if favorite.ends_with("/favorite") => json!({ "is_favorite": false }),
        ("PUT", "/history/{id}/tags") => json!({ "tags": ["mine"] }),
        _ => json!({}),
    }
}

/// What is asked for beside the path.
fn query(path: &str) -> &'static str {
    match path {
        "/api/v1/searches/{id}/export" => "?format=ris",
        "/api/v1/searches/{id}/record" => "?source=crossref&source_id=1",
        "/api/v1/history/export" => "?format=json",
        "/api/v1/open-access" => "?doi=10.1/1",
        _ => "",
    }
}

/// Every operation of the document.
fn operations() -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        let methods: Vec<_> = item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        methods.into_iter().map(|method| (method, path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

/// Somebody's session, new for each request: some requests end it.
async fn again(place: &Team, who: &Somebody) -> Somebody {
    use secrecy::ExposeSecret as _;
    let account = accounts::by_id(&place.app.db, who.id).await.unwrap().unwrap();
    let issued = sessions::begin(&place.app, &account, "password", false, &Client::default()).await.unwrap();
    Somebody { token: issued.access.expose_secret().to_owned(), ..who.clone() }
}

async fn asked(place: &Team, method: &str, path: &str, who: &Somebody, body: Value) -> Answer {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {}", who.token));
    let body = if method == "GET" { Body::empty() } else { Body::from(body.to_string()) };
    ask(&place.router, request.body(body).unwrap()).await
}

/// Whether an answer tells anything that whoever asked has not said themselves.
fn tells(answer: &Answer, there: &There) -> bool {
    let mut told = format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body));
    for said in &there.records {
        told = told.replace(said, "");
    }
    told.to_lowercase().contains(MARKER)
}

#[tokio::test]
async fn nothing_crosses_from_one_workspace_to_another_whatever_the_route_and_the_role() {
    let place = Team::with(|config| config.limits.enabled = false).await;
    let ada = place.set_up().await;
    let there = filled(&place, &ada).await;
    let here = id(&place.json("POST", "/api/v1/workspaces", &ada, json!({ "name": "here" })).await["id"]);
    place.json("POST", &format!("/api/v1/workspaces/{here}/enter"), &ada, json!({})).await;
    let mut people = Vec::new();
    for role in [Role::Viewer, Role::User, Role::Manager, Role::Admin] {
        let link = place.json("POST", "/api/v1/invitations", &ada, json!({ "role": role })).await;
        people.push((role.name(), place.register(role.name(), link["token"].as_str().unwrap()).await, false));
    }
    let admin = people.last().unwrap().1.clone();
    let permissions = place.get("/auth/me", &admin).await.json()["permissions"].clone();
    let wanted = json!({ "name": "t", "permissions": permissions });
    let made = place.json("POST", "/auth/tokens", &admin, wanted).await;
    let token = Somebody { token: made["token"].as_str().unwrap().to_owned(), ..admin };
    people.push(("a token", token, true));
    let mut reached = BTreeSet::new();
    for (role, who, is_token) in &people {
        for (method, path) in operations() {
            if path == "/metrics" || path == "/ws" {
                continue;
            }
            let who = if *is_token { who.clone() } else { again(&place, who).await };
            let target = path.contains('{').then(|| addressed(&path, &there)).flatten();
            let asks = format!("{}{}", target.as_deref().unwrap_or(&path), query(&path));
            let answer = asked(&place, &method, &asks, &who, body(&method, &path, &there)).await;
            assert!(!tells(&answer, &there), "{role} {method} {path}: {}", String::from_utf8_lossy(&answer.body));
            assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{role} {method} {path}");
            if target.is_some() {
                let refused = [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&answer.status);
                assert!(refused, "{role} {method} {asks}: {} {:?}", answer.status, answer.body);
            } else if answer.status.is_success() {
                reached.insert(path);
            }
        }
    }
    for list in ["/api/v1/history", "/api/v1/splits", "/auth/tokens", "/auth/sessions", "/api/v1/invitations"] {
        assert!(reached.contains(list), "{list} was never seen: {reached:?}");
    }
    untouched(&place, &there).await;
    place.upstream.release();
}

/// What there is in the first workspace is as it was.
async fn untouched(place: &Team, there: &There) {
    let owner = &there.owner;
    let entry = place.get(&format!("/api/v1/history/{}", there.search), owner).await.json();
    assert_eq!((&entry["is_favorite"], &entry["tags"]), (&json!(true), &json!([MARKER])));
    assert_eq!(place.get("/api/v1/splits", owner).await.json()["splits"].as_array().unwrap().len(), 1);
    assert_eq!(place.get("/auth/tokens", owner).await.json()["tokens"][0]["name"], MARKER);
    assert_eq!(id(&place.get("/api/v1/invitations", owner).await.json()["invitations"][0]["id"]), there.invitation);
    let workspace = place.get(&format!("/api/v1/workspaces/{}", there.workspace), owner).await.json();
    assert_eq!(workspace["name"], MARKER);
    let members = place.get(&format!("/api/v1/workspaces/{}/members", there.workspace), owner).await.json();
    assert_eq!(members["members"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_socket_hears_nothing_of_another_workspace() {
    let place = Team::new().await;
    let ada = place.set_up().await;
    let there = filled(&place, &ada).await;
    let here = id(&place.json("POST", "/api/v1/workspaces", &ada, json!({ "name": "here" })).await["id"]);
    place.json("POST", &format!("/api/v1/workspaces/{here}/enter"), &ada, json!({})).await;
    let serving = Serving::of(SharedApp::clone(&place.app)).await;
    let shown = format!("Bearer {}", ada.token);
    let mut socket = serving.socket_with(&[(header::AUTHORIZATION.as_str(), &shown)]).await.unwrap();
    for kind in ["resume", "cancel"] {
        socket.send(json!({ "type": kind, "search_id": there.search, "data": {} })).await;
        assert_eq!(socket.next().await["data"]["code"], "not_found", "{kind}");
    }
    place.search(&there.owner, json!({ "query": format!("{MARKER} again") })).await;
    place.json("DELETE", "/api/v1/history", &there.owner, json!({})).await;
    socket.send(json!({ "type": "ping", "data": {} })).await;
    assert_eq!(socket.next().await["type"], "pong", "and nothing before it");
    serving.stop().await;
}
