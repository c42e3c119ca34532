use chrono::TimeDelta;
use engine::source::SourceId;
use proptest::prelude::*;

use super::*;
use crate::{store::testing::reports, testing::now};

fn report(source: SourceId, state: SourceOutcome) -> SourceReport {
    SourceReport { source, state, error: None, ..reports().remove(0) }
}

fn record(title: &str) -> Record {
    Record { title: title.to_owned(), source_id: title.to_owned(), ..Record::default() }
}

/// An answer of these sources; with a record when there are any works.
fn answer(sources: Vec<SourceReport>) -> Answer {
    let outcome = Outcome {
        works: Vec::new(),
        records: vec![Arc::new(record("a")), Arc::new(record("b"))],
        sources,
        counts: Counts { works: 2, ..Counts::default() },
        took_ms: 7,
    };
    Answer::new(Uuid::from_u128(1), "key", "lamps", 25, &outcome, now())
}

#[test]
fn how_it_went_is_decided_by_whoever_was_asked() {
    use SourceOutcome::{Answered, Cached, Failed, Late, Skipped, Stale};
    for (states, status) in [
        (vec![Answered, Cached, Stale, Skipped], SearchStatus::Completed),
        (vec![Answered, Failed], SearchStatus::Partial),
        (vec![Stale, Late], SearchStatus::Partial),
        (vec![Failed, Late], SearchStatus::Failed),
        (vec![Skipped], SearchStatus::Failed),
        (vec![], SearchStatus::Failed),
    ] {
        let sources = states.iter().map(|state| report(SourceId::Arxiv, *state)).collect();
        assert_eq!(answer(sources).status(), status, "{states:?}");
    }
}

#[test]
fn only_a_whole_answer_is_fresh_and_no_longer_than_its_shortest_part() {
    let fresh_for = |sources| {
        let answer = answer(sources);
        answer.summary.fresh_until.map(|until| (until - now()).num_minutes())
    };
    // Without works ten minutes are the most.
    assert_eq!(fresh_for(vec![report(SourceId::Arxiv, SourceOutcome::Answered)]), Some(10));
    let cached = SourceReport {
        cached_at: Some(now() - TimeDelta::minutes(1_435)),
        ..report(SourceId::Arxiv, SourceOutcome::Cached)
    };
    assert_eq!(fresh_for(vec![cached]), Some(5), "what was kept is as old as it is");
    for state in [SourceOutcome::Failed, SourceOutcome::Late, SourceOutcome::Stale] {
        assert_eq!(
            fresh_for(vec![report(SourceId::Arxiv, SourceOutcome::Answered), report(SourceId::Pubmed, state)]),
            None
        );
    }
}

#[test]
fn an_answer_comes_back_from_bytes_as_it_was() {
    let before = answer(vec![report(SourceId::Arxiv, SourceOutcome::Answered)]);
    for with_records in [true, false] {
        let bytes = before.to_bytes(with_records).unwrap();
        let after = Answer::from_bytes(&bytes).unwrap();
        assert_eq!(after.to_bytes(true).unwrap(), bytes, "with as much as it had");
        assert_eq!(after.body.plain(), before.body.plain());
        assert_eq!((after.summary.id, after.summary.fresh_until), (before.summary.id, before.summary.fresh_until));
        assert_eq!(after.records(), before.records().filter(|_| with_records));
    }
}

#[test]
fn a_record_is_taken_to_be_as_large_as_its_text_at_least() {
    let author = Author { name: "x".repeat(100).into(), affiliation: Some("y".repeat(1_000)), ..Author::default() };
    let record = Record {
        abstract_text: Some("z".repeat(10_000).into()),
        authors: vec![author; 50].into(),
        topics: vec!["t".repeat(100); 20],
        ..record("a")
    };
    assert!((67_000..90_000).contains(&size_of(&record)), "{}", size_of(&record));
}

proptest! {
    #[test]
    fn bytes_that_are_no_answer_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0_usize..4_000) {
        prop_assert!(Answer::from_bytes(&bytes.clone().into()).is_none());
        let whole = answer(vec![report(SourceId::Arxiv, SourceOutcome::Answered)]).to_bytes(true).unwrap();
        let cut = cut % whole.len();
        // Cut anywhere: never a panic, never records that are not there.
        let read = Answer::from_bytes(&whole.slice(..cut));
        prop_assert!(read.is_none_or(|read| read.records().is_none()));
        let mut altered = whole.to_vec();
        altered[cut] ^= 0x55;
        let _ = Answer::from_bytes(&altered.into());
    }
}

#[test]
fn records_are_the_same_before_and_after_they_are_packed() {
    let answer = answer(vec![report(SourceId::Arxiv, SourceOutcome::Answered)]);
    let before = answer.records().unwrap();
    let bytes = answer.to_bytes(true).unwrap();
    assert!(matches!(*answer.records.lock().unwrap(), Records::Packed(_)));
    assert_eq!(answer.records().unwrap(), before);
    assert_eq!(answer.to_bytes(true).unwrap(), bytes);
    assert!(answer.to_bytes(false).unwrap().len() < bytes.len());
}
