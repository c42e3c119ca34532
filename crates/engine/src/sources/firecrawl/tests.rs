use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{
    clock::FixedClock,
    fetch::{
        FetchSettings, LaneSettings, LaneState,
        tests::server::{Act, Server, answer as respond},
    },
    item::DateKind,
    plan,
    query::{Field, Query},
    sources::testing::{mutated, phrase, plan, reply, settings, word},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/firecrawl/page.json");
const PAGE_V1: &[u8] = include_bytes!("../../../recordings/firecrawl/page_v1.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/firecrawl/empty.json");
const EMPTY_V1: &[u8] = include_bytes!("../../../recordings/firecrawl/empty_v1.json");
const BAD_REQUEST: &[u8] = include_bytes!("../../../recordings/firecrawl/bad_request.json");
const UNAUTHORIZED: &[u8] = include_bytes!("../../../recordings/firecrawl/unauthorized.json");
const NO_CREDITS: &[u8] = include_bytes!("../../../recordings/firecrawl/no_credits.json");
const FORBIDDEN: &[u8] = include_bytes!("../../../recordings/firecrawl/forbidden.json");
const TIMEOUT: &[u8] = include_bytes!("../../../recordings/firecrawl/timeout.json");
const CONFLICT: &[u8] = include_bytes!("../../../recordings/firecrawl/conflict.json");
const TOO_LARGE: &[u8] = include_bytes!("../../../recordings/firecrawl/too_large.json");
const UNPROCESSABLE: &[u8] = include_bytes!("../../../recordings/firecrawl/unprocessable.json");
const TOO_MANY: &[u8] = include_bytes!("../../../recordings/firecrawl/too_many.json");
const SERVER_ERROR: &[u8] = include_bytes!("../../../recordings/firecrawl/server_error.json");
const NO_SUCH_ADDRESS: &[u8] = include_bytes!("../../../recordings/firecrawl/no_such_address.html");

fn firecrawl(base_url: &str, key: Option<&str>) -> Firecrawl {
    let settings = settings(base_url, key, None);
    Firecrawl { base_url: settings.base_url, key: settings.key }
}

fn hosted() -> Firecrawl {
    firecrawl("https://api.firecrawl.dev", Some("fc-1"))
}

/// What becomes of a search to which the server says this, the source's state after it, and what was sent.
async fn told(
    script: impl Fn(usize, &str) -> Act + Send + Sync + 'static,
) -> (Result<Page, SourceError>, LaneState, Vec<String>) {
    let server = Server::start(script).await;
    let lane = LaneSettings { rate: 0.0, attempts: 2, backoff: Duration::ZERO, ..LaneSettings::default() };
    let settings = FetchSettings { lanes: [(SourceId::Firecrawl, lane)].into(), ..FetchSettings::default() };
    let fetcher = Fetcher::new(settings, FixedClock::at(DateTime::UNIX_EPOCH)).unwrap();
    let plan = plan(vec![word(Field::Any, "lamps")]);
    let deadline = Instant::now() + Duration::from_secs(20);
    let request = SourceRequest { plan: &plan, limit: 5, deadline, now: DateTime::UNIX_EPOCH };
    let result = firecrawl(server.url("").as_str(), Some("fc-1")).search(&request, &fetcher).await;
    (result, fetcher.health(SourceId::Firecrawl).state, server.requests())
}

#[test]
fn pages_in_groups_are_pages_and_news() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.reported, None);
    assert_eq!(page.warnings, ["2 pages were left out."]);
    let first = &page.records[0];
    assert_eq!((first.source_id.as_str(), first.title.as_str()), ("example.org/lamps", "Lamps & light"));
    assert_eq!(first.abstract_text.as_deref(), Some("What every reader of lamps should know."));
    assert_eq!((first.kind, first.venue.as_deref()), (WorkType::Web, Some("example.org")));
    assert_eq!(page.records[1].doi.as_deref(), Some("10.5555/lamps.2024.7"));
    let news: Vec<_> = page.records.iter().filter(|record| record.kind == WorkType::News).collect();
    assert_eq!(news.len(), 2);
    assert_eq!(news[0].abstract_text.as_deref(), Some("They never left."));
    let date = news[0].date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2024-05-07", DateKind::Published));
    assert_eq!(news[1].date, None, "how long ago is no date");
}

