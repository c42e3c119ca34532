use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{
    fetch::tests::server::{Server, answer as answered},
    item::{DateKind, OaStatus, RelationKind},
    query::Expr,
    sources::testing::{fetcher, identifier, kind, mutated, not, phrase, plan, reply, settings, word, years},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/datacite/page.json");
const ONE: &[u8] = include_bytes!("../../../recordings/datacite/doi.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/datacite/empty.json");
const NOT_FOUND: &[u8] = include_bytes!("../../../recordings/datacite/not_found.json");
const BAD_REQUEST: &[u8] = include_bytes!("../../../recordings/datacite/bad_request.json");
const TOO_MANY: &[u8] = include_bytes!("../../../recordings/datacite/too_many.json");
const SERVER_ERROR: &[u8] = include_bytes!("../../../recordings/datacite/server_error.html");

fn datacite() -> DataCite {
    DataCite { base_url: settings("https://api.datacite.org", None, None).base_url }
}

fn search() -> Question {
    Question::Search("lamps".into())
}

fn translated(conditions: Vec<Expr>) -> String {
    datacite().translate(&plan(conditions))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[test]
fn a_data_set_is_read_with_its_rights_and_its_subtitle() {
    let page = parse(PAGE, None).unwrap();
    assert_eq!(page.reported, Some(1234));
    let set = &page.records[0];
    assert_eq!(set.source_id, "10.5281/zenodo.3233986");
    assert_eq!(set.doi.as_deref(), Some("10.5281/zenodo.3233986"));
    assert_eq!(set.pmid.as_deref(), Some("38799228"));
    assert_eq!(set.title, "Lamps & light: Measurements of 2019");
    assert_eq!(set.abstract_text.as_deref(), Some("We lit lamps."));
    assert!(set.abstract_licence_ok);
    assert_eq!(set.venue.as_deref(), Some("Zenodo"));
    assert_eq!((set.kind, set.language.as_deref()), (WorkType::Dataset, Some("en")));
    assert_eq!((set.oa_status, set.licence.as_deref()), (Some(OaStatus::Open), Some("cc-by-4.0")));
    assert_eq!((set.citations, set.references_count), (Some(3), Some(4)));
    assert_eq!(set.topics, ["lamp", "Light"]);
    assert_eq!(set.url.as_deref(), Some("https://zenodo.org/record/3233986"));
    let date = set.date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2019-03-25", DateKind::Published));
}

#[test]
fn creators_are_persons_organisations_and_names_turned_round() {
    let page = parse(PAGE, None).unwrap();
    let authors = &page.records[0].authors;
    assert_eq!(authors.len(), 3, "an unknown one is nobody");
    assert_eq!((authors[0].name.as_str(), authors[0].orcid.as_deref()), ("Ada Lichtmann", Some("0000-0002-1825-0097")));
    assert_eq!(authors[0].affiliation.as_deref(), Some("Institute of Lamps"));
    assert_eq!((authors[1].name.as_str(), authors[1].family.as_deref()), ("The LAMP Team", None));
    assert_eq!(
        (authors[2].given.as_deref(), authors[2].family.as_deref(), authors[2].affiliation.as_deref()),
        (Some("José"), Some("van den Lux"), Some("University of Light"))
    );
}

#[test]
fn only_versions_of_the_same_work_are_related() {
    let page = parse(PAGE, None).unwrap();
    let targets: Vec<_> = page.records[0].version_of.iter().map(|relation| relation.target.clone()).collect();
    assert_eq!(
        targets,
        [
            Identifier::Doi("10.5281/zenodo.3233985".into()),
            Identifier::Arxiv("2401.01234".into()),
            Identifier::Doi("10.5281/zenodo.3000000".into()),
        ]
    );
    assert!(page.records[0].version_of.iter().all(|relation| relation.kind == RelationKind::VersionOf));
    let preprint = br#"{"data":{"attributes":{"doi":"10.5555/p","titles":[{"title":"P"}],"relatedIdentifiers":[
        {"relationType":"IsPreprintOf","relatedIdentifier":"10.5555/A","relatedIdentifierType":"DOI"}]}}}"#;
    let relation = &parse(preprint, None).unwrap().records[0].version_of[0];
    assert_eq!((relation.kind, relation.target.value()), (RelationKind::PreprintOf, "10.5555/a"));
}

