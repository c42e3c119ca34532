//! Starting, stopping, and what stands in the way of it.

use std::{fs, net::TcpListener, path::Path, thread};

use e2e::{pake::Pake, patience::eventually, process::Finished, serving::Serving, socket::Said, upstream::Upstream};
use serde_json::json;

use crate::{Stage, list, stage, text};

/// Runs `pake serve`, which must refuse to.
#[track_caller]
fn refused(pake: &Pake, arguments: &[&str]) -> Finished {
    let finished = pake.run(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat()).unwrap();
    assert_eq!(finished.status, 1, "{finished}");
    assert!(finished.stderr.starts_with("error: ") && finished.stderr.lines().count() < 4, "{finished}");
    assert!(!finished.stderr.contains("panicked"), "{finished}");
    finished
}

/// A folder with the database of a server that has lived: one search is in it.
fn lived(upstream: &Upstream) -> (Pake, String) {
    let pake = Pake::asking(upstream).unwrap();
    let server = pake.serve().unwrap();
    let id = text(&server.answer("lamps").unwrap()["id"]);
    server.stop().unwrap();
    (pake, id)
}

fn database(pake: &Pake) -> std::path::PathBuf {
    pake.folder().join("data/pake.db")
}

#[test]
fn a_search_under_way_is_finished_before_the_server_ends() {
    let Stage { mut server, upstream, pake } = stage();
    upstream.hold("crossref");
    let mut socket = server.socket().unwrap();
    socket.send("search", &json!({"query": "lamps", "sources": ["arxiv", "crossref"]})).unwrap();
    let id = text(&socket.next_frame().unwrap()["search_id"]);
    upstream.await_requests("crossref", 1).unwrap();
    let (address, question) =
        (server.address().to_owned(), json!({"query": "lamps", "sources": ["arxiv", "crossref"]}));
    let waiting = thread::spawn(move || {
        let headers = [("Content-Type", "application/json"), ("Prefer", "wait=60")];
        e2e::http::send(&address, "POST", "/api/v1/searches", &headers, question.to_string().as_bytes()).unwrap()
    });
    eventually("the question is there", || server.metric("http_server_active_requests ").unwrap().filter(|n| *n >= 2))
        .unwrap();

    server.signal("TERM").unwrap();
    let frames = socket.until(|frame| frame["type"] == "reconnect").unwrap();
    let after = frames.last().unwrap()["data"]["after_ms"].as_u64().unwrap();
    assert!(after < 2_000, "they do not all come back at once: {after}");
    assert!(matches!(socket.closed().unwrap(), Said::Closed(1012, _)));
    upstream.release("crossref");
    let reply = waiting.join().unwrap();
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("completed")), "{reply:?}");
    assert_eq!(server.ended().unwrap().code(), Some(0), "{:?}", server.log());

    let server = pake.serve().unwrap();
    let answer = server.get(&format!("/api/v1/searches/{id}")).unwrap();
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("completed")), "the search of the socket too");
}

