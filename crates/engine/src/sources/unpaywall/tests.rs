use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{
    fetch::{
        LaneState,
        tests::server::{Server, answer as answered},
    },
    item::{DateKind, OaStatus, WorkType},
    sources::testing::{fetcher, identifier, mutated, plan, reply, settings},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/unpaywall/page.json");
const NO_PDF: &[u8] = include_bytes!("../../../recordings/unpaywall/no_pdf.json");
const CLOSED: &[u8] = include_bytes!("../../../recordings/unpaywall/closed.json");
const NULLS: &[u8] = include_bytes!("../../../recordings/unpaywall/nulls.json");
const WRONG_TYPES: &[u8] = include_bytes!("../../../recordings/unpaywall/wrong_types.json");
const UNTITLED: &[u8] = include_bytes!("../../../recordings/unpaywall/untitled.json");
const NOT_FOUND: &[u8] = include_bytes!("../../../recordings/unpaywall/not_found.json");
const OWN_ADDRESS: &[u8] = include_bytes!("../../../recordings/unpaywall/own_address.json");
const NO_ADDRESS: &[u8] = include_bytes!("../../../recordings/unpaywall/no_address.json");
const TOO_MANY: &[u8] = include_bytes!("../../../recordings/unpaywall/too_many.json");
const SERVER_ERROR: &[u8] = include_bytes!("../../../recordings/unpaywall/server_error.html");

fn unpaywall(base_url: &str, contact: Option<&str>) -> Unpaywall {
    let settings = settings(base_url, None, contact);
    Unpaywall { base_url: settings.base_url, contact: settings.contact }
}

fn doi(doi: &str) -> Identifier {
    Identifier::Doi(doi.to_owned())
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn record(body: &[u8]) -> Record {
    answer::only(parse(body, None).unwrap()).unwrap()
}

/// What a lookup comes to at a server that answers with this status and body.
async fn looked_up(status: u16, body: &'static [u8]) -> Result<Option<Record>, SourceError> {
    let server = Server::start(move |_, _| answered(status, &[], body)).await;
    let source = unpaywall(server.url("/v2").as_str(), Some("ada@example.org"));
    source.lookup(&doi("10.5555/x"), soon(), &fetcher(SourceId::Unpaywall)).await
}

#[test]
fn an_open_article_is_read_with_its_best_copy() {
    let article = record(PAGE);
    assert_eq!(
        (article.source_id.as_str(), article.doi.as_deref()),
        ("10.5555/lamps.2024.7", Some("10.5555/lamps.2024.7"))
    );
    assert_eq!(article.title, "Lamps & light: effect of CO2");
    assert_eq!((article.kind, article.venue.as_deref()), (WorkType::Article, Some("Journal of Lamps")));
    assert_eq!(article.issn, ["1234-567X", "1234-5688"]);
    assert_eq!((article.oa_status, article.licence.as_deref()), (Some(OaStatus::Green), Some("cc-by")));
    assert_eq!(article.pdf_url.as_deref(), Some("https://europepmc.org/articles/pmc11116106?pdf=render"));
    assert_eq!(article.url.as_deref(), Some("https://europepmc.org/articles/pmc11116106"));
    assert_eq!(article.via.as_deref(), Some("Europe PMC (accepted version)"));
    let date = article.date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2024-05-08", DateKind::Published));
}

#[test]
fn authors_come_as_one_text_or_in_the_parts_of_before() {
    let authors = record(PAGE).authors;
    let names: Vec<_> = authors.iter().map(|author| (author.name.as_str(), author.family.as_deref())).collect();
    assert_eq!(
        names,
        [("Ada Lichtmann", Some("Lichtmann")), ("José van den Lux", Some("van den Lux")), ("LAMP Study Group", None)]
    );
    assert_eq!(authors[0].affiliation.as_deref(), Some("Institute of Lamps, Graz"));
    let before = record(NO_PDF).authors;
    assert_eq!((before[0].name.as_str(), before[0].orcid.as_deref()), ("Ada Lichtmann", Some("0000-0002-1825-0097")));
    assert_eq!(before[1].name, "LAMP Study Group");
}

#[test]
fn without_a_pdf_at_the_best_place_the_next_copy_gives_it_with_its_own_licence() {
    let article = record(NO_PDF);
    assert_eq!(article.pdf_url.as_deref(), Some("https://repository.example.org/77.pdf"));
    assert_eq!(article.licence.as_deref(), Some("cc-by-nc"));
    assert_eq!(article.via.as_deref(), Some("repository (submitted version)"));
    assert_eq!(article.url.as_deref(), Some("https://example.org/bronze/1"));
    assert_eq!((article.oa_status, article.kind), (Some(OaStatus::Bronze), WorkType::Conference));
    assert_eq!(article.date.as_ref().map(ToString::to_string).as_deref(), Some("2019"));
}

#[test]
fn a_closed_article_has_no_copy_and_an_embargoed_one_is_none() {
    let article = record(CLOSED);
    assert_eq!((article.oa_status, article.pdf_url.as_deref()), (Some(OaStatus::Closed), None));
    assert_eq!((article.title.as_str(), article.kind), ("0", WorkType::Chapter));
    assert_eq!(article.url.as_deref(), Some("https://doi.org/10.5555/closed.1"));
}

#[test]
fn nulls_and_wrong_types_do_not_spoil_it_and_without_a_title_there_is_none() {
    let nulls = record(NULLS);
    assert_eq!((nulls.oa_status, nulls.date, nulls.kind), (None, None, WorkType::Other));
    assert_eq!(nulls.url.as_deref(), Some("https://doi.org/10.5555/nulls"));
    let odd = record(WRONG_TYPES);
    assert_eq!((odd.oa_status, odd.year()), (Some(OaStatus::Open), Some(2001)));
    assert_eq!(odd.pdf_url.as_deref(), Some("https://example.org/odd.pdf"));
    assert!(odd.authors.is_empty() && odd.issn.is_empty());
    let untitled = parse(UNTITLED, None).unwrap();
    assert_eq!((untitled.records.len(), untitled.malformed), (0, 1));
}

#[test]
fn what_is_no_answer_is_malformed() {
    for body in [SERVER_ERROR, b"", b"{}", b"[]", b"null", b"{\"doi\":\"x\"}", &PAGE[..200]] {
        assert_eq!(read(&reply(200, body), None).unwrap_err().code(), "malformed");
    }
    assert_eq!(read(&reply(200, NOT_FOUND), None).unwrap_err().code(), "bad_query");
    assert_eq!(read(&reply(400, TOO_MANY), None), Err(SourceError::BadQuery { message: "too many requests".into() }));
}

#[tokio::test]
async fn a_doi_is_looked_up_with_the_address_of_whoever_asks() {
    let server = Server::start(|_, request| {
        if request.contains("unknown") { answered(404, &[], NOT_FOUND) } else { answered(200, &[], PAGE) }
    })
    .await;
    let source = unpaywall(server.url("/v2").as_str(), Some(" mailto:ada+pake@uni-graz.at "));
    let fetcher = fetcher(SourceId::Unpaywall);
    let found = source.lookup(&doi("10.5555/a(b)/c?d#e"), soon(), &fetcher).await.unwrap().unwrap();
    assert_eq!(found.doi.as_deref(), Some("10.5555/lamps.2024.7"));
    let request = server.requests().remove(0);
    assert!(request.starts_with("GET /v2/10.5555/a(b)/c%3Fd%23e?email=ada%2Bpake%40uni-graz.at HTTP/1.1"), "{request}");
    assert_eq!(source.lookup(&doi("10.5555/unknown"), soon(), &fetcher).await, Ok(None));
    assert_eq!(source.lookup(&Identifier::Arxiv("2401.01234".into()), soon(), &fetcher).await, Ok(None));
    assert_eq!(server.count(), 2, "an arXiv id is not asked for");
}

#[tokio::test]
async fn without_an_address_nothing_is_asked_and_the_setting_is_named() {
    let server = Server::start(|_, _| answered(200, &[], PAGE)).await;
    for contact in [None, Some(""), Some(" "), Some("mailto:")] {
        let source = unpaywall(server.url("/v2").as_str(), contact);
        match source.lookup(&doi("10.5555/x"), soon(), &fetcher(SourceId::Unpaywall)).await {
            Err(SourceError::Unsupported { reason }) => assert!(reason.contains("search.contact"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn an_address_that_is_refused_names_the_setting_and_not_the_address() {
    for body in [OWN_ADDRESS, NO_ADDRESS, b"{\"message\":\"ada@example.org is no address\"}"] {
        let server = Server::start(move |_, _| answered(422, &[], body)).await;
        let source = unpaywall(server.url("/v2").as_str(), Some("ada@example.org"));
        let fetcher = fetcher(SourceId::Unpaywall);
        match source.lookup(&doi("10.5555/x"), soon(), &fetcher).await {
            Err(SourceError::Refused { status: 422, message }) => {
                assert!(message.contains("search.contact") && !message.contains("ada@"), "{message}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!((server.count(), fetcher.health(SourceId::Unpaywall).state), (1, LaneState::Open));
    }
}

#[tokio::test]
async fn asked_too_often_and_ill_are_told_by_their_status() {
    assert_eq!(looked_up(429, TOO_MANY).await.unwrap_err().code(), "rate_limited");
    assert_eq!(looked_up(503, SERVER_ERROR).await, Err(SourceError::Unavailable { status: 503 }));
    assert_eq!(looked_up(200, UNTITLED).await, Ok(None));
}

#[tokio::test]
async fn it_cannot_be_searched() {
    let plan = plan(vec![identifier(doi("10.5555/x"))]);
    let request = SourceRequest { plan: &plan, limit: 10, deadline: soon(), now: DateTime::UNIX_EPOCH };
    let source = unpaywall("https://api.unpaywall.org/v2", Some("ada@example.org"));
    let answer = source.search(&request, &fetcher(SourceId::Unpaywall)).await;
    assert_eq!(answer.unwrap_err().code(), "unsupported");
    assert_eq!(source.translate(&plan), "doi=10.5555/x");
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(body in prop_oneof![mutated(PAGE), mutated(NO_PDF), mutated(OWN_ADDRESS)]) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && record.doi.is_some()));
        }
    }
}
