//! Plans for sources of several abilities, and records that conditions are looked up in.

use proptest::prelude::*;

use super::{AppliedBy, Plan, matches, plan};
use crate::{
    capabilities::Capabilities,
    item::{Author, DateKind, OaStatus, PartialDate, Record, WorkType},
    query::{Expr, Field, Query},
    source::SourceError,
};

/// Like PubMed: everything in one query text.
const LIBRARY: Capabilities = Capabilities {
    title: true,
    author: true,
    abstract_text: true,
    phrase: true,
    boolean: true,
    mixed: true,
    year_range: true,
    doi_lookup: true,
    pmid_lookup: true,
    types: &[WorkType::Article, WorkType::Review],
    holds: &[WorkType::Article, WorkType::Review, WorkType::Notice],
    ..Capabilities::NONE
};

/// Like OpenAlex: boolean, one parameter a field.
const INDEX: Capabilities = Capabilities {
    title: true,
    phrase: true,
    boolean: true,
    year_range: true,
    doi_lookup: true,
    open_access: true,
    types: &[WorkType::Article, WorkType::Preprint],
    ..Capabilities::NONE
};

/// Like a web search: a bag of words and phrases.
const WEB: Capabilities = Capabilities { phrase: true, ..Capabilities::NONE };

/// Like Semantic Scholar: words, or one identifier and nothing else.
const GRAPH: Capabilities =
    Capabilities { year_range: true, doi_lookup: true, pmid_lookup: true, lookup_alone: true, ..Capabilities::NONE };

fn query(text: &str) -> Query {
    Query::parse(text).expect("the query parses")
}

fn planned(text: &str, capabilities: &Capabilities) -> Plan {
    plan(&query(text), capabilities).unwrap_or_else(|error| panic!("`{text}` must be askable: {error}"))
}

fn refused(text: &str, capabilities: &Capabilities) -> String {
    match plan(&query(text), capabilities) {
        Err(SourceError::Unsupported { reason }) => reason,
        other => panic!("`{text}` must be unsupported: {other:?}"),
    }
}

fn written(conditions: &[Expr]) -> String {
    conditions.iter().map(Expr::to_string).collect::<Vec<_>>().join(" & ")
}

/// That the source is asked `pushed`, and `local` is applied here.
#[track_caller]
fn assert_planned(text: &str, capabilities: &Capabilities, pushed: &str, local: &str) {
    let plan = planned(text, capabilities);
    assert_eq!((written(&plan.pushed), written(&plan.local)), (pushed.to_owned(), local.to_owned()), "{text}");
    let query = query(text);
    let shown: Vec<_> = plan.applied.iter().map(|applied| applied.clause.clone()).collect();
    assert_eq!(shown, query.all_of.iter().map(Expr::to_string).collect::<Vec<_>>(), "every condition is shown");
    for (condition, applied) in query.all_of.iter().zip(&plan.applied) {
        assert_eq!(plan.local.contains(condition), applied.applied == AppliedBy::Local, "{condition}");
    }
}

#[test]
fn an_able_source_is_asked_the_query_as_it_stands() {
    let all =
        "a title:\"b c\" author:\"Doudna J\" (d OR abstract:e OR year:2020) -type:review year:2019..2021 type:article";
    let asked = "a & title:\"b c\" & author:\"Doudna J\" & d OR abstract:e OR year:2020 & -type:review & year:2019..2021 & type:article";
    assert_planned(all, &LIBRARY, asked, "");
}

#[test]
fn a_field_that_the_source_lacks_is_asked_as_words_and_applied_here() {
    assert_planned("a title:b", &WEB, "a & b", "title:b");
    assert_planned("title:\"b c\"", &WEB, "\"b c\"", "title:\"b c\"");
    assert_planned("abstract:\"b c\"", &Capabilities::NONE, "b & c", "abstract:\"b c\"");
    assert_planned("author:\"Doudna J\" crispr", &WEB, "Doudna & crispr", "author:\"Doudna J\"");
    let authors = Capabilities { author: true, ..Capabilities::NONE };
    assert_planned("author:\"Doudna J\"", &authors, "author:Doudna & author:J", "author:\"Doudna J\"");
}

