use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::{
    item::{DateKind, OaStatus, RelationKind},
    query::Expr,
    sources::testing::{identifier, kind, mutated, not, open, phrase, plan, reply, settings, word, years},
};

const ESEARCH: &[u8] = include_bytes!("../../../recordings/pubmed/esearch.json");
const NONE: &[u8] = include_bytes!("../../../recordings/pubmed/esearch_none.json");
const ESEARCH_ERROR: &[u8] = include_bytes!("../../../recordings/pubmed/esearch_error.json");
const BACKEND: &[u8] = include_bytes!("../../../recordings/pubmed/esearch_backend.json");
const RATE_LIMIT: &[u8] = include_bytes!("../../../recordings/pubmed/rate_limit.json");
const EFETCH: &[u8] = include_bytes!("../../../recordings/pubmed/efetch.xml");
const EFETCH_EMPTY: &[u8] = include_bytes!("../../../recordings/pubmed/efetch_empty.xml");
const EFETCH_ERROR: &[u8] = include_bytes!("../../../recordings/pubmed/efetch_error.xml");
const SERVER_ERROR: &[u8] = include_bytes!("../../../recordings/pubmed/server_error.html");

fn pubmed(key: Option<&str>, contact: Option<&str>) -> Pubmed {
    let settings = settings("https://eutils.ncbi.nlm.nih.gov/entrez/eutils", key, contact);
    Pubmed { base_url: settings.base_url, key: settings.key, contact: settings.contact }
}

#[test]
fn the_first_call_gives_ids_and_the_count() {
    let found = parse_ids(ESEARCH).unwrap();
    assert_eq!(found.ids, ["31000002", "31000001", "31000003", "31000004", "31000005"]);
    assert_eq!(found.count, Some(2428));
    assert!(found.warnings.is_empty());
}

#[test]
fn nothing_found_is_an_answer_that_says_which_words_are_unknown() {
    let found = parse_ids(NONE).unwrap();
    assert_eq!((found.ids.len(), found.count), (0, Some(0)));
    assert_eq!(
        found.warnings,
        ["PubMed does not know: xyzzyx", "PubMed left out: the", "PubMed does not know the phrase: \"lamp of xyzzyx\""]
    );
}

