use std::net::IpAddr;

use axum::{body::Body, extract::Request};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::{
    access::Role,
    client::Peer,
    config::TrustedProxy,
    testing::{
        Answer, ask, get,
        place::{Place, cookie_line, cookies, text},
    },
};

/// The proxy that is trusted.
const PROXY: &str = "10.0.0.1";

async fn place(creates: bool) -> Place {
    let place = Place::with(|config| {
        config.accounts.proxy_header = Some("Remote-User".to_owned());
        config.accounts.proxy_creates_accounts = creates;
        config.accounts.proxy_role = Role::Viewer;
        config.server.trusted_proxies = vec![TrustedProxy::Network(PROXY.parse().unwrap())];
    })
    .await;
    place.set_up().await;
    place
}

async fn from(place: &Place, peer: Option<&str>, names: &[&[u8]]) -> Answer {
    let request = Request::post("/api/v1/auth/proxy").header("content-type", "application/json");
    let mut request = request.body(Body::from(json!({ "session": "cookie" }).to_string())).unwrap();
    for name in names {
        request.headers_mut().append("remote-user", HeaderValue::from_bytes(name).unwrap());
    }
    if let Some(peer) = peer {
        request.extensions_mut().insert(Peer::Ip(peer.parse::<IpAddr>().unwrap()));
    }
    ask(&place.router, request).await
}

#[tokio::test]
async fn whom_a_trusted_proxy_names_is_signed_in() {
    let place = place(false).await;
    let signed_in = from(&place, Some(PROXY), &[b"ADA"]).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.text());
    assert_eq!(text(&signed_in.json()["user_info"], "username"), "ada");
    let line = cookie_line(&cookies(&signed_in));
    assert_eq!(ask(&place.router, get("/auth/me", &[("cookie", &line)])).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_else_says_who_somebody_is() {
    let place = place(true).await;
    for peer in [None, Some("10.0.0.2"), Some("127.0.0.1"), Some("::1"), Some("::ffff:10.0.0.2")] {
        assert_eq!(from(&place, peer, &[b"ada"]).await.status, StatusCode::UNAUTHORIZED, "{peer:?}");
    }
    // What the client adds beside what the proxy says, an empty name, and what is no name at all.
    for names in [&[&b"ada"[..], b"eve"][..], &[], &[b""], &[b" "], &[b"a b"], &[b"\xff\xfe"], &[b"ada, eve"]] {
        assert_eq!(from(&place, Some(PROXY), names).await.status, StatusCode::UNAUTHORIZED, "{names:?}");
    }
    // The header alone opens no other door, from wherever it comes.
    for peer in ["10.0.0.2", PROXY] {
        let mut request = get("/api/v1/history", &[("remote-user", "ada")]);
        request.extensions_mut().insert(Peer::Ip(peer.parse::<IpAddr>().unwrap()));
        assert_eq!(ask(&place.router, request).await.status, StatusCode::UNAUTHORIZED, "{peer}");
    }
}

#[tokio::test]
async fn an_account_is_made_only_where_an_operator_wants_that() {
    let closed = place(false).await;
    assert_eq!(from(&closed, Some(PROXY), &[b"grace"]).await.status, StatusCode::FORBIDDEN);
    let open = place(true).await;
    let first = from(&open, Some(PROXY), &[b"Grace"]).await.json();
    assert_eq!((&first["user_info"]["username"], &first["user_info"]["role"]), (&json!("grace"), &json!("viewer")));
    let again = from(&open, Some(PROXY), &[b"grace"]).await.json();
    assert_eq!(first["user_info"]["user_id"], again["user_info"]["user_id"]);
}

#[tokio::test]
async fn without_the_setting_there_is_no_such_way() {
    let place =
        Place::with(|config| config.server.trusted_proxies = vec![TrustedProxy::Network(PROXY.parse().unwrap())]).await;
    place.set_up().await;
    assert_eq!(from(&place, Some(PROXY), &[b"ada"]).await.status, StatusCode::CONFLICT);
}
