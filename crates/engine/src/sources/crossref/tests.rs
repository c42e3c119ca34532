use proptest::prelude::*;

use super::*;
use crate::{
    item::{DateKind, RelationKind},
    query::Expr,
    sources::testing::{identifier, kind, mutated, plan, reply, settings, word, years},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/crossref/page.json");
const WORK: &[u8] = include_bytes!("../../../recordings/crossref/work.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/crossref/empty.json");
const INVALID: &[u8] = include_bytes!("../../../recordings/crossref/validation_failure.json");
const NOT_FOUND: &[u8] = include_bytes!("../../../recordings/crossref/not_found.txt");
const TOO_MANY: &[u8] = include_bytes!("../../../recordings/crossref/too_many.html");

fn crossref(key: Option<&str>, contact: Option<&str>) -> Crossref {
    let settings = settings("https://api.crossref.org", key, contact);
    Crossref { base_url: settings.base_url, key: settings.key, contact: settings.contact }
}

fn search() -> Question {
    Question::of(&plan(vec![word(Field::Any, "lamps")]))
}

#[test]
fn the_usual_list_is_read_once() {
    let once = answers::read_once(PAGE, None).unwrap();
    assert_eq!(once.page(), answers::read_twice(PAGE, None));
    assert!(answers::read_once(WORK, None).is_none());
}

#[test]
fn a_work_is_read_with_its_markup_and_its_published_licence() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.reported, Some(98_765));
    let work = &page.records[0];
    assert_eq!(work.source_id, "10.5555/lamps.2024.7");
    assert_eq!(work.doi.as_deref(), Some("10.5555/lamps.2024.7"));
    assert_eq!(work.title, "Lamps & light: effect of CO2: A trial");
    assert_eq!(work.abstract_text.as_deref(), Some("Background: We lit lamps."));
    assert!(!work.abstract_licence_ok);
    assert_eq!(work.venue.as_deref(), Some("Journal of Lamps"));
    assert_eq!(work.pages.as_deref(), Some("1-12"));
    assert_eq!(work.issn, ["1234-567X", "1234-5688"]);
    assert_eq!(work.licence.as_deref(), Some("https://creativecommons.org/licenses/by/4.0"));
    assert_eq!((work.citations, work.references_count), (Some(17), Some(42)));
    assert_eq!(work.kind, WorkType::Article);
    assert_eq!(work.score_native, Some(53.9));
    let date = work.date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2024-05-08", DateKind::Published));
}

#[test]
fn authors_are_persons_groups_and_lone_family_names() {
    let page = parse(PAGE, None).unwrap();
    let authors = &page.records[0].authors;
    assert_eq!(authors.len(), 3);
    assert_eq!((authors[0].name.as_str(), authors[0].orcid.as_deref()), ("Ada Lichtmann", Some("0000-0002-1825-0097")));
    assert_eq!(authors[0].affiliation.as_deref(), Some("Institute of Lamps"));
    assert_eq!((authors[1].name.as_str(), authors[1].family.as_deref()), ("LAMP Study Group", None));
    assert_eq!((authors[2].name.as_str(), authors[2].given.as_deref()), ("Wick", None));
}

#[test]
fn only_a_retraction_retracts_and_its_notice_is_a_notice() {
    let page = parse(PAGE, None).unwrap();
    assert!(page.records[0].is_retracted);
    assert_eq!(page.records[0].retraction_notice_doi.as_deref(), Some("10.5555/lamps.2025.99"));
    assert_eq!(page.records[2].kind, WorkType::Notice);
    assert!(!page.records[2].is_retracted);
    let corrected =
        br#"{"message":{"DOI":"10.5555/x","title":["X"],"updated-by":[{"DOI":"10.5555/y","type":"correction"}]}}"#;
    assert!(!parse(corrected, None).unwrap().records[0].is_retracted);
}

#[test]
fn preprint_and_article_name_each_other() {
    let page = parse(PAGE, None).unwrap();
    let relation = &page.records[0].version_of[0];
    assert_eq!((relation.kind, &relation.target), (RelationKind::HasPreprint, &Identifier::Arxiv("2401.01234".into())));
    let relation = &page.records[1].version_of[0];
    assert_eq!(
        (relation.kind, &relation.target),
        (RelationKind::PreprintOf, &Identifier::Doi("10.5555/lamps.2024.8".into()))
    );
    assert_eq!(page.records[1].kind, WorkType::Preprint);
    assert_eq!(page.records[1].venue.as_deref(), Some("Lampology"));
    assert_eq!(page.records[1].date.as_ref().unwrap().kind, DateKind::Preprint);
}

#[test]
fn an_isbn_behind_an_address_stands_alone_and_nothing_behind_one_is_none() {
    let page = br#"{"message":{"items":[{"DOI":"10.5555/a","title":["A"],"ISBN":["http://isbn.example/ 978-1 ","http://"]}]}}"#;
    assert_eq!(parse(page, None).unwrap().records[0].isbn, ["978-1"]);
}

#[test]
fn null_dates_fall_back_and_wrong_types_do_not_spoil_a_work() {
    let page = parse(PAGE, None).unwrap();
    let undated = &page.records[3];
    assert_eq!(undated.title, "0");
    assert_eq!(undated.date.as_ref().map(|date| (date.year, date.kind)), Some((1999, DateKind::Created)));
    assert_eq!(undated.isbn, ["9780000000002"]);
    assert_eq!(undated.venue.as_deref(), Some("A book of lamps"));
    let odd = &page.records[4];
    assert_eq!(odd.title, "A title that is no list");
    assert_eq!(odd.authors[0].name, "Alone");
    assert_eq!((odd.citations, odd.volume.as_deref(), odd.kind), (Some(5), Some("12"), WorkType::Other));
    assert_eq!(odd.date.as_ref().map(ToString::to_string).as_deref(), Some("2001"), "no month 13");
}