#[test]
fn errors_of_the_query_and_of_ncbi_are_told_apart() {
    let error = parse_ids(ESEARCH_ERROR).unwrap_err();
    assert_eq!(error, SourceError::BadQuery { message: "Empty term and query_key - nothing todo".into() });
    for body in [BACKEND, RATE_LIMIT, b"", b"{}", b"<html>", b"{\"esearchresult\":{}}", &ESEARCH[..200]] {
        assert_eq!(parse_ids(body).unwrap_err().code(), "malformed", "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(esearch::read(&reply(400, ESEARCH_ERROR)).unwrap_err().code(), "bad_query");
    assert_eq!(esearch::read(&reply(414, SERVER_ERROR)).unwrap_err().code(), "bad_query");
}

#[test]
fn an_article_is_read_with_its_inline_markup_and_labels() {
    let page = parse(EFETCH, Some(DateTime::UNIX_EPOCH)).unwrap();
    let article = &page.records[0];
    assert_eq!(article.source_id, "31000001");
    assert_eq!(article.title, "Effect of CO2 on Lampyris glow: a trial with n=12");
    assert_eq!(
        article.abstract_text.as_deref(),
        Some("BACKGROUND: Glow is bright (p < 0.05). METHODS: We looked. No label here.")
    );
    assert_eq!(article.venue.as_deref(), Some("Journal of lamps & light"));
    assert_eq!((article.volume.as_deref(), article.issue.as_deref()), (Some("12"), Some("3")));
    assert_eq!(article.pages.as_deref(), Some("1253-9"));
    assert_eq!(article.issn, ["1234-567X"]);
    assert_eq!(article.language.as_deref(), Some("en"));
    assert_eq!(article.topics, ["Light", "Humans", "glow worms"]);
    assert_eq!(article.kind, WorkType::Review);
    assert_eq!(article.citations, None);
    assert!(!article.abstract_licence_ok);
    let date = article.date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2019-10-21", DateKind::Online));
}

#[test]
fn authors_are_persons_and_groups_without_corrected_names() {
    let page = parse(EFETCH, None).unwrap();
    let authors = &page.records[0].authors;
    let names: Vec<_> = authors.iter().map(|author| author.name.as_str()).collect();
    assert_eq!(names, ["Ada B Lichtmann", "J García-Núñez", "LAMP Study Group"]);
    assert_eq!(authors[0].orcid.as_deref(), Some("0000-0002-1825-0097"));
    assert_eq!(authors[0].affiliation.as_deref(), Some("Institute of Lamps, Graz, Austria."));
    assert_eq!(authors[2].family, None);
}

#[test]
fn identifiers_are_the_article_s_own_and_not_its_references() {
    let page = parse(EFETCH, None).unwrap();
    assert_eq!(page.records[0].doi.as_deref(), Some("10.5555/lamps.2019.1253"));
    assert_eq!(page.records[0].pmcid.as_deref(), Some("PMC7000001"));
    assert_eq!(page.records[0].oa_status, Some(OaStatus::Open));
    assert_eq!(page.records[1].doi.as_deref(), Some("10.5555/zlicht.77"), "the valid one of the locations");
    assert_eq!(page.records[1].pmcid, None);
}

#[test]
fn a_retraction_carries_its_notice_and_versions_their_relation() {
    let page = parse(EFETCH, None).unwrap();
    assert!(page.records[0].is_retracted);
    assert_eq!(page.records[0].retraction_notice_doi.as_deref(), Some("10.5555/lamps.2021.99"));
    assert_eq!(page.records[0].version_of.len(), 1);
    assert_eq!(page.records[0].version_of[0].kind, RelationKind::HasPreprint);
    assert_eq!(page.records[0].version_of[0].target, Identifier::Pmid("30999999".into()));
    assert_eq!(page.records[2].kind, WorkType::Preprint);
    assert_eq!(page.records[2].version_of[0].kind, RelationKind::PreprintOf);
    assert!(!page.records[1].is_retracted);
}

#[test]
fn a_sparse_article_is_read_for_what_it_has() {
    let page = parse(EFETCH, None).unwrap();
    let article = &page.records[1];
    assert_eq!(article.title, "The lamp in the well");
    assert_eq!(article.venue.as_deref(), Some("Z Licht"));
    assert_eq!(article.pages.as_deref(), Some("e77"));
    assert_eq!(article.date.as_ref().map(ToString::to_string).as_deref(), Some("2003"));
    assert_eq!(article.language.as_deref(), Some("de"));
    assert_eq!((article.abstract_text.as_deref(), article.authors.len()), (None, 0));
    assert_eq!(page.records[2].title, "0");
    assert_eq!(page.malformed, 1, "the article without a title");
}

#[test]
fn a_chapter_of_a_book_is_a_record_too() {
    let page = parse(EFETCH, None).unwrap();
    let chapter = &page.records[3];
    assert_eq!((chapter.title.as_str(), chapter.kind), ("Wicks", WorkType::Chapter));
    assert_eq!(chapter.venue.as_deref(), Some("A handbook of lamps"));
    assert_eq!(chapter.authors[0].name, "Bea Wick");
    assert_eq!(chapter.isbn, ["9780000000002"]);
    assert_eq!(chapter.doi.as_deref(), Some("10.5555/book.7"));
    assert_eq!(chapter.abstract_text.as_deref(), Some("All of wicks."));
}

#[test]
fn records_come_in_the_order_of_relevance() {
    let ids = parse_ids(ESEARCH).unwrap().ids;
    let page = efetch::read(&reply(200, EFETCH), &ids, None).unwrap();
    let order: Vec<_> = page.records.iter().map(|record| (record.rank_native, record.source_id.as_str())).collect();
    assert_eq!(order, [(1, "31000002"), (2, "31000001"), (3, "31000003"), (4, "31000004")]);
}

#[test]
fn ids_that_nobody_knows_are_no_error_and_other_errors_are() {
    for status in [200, 400] {
        assert_eq!(efetch::read(&reply(status, EFETCH_EMPTY), &[], None).unwrap(), Page::default());
    }
    assert_eq!(efetch::read(&reply(200, EFETCH_ERROR), &[], None).unwrap_err().code(), "bad_query");
    assert_eq!(efetch::read(&reply(400, b"nonsense"), &[], None).unwrap_err().code(), "bad_query");
    for body in [SERVER_ERROR, b"", RATE_LIMIT, &EFETCH[..2000], b"<a/>"] {
        assert_eq!(efetch::read(&reply(200, body), &[], None).unwrap_err().code(), "malformed");
    }
    assert_eq!(parse(b"<ERROR>Search Backend failed</ERROR>", None).unwrap_err().code(), "malformed");
}

#[test]
fn each_word_has_its_tag() {
    let query = plan(vec![
        word(Field::Any, "crispr"),
        phrase(Field::Title, "base editing"),
        Expr::Or(vec![word(Field::Author, "doudna"), phrase(Field::Author, "doudna ja")]),
        not(kind(WorkType::Review)),
        years(2020, None),
        open(true),
    ]);
    assert_eq!(
        pubmed(None, None).translate(&query),
        "crispr AND \"base editing\"[ti] AND (doudna[au] OR doudna ja[au]) AND 2020:3000[dp] AND \
         free full text[filter] NOT review[pt]"
    );
}

#[test]
fn identifiers_have_their_own_tags() {
    let either = plan(vec![Expr::Or(vec![
        identifier(Identifier::Doi("10.1002/(sici)1:1<1::aid>3.0".into())),
        identifier(Identifier::Pmid("123".into())),
        identifier(Identifier::Pmcid("PMC9".into())),
    ])]);
    assert_eq!(pubmed(None, None).translate(&either), "(\"10.1002/(sici)1:1<1::aid>3.0\"[aid] OR 123[pmid] OR PMC9)");
}

#[test]
fn characters_that_mean_something_are_left_out_of_words() {
    let query = plan(vec![word(Field::Title, "lamp[au]"), word(Field::Any, "\"(*)\""), word(Field::Any, "OR")]);
    assert_eq!(pubmed(None, None).translate(&query), "(lamp[ti] AND au[ti]) AND or");
}

#[test]
fn every_type_that_can_be_asked_for_has_a_filter() {
    for asked in CAPABILITIES.types {
        assert!(!kind_filter(*asked).is_empty(), "{asked:?}");
    }
}

#[test]
fn the_calls_say_who_asks() {
    let call = pubmed(Some("secret"), Some("a@example.org")).esearch("lamp", 25);
    assert_eq!(
        call.url.as_str(),
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi?db=pubmed&term=lamp&retmode=json&retstart=0&\
         retmax=25&sort=relevance&tool=pake&email=a%40example.org&api_key=secret"
    );
    let call = pubmed(None, None).efetch(&["1".into(), "2".into()]);
    assert!(call.url.as_str().ends_with("efetch.fcgi?db=pubmed&retmode=xml&id=1%2C2&tool=pake"));
    assert_eq!((call.accept, call.method), ("text/xml", Method::GET));
}

#[test]
fn a_long_question_is_posted() {
    let call = pubmed(None, None).esearch(&"lamp ".repeat(300), 25);
    assert_eq!(call.method, Method::POST);
    assert_eq!(call.url.query(), None);
    let (body, kind) = call.body.unwrap();
    assert_eq!(kind, "application/x-www-form-urlencoded");
    assert!(body.starts_with(b"db=pubmed&term=lamp+lamp+"));
}

#[test]
fn ids_messages_and_records_beyond_any_that_were_asked_for_are_left_out() {
    let many = (1..=5_000).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(",");
    let body = format!("{{\"esearchresult\":{{\"idlist\":[{many}],\"warninglist\":{{\"outputmessages\":[{many}]}}}}}}");
    let found = parse_ids(body.as_bytes()).unwrap();
    assert_eq!((found.ids.len(), found.warnings.len()), (1_000, 10));
    let articles = "<PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>A</ArticleTitle></Article>\
                    </MedlineCitation></PubmedArticle>"
        .repeat(3_000);
    let body = format!("<PubmedArticleSet>{articles}</PubmedArticleSet>");
    assert_eq!(parse(body.as_bytes(), None).unwrap().records.len(), 1_000);
}

#[test]
fn a_title_loses_its_full_stop_its_brackets_and_the_spaces_that_they_leave() {
    for (raw, wanted) in [
        ("A title.", "A title"),
        ("A title .", "A title"),
        ("[ A title. ].", "A title"),
        ("[A] or [B].", "[A] or [B]"),
        ("A title...", "A title..."),
        (" . ", "."),
        ("[ ]", ""),
    ] {
        assert_eq!(article::title(raw, ""), wanted, "{raw}");
    }
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_a_parser_panic(xml in mutated(EFETCH), json in mutated(NONE)) {
        if let Ok(page) = parse(&xml, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && record.pmid.is_some()));
        }
        let _ = parse_ids(&json);
    }
}
