//! Bodies that are cut, packed, endless or large.

use super::*;

#[tokio::test]
async fn a_body_that_drips_is_cut_at_the_deadline() {
    let head = head(200, &[("content-length", "100000")]);
    let drip = Act::Stream(head, b"x".to_vec(), 100_000, Duration::from_millis(3));
    let server = Server::start(move |_, _| drip.clone()).await;
    let deadline = Instant::now() + Duration::from_millis(60);
    let result = fetcher(quick()).fetch(SOURCE, &Call::get(server.url("/")), deadline, |_| Ok(())).await;
    assert!(matches!(result, Err(SourceError::Timeout { .. })), "{result:?}");
}

#[tokio::test]
async fn a_body_that_is_cut_is_asked_for_again() {
    let server = Server::start(|number, _| if number < 2 { cut() } else { answer(200, &[], "whole") }).await;
    assert_eq!(get(&fetcher(quick()), server.url("/")).await.unwrap(), "whole");
    let server = Server::start(|_, _| cut()).await;
    let result = get(&fetcher(quick()), server.url("/")).await;
    assert!(matches!(result, Err(SourceError::Network { .. })), "{result:?}");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_a_network_error() {
    for nothing in [&b""[..], b"\0\0garbage\r\n\r\n", b"HTTP/1.1 200"] {
        let server = Server::start(move |_, _| Act::Close(nothing.to_vec())).await;
        let result = get(&fetcher(quick()), server.url("/")).await;
        assert!(matches!(result, Err(SourceError::Network { .. })), "{result:?}");
        assert_eq!(server.count(), 3);
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn gzip_is_unpacked_and_truncated_gzip_is_an_error() {
    let packed = gzip("many words, ".repeat(10_000).as_bytes());
    let length = packed.len();
    let server = Server::start(move |_, request| {
        let body = if request.starts_with("GET /whole") { &packed[..] } else { &packed[..length / 2] };
        answer(200, &[("content-encoding", "gzip")], body)
    })
    .await;
    let fetcher = fetcher(quick());
    assert_eq!(get(&fetcher, server.url("/whole")).await.unwrap().len(), 120_000);
    let result = get(&fetcher, server.url("/half")).await;
    assert!(matches!(result, Err(SourceError::Malformed { .. })), "{result:?}");
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn a_bomb_is_dropped_when_it_passes_the_limit() {
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 1 << 20);
    let server = Server::start(move |_, _| answer(200, &[("content-encoding", "gzip")], &bomb)).await;
    let result = get(&fetcher(quick()), server.url("/")).await;
    assert_eq!(result, Err(SourceError::TooLarge { limit_bytes: 6 << 20 }));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_body_that_declares_itself_too_large_is_not_read() {
    let head = head(200, &[("content-length", "67108864")]);
    let server = Server::start(move |_, _| Act::Stream(head.clone(), vec![b' '; 1 << 16], 1024, Duration::ZERO)).await;
    let result = get(&fetcher(quick()), server.url("/")).await;
    assert_eq!(result, Err(SourceError::TooLarge { limit_bytes: 6 << 20 }));
    // What sockets hold on both sides.
    assert!(server.sent() < 16 << 20, "{}", server.sent());
}

#[tokio::test]
async fn an_endless_body_is_read_no_further_than_the_limit() {
    let head = head(200, &[("transfer-encoding", "chunked")]);
    let chunk = [&b"10000\r\n"[..], &vec![b' '; 1 << 16], b"\r\n"].concat();
    let server = Server::start(move |_, _| Act::Stream(head.clone(), chunk.clone(), usize::MAX, Duration::ZERO)).await;
    let fetcher = fetcher(quick());
    let result = get(&fetcher, server.url("/")).await;
    assert_eq!(result, Err(SourceError::TooLarge { limit_bytes: 6 << 20 }));
    assert!(server.sent() < 24 << 20, "{}", server.sent());
}

#[tokio::test]
async fn a_large_body_waits_for_its_turn_and_small_ones_do_not() {
    let server = Server::start(|_, request| {
        answer(200, &[], vec![b' '; if request.starts_with("GET /large") { 3_000_000 } else { 10 }])
    })
    .await;
    let wire = Wire::new(HeaderValue::from_static("PAKE"), Guard::new(&[]).unwrap());
    let (large, small) = (Call::get(server.url("/large")), Call::get(server.url("/small")));
    let turns = Semaphore::new(0);
    let mut waiting = Box::pin(wire.exchange(&large, Instant::now(), &turns));
    let others = async {
        server.wait_for(1).await;
        for _ in 0..200 {
            assert_eq!(wire.exchange(&small, Instant::now(), &turns).await.unwrap().body.len(), 10);
        }
    };
    tokio::select! {
        biased;
        _ = &mut waiting => unreachable!("it has no turn yet"),
        () = others => {}
    }
    turns.add_permits(1);
    assert_eq!(waiting.await.unwrap().body.len(), 3_000_000);
    assert_eq!(turns.available_permits(), 1);
}

#[tokio::test]
async fn whoever_stalls_or_drips_keeps_nobody_waiting() {
    for (length, drops) in [("10", 1), ("100000", 100_000)] {
        let drip =
            Act::Stream(head(200, &[("content-length", length)]), b"x".to_vec(), drops, Duration::from_millis(3));
        let server = Server::start(move |_, request| match request {
            request if request.starts_with("GET /slow") => drip.clone(),
            _ => answer(200, &[], "quick"),
        })
        .await;
        let fetcher = fetcher(quick());
        let mut slow = Box::pin(join_all((0..50).map(|_| get(&fetcher, server.url("/slow")))));
        let other = async {
            server.wait_for(50).await;
            let long_before_they_end = Instant::now() + Duration::from_secs(5);
            fetcher.fetch(SOURCE, &Call::get(server.url("/")), long_before_they_end, |reply| Ok(reply.body)).await
        };
        let other = tokio::select! {
            ends = &mut slow => panic!("{ends:?}"),
            other = other => other,
        };
        assert_eq!(other.unwrap(), "quick");
    }
}

#[tokio::test]
async fn a_long_error_page_is_cut_and_no_error_of_its_own() {
    let server = Server::start(|_, _| answer(404, &[], vec![b'x'; 1 << 20])).await;
    let fetcher = fetcher(quick());
    let length =
        fetcher.fetch(SOURCE, &Call::get(server.url("/")), soon(), |reply| Ok(reply.body.len())).await.unwrap();
    assert!(length <= 64 << 10, "{length}");
}
