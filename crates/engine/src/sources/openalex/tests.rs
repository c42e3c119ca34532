use proptest::prelude::*;

use super::*;
use crate::{
    item::{DateKind, OaStatus},
    query::Expr,
    sources::testing::{identifier, kind, mutated, not, open, phrase, plan, reply, settings, word, years},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/openalex/page.json");
const WORK: &[u8] = include_bytes!("../../../recordings/openalex/work.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/openalex/empty.json");
const INVALID: &[u8] = include_bytes!("../../../recordings/openalex/invalid.json");
const NOT_FOUND: &[u8] = include_bytes!("../../../recordings/openalex/not_found.html");

fn openalex(key: Option<&str>) -> OpenAlex {
    let settings = settings("https://api.openalex.org", key, None);
    OpenAlex { base_url: settings.base_url, key: settings.key }
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
fn a_work_is_read_with_its_abstract_put_together() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.reported, Some(4321));
    let work = &page.records[0];
    assert_eq!((work.source_id.as_str(), work.openalex_id.as_deref()), ("W4400000001", Some("W4400000001")));
    assert_eq!(work.title, "Lamps & light: effect of CO2");
    assert_eq!(work.abstract_text.as_deref(), Some("We lit lamps. They are lamps."));
    assert!(work.abstract_licence_ok);
    assert_eq!(work.doi.as_deref(), Some("10.5555/lamps.2024.7"));
    assert_eq!((work.pmid.as_deref(), work.pmcid.as_deref()), (Some("31000001"), Some("PMC7000001")));
    assert_eq!(work.arxiv_id.as_deref(), Some("2401.01234"), "from the place at arXiv");
    assert_eq!(work.venue.as_deref(), Some("Journal of Lamps"));
    assert_eq!(work.issn, ["1234-567X", "1234-5688"]);
    assert_eq!(work.pages.as_deref(), Some("1-12"));
    assert_eq!(work.url.as_deref(), Some("https://doi.org/10.5555/lamps.2024.7"));
    assert_eq!(work.pdf_url.as_deref(), Some("https://arxiv.org/pdf/2401.01234"));
    assert_eq!((work.oa_status, work.licence.as_deref()), (Some(OaStatus::Green), Some("cc-by")));
    assert_eq!((work.citations, work.references_count), (Some(17), Some(42)));
    assert_eq!(work.topics, ["Lighting", "Lamp"]);
    assert!(work.is_retracted);
    assert_eq!(work.score_native, Some(812.3));
    let date = work.date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2024-05-08", DateKind::Published));
}

#[test]
fn an_author_without_a_profile_keeps_the_name_of_the_byline() {
    let page = parse(PAGE, None).unwrap();
    let authors = &page.records[0].authors;
    assert_eq!(authors.len(), 2);
    assert_eq!((authors[0].name.as_str(), authors[0].orcid.as_deref()), ("Ada Lichtmann", Some("0000-0002-1825-0097")));
    assert_eq!(authors[0].affiliation.as_deref(), Some("Institute of Lamps"));
    assert_eq!((authors[1].given.as_deref(), authors[1].family.as_deref()), (Some("José"), Some("van den Lux")));
}

#[test]
fn an_arxiv_doi_is_an_arxiv_id_and_an_unknown_status_is_still_open() {
    let preprint = &parse(PAGE, None).unwrap().records[1];
    assert_eq!((preprint.arxiv_id.as_deref(), preprint.kind), (Some("2401.01234"), WorkType::Preprint));
    assert_eq!(preprint.oa_status, Some(OaStatus::Open));
    assert_eq!(preprint.date.as_ref().unwrap().kind, DateKind::Preprint);
}

#[test]
fn every_null_is_survived() {
    let page = parse(PAGE, None).unwrap();
    let bare = &page.records[2];
    assert_eq!(bare.title, "0");
    assert_eq!(bare.date.as_ref().map(ToString::to_string).as_deref(), Some("2019"));
    assert_eq!(bare.url.as_deref(), Some("https://openalex.org/W4400000003"));
    assert_eq!((bare.citations, bare.venue.as_deref(), bare.oa_status), (None, None, None));
    let odd = &page.records[3];
    assert_eq!((odd.kind, odd.oa_status), (WorkType::Conference, Some(OaStatus::Closed)));
    assert_eq!((odd.volume.as_deref(), odd.pages.as_deref()), (Some("3"), Some("7")));
    assert_eq!(odd.date.as_ref().map(|date| date.year), Some(2020));
    assert_eq!(page.malformed, 3, "no title, no id, no object");
}

#[test]
fn a_single_work_is_a_page_of_one() {
    let page = parse(WORK, None).unwrap();
    assert_eq!((page.records.len(), page.reported), (1, Some(1)));
    assert_eq!(parse(EMPTY, None).unwrap(), Page { reported: Some(0), ..Page::default() });
}

