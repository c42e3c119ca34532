//! How long a feed is left alone, and what stands in for it.

use super::*;

#[tokio::test]
async fn a_feed_is_left_alone_for_as_long_as_it_asks_and_then_asked_for_changes() {
    let server = Server::start(|number, request| match number {
        0 => answer(200, &[("etag", "\"one\""), ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")], RSS),
        1 => {
            let request = request.to_lowercase();
            assert!(request.contains("if-none-match: \"one\"\r\n"), "{request}");
            assert!(request.contains("if-modified-since: thu, 01 jan 2026 00:00:00 gmt\r\n"), "{request}");
            answer(304, &[], "")
        }
        _ => answer(200, &[], ARXIV),
    })
    .await;
    let desk = Desk::at(&server, &["/feed"]);
    for (minutes, requests) in [(0, 1), (89, 1), (1, 2), (89, 2)] {
        desk.later(minutes);
        assert_eq!(desk.titles("crispr").await, (vec!["CRISPR lamps: a first look".to_owned()], 0));
        assert_eq!(server.count(), requests);
    }
    desk.later(1);
    assert_eq!(desk.titles("lamps").await.0, ["Lamps that learn", "A cross lamp"], "what is new replaces what was");
    desk.later(29);
    desk.ask("lamps").await.unwrap();
    assert_eq!(server.count(), 3);
    desk.later(1);
    desk.ask("lamps").await.unwrap();
    assert_eq!(server.count(), 4, "without conditions: the last answer gave none");
    assert!(!server.requests()[3].to_lowercase().contains("if-none-match"));
}

#[tokio::test]
async fn what_is_kept_stands_in_for_a_feed_that_fails_and_the_pauses_grow() {
    let server = Server::start(|number, _| match number {
        0 | 3 => xml(ARXIV),
        _ => answer(404, &[], "away"),
    })
    .await;
    let desk = Desk::at(&server, &["/feed"]);
    let good = vec!["Lamps that learn".to_owned(), "A cross lamp".to_owned()];
    assert_eq!(desk.titles("lamps").await, (good.clone(), 0));
    desk.later(30);
    assert_eq!(desk.titles("lamps").await, (good.clone(), 1));
    let warning = desk.ask("lamps").await.unwrap().warnings.remove(0);
    assert!(warning.ends_with("; what is kept is of 2026-03-01 12:00 UTC"), "{warning}");
    assert_eq!(server.count(), 2, "not asked again at once");
    desk.later(1);
    desk.ask("lamps").await.unwrap();
    desk.later(1);
    desk.ask("lamps").await.unwrap();
    assert_eq!(server.count(), 3, "two minutes after the second failure");
    desk.later(1);
    assert_eq!(desk.titles("lamps").await, (good, 0));
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn a_feed_that_is_gone_is_never_asked_again() {
    let server = library().await;
    let desk = Desk::at(&server, &["/gone", "/rss"]);
    for _ in 0..3 {
        assert_eq!(desk.titles("crispr").await, (vec!["CRISPR lamps: a first look".to_owned()], 1));
        desk.later(60 * 24 * 7);
    }
    assert_eq!(server.requests().iter().filter(|request| path(request) == "/gone").count(), 1);
}

#[tokio::test]
async fn a_304_to_what_was_never_fetched_is_no_feed() {
    let server = Server::start(|_, _| answer(304, &[], "")).await;
    let desk = Desk::at(&server, &["/feed"]);
    assert!(desk.ask("lamps").await.is_err());
    desk.later(1);
    assert!(desk.ask("lamps").await.is_err());
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn searches_at_the_same_time_fetch_a_feed_once() {
    let server = library().await;
    let desk = Desk::at(&server, &["/rss"]);
    let (one, two, three) = tokio::join!(desk.titles("crispr"), desk.titles("lamps"), desk.titles("quaggas"));
    assert!(!one.0.is_empty() && !two.0.is_empty() && !three.0.is_empty());
    assert_eq!(server.count(), 1);
}
