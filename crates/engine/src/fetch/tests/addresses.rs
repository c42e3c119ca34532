//! Where a request may lead.

use super::*;

#[tokio::test]
async fn redirects_at_the_same_host_are_followed() {
    let server = Server::start(|_, request| match request.split(' ').nth(1).unwrap() {
        "/a" => answer(301, &[("location", "/b?x=1")], ""),
        "/b?x=1" => answer(302, &[("location", "c")], ""),
        _ => answer(200, &[], "here"),
    })
    .await;
    let fetcher = fetcher(quick());
    let call = Call {
        headers: vec![(AUTHORIZATION, HeaderValue::from_static("Bearer secret"))],
        ..Call::get(server.url("/a"))
    };
    let url = fetcher.fetch(SOURCE, &call, soon(), |reply| Ok(reply.url)).await.unwrap();
    assert_eq!(url, server.url("/c"));
    assert!(server.requests().iter().all(|request| request.contains("Bearer secret")));
}

#[tokio::test]
async fn a_loop_of_redirects_ends() {
    let server = Server::start(|_, _| answer(302, &[("location", "/again")], "")).await;
    let result = get(&fetcher(once()), server.url("/")).await;
    assert_eq!(result, Err(SourceError::Malformed { message: "redirected more than 5 times".to_owned() }));
    assert_eq!(server.count(), 6);
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    let inner = Server::start(|_, _| answer(200, &[], "secret")).await;
    let port = inner.url("/").port().unwrap();
    for location in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let outer = Server::start(move |_, _| answer(302, &[("location", &location)], "")).await;
        let fetcher = fetcher(quick());
        let result = get(&fetcher, outer.url("/")).await;
        assert!(matches!(result, Err(SourceError::Blocked { .. })), "{result:?}");
        assert_eq!(outer.count(), 1);
        assert_eq!(fetcher.health(SOURCE).state, LaneState::Closed);
    }
    assert_eq!(inner.count(), 0);
}

#[tokio::test]
async fn a_redirect_to_another_host_takes_no_keys_along() {
    let inner = Server::start(|_, _| answer(200, &[], "x")).await;
    let location = inner.url("/moved").to_string();
    let outer = Server::start(move |_, _| answer(307, &[("location", &location)], "")).await;
    let fetcher = fetcher_allowing(quick(), &["127.0.0.1"]);
    let call = Call {
        headers: vec![
            (AUTHORIZATION, HeaderValue::from_static("Bearer secret")),
            (HeaderName::from_static("x-api-key"), HeaderValue::from_static("secret")),
            (IF_NONE_MATCH, HeaderValue::from_static("\"tag\"")),
        ],
        ..Call::get(outer.url("/"))
    };
    assert_eq!(send(&fetcher, &call).await.unwrap(), "x");
    let request = inner.requests().remove(0);
    assert!(request.contains("\"tag\"") && !request.contains("secret"), "{request}");
}

#[tokio::test]
async fn a_users_address_in_a_private_network_is_refused_before_anything_is_sent() {
    let server = Server::start(|_, _| answer(200, &[], "secret")).await;
    let port = server.url("/").port().unwrap();
    let fetcher = fetcher(quick());
    for url in [server.url("/"), Url::parse(&format!("http://localhost:{port}/")).unwrap()] {
        let result = send(&fetcher, &Call { guarded: true, ..Call::get(url) }).await;
        assert!(
            matches!(&result, Err(SourceError::Blocked { message }) if message.contains("allow_networks")),
            "{result:?}"
        );
    }
    assert_eq!(server.connections(), 0);
}
