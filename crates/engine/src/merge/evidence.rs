//! Whether title, authors and year make two records the same work.

use super::{
    difference::{Difference, dice},
    facts::{Facts, Family, Stage},
    name::Lead,
    title::hash,
};
use crate::item::Record;

/// How strongly title, authors and year say that two records are one work; stronger ones are joined first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// The titles differ a little, something else corroborates.
    Near,
    /// Same title; authors are not known on one side.
    Anonymous,
    /// Same title; another author comes first, or years lie further apart than between preprint and print.
    Loose,
    /// Same title and first author, a year apart or year unknown.
    Close,
    /// Same title, first author and year.
    Full,
    /// Same title and the very same persons, a year apart at most or year unknown.
    Persons,
}

/// Abstracts that share this much of their word pairs are the same text in two editions.
const SAME_ABSTRACT: f64 = 0.5;
/// Abstracts that share less than this are two texts: three of four papers by the very same people do.
const OTHER_ABSTRACT: f64 = 0.2;
/// Titles that share less than this of their words need more than a shared abstract to be the same.
const LEAST_DICE: f64 = 0.5;
/// Titles that share this much are one text although no author is the same, if an identifier says so.
const STRANGERS_DICE: f64 = 0.65;
/// Titles that share this much are near without an abstract to compare, when the authors are all the same.
const NEAR_DICE: f64 = 0.8;

/// Weighs what two records have in common apart from identifiers; `None` when it is not enough.
pub(super) fn by_title(one: (&Facts, &Record), other: (&Facts, &Record)) -> Option<Strength> {
    let (a, b) = (one.0, other.0);
    if a.family == Family::Page
        || b.family == Family::Page
        || (a.family == Family::Notice) != (b.family == Family::Notice)
    {
        return None;
    }
    if a.other_place(b) || a.title.squashed.is_empty() || b.title.squashed.is_empty() {
        return None;
    }
    let abstracts = Abstracts { one: one.1, other: other.1 };
    if a.title.squashed == b.title.squashed {
        same_title(a, b, abstracts)
    } else if a.title.is_short() || b.title.is_short() {
        name_and_subtitle(a, b, abstracts)
    } else {
        near_title(a, b, abstracts)
    }
}

/// Whether two records that claim the same identifier could be one work at all: a chapter may carry its book's DOI, a
/// preprint the DOI of its proceedings. An author in common will do; without any, words that two papers on one subject
/// share anyway ("deep networks for segmentation") will not.
pub(super) fn is_plausible(a: &Facts, b: &Facts) -> bool {
    a.byline.lead(&b.byline) != Lead::Other
        || a.byline.overlap(&b.byline) > 0.0
        || a.same_place(b)
        || dice(&a.title, &b.title) >= STRANGERS_DICE
}

fn same_title(a: &Facts, b: &Facts, abstracts: Abstracts<'_>) -> Option<Strength> {
    let gap = a.years_apart(b);
    let (shared, fewest) = (a.byline.overlap(&b.byline), a.byline.len().min(b.byline.len()));
    let place = a.same_place(b);
    if a.title.generic {
        // "Editorial" by the same person in the same year is no evidence; the same page or the same text is.
        return (place || abstracts.are_one()).then_some(Strength::Close);
    }
    match a.byline.lead(&b.byline) {
        Lead::Same => {
            let same_authors = shared >= 0.6 && fewest >= 2;
            let corroborated = place || same_authors || (a.venue.is_some() && a.venue == b.venue);
            let needs_more =
                a.title.is_short() || (gap == Some(1) && a.stage == b.stage) || gap.is_some_and(|gap| gap > 1);
            if needs_more && !corroborated && !abstracts.are_one() {
                return None;
            }
            let very_same = fewest >= 2 && a.byline.has_same_persons(&b.byline);
            if !very_same && !place && abstracts.are_two() {
                return None;
            }
            match gap {
                Some(0 | 1) | None if very_same => Some(Strength::Persons),
                Some(0) => Some(Strength::Full),
                Some(1) | None => Some(Strength::Close),
                // A preprint and its print may lie years apart, and an old paper may be posted late.
                Some(2..=4) if a.stage != b.stage && !a.title.is_short() => Some(Strength::Loose),
                Some(_) => None,
            }
        }
        Lead::Other => {
            let same_people = shared >= 0.8 && fewest >= 3 && gap.is_none_or(|gap| gap <= 1);
            (!a.title.is_short() && (place || same_people)).then_some(Strength::Loose)
        }
        Lead::GroupOrPersons => {
            // A collaboration posts under its name, the journal prints its members. Published papers must be in one place:
            // others write about a group's trial under the trial's own title.
            let telling = match gap {
                Some(0) => a.title.words.len() >= 5,
                Some(1) => a.title.words.len() >= 8,
                _ => false,
            };
            (!a.title.is_short() && (place || (telling && are_editions(a, b)))).then_some(Strength::Anonymous)
        }
        Lead::Unknown => {
            // Two publications that go by identifiers of two schemes: the other may be a comment under the same title.
            let are_named = a.keys.has_identifier() && b.keys.has_identifier();
            let telling = a.title.words.len() >= 5 && gap == Some(0) && (are_editions(a, b) || !are_named);
            (!a.title.is_short() && (place || telling)).then_some(Strength::Anonymous)
        }
    }
}