#[test]
fn pages_in_one_list_are_pages_too() {
    let page = parse(PAGE_V1, None).unwrap();
    assert_eq!((page.records.len(), page.malformed), (3, 1));
    assert_eq!(page.records[1].arxiv_id.as_deref(), Some("2401.01234"));
    let fetched = &page.records[2];
    assert_eq!((fetched.title.as_str(), fetched.source_id.as_str()), ("Lamps, fetched", "example.org/fetched"));
    assert_eq!(fetched.abstract_text.as_deref(), Some("Of the page itself."));
}

#[test]
fn nulls_wrong_types_and_pages_that_are_gone_do_not_spoil_the_others() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!((page.records.len(), page.malformed), (6, 3), "gone, without address, no object");
    let fetched = &page.records[2];
    assert_eq!((fetched.title.as_str(), fetched.language.as_deref()), ("Lamps, fetched", Some("en")));
    let odd = &page.records[3];
    assert_eq!((odd.title.as_str(), odd.abstract_text.as_deref(), odd.rank_native), ("1984", None, 6));
}

#[test]
fn nothing_found_is_an_empty_page_in_both_versions() {
    assert_eq!(parse(EMPTY, None).unwrap(), Page::default());
    assert_eq!(parse(EMPTY_V1, None).unwrap(), Page::default());
}

#[test]
fn what_is_wrong_with_a_query_is_passed_on_whatever_the_status() {
    for (status, body, said) in [
        (400, BAD_REQUEST, "Bad Request; Required"),
        (409, CONFLICT, "Idempotency key already used"),
        (413, TOO_LARGE, "Request entity too large"),
        (422, UNPROCESSABLE, "Unprocessable Entity; limit must be at most 100"),
        (200, FORBIDDEN, "This website is not supported.; blocked by policy"),
        (200, b"{\"success\":false}", "it does not say why"),
    ] {
        let error = read(&reply(status, body), None).unwrap_err();
        assert_eq!(error, SourceError::BadQuery { message: said.into() });
    }
}

#[test]
fn what_is_no_answer_is_malformed() {
    for body in [
        NO_SUCH_ADDRESS,
        b"",
        b"{}",
        b"{\"success\":true}",
        b"{\"success\":true,\"data\":null}",
        b"{\"success\":true,\"data\":7}",
        b"{\"success\":true,\"data\":{\"pages\":[]}}",
        &PAGE[..900],
    ] {
        assert_eq!(read(&reply(200, body), None).unwrap_err().code(), "malformed");
    }
}

#[tokio::test]
async fn refusals_say_what_firecrawl_says_and_close_the_source() {
    for (status, body, said) in [
        (401, UNAUTHORIZED, "Unauthorized: Invalid token (check sources.firecrawl.key)"),
        (403, FORBIDDEN, "This website is not supported. (a key is missing or wrong (sources.firecrawl.key)"),
    ] {
        let (result, state, sent) = told(move |_, _| respond(status, &[], body)).await;
        let error = result.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!((state, sent.len()), (LaneState::Open, 1));
    }
    let (result, state, _) = told(|_, _| respond(402, &[], NO_CREDITS)).await;
    let error = result.unwrap_err().to_string();
    assert!(error.starts_with("refused with status 402: Insufficient credits"), "{error}");
    assert!(error.ends_with("(its credit is used up)"), "{error}");
    assert_eq!(state, LaneState::Open);
}

#[tokio::test]
async fn a_time_out_and_a_fault_of_the_server_are_asked_once_more() {
    for (status, body) in [(408, TIMEOUT), (500, SERVER_ERROR)] {
        let (result, _, sent) = told(move |_, _| respond(status, &[], body)).await;
        assert_eq!((result.unwrap_err(), sent.len()), (SourceError::Unavailable { status }, 2));
    }
}

