use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::{
    clock::FixedClock,
    fetch::{
        FetchSettings, LaneState,
        tests::server::{Act, Server, answer as respond},
    },
    item::DateKind,
    plan,
    query::{Field, Query},
    sources::{
        entry_of,
        testing::{mutated, phrase, plan, reply, settings, word, years},
    },
};

const PAGE: &[u8] = include_bytes!("../../../recordings/brave/page.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/brave/empty.json");
const ALTERED: &[u8] = include_bytes!("../../../recordings/brave/altered.json");
const UNAUTHORIZED: &[u8] = include_bytes!("../../../recordings/brave/unauthorized.json");
const TOKEN_INVALID: &[u8] = include_bytes!("../../../recordings/brave/token_invalid.json");
const TOKEN_MISSING: &[u8] = include_bytes!("../../../recordings/brave/token_missing.json");
const VALIDATION: &[u8] = include_bytes!("../../../recordings/brave/validation.json");
const ERRORS: &[u8] = include_bytes!("../../../recordings/brave/errors.json");
const RATE_LIMITED: &[u8] = include_bytes!("../../../recordings/brave/rate_limited.json");

fn brave(base_url: &str, key: Option<&str>) -> Brave {
    let settings = settings(base_url, key, None);
    Brave { base_url: settings.base_url, key: settings.key }
}

fn hosted() -> Brave {
    brave("https://api.search.brave.com/res/v1", Some("token"))
}

fn fetcher() -> Fetcher {
    Fetcher::new(FetchSettings::default(), FixedClock::at(DateTime::UNIX_EPOCH)).unwrap()
}

async fn search(brave: &Brave, plan: &Plan, fetcher: &Fetcher) -> Result<Page, SourceError> {
    let deadline = Instant::now() + Duration::from_secs(20);
    brave.search(&SourceRequest { plan, limit: 25, deadline, now: DateTime::UNIX_EPOCH }, fetcher).await
}

/// What becomes of a search to which the server says this, and how the source is left.
async fn told(
    script: impl Fn(usize, &str) -> Act + Send + Sync + 'static,
) -> (Result<Page, SourceError>, LaneState, usize) {
    let server = Server::start(script).await;
    let fetcher = fetcher();
    let result =
        search(&brave(server.url("").as_str(), Some("t")), &plan(vec![word(Field::Any, "lamps")]), &fetcher).await;
    (result, fetcher.health(SourceId::Brave).state, server.count())
}

#[test]
fn a_result_is_a_page_with_all_of_its_snippets() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.reported, None, "Brave only says whether there are more");
    let first = &page.records[0];
    assert_eq!((first.source_id.as_str(), first.title.as_str()), ("example.org/lamps", "Lamps & light | Example"));
    assert_eq!(
        first.abstract_text.as_deref(),
        Some("What every reader of lamps should know 'now'. … Lamps learn. … Light helps.")
    );
    assert_eq!((first.language.as_deref(), first.venue.as_deref()), (Some("en"), Some("example.org")));
    let date = first.date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2024-05-08", DateKind::Online));
    assert_eq!(first.kind, WorkType::Web);
}

#[test]
fn a_hit_whose_address_names_a_work_carries_its_identifier() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.records[1].doi.as_deref(), Some("10.5555/lamps.2024.7"));
    assert_eq!(page.records[2].pmid.as_deref(), Some("12345678"));
    assert_eq!(page.records[3].arxiv_id.as_deref(), Some("2401.01234"));
}

#[test]
fn nulls_and_wrong_types_do_not_spoil_a_result_and_what_is_none_is_counted() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!((page.records.len(), page.malformed), (4, 4));
    let nulls = &page.records[2];
    assert_eq!((nulls.abstract_text.as_deref(), nulls.date.clone(), nulls.language.as_deref()), (None, None, None));
    let odd = &page.records[3];
    assert_eq!(
        (odd.abstract_text.as_deref(), odd.date.clone(), odd.language.as_deref()),
        (Some("one alone"), None, None)
    );
}

#[test]
fn an_answer_without_results_has_no_list_and_a_corrected_query_is_warned_of() {
    assert_eq!(parse(EMPTY, None).unwrap(), Page::default());
    assert_eq!(parse(ALTERED, None).unwrap().warnings, ["searched for `lamps` instead"]);
}

#[test]
fn a_wrong_or_missing_key_is_a_refusal_though_its_status_is_that_of_a_bad_query() {
    for (body, said) in [
        (TOKEN_INVALID, "The provided subscription token is invalid. (check sources.brave.key)"),
        (TOKEN_MISSING, "Unable to validate request parameter(s); Field required (check sources.brave.key)"),
    ] {
        let error = read(&reply(422, body), None).unwrap_err();
        assert_eq!(error, SourceError::Refused { status: 422, message: said.into() });
    }
    let error = read(&reply(422, VALIDATION), None).unwrap_err();
    let said = "Unable to validate request parameter(s); Input should be less than or equal to 20";
    assert_eq!(error, SourceError::BadQuery { message: said.into() });
    let error = read(&reply(400, ERRORS), None).unwrap_err();
    assert_eq!(error, SourceError::BadQuery { message: "The option is not subscribed in the plan.".into() });
}

#[test]
fn what_is_no_answer_is_malformed() {
    for body in
        [&b""[..], b"<html>", b"{}", b"{\"type\":\"search\",\"web\":{}}", b"{\"web\":7}", &PAGE[..900], UNAUTHORIZED]
    {
        assert_eq!(read(&reply(200, body), None).unwrap_err().code(), "malformed");
    }
}

