use proptest::prelude::*;

use super::*;
use crate::{
    item::{DateKind, OaStatus, RelationKind},
    query::Expr,
    sources::testing::{identifier, kind, mutated, not, open, phrase, plan, reply, settings, word, years},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/europepmc/page.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/europepmc/empty.json");
const NO_LIST: &[u8] = include_bytes!("../../../recordings/europepmc/no_list.json");
const ERROR: &[u8] = include_bytes!("../../../recordings/europepmc/error.json");
const SERVER_ERROR: &[u8] = include_bytes!("../../../recordings/europepmc/server_error.html");

fn europepmc() -> EuropePmc {
    EuropePmc { base_url: settings("https://www.ebi.ac.uk/europepmc/webservices/rest", None, None).base_url }
}

#[test]
fn a_hit_is_read_with_its_headings_and_its_free_pdf() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.reported, Some(3210));
    let hit = &page.records[0];
    assert_eq!(hit.source_id, "MED/31000001");
    assert_eq!(hit.title, "Effect of CO2 on Lampyris glow");
    assert_eq!(hit.abstract_text.as_deref(), Some("Background: Glow is bright (p<0.05). Methods: We looked."));
    assert_eq!((hit.pmid.as_deref(), hit.pmcid.as_deref()), (Some("31000001"), Some("PMC7000001")));
    assert_eq!(hit.doi.as_deref(), Some("10.5555/lamps.2019.1253"));
    assert_eq!(hit.venue.as_deref(), Some("Journal of lamps & light"));
    assert_eq!(
        (hit.volume.as_deref(), hit.issue.as_deref(), hit.pages.as_deref()),
        (Some("12"), Some("3"), Some("1253-1259"))
    );
    assert_eq!(hit.issn, ["1234-5688", "1234-567X"]);
    assert_eq!(hit.kind, WorkType::Review);
    assert_eq!(hit.language.as_deref(), Some("en"));
    assert_eq!(hit.url.as_deref(), Some("https://europepmc.org/article/MED/31000001"));
    assert_eq!(hit.pdf_url.as_deref(), Some("https://europepmc.org/articles/PMC7000001?pdf=render"));
    assert_eq!((hit.oa_status, hit.licence.as_deref(), hit.citations), (Some(OaStatus::Open), Some("cc by"), Some(17)));
    assert_eq!(hit.topics, ["Light", "Humans", "glow worms"]);
    let date = hit.date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2019-10-21", DateKind::Published));
}

#[test]
fn authors_come_from_the_list_else_from_the_text() {
    let page = parse(PAGE, None).unwrap();
    let listed = &page.records[0].authors;
    let names: Vec<_> = listed.iter().map(|author| author.name.as_str()).collect();
    assert_eq!(names, ["Ada B Lichtmann", "J García-Núñez", "LAMP Study Group"]);
    assert_eq!(listed[0].orcid.as_deref(), Some("0000-0002-1825-0097"));
    assert_eq!(listed[0].affiliation.as_deref(), Some("Institute of Lamps, Graz, Austria."));
    let written = &page.records[1].authors;
    assert_eq!((written.len(), written[1].family.as_deref()), (2, Some("Wick")));
    assert_eq!(page.records[3].authors[0].family.as_deref(), Some("Alone"));
}

#[test]
fn a_retraction_and_the_other_version_are_read_from_the_notes() {
    let page = parse(PAGE, None).unwrap();
    assert!(page.records[0].is_retracted);
    assert_eq!(page.records[0].retraction_notice_doi.as_deref(), Some("10.5555/lamps.2021.99"));
    let relation = &page.records[0].version_of[0];
    assert_eq!(relation.kind, RelationKind::HasPreprint);
    assert_eq!(relation.target, Identifier::Doi("10.1101/2019.01.05.19000001".into()));
    let relation = &page.records[1].version_of[0];
    assert_eq!((relation.kind, &relation.target), (RelationKind::PreprintOf, &Identifier::Pmid("31000001".into())));
}