#[tokio::test]
async fn too_many_requests_wait_as_long_as_it_says() {
    let (result, _, sent) = told(|_, _| respond(429, &[("retry-after", "42")], TOO_MANY)).await;
    let error = result.unwrap_err();
    assert_eq!((error.code(), sent.len()), ("rate_limited", 1));
    assert!((40..=42).contains(&(error.retry_at().unwrap() - DateTime::UNIX_EPOCH).num_seconds()));
}

#[tokio::test]
async fn the_question_is_posted_with_the_key_and_without_fetching_pages() {
    let (result, _, sent) = told(|_, _| respond(200, &[], PAGE)).await;
    assert_eq!(result.unwrap().records.len(), 6);
    let (head, body) = sent[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v2/search HTTP/1.1"), "{head}");
    assert!(head.to_lowercase().contains("authorization: bearer fc-1"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let timeout = body["timeout"].as_u64().unwrap();
    assert!((10_000..=20_000).contains(&timeout), "what is left of the search: {timeout}");
    assert_eq!(body, serde_json::json!({"query": "lamps", "limit": 5, "timeout": timeout}));
}

#[tokio::test]
async fn an_instance_from_before_version_2_is_asked_as_version_1() {
    let (result, _, sent) = told(|_, request| {
        if request.starts_with("POST /v1/search") {
            respond(200, &[], PAGE_V1)
        } else {
            respond(404, &[], NO_SUCH_ADDRESS)
        }
    })
    .await;
    assert_eq!((result.unwrap().records.len(), sent.len()), (3, 2));
    let (result, _, sent) = told(|_, _| respond(404, &[], NO_SUCH_ADDRESS)).await;
    let said = "there is no Firecrawl at its address (status 404)";
    assert_eq!((result.unwrap_err(), sent.len()), (SourceError::BadQuery { message: said.into() }, 2));
}

#[test]
fn years_and_operators_are_asked_of_the_hosted_service_and_applied_here_for_ones_own() {
    let query = Query::parse("crispr \"base editing\" -review title:cas9 year:2020..2024").unwrap();
    let asked = |firecrawl: &Firecrawl| {
        let plan = plan::plan(&query, firecrawl.capabilities()).unwrap();
        let by_source = plan.applied.iter().filter(|filter| filter.applied == plan::AppliedBy::Source).count();
        (firecrawl.translate(&plan), by_source)
    };
    assert_eq!(
        asked(&hosted()),
        (
            "query=crispr \"base editing\" intitle:cas9 -review&tbs=cdr:1,cd_min:01/01/2020,cd_max:12/31/2024"
                .to_owned(),
            3
        )
    );
    let own = firecrawl("http://firecrawl.dev.example.org:3002", None);
    assert_eq!(asked(&own), ("query=crispr \"base editing\" cas9 -review".to_owned(), 1));
    assert!(own.call("v2", &own.question(&plan(vec![])), 10, Instant::now()).headers.is_empty());
}

#[test]
fn an_open_end_of_the_years_is_long_ago_or_far_away() {
    let of = |from: Option<i32>, to: Option<i32>| range(YearRange { from, to });
    assert_eq!(of(Some(2020), None), "cdr:1,cd_min:01/01/2020,cd_max:12/31/2099");
    assert_eq!(of(None, Some(1950)), "cdr:1,cd_min:01/01/1950,cd_max:12/31/1950");
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(
        body in prop_oneof![mutated(PAGE), mutated(PAGE_V1), mutated(BAD_REQUEST), mutated(UNPROCESSABLE)]
    ) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && !record.source_id.is_empty()));
        }
        let _ = answers::message_of(&body);
    }

    #[test]
    fn any_query_is_one_text_in_the_body(text in "[\"\\\\“:{}a-c\\n\u{0}\u{202e}-]{1,20}") {
        let question = hosted().question(&plan(vec![phrase(Field::Any, &text), word(Field::Any, "lamp")]));
        let call = hosted().call("v2", &question, 10, Instant::now());
        let body: serde_json::Value = serde_json::from_slice(&call.body.unwrap().0).unwrap();
        prop_assert_eq!(body["query"].as_str(), Some(question.query.as_str()));
        prop_assert!(question.query.matches('"').count().is_multiple_of(2));
    }
}