#[tokio::test]
async fn a_401_says_what_brave_says_and_closes_the_source() {
    let (result, state, _) = told(|_, _| respond(401, &[], UNAUTHORIZED)).await;
    let said = "refused with status 401: Authentication is required to access this resource. (check sources.brave.key)";
    assert_eq!(result.unwrap_err().to_string(), said);
    assert_eq!(state, LaneState::Open);
    let (result, state, _) = told(|_, _| respond(422, &[], TOKEN_INVALID)).await;
    assert_eq!((result.unwrap_err().code(), state), ("refused", LaneState::Open));
}

#[tokio::test]
async fn a_second_that_is_used_up_is_waited_out_and_a_month_closes_the_source() {
    let limits = |remaining: &'static str| {
        [
            ("x-ratelimit-limit", "1, 2000"),
            ("x-ratelimit-policy", "1;w=1, 2000;w=2592000"),
            ("x-ratelimit-remaining", remaining),
            ("x-ratelimit-reset", "0, 1419704"),
        ]
    };
    let (result, state, asked) = told(move |number, _| match number {
        0 => respond(429, &limits("0, 1985"), RATE_LIMITED),
        _ => respond(200, &limits("1, 1984"), PAGE),
    })
    .await;
    assert_eq!((result.unwrap().records.len(), state, asked), (4, LaneState::Closed, 2));
    let (result, state, asked) = told(move |_, _| respond(429, &limits("0, 0"), RATE_LIMITED)).await;
    let error = result.unwrap_err();
    assert_eq!((error.code(), state, asked), ("rate_limited", LaneState::Open, 1));
    let days = (error.retry_at().unwrap() - DateTime::UNIX_EPOCH).num_days();
    assert_eq!(days, 16);
}

#[test]
fn phrases_years_and_operators_are_brave_s_own() {
    let query = Query::parse("crispr \"base editing\" -review title:cas9 year:2020..2024 author:doudna").unwrap();
    let plan = plan::plan(&query, &CAPABILITIES).unwrap();
    assert_eq!(
        hosted().translate(&plan),
        "q=crispr \"base editing\" intitle:cas9 doudna -review&freshness=2020-01-01to2024-12-31"
    );
    let by_source = |clause: &str| {
        plan.applied
            .iter()
            .find(|filter| filter.clause == clause)
            .map(|filter| filter.applied == plan::AppliedBy::Source)
    };
    assert_eq!((by_source("\"base editing\""), by_source("title:cas9")), (Some(true), Some(false)));
}

#[test]
fn an_open_end_of_the_years_is_long_ago_or_far_away() {
    let of = |from: Option<i32>, to: Option<i32>| freshness(YearRange { from, to });
    assert_eq!(of(Some(2020), None), "2020-01-01to2099-12-31");
    assert_eq!(of(None, Some(2019)), "1970-01-01to2019-12-31");
    assert_eq!(of(None, Some(1950)), "1950-01-01to1950-12-31");
    assert_eq!(of(Some(2500), None), "2500-01-01to2500-12-31");
}

#[test]
fn the_request_has_the_key_in_a_header_and_asks_for_pages_only() {
    let call = hosted().call(&Question::of(&plan(vec![word(Field::Any, "lamps"), years(2024, 2024)])), 100);
    assert_eq!(
        call.url.as_str(),
        "https://api.search.brave.com/res/v1/web/search?q=lamps&freshness=2024-01-01to2024-12-31&count=20\
         &result_filter=web&text_decorations=false&spellcheck=false"
    );
    assert_eq!((call.headers[0].0.as_str(), call.headers[0].1.to_str().unwrap()), ("x-subscription-token", "token"));
    assert!(call.headers[0].1.is_sensitive());
    let without = brave("https://api.search.brave.com/res/v1", None);
    assert!(without.call(&Question::of(&plan(vec![])), 5).headers.is_empty());
    assert!(!entry_of(SourceId::Brave).cache.store, "the terms allow transient copies only");
}

#[tokio::test]
async fn what_brave_would_not_read_to_its_end_is_not_asked_and_not_cut() {
    let server = Server::start(|_, _| respond(200, &[], EMPTY)).await;
    let brave = brave(server.url("").as_str(), Some("t"));
    let words = |count: usize| plan(vec![phrase(Field::Any, &"ab ".repeat(count))]);
    let long = plan(vec![word(Field::Any, &"é".repeat(401))]);
    let error = search(&brave, &words(51), &fetcher()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot be asked this: it reads at most 400 characters and 50 words, and this query has 154 and 51"
    );
    assert_eq!(search(&brave, &long, &fetcher()).await.unwrap_err().code(), "unsupported");
    assert_eq!(
        search(&brave, &plan(vec![word(Field::Any, "\"\"")]), &fetcher()).await.unwrap_err().code(),
        "unsupported"
    );
    assert_eq!(server.count(), 0);
    assert!(search(&brave, &words(50), &fetcher()).await.is_ok());
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(
        body in prop_oneof![mutated(PAGE), mutated(ALTERED), mutated(TOKEN_MISSING), mutated(ERRORS)]
    ) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && !record.source_id.is_empty()));
        }
        let _ = answers::failure_of(&body);
    }

    #[test]
    fn quotes_are_balanced_and_no_operator_comes_from_a_word(text in "[\"“:()a-c \\-+]{1,20}", quote: bool) {
        let leaf = if quote { phrase(Field::Any, &text) } else { word(Field::Any, &text) };
        let asked = Question::of(&plan(vec![leaf])).q;
        prop_assert!(asked.matches('"').count().is_multiple_of(2), "{}", asked);
        prop_assert!(!asked.contains([':', '(', ')', '“']) && !asked.starts_with(['-', '+']), "{}", asked);
    }
}
