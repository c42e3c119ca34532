//! `pake sources`: which there are, how they are, and whether they answer.

use e2e::upstream::Fault;
use insta::assert_snapshot;
use serde_json::Value;

use super::{alone, asking, done, shown};
use crate::list;

#[test]
fn every_source_is_listed_with_what_an_operator_does_to_have_it() {
    assert_snapshot!(shown(&alone().run(&["sources"]).unwrap()));
    let sources: Value = serde_json::from_str(&done(&alone(), &["sources", "--json"])).unwrap();
    assert_eq!(list(&sources["sources"]).len(), 14);
}

#[test]
fn a_server_tells_how_its_sources_are_now() {
    let (upstream, pake) = asking();
    let server = pake.serve().unwrap();
    upstream.fail("crossref", Fault::Status(403));
    server.answer("lamps").unwrap();
    let told = done(&alone(), &["sources", "--server", &server.url()]);
    let crossref = told.lines().find(|line| line.starts_with("crossref")).unwrap();
    assert!(crossref.starts_with("crossref\tresting\t") && crossref.contains("next attempt"), "{crossref}");
    let arxiv = told.lines().find(|line| line.starts_with("arxiv")).unwrap();
    assert!(arxiv.starts_with("arxiv\ton\t"), "{arxiv}");
}

#[test]
fn sources_that_are_set_up_pass_the_check() {
    let (upstream, pake) = asking();
    let finished = pake.run(&["sources", "check"]).unwrap();
    assert_eq!(finished.status, 0, "{finished}");
    assert!(finished.stdout.lines().all(|line| line.starts_with("✓ ")), "{finished}");
    assert!(upstream.paths().is_empty(), "nobody is asked");
    let finished = pake.run(&["sources", "check", "brave", "arxiv"]).unwrap();
    assert_snapshot!(shown(&finished));
}

#[test]
fn live_each_source_is_asked_and_its_answer_looked_at() {
    let (upstream, pake) = asking();
    let whole = pake.run(&["sources", "check", "--live", "crossref", "openalex"]).unwrap();
    upstream.fail("crossref", Fault::Html);
    let broken = pake.run(&["sources", "check", "--live", "crossref"]).unwrap();
    assert_eq!(broken.status, 1, "{broken}");
    assert!(broken.stdout.starts_with("✗ crossref"), "{broken}");
    assert!(upstream.requests("openalex") > 0, "{whole}");
    let verdicts = pake.run(&["sources", "check", "--live", "--json", "crossref"]).unwrap();
    let verdicts: Value = serde_json::from_str(&verdicts.stdout).unwrap();
    assert_eq!((list(&verdicts).len(), &verdicts[0]["source"]), (1, &"crossref".into()));
}
