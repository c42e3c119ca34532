use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{
    fetch::{
        LaneState,
        tests::server::{Server, answer as answered},
    },
    item::{DateKind, OaStatus},
    query::Expr,
    sources::testing::{fetcher, identifier, kind, mutated, open, plan, reply, settings, word, years as in_years},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/semantic_scholar/page.json");
const PAPER: &[u8] = include_bytes!("../../../recordings/semantic_scholar/paper.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/semantic_scholar/empty.json");
const EMPTY_WITHOUT_LIST: &[u8] = include_bytes!("../../../recordings/semantic_scholar/empty_without_list.json");
const BAD_REQUEST: &[u8] = include_bytes!("../../../recordings/semantic_scholar/bad_request.json");
const NOT_FOUND: &[u8] = include_bytes!("../../../recordings/semantic_scholar/not_found.json");
const NO_MATCH: &[u8] = include_bytes!("../../../recordings/semantic_scholar/no_match.json");
const TOO_MANY: &[u8] = include_bytes!("../../../recordings/semantic_scholar/too_many.json");
const FORBIDDEN: &[u8] = include_bytes!("../../../recordings/semantic_scholar/forbidden.json");
const SERVER_ERROR: &[u8] = include_bytes!("../../../recordings/semantic_scholar/server_error.json");
const GATEWAY_TIMEOUT: &[u8] = include_bytes!("../../../recordings/semantic_scholar/gateway_timeout.json");

fn at(base_url: &str, key: Option<&str>) -> SemanticScholar {
    let settings = settings(base_url, key, None);
    SemanticScholar { base_url: settings.base_url, key: Key::new(settings.key.as_ref()) }
}

fn semantic_scholar() -> SemanticScholar {
    at("https://api.semanticscholar.org/graph/v1", None)
}

fn search() -> Question {
    Question::of(&plan(vec![word(Field::Any, "lamps")]))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// Asks a server that answers with this status and body, and tells how often it was asked.
async fn asked(status: u16, body: &'static [u8]) -> (Result<Page, SourceError>, usize) {
    let server = Server::start(move |_, _| answered(status, &[], body)).await;
    let source = at(server.url("/graph/v1").as_str(), None);
    let page = source.ask(&search(), 10, soon(), &fetcher(SourceId::SemanticScholar), None).await;
    (page, server.count())
}

#[test]
fn a_paper_is_read_with_its_identifiers_and_its_open_copy() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.reported, Some(4321));
    let paper = &page.records[0];
    assert_eq!(paper.source_id, "354dcdebf3f8b5feeed5c62090e0bc1f0c28db01");
    assert_eq!(paper.s2_id.as_deref(), Some(paper.source_id.as_str()));
    assert_eq!(paper.doi.as_deref(), Some("10.5555/lamps.2024.7"));
    assert_eq!(paper.arxiv_id.as_deref(), Some("2401.01234"));
    assert_eq!((paper.pmid.as_deref(), paper.pmcid.as_deref()), (Some("38799228"), Some("PMC11116106")));
    assert_eq!(paper.title, "Lamps & light: effect of CO2");
    assert_eq!(paper.abstract_text.as_deref(), Some("We lit lamps."));
    assert!(!paper.abstract_licence_ok);
    assert_eq!(paper.venue.as_deref(), Some("Journal of Lamps"));
    assert_eq!((paper.volume.as_deref(), paper.pages.as_deref()), (Some("7"), Some("525-535")));
    assert_eq!(paper.issn, ["1234-567X", "1234-5688"]);
    assert_eq!(paper.pdf_url.as_deref(), Some("https://example.org/lamps/7.pdf"));
    assert_eq!((paper.oa_status, paper.licence.as_deref()), (Some(OaStatus::Hybrid), Some("CCBY")));
    assert_eq!((paper.citations, paper.references_count), (Some(17), Some(42)));
    assert_eq!(paper.topics, ["Physics", "Computer Science"]);
    let date = paper.date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2024-05-08", DateKind::Published));
}