#[test]
fn a_stopping_server_takes_no_new_connection() {
    let Stage { mut server, upstream, .. } = stage();
    upstream.hold("crossref");
    let id = server.begin(&json!({"query": "lamps", "sources": ["crossref"]})).unwrap();
    upstream.await_requests("crossref", 1).unwrap();
    server.signal("TERM").unwrap();
    eventually("nobody listens", || server.get("/health/ready").is_err().then_some(())).unwrap();
    upstream.release("crossref");
    assert_eq!(server.ended().unwrap().code(), Some(0), "{id}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let Stage { mut server, upstream, .. } = stage();
    upstream.hold("crossref");
    server.begin(&json!({"query": "lamps", "sources": ["crossref"]})).unwrap();
    upstream.await_requests("crossref", 1).unwrap();
    server.signal("INT").unwrap();
    eventually("nobody listens", || server.get("/health/live").is_err().then_some(())).unwrap();
    server.signal("INT").unwrap();
    assert_eq!(server.ended().unwrap().code(), Some(1));
}

#[test]
fn a_search_that_is_in_the_history_outlives_a_kill() {
    let Stage { mut server, pake, .. } = stage();
    let witness = pake.serve().unwrap();
    let id = text(&server.answer("lamps").unwrap()["id"]);
    let path = format!("/api/v1/searches/{id}/record");
    // Another process sees what has been committed.
    let before = eventually("it is in the history", || Some(witness.get(&path).unwrap()).filter(|it| it.status == 200));
    server.signal("KILL").unwrap();
    assert_eq!(server.ended().unwrap().code(), None);
    drop(witness);
    let server = pake.serve().unwrap();
    let found = server.get(&path).unwrap();
    assert_eq!((found.status, found.json()), (200, before.unwrap().json()));
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = Pake::new().unwrap().run(&["serve", "--listen", &address]).unwrap();
    assert_eq!(finished.status, 1, "{finished}");
    let said = finished.stderr;
    assert!(said.contains(&format!("cannot listen at {address}")) && said.contains("server.listen"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_made_or_written_to_is_named() {
    let pake = Pake::new().unwrap();
    fs::write(pake.folder().join("file"), "not a folder").unwrap();
    for folder in ["file", "file/data", "/proc/pake"] {
        let said = refused(&pake, &["--data-dir", folder]).stderr;
        assert!(said.contains(folder), "{folder}: {said}");
    }
    // Permissions mean nothing to root.
    let closed = pake.folder().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o500)).unwrap();
    if fs::write(closed.join("probe"), "").is_err() {
        let said = refused(&pake, &["--data-dir", "closed"]).stderr;
        assert!(said.contains("closed") && said.contains("ermission denied"), "{said}");
    }
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_as_it_is() {
    let pake = Pake::new().unwrap();
    fs::create_dir(pake.folder().join("data")).unwrap();
    let nonsense = "this is a letter to my aunt, and no database. ".repeat(500);
    fs::write(database(&pake), &nonsense).unwrap();
    let said = refused(&pake, &[]).stderr;
    assert!(said.contains("data/pake.db: the database's file is damaged"), "{said}");
    assert_eq!(fs::read_to_string(database(&pake)).unwrap(), nonsense);
}

#[test]
fn a_database_of_which_half_is_missing_is_told_at_the_start_or_does_not_hurt() {
    let upstream = Upstream::start().unwrap();
    let (pake, _) = lived(&upstream);
    let whole = fs::read(database(&pake)).unwrap();
    for part in [whole.len() / 2, whole.len() / 8 * 7, 4_096, 100] {
        fs::write(database(&pake), &whole[..part]).unwrap();
        for beside in ["pake.db-wal", "pake.db-shm"] {
            // Left behind by a kill only.
            let _ = fs::remove_file(pake.folder().join("data").join(beside));
        }
        let said = refused(&pake, &[]).stderr;
        assert!(
            said.contains("pake.db") && said.contains("malformed") || said.contains("not a database"),
            "{part}: {said}"
        );
    }
}

#[test]
fn an_empty_file_becomes_a_database() {
    let pake = Pake::new().unwrap();
    fs::create_dir(pake.folder().join("data")).unwrap();
    fs::write(database(&pake), "").unwrap();
    let server = pake.serve().unwrap();
    assert_eq!(server.get("/health/ready").unwrap().status, 204);
    server.stop().unwrap();
}

#[test]
fn an_address_that_leads_to_no_database_is_refused() {
    for address in ["sqlite://data/", "postgres://pake:swordfish@127.0.0.1:1/pake", "mysql://root@db/pake", "nonsense"]
    {
        let pake = Pake::new().unwrap().with("PAKE_DATABASE__URL", address);
        let said = refused(&pake, &[]).stderr;
        assert!(said.contains("database.url") || said.contains("PAKE_DATABASE__URL"), "{address}: {said}");
        assert!(!said.contains("swordfish"), "{said}");
    }
}

#[test]
fn it_listens_at_a_socket_in_the_file_system_too() {
    use std::{
        io::{Read as _, Write as _},
        os::unix::net::UnixStream,
    };
    let pake = Pake::new().unwrap();
    let path = pake.folder().join("pake.sock");
    let running = pake.start(&["serve", "--listen", &format!("unix:{}", path.display())]).unwrap();
    let connected = eventually("it listens", || UnixStream::connect(&path).ok()).unwrap();
    let answer = |mut stream: UnixStream| {
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(answer(connected).starts_with("HTTP/1.1 204"));
    running.interrupt().unwrap();
    assert_eq!(running.finish().unwrap().status, 0);
    assert!(!Path::new(&path).exists(), "it takes its socket away");
}

#[test]
fn two_servers_can_share_a_folder() {
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap();
    let [one, other]: [Serving; 2] = [(); 2].map(|()| pake.serve().unwrap());
    let id = text(&one.answer("lamps").unwrap()["id"]);
    let path = format!("/api/v1/searches/{id}");
    let found =
        eventually("the other one finds it", || Some(other.get(&path).unwrap()).filter(|reply| reply.status == 200));
    assert!(list(&found.unwrap().json()["works"]).len() > 5);
    thread::scope(|scope| {
        for server in [&one, &other] {
            scope.spawn(move || {
                for number in 0..20 {
                    server.answer(&format!("lamps {number}")).unwrap();
                }
            });
        }
    });
    for server in [one, other] {
        server.stop().unwrap();
    }
}
