use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::{
    item::{DateKind, OaStatus, RelationKind},
    sources::testing::{identifier, mutated, not, phrase, plan, reply, settings, word, years},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/arxiv/page.xml");
const EMPTY: &[u8] = include_bytes!("../../../recordings/arxiv/empty.xml");
const EMPTY_PAGE: &[u8] = include_bytes!("../../../recordings/arxiv/empty_page.xml");
const ERROR: &[u8] = include_bytes!("../../../recordings/arxiv/error.xml");
const RATE_EXCEEDED: &[u8] = include_bytes!("../../../recordings/arxiv/rate_exceeded.txt");

fn arxiv() -> Arxiv {
    Arxiv { base_url: settings("https://export.arxiv.org", None, None).base_url }
}

#[test]
fn a_feed_gives_records_whatever_the_order_of_its_elements() {
    let page = parse(PAGE, Some(DateTime::UNIX_EPOCH)).unwrap();
    assert_eq!(page.reported, Some(1234));
    assert_eq!(page.malformed, 2, "one without an id, one without a title");
    let first = &page.records[0];
    assert_eq!(first.source_id, "2401.01234");
    assert_eq!(first.arxiv_id.as_deref(), Some("2401.01234"));
    assert_eq!(first.title, "Lamps that learn: a study of $x<y$ & mean <p>");
    assert_eq!(first.abstract_text.as_deref(), Some("We study lamps. They learn."));
    assert!(first.abstract_licence_ok);
    assert_eq!(
        first.date.as_ref().map(|date| (date.to_string(), date.kind)),
        Some(("2024-01-03".into(), DateKind::Preprint))
    );
    assert_eq!(first.topics, ["physics.optics", "cs.LG"], "the primary category first, none twice");
    assert_eq!(first.url.as_deref(), Some("https://arxiv.org/abs/2401.01234"));
    assert_eq!(first.pdf_url.as_deref(), Some("https://arxiv.org/pdf/2401.01234v3"));
    assert_eq!(first.oa_status, Some(OaStatus::Green));
    assert_eq!(first.fetched_at, Some(DateTime::UNIX_EPOCH));
    assert_eq!(first.rank_native, 1);
    assert!(!first.is_retracted);
    let authors: Vec<_> = first.authors.iter().map(|author| (author.name.as_str(), author.family.as_deref())).collect();
    assert_eq!(
        authors,
        [("Ada Lichtmann", Some("Lichtmann")), ("José van den Lux", Some("van den Lux")), ("LAMP Collaboration", None)]
    );
    assert_eq!(first.authors[0].affiliation.as_deref(), Some("Institute of Lamps, Graz"));
}

#[test]
fn the_doi_at_arxiv_names_the_published_version() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.records[0].doi.as_deref(), Some("10.5555/lamps.2024.7"));
    assert_eq!(page.records[0].version_of[0].kind, RelationKind::PreprintOf);
    assert_eq!(page.records[0].version_of[0].target, Identifier::Doi("10.5555/lamps.2024.7".into()));
    assert!(page.records[1].version_of.is_empty());
}

#[test]
fn an_old_id_keeps_its_archive_and_addresses_go_over_tls() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.records[1].source_id, "solv-int/9701001");
    assert_eq!(page.records[1].pdf_url.as_deref(), Some("https://arxiv.org/pdf/solv-int/9701001v1"));
}

#[test]
fn zero_is_a_title_and_an_abstract_may_be_missing() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.records[2].title, "0");
    assert_eq!(page.records[2].abstract_text, None);
    assert_eq!(page.records[2].pdf_url.as_deref(), Some("https://arxiv.org/pdf/2104.54321"));
}

#[test]
fn a_withdrawn_paper_is_flagged() {
    assert!(parse(PAGE, None).unwrap().records[3].is_retracted);
}

#[test]
fn no_results_are_an_answer_and_a_missing_page_is_warned_of() {
    let page = parse(EMPTY, None).unwrap();
    assert_eq!((page.records.len(), page.reported), (0, Some(0)));
    assert!(page.warnings.is_empty());
    let page = parse(EMPTY_PAGE, None).unwrap();
    assert_eq!((page.records.len(), page.reported), (0, Some(42)));
    assert_eq!(page.warnings.len(), 1);
}

#[test]
fn the_error_feed_is_a_bad_query_with_either_status() {
    for status in [200, 400] {
        let error = read(&reply(status, ERROR), None).unwrap_err();
        assert_eq!(error, SourceError::BadQuery { message: "incorrect id format for abc".into() });
    }
}

#[test]
fn what_is_no_feed_is_malformed_or_the_query_s_fault() {
    for body in [RATE_EXCEEDED, b"", b"<html><body>x</body></html>", &PAGE[..PAGE.len() / 2], b"{}"] {
        assert_eq!(read(&reply(200, body), None).unwrap_err().code(), "malformed");
    }
    let error = read(&reply(400, b"<html><title>400</title><p>Bad request</p></html>"), None).unwrap_err();
    assert_eq!(error.code(), "bad_query");
}

#[test]
fn every_word_has_its_prefix() {
    let query = plan(vec![
        word(Field::Any, "crispr"),
        phrase(Field::Title, "base editing"),
        Expr::Or(vec![word(Field::Author, "doudna"), word(Field::Abstract, "cas9")]),
        not(word(Field::Any, "review")),
        years(2020, 2024),
    ]);
    assert_eq!(
        arxiv().translate(&query),
        "search_query=all:crispr AND ti:\"base editing\" AND (au:doudna OR abs:cas9) AND \
         submittedDate:[202001010000 TO 202412312359] ANDNOT all:review"
    );
}

#[test]
fn open_ends_of_years_and_odd_characters_are_spelled_out() {
    let query = plan(vec![word(Field::Title, "f(x):\"y\""), years(2020, None), years(None, 2021)]);
    assert_eq!(
        arxiv().translate(&query),
        "search_query=(ti:f AND ti:x AND ti:y) AND submittedDate:[202001010000 TO 299912312359] AND \
         submittedDate:[199101010000 TO 202112312359]"
    );
}

#[test]
fn one_id_goes_into_the_list_and_choices_of_ids_into_the_query() {
    let id = |id: &str| identifier(Identifier::Arxiv(id.to_owned()));
    assert_eq!(arxiv().translate(&plan(vec![id("2101.00001")])), "id_list=2101.00001");
    let both = plan(vec![word(Field::Any, "lamp"), id("2101.00001")]);
    assert_eq!(arxiv().translate(&both), "search_query=all:lamp&id_list=2101.00001");
    let either = plan(vec![Expr::Or(vec![id("2101.00001"), id("2101.00002")])]);
    assert_eq!(arxiv().translate(&either), "search_query=(id:2101.00001 OR id:2101.00002)");
}

#[test]
fn the_request_asks_for_a_page_by_relevance() {
    let call = arxiv().call(&Question::of(&plan(vec![word(Field::Any, "lamp")])), 500);
    assert_eq!(
        call.url.as_str(),
        "https://export.arxiv.org/api/query?search_query=all%3Alamp&start=0&max_results=100&sortBy=relevance&\
         sortOrder=descending"
    );
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(body in prop_oneof![mutated(PAGE), mutated(ERROR)]) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && !record.source_id.is_empty()));
        }
    }
}
