//! Orders works, and says why. Pure and deterministic.
//!
//! The score is a sum of four terms, each shown in [`Why`]:
//!
//! - `fusion`: reciprocal rank fusion over the sources (Cormack, Clarke and Büttcher 2009, k = 60): what several sources
//!   put far up comes first. A work's best place in each source counts once.
//! - `text`: BM25 (k1 1.2, b 0.75) over the title, counted three times, and the abstract. The collection is this search's
//!   works; the best match gets the full weight.
//! - `recency` and `citations`: small, logarithmic and capped; they decide between works that are otherwise alike.

use std::cmp::Ordering;

use crate::{
    query::Query,
    work::{SourceRank, Why, Work},
};

mod bm25;
mod terms;

/// RRF's constant: how little the first places differ from those after them.
const RRF_K: f64 = 60.0;
/// What the first place in one source's answer is worth.
const FUSION_WEIGHT: f64 = 1.0;
/// What the best match of the text is worth: as much as a first place in two sources.
const TEXT_WEIGHT: f64 = 2.0;
/// What a work of this year is worth more than one of [`OLD`] years ago.
const RECENCY_WEIGHT: f64 = 0.15;
/// What a work with [`FAMOUS`] citations is worth more than one without.
const CITATIONS_WEIGHT: f64 = 0.25;
/// Age in years from which a work counts as old.
const OLD: f64 = 50.0;
/// Number of citations from which more do not count.
const FAMOUS: f64 = 10_000.0;

/// Sets `score` and `why` of every work and sorts them, best first. `year` is the current year, for recency.
///
/// The order depends on the works alone, not on the order in which they stand: equal scores are ordered by date, newest
/// first, then by identifier, title and record.
pub fn rank(works: &mut [Work], query: &Query, year: i32) {
    let terms = terms::of_query(query);
    let texts = bm25::scores(works, &terms);
    for (work, text) in works.iter_mut().zip(texts) {
        let ranks = best_ranks(work);
        let fusion = ranks.iter().map(|rank| FUSION_WEIGHT * (RRF_K + 1.0) / (RRF_K + f64::from(rank.rank))).sum();
        let why = Why {
            fusion: shown(fusion),
            text: shown(TEXT_WEIGHT * text.score),
            recency: shown(RECENCY_WEIGHT * recency(work, year)),
            citations: shown(CITATIONS_WEIGHT * fame(work)),
            ranks,
            matched: text.matched,
        };
        work.score = shown(why.fusion + why.text + why.recency + why.citations);
        work.why = Some(why);
    }
    let mut order: Vec<usize> = (0..works.len()).collect();
    order.sort_by(|&one, &other| {
        let (one, other) = (&works[one], &works[other]);
        other.score.total_cmp(&one.score).then_with(|| newest(one, other)).then_with(|| by_name(one, other))
    });
    put_in_order(works, order);
}

/// As it is shown, and so as it counts. More places say nothing to a reader, and were 4 % of a compressed answer.
fn shown(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Moves each work once to its place: they are large, and sorting moves what it sorts many times. `order` names for each
/// place the work that belongs there.
fn put_in_order(works: &mut [Work], mut order: Vec<usize>) {
    for place in 0..works.len() {
        let mut from = order[place];
        // What belonged here and stood before has been swapped on to where this was taken from.
        while from < place {
            from = order[from];
        }
        order[place] = from;
        works.swap(place, from);
    }
}

/// The best place in each source's answer, in the order of the sources. Rank 0 means that it was looked up, not found.
fn best_ranks(work: &Work) -> Vec<SourceRank> {
    let mut ranks: Vec<SourceRank> = Vec::with_capacity(work.sources.len());
    for record in work.versions.iter().flat_map(|version| &version.records).filter(|record| record.rank > 0) {
        match ranks.iter_mut().find(|known| known.source == record.source) {
            Some(known) => known.rank = known.rank.min(record.rank),
            None => ranks.push(SourceRank { source: record.source, rank: record.rank }),
        }
    }
    ranks.sort_unstable_by_key(|rank| rank.source);
    ranks
}

/// 1 for this year (and years to come: sources have future dates), 0 for [`OLD`] years ago, for older ones and for no date.
fn recency(work: &Work, year: i32) -> f64 {
    let Some(date) = &work.date else { return 0.0 };
    let age = f64::from(year.saturating_sub(date.year).max(0));
    (1.0 - age.ln_1p() / OLD.ln_1p()).max(0.0)
}

/// 0 for no citation, 1 for [`FAMOUS`] and more; by the source that counts most.
fn fame(work: &Work) -> f64 {
    let most = work.citations.iter().map(|count| count.count).max().unwrap_or(0);
    (f64::from(most).ln_1p() / FAMOUS.ln_1p()).min(1.0)
}

fn newest(one: &Work, other: &Work) -> Ordering {
    let date = |work: &Work| work.date.as_ref().map(|date| (date.year, date.month, date.day));
    date(other).cmp(&date(one))
}

fn by_name(one: &Work, other: &Work) -> Ordering {
    let record = |work: &Work| {
        let records = work.versions.iter().flat_map(|version| &version.records);
        records.map(|record| (record.source, record.source_id.clone())).min()
    };
    one.doi
        .cmp(&other.doi)
        .then_with(|| one.arxiv_id.cmp(&other.arxiv_id))
        .then_with(|| one.pmid.cmp(&other.pmid))
        .then_with(|| one.title.cmp(&other.title))
        .then_with(|| record(one).cmp(&record(other)))
}

#[cfg(test)]
mod tests;