#[test]
fn a_source_that_takes_no_words_is_asked_nothing_and_everything_is_applied_here() {
    let feeds = Capabilities { words: false, holds: &[WorkType::News], ..LIBRARY };
    for text in ["a -b (c OR title:d) year:2020", "year:2020", "doi:10.1000/x", "🧬"] {
        let plan = planned(text, &feeds);
        assert_eq!((plan.pushed.as_slice(), &plan.local), (&[][..], &query(text).all_of));
        assert!(plan.applied.iter().all(|filter| filter.applied == AppliedBy::Local));
        assert_eq!(plan.applied.len(), plan.local.len());
    }
    assert_eq!(refused("a type:book", &feeds), "it holds no books, only news");
}

#[test]
fn what_a_source_cannot_restrict_to_is_applied_here() {
    assert_planned("a year:2020 open:true type:article", &WEB, "a", "year:2020 & open:true & type:article");
    assert_planned("a open:true", &INDEX, "a & open:true", "");
    assert_planned("a open:false", &INDEX, "a", "open:false");
    assert_planned("a doi:10.1000/x", &WEB, "a", "doi:10.1000/x");
    assert_planned("a -b", &WEB, "a", "-b");
}

#[test]
fn a_source_that_looks_up_by_identifier_alone_is_asked_nothing_beside_it() {
    assert_planned("a year:2020", &GRAPH, "a & year:2020", "");
    assert_planned("a doi:10.1000/x year:2020", &GRAPH, "doi:10.1000/x", "a & year:2020");
    assert_planned("doi:10.1000/x pmid:123 -b", &GRAPH, "doi:10.1000/x", "pmid:123 & -b");
    assert_planned("doi:10.1000/x", &GRAPH, "doi:10.1000/x", "");
}

#[test]
fn a_source_without_or_gets_a_bag_of_words() {
    assert_planned("(a OR \"b c\") d", &WEB, "a & \"b c\" & d", "a OR \"b c\"");
    assert_planned("a OR (b -c year:2020) OR a", &WEB, "a & b", "a OR b -c year:2020");
    assert_planned("title:(a OR b)", &WEB, "a & b", "title:a OR title:b");
}

#[test]
fn a_source_with_one_field_a_query_gets_what_it_can_combine() {
    assert_planned("title:(a OR b) (c OR d)", &INDEX, "title:a OR title:b & c OR d", "");
    assert_planned("title:a OR b", &INDEX, "a OR b", "title:a OR b");
    assert_planned("(a year:2020) OR (b year:2021)", &INDEX, "a OR b", "a year:2020 OR b year:2021");
    assert_planned("a (title:b OR (c -d))", &INDEX, "a & b OR c -d", "title:b OR c -d");
    assert_planned("a (title:b OR (c -title:d))", &INDEX, "a & b OR c", "title:b OR c -title:d");
    assert_planned("a -type:preprint", &INDEX, "a", "-type:preprint");
    assert_planned("a (b OR author:doe)", &INDEX, "a & b OR doe", "b OR author:doe");
}

#[test]
fn a_not_is_asked_only_beside_something_in_its_field() {
    assert_planned("a -b", &INDEX, "a & -b", "");
    assert_planned("a -title:b", &INDEX, "a", "-title:b");
    assert_planned("a title:c -title:b", &INDEX, "a & title:c & -title:b", "");
    assert_planned("title:c -b", &INDEX, "title:c", "-b");
}

#[test]
fn a_choice_of_types_needs_no_or() {
    let typed = Capabilities { types: &[WorkType::Article, WorkType::Review], ..Capabilities::NONE };
    assert_planned("a type:article,review", &typed, "a & type:article,review", "");
    assert_eq!(planned("a type:article,review", &typed).types(), [WorkType::Article, WorkType::Review]);
    assert_planned("a type:article,book", &typed, "a", "type:article,book");
    assert_planned("a type:article,book", &LIBRARY, "a", "type:article,book");
}

#[test]
fn an_identifier_is_looked_up_where_it_can_be() {
    assert_planned("doi:10.1000/x", &INDEX, "doi:10.1000/x", "");
    assert_planned("arxiv:2101.00001", &INDEX, "doi:10.48550/arxiv.2101.00001", "");
    let arxiv = Capabilities { arxiv_lookup: true, ..Capabilities::NONE };
    assert_planned("arxiv:2101.00001", &arxiv, "arxiv:2101.00001", "");
    assert_planned("pmid:12 OR pmcid:PMC3", &LIBRARY, "pmid:12 OR pmcid:PMC3", "");
}