#[test]
fn an_arxiv_doi_is_a_preprint_and_open_whatever_it_is_called() {
    let page = parse(PAGE, None).unwrap();
    let paper = &page.records[1];
    assert_eq!(paper.arxiv_id.as_deref(), Some("2401.01234"));
    assert_eq!((paper.kind, paper.oa_status), (WorkType::Preprint, Some(OaStatus::Green)));
    assert_eq!(paper.venue.as_deref(), Some("arXiv"), "the publisher is an object here");
    assert_eq!(paper.licence.as_deref(), Some("http://arxiv.org/licenses/nonexclusive-distrib/1.0/"));
    let date = paper.date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2024-01-03", DateKind::Preprint));
}

#[test]
fn dates_of_other_years_and_unknown_values_are_left_out() {
    let page = parse(PAGE, None).unwrap();
    let thesis = &page.records[2];
    assert_eq!(thesis.title, "Nur ein anderer Titel");
    assert_eq!((thesis.kind, thesis.venue.as_deref()), (WorkType::Thesis, Some("Annals of Light")));
    assert_eq!(thesis.date.as_ref().map(ToString::to_string).as_deref(), Some("2020"));
    assert_eq!((thesis.volume.as_deref(), thesis.issue.as_deref()), (Some("7"), Some("2")));
    assert_eq!((thesis.pages.as_deref(), &*thesis.issn), (Some("1-12"), &["1234-567X".to_owned()][..]));
    assert_eq!((thesis.oa_status, thesis.abstract_text.as_deref()), (None, None));
    assert_eq!(thesis.licence.as_deref(), Some("http://rightsstatements.org/vocab/InC/1.0/"));
    assert_eq!(thesis.url.as_deref(), Some("https://doi.org/10.5555/thesis.12"));
}

