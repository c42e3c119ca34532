//! Joins records into versions and versions into works. Pure: no clock, no chance, no input or output.
//!
//! Layer by layer, the stronger reason first ([`partition`]): the same identifier (DOI, arXiv id, PubMed id), a relation
//! that a source declares, the same address, and at last title, first author and year ([`evidence`]). What is joined by
//! its title must not clash: two arXiv ids, two published articles with DOIs of their own, a notice and the work it is
//! about stay two works, also when a third record resembles both ([`clusters`]). A title that several works bear joins
//! nothing that names no author. What a person has split stays split.
//!
//! After every arrival the partition is computed anew from all records, so that it cannot depend on their order; only ids
//! and places follow the arrival.

use std::{cmp::Ordering, sync::Arc};

use crate::{
    event::Change,
    item::Record,
    work::{LazyWork, SharedRecord, Splits, Work},
};

mod authority;
mod clusters;
mod compose;
mod difference;
mod doi;
mod evidence;
mod facts;
mod index;
mod name;
mod partition;
mod title;
mod version;

use clusters::Side;
use facts::Facts;
use index::Index;

/// Joins records as they arrive. What was joined is the same whatever the order of arrival; ids of works and their
/// places follow the arrival.
#[derive(Debug)]
pub struct Merger {
    splits: Arc<Splits>,
    records: Vec<SharedRecord>,
    facts: Vec<Arc<Facts>>,
    index: Index,
    /// Every work there ever was, in the order of arrival.
    places: Vec<Place>,
}

/// A work's place in the list. It keeps its number for good.
#[derive(Debug)]
struct Place {
    /// The record by which the work came about: the work goes where this record goes.
    anchor: u32,
    /// Its records, in an order that does not depend on arrival; empty once another work has absorbed it.
    members: Vec<u32>,
}

impl Merger {
    /// Nothing joined yet; `splits` are never joined.
    pub fn new(splits: Arc<Splits>) -> Self {
        Self { splits, records: Vec::new(), facts: Vec::new(), index: Index::default(), places: Vec::new() }
    }

    /// Joins these records to what is there, and tells what changed.
    ///
    /// In the order of the records; an [`Change::Absorbed`] stands before the change of the work that it went into. A
    /// record can also take a work apart: when it shows that two others, joined by their title, are not the same. The
    /// part without the work's first record is then [`Change::Added`] as a work of its own.
    pub fn add(&mut self, records: &[SharedRecord]) -> Vec<Change> {
        for record in records {
            let Ok(number) = u32::try_from(self.records.len()) else { break };
            let facts = Arc::new(Facts::read(record));
            self.index.add(number, &facts);
            self.facts.push(facts);
            self.records.push(Arc::clone(record));
        }
        self.place_works()
    }

    /// The works as they stand, in the order of arrival.
    pub fn works(&self) -> Vec<Work> {
        // A work is large: none is moved because there are more.
        let mut works = Vec::with_capacity(self.places.len());
        works.extend((0..self.places.len()).filter(|&at| !self.places[at].members.is_empty()).map(|at| self.work(at)));
        works
    }

    fn work(&self, place: usize) -> Work {
        compose::work(id(place), &self.places[place].members, &self.records, &self.facts)
    }

    /// The work as it stands now, to be put together when somebody looks at it.
    fn announced(&self, place: usize) -> LazyWork {
        let members = &self.places[place].members;
        let records: Vec<_> = members.iter().map(|&member| Arc::clone(&self.records[member as usize])).collect();
        let facts: Vec<_> = members.iter().map(|&member| Arc::clone(&self.facts[member as usize])).collect();
        LazyWork::new(move || {
            // In the same order, under numbers of their own.
            let members: Vec<u32> = (0..).take(records.len()).collect();
            compose::work(id(place), &members, &records, &facts)
        })
    }

    /// Computes the partition anew and compares it with the works that are there.
    fn place_works(&mut self) -> Vec<Change> {
        let (sorted, order) = self.order();
        let apart = self.apart();
        let evidence = partition::Evidence {
            records: &self.records,
            facts: &self.facts,
            index: &self.index,
            apart: &apart,
            order: &order,
        };
        let mut clusters = evidence.partition();
        let mut changes = Vec::new();
        // Which place each set has, by its root.
        let mut place_of: Vec<Option<usize>> = vec![None; self.records.len()];
        for (at, place) in self.places.iter_mut().enumerate().filter(|(_, place)| !place.members.is_empty()) {
            let root = clusters.root(place.anchor) as usize;
            match place_of[root] {
                None => place_of[root] = Some(at),
                Some(into) => {
                    place.members.clear();
                    changes.push(Change::Absorbed { id: id(at), into: id(into) });
                }
            }
        }
        let known = self.places.len();
        for record in 0..u32::try_from(self.records.len()).unwrap_or(u32::MAX) {
            let root = clusters.root(record) as usize;
            if place_of[root].is_none() {
                place_of[root] = Some(self.places.len());
                self.places.push(Place { anchor: record, members: Vec::new() });
            }
        }
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); self.places.len()];
        for &record in &sorted {
            if let Some(place) = place_of[clusters.root(record) as usize] {
                members[place].push(record);
            }
        }
        for (at, members) in members.into_iter().enumerate() {
            if !members.is_empty() && members != self.places[at].members {
                self.places[at].members = members;
                let work = self.announced(at);
                changes.push(if at < known { Change::Updated { work } } else { Change::Added { work } });
            }
        }
        changes
    }

    /// The records in an order that does not depend on arrival, and the place of each in it.
    fn order(&self) -> (Vec<u32>, Vec<u32>) {
        let count = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        let mut sorted: Vec<u32> = (0..count).collect();
        sorted.sort_by(|&one, &other| by_name(&self.records[one as usize], &self.records[other as usize]));
        let mut order = vec![0; sorted.len()];
        for (place, &record) in (0..count).zip(&sorted) {
            order[record as usize] = place;
        }
        (sorted, order)
    }

    /// The records on either side of what a person has split.
    fn apart(&self) -> Vec<(u32, Side)> {
        let mut apart = Vec::new();
        for (split, (left, right)) in self.splits.iter().enumerate() {
            for (key, is_left) in [(left, true), (right, false)] {
                apart.extend(self.index.of_record(key).iter().map(|&record| (record, Side { split, is_left })));
            }
        }
        apart
    }
}

/// The id of the work at this place.
fn id(place: usize) -> String {
    format!("w{}", place + 1)
}

/// By source, then by the record's id there; for a source that repeats an id, by what the record says.
fn by_name(one: &Record, other: &Record) -> Ordering {
    one.source
        .cmp(&other.source)
        .then_with(|| one.source_id.cmp(&other.source_id))
        .then_with(|| one.rank_native.cmp(&other.rank_native))
        .then_with(|| one.title.cmp(&other.title))
        .then_with(|| one.doi.cmp(&other.doi))
        .then_with(|| one.url.cmp(&other.url))
        .then_with(|| one.raw_hash.cmp(&other.raw_hash))
        .then_with(|| one.abstract_text.cmp(&other.abstract_text))
}

#[cfg(test)]
mod tests;
