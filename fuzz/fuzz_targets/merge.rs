//! Merge and rank: nothing is lost, what was split stays split, and no order of arrival makes a difference.
#![no_main]

use std::{collections::BTreeMap, sync::Arc};

use engine::{
    event::Change,
    merge::Merger,
    query::Query,
    rank,
    work::{SharedRecord, Splits, Work},
};
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};

/// Most records at once: what goes wrong with many goes wrong with a few.
const MOST_RECORDS: usize = 24;

fuzz_target!(|bytes: &[u8]| {
    let _ = search(&mut Unstructured::new(bytes));
});

fn search(bytes: &mut Unstructured<'_>) -> Result<()> {
    let mut splits = Splits::default();
    let mut records: Vec<SharedRecord> = Vec::new();
    let wanted = bytes.int_in_range(1..=MOST_RECORDS)?;
    let cuts: u32 = bytes.arbitrary()?;
    let split = bytes.int_in_range(0..=3_usize)?;
    while records.len() < wanted && !bytes.is_empty() {
        records.push(fuzz::works::record(bytes)?);
    }
    if records.is_empty() {
        return Ok(());
    }
    for pair in records.windows(2).step_by(3).take(split).filter(|pair| pair[0].key() != pair[1].key()) {
        splits.insert(&pair[0].key(), &pair[1].key());
    }
    let splits = Arc::new(splits);
    let works = merged(&records, cuts, &splits);
    assert_eq!(works, merged(&records, cuts, &splits), "not the same twice");
    complete(&works, &records);
    stay_split(&works, &splits);
    let works = nameless(works);
    let mut turned = records.clone();
    turned.reverse();
    let middle = cuts as usize % records.len();
    let rotated = [&records[middle..], &records[..middle]].concat();
    for (order, cuts) in [(&records, 0), (&records, u32::MAX), (&turned, cuts), (&rotated, cuts.reverse_bits())] {
        assert_eq!(nameless(merged(order, cuts, &splits)), works, "the order of arrival makes a difference");
    }
    ranked(works);
    Ok(())
}

/// The works of these records, which arrive in pages that end where `cuts` has a bit. The changes that are told of make the
/// same list as the one that is asked for.
fn merged(records: &[SharedRecord], cuts: u32, splits: &Arc<Splits>) -> Vec<Work> {
    let mut merger = Merger::new(Arc::clone(splits));
    let mut told: Vec<Work> = Vec::new();
    let mut page = Vec::new();
    for (at, record) in records.iter().enumerate() {
        page.push(Arc::clone(record));
        if cuts.rotate_right(u32::try_from(at).unwrap_or(0)) & 1 == 1 || at + 1 == records.len() {
            merger.add(&page).into_iter().for_each(|change| apply(&mut told, change));
            page.clear();
        }
    }
    let works = merger.works();
    assert_eq!(told, works, "the changes tell of something else");
    works
}

fn apply(told: &mut Vec<Work>, change: Change) {
    match change {
        Change::Added { work } => {
            assert!(told.iter().all(|known| known.id != work.id), "{} is added twice", work.id);
            told.push(Work::clone(&work));
        }
        Change::Updated { work } => {
            let known = told.iter_mut().find(|known| known.id == work.id);
            *known.expect("what is updated was added") = Work::clone(&work);
        }
        Change::Absorbed { id, into } => {
            assert!(told.iter().any(|known| known.id == into) && id != into, "{id} goes into {into}");
            let before = told.len();
            told.retain(|known| known.id != id);
            assert_eq!(told.len() + 1, before, "{id} goes away and was never there");
        }
    }
}

/// Every record is in one work, once, and every work says whom each field comes from.
fn complete(works: &[Work], records: &[SharedRecord]) {
    let mut wanted: Vec<_> = records.iter().map(|r| (r.source, r.source_id.clone(), r.rank_native)).collect();
    let refs = works.iter().flat_map(|work| &work.versions).flat_map(|version| &version.records);
    let mut found: Vec<_> = refs.map(|r| (r.source, r.source_id.clone(), r.rank)).collect();
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted, "records are lost or doubled");
    for work in works {
        assert!(!work.title.is_empty() && !work.versions.is_empty());
        assert!(work.versions.iter().all(|version| !version.records.is_empty()));
        assert!(work.provenance.contains_key("title"));
        assert!(work.provenance.values().all(|source| work.sources.contains(source)));
        for (field, is_there) in
            [("doi", work.doi.is_some()), ("abstract", work.abstract_text.is_some()), ("url", work.url.is_some())]
        {
            assert_eq!(work.provenance.contains_key(field), is_there, "{field}");
        }
        let kept = serde_json::to_string(work).expect("a work can be kept");
        assert_eq!(&serde_json::from_str::<Work>(&kept).expect("a kept work can be read"), work);
    }
}

fn stay_split(works: &[Work], splits: &Splits) {
    let mut work_of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, work) in works.iter().enumerate() {
        for record in work.versions.iter().flat_map(|version| &version.records) {
            work_of.entry(format!("{}:{}", record.source, record.source_id)).or_default().push(at);
        }
    }
    for (one, other) in splits.iter() {
        let (one, other) = (&work_of[one], &work_of[other]);
        assert!(one.iter().all(|at| !other.contains(at)), "what a person split is joined");
    }
}

/// Without the names, which follow the arrival, in an order of their own.
fn nameless(mut works: Vec<Work>) -> Vec<Work> {
    for work in &mut works {
        work.id.clear();
    }
    works.sort_by_cached_key(|work| format!("{:?}", work.versions));
    works
}

fn ranked(mut works: Vec<Work>) {
    let query = Query::parse("\"target base\" editing OR attention NOT part").expect("a query");
    let mut turned = works.clone();
    turned.reverse();
    rank::rank(&mut works, &query, 2026);
    rank::rank(&mut turned, &query, 2026);
    assert_eq!(works, turned, "the order before ranking makes a difference");
    assert!(works.is_sorted_by(|one, other| one.score >= other.score));
    for work in &works {
        let why = work.why.as_ref().expect("ranked");
        let sum = why.fusion + why.text + why.recency + why.citations;
        assert!(work.score.is_finite() && (sum - work.score).abs() < 1e-9, "{why:?}");
        let sources = f64::from(u32::try_from(work.sources.len()).unwrap_or(0));
        assert!((0.0..=sources).contains(&why.fusion) && (0.0..=2.0).contains(&why.text), "{why:?}");
        assert!((0.0..=0.15).contains(&why.recency) && (0.0..=0.25).contains(&why.citations), "{why:?}");
    }
}
