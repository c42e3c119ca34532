//! `pake health`: what the health check of a container sees.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::net::UnixListener,
    thread,
};

use serde_json::Value;

use super::{alone, done, refused};
use e2e::patience::eventually;

#[test]
fn a_server_that_takes_requests_is_healthy() {
    let pake = alone();
    let server = pake.serve().unwrap();
    assert_eq!(done(&pake, &["health", "--listen", server.address()]), format!("{} is ready\n", server.address()));
    let said = done(&pake, &["health", "--server", &server.url(), "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["ready"], &said["at"]), (&Value::Bool(true), &Value::from(server.url())));
    assert!(said["took_ms"].as_f64().unwrap() > 0.0 && said["reason"].is_null(), "{said}");
}

#[test]
fn a_server_at_a_socket_is_found_by_the_settings_that_it_has_itself() {
    let pake = alone();
    let socket = format!("unix:{}", pake.folder().join("blue.sock").display());
    let pake = pake.with("PAKE_SERVER__LISTEN", &socket);
    assert!(refused(&pake, 1, &["health"]).contains("is `pake serve` running there?"));
    let running = pake.start(&["serve"]).unwrap();
    eventually("it is ready", || pake.run(&["health"]).ok().filter(|run| run.status == 0)).unwrap();
    // By another name, as a proxy reaches it through the link that says who is live.
    std::os::unix::fs::symlink("blue.sock", pake.folder().join("active.sock")).unwrap();
    let active = format!("unix:{}", pake.folder().join("active.sock").display());
    assert!(done(&pake, &["health", "--listen", &active]).ends_with("active.sock is ready\n"));
    running.interrupt().unwrap();
    assert_eq!(running.finish().unwrap().status, 0);
    assert!(refused(&pake, 1, &["health"]).contains("is not ready"));
}

#[test]
fn what_does_not_answer_or_is_something_else_is_not_healthy() {
    let pake = alone();
    let silent = UnixListener::bind(pake.folder().join("silent.sock")).unwrap();
    let path = format!("unix:{}", pake.folder().join("silent.sock").display());
    let said = refused(&pake, 1, &["health", "--listen", &path, "--timeout", "0.2"]);
    assert!(said.contains("does not answer in time"), "{said}");
    drop(silent);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in other.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
        }
    });
    let run = pake.run(&["health", "--listen", &address, "--json"]).unwrap();
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("not PAKE's (HTTP 200)") && run.stdout.contains("\"ready\":false"), "{run}");
}

#[test]
fn a_server_that_ends_tls_itself_is_asked_over_tls_whatever_name_its_certificate_has() {
    let pake = alone();
    let made = rcgen::generate_simple_self_signed(["pake.example.org".to_owned()]).unwrap();
    for (name, content) in [("own.pem", made.cert.pem()), ("own.key", made.signing_key.serialize_pem())] {
        std::fs::write(pake.folder().join(name), content).unwrap();
    }
    let pake = pake.with("PAKE_TLS__CERTIFICATE_FILE", "own.pem").with("PAKE_TLS__KEY_FILE", "own.key");
    let server = pake.serve().unwrap();
    assert!(done(&pake, &["health", "--listen", server.address()]).ends_with(" is ready\n"));
    let from_elsewhere = format!("https://{}", server.address());
    assert!(refused(&pake, 1, &["health", "--server", &from_elsewhere]).contains("certificate"));
}

#[test]
fn what_is_asked_wrongly_is_refused_with_what_to_do() {
    let pake = alone();
    assert!(refused(&pake, 1, &["health", "--timeout", "NaN"]).contains("give 0.1 to 60 seconds"));
    assert!(refused(&pake, 1, &["health", "--listen", "127.0.0.1:0"]).contains("--listen which one it took"));
    assert!(refused(&pake, 1, &["health", "--listen", "nowhere"]).contains("unix:/path/to/socket"));
    assert!(refused(&pake, 1, &["health", "--server", "ftp://localhost"]).contains("https://pake.example.org"));
}
