use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::{
    identifier,
    item::{DateKind, Identifier, PartialDate, Relation, RelationKind, WorkType},
    source::SourceId,
    work::RecordRef,
};

/// A labelled pair of records; see `recordings/README.md`.
#[derive(Debug, Deserialize)]
struct Pair {
    same: bool,
    why: String,
    a: Record,
    b: Record,
}

/// What a connector does to identifiers: every spelling becomes the key form.
fn as_a_connector_would(mut record: Record) -> SharedRecord {
    record.doi = record.doi.as_deref().map(|doi| identifier::doi(doi).expect("a DOI"));
    Arc::new(record)
}

#[test]
fn labelled_pairs_are_told_apart_and_together() {
    let pairs: Vec<Pair> = include_str!("../../recordings/pairs.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a pair"))
        .collect();
    let (mut right, mut wrong, mut missed) = (0_u32, 0_u32, 0_u32);
    let mut by_reason: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for pair in pairs {
        let (a, b) = (as_a_connector_would(pair.a), as_a_connector_would(pair.b));
        let mut merger = Merger::new(Arc::default());
        merger.add(&[Arc::clone(&a), Arc::clone(&b)]);
        let joined = merger.works().len() == 1;
        let mut other_way = Merger::new(Arc::default());
        other_way.add(&[Arc::clone(&b)]);
        other_way.add(&[Arc::clone(&a)]);
        assert_eq!(other_way.works().len() == 1, joined, "order of arrival decides: {} / {}", a.title, b.title);
        let count =
            by_reason.entry(format!("{}: {}", if pair.same { "same" } else { "different" }, pair.why)).or_default();
        count.0 += 1;
        match (pair.same, joined) {
            (true, true) => right += 1,
            (false, true) => wrong += 1,
            (true, false) => missed += 1,
            (false, false) => {}
        }
        if pair.same != joined {
            count.1 += 1;
            println!("{} ({}): {} / {}", if joined { "WRONG" } else { "missed" }, pair.why, a.title, b.title);
        }
    }
    for (reason, (all, failed)) in by_reason {
        println!("{:3} of {all:3} right  {reason}", all - failed);
    }
    let precision = f64::from(right) / f64::from(right + wrong);
    let recall = f64::from(right) / f64::from(right + missed);
    println!("precision {precision:.4}, recall {recall:.4} ({right} joined rightly, {wrong} wrongly, {missed} missed)");
    assert!(precision >= 0.99, "precision {precision:.4}");
    assert!(recall >= 0.95, "recall {recall:.4}");
}

fn titled(source: SourceId, id: &str, authors: &[&str]) -> SharedRecord {
    let is_arxiv = source == SourceId::Arxiv || source == SourceId::Searxng;
    Arc::new(Record {
        source,
        source_id: format!("{id} {}", authors.len()),
        arxiv_id: is_arxiv.then(|| id.to_owned()),
        doi: (!is_arxiv).then(|| format!("10.5555/{id}")),
        title: "A deep learning approach for forecasting of ground deformation in eastern Ireland".to_owned(),
        authors: authors.iter().filter_map(|name| crate::names::displayed(name)).collect(),
        date: Some(PartialDate { year: 2025, month: None, day: None, kind: DateKind::Published }),
        kind: if is_arxiv { WorkType::Preprint } else { WorkType::Article },
        ..Record::default()
    })
}

/// The records' positions, joined to works, whatever the order in which they come.
#[track_caller]
fn joined(records: &[SharedRecord]) -> Vec<Vec<usize>> {
    let works_of = |order: &[usize]| {
        let mut merger = Merger::new(Arc::default());
        for &at in order {
            merger.add(&[Arc::clone(&records[at])]);
        }
        let position = |name: &RecordRef| {
            records
                .iter()
                .position(|record| record.source == name.source && record.source_id == name.source_id)
                .unwrap()
        };
        let mut works: Vec<Vec<usize>> = merger
            .works()
            .iter()
            .map(|work| {
                let mut members: Vec<usize> =
                    work.versions.iter().flat_map(|version| &version.records).map(position).collect();
                members.sort_unstable();
                members
            })
            .collect();
        works.sort_unstable();
        works
    };
    let order: Vec<usize> = (0..records.len()).collect();
    let works = works_of(&order);
    let backwards: Vec<usize> = order.into_iter().rev().collect();
    assert_eq!(works_of(&backwards), works, "order of arrival decides");
    works
}

#[test]
fn a_page_without_authors_joins_the_only_work_with_its_title() {
    let paper = titled(SourceId::Crossref, "1", &["Wendong Yao", "Binhua Huang", "Soumyabrata Dev"]);
    let page = titled(SourceId::Searxng, "2509.25393", &[]);
    assert_eq!(joined(&[Arc::clone(&paper), Arc::clone(&page)]), [[0, 1]]);
    let namesake = titled(SourceId::Searxng, "2509.18176", &[]);
    assert_eq!(joined(&[paper, page, namesake]).len(), 3, "which of the two pages is the paper's?");
}

#[test]
fn of_two_preprints_under_one_title_print_joins_the_one_by_the_very_same_persons() {
    let print = titled(SourceId::Crossref, "1", &["Wendong Yao", "Binhua Huang", "Soumyabrata Dev"]);
    let more = ["Wendong Yao", "Saeed Azadnejad", "Binhua Huang", "Soumyabrata Dev"];
    let first = titled(SourceId::Arxiv, "2509.18176", &more);
    let second = titled(SourceId::Arxiv, "2509.25393", &["Wendong Yao", "Binhua Huang", "Soumyabrata Dev"]);
    assert_eq!(joined(&[first, print, second]), [vec![0], vec![1, 2]]);
}

#[test]
fn many_records_with_many_relations_take_little_time() {
    let doi = |number: u32| format!("10.1000/{number}");
    let related = |number: u32| {
        let to = |step: u32| Relation {
            kind: RelationKind::VersionOf,
            target: Identifier::Doi(doi((number * 31 + step) % 2_000)),
        };
        Arc::new(Record {
            source_id: number.to_string(),
            title: format!("Work {number}"),
            doi: Some(doi(number)),
            version_of: (0..50).map(to).collect(),
            ..Record::default()
        })
    };
    let mut merger = Merger::new(Arc::default());
    merger.add(&(0..2_000).map(related).collect::<Vec<_>>());
    assert_eq!(merger.works().len(), 1);
}

#[test]
fn a_split_between_ids_that_a_source_repeats_takes_little_time() {
    let repeated = |number: u32| {
        let title = format!("a{number} b{number} c{number}");
        Arc::new(Record { source_id: (number % 2).to_string(), title, rank_native: number + 1, ..Record::default() })
    };
    let records: Vec<SharedRecord> = (0..4_000).map(repeated).collect();
    let mut splits = Splits::default();
    splits.insert(&records[0].key(), &records[1].key());
    splits.insert(&records[0].key(), &records[0].key());
    let mut merger = Merger::new(Arc::new(splits));
    merger.add(&records);
    assert_eq!(merger.works().len(), 2);
}