#[test]
fn works_without_title_or_doi_are_counted_and_keep_their_places() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.malformed, 3);
    assert_eq!(page.records.iter().map(|record| record.rank_native).collect::<Vec<_>>(), [1, 2, 3, 4, 8]);
}

#[test]
fn a_single_work_is_a_page_of_one() {
    let page = parse(WORK, None).unwrap();
    assert_eq!((page.records.len(), page.reported), (1, Some(1)));
    assert_eq!(page.records[0].venue.as_deref(), Some("Example Preprints"));
    assert_eq!(page.records[0].language.as_deref(), Some("en"));
    assert_eq!(parse(EMPTY, None).unwrap(), Page { reported: Some(0), ..Page::default() });
}

#[test]
fn a_refused_query_says_why() {
    let error = read(&reply(400, INVALID), &search(), None).unwrap_err();
    assert_eq!(
        error,
        SourceError::BadQuery {
            message:
                "Select institution specified but it is not available for this route.; Integer specified as x must \
                      be a positive integer"
                    .into()
        }
    );
    assert_eq!(read(&reply(400, TOO_MANY), &search(), None).unwrap_err().code(), "bad_query");
}

#[test]
fn an_unknown_doi_is_no_error_and_a_missing_route_is() {
    let one = Question::Doi("10.5555/x".into());
    assert_eq!(read(&reply(404, NOT_FOUND), &one, None).unwrap().records.len(), 0);
    let error = read(&reply(404, NOT_FOUND), &search(), None).unwrap_err();
    assert_eq!(error, SourceError::BadQuery { message: "Resource not found.".into() });
}

#[test]
fn what_is_no_answer_is_malformed() {
    for body in [TOO_MANY, b"", NOT_FOUND, b"{}", b"{\"message\":null}", b"{\"message\":{\"items\":7}}", &PAGE[..900]] {
        assert_eq!(read(&reply(200, body), &search(), None).unwrap_err().code(), "malformed");
    }
}

#[test]
fn words_go_into_the_parameter_of_their_field() {
    let query = plan(vec![
        word(Field::Any, "base"),
        word(Field::Any, "editing*"),
        word(Field::Title, "crispr"),
        word(Field::Author, "doudna"),
        years(2020, 2024),
        Expr::Or(vec![kind(WorkType::Article), kind(WorkType::Chapter)]),
    ]);
    assert_eq!(
        crossref(None, None).translate(&query),
        "query=base editing&query.title=crispr&query.author=doudna&filter=from-pub-date:2020,until-pub-date:2024,\
         type:journal-article,type:book-chapter,type:book-section,type:book-part"
    );
}

#[test]
fn every_type_that_can_be_asked_for_has_a_name_that_is_read_back() {
    for asked in CAPABILITIES.types {
        for name in names_of(*asked) {
            let body = format!("{{\"message\":{{\"DOI\":\"10.5555/x\",\"title\":[\"X\"],\"type\":\"{name}\"}}}}");
            assert_eq!(parse(body.as_bytes(), None).unwrap().records[0].kind, *asked, "{name}");
        }
    }
}

#[test]
fn a_doi_alone_is_looked_up_and_beside_others_it_filters() {
    let doi = identifier(Identifier::Doi("10.5555/a(b)/c".into()));
    let alone = plan(vec![doi.clone()]);
    assert_eq!(crossref(None, None).translate(&alone), "doi=10.5555/a(b)/c");
    let call = crossref(None, Some("a@example.org")).call(&Question::of(&alone), 25);
    assert_eq!(call.url.as_str(), "https://api.crossref.org/works/10.5555%2Fa(b)%2Fc?mailto=a%40example.org");
    let beside = plan(vec![doi, word(Field::Any, "lamp")]);
    assert_eq!(crossref(None, None).translate(&beside), "query=lamp&filter=doi:10.5555/a(b)/c");
}

#[test]
fn the_request_selects_what_is_mapped_and_says_who_asks() {
    let call = crossref(Some("token"), Some("a@example.org")).call(&search(), 20);
    let pairs: Vec<_> = call.url.query_pairs().collect();
    assert!(pairs.contains(&("rows".into(), "20".into())));
    assert!(pairs.contains(&("select".into(), SELECT.into())));
    assert!(pairs.contains(&("mailto".into(), "a@example.org".into())));
    assert_eq!(call.headers[0].0, "crossref-plus-api-token");
    assert_eq!(call.headers[0].1, "Bearer token");
    assert!(call.headers[0].1.is_sensitive());
    assert!(crossref(Some("bad\nkey"), None).call(&search(), 20).headers.is_empty());
}

proptest! {
    #[test]
    fn a_list_is_read_once_as_it_is_read_twice(body in mutated(PAGE)) {
        if let Some(answer) = answers::read_once(&body, None) {
            prop_assert_eq!(answer.page(), answers::read_twice(&body, None));
        }
    }

    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(body in prop_oneof![mutated(PAGE), mutated(WORK), mutated(INVALID)]) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && record.doi.is_some()));
        }
        let _ = answers::message_of(&body);
    }
}