#[test]
fn a_refused_query_says_why_and_an_unknown_work_is_no_error() {
    let error = read(&reply(400, INVALID), &search(), None).unwrap_err().to_string();
    assert!(error.contains("host_venue is not a valid field"), "{error}");
    let single = Question::Single("doi:10.5555/x".into());
    assert_eq!(read(&reply(404, NOT_FOUND), &single, None).unwrap().records.len(), 0);
    assert_eq!(read(&reply(404, NOT_FOUND), &search(), None).unwrap_err().code(), "bad_query");
}

#[test]
fn what_is_no_answer_is_malformed() {
    for body in [NOT_FOUND, b"", b"{}", b"[]", b"{\"results\":7}", &PAGE[..900]] {
        assert_eq!(read(&reply(200, body), &search(), None).unwrap_err().code(), "malformed");
    }
    assert_eq!(parse(INVALID, None).unwrap_err().code(), "bad_query");
}

#[test]
fn words_of_a_field_go_into_its_filter() {
    let query = plan(vec![
        Expr::Or(vec![word(Field::Any, "crispr"), phrase(Field::Any, "base editing")]),
        not(word(Field::Any, "review")),
        word(Field::Title, "cas9"),
        word(Field::Author, "doudna"),
        word(Field::Abstract, "a,b|c"),
        years(2020, 2024),
        open(true),
        Expr::Or(vec![kind(WorkType::Article), kind(WorkType::Notice)]),
    ]);
    assert_eq!(
        openalex(None).translate(&query),
        "search=(crispr OR \"base editing\") NOT review&filter=title.search:cas9,abstract.search:(a AND b AND c),\
         raw_author_name.search:doudna,publication_year:2020-2024,is_oa:true,\
         type:article|letter|editorial|erratum|retraction"
    );
}

#[test]
fn no_character_that_parts_filters_or_widens_words_gets_through() {
    let query = plan(vec![phrase(Field::Any, "a*,b|c:~d \"e\""), years(None, 2020)]);
    assert_eq!(openalex(None).translate(&query), "search=\"a b c d e\"&filter=to_publication_date:2020-12-31");
    let query = plan(vec![word(Field::Title, "x"), years(2020, 2020)]);
    assert_eq!(openalex(None).translate(&query), "filter=title.search:x,publication_year:2020");
}

#[test]
fn an_identifier_alone_is_a_single_record_and_beside_others_a_filter() {
    let doi = identifier(Identifier::Doi("10.5555/a,b".into()));
    let call = openalex(None).call(&Question::of(&plan(vec![doi.clone()])), 25);
    assert!(
        call.url.as_str().starts_with("https://api.openalex.org/works/doi:10.5555/a,b?select=id%2Cdoi"),
        "{}",
        call.url
    );
    assert_eq!(call.cost_micros, 0);
    assert_eq!(openalex(None).translate(&plan(vec![doi, open(true)])), "filter=doi:10.5555/ab,is_oa:true");
    let others = [
        (Identifier::Arxiv("2101.00001".into()), "id=doi:10.48550/arxiv.2101.00001"),
        (Identifier::Pmid("12".into()), "id=pmid:12"),
        (Identifier::Pmcid("PMC12".into()), "id=pmcid:PMC12"),
    ];
    for (id, wanted) in others {
        assert_eq!(openalex(None).translate(&plan(vec![identifier(id)])), wanted);
    }
}

#[test]
fn searching_costs_more_than_filtering() {
    let cost = |pushed| openalex(None).call(&Question::of(&plan(pushed)), 25).cost_micros;
    assert_eq!(cost(vec![word(Field::Any, "lamp")]), 1_000);
    assert_eq!(cost(vec![word(Field::Title, "lamp")]), 1_000);
    assert_eq!(cost(vec![years(2020, None), open(true)]), 100);
}

#[test]
fn the_request_selects_what_is_mapped_and_hides_its_key() {
    let call = openalex(Some("secret")).call(&search(), 500);
    let pairs: Vec<_> = call.url.query_pairs().collect();
    assert!(pairs.contains(&("per_page".into(), "100".into())));
    assert!(pairs.contains(&("select".into(), format!("{SELECT},relevance_score").into())));
    assert!(!call.url.as_str().contains("secret"));
    assert_eq!((call.headers[0].0.as_str(), call.headers[0].1.to_str().unwrap()), ("authorization", "Bearer secret"));
    assert!(call.headers[0].1.is_sensitive());
}

#[test]
fn every_type_that_can_be_asked_for_has_a_name_that_is_read_back() {
    for asked in CAPABILITIES.types {
        for name in names_of(*asked) {
            let body = format!("{{\"id\":\"W1\",\"title\":\"X\",\"type\":\"{name}\"}}");
            assert_eq!(parse(body.as_bytes(), None).unwrap().records[0].kind, *asked, "{name}");
        }
    }
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
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && record.openalex_id.is_some()));
        }
        let _ = answers::message_of(&body);
    }
}
