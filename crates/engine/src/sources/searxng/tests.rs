use http::Method;
use proptest::prelude::*;

use super::*;
use crate::{
    clock::FixedClock,
    fetch::{
        FetchSettings,
        tests::server::{Server, answer as respond},
    },
    plan,
    query::{Field, Query},
    sources::testing::{mutated, plan, reply, settings, word},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/searxng/page.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/searxng/empty.json");
const SUSPENDED: &[u8] = include_bytes!("../../../recordings/searxng/suspended.json");
const FORBIDDEN: &[u8] = include_bytes!("../../../recordings/searxng/forbidden.html");
const TOO_MANY: &[u8] = include_bytes!("../../../recordings/searxng/too_many.html");
const INVALID: &[u8] = include_bytes!("../../../recordings/searxng/invalid.json");
const NO_QUERY: &[u8] = include_bytes!("../../../recordings/searxng/no_query.txt");

fn searxng(base_url: &str) -> Searxng {
    Searxng { base_url: settings(base_url, None, None).base_url }
}

/// What a search of the server at `base_url` comes to.
async fn search(base_url: &Url, limit: usize) -> Result<Page, SourceError> {
    let fetcher = Fetcher::new(FetchSettings::default(), FixedClock::at(DateTime::UNIX_EPOCH)).unwrap();
    let plan = plan(vec![word(Field::Any, "lamps")]);
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    let request = SourceRequest { plan: &plan, limit, deadline, now: DateTime::UNIX_EPOCH };
    searxng(base_url.as_str()).search(&request, &fetcher).await
}

#[test]
fn a_result_is_a_page_with_its_text_as_people_read_it_and_the_engines_that_found_it() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.reported, None, "`number_of_results` says nothing");
    let guide = &page.records[0];
    assert_eq!(guide.source_id, "example.org/lamps?id=7");
    assert_eq!(guide.url.as_deref(), Some("https://www.example.org/lamps/?utm_source=news&id=7#top"));
    assert_eq!(guide.title, "Lamps & light – a guide");
    assert_eq!(guide.abstract_text.as_deref(), Some("What every reader of lamps should know."));
    assert_eq!(guide.via.as_deref(), Some("duckduckgo, brave"));
    assert_eq!(guide.venue.as_deref(), Some("example.org"));
    assert_eq!((guide.kind, guide.date.clone(), guide.rank_native), (WorkType::Web, None, 1));
    assert!(guide.score_native.is_some_and(|score| score > 2.6));
}

#[test]
fn a_hit_whose_address_names_a_work_carries_its_identifier() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.records[1].pmid.as_deref(), Some("12345678"));
    assert_eq!(page.records[1].date.as_ref().map(ToString::to_string).as_deref(), Some("2024-05-08"));
    assert_eq!(page.records[2].doi.as_deref(), Some("10.5555/lamps.2024.7"));
    assert_eq!(page.records[3].arxiv_id.as_deref(), Some("2401.01234"));
    assert!(page.records[..4].iter().all(|record| record.kind == WorkType::Web));
}

#[test]
fn news_are_news_and_papers_are_papers() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.records[4].kind, WorkType::News);
    let paper = &page.records[5];
    assert_eq!((paper.kind, paper.doi.as_deref()), (WorkType::Article, Some("10.5555/lamps.2023.1")));
    assert_eq!(
        paper.authors.iter().map(|author| author.family.as_deref()).collect::<Vec<_>>(),
        [Some("Lichtmann"), Some("Wick")]
    );
    assert_eq!((paper.venue.as_deref(), paper.volume.as_deref()), (Some("Journal of Lamps"), Some("6")));
    assert_eq!((paper.issue.as_deref(), paper.pages.as_deref()), (Some("2"), Some("1-12")));
    assert_eq!(
        (paper.issn.as_slice(), paper.topics.as_slice()),
        (&["1234-567X".to_owned()][..], &["Lighting".to_owned()][..])
    );
    assert_eq!(paper.pdf_url.as_deref(), Some("https://journals.example.com/10.5555/lamps.2023.1.pdf"));
    assert_eq!(paper.date.as_ref().map(ToString::to_string).as_deref(), Some("2023-02-01"));
}

#[test]
fn nulls_and_wrong_types_do_not_spoil_a_result_and_what_is_none_is_counted() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!((page.records.len(), page.malformed), (8, 4), "without address, of no web address, without title, null");
    assert_eq!((page.records[6].title.as_str(), page.records[6].abstract_text.as_deref()), ("0", None));
    let odd = &page.records[7];
    assert_eq!((odd.kind, odd.via.as_deref(), odd.doi.as_deref()), (WorkType::Web, Some("google"), None));
    assert_eq!((odd.score_native, odd.date.clone()), (None, None));
}