/// "XGBoost" and "XGBoost: A Scalable Tree Boosting System": indexes drop subtitles, and what is left may be a single word.
fn name_and_subtitle(a: &Facts, b: &Facts, abstracts: Abstracts<'_>) -> Option<Strength> {
    let (one, two) = (&a.title, &b.title);
    let is_named_alike = one.name.is_some() && one.name == two.name && one.is_name_only() != two.is_name_only();
    if !is_named_alike || one.generic || two.generic || !are_editions_by_the_same(a, b, 2) || abstracts.are_two() {
        return None;
    }
    let near = a.years_apart(b).is_some_and(|gap| gap <= 1) && !Difference::between(one, two).tells;
    near.then_some(Strength::Near)
}

fn near_title(a: &Facts, b: &Facts, abstracts: Abstracts<'_>) -> Option<Strength> {
    if a.title.cut || b.title.cut || a.byline.lead(&b.byline) != Lead::Same {
        return None;
    }
    let place = a.same_place(b);
    if a.years_apart(b).is_none_or(|gap| gap > 1) && !place {
        return None;
    }
    let difference = Difference::between(&a.title, &b.title);
    if difference.tells {
        return None;
    }
    if difference.empty_words_only {
        return same_title(a, b, abstracts).map(|_| Strength::Near);
    }
    let share = difference.dice;
    let same_people = a.byline.overlap(&b.byline) >= 0.8 && a.byline.len().min(b.byline.len()) >= 3;
    let editions = a.stage != b.stage;
    let near = (share >= LEAST_DICE && (place || abstracts.are_one()))
        || (editions && same_people && share >= NEAR_DICE && difference.spelling_only)
        || (editions && same_people && (difference.subtitle_only || difference.order_only) && !abstracts.are_two())
        || (difference.one_word_only && are_editions_by_the_same(a, b, 3) && !abstracts.are_two());
    near.then_some(Strength::Near)
}

/// Whether one may be the preprint of the other.
fn are_editions(a: &Facts, b: &Facts) -> bool {
    matches!((a.stage, b.stage), (Stage::Draft, Stage::Published) | (Stage::Published, Stage::Draft))
}

/// Whether one may be the preprint of the other by its very byline: the same persons, and at least so many.
fn are_editions_by_the_same(a: &Facts, b: &Facts, least: usize) -> bool {
    let same_persons = a.byline.has_same_persons(&b.byline) && a.byline.len() >= least;
    are_editions(a, b) && same_persons && a.byline.lead(&b.byline) == Lead::Same
}

/// The abstracts of two records, compared only when the answer depends on it.
#[derive(Debug, Clone, Copy)]
struct Abstracts<'a> {
    one: &'a Record,
    other: &'a Record,
}

impl Abstracts<'_> {
    /// Both are known and the same text.
    fn are_one(self) -> bool {
        abstract_overlap(self.one, self.other).is_some_and(|share| share >= SAME_ABSTRACT)
    }

    /// Both are known and two texts.
    fn are_two(self) -> bool {
        abstract_overlap(self.one, self.other).is_some_and(|share| share < OTHER_ABSTRACT)
    }
}

/// Share of the shorter abstract's word pairs that are in the other one, 0 to 1; `None` when there is nothing to compare.
fn abstract_overlap(one: &Record, other: &Record) -> Option<f64> {
    let (one, other) = (word_pairs(one)?, word_pairs(other)?);
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let common = short.iter().filter(|pair| long.binary_search(pair).is_ok()).count();
    #[expect(clippy::cast_precision_loss, reason = "at most a few hundred words")]
    let share = common as f64 / short.len() as f64;
    Some(share)
}

/// The pairs of neighbouring words at the beginning of the abstract, sorted; `None` when there are too few to tell.
fn word_pairs(record: &Record) -> Option<Vec<u64>> {
    const MOST_WORDS: usize = 200;
    const LEAST_PAIRS: usize = 20;
    let text = record.abstract_text.as_deref()?;
    let mut pairs = Vec::with_capacity(MOST_WORDS);
    let mut last = 0_u64;
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    for word in words.take(MOST_WORDS) {
        let this = hash(word.to_lowercase().as_bytes());
        if last != 0 {
            pairs.push(last.rotate_left(1) ^ this);
        }
        last = this;
    }
    pairs.sort_unstable();
    pairs.dedup();
    (pairs.len() >= LEAST_PAIRS).then_some(pairs)
}

#[cfg(test)]
mod tests;
