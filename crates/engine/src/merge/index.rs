//! Finds the records that may be one work without comparing each with each: by keys, and by blocks of like titles.

use foldhash::{HashMap, HashMapExt};

use super::{
    facts::{Facts, Family},
    title::{Title, hash, mix},
};

/// Kinds of fingerprints of a title's words; two titles that share 80 % of them share one at 99.8 %.
const FINGERPRINTS: [u64; 4] =
    [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x27d4_eb2f_1656_67c5];

/// Records that share something, by what they share. Groups are listed in the order in which they came about, members
/// in the order of arrival; neither may decide anything.
#[derive(Debug, Default)]
pub(super) struct Index {
    keys: Groups<String>,
    relations: Groups<String>,
    pages: Groups<String>,
    blocks: Groups<u64>,
    twins: Groups<u64>,
}

/// Members by key; only keys with two members or more take a list.
#[derive(Debug)]
struct Groups<K> {
    first: HashMap<K, Slot>,
    groups: Vec<(K, Vec<u32>)>,
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Alone(u32),
    Group(usize),
}

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Self { first: HashMap::new(), groups: Vec::new() }
    }
}

impl<K: Clone + Eq + std::hash::Hash> Groups<K> {
    fn add(&mut self, key: K, record: u32) {
        match self.first.get_mut(&key) {
            None => {
                self.first.insert(key, Slot::Alone(record));
            }
            Some(slot @ Slot::Alone(_)) => {
                if let Slot::Alone(first) = *slot {
                    *slot = Slot::Group(self.groups.len());
                    self.groups.push((key, vec![first, record]));
                }
            }
            Some(Slot::Group(at)) => {
                if let Some((_, members)) = self.groups.get_mut(*at)
                    && members.last() != Some(&record)
                {
                    members.push(record);
                }
            }
        }
    }

    fn members<Q: Eq + std::hash::Hash + ?Sized>(&self, key: &Q) -> &[u32]
    where
        K: std::borrow::Borrow<Q>,
    {
        match self.first.get(key) {
            None => &[],
            Some(Slot::Alone(record)) => std::slice::from_ref(record),
            Some(Slot::Group(at)) => self.groups.get(*at).map_or(&[], |(_, members)| members),
        }
    }
}

impl Index {
    /// Enters a record.
    pub fn add(&mut self, record: u32, facts: &Facts) {
        let keys = &facts.keys;
        let named = [&keys.doi, &keys.arxiv, &keys.pmid, &keys.pmcid].into_iter().chain(&keys.indexes).flatten();
        for key in std::iter::once(&keys.record).filter(|key| !key.is_empty()).chain(named) {
            self.keys.add(key.clone(), record);
        }
        for target in &facts.relations {
            self.relations.add(target.clone(), record);
        }
        if let Some(page) = &keys.page {
            self.pages.add(page.clone(), record);
        }
        self.add_title(record, facts);
    }

    fn add_title(&mut self, record: u32, facts: &Facts) {
        let title = &facts.title;
        if facts.family == Family::Page || title.squashed.is_empty() {
            return;
        }
        let whole = hash(title.squashed.as_bytes());
        self.blocks.add(whole, record);
        let Some(author) = facts.byline.leader() else { return };
        if !facts.keys.has_identifier() {
            let year = facts.year.map_or(0, i32::unsigned_abs);
            let place = facts.volume.unwrap_or(0) ^ facts.first_page.unwrap_or(0).rotate_left(1);
            self.twins.add(mix(whole ^ mix(author ^ u64::from(year)) ^ place ^ facts.stage as u64), record);
        }
        if let Some(name) = title.name {
            self.blocks.add(mix(name ^ mix(author)), record);
        }
        if title.is_short() || title.cut {
            return;
        }
        for fingerprint in FINGERPRINTS {
            let least = title.words.iter().map(|word| mix(word.hash ^ fingerprint)).min().unwrap_or(0);
            self.blocks.add(mix(least ^ author), record);
        }
        let start = title.words.iter().take(3).fold(author, |state, word| mix(state ^ word.hash));
        self.blocks.add(start, record);
    }

    /// Records with the same id; the key comes along for order.
    pub fn same_key(&self) -> impl Iterator<Item = (&str, &[u32])> {
        self.keys.groups.iter().map(|(key, members)| (key.as_str(), members.as_slice()))
    }

    /// Everyone who declares a relation to a key, with those who have it.
    pub fn related(&self) -> impl Iterator<Item = (&str, Vec<u32>)> {
        self.relations.first.keys().filter_map(|key| {
            let mut members = [self.keys.members(key), self.relations.members(key)].concat();
            members.sort_unstable();
            members.dedup();
            (members.len() > 1).then_some((key.as_str(), members))
        })
    }

    /// Records with the same address.
    pub fn same_page(&self) -> impl Iterator<Item = (&str, &[u32])> {
        self.pages.groups.iter().map(|(key, members)| (key.as_str(), members.as_slice()))
    }

    /// Records with the same or a like title.
    pub fn like_titles(&self) -> impl Iterator<Item = &[u32]> {
        self.blocks.groups.iter().map(|(_, members)| members.as_slice())
    }

    /// Records with this very title.
    pub fn same_title(&self, title: &Title) -> &[u32] {
        self.blocks.members(&hash(title.squashed.as_bytes()))
    }

    /// Records without identifiers that say the very same.
    pub fn twins(&self) -> impl Iterator<Item = &[u32]> {
        self.twins.groups.iter().map(|(_, members)| members.as_slice())
    }

    /// The records with this record key ([`crate::item::Record::key`]).
    pub fn of_record(&self, key: &str) -> &[u32] {
        self.keys.members(format!("r{key}").as_str())
    }
}