#[test]
fn a_paper_links_to_its_page_at_the_source() {
    let page = parse(PAGE, None).unwrap();
    let of = |index: usize| page.records[index].url.as_deref();
    assert_eq!(of(0), Some("https://www.semanticscholar.org/paper/354dcdebf3f8b5feeed5c62090e0bc1f0c28db01"));
    assert_eq!(of(3), Some("https://www.semanticscholar.org/paper/354dcdebf3f8b5feeed5c62090e0bc1f0c28db04"));
}

#[test]
fn authors_are_split_and_those_without_a_name_are_left_out() {
    let page = parse(PAGE, None).unwrap();
    let authors = &page.records[0].authors;
    assert_eq!(authors.len(), 2);
    assert_eq!(
        (authors[0].given.as_deref(), authors[0].family.as_deref(), authors[0].name.as_str()),
        (Some("Ada B"), Some("Lichtmann"), "Ada B Lichtmann")
    );
    assert_eq!(authors[1].family.as_deref(), Some("van den Lux"));
    assert_eq!(page.records[2].authors[0].family, None, "a group has no family name");
}

#[test]
fn the_most_telling_of_several_types_counts_else_the_venue() {
    let page = parse(PAGE, None).unwrap();
    let kinds: Vec<WorkType> = page.records.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [WorkType::Review, WorkType::Preprint, WorkType::Conference, WorkType::Other, WorkType::Dataset]);
    assert!(kinds.iter().all(|kind| CAPABILITIES.holds.contains(kind)));
    assert_eq!(page.records[1].date.as_ref().unwrap().kind, DateKind::Preprint);
}

#[test]
fn an_empty_address_is_no_open_copy_and_a_withheld_abstract_is_none() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!((page.records[1].pdf_url.as_deref(), page.records[1].oa_status), (None, None));
    let withheld = &page.records[2];
    assert_eq!((withheld.abstract_text.as_deref(), withheld.oa_status), (None, Some(OaStatus::Closed)));
    assert_eq!(withheld.date.as_ref().map(ToString::to_string).as_deref(), Some("2021"));
    let paper = &parse(PAPER, None).unwrap().records[0];
    assert_eq!((paper.pdf_url.as_deref(), paper.oa_status), (None, Some(OaStatus::Bronze)));
}

