//! Which records are one work: a function of the set of records, whatever the order in which they came.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use super::{
    clusters::{Clusters, Side},
    evidence::{self, Strength},
    facts::{Facts, Family},
    index::Index,
    name::Lead,
};
use crate::work::SharedRecord;

/// Buckets that records with one identifier may fall into; what fits none of so many stays alone.
const MOST_BUCKETS: usize = 8;
/// Distinct works in a block of like titles; with more, the title is no evidence ("Editorial").
const MOST_ALIKE: usize = 32;

/// Everything that the partition is computed from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence<'a> {
    pub records: &'a [SharedRecord],
    pub facts: &'a [Arc<Facts>],
    pub index: &'a Index,
    /// The records on the sides of what a person has split.
    pub apart: &'a [(u32, Side)],
    /// Place of each record in an order that does not depend on arrival.
    pub order: &'a [u32],
}

impl<'a> Evidence<'a> {
    /// Joins records layer by layer: the stronger the reason, the earlier; what is joined later must not clash.
    pub fn partition(self) -> Clusters<'a> {
        let mut clusters = Clusters::new(self.facts, self.apart);
        self.join_identifiers(&mut clusters);
        self.join_relations(&mut clusters);
        self.join_pages(&mut clusters);
        self.join_titles(&mut clusters);
        clusters
    }

    fn sorted(self, members: &[u32]) -> Vec<u32> {
        let mut members = members.to_vec();
        members.sort_unstable_by_key(|&record| self.order[record as usize]);
        members
    }

    fn join_identifiers(self, clusters: &mut Clusters<'_>) {
        let mut groups: Vec<(&str, &[u32])> = self.index.same_key().collect();
        if !self.apart.is_empty() {
            // Only a person's word makes one join depend on another.
            groups.sort_unstable_by_key(|(key, _)| (layer(key), *key));
        }
        for (_, members) in groups {
            self.join_buckets(clusters, &self.sorted(members));
        }
    }

    /// Joins each record to the first bucket that it may share.
    fn join_buckets(self, clusters: &mut Clusters<'_>, members: &[u32]) {
        let mut buckets: Vec<u32> = Vec::with_capacity(1);
        for &member in members {
            let fits = |&&bucket: &&u32| {
                evidence::is_plausible(&self.facts[bucket as usize], &self.facts[member as usize])
                    && !clusters.are_apart(bucket, member)
            };
            if let Some(&bucket) = buckets.iter().find(fits) {
                clusters.join(bucket, member);
            } else if buckets.len() < MOST_BUCKETS {
                buckets.push(member);
            }
        }
    }

    fn join_relations(self, clusters: &mut Clusters<'_>) {
        let mut groups: Vec<(&str, Vec<u32>)> = self.index.related().collect();
        groups.sort_unstable_by_key(|(key, _)| *key);
        for (_, members) in groups {
            let members = self.sorted(&members);
            let mut buckets: Vec<u32> = Vec::with_capacity(1);
            for &member in &members {
                let fits =
                    |&&bucket: &&u32| !clusters.are_apart(bucket, member) && !clusters.differ_as_notice(bucket, member);
                if let Some(&bucket) = buckets.iter().find(fits) {
                    clusters.join(bucket, member);
                } else if buckets.len() < MOST_BUCKETS {
                    buckets.push(member);
                }
            }
        }
    }

    /// Pages with the same address are one; a paper with that address is joined when it is the only one that has it.
    fn join_pages(self, clusters: &mut Clusters<'_>) {
        let is_page = |record: u32| self.facts[record as usize].family == Family::Page;
        let mut groups: Vec<(&str, &[u32])> =
            self.index.same_page().filter(|(_, members)| members.iter().any(|&record| is_page(record))).collect();
        groups.sort_unstable_by_key(|(key, _)| *key);
        for (_, members) in groups {
            let members = self.sorted(members);
            let (pages, papers): (Vec<u32>, Vec<u32>) = members.iter().partition(|&&record| is_page(record));
            self.join_buckets(clusters, &pages);
            let (Some(&page), Some(&paper)) = (pages.first(), papers.first()) else { continue };
            let root = clusters.root(paper);
            if papers.iter().all(|&other| clusters.root(other) == root) && !clusters.are_apart(page, paper) {
                clusters.join(page, paper);
            }
        }
    }

    fn join_titles(self, clusters: &mut Clusters<'_>) {
        for twins in self.index.twins() {
            self.join_twins(clusters, &self.sorted(twins));
        }
        let mut pairs = Vec::new();
        for block in self.index.like_titles() {
            self.pairs_of(clusters, block, &mut pairs);
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut links: Vec<Link> = pairs
            .into_iter()
            .filter_map(|(one, other)| Some((evidence::by_title(self.side(one), self.side(other))?, one, other)))
            .collect();
        links.sort_unstable_by_key(|&(strength, one, other)| {
            (std::cmp::Reverse(strength), self.order[one as usize], self.order[other as usize])
        });
        let firm = links.partition_point(|link| link.0 > Strength::Anonymous);
        let weak = links.split_off(firm);
        join_links(clusters, &links);
        let mut of_several: HashMap<&str, bool> = HashMap::new();
        let mut is_told = |&(strength, record, _): &Link| {
            let title = self.facts[record as usize].title.squashed.as_str();
            strength != Strength::Anonymous
                || !*of_several.entry(title).or_insert_with(|| self.is_title_of_several(clusters, record))
        };
        let weak: Vec<Link> = weak.into_iter().filter(|link| is_told(link)).collect();
        join_links(clusters, &weak);
    }

    /// Whether works that cannot be one bear this record's title: then the title alone does not say which is meant.
    fn is_title_of_several(self, clusters: &mut Clusters<'_>, record: u32) -> bool {
        let bearers = self.index.same_title(&self.facts[record as usize].title);
        bearers.len() > MOST_ALIKE
            || bearers.iter().enumerate().any(|(at, &one)| {
                bearers[at + 1..].iter().any(|&other| {
                    let bylines = [one, other].map(|record| &self.facts[record as usize].byline);
                    clusters.root(one) != clusters.root(other)
                        && (bylines[0].lead(bylines[1]) == Lead::Other || clusters.clash(one, other))
                })
            })
    }

    fn side(self, record: u32) -> (&'a Facts, &'a crate::item::Record) {
        (&self.facts[record as usize], &self.records[record as usize])
    }

    /// Records that say the very same and have no identifier: each is compared with the first only.
    fn join_twins(self, clusters: &mut Clusters<'_>, twins: &[u32]) {
        let Some((&first, rest)) = twins.split_first() else { return };
        for &twin in rest {
            if clusters.root(first) != clusters.root(twin)
                && !clusters.are_apart(first, twin)
                && evidence::by_title(self.side(first), self.side(twin)).is_some()
                && !clusters.clash(first, twin)
            {
                clusters.join(first, twin);
            }
        }
    }

    /// The pairs of a block that are worth comparing: of every set one record for each stage, the one that says most.
    fn pairs_of(self, clusters: &mut Clusters<'_>, block: &[u32], pairs: &mut Vec<(u32, u32)>) {
        let root = clusters.root(block[0]);
        if block.iter().all(|&record| clusters.root(record) == root) {
            return;
        }
        let mut speakers: Vec<_> = block
            .iter()
            .map(|&record| {
                let facts = &self.facts[record as usize];
                let silent = (facts.byline.leader().is_none(), facts.year.is_none(), facts.volume.is_none());
                (clusters.root(record), facts.stage, silent, self.order[record as usize], record)
            })
            .collect();
        speakers.sort_unstable();
        speakers.dedup_by_key(|speaker| (speaker.0, speaker.1));
        if speakers.len() > MOST_ALIKE {
            return;
        }
        for (at, one) in speakers.iter().enumerate() {
            for other in speakers.iter().skip(at + 1).filter(|other| other.0 != one.0) {
                let (left, right) = (one.4, other.4);
                let in_order = self.order[left as usize] < self.order[right as usize];
                pairs.push(if in_order { (left, right) } else { (right, left) });
            }
        }
    }
}

/// Two records that their titles join, the one that comes first in order of record before the other.
type Link = (Strength, u32, u32);

fn join_links(clusters: &mut Clusters<'_>, links: &[Link]) {
    for &(_, one, other) in links {
        if clusters.root(one) != clusters.root(other) && !clusters.are_apart(one, other) && !clusters.clash(one, other)
        {
            clusters.join(one, other);
        }
    }
}

/// Identifiers in the order of their weight.
fn layer(key: &str) -> usize {
    const ORDER: &str = "rdapcos";
    key.chars().next().and_then(|first| ORDER.find(first)).unwrap_or(ORDER.len())
}
