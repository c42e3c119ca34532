use std::path::PathBuf;

use axum::routing::{get, post};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    sync::mpsc,
    task::JoinHandle,
};

use super::*;
use crate::{
    client::Client,
    config::Config,
    http::extract::Json,
    testing::{app, app_with, config},
};

mod tls;

/// A server under way.
struct Running {
    address: Listen,
    app: SharedApp,
    shutdown: CancellationToken,
    task: JoinHandle<Drained>,
}

impl Running {
    async fn with(app: SharedApp, router: Router) -> Self {
        let server = Server::bind(SharedApp::clone(&app)).await.unwrap();
        let address = server.address().clone();
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(server.serve(router, shutdown.clone()));
        Self { address, app, shutdown, task }
    }

    async fn of(app: SharedApp) -> Self {
        let router = crate::http::router(SharedApp::clone(&app));
        Self::with(app, router).await
    }

    async fn connect(&self) -> TcpStream {
        let Listen::Tcp(address) = &self.address else { panic!("not a TCP address") };
        TcpStream::connect(address).await.unwrap()
    }

    async fn stop(self) -> Drained {
        self.shutdown.cancel();
        self.task.await.unwrap()
    }
}

/// What is read until the connection ends.
async fn rest(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

const LIVE: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A route that says when it was reached and answers when it is let go.
fn gated() -> (Router, mpsc::Receiver<()>, CancellationToken) {
    let (reached, at_gate) = mpsc::channel(8);
    let gate = CancellationToken::new();
    let open = gate.clone();
    let handler = async move || {
        reached.send(()).await.unwrap();
        open.cancelled().await;
        "through"
    };
    (Router::new().route("/gate", get(handler)), at_gate, gate)
}

#[tokio::test]
async fn a_request_is_answered_over_a_real_socket() {
    let server = Running::of(app().await).await;
    let mut client = server.connect().await;
    client.write_all(LIVE).await.unwrap();
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 204 No Content\r\n"));
    assert_eq!(server.stop().await, Drained { cut: 0 });
}

#[tokio::test]
async fn what_is_under_way_is_finished_before_the_server_stops() {
    let (router, mut at_gate, gate) = gated();
    let server = Running::with(app().await, router).await;
    let mut client = server.connect().await;
    client.write_all(b"GET /gate HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    at_gate.recv().await.unwrap();
    server.shutdown.cancel();
    server.app.lifecycle.stopping().cancelled().await;
    let Listen::Tcp(address) = server.address else { panic!("not a TCP address") };
    assert!(TcpStream::connect(address).await.is_err(), "a stopping server accepts nothing more");
    gate.cancel();
    // The connection is kept alive no longer: reading ends.
    let answer = rest(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("through"), "{answer}");
    assert_eq!(server.task.await.unwrap(), Drained { cut: 0 });
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_a_stopping_server() {
    let server = Running::of(app().await).await;
    let mut client = server.connect().await;
    client.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    client.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 204");
    assert_eq!(server.stop().await, Drained { cut: 0 });
    rest(&mut client).await;
}

#[tokio::test]
async fn what_outlives_the_grace_is_cut() {
    let (router, mut at_gate, _gate) = gated();
    let server = Running::with(app().await, router).await;
    // Only now: opening the database takes real time.
    tokio::time::pause();
    let mut client = server.connect().await;
    client.write_all(b"GET /gate HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    at_gate.recv().await.unwrap();
    server.app.lifecycle.spawn(std::future::pending::<()>());
    assert_eq!(server.stop().await, Drained { cut: 2 });
    assert_eq!(rest(&mut client).await, "");
}

#[tokio::test]
async fn tasks_that_outlive_their_request_are_waited_for() {
    let server = Running::of(app().await).await;
    let stopping = server.app.lifecycle.stopping().clone();
    let socket = server.app.lifecycle.spawn(async move {
        stopping.cancelled().await;
        "said goodbye"
    });
    assert_eq!(server.stop().await, Drained { cut: 0 });
    assert_eq!(socket.await.unwrap(), "said goodbye");
}

#[tokio::test]
async fn a_client_that_sends_its_head_drop_by_drop_is_cut_off() {
    let server = Running::of(app().await).await;
    tokio::time::pause();
    for head in ["", "G", "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: "] {
        let mut client = server.connect().await;
        client.write_all(head.as_bytes()).await.unwrap();
        // Time moves on by itself while nothing happens: reading ends when the server has had enough.
        let began = tokio::time::Instant::now();
        rest(&mut client).await;
        assert_eq!(began.elapsed().as_secs(), 30, "{head:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_never_takes_its_answer_is_cut_off() {
    const SIZE: usize = 64 << 20;
    let routes = Router::new().route("/large", get(async || vec![b'x'; SIZE]));
    let server = Running::with(app().await, routes).await;
    tokio::time::pause();
    let mut client = server.connect().await;
    client.write_all(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    // Nothing is read until the server gives up; what the kernel holds is all that arrives.
    tokio::time::sleep(std::time::Duration::from_secs(31)).await;
    let mut taken = Vec::new();
    let _ = client.read_to_end(&mut taken).await;
    assert!(taken.len() < SIZE, "{} bytes", taken.len());
    // A clock that stands still goes on whenever the runtime waits, be it for the kernel or for a thread of its own: it would jump
    // over the grace.
    tokio::time::resume();
    assert_eq!(server.stop().await, Drained { cut: 0 });
}

#[tokio::test]
async fn a_head_that_does_not_end_is_refused() {
    let server = Running::of(app().await).await;
    let mut client = server.connect().await;
    client.write_all(b"GET /healthz HTTP/1.1\r\nx-large: ").await.unwrap();
    let flood = vec![b'x'; 1 << 20];
    // The server may close before everything is written.
    let _ = client.write_all(&flood).await;
    let mut answer = [0; 12];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
    server.stop().await;
}

#[tokio::test]
async fn twenty_megabytes_are_answered_with_413_and_not_with_a_broken_connection() {
    let app = app().await;
    let routes = Router::new().route("/echo", post(async |Json(value): Json<serde_json::Value>| Json(value)));
    let server =
        Running::with(SharedApp::clone(&app), crate::http::layered(routes, crate::http::Table::open(), app)).await;
    let mut client = server.connect().await;
    let head = format!(
        "POST /echo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        20 << 20
    );
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&vec![b' '; 20 << 20]).await.unwrap();
    let answer = rest(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n") && answer.contains("body_too_large"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn nonsense_is_answered_and_the_server_goes_on() {
    let server = Running::of(app().await).await;
    for nonsense in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        &[0xff; 4096],
    ] {
        let mut client = server.connect().await;
        client.write_all(nonsense).await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
    }
    let mut client = server.connect().await;
    client.write_all(LIVE).await.unwrap();
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 204"));
    assert_eq!(server.stop().await, Drained { cut: 0 });
}

#[tokio::test]
async fn an_address_in_use_is_told_with_a_remedy() {
    let server = Running::of(app().await).await;
    let mut config = config();
    config.server.listen = server.address.clone();
    let error = Server::bind(app_with(config).await).await.unwrap_err().to_string();
    assert!(error.contains("another process listens there"), "{error}");
    server.stop().await;
}

/// A place for a socket, and the configuration that names it.
fn socket() -> (tempfile::TempDir, PathBuf, Config) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pake.sock");
    let mut config = config();
    config.server.listen = Listen::Unix(path.clone());
    (directory, path, config)
}

#[tokio::test]
async fn a_socket_in_the_file_system_is_served_and_removed_at_the_end() {
    use std::os::unix::fs::PermissionsExt;

    let (_directory, path, config) = socket();
    let server = Running::of(app_with(config).await).await;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let mut client = UnixStream::connect(&path).await.unwrap();
    client.write_all(LIVE).await.unwrap();
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 204"));
    server.stop().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn a_socket_is_taken_over_from_the_dead_but_not_from_the_living() {
    let (_directory, path, config) = socket();
    // A listener of the standard library leaves its file behind, as a killed process does.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let server = Running::of(app_with(config.clone()).await).await;
    let error = Server::bind(app_with(config).await).await.unwrap_err().to_string();
    assert!(error.contains("another process listens there"), "{error}");
    let mut client = UnixStream::connect(&path).await.unwrap();
    client.write_all(LIVE).await.unwrap();
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 204"));
    server.stop().await;
}

#[tokio::test]
async fn a_successors_socket_is_left_alone() {
    let (directory, path, config) = socket();
    let server = Running::of(app_with(config).await).await;
    let successor = directory.path().join("next.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&successor).unwrap();
    std::fs::rename(&successor, &path).unwrap();
    server.stop().await;
    assert!(path.exists());
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_not_touched() {
    let (_directory, path, config) = socket();
    std::fs::write(&path, "precious").unwrap();
    assert!(Server::bind(app_with(config).await).await.is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}

/// A server that answers with whoever asks.
async fn telling(config: Config) -> Running {
    let app = app_with(config).await;
    let who = async |client: Client| format!("{:?} {} {:?}", client.ip, client.is_https, client.user_agent);
    let routes = Router::new().route("/who", get(who));
    Running::with(SharedApp::clone(&app), crate::http::layered(routes, crate::http::Table::open(), app)).await
}

const WHO: &[u8] = b"GET /who HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nuser-agent: a\tb\r\n\
    x-forwarded-for: 203.0.113.7\r\nx-forwarded-proto: https\r\n\r\n";

#[tokio::test]
async fn whoever_connects_is_who_asks_unless_it_is_a_trusted_proxy() {
    for (proxies, told) in [
        (vec![], "Some(127.0.0.1) false Some(\"ab\")"),
        (vec!["192.0.2.0/24", "unix"], "Some(127.0.0.1) false Some(\"ab\")"),
        (vec!["192.0.2.0/24", "127.0.0.0/8"], "Some(203.0.113.7) true Some(\"ab\")"),
    ] {
        let mut config = config();
        config.server.trusted_proxies = serde_json::from_value(serde_json::json!(proxies)).unwrap();
        let server = telling(config).await;
        let mut client = server.connect().await;
        client.write_all(WHO).await.unwrap();
        let answer = rest(&mut client).await;
        assert!(answer.ends_with(told), "{proxies:?}: {answer}");
        server.stop().await;
    }
}

#[tokio::test]
async fn over_a_socket_in_the_file_system_nobody_has_an_address_but_whom_a_trusted_proxy_names() {
    for (proxies, told) in [(vec![], "None false Some(\"ab\")"), (vec!["unix"], "Some(203.0.113.7) true Some(\"ab\")")]
    {
        let (_directory, path, mut config) = socket();
        config.server.trusted_proxies = serde_json::from_value(serde_json::json!(proxies)).unwrap();
        let server = telling(config).await;
        let mut client = UnixStream::connect(&path).await.unwrap();
        client.write_all(WHO).await.unwrap();
        let answer = rest(&mut client).await;
        assert!(answer.ends_with(told), "{proxies:?}: {answer}");
        server.stop().await;
    }
}

#[tokio::test]
async fn build_checks_the_configuration_and_makes_the_data_directory() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config();
    config.server.data_dir = directory.path().join("deep/data");
    let clock: engine::clock::SharedClock = std::sync::Arc::new(engine::clock::SystemClock);
    let server = crate::build(config.clone(), std::sync::Arc::clone(&clock)).await.unwrap();
    assert!(directory.path().join("deep/data").is_dir());
    assert!(matches!(server.address(), Listen::Tcp(address) if address.port() != 0));
    config.server.body_limit = 0;
    assert!(matches!(crate::build(config, clock).await, Err(StartError::Config(_))));
}
