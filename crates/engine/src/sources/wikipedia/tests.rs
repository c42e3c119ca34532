use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;

use super::*;
use crate::{
    item::OaStatus,
    plan,
    query::{Expr, Query},
    sources::testing::{mutated, phrase, plan, reply, settings, word},
};

const PAGE: &[u8] = include_bytes!("../../../recordings/wikipedia/page.json");
const EMPTY: &[u8] = include_bytes!("../../../recordings/wikipedia/empty.json");
const WARNINGS: &[u8] = include_bytes!("../../../recordings/wikipedia/warnings.json");
const RATE_LIMITED: &[u8] = include_bytes!("../../../recordings/wikipedia/ratelimited.json");
const MAXLAG: &[u8] = include_bytes!("../../../recordings/wikipedia/maxlag.json");
const TOO_LONG: &[u8] = include_bytes!("../../../recordings/wikipedia/too_long.json");
const MISSING: &[u8] = include_bytes!("../../../recordings/wikipedia/missing.json");
const BUSY: &[u8] = include_bytes!("../../../recordings/wikipedia/busy.json");
const INTERNAL: &[u8] = include_bytes!("../../../recordings/wikipedia/internal.json");
const BLOCKED: &[u8] = include_bytes!("../../../recordings/wikipedia/blocked.json");
const NO_AGENT: &[u8] = include_bytes!("../../../recordings/wikipedia/no_agent.txt");
const SERVER_ERROR: &[u8] = include_bytes!("../../../recordings/wikipedia/server_error.html");

fn wikipedia() -> Wikipedia {
    Wikipedia { base_url: settings("https://en.wikipedia.org", None, None).base_url }
}

/// What the connector sends for a query as a person writes it.
fn sent(query: &str) -> String {
    wikipedia().translate(&plan::plan(&Query::parse(query).unwrap(), &CAPABILITIES).unwrap())
}

#[test]
fn articles_come_in_the_order_of_the_search_and_not_of_their_numbers() {
    let page = parse(PAGE, Some(DateTime::UNIX_EPOCH)).unwrap();
    let titles: Vec<_> = page.records.iter().map(|record| record.title.as_str()).collect();
    assert_eq!(titles[..4], ["Lamp (glow worm)", "Light fixture", "CRISPR gene editing", "Lamp (disambiguation)"]);
    assert_eq!((page.records[0].rank_native, page.records[1].rank_native), (1, 2));
}

#[test]
fn an_article_is_read_with_its_opening_its_licence_and_who_wrote_it() {
    let page = parse(PAGE, Some(DateTime::UNIX_EPOCH)).unwrap();
    let article = &page.records[0];
    assert_eq!(article.source_id, "en/5001001");
    assert_eq!(
        article.abstract_text.as_deref(),
        Some(
            "The lamp of a glow worm is an organ that makes light. It was first described in 1799. Glow worms use it to \
             find each other; they glow at 5 °C < t < 25 °C."
        )
    );
    assert!(article.abstract_licence_ok);
    assert_eq!(article.licence.as_deref(), Some("CC-BY-SA-4.0"));
    assert_eq!(article.authors.len(), 1);
    assert_eq!((article.authors[0].name.as_str(), &article.authors[0].family), ("Wikipedia contributors", &None));
    assert_eq!((article.kind, article.venue.as_deref()), (WorkType::Encyclopedia, Some("Wikipedia")));
    assert_eq!((article.language.as_deref(), article.oa_status), (Some("en"), Some(OaStatus::Open)));
    assert_eq!(article.url.as_deref(), Some("https://en.wikipedia.org/wiki/Lamp_(glow_worm)"));
    assert_eq!(article.date, None);
    assert_eq!(article.fetched_at, Some(DateTime::UNIX_EPOCH));
}

#[test]
fn every_null_is_survived_and_an_address_that_is_none_is_left_out() {
    let page = parse(PAGE, None).unwrap();
    let [.., zero, bare, odd] = page.records.as_slice() else { panic!("{page:?}") };
    assert_eq!((zero.title.as_str(), zero.abstract_text.as_deref()), ("0", Some("Number")), "the short description");
    assert_eq!(zero.url.as_deref(), Some("https://en.wikipedia.org/wiki/0"), "there is another address");
    assert_eq!((bare.source_id.as_str(), bare.title.as_str(), bare.rank_native), ("5001006", "Lamplighter", 6));
    assert_eq!((&bare.abstract_text, &bare.url, &bare.language), (&None, &None, &None));
    assert_eq!(odd.title, "Lämpchen <i>& Co</i>", "titles are text, not markup");
    assert_eq!((&odd.url, odd.language.as_deref()), (&None, Some("de")));
    assert_eq!(page.malformed, 3, "one without a number, one without a title, one that is no object");
}

#[test]
fn no_articles_are_an_answer() {
    assert_eq!(parse(EMPTY, None).unwrap(), Page { reported: Some(0), ..Page::default() });
    let older = b"{\"batchcomplete\":\"\"}";
    assert_eq!(parse(older, None).unwrap().reported, Some(0), "as older versions write it");
}

#[test]
fn what_mediawiki_warns_of_is_passed_on() {
    let page = parse(WARNINGS, None).unwrap();
    assert_eq!((page.records.len(), page.warnings.len()), (1, 2));
    assert_eq!(page.warnings[1], "main: Unrecognized parameter: x.");
}

