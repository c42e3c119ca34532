//! Connections: through a proxy, past it, and to names that may not be reached.

use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header::AUTHORIZATION};
use http_body_util::{BodyExt, Full};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::Instant;

use super::{
    super::{Call, client::Client, guard::Guard, wire::Wire},
    server::{Act, Server, answer},
};
use crate::source::SourceError;

fn to(address: &str) -> Request<Full<Bytes>> {
    Request::get(address.parse::<Uri>().unwrap()).body(Full::default()).unwrap()
}

fn through(proxy: &Server) -> Client {
    let address = proxy.url("").to_string().replace("http://", "http://ada:se%20cret@");
    Client::through(Some(Matcher::builder().all(address).no("127.0.0.1").build()), None)
}

/// `ada:se cret`
const PAIR: &str = "Basic YWRhOnNlIGNyZXQ=";

#[tokio::test]
async fn a_proxy_gets_whole_addresses_and_its_password() {
    let proxy = Server::start(|_, _| answer(200, &[], "from there")).await;
    let response = through(&proxy).send(to("http://source.invalid/a?b=c")).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "from there");
    let request = proxy.requests().remove(0);
    assert!(request.starts_with("GET http://source.invalid/a?b=c HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("proxy-authorization: {PAIR}")), "{request}");
}

#[tokio::test]
async fn what_is_secret_goes_through_a_tunnel() {
    let proxy = Server::start(|_, _| Act::Close(b"HTTP/1.1 403 Forbidden\r\n\r\n".to_vec())).await;
    let error = through(&proxy).send(to("https://source.invalid/secret")).await.unwrap_err();
    assert!(error.is_connect(), "{error}");
    let request = proxy.requests().remove(0);
    assert!(request.starts_with("CONNECT source.invalid:443 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("Proxy-Authorization: {PAIR}")) && !request.contains("/secret"), "{request}");
}

#[tokio::test]
async fn what_needs_no_proxy_is_asked_itself() {
    let proxy = Server::start(|_, _| answer(500, &[], "")).await;
    let source = Server::start(|_, _| answer(200, &[], "here")).await;
    let response = through(&proxy).send(to(source.url("/").as_str())).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(source.requests().remove(0).starts_with("GET / HTTP/1.1\r\n"));
    assert_eq!(proxy.count(), 0);
}

#[tokio::test]
async fn the_password_in_an_operators_address_is_sent_as_one() {
    let source = Server::start(|_, _| answer(200, &[], "here")).await;
    let wire = Wire::new(HeaderValue::from_static("PAKE"), Guard::new(&[]).unwrap());
    let mut url = source.url("/");
    url.set_username("ada").unwrap();
    url.set_password(Some("se cret")).unwrap();
    wire.exchange(&Call::get(url), Instant::now(), &tokio::sync::Semaphore::new(1)).await.unwrap();
    let request = source.requests().remove(0);
    assert!(request.contains(&format!("{AUTHORIZATION}: {PAIR}\r\n")) && !request.contains("ada"), "{request}");
}

#[tokio::test]
async fn a_name_of_this_machine_is_not_reached_by_guarded_calls() {
    let server = Server::start(|_, _| answer(200, &[], "")).await;
    let wire = Wire::new(HeaderValue::from_static("PAKE"), Guard::new(&[]).unwrap());
    let mut url = server.url("/");
    url.set_host(Some("localhost")).unwrap();
    let turns = tokio::sync::Semaphore::new(1);
    let guarded = Call { guarded: true, ..Call::get(url.clone()) };
    let trouble = wire.exchange(&guarded, Instant::now(), &turns).await.unwrap_err();
    assert!(
        matches!(&trouble.error, SourceError::Blocked { message } if message.contains("`localhost`")),
        "{trouble:?}"
    );
    assert_eq!(wire.exchange(&Call::get(url), Instant::now(), &turns).await.unwrap().status, 200);
}
