//! Clients that stand still in the middle, send what is no HTTP, or come under a foreign name.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
};

use e2e::{patience::PATIENCE, serving::Serving};

use crate::{Stage, stage, stage_with};

/// Sends these bytes and reads until the server closes.
fn exchange(server: &Serving, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn who_stops_in_the_middle_of_a_request_is_let_go() {
    let Stage { server, .. } = stage_with(&[
        ("PAKE_SERVER__IDLE_TIMEOUT", "1"),
        ("PAKE_SEARCH__DEADLINE", "1"),
        ("PAKE_SERVER__REQUEST_TIMEOUT", "2"),
    ]);
    for head in ["", "G", "GET /health HTTP/1.1\r\nHost: loc", "GET /health HTTP/1.1\r\nHost: localhost\r\n"] {
        let answer = exchange(&server, head.as_bytes());
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{head:?}: {answer}");
    }
    let head = "POST /api/v1/searches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let answer = exchange(&server, format!("{head}Connection: close\r\nContent-Length: 100\r\n\r\n{{\"que").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"error\":\"request_timeout\""), "{answer}");
}

#[test]
fn a_body_that_breaks_off_asks_nothing() {
    let Stage { server, upstream, .. } = stage();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = "POST /api/v1/searches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    stream.write_all(format!("{head}Content-Length: 100\r\n\r\n{{\"query\":\"lamps\"}}").as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(upstream.paths().is_empty());
}

#[test]
fn what_is_no_http_is_refused() {
    let Stage { server, .. } = stage();
    for nonsense in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n",
        b"POST /api/v1/searches HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/searches HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let answer = exchange(&server, nonsense);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{nonsense:?}: {answer}");
    }
    assert_eq!(server.get("/health/live").unwrap().status, 204);
}

#[test]
fn a_body_of_two_lengths_hides_no_second_request() {
    let Stage { server, .. } = stage();
    let head = "POST /api/v1/searches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let hidden = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for lengths in
        ["Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 3"]
    {
        let answer = exchange(&server, format!("{head}{lengths}\r\n\r\n0\r\n\r\n{hidden}").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400") && answer.matches("HTTP/1.1").count() == 1, "{answer}");
    }
}

#[test]
fn a_page_that_lets_its_own_name_point_here_is_refused() {
    let Stage { server, .. } = stage();
    let under = |host: &str| {
        exchange(&server, format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
    };
    for foreign in ["evil.example", "localhost.evil.example:8000", "10.0.0.1"] {
        let answer = under(foreign);
        assert!(
            answer.starts_with("HTTP/1.1 403") && answer.contains("\"error\":\"forbidden\""),
            "{foreign}: {answer}"
        );
    }
    for own in ["localhost", "127.0.0.1:8000", "[::1]:8000"] {
        assert!(under(own).starts_with("HTTP/1.1 200"), "{own}");
    }
}
