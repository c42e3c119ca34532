use axum::Router;
use chrono::TimeDelta;
use engine::source::SourceId;
use serde_json::json;

use crate::{
    http::router,
    testing::{
        Answer, app_and_clock, app_with, ask, config, get,
        upstream::{Act, Upstream},
    },
};

const DOI: &str = "10.5555/open";

fn article(status: &str) -> Act {
    let place = json!({
        "url": "https://repository.example.org/1", "url_for_landing_page": "https://repository.example.org/1",
        "url_for_pdf": "https://repository.example.org/1.pdf", "license": "cc-by", "host_type": "repository",
        "version": "acceptedVersion",
    });
    let best = if status == "closed" { json!(null) } else { place };
    Act::Json(json!({
        "doi": DOI, "title": "An open work", "is_oa": status != "closed", "oa_status": status, "best_oa_location": best,
    }))
}

async fn find(router: &Router, doi: &str) -> Answer {
    ask(router, get(&format!("/api/v1/open-access?doi={doi}"), &[])).await
}

#[tokio::test]
async fn the_best_place_to_read_a_work_is_told_with_licence_source_and_time() {
    let upstream = Upstream::start().await;
    upstream.set(SourceId::Unpaywall, article("green"));
    let router = router(app_with(upstream.config(&[SourceId::Unpaywall])).await);
    let answer = find(&router, "https://doi.org/10.5555/OPEN").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "doi": "10.5555/open",
      "fetched_at": "2026-03-01T12:00:00Z",
      "is_open": true,
      "location": {
        "host": "repository (accepted version)",
        "licence": "cc-by",
        "pdf_url": "https://repository.example.org/1.pdf",
        "url": "https://repository.example.org/1"
      },
      "source": "unpaywall",
      "stale": false,
      "status": "green",
      "title": "An open work"
    }
    "#);
}

#[tokio::test]
async fn a_closed_work_has_no_place() {
    let upstream = Upstream::start().await;
    upstream.set(SourceId::Unpaywall, article("closed"));
    let router = router(app_with(upstream.config(&[SourceId::Unpaywall])).await);
    let found = find(&router, DOI).await.json();
    assert_eq!((&found["is_open"], &found["status"], found.get("location")), (&json!(false), &json!("closed"), None));
}

#[tokio::test]
async fn what_was_found_is_kept_for_a_week_and_stands_in_for_a_month() {
    let upstream = Upstream::start().await;
    upstream.set(SourceId::Unpaywall, article("gold"));
    let (app, clock) = app_and_clock(upstream.config(&[SourceId::Unpaywall])).await;
    let router = router(app);
    let first = find(&router, DOI).await.json();
    clock.advance(TimeDelta::days(6));
    assert_eq!(find(&router, DOI).await.json(), first);
    assert_eq!(upstream.asked(SourceId::Unpaywall), 1);
    upstream.set(SourceId::Unpaywall, Act::Status(403));
    clock.advance(TimeDelta::days(2));
    let stale = find(&router, DOI).await.json();
    assert_eq!((&stale["stale"], &stale["fetched_at"]), (&json!(true), &first["fetched_at"]));
    assert_eq!(upstream.asked(SourceId::Unpaywall), 2, "a week is over: it was asked");
    clock.advance(TimeDelta::days(23));
    let answer = find(&router, DOI).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].clone()), (502, json!("source_failed")));
    assert_eq!(answer.json()["details"]["source"], "unpaywall");
}

#[tokio::test]
async fn a_doi_that_is_not_known_is_asked_for_again_after_ten_minutes() {
    let upstream = Upstream::start().await;
    upstream.set(SourceId::Unpaywall, Act::Status(404));
    let (app, clock) = app_and_clock(upstream.config(&[SourceId::Unpaywall])).await;
    let router = router(app);
    for (minutes, asked) in [(0, 1), (9, 1), (2, 2)] {
        clock.advance(TimeDelta::minutes(minutes));
        let answer = find(&router, DOI).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].clone()), (404, json!("not_found")));
        assert_eq!(upstream.asked(SourceId::Unpaywall), asked);
    }
}

#[tokio::test]
async fn what_is_at_arxiv_is_open_and_nobody_is_asked() {
    let upstream = Upstream::start().await;
    let router = router(app_with(upstream.config(&[SourceId::Unpaywall])).await);
    let found = find(&router, "10.48550/arXiv.2101.00001v2").await.json();
    assert_eq!((&found["source"], &found["is_open"]), (&json!("arxiv"), &json!(true)));
    assert_eq!(found["location"]["url"], "https://arxiv.org/abs/2101.00001");
    assert_eq!(upstream.asked(SourceId::Unpaywall), 0);
}

#[tokio::test]
async fn without_a_contact_or_switched_off_it_says_what_an_operator_does() {
    let upstream = Upstream::start().await;
    let mut nameless = upstream.config(&[SourceId::Unpaywall]);
    nameless.search.contact = None;
    let answer = find(&router(app_with(nameless).await), DOI).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].clone()), (409, json!("conflict")));
    assert!(answer.json()["detail"].as_str().unwrap().contains("set search.contact"), "{}", answer.text());
    let answer = find(&router(app_with(config()).await), DOI).await;
    assert_eq!(answer.status, 409);
    assert!(answer.json()["detail"].as_str().unwrap().contains("sources.unpaywall.enabled"), "{}", answer.text());
    assert_eq!(upstream.asked(SourceId::Unpaywall), 0);
}

#[tokio::test]
async fn what_is_no_doi_is_refused() {
    let router = router(app_with(config()).await);
    for (doi, parameter) in [("", "doi"), ("11.1/x", "doi"), ("%00", "doi"), ("10.1%0A/x", "doi")] {
        let answer = find(&router, doi).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["details"]["parameter"].clone()),
            (400, json!(parameter)),
            "{doi}"
        );
    }
    assert_eq!(ask(&router, get("/api/v1/open-access", &[])).await.json()["error"], "invalid_parameter");
}
