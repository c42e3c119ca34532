//! `pake history`: the searches made before.

use e2e::{pake::Pake, upstream::Upstream};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{alone, asking, done, refused, shown};
use crate::{list, text};

/// A folder with a history: two searches were made here.
fn lived() -> (Upstream, Pake, Vec<String>) {
    let (upstream, pake) = asking();
    pake.serve().unwrap().stop().unwrap();
    for query in ["lamps", "glow worms"] {
        done(&pake, &["search", query, "--source", "crossref", "--quiet"]);
    }
    let entries = entries(&pake, &[]);
    let ids = entries.iter().rev().map(|entry| text(&entry["id"])).collect();
    (upstream, pake, ids)
}

#[track_caller]
fn entries(pake: &Pake, options: &[&str]) -> Vec<Value> {
    let page = done(pake, &[&["history", "list", "--json"], options].concat());
    list(&serde_json::from_str::<Value>(&page).unwrap()["entries"]).clone()
}

#[test]
fn without_a_history_it_says_how_one_begins() {
    assert_snapshot!(refused(&alone(), 1, &["history", "list"]));
}

#[test]
fn searches_are_listed_the_latest_first() {
    let (_upstream, pake, ids) = lived();
    let listed = done(&pake, &["history", "list"]);
    let firsts: Vec<_> = listed.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(firsts, [&ids[1], &ids[0]]);
    let columns: Vec<_> = listed.lines().next().unwrap().split('\t').collect();
    assert_eq!((columns.len(), columns[3], columns[4]), (7, "glow worms", "5"), "{listed}");
    let page = pake.run(&["history", "list", "--limit", "1"]).unwrap();
    assert_eq!(page.stdout.lines().count(), 1);
    let place = page.stderr.trim().strip_prefix("there are more: --after ").unwrap();
    assert!(done(&pake, &["history", "list", "--after", place]).starts_with(&ids[0]));
    let nothing = pake.run(&["history", "list", "--text", "quarks"]).unwrap();
    assert_snapshot!(shown(&nothing));
    assert_eq!(entries(&pake, &["--text", "glow", "--source", "crossref", "--since", "2020-01-01"]).len(), 1);
    assert_eq!(entries(&pake, &["--until", "2020-01-01"]).len(), 0);
}

#[test]
fn an_anonymous_search_is_in_no_history() {
    let (_upstream, pake, _) = lived();
    let found = done(&pake, &["search", "fireflies", "--source", "crossref", "--quiet", "--anonymous"]);
    assert!(!found.is_empty());
    assert_eq!(entries(&pake, &[]).len(), 2);
    assert_eq!(entries(&pake, &["--text", "fireflies"]).len(), 0);
}

#[test]
fn one_search_is_shown_with_its_sources_and_its_works() {
    let (_upstream, pake, ids) = lived();
    let shown = pake.run(&["history", "show", &ids[0]]).unwrap();
    assert_snapshot!(super::shown(&shown));
    let entry: Value = serde_json::from_str(&done(&pake, &["history", "show", &ids[0], "--json"])).unwrap();
    assert_eq!((&entry["id"], &entry["query"]), (&json!(ids[0]), &json!("lamps")));
    let ris = done(&pake, &["history", "show", &ids[0], "--export", "ris"]);
    assert_eq!(ris.matches("TY  - ").count(), 5, "{ris}");
}

#[test]
fn searches_are_marked_and_tagged() {
    let (_upstream, pake, ids) = lived();
    done(&pake, &["history", "favourite", &ids[0]]);
    done(&pake, &["history", "tag", &ids[1], "thesis", "chapter 2"]);
    assert_eq!(entries(&pake, &["--favourites"])[0]["id"], ids[0]);
    assert_eq!(entries(&pake, &["--tag", "thesis"])[0]["tags"], json!(["chapter 2", "thesis"]));
    assert!(done(&pake, &["history", "list"]).contains('★'));
    done(&pake, &["history", "favourite", &ids[0], "--off"]);
    done(&pake, &["history", "tag", &ids[1]]);
    assert!(entries(&pake, &["--favourites"]).is_empty() && entries(&pake, &["--tag", "thesis"]).is_empty());
    let long = "x".repeat(100);
    let said = refused(&pake, 1, &["history", "tag", &ids[1], &long]);
    assert!(said.starts_with("error: tags: "), "{said}");
}

#[test]
fn searches_are_taken_away_and_deleted() {
    let (_upstream, pake, ids) = lived();
    let export: Value = serde_json::from_str(&done(&pake, &["history", "export"])).unwrap();
    assert_eq!(list(&export["search_history"]).len(), 2);
    assert_snapshot!(shown(&pake.run(&["history", "delete", &ids[0]]).unwrap()));
    assert_snapshot!(refused(&pake, 1, &["history", "show", &ids[0]]));
    assert_snapshot!(refused(&pake, 1, &["history", "delete", "--all"]));
    assert_eq!(entries(&pake, &[]).len(), 1);
    done(&pake, &["history", "delete", "--all", "--yes"]);
    assert!(entries(&pake, &[]).is_empty());
}

#[test]
fn the_history_of_a_server_is_reached_from_elsewhere() {
    let (_upstream, pake, ids) = lived();
    let server = pake.serve().unwrap();
    let url = server.url();
    let client = alone();
    let listed = done(&client, &["history", "list", "--server", &url]);
    assert!(listed.contains(&ids[0]) && listed.contains(&ids[1]), "{listed}");
    done(&client, &["history", "delete", &ids[0], "--server", &url]);
    assert_eq!(done(&client, &["history", "list", "--server", &url]).lines().count(), 1);
    let said = refused(&client, 1, &["history", "show", "twelve", "--server", &url]);
    assert!(said.starts_with("error: path: "), "{said}");
}