#[test]
fn a_source_with_nothing_left_to_ask_says_why() {
    assert_eq!(refused("doi:10.1000/x", &WEB), "it cannot look up a DOI");
    assert_eq!(refused("arxiv:2101.00001 year:2021", &WEB), "it cannot look up an arXiv id");
    assert_eq!(refused("pmid:1", &INDEX), "it cannot look up a PubMed id");
    assert_eq!(refused("PMC12", &INDEX), "it cannot look up a PubMed Central id");
    assert!(refused("year:2020 open:true", &INDEX).starts_with("it needs words to search for"));
    assert_eq!(
        refused("a OR year:2020", &INDEX),
        "it can only be asked for words, and `a OR year:2020` may hold without any that it understands"
    );
    assert!(refused("doi:10.1000/x -a", &WEB).contains("a DOI"));
}

#[test]
fn a_source_without_the_type_says_what_it_holds() {
    let expected = "it holds no data sets, only journal articles, reviews and notices";
    assert_eq!(refused("a type:dataset", &LIBRARY), expected);
    assert_eq!(refused("a type:dataset,book", &LIBRARY), expected.replace("data sets", "data sets or books"));
    assert_planned("a -type:dataset", &LIBRARY, "a", "-type:dataset");
    assert_planned("a type:notice", &LIBRARY, "a", "type:notice");
}

#[test]
fn a_plan_tells_connectors_its_parameters() {
    let plan = planned("a title:(b OR c) -title:d year:2020.. open:true type:preprint doi:10.1000/x", &INDEX);
    assert_eq!(plan.year().map(|range| (range.from, range.to)), Some((Some(2020), None)));
    assert_eq!(plan.types(), [WorkType::Preprint]);
    assert!(plan.open_only());
    assert_eq!(plan.identifiers().count(), 1);
    assert_eq!(plan.text_in(Field::Title).count(), 2);
    assert_eq!(plan.text_in(Field::Any).count(), 1);
}

fn record() -> Record {
    Record {
        title: "Programmable base editing of A•T to G•C in genomic DNA".to_owned(),
        abstract_text: Some("Point mutations cause diseases. Naïve COVID-19 cells.".into()),
        authors: [
            Author {
                given: Some("Jennifer A.".into()),
                family: Some("Doudna".into()),
                name: "Jennifer A. Doudna".into(),
                ..Author::default()
            },
            Author {
                given: Some("DR".into()),
                family: Some("van der Møller".into()),
                name: "van der Møller DR".into(),
                ..Author::default()
            },
            Author { name: "ENCODE Consortium".into(), ..Author::default() },
        ]
        .into(),
        date: Some(PartialDate { year: 2017, month: None, day: None, kind: DateKind::Online }),
        venue: Some("Nature".to_owned()),
        topics: vec!["Gene Editing".to_owned()],
        kind: WorkType::Article,
        doi: Some("10.1038/nature24644".to_owned()),
        oa_status: Some(OaStatus::Green),
        ..Record::default()
    }
}

fn holds(text: &str, record: &Record) -> bool {
    matches(record, &query(text).all_of)
}

#[test]
fn words_are_found_whatever_their_case_accent_and_number() {
    for found in [
        "BASE",
        "genomic",
        "disease",
        "naive",
        "covid-19",
        "COVID 19",
        "mutation",
        "\"point mutation\"",
        "title:\"base editing\"",
        "abstract:disease",
        "\"gene editing\"",
        "nature",
        "encode",
        "A•T",
    ] {
        assert!(holds(found, &record()), "{found}");
    }
    for missing in
        ["crispr", "title:disease", "abstract:genomic", "\"editing base\"", "\"Nature gene\"", "mutant", "as"]
    {
        assert!(!holds(missing, &record()), "{missing}");
    }
}

#[test]
fn authors_are_found_by_family_name_and_initials() {
    for found in [
        "Doudna",
        "doudna",
        "\"Doudna J\"",
        "\"Doudna JA\"",
        "\"Doudna, J.A.\"",
        "\"Jennifer Doudna\"",
        "\"J Doudna\"",
        "Jennifer",
        "\"van der Møller\"",
        "\"Moller David\"",
        "\"Moller DR\"",
        "\"ENCODE Consortium\"",
    ] {
        assert!(holds(&format!("author:{found}"), &record()), "{found}");
    }
    for missing in
        ["\"Doudna K\"", "\"Kate Doudna\"", "J", "\"Jennifer Møller\"", "\"Moller XY\"", "Doud", "\"Jennifer R\""]
    {
        assert!(!holds(&format!("author:{missing}"), &record()), "{missing}");
    }
}