#[test]
fn engines_that_did_not_answer_are_warned_of() {
    assert_eq!(
        parse(PAGE, None).unwrap().warnings,
        ["google did not answer: CAPTCHA", "startpage did not answer: timeout", "mojeek did not answer"]
    );
    let none = parse(SUSPENDED, None).unwrap();
    assert_eq!((none.records.len(), none.warnings.len()), (0, 2));
    assert_eq!(parse(EMPTY, None).unwrap(), Page::default());
}

#[tokio::test]
async fn a_403_says_what_must_be_in_its_settings() {
    let server = Server::start(|_, _| respond(403, &[("content-type", "text/html")], FORBIDDEN)).await;
    let error = search(&server.url("/"), 10).await.unwrap_err();
    assert_eq!(error.to_string(), "refused with status 403: `json` must be in `search.formats` of its settings.yml");
}

#[tokio::test]
async fn its_limiter_is_a_rate_limit_like_any_other() {
    let server = Server::start(|_, _| respond(429, &[("retry-after", "600")], TOO_MANY)).await;
    assert_eq!(search(&server.url("/"), 10).await.unwrap_err().code(), "rate_limited");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_search_takes_as_many_results_as_are_wanted() {
    let server = Server::start(|_, _| respond(200, &[], PAGE)).await;
    assert_eq!(search(&server.url("/searx"), 3).await.unwrap().records.len(), 3);
    assert!(
        server.requests()[0]
            .starts_with("GET /searx/search?q=lamps&format=json&categories=general%2Cnews%2Cit&pageno=1 ")
    );
}

#[test]
fn what_it_says_of_a_query_is_passed_on_and_what_is_no_answer_is_malformed() {
    let error = read(&reply(400, INVALID), None).unwrap_err();
    assert_eq!(error, SourceError::BadQuery { message: "Invalid value \"x\" for parameter pageno".into() });
    assert_eq!(read(&reply(400, NO_QUERY), None).unwrap_err(), SourceError::BadQuery { message: "No query".into() });
    for body in [FORBIDDEN, b"", NO_QUERY, b"{}", b"[]", b"{\"results\":null}", b"{\"results\":{}}", &PAGE[..900]] {
        assert_eq!(read(&reply(200, body), None).unwrap_err().code(), "malformed");
    }
}

#[test]
fn no_query_chooses_engines_languages_or_time_outs_of_the_instance() {
    let query = Query::parse("\"!google :de <9\" lamps -shop title:\"new light\" year:2020..2021").unwrap();
    let plan = plan::plan(&query, &CAPABILITIES).unwrap();
    assert_eq!(searxng("http://127.0.0.1").translate(&plan), "\"google de 9\" lamps new light -shop");
    let local: Vec<String> = plan.local.iter().map(ToString::to_string).collect();
    assert_eq!(local.len(), 4, "{local:?}");
}

#[test]
fn papers_are_left_to_the_sources_of_papers() {
    let query = Query::parse("lamps type:article").unwrap();
    let error = plan::plan(&query, &CAPABILITIES).unwrap_err();
    assert_eq!(error.to_string(), "cannot be asked this: it holds no journal articles, only web pages and news");
}

#[tokio::test]
async fn nothing_is_asked_for_no_word() {
    let server = Server::start(|_, _| respond(200, &[], PAGE)).await;
    let fetcher = Fetcher::new(FetchSettings::default(), FixedClock::at(DateTime::UNIX_EPOCH)).unwrap();
    let plan = plan(vec![word(Field::Any, "!!")]);
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    let request = SourceRequest { plan: &plan, limit: 1, deadline, now: DateTime::UNIX_EPOCH };
    let error = searxng(server.url("/").as_str()).search(&request, &fetcher).await.unwrap_err();
    assert_eq!((error.code(), server.count()), ("unsupported", 0));
}

#[test]
fn a_long_query_is_posted() {
    let searxng = searxng("http://127.0.0.1:9100");
    assert_eq!(searxng.call("lamps").method, Method::GET);
    let call = searxng.call(&"ламп ".repeat(100));
    assert_eq!((call.method, call.url.as_str()), (Method::POST, "http://127.0.0.1:9100/search"));
    let (form, kind) = call.body.unwrap();
    assert!(form.starts_with(b"q=%D0%BB") && form.ends_with(b"&format=json&categories=general%2Cnews%2Cit&pageno=1"));
    assert_eq!(kind, "application/x-www-form-urlencoded");
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(
        body in prop_oneof![mutated(PAGE), mutated(SUSPENDED), mutated(INVALID)]
    ) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && !record.source_id.is_empty()));
            prop_assert!(page.warnings.len() <= 20);
        }
        let _ = answers::message_of(&body);
    }

    #[test]
    fn no_word_comes_out_with_what_the_instance_takes_for_its_own(text in "[!:<?|\"()a-c \\-+]{1,20}") {
        let asked = searxng("http://127.0.0.1").translate(&plan(vec![word(Field::Any, &text)]));
        prop_assert!(!asked.contains(['!', ':', '<', '?', '|', '"', '(', ')']), "{}", asked);
        prop_assert!(asked.split(' ').all(|word| !word.starts_with(['-', '+'])), "{}", asked);
    }
}