#[test]
fn too_often_and_lagging_servers_are_waited_for_as_long_as_they_say() {
    let now = DateTime::UNIX_EPOCH;
    for (body, wait, wanted) in [
        (RATE_LIMITED, None, 60),
        (RATE_LIMITED, Some(7), 7),
        (MAXLAG, None, 5),
        (MAXLAG, Some(9), 9),
        (RATE_LIMITED, Some(u64::MAX), 0),
    ] {
        let error = answers::read(body, Some(now), wait.map(Duration::from_secs)).unwrap_err();
        assert_eq!(error, SourceError::RateLimited { retry_at: now + TimeDelta::seconds(wanted) });
    }
}

#[test]
fn errors_with_status_200_are_told_apart() {
    for (body, code, says) in [
        (TOO_LONG, "bad_query", "322 > 300"),
        (MISSING, "bad_query", "\"gsrsearch\" parameter must be set"),
        (BUSY, "unavailable", "503"),
        (INTERNAL, "unavailable", "500"),
        (BLOCKED, "refused", "blocked globally"),
        (b"{\"error\":{}}", "bad_query", ""),
        (b"{\"error\":{\"code\":\"odd\",\"info\":null}}", "bad_query", "odd"),
    ] {
        let error = parse(body, None).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn what_is_no_answer_is_malformed_or_the_query_s_fault() {
    for body in [b"" as &[u8], b"{}", b"[]", b"{\"query\":{}}", NO_AGENT, SERVER_ERROR, &PAGE[..PAGE.len() / 2]] {
        assert_eq!(parse(body, None).unwrap_err().code(), "malformed");
    }
    let all_broken = b"{\"batchcomplete\":true,\"query\":{\"pages\":[1,2]}}";
    assert_eq!(parse(all_broken, None).unwrap_err().code(), "malformed");
    let error = answer::succeeded(&reply(400, SERVER_ERROR), |_| None).unwrap_err();
    assert_eq!(error.code(), "bad_query");
}

#[test]
fn words_phrases_and_titles_have_their_spelling() {
    let query = plan(vec![
        word(Field::Any, "crispr"),
        phrase(Field::Any, "base editing"),
        word(Field::Title, "cas9"),
        phrase(Field::Title, "guide rna"),
        phrase(Field::Any, "one"),
    ]);
    assert_eq!(wikipedia().translate(&query), "crispr \"base editing\" intitle:cas9 intitle:\"guide rna\" one");
}

#[test]
fn hostile_characters_do_not_become_cirrus_search_s_own() {
    for (text, wanted) in [
        ("insource:/x{1,9}/", "insource x 1,9"),
        ("-a !b ~c d* e?f", "a b c d e f"),
        ("a OR b AND NOT c", "a or b and not c"),
        ("\"unbalanced", "unbalanced"),
        ("prefix:User_talk:", "prefix User_talk"),
        ("naïve\u{0}\n 基因 covid-19", "naïve 基因 covid-19"),
        ("🧬 \u{202e}", ""),
        ("a|b&c=d#e\\f[g]<h>", "a b c d e f g h"),
    ] {
        assert_eq!(wikipedia().translate(&plan(vec![word(Field::Any, text)])), wanted, "{text}");
    }
    assert_eq!(wikipedia().translate(&plan(vec![phrase(Field::Title, "a\" -b")])), "intitle:\"a b\"");
}

#[test]
fn alternatives_are_asked_for_only_where_nothing_stands_beside_them() {
    assert_eq!(sent("crispr OR \"base editing\""), "crispr OR \"base editing\"");
    assert_eq!(sent("title:(crispr OR talen)"), "crispr OR talen", "their place is looked at here");
    assert_eq!(sent("(crispr OR talen) year:2020"), "crispr OR talen");
    assert_eq!(sent("(crispr OR talen) cas9"), "crispr talen cas9");
    assert_eq!(sent("cas9 -review"), "cas9");
}

#[test]
fn what_it_cannot_do_is_applied_here() {
    let query = Query::parse("crispr author:doudna year:2020 -review open:true").unwrap();
    let plan = plan::plan(&query, &CAPABILITIES).unwrap();
    let local: Vec<_> = plan.local.iter().map(Expr::to_string).collect();
    assert_eq!(local, ["author:doudna", "year:2020", "-review", "open:true"]);
    let refused = plan::plan(&Query::parse("crispr type:article").unwrap(), &CAPABILITIES).unwrap_err();
    assert_eq!(refused.code(), "unsupported");
}

#[test]
fn the_request_asks_for_search_and_openings_at_once() {
    let call = wikipedia().call("glow worm", 25);
    assert_eq!(
        call.url.as_str(),
        "https://en.wikipedia.org/w/api.php?action=query&format=json&formatversion=2&generator=search&\
         gsrsearch=glow+worm&gsrlimit=20&prop=extracts%7Cinfo%7Cpageprops&exintro=1&explaintext=1&exlimit=max&\
         inprop=url&ppprop=wikibase-shortdesc"
    );
}

proptest! {
    #[test]
    fn no_mutation_of_an_answer_makes_the_parser_panic(
        body in prop_oneof![mutated(PAGE), mutated(WARNINGS), mutated(RATE_LIMITED)],
    ) {
        if let Ok(page) = parse(&body, None) {
            prop_assert!(page.records.iter().all(|record| !record.title.is_empty() && !record.source_id.is_empty()));
        }
    }

    #[test]
    fn no_query_reaches_cirrus_search_with_a_keyword_of_its_own(text in "\\PC{0,40}") {
        let sent = wikipedia().translate(&plan(vec![word(Field::Any, &text), phrase(Field::Any, &text)]));
        prop_assert!(!sent.contains([':', '*', '~', '!', '/', '\\', '?']), "{}", sent);
        prop_assert!(!sent.split(' ').any(|word| word.starts_with('-')), "{}", sent);
    }
}