#[test]
fn years_types_openness_and_identifiers_must_be_said() {
    for found in ["year:2017", "year:2010..", "type:article", "open:true", "10.1038/NATURE24644", "-year:2018 a"] {
        assert!(holds(found, &record()), "{found}");
    }
    for missing in ["year:2018", "year:..2016", "type:review", "open:false", "10.1038/x", "pmid:1"] {
        assert!(!holds(missing, &record()), "{missing}");
    }
    let silent = Record { date: None, oa_status: None, doi: None, ..record() };
    for missing in ["year:2017", "open:true", "open:false", "10.1038/nature24644"] {
        assert!(!holds(missing, &silent), "{missing}");
    }
}

#[test]
fn an_arxiv_id_is_known_by_its_doi_too() {
    let by_doi = Record { doi: Some("10.48550/arxiv.2101.00001".to_owned()), ..record() };
    let by_id = Record { arxiv_id: Some("2101.00001".to_owned()), ..record() };
    assert!(holds("arxiv:2101.00001v3", &by_doi) && holds("arxiv:2101.00001", &by_id));
    assert!(!holds("arxiv:2101.00002", &by_doi) && !holds("arxiv:2101.00001", &record()));
}

#[test]
fn what_a_record_lacks_does_not_speak_against_it() {
    let bare = Record { abstract_text: None, authors: [].into(), ..record() };
    for open in
        ["crispr", "abstract:crispr", "author:church", "base -crispr", "base -abstract:crispr", "\"no such phrase\""]
    {
        assert!(holds(open, &bare), "{open}");
    }
    for told in ["title:crispr", "crispr -base", "title:crispr OR year:2018"] {
        assert!(!holds(told, &bare), "{told}");
    }
    let page = Record { kind: WorkType::Web, ..record() };
    assert!(holds("crispr", &page) && !holds("title:crispr", &page));
}

#[test]
fn or_not_and_groups_are_told_apart() {
    for found in
        ["crispr OR base", "base -(crispr OR talen)", "base -(genomic crispr)", "title:(base OR crispr) -year:2018"]
    {
        assert!(holds(found, &record()), "{found}");
    }
    for missing in ["crispr OR talen", "base -genomic", "base -(crispr OR genomic)", "title:crispr OR (base -dna)"] {
        assert!(!holds(missing, &record()), "{missing}");
    }
}

#[test]
fn text_without_letters_is_found_as_it_is() {
    let emoji = Record { title: "What 🧬 means".to_owned(), ..record() };
    assert!(holds("title:🧬", &emoji));
    assert!(!holds("what -title:🧬", &emoji));
    assert!(matches(&record(), &[]));
}

#[test]
fn other_scripts_are_found() {
    let chinese =
        Record {
            title: "基因编辑技术的进展".to_owned(), abstract_text: Some("서울 유전자를".into()), ..record()
        };
    assert!(holds("基因编辑", &chinese) && holds("유전자", &chinese) && !holds("编基", &chinese));
}

/// Capabilities of every kind.
fn any_capabilities() -> impl Strategy<Value = Capabilities> {
    prop::array::uniform11(any::<bool>()).prop_map(|flags| Capabilities {
        title: flags[0],
        author: flags[1],
        abstract_text: flags[2],
        phrase: flags[3],
        boolean: flags[4],
        mixed: flags[4] && flags[5],
        year_range: flags[6],
        doi_lookup: flags[7],
        arxiv_lookup: flags[8],
        open_access: flags[9],
        types: if flags[10] { &[WorkType::Article] } else { &[] },
        ..Capabilities::NONE
    })
}

fn any_query() -> impl Strategy<Value = Query> {
    let leaf = prop::sample::select(vec![
        "a",
        "b",
        "c",
        "\"a b\"",
        "title:a",
        "title:\"b c\"",
        "author:d",
        "abstract:c",
        "year:2020",
        "type:article",
        "type:article,review",
        "open:true",
        "open:false",
        "doi:10.1000/x",
        "arxiv:2101.00001",
    ]);
    let text = leaf.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" OR "))),
            (inner.clone(), inner).prop_map(|(one, other)| format!("({one} -{other})")),
        ]
    });
    text.prop_filter_map("does not parse", |text| Query::parse(&text).ok())
}

