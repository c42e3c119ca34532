use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::identifier;

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
