use http_body_util::BodyExt as _;
use hyper::client::conn;

use super::*;
use crate::{jobs, testing::certificate::Files};

const HTTP1: &[&[u8]] = &[b"http/1.1"];
const HTTP2: &[&[u8]] = &[b"h2", b"http/1.1"];

impl Running {
    fn port(&self) -> u16 {
        let Listen::Tcp(address) = &self.address else { panic!("not a TCP address") };
        address.port()
    }
}

#[tokio::test]
async fn over_tls_answers_tell_browsers_to_stay_with_it() {
    let files = Files::new();
    let server = telling(files.config(config())).await;
    for protocols in [HTTP1, &[]] {
        let mut client = files.connect(server.port(), protocols).await.unwrap();
        client.write_all(WHO).await.unwrap();
        let answer = rest(&mut client).await;
        // What a stranger says of other addresses is not believed here either.
        assert!(answer.ends_with("Some(127.0.0.1) true Some(\"ab\")"), "{answer}");
        assert!(answer.contains("\r\nstrict-transport-security: max-age="), "{answer}");
    }
    assert_eq!(server.stop().await, Drained { cut: 0 });
}

#[tokio::test]
async fn http2_is_spoken_with_whoever_speaks_it_and_ends_as_softly() {
    let files = Files::new();
    let (routes, mut at_gate, gate) = gated();
    let app = app_with(files.config(config())).await;
    let routes = routes.route("/host", get(async |headers: http::HeaderMap| format!("{:?}", headers.get("host"))));
    let server = Running::with(app, routes).await;
    let stream = files.connect(server.port(), HTTP2).await.unwrap();
    let (mut sender, connection) = conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(connection);
    let ask = |path: &str| Request::get(format!("https://localhost{path}")).body(String::new()).unwrap();
    let told = sender.send_request(ask("/host")).await.unwrap();
    let held = tokio::spawn(sender.send_request(ask("/gate")));
    at_gate.recv().await.unwrap();
    let text = async |answer: Response<Incoming>| answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(told.version(), http::Version::HTTP_2);
    assert_eq!(text(told).await, "Some(\"localhost\")", "what HTTP/1 calls the host is where everything looks for it");
    server.shutdown.cancel();
    server.app.lifecycle.stopping().cancelled().await;
    gate.cancel();
    assert_eq!(text(held.await.unwrap().unwrap()).await, "through", "what is under way is finished");
    assert_eq!(server.task.await.unwrap(), Drained { cut: 0 });
    driver.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart_and_connections_live_on() {
    let mut files = Files::new();
    let server = Running::of(app_with(files.config(config())).await).await;
    let mut before = files.connect(server.port(), HTTP1).await.unwrap();
    files.renew();
    assert!(files.connect(server.port(), HTTP1).await.is_err(), "it is not in use yet");
    let job = jobs::TABLE.iter().find(|job| job.name == "renew_certificate").unwrap();
    jobs::run(&server.app, job).await;
    let mut after = files.connect(server.port(), HTTP1).await.unwrap();
    for client in [&mut before, &mut after] {
        client.write_all(LIVE).await.unwrap();
        assert!(rest(client).await.starts_with("HTTP/1.1 204"));
    }
    let scrape = server.app.metrics.render();
    assert!(scrape.contains("\npake_tls_cert_not_after_timestamp_seconds{} 63999936000\n"), "{scrape}");
    server.stop().await;
}

#[tokio::test]
async fn whoever_does_not_speak_tls_is_let_go_and_the_server_goes_on() {
    let files = Files::new();
    let server = Running::of(app_with(files.config(config())).await).await;
    for nonsense in [LIVE, &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"[..], &[0xff; 4096]] {
        let mut client = server.connect().await;
        client.write_all(nonsense).await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/"), "nothing is answered in the clear");
    }
    let mut client = files.connect(server.port(), HTTP1).await.unwrap();
    client.write_all(LIVE).await.unwrap();
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 204"));
    tokio::time::pause();
    let mut silent = server.connect().await;
    let began = tokio::time::Instant::now();
    rest(&mut silent).await;
    // The clock leaps while the kernel connects the two: a background job is waited for every five seconds.
    let took = began.elapsed().as_secs();
    assert!((20..=40).contains(&took), "a handshake has as long as a head, 30 s, and took {took}");
    // The grace of the end is as long as it is: it does not leap while the kernel closes.
    tokio::time::resume();
    assert_eq!(server.stop().await, Drained { cut: 0 });
}

#[tokio::test]
async fn plain_http_beside_it_leads_to_it_and_nowhere_else() {
    let files = Files::new();
    let mut config = files.config(config());
    config.server.base_url = Some("https://pake.example.org/".parse().unwrap());
    // Asked for once more when it is known: port 0 does not tell.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    config.tls.redirect_from = Some(Listen::Tcp(free));
    let server = Running::of(app_with(config).await).await;
    for (asked, expected) in [
        (
            "GET /history?q=a%20b",
            "HTTP/1.1 308 Permanent Redirect\r\nlocation: https://pake.example.org/history?q=a%20b\r\n",
        ),
        (
            "HEAD //evil.example/",
            "HTTP/1.1 308 Permanent Redirect\r\nlocation: https://pake.example.org//evil.example/\r\n",
        ),
        ("POST /api/v1/auth/login", "HTTP/1.1 403 Forbidden\r\n"),
    ] {
        let mut client = TcpStream::connect(free).await.unwrap();
        let head = format!("{asked} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        let answer = rest(&mut client).await;
        assert!(answer.starts_with(expected), "{asked}: {answer}");
    }
    assert_eq!(server.stop().await, Drained { cut: 0 });
    assert!(TcpStream::connect(free).await.is_err());
}
