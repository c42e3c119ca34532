//! Sets of records that are one work, and what keeps two sets apart.

use std::sync::Arc;

use super::facts::{Facts, Family};

/// More distinct identities in one set than this: something is wrong with it, and no title joins it any more.
const MOST_IDENTITIES: usize = 8;

/// Disjoint sets of records, by index.
#[derive(Debug)]
pub(super) struct Clusters<'a> {
    facts: &'a [Arc<Facts>],
    /// On which sides of the splits a set is, by its root; sorted. Empty when nothing is split.
    sides: Vec<Vec<Side>>,
    parent: Vec<u32>,
    /// The members of a set form a ring.
    next: Vec<u32>,
    /// Whether a notice is in a set, by its root.
    notices: Vec<bool>,
    /// What a set is, by its root, once somebody asked.
    profiles: Vec<Option<Box<Profile>>>,
}

/// One side of a split: the person's word that the records on one are not the same work as those on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Side {
    pub split: usize,
    pub is_left: bool,
}

/// What of a set could clash with another.
#[derive(Debug, Clone, Default)]
struct Profile {
    families: u8,
    /// One record for each identity as a published thing.
    published: Vec<u32>,
    /// One record for each arXiv id.
    arxiv: Vec<u32>,
    /// One record for each DOI of another preprint server.
    drafts: Vec<u32>,
}

impl<'a> Clusters<'a> {
    /// Every record for itself; `apart` are the records on the sides of splits.
    pub fn new(facts: &'a [Arc<Facts>], apart: &[(u32, Side)]) -> Self {
        let count = u32::try_from(facts.len()).unwrap_or(u32::MAX);
        let mut sides = if apart.is_empty() { Vec::new() } else { vec![Vec::new(); facts.len()] };
        for &(record, side) in apart {
            sides[record as usize].push(side);
        }
        for sides in &mut sides {
            sides.sort_unstable();
        }
        Self {
            facts,
            sides,
            parent: (0..count).collect(),
            next: (0..count).collect(),
            notices: facts.iter().map(|facts| facts.family == Family::Notice).collect(),
            profiles: Vec::new(),
        }
    }

    /// The record that stands for the set.
    pub fn root(&mut self, record: u32) -> u32 {
        let mut at = record;
        loop {
            let up = self.parent[at as usize];
            if up == at {
                return at;
            }
            let above = self.parent[up as usize];
            self.parent[at as usize] = above;
            at = above;
        }
    }

    /// All records of the set, beginning with this one.
    pub fn members(&self, record: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = Some(record);
        std::iter::from_fn(move || {
            let now = at?;
            let next = self.next[now as usize];
            at = (next != record).then_some(next);
            Some(now)
        })
    }

    /// Whether a person said that some record of one set is not the same work as some record of the other.
    pub fn are_apart(&mut self, one: u32, other: u32) -> bool {
        if self.sides.is_empty() {
            return false;
        }
        let (one, other) = (self.root(one) as usize, self.root(other) as usize);
        let others = &self.sides[other];
        let is_across = |side: &Side| others.binary_search(&Side { is_left: !side.is_left, ..*side }).is_ok();
        self.sides[one].iter().any(is_across)
    }

    /// Makes both sets one.
    pub fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            return;
        }
        // The lower index stays root: what the root is does not depend on the order of joins.
        let (root, leaf) = if one < other { (one, other) } else { (other, one) };
        self.parent[leaf as usize] = root;
        self.next.swap(root as usize, leaf as usize);
        self.notices[root as usize] |= self.notices[leaf as usize];
        if let Some(moved) = self.sides.get_mut(leaf as usize).map(std::mem::take).filter(|moved| !moved.is_empty()) {
            let sides = &mut self.sides[root as usize];
            sides.extend(moved);
            sides.sort_unstable();
            sides.dedup();
        }
        if let Some(leaf) = self.profiles.get_mut(leaf as usize).and_then(Option::take)
            && let Some(Some(root)) = self.profiles.get_mut(root as usize)
        {
            root.absorb(&leaf, self.facts);
        } else if let Some(root) = self.profiles.get_mut(root as usize) {
            *root = None;
        }
    }

    /// Whether one of the sets is about a notice and the other is not.
    pub fn differ_as_notice(&mut self, one: u32, other: u32) -> bool {
        let (one, other) = (self.root(one), self.root(other));
        self.notices[one as usize] != self.notices[other as usize]
    }

    /// Whether the sets cannot be one work, however alike their titles are.
    pub fn clash(&mut self, one: u32, other: u32) -> bool {
        let (one, other) = (self.root(one), self.root(other));
        self.look_at(one);
        self.look_at(other);
        let profile = |at: u32| self.profiles.get(at as usize).and_then(Option::as_deref);
        match (profile(one), profile(other)) {
            (Some(one), Some(other)) => one.clashes(other, self.facts),
            _ => true,
        }
    }

    fn look_at(&mut self, root: u32) {
        if self.profiles.is_empty() {
            self.profiles.resize(self.parent.len(), None);
        }
        if self.profiles[root as usize].is_none() {
            let mut profile = Profile::default();
            for member in self.members(root) {
                profile.add(member, self.facts);
            }
            self.profiles[root as usize] = Some(Box::new(profile));
        }
    }
}

