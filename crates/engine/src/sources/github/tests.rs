use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::{
    item::{DateKind, OaStatus},
    plan,
    query::{Expr, Field, Query},
    sources::testing::{mutated, phrase, plan, reply, settings, word, years},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/github/page.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/github/empty.json");
const INCOMPLETE: &[u8] = include_bytes!("../../../recordings/github/incomplete.json");
const VALIDATION_FAILED: &[u8] = include_bytes!("../../../recordings/github/validation_failed.json");
const MISSING: &[u8] = include_bytes!("../../../recordings/github/missing.json");
const BAD_CREDENTIALS: &[u8] = include_bytes!("../../../recordings/github/bad_credentials.json");
const RATE_LIMIT: &[u8] = include_bytes!("../../../recordings/github/rate_limit.json");
const SECONDARY_LIMIT: &[u8] = include_bytes!("../../../recordings/github/secondary_limit.json");
const NOT_FOUND: &[u8] = include_bytes!("../../../recordings/github/not_found.json");
const UNAVAILABLE: &[u8] = include_bytes!("../../../recordings/github/unavailable.html");

fn github(token: Option<&str>) -> GitHub {
    let settings = settings("https://api.github.com", token, None);
    GitHub { base_url: settings.base_url, token: settings.key }
}

fn fitted(query: &str) -> Result<Plan, SourceError> {
    let plan = plan::plan(&Query::parse(query).unwrap(), &CAPABILITIES)?;
    github(None).check(&github(None).translate(&plan))?;
    Ok(plan)
}

/// What the connector sends for a query as a person writes it.
fn sent(query: &str) -> String {
    github(None).translate(&fitted(query).unwrap())
}

#[test]
fn a_repository_is_read_with_its_owner_its_topics_and_its_licence() {
    let page = parse(PAGE, Some(DateTime::UNIX_EPOCH)).unwrap();
    assert_eq!(page.reported, Some(1234));
    let repository = &page.records[0];
    assert_eq!((repository.source_id.as_str(), repository.title.as_str()), ("9000001", "lamplab/glow-worm"));
    assert_eq!(repository.abstract_text.as_deref(), Some("Tools for CRISPR base editing & glow worms <3"));
    assert_eq!(repository.authors[0].name, "lamplab");
    assert_eq!((repository.kind, repository.venue.as_deref()), (WorkType::Software, Some("GitHub")));
    assert_eq!(repository.topics, ["crispr", "base-editing", "Python"], "the language is there once");
    assert_eq!(repository.licence.as_deref(), Some("Apache-2.0"));
    assert_eq!(repository.oa_status, Some(OaStatus::Open));
    assert_eq!(repository.url.as_deref(), Some("https://github.com/lamplab/glow-worm"));
    let date = repository.date.as_ref().unwrap();
    assert_eq!((date.to_string().as_str(), date.kind), ("2019-02-03", DateKind::Created));
    assert_eq!((repository.score_native, repository.rank_native), (Some(1.0), 1));
}

#[test]
fn stars_are_no_citations() {
    assert!(parse(PAGE, None).unwrap().records.iter().all(|record| record.citations.is_none()));
}

#[test]
fn every_null_is_survived() {
    let page = parse(PAGE, None).unwrap();
    let [_, other, zero, bare, nameless] = page.records.as_slice() else { panic!("{page:?}") };
    assert_eq!((&other.licence, other.oa_status), (&None, None), "a licence that GitHub does not know is none");
    assert_eq!((other.topics.as_slice(), other.year()), (&["C".to_owned()][..], Some(2020)));
    assert_eq!((zero.title.as_str(), &zero.abstract_text, &zero.url), ("ada/0", &None, &None));
    assert_eq!(zero.authors[0].name, "ada", "as the name says");
    assert_eq!((bare.source_id.as_str(), &bare.date), ("9000004", &None));
    assert_eq!((nameless.source_id.as_str(), &nameless.url), ("ada/without-number", &None));
    assert_eq!(nameless.topics, ["one"]);
    assert_eq!(page.malformed, 2);
}

#[test]
fn no_repositories_are_an_answer_and_incomplete_ones_are_warned_of() {
    assert_eq!(parse(EMPTY, None).unwrap(), Page { reported: Some(0), ..Page::default() });
    assert!(parse(PAGE, None).unwrap().warnings.is_empty());
    let page = parse(INCOMPLETE, None).unwrap();
    assert_eq!((page.records.len(), page.warnings.len()), (1, 1));
    assert!(page.warnings[0].contains("ran out of time"));
}

#[test]
fn a_422_says_what_is_wrong_with_the_query() {
    let says = |status, body| answer::succeeded(&reply(status, body), answers::message_of).unwrap_err();
    for (status, body, wanted) in [
        (422, VALIDATION_FAILED, "longer than 256 characters. More than five AND / OR / NOT"),
        (422, MISSING, "`q` is missing"),
        (404, NOT_FOUND, "Not Found"),
        (400, b"{}", "{}"),
    ] {
        let error = says(status, body);
        assert_eq!(error.code(), "bad_query");
        assert!(error.to_string().contains(wanted), "{error}");
    }
}

#[test]
fn what_is_no_list_is_malformed() {
    let cut = &PAGE[..PAGE.len() / 2];
    for body in [BAD_CREDENTIALS, RATE_LIMIT, SECONDARY_LIMIT, UNAVAILABLE, b"", b"{}", b"{\"items\":null}", b"[]", cut]
    {
        assert_eq!(parse(body, None).unwrap_err().code(), "malformed");
    }
    assert_eq!(parse(b"{\"items\":[1,null]}", None).unwrap_err().code(), "malformed");
}

#[test]
fn words_phrases_and_years_have_their_spelling() {
    assert_eq!(sent("crispr \"base editing\" title:cas9"), "crispr \"base editing\" cas9");
    assert_eq!(sent("crispr year:2020..2024"), "crispr created:2020-01-01..2024-12-31");
    assert_eq!(sent("crispr year:2020.."), "crispr created:>=2020-01-01");
    assert_eq!(sent("crispr year:..2020"), "crispr created:<=2020-12-31");
    assert_eq!(sent("C++ node.js"), "C++ node.js");
}

#[test]
fn with_a_token_only_public_repositories_are_asked_for() {
    let query = plan(vec![word(Field::Any, "crispr"), years(2020, None)]);
    assert_eq!(github(Some("t")).translate(&query), "crispr is:public created:>=2020-01-01");
    assert_eq!(github(Some("t")).translate(&plan(vec![word(Field::Any, "🧬")])), "");
}

#[test]
fn alternatives_are_asked_for_only_where_nothing_stands_beside_them() {
    assert_eq!(sent("crispr OR \"base editing\""), "crispr OR \"base editing\"");
    assert_eq!(sent("(crispr OR talen) year:2020"), "crispr talen created:2020-01-01..2020-12-31");
    assert_eq!(sent("(crispr OR talen) cas9 -review"), "crispr talen cas9");
}

#[test]
fn what_it_cannot_do_is_applied_here() {
    let plan = fitted("title:crispr author:doudna -review open:true year:2020").unwrap();
    let local: Vec<_> = plan.local.iter().map(Expr::to_string).collect();
    assert_eq!(local, ["title:crispr", "author:doudna", "-review", "open:true"]);
    assert_eq!(fitted("crispr type:article").unwrap_err().code(), "unsupported");
    assert!(fitted("crispr type:software").is_ok());
}

#[test]
fn a_query_that_github_would_refuse_is_not_sent_and_not_cut() {
    let reason = |query: &str| match fitted(query) {
        Err(SourceError::Unsupported { reason }) => reason,
        other => panic!("{other:?}"),
    };
    assert!(fitted(&"a".repeat(256)).is_ok());
    assert_eq!(reason(&"ä".repeat(257)), "it reads at most 256 characters of a query, and this one has 257");
    assert!(reason(&format!("{} year:2020", "a".repeat(250))).contains("has 281"), "qualifiers count");
    assert!(fitted("a OR b OR c OR d OR e OR f").is_ok());
    assert_eq!(reason("a OR b OR c OR d OR e OR f OR g"), "it takes at most 6 alternatives, and this query has 7");
}

#[test]
fn hostile_characters_do_not_become_qualifiers() {
    for (text, wanted) in [
        ("user:torvalds", "user torvalds"),
        ("-user:me stars:>10", "user me stars 10"),
        ("a OR b NOT c", "a or b not c"),
        ("\"unbalanced", "unbalanced"),
        ("created:2020..2021", "created 2020..2021"),
        ("naïve\u{0}\n 基因", "naïve 基因"),
        ("🧬", ""),
    ] {
        let plan = plan(vec![word(Field::Any, text)]);
        assert_eq!(github(None).translate(&plan), wanted, "{text}");
    }
    assert_eq!(github(None).translate(&plan(vec![phrase(Field::Any, "a\" user:b")])), "\"a user b\"");
    assert_eq!(github(None).translate(&plan(vec![word(Field::Any, "🧬"), years(2020, None)])), "", "not everything");
}

#[test]
fn the_request_says_its_version_and_hides_its_token() {
    let call = github(Some("ghp_secret")).call("lamp", 500);
    assert_eq!(call.url.as_str(), "https://api.github.com/search/repositories?q=lamp&per_page=100&page=1");
    assert_eq!(call.accept, "application/vnd.github+json");
    assert_eq!(call.headers[0], VERSION);
    let (name, value) = &call.headers[1];
    assert_eq!((name, value.as_bytes()), (&AUTHORIZATION, &b"Bearer ghp_secret"[..]));
    assert!(value.is_sensitive());
    assert_eq!(github(None).call("lamp", 25).headers.len(), 1);
    assert_eq!(github(Some("line\nbreak")).call("lamp", 25).headers.len(), 1, "what no header can hold is not sent");
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(body in prop_oneof![mutated(PAGE), mutated(VALIDATION_FAILED)]) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && !record.source_id.is_empty()));
        }
        let _ = answers::message_of(&body);
    }

    #[test]
    fn no_query_reaches_github_with_a_qualifier_or_operator_of_its_own(text in "\\PC{0,40}") {
        let sent = github(None).translate(&plan(vec![word(Field::Any, &text), phrase(Field::Any, &text)]));
        prop_assert!(!sent.contains([':', '<', '>', '*', '\\']), "{}", sent);
        prop_assert!(!sent.split(' ').any(|word| word.starts_with('-') || word == "NOT" || word == "OR"), "{}", sent);
    }
}
