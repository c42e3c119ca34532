//! People: the first account from the command line, signing in, asking with a token, sockets of whoever has signed in and
//! out.

use e2e::{pake::Pake, serving::Serving, socket::Said, upstream::Upstream};
use serde_json::{Value, json};

use crate::{Stage, stage, text};

/// A server whose only account is `ada`, and her password.
fn with_ada() -> (Upstream, Pake, Serving, String) {
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_PASSWORDS__MEMORY_KIB", "8192");
    let added = pake.run(&["user", "add", "Ada", "--generate"]).unwrap();
    assert_eq!(added.status, 0, "{added}");
    assert!(added.stderr.contains("ada can sign in now, as super_admin"), "{added}");
    let password = added.stdout.trim().to_owned();
    let server = pake.serve().unwrap();
    (upstream, pake, server, password)
}

fn sign_in(server: &Serving, username: &str, password: &str) -> Value {
    let reply = server.post("/auth/login", &json!({ "username": username, "password": password })).unwrap();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

fn bearer(session: &Value) -> String {
    format!("Bearer {}", text(&session["access_token"]))
}

#[test]
fn until_there_is_an_account_nobody_has_to_sign_in_and_from_then_on_everybody_does() {
    let Stage { server, pake, .. } = stage();
    assert_eq!(server.get("/api/v1/history").unwrap().status, 200);
    let added = pake.run(&["user", "add", "ada", "--generate"]).unwrap();
    assert_eq!(added.status, 0, "{added}");
    // A running server looks once a second whether there are accounts.
    e2e::patience::eventually("the door closes", || {
        (server.get("/api/v1/history").unwrap().status == 401).then_some(())
    })
    .unwrap();
    let session = sign_in(&server, "ada", added.stdout.trim());
    let me = server.request("GET", "/auth/me", &[("Authorization", &bearer(&session))], b"").unwrap();
    assert_eq!(me.json()["role"], "super_admin");
}

#[test]
fn a_program_asks_with_a_token_until_it_is_taken_back() {
    let (_upstream, pake, server, password) = with_ada();
    let session = sign_in(&server, "ada", &password);
    let headers = [("Authorization", bearer(&session)), ("Content-Type", "application/json".to_owned())];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let wanted = br#"{"name":"laptop","permissions":["search:read"],"expires_in_days":30}"#;
    let made = server.request("POST", "/api/v1/auth/tokens", &headers, wanted).unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();

    let ask = |pake: &Pake| pake.run(&["search", "lamps", "--server", &server.url()]).unwrap();
    let stranger = ask(&pake);
    assert_eq!(stranger.status, 1, "{stranger}");
    assert!(stranger.stderr.contains("sign in first"), "{stranger}");
    let known = pake.with("PAKE_TOKEN", &text(&made["token"]));
    let answered = ask(&known);
    assert_eq!(answered.status, 0, "{answered}");

    let path = format!("/api/v1/auth/tokens/{}", text(&made["id"]));
    let with_token = [("Authorization", format!("Bearer {}", text(&made["token"])))];
    let with_token: Vec<_> = with_token.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let history = server.request("DELETE", "/api/v1/history", &with_token, b"").unwrap();
    assert_eq!(history.status, 403, "the token only reads");
    assert_eq!(server.request("DELETE", &path, &headers, b"").unwrap().status, 204);
    let over = ask(&known);
    assert_eq!(over.status, 1, "{over}");
    assert!(over.stderr.contains("taken back"), "{over}");
}

#[test]
fn a_socket_says_who_it_is_and_is_closed_when_its_session_ends() {
    let (_upstream, _pake, server, password) = with_ada();
    let session = sign_in(&server, "ada", &password);
    let mut socket = server.socket().unwrap();
    socket.send("search", &json!({ "query": "lamps" })).unwrap();
    let refused = socket.until(|frame| frame["type"] == "error").unwrap();
    assert_eq!(refused.last().unwrap()["data"]["code"], "unauthenticated");
    socket.send("auth", &json!({ "token": session["access_token"] })).unwrap();
    let welcome = socket.until(|frame| frame["type"] == "auth_success").unwrap();
    assert_eq!(welcome.last().unwrap()["data"]["username"], "ada");
    socket.send("search", &json!({ "query": "lamps" })).unwrap();
    socket.until(|frame| frame["type"] == "search_completed").unwrap();

    let headers = [("Authorization", bearer(&session)), ("Content-Type", "application/json".to_owned())];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(server.request("POST", "/auth/logout", &headers, b"{}").unwrap().status, 204);
    match socket.closed().unwrap() {
        Said::Closed(code, reason) => assert_eq!((code, reason.as_str()), (1008, "the session is over")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_socket_with_a_wrong_token_is_closed() {
    let (_upstream, _pake, server, _) = with_ada();
    let mut socket = server.socket().unwrap();
    socket.send("auth", &json!({ "token": "x.y.z" })).unwrap();
    socket.until(|frame| frame["type"] == "auth_failed").unwrap();
    assert!(matches!(socket.closed().unwrap(), Said::Closed(1008, _)));
}

#[test]
fn a_forgotten_password_is_set_anew_by_a_link_from_the_command_line() {
    let (_upstream, pake, server, _) = with_ada();
    let reset = pake.run(&["user", "reset", "ada"]).unwrap();
    assert_eq!(reset.status, 0, "{reset}");
    let secret = reset.stdout.trim().split_once('#').unwrap().1.strip_suffix(",reset").unwrap().to_owned();
    let set = json!({ "token": secret, "new_password": "three unrelated garden words" });
    assert_eq!(server.post("/api/v1/auth/password/reset", &set).unwrap().status, 204);
    assert_eq!(server.post("/api/v1/auth/password/reset", &set).unwrap().status, 410, "a link is good once");
    sign_in(&server, "ada", "three unrelated garden words");
    let unknown = pake.run(&["user", "reset", "nobody"]).unwrap();
    assert_eq!(unknown.status, 1, "{unknown}");
}

#[test]
fn an_account_of_a_name_that_is_taken_or_with_a_bad_password_is_not_made() {
    let (_upstream, pake, _server, _) = with_ada();
    let taken = pake.run(&["user", "add", "ADA", "--generate"]).unwrap();
    assert_eq!((taken.status, taken.stdout.as_str()), (1, ""), "{taken}");
    assert!(taken.stderr.contains("somebody has this name"), "{taken}");
    let silent = pake.run(&["user", "add", "grace"]).unwrap();
    assert!(silent.stderr.contains("--password-stdin"), "{silent}");
    let empty = pake.run(&["user", "add", "grace", "--password-stdin"]).unwrap();
    assert_eq!(empty.status, 1, "{empty}");
    assert!(empty.stderr.contains("password: "), "{empty}");
    let strange = pake.run(&["user", "add", "grace hopper", "--generate"]).unwrap();
    assert!(strange.stderr.contains("username: "), "{strange}");
}

#[test]
fn the_audit_log_is_whole_and_a_database_without_its_key_is_refused() {
    let (_upstream, pake, server, password) = with_ada();
    sign_in(&server, "ada", &password);
    let whole = pake.run(&["audit", "verify"]).unwrap();
    assert_eq!((whole.status, whole.stdout.as_str()), (0, "the audit log is whole: 2 rows\n"), "{whole}");
    drop(server);
    // A new key is made, which opens nothing of what is there.
    std::fs::remove_file(pake.folder().join("data/master.key")).unwrap();
    let other = pake.run(&["audit", "verify"]).unwrap();
    assert_eq!(other.status, 1, "{other}");
    assert!(other.stderr.contains("does not open what is in the database"), "{other}");
}

#[test]
fn a_new_master_key_loses_nothing_and_the_doctor_sees_it() {
    let (_upstream, pake, server, password) = with_ada();
    let session = sign_in(&server, "ada", &password);
    let status = || -> Value {
        let told = pake.run(&["secrets", "status", "--json"]).unwrap();
        serde_json::from_str(&told.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
    };
    let before = status();
    let rotated = pake.run(&["secrets", "rotate"]).unwrap();
    assert_eq!(rotated.status, 0, "{rotated}");
    let after = status();
    assert_ne!(after["key"], before["key"]);
    assert_eq!(after["older_keys"], json!([before["key"]]));
    assert!(after["sealed"].as_array().unwrap().iter().all(|sealed| sealed["outdated"] == 0), "{after}");
    let me = server.request("GET", "/auth/me", &[("Authorization", &bearer(&session))], b"").unwrap();
    assert_eq!(me.status, 200, "whoever was signed in still is");
    let forgotten = pake.run(&["secrets", "rotate", "--forget-older"]).unwrap();
    assert_eq!(forgotten.status, 0, "{forgotten}");
    sign_in(&server, "ada", &password);
    drop(server);
    let healthy = pake.run(&["doctor"]).unwrap();
    assert_eq!(healthy.status, 0, "{healthy}");
    assert!(healthy.stdout.contains("audit log") && healthy.stdout.contains("whole: "), "{healthy}");

    // A key of another installation opens nothing here.
    let stranger = pake.with("PAKE_SECRETS__MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let refused = stranger.run(&["doctor"]).unwrap();
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stdout.contains("does not open what is in the database"), "{refused}");
}