#[test]
fn every_null_is_survived() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!((page.records[1].kind, page.records[1].venue.as_deref()), (WorkType::Preprint, Some("medRxiv")));
    assert_eq!(page.records[1].oa_status, None, "not in the open collection is not closed");
    assert_eq!((page.records[2].title.as_str(), page.records[2].kind), ("0", WorkType::Other));
    assert_eq!(page.records[2].date.as_ref().map(|date| date.year), Some(1999));
    assert_eq!(page.records[3].title, "Lamps in \"quotes\"...");
    assert_eq!(page.records[3].citations, Some(3));
    assert_eq!(page.malformed, 2);
}

#[test]
fn no_hits_are_an_answer_and_no_list_is_none() {
    assert_eq!(parse(EMPTY, None).unwrap(), Page { reported: Some(0), ..Page::default() });
    for body in [NO_LIST, SERVER_ERROR, b"", b"{}", b"{\"resultList\":null}", &PAGE[..700]] {
        assert_eq!(read(&reply(200, body), None).unwrap_err().code(), "malformed");
    }
    let busy = b"{\"errCode\":500,\"errMsg\":\"busy\"}";
    assert_eq!(read(&reply(200, busy), None).unwrap_err().code(), "malformed");
}

#[test]
fn an_error_is_the_query_s_with_any_status() {
    for status in [200, 400, 404] {
        let error = read(&reply(status, ERROR), None).unwrap_err();
        assert_eq!(error, SourceError::BadQuery { message: "No valid query was given: unbalanced brackets".into() });
    }
}

#[test]
fn each_word_has_its_field() {
    let query = plan(vec![
        word(Field::Any, "crispr"),
        phrase(Field::Title, "base editing"),
        Expr::Or(vec![word(Field::Author, "doudna"), word(Field::Abstract, "cas9")]),
        not(kind(WorkType::Review)),
        years(2020, 2024),
        open(true),
    ]);
    assert_eq!(
        europepmc().translate(&query),
        "crispr AND TITLE:\"base editing\" AND (AUTH:\"doudna\" OR ABSTRACT:cas9) AND PUB_YEAR:[2020 TO 2024] AND \
         OPEN_ACCESS:y NOT PUB_TYPE:\"Review\""
    );
}

#[test]
fn identifiers_and_odd_characters_are_spelled_out() {
    let query = plan(vec![Expr::Or(vec![
        identifier(Identifier::Doi("10.5555/a\"b".into())),
        identifier(Identifier::Pmid("123".into())),
        identifier(Identifier::Pmcid("PMC9".into())),
    ])]);
    assert_eq!(europepmc().translate(&query), "(DOI:\"10.5555/ab\" OR (EXT_ID:123 AND SRC:MED) OR PMCID:PMC9)");
    let query = plan(vec![word(Field::Title, "a/b [c]"), years(None, 2000)]);
    assert_eq!(europepmc().translate(&query), "(TITLE:a AND TITLE:b AND TITLE:c) AND PUB_YEAR:[1000 TO 2000]");
}

#[test]
fn the_request_asks_for_whole_records() {
    let call = europepmc().call("lamp", 25);
    assert_eq!(
        call.url.as_str(),
        "https://www.ebi.ac.uk/europepmc/webservices/rest/search?query=lamp&format=json&resultType=core&pageSize=25&\
         cursorMark=*&synonym=TRUE"
    );
}

#[test]
fn a_title_loses_its_full_stop_and_the_space_that_it_leaves() {
    for (raw, wanted) in [("A title.", "A title"), ("A title .", "A title"), ("A title...", "A title..."), (".", ".")] {
        let body =
            format!("{{\"resultList\":{{\"result\":[{{\"id\":\"1\",\"source\":\"MED\",\"title\":\"{raw}\"}}]}}}}");
        assert_eq!(parse(body.as_bytes(), None).unwrap().records[0].title, wanted);
    }
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(body in prop_oneof![mutated(PAGE), mutated(ERROR)]) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && !record.source_id.is_empty()));
        }
        let _ = answers::message_of(&body);
    }
}