#[test]
fn nulls_and_wrong_types_do_not_spoil_a_record_and_unreadable_ones_are_counted() {
    let page = parse(PAGE, None).unwrap();
    let nulls = &page.records[3];
    assert_eq!((nulls.title.as_str(), nulls.doi.as_deref(), nulls.kind), ("0", Some("10.5555/nulls"), WorkType::Other));
    let odd = &page.records[4];
    assert_eq!((odd.title.as_str(), odd.year(), odd.citations), ("Titles that are no list", Some(1999), Some(5)));
    assert_eq!(odd.authors[0].affiliation.as_deref(), Some("Nowhere in particular"));
    assert_eq!((odd.oa_status, odd.licence.as_deref()), (Some(OaStatus::Closed), None));
    assert_eq!((odd.venue.as_deref(), odd.version_of.len()), (Some("a"), 0), "a list of names gives its first");
    assert_eq!(page.malformed, 4);
    assert_eq!(page.records.iter().map(|record| record.rank_native).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(page.records.iter().all(|record| CAPABILITIES.holds.contains(&record.kind)));
}

#[test]
fn a_single_registration_is_a_page_of_one_and_nothing_found_is_an_answer() {
    let page = parse(ONE, None).unwrap();
    assert_eq!((page.records.len(), page.reported), (1, Some(1)));
    assert_eq!((page.records[0].kind, page.records[0].licence.as_deref()), (WorkType::Software, Some("mit")));
    assert_eq!(page.records[0].date.as_ref().map(ToString::to_string).as_deref(), Some("2023-07-08"));
    assert_eq!(parse(EMPTY, None).unwrap(), Page { reported: Some(0), ..Page::default() });
}

#[test]
fn a_refused_query_says_why_and_an_unknown_doi_is_no_error() {
    let error = read(&reply(400, BAD_REQUEST), &search(), None).unwrap_err();
    let message = "Failed to parse query [titles.title:(lamp]; unbalanced parenthesis".to_owned();
    assert_eq!(error, SourceError::BadQuery { message });
    assert_eq!(read(&reply(200, BAD_REQUEST), &search(), None).unwrap_err().code(), "bad_query");
    assert_eq!(read(&reply(404, NOT_FOUND), &search(), None).unwrap_err().code(), "bad_query");
    let one = Question::Doi("10.5555/x".into());
    assert_eq!(read(&reply(404, NOT_FOUND), &one, None).unwrap().records.len(), 0);
}

#[test]
fn what_is_no_answer_is_malformed() {
    for body in [SERVER_ERROR, b"", b"{}", b"{\"data\":null}", b"{\"data\":7}", b"{\"data\":{}}", &PAGE[..900]] {
        assert_eq!(read(&reply(200, body), &search(), None).unwrap_err().code(), "malformed");
    }
}

#[tokio::test]
async fn asked_too_often_and_ill_are_told_by_their_status() {
    let server = Server::start(|_, request| {
        if request.contains("often") { answered(429, &[], TOO_MANY) } else { answered(502, &[], SERVER_ERROR) }
    })
    .await;
    let source = DataCite { base_url: server.url("/") };
    let look_up = async |doi: &str| {
        source.lookup(&Identifier::Doi(doi.into()), soon(), &fetcher(SourceId::Datacite)).await.unwrap_err()
    };
    assert_eq!(look_up("10.5555/often").await.code(), "rate_limited");
    assert_eq!(look_up("10.5555/ill").await, SourceError::Unavailable { status: 502 });
}

#[tokio::test]
async fn a_doi_is_looked_up_and_an_arxiv_id_by_its_doi() {
    let server = Server::start(|_, request| {
        if request.contains("unknown") { answered(404, &[], NOT_FOUND) } else { answered(200, &[], ONE) }
    })
    .await;
    let (source, fetcher) = (DataCite { base_url: server.url("/") }, fetcher(SourceId::Datacite));
    for (identifier, path) in [
        (Identifier::Doi("10.5555/a(b)/c?d".into()), "/dois/10.5555/a(b)/c%3Fd"),
        (Identifier::Arxiv("2401.01234".into()), "/dois/10.48550/arxiv.2401.01234"),
    ] {
        assert!(source.lookup(&identifier, soon(), &fetcher).await.unwrap().is_some());
        assert!(server.requests().pop().unwrap().starts_with(&format!("GET {path} ")));
    }
    for identifier in [Identifier::Doi("10.5555/unknown".into()), Identifier::Pmid("1".into())] {
        assert_eq!(source.lookup(&identifier, soon(), &fetcher).await, Ok(None));
    }
    assert_eq!(server.count(), 3, "a PubMed id is not asked for");
}

#[test]
fn every_condition_stands_in_the_query_text() {
    let query = vec![
        word(Field::Any, "covid-19"),
        phrase(Field::Title, "base editing"),
        Expr::Or(vec![word(Field::Abstract, "cas9"), kind(WorkType::Article)]),
        not(kind(WorkType::Software)),
        years(2020, 2024),
    ];
    let text = "covid-19 AND titles.title:\"base editing\" AND (descriptions.description:cas9 OR \
                (types.resourceTypeGeneral:JournalArticle OR types.resourceTypeGeneral:DataPaper)) AND \
                publicationYear:[2020 TO 2024] NOT (types.resourceTypeGeneral:Software OR \
                types.resourceTypeGeneral:ComputationalNotebook)";
    assert_eq!(translated(query.clone()), format!("query={text}"));
    let url = datacite().call(&Question::of(&plan(query)), 5_000).url;
    let pairs: Vec<_> = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let wanted = [("query", text), ("page[size]", "100"), ("page[number]", "1")];
    assert_eq!(pairs, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(translated(vec![word(Field::Any, "a"), years(None, 1999)]), "query=a AND publicationYear:[* TO 1999]");
    assert_eq!(translated(vec![word(Field::Any, "a"), years(2020, None)]), "query=a AND publicationYear:[2020 TO *]");
}

#[test]
fn a_name_is_found_in_any_order_and_with_initials() {
    for (name, wanted) in [
        ("Doudna", "creators.name:Doudna"),
        ("Doudna J", "(creators.name:Doudna AND creators.name:J*)"),
        ("Doudna JA", "(creators.name:Doudna AND creators.name:J*)"),
        ("Jennifer Doudna", "(creators.name:Jennifer AND creators.name:Doudna)"),
        ("LI", "creators.name:LI"),
    ] {
        assert_eq!(translated(vec![phrase(Field::Author, name)]), format!("query={wanted}"), "{name}");
    }
}

#[test]
fn hostile_characters_are_no_operators() {
    let query = vec![word(Field::Title, "a) OR doi:* \"x\\ y/z\" [1 TO 2] {b} ~c^2 -d !e && f || g <h> i=j NOT")];
    let wanted =
        ["a", "or", "doi", "x", "y", "z", "1", "to", "2", "b", "c", "2", "d", "e", "f", "g", "h", "i", "j", "not"]
            .map(|word| format!("titles.title:{word}"));
    assert_eq!(translated(query), format!("query=({})", wanted.join(" AND ")));
    assert_eq!(translated(vec![word(Field::Any, "\u{1f980}\"\\")]), "query=\"\u{1f980}\"");
    let either = Expr::Or(vec![identifier(Identifier::Doi("10.5555/a\"b\\".into())), word(Field::Any, "\"")]);
    assert_eq!(translated(vec![either]), "query=doi:\"10.5555/ab\"");
}

#[test]
fn a_doi_alone_is_looked_up_and_beside_others_it_is_a_condition() {
    let doi = identifier(Identifier::Doi("10.5555/a".into()));
    assert_eq!(translated(vec![doi.clone()]), "doi=10.5555/a");
    assert_eq!(translated(vec![doi, word(Field::Any, "lamp")]), "query=doi:\"10.5555/a\" AND lamp");
}

#[test]
fn every_type_that_can_be_asked_for_has_names_that_are_read_back() {
    for asked in CAPABILITIES.types {
        assert!(!names_of(*asked).is_empty());
        for name in names_of(*asked) {
            let body = format!(
                "{{\"data\":{{\"id\":\"10.5555/x\",\"attributes\":{{\"titles\":[{{\"title\":\"X\"}}],\
                 \"types\":{{\"resourceTypeGeneral\":\"{name}\"}}}}}}}}"
            );
            assert_eq!(parse(body.as_bytes(), None).unwrap().records[0].kind, *asked, "{name}");
        }
    }
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(body in prop_oneof![mutated(PAGE), mutated(ONE), mutated(BAD_REQUEST)]) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && record.doi.is_some()));
        }
        let _ = answers::message_of(&body);
    }

    #[test]
    fn no_text_breaks_out_of_its_field(text in any::<String>()) {
        let query = translated(vec![word(Field::Title, &text), word(Field::Any, "lamp")]);
        // Signs alone stand within quotes, where they mean nothing.
        let mut parts = query.split('"');
        let bare = format!("{}{}", parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
        prop_assert_eq!(parts.next(), None, "one pair of quotes at most");
        prop_assert_eq!(bare.matches('(').count(), bare.matches(')').count());
        prop_assert!(!bare.contains(['\\', '*', '[', '{', '~', '^', '/', '!', '&', '|']), "{}", query);
        prop_assert!(query.ends_with("lamp"));
    }
}
