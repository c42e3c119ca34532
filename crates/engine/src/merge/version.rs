//! Groups the records of one work into its versions.

use std::sync::Arc;

use super::facts::{Facts, Stage};
use crate::{
    item::WorkType,
    work::{JoinedBy, SharedRecord},
};

/// Records that a new one is compared with to say why it was joined; more say nothing new.
const MOST_COMPARED: usize = 16;

/// The records of one version, in an order that does not depend on arrival.
pub(super) type Members = Vec<u32>;

/// The versions of a work, best first. `members` come in an order that does not depend on arrival.
pub(super) fn group(members: &[u32], records: &[SharedRecord], facts: &[Arc<Facts>]) -> Vec<Members> {
    let mut versions: Vec<(Stage, Members)> = Vec::with_capacity(2);
    if let [only] = members {
        return vec![vec![*only]];
    }
    for (stage, members) in by_identity(members, facts) {
        versions.push((stage, members));
    }
    let (named, nameless): (Vec<_>, Vec<_>) = versions
        .into_iter()
        .partition(|(_, members)| members.iter().any(|&member| has_identity(&facts[member as usize])));
    let mut versions = named;
    versions.sort_by_cached_key(|(stage, members)| rank(*stage, members, records, facts));
    for (stage, members) in nameless {
        // What has no identifier joins the best version at its stage; a page joins whatever there is.
        let home = versions.iter_mut().find(|version| version.0 == stage || stage == Stage::Loose);
        match home {
            Some((_, home)) => home.extend(members),
            None => versions.push((stage, members)),
        }
    }
    versions.sort_by_cached_key(|(stage, members)| rank(*stage, members, records, facts));
    versions.into_iter().map(|(_, members)| members).collect()
}

/// Sets of records that share an identifier of their own at the same stage.
fn by_identity(members: &[u32], facts: &[Arc<Facts>]) -> Vec<(Stage, Members)> {
    let mut keys: Vec<(Stage, &str, usize)> = Vec::with_capacity(members.len() * 3);
    for (at, &member) in members.iter().enumerate() {
        let facts = &facts[member as usize];
        keys.extend(identity(facts).map(|key| (facts.stage, key, at)));
    }
    keys.sort_unstable();
    let mut set: Vec<usize> = (0..members.len()).collect();
    for pair in keys.windows(2) {
        if let [(stage, key, one), (other_stage, other_key, other)] = pair
            && stage == other_stage
            && key == other_key
        {
            let (one, other) = (root(&set, *one), root(&set, *other));
            set[one.max(other)] = one.min(other);
        }
    }
    let mut groups: Vec<(Stage, Members)> = Vec::new();
    let mut group_of: Vec<Option<usize>> = vec![None; members.len()];
    for (at, &member) in members.iter().enumerate() {
        let root = root(&set, at);
        let group = *group_of[root].get_or_insert_with(|| {
            groups.push((facts[member as usize].stage, Vec::new()));
            groups.len() - 1
        });
        group_of[at] = Some(group);
        groups[group].1.push(member);
    }
    groups
}

fn root(set: &[usize], mut at: usize) -> usize {
    while set[at] != at {
        at = set[at];
    }
    at
}

/// The identifiers that name this very version.
fn identity(facts: &Facts) -> impl Iterator<Item = &str> {
    let keys = &facts.keys;
    let arxiv = keys.arxiv.as_deref().filter(|_| facts.stage == Stage::Draft);
    let record = Some(keys.record.as_str()).filter(|key| !key.is_empty());
    [facts.own_doi(), arxiv, keys.pmid.as_deref(), keys.pmcid.as_deref(), record].into_iter().flatten()
}

fn has_identity(facts: &Facts) -> bool {
    let arxiv = facts.stage == Stage::Draft && facts.keys.arxiv.is_some();
    arxiv || facts.own_doi().is_some() || facts.keys.pmid.is_some() || facts.keys.pmcid.is_some()
}

/// Published before draft before page; a journal before proceedings before a book; what more records tell of first.
fn rank<'a>(
    stage: Stage,
    members: &[u32],
    records: &[SharedRecord],
    facts: &'a [Arc<Facts>],
) -> (Stage, u8, std::cmp::Reverse<usize>, Option<&'a str>) {
    let kind = members.iter().map(|&member| kind_rank(records[member as usize].kind)).min().unwrap_or(u8::MAX);
    let name = members.iter().find_map(|&member| identity(&facts[member as usize]).next());
    (stage, kind, std::cmp::Reverse(members.len()), name)
}

const fn kind_rank(kind: WorkType) -> u8 {
    match kind {
        WorkType::Article | WorkType::Review | WorkType::Notice => 0,
        WorkType::Conference => 1,
        WorkType::Book | WorkType::Chapter => 2,
        WorkType::Thesis | WorkType::Dataset | WorkType::Software => 3,
        WorkType::Preprint => 4,
        WorkType::Report => 5,
        WorkType::Encyclopedia | WorkType::News | WorkType::Web | WorkType::Other => 6,
    }
}

/// The strongest reason why this record belongs with those before it; `First` when there are none.
pub(super) fn reason(record: u32, before: &[u32], facts: &[Arc<Facts>]) -> JoinedBy {
    let this = &facts[record as usize];
    before
        .iter()
        .take(MOST_COMPARED)
        .map(|&other| shared(this, &facts[other as usize]))
        .min()
        .unwrap_or(JoinedBy::First)
}

/// The strongest key that two records share.
fn shared(one: &Facts, other: &Facts) -> JoinedBy {
    let same = |left: &Option<String>, right: &Option<String>| left.is_some() && left == right;
    let (a, b) = (&one.keys, &other.keys);
    let named = |relations: &[String], keys: &super::facts::Keys| {
        [&keys.doi, &keys.arxiv, &keys.pmid, &keys.pmcid].into_iter().flatten().any(|key| relations.contains(key))
    };
    if same(&a.doi, &b.doi) {
        JoinedBy::Doi
    } else if same(&a.arxiv, &b.arxiv) {
        JoinedBy::Arxiv
    } else if same(&a.pmid, &b.pmid) || same(&a.pmcid, &b.pmcid) {
        JoinedBy::Pmid
    } else if (!a.record.is_empty() && a.record == b.record)
        || a.indexes.iter().zip(&b.indexes).any(|(left, right)| same(left, right))
    {
        JoinedBy::Record
    } else if named(&one.relations, b)
        || named(&other.relations, a)
        || one.relations.iter().any(|key| other.relations.contains(key))
    {
        JoinedBy::Relation
    } else if same(&a.page, &b.page) {
        JoinedBy::Url
    } else {
        JoinedBy::Title
    }
}