impl Profile {
    fn add(&mut self, record: u32, facts: &[Arc<Facts>]) {
        let fact = &facts[record as usize];
        self.families |= family_bit(fact.family);
        let known = |kept: &[u32], id: fn(&Facts) -> Option<&str>| {
            id(fact).is_none() || kept.iter().any(|&other| id(&facts[other as usize]) == id(fact))
        };
        if !known(&self.published, Facts::published_doi)
            || (fact.published_doi().is_none() && !known(&self.published, Facts::published_pmid))
        {
            self.published.push(record);
        }
        if !known(&self.arxiv, |fact| fact.keys.arxiv.as_deref()) {
            self.arxiv.push(record);
        }
        if !known(&self.drafts, Facts::draft_doi) {
            self.drafts.push(record);
        }
    }

    fn absorb(&mut self, other: &Self, facts: &[Arc<Facts>]) {
        self.families |= other.families;
        for &record in other.published.iter().chain(&other.arxiv).chain(&other.drafts) {
            self.add(record, facts);
        }
    }

    fn is_full(&self) -> bool {
        self.published.len().max(self.arxiv.len()).max(self.drafts.len()) > MOST_IDENTITIES
    }

    fn clashes(&self, other: &Self, facts: &[Arc<Facts>]) -> bool {
        const NOTICE: u8 = family_bit(Family::Notice);
        const PAGE: u8 = family_bit(Family::Page);
        let both = self.families & other.families;
        let either = self.families | other.families;
        if either & PAGE != 0 || (either & NOTICE != 0 && both & NOTICE == 0) {
            return true;
        }
        if self.families != 0 && other.families != 0 && both == 0 {
            return true;
        }
        if self.is_full() || other.is_full() || (!self.arxiv.is_empty() && !other.arxiv.is_empty()) {
            return true;
        }
        any_pair(&self.drafts, &other.drafts, facts, |one, two| registrant(one) == registrant(two))
            || any_pair(&self.published, &other.published, facts, published_apart)
    }
}

fn any_pair(one: &[u32], other: &[u32], facts: &[Arc<Facts>], test: fn(&Facts, &Facts) -> bool) -> bool {
    one.iter().any(|&left| other.iter().any(|&right| test(&facts[left as usize], &facts[right as usize])))
}

fn registrant(fact: &Facts) -> Option<&str> {
    fact.draft_doi().and_then(|doi| doi.split('/').next())
}

/// Whether two identities as published things exclude each other.
fn published_apart(one: &Facts, other: &Facts) -> bool {
    if let (Some(left), Some(right)) = (&one.keys.pmid, &other.keys.pmid)
        && left != right
    {
        return true;
    }
    match (one.published_doi(), other.published_doi()) {
        // Two DOIs for one article do occur (JSTOR, a journal that moved): then it stands in the same place.
        (Some(left), Some(right)) => left != right && !one.same_place(other),
        _ => one.other_place(other),
    }
}

const fn family_bit(family: Family) -> u8 {
    match family {
        Family::Paper => 1,
        Family::Thesis => 2,
        Family::Book => 4,
        Family::Dataset => 8,
        Family::Notice => 16,
        Family::Page => 32,
        Family::Unknown => 0,
    }
}