/// A small record in which the words of [`any_query`] come and go.
fn any_record() -> impl Strategy<Value = Record> {
    let words = || prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "x"]), 1..4);
    (words(), words(), any::<bool>(), any::<bool>()).prop_map(|(title, abstract_text, flag, other)| Record {
        title: title.join(" "),
        abstract_text: Some(abstract_text.join(" ").into()),
        authors: [Author { name: if flag { "d" } else { "e" }.into(), ..Author::default() }].into(),
        date: Some(PartialDate {
            year: if flag { 2020 } else { 2021 },
            month: None,
            day: None,
            kind: DateKind::Online,
        }),
        kind: if other { WorkType::Article } else { WorkType::Review },
        oa_status: Some(if other { OaStatus::Gold } else { OaStatus::Closed }),
        doi: flag.then(|| "10.1000/x".to_owned()),
        arxiv_id: other.then(|| "2101.00001".to_owned()),
        ..Record::default()
    })
}

fn check_plan(query: &Query, capabilities: &Capabilities) -> Result<Option<Plan>, TestCaseError> {
    let plan = match plan(query, capabilities) {
        Ok(plan) => plan,
        Err(error) => {
            let is_unsupported = matches!(error, SourceError::Unsupported { .. });
            prop_assert!(is_unsupported, "{}", error);
            return Ok(None);
        }
    };
    prop_assert!(!plan.pushed.is_empty());
    prop_assert_eq!(plan.applied.len(), query.all_of.len());
    for pushed in &plan.pushed {
        let is_choice = super::types_of(pushed).is_some();
        prop_assert!(is_choice || matches!(pushed, Expr::Leaf(_)) || capabilities.boolean, "{pushed}");
        prop_assert!(
            is_choice || matches!(pushed, Expr::Leaf(_)) || capabilities.mixed || pushed.field().is_some(),
            "{pushed}"
        );
        let Ok(same) = super::plan(&Query { all_of: vec![pushed.clone()], ..query.clone() }, capabilities) else {
            continue;
        };
        prop_assert_eq!(&same.pushed, std::slice::from_ref(pushed), "the source can do what it is asked");
    }
    Ok(Some(plan))
}

#[test]
fn where_nobody_looked_for_words_what_a_record_does_not_say_does_not_hold() {
    let page = Record { kind: WorkType::News, authors: [].into(), abstract_text: None, ..record() };
    let holds = |text: &str, beyond: &str| super::holds(&page, beyond, &query(text).all_of);
    for text in ["zebra", "-zebra abstract:zebra", "author:doudna", "zebra OR quagga", "title:zebra", "🧬"] {
        assert!(!holds(text, ""), "{text}");
    }
    assert!(matches(&page, &query("zebra").all_of), "others give the benefit of the doubt");
    assert!(holds("zebra", "Of zebras.") && holds("\"of zebra\"", "Of zebras.") && holds("🧬", "So 🧬!"));
    assert!(!holds("title:zebra", "Of zebras.") && !holds("abstract:zebra", "Of zebras."));
    let word = page.title.split(' ').next().unwrap().to_owned();
    assert!(holds(&format!("{word} -zebra"), "") && !holds(&format!("{word} -zebra"), "Of zebras."));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn a_source_is_never_asked_more_than_it_can(query in any_query(), capabilities in any_capabilities()) {
        check_plan(&query, &capabilities)?;
    }

    /// With a source that knows OR: a record that the query means is one that the source is asked for.
    #[test]
    fn nothing_that_the_query_means_is_left_out(
        query in any_query(),
        capabilities in any_capabilities(),
        record in any_record(),
    ) {
        let Some(plan) = check_plan(&query, &capabilities)? else { return Ok(()) };
        if capabilities.boolean && matches(&record, &query.all_of) {
            // The source is asked for an arXiv paper by its DOI; the record may carry either.
            let asked: Vec<Expr> = plan.pushed.into_iter().filter(|asked| !asked.to_string().contains("10.48550")).collect();
            prop_assert!(matches(&record, &asked), "{} but not {}", query, written(&asked));
        }
    }
}