#[test]
fn nulls_and_wrong_types_do_not_spoil_a_paper_and_unreadable_ones_are_counted() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!((page.records[3].title.as_str(), page.records[3].authors.len()), ("0", 0));
    let odd = &page.records[4];
    assert_eq!((odd.citations, odd.references_count, odd.pdf_url.as_deref()), (Some(5), None, None));
    assert_eq!((odd.year(), odd.venue.as_deref(), odd.authors[0].name.as_str()), (Some(1999), Some("7"), "Alone"));
    assert_eq!(page.malformed, 3);
    assert_eq!(page.records.iter().map(|record| record.rank_native).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[test]
fn a_single_paper_is_a_page_of_one_and_nothing_found_is_an_answer() {
    let page = parse(PAPER, None).unwrap();
    assert_eq!((page.records.len(), page.reported, page.records[0].kind), (1, Some(1), WorkType::Chapter));
    for empty in [EMPTY, EMPTY_WITHOUT_LIST] {
        assert_eq!(parse(empty, None).unwrap(), Page { reported: Some(0), ..Page::default() });
    }
}

#[test]
fn a_refused_query_says_why() {
    let error = read(&reply(400, BAD_REQUEST), &search(), None).unwrap_err();
    assert_eq!(error, SourceError::BadQuery { message: "Unrecognized or unsupported fields: [lumen]".into() });
    let error = read(&reply(404, NO_MATCH), &search(), None).unwrap_err();
    assert_eq!(error, SourceError::BadQuery { message: "Title match not found".into() });
    assert_eq!(read(&reply(200, BAD_REQUEST), &search(), None).unwrap_err().code(), "bad_query");
}

#[test]
fn an_unknown_paper_is_no_error() {
    let one = Question::Paper("DOI:10.5555/unknown".into());
    assert_eq!(read(&reply(404, NOT_FOUND), &one, None).unwrap().records.len(), 0);
}

#[test]
fn what_is_no_answer_is_malformed() {
    for body in [&b""[..], b"{}", b"[]", b"{\"data\":7}", b"<html>", b"{\"data\":null}", &PAGE[..900]] {
        assert_eq!(read(&reply(200, body), &search(), None).unwrap_err().code(), "malformed");
    }
}

#[tokio::test]
async fn asked_too_often_and_ill_are_told_by_their_status() {
    assert!(matches!(asked(429, TOO_MANY).await, (Err(SourceError::RateLimited { .. }), _)));
    for (status, body) in [(500, SERVER_ERROR), (504, GATEWAY_TIMEOUT)] {
        assert_eq!(
            asked(status, body).await,
            (Err(SourceError::Unavailable { status }), 3),
            "asked three times in all"
        );
    }
}

#[tokio::test]
async fn a_bad_key_is_left_out_once_it_was_refused() {
    let server = Server::start(|_, request| {
        if request.contains("x-api-key: stale\r\n") { answered(403, &[], FORBIDDEN) } else { answered(200, &[], PAGE) }
    })
    .await;
    let (source, fetcher) = (at(server.url("/graph/v1").as_str(), Some("stale")), fetcher(SourceId::SemanticScholar));
    for requests in [2, 3] {
        let page = source.ask(&search(), 10, soon(), &fetcher, None).await.unwrap();
        assert_eq!((page.records.len(), server.count()), (5, requests));
        assert!(page.warnings[0].contains("sources.semantic_scholar.key"));
    }
    assert_eq!(fetcher.health(SourceId::SemanticScholar).state, LaneState::Closed);
}

#[tokio::test]
async fn who_is_refused_without_the_key_too_is_not_refused_because_of_it() {
    let server = Server::start(|number, _| match number {
        0 | 1 => answered(403, &[], FORBIDDEN),
        _ => answered(200, &[], PAGE),
    })
    .await;
    let source = at(server.url("/graph/v1").as_str(), Some("good"));
    let ask = async |fetcher: Fetcher| source.ask(&search(), 10, soon(), &fetcher, None).await;
    let error = ask(fetcher(SourceId::SemanticScholar)).await.unwrap_err();
    assert!(matches!(error, SourceError::Refused { status: 403, message } if message.starts_with("Forbidden")));
    // A fetcher that does not remember the refusal.
    let page = ask(fetcher(SourceId::SemanticScholar)).await.unwrap();
    assert!(page.warnings.is_empty());
    assert!(server.requests()[2].contains("x-api-key: good\r\n"));
}

#[tokio::test]
async fn a_paper_is_looked_up_by_any_identifier() {
    let server = Server::start(|_, request| {
        if request.contains("unknown") { answered(404, &[], NOT_FOUND) } else { answered(200, &[], PAPER) }
    })
    .await;
    let (source, fetcher) = (at(server.url("/graph/v1").as_str(), None), fetcher(SourceId::SemanticScholar));
    for (identifier, path) in [
        (Identifier::Doi("10.5555/a(b)/c?d".into()), "/graph/v1/paper/DOI:10.5555/a(b)/c%3Fd?fields="),
        (Identifier::Doi("10.48550/arxiv.2401.01234".into()), "/graph/v1/paper/ARXIV:2401.01234?fields="),
        (Identifier::Arxiv("hep-th/9901001".into()), "/graph/v1/paper/ARXIV:hep-th/9901001?fields="),
        (Identifier::Pmid("123".into()), "/graph/v1/paper/PMID:123?fields="),
        (Identifier::Pmcid("PMC9".into()), "/graph/v1/paper/PMCID:9?fields="),
    ] {
        let record = source.lookup(&identifier, soon(), &fetcher).await.unwrap().unwrap();
        assert_eq!(record.doi.as_deref(), Some("10.5555/book.12"));
        let request = server.requests().pop().unwrap();
        assert!(request.starts_with(&format!("GET {path}")), "{request}");
    }
    let unknown = Identifier::Doi("10.5555/unknown".into());
    assert_eq!(source.lookup(&unknown, soon(), &fetcher).await, Ok(None));
}

#[test]
fn words_go_without_hyphens_and_filters_into_their_parameters() {
    let query = plan(vec![
        word(Field::Any, "covid-19"),
        word(Field::Any, "-mRNA"),
        word(Field::Any, "C++"),
        in_years(2020, 2024),
        Expr::Or(vec![kind(WorkType::Review), kind(WorkType::Chapter)]),
        open(true),
    ]);
    assert_eq!(
        semantic_scholar().translate(&query),
        "query=covid 19 mRNA C++&year=2020-2024&publicationTypes=Review,MetaAnalysis,BookSection&openAccessPdf"
    );
    let url = semantic_scholar().call(&Question::of(&query), 500).url;
    let text = url.as_str();
    assert!(text.starts_with(
        "https://api.semanticscholar.org/graph/v1/paper/search?query=covid+19+mRNA+C%2B%2B&year=2020-2024&"
    ));
    assert!(text.contains("&offset=0&limit=100&fields=paperId%2CexternalIds%2C"));
    assert!(text.ends_with("&openAccessPdf"));
}

#[test]
fn years_have_open_ends() {
    for (from, to, wanted) in
        [(Some(2019), None, "2019-"), (None, Some(2019), "-2019"), (Some(2019), Some(2019), "2019")]
    {
        assert_eq!(years(YearRange { from, to }), wanted);
    }
}

#[test]
fn hostile_characters_stay_within_the_query() {
    let query = plan(vec![word(Field::Any, "a&limit=1#\"x\"\0\u{2013}y?fields=%00")]);
    assert_eq!(semantic_scholar().translate(&query), "query=a&limit=1# x y?fields=%00");
    let url = semantic_scholar().call(&Question::of(&query), 10).url;
    let pairs: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(pairs, ["query", "offset", "limit", "fields"]);
}

#[test]
fn a_query_of_signs_only_is_not_sent() {
    let check = |conditions| semantic_scholar().check(&semantic_scholar().translate(&plan(conditions)));
    let signs = || word(Field::Any, "\u{1f980}");
    assert_eq!(check(vec![signs(), in_years(2020, 2024)]).unwrap_err().code(), "unsupported");
    assert_eq!(check(vec![signs(), word(Field::Any, "crab")]), Ok(()));
    assert_eq!(check(vec![identifier(Identifier::Pmid("1".into()))]), Ok(()));
}

#[test]
fn an_identifier_stands_in_the_translation() {
    let plan = plan(vec![identifier(Identifier::Doi("10.5555/a".into()))]);
    assert_eq!(semantic_scholar().translate(&plan), "id=DOI:10.5555/a");
}

#[test]
fn every_type_that_can_be_asked_for_has_names_that_are_read_back() {
    for asked in CAPABILITIES.types {
        assert!(!names_of(*asked).is_empty());
        for name in names_of(*asked) {
            let body = format!(
                "{{\"data\":[{{\"paperId\":\"x\",\"title\":\"X\",\"publicationTypes\":[\"JournalArticle\",\"{name}\"]}}]}}"
            );
            assert_eq!(parse(body.as_bytes(), None).unwrap().records[0].kind, *asked, "{name}");
        }
    }
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(body in prop_oneof![mutated(PAGE), mutated(PAPER), mutated(BAD_REQUEST)]) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && record.s2_id.is_some()));
        }
        let _ = answers::message_of(&body);
    }
}
