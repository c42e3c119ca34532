use std::sync::Arc;

use super::*;
use crate::{
    item::{DateKind, PartialDate, Record},
    merge::Merger,
    source::SourceId,
    work::SharedRecord,
};

/// A record of this paper in this place of a source's answer; the papers differ in their words, years and citations.
fn record(source: SourceId, paper: u16, rank: u32) -> SharedRecord {
    let words = ["lamps", "lamps of the sea", "light and lamps", "the sea", "old lamps, new lamps"];
    Arc::new(Record {
        source,
        source_id: format!("{paper}"),
        doi: Some(format!("10.5555/{paper}")),
        title: format!("On {} {paper}", words[usize::from(paper) % words.len()]),
        abstract_text: paper.is_multiple_of(3).then(|| "Lamps give light at sea.".into()),
        date: Some(PartialDate {
            year: 1990 + i32::from(paper % 37),
            month: None,
            day: None,
            kind: DateKind::Published,
        }),
        citations: Some(u32::from(paper) * 7 % 1_000),
        rank_native: rank,
        ..Record::default()
    })
}

fn ranked(mut works: Vec<Work>) -> Vec<Work> {
    rank(&mut works, &Query::parse("lamps sea").unwrap(), 2026);
    works
}

fn works() -> Vec<Work> {
    let mut merger = Merger::new(Arc::default());
    for (source, step) in [(SourceId::Arxiv, 3), (SourceId::Crossref, 2), (SourceId::Openalex, 5)] {
        merger.add(&(0..40).map(|at| record(source, at * step, u32::from(at) + 1)).collect::<Vec<_>>());
    }
    merger.works()
}

#[test]
fn the_order_is_that_of_the_scores_and_each_is_the_sum_of_what_is_shown() {
    let works = ranked(works());
    assert!(works.is_sorted_by(|one, other| one.score >= other.score));
    for work in &works {
        let why = work.why.as_ref().unwrap();
        let terms = [why.fusion, why.text, why.recency, why.citations];
        assert!((work.score - terms.iter().sum::<f64>()).abs() < 1e-9, "{} and {terms:?}", work.score);
        for shown in terms.into_iter().chain([work.score]) {
            let digits = shown.to_string().split_once('.').map_or(0, |(_, digits)| digits.len());
            assert!(digits <= 4, "{shown}");
        }
    }
    let (first, last) = (works.first().unwrap(), works.last().unwrap());
    assert!(first.sources.len() > last.sources.len(), "what several sources put far up comes first");
}

#[test]
fn the_order_in_which_works_stand_does_not_count() {
    let (straight, mut turned) = (ranked(works()), works());
    turned.reverse();
    turned.rotate_left(13);
    assert_eq!(ranked(turned), straight);
}
