//! Whether title, authors and year make two records the same work.

use super::{
    facts::{Facts, Family, Stage},
    title::{Title, Word, hash},
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
}

/// Abstracts that share this much of their word pairs are the same text in two editions.
const SAME_ABSTRACT: f64 = 0.5;
/// Titles that share less than this of their words need more than a shared abstract to be the same.
const LEAST_DICE: f64 = 0.5;
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
    let abstracts = || abstract_overlap(one.1, other.1).is_some_and(|share| share >= SAME_ABSTRACT);
    if a.title.squashed == b.title.squashed { same_title(a, b, abstracts) } else { near_title(a, b, abstracts) }
}

/// Whether two records that claim the same identifier could be one work at all: a chapter may carry its book's DOI, a
/// preprint the DOI of its proceedings. Anything in common will do.
pub(super) fn is_plausible(a: &Facts, b: &Facts) -> bool {
    let (Some(one), Some(two)) = (&a.byline.first, &b.byline.first) else { return true };
    one.fits(two) || a.byline.overlap(&b.byline) > 0.0 || dice(&a.title, &b.title) >= 0.2
}

fn same_title(a: &Facts, b: &Facts, abstracts: impl Fn() -> bool) -> Option<Strength> {
    let gap = a.years_apart(b);
    let (shared, fewest) = (a.byline.overlap(&b.byline), a.byline.len().min(b.byline.len()));
    let place = a.same_place(b);
    if a.title.generic {
        // "Editorial" by the same person in the same year is no evidence; the same page or the same text is.
        return (place || abstracts()).then_some(Strength::Close);
    }
    match (&a.byline.first, &b.byline.first) {
        (Some(one), Some(two)) if one.fits(two) => {
            let same_authors = shared >= 0.6 && fewest >= 2;
            let corroborated = place || same_authors || (a.venue.is_some() && a.venue == b.venue);
            let needs_more = a.title.is_short()
                || (gap == Some(1) && a.stage == Stage::Published && b.stage == Stage::Published)
                || gap.is_some_and(|gap| gap > 1);
            if needs_more && !corroborated && !abstracts() {
                return None;
            }
            match gap {
                Some(0) => Some(Strength::Full),
                Some(1) | None => Some(Strength::Close),
                // A preprint and its print may lie years apart, and an old paper may be posted late.
                Some(2..=4) if a.stage != b.stage && !a.title.is_short() => Some(Strength::Loose),
                Some(_) => None,
            }
        }
        (Some(_), Some(_)) => {
            let same_people = shared >= 0.8 && fewest >= 3 && gap.is_none_or(|gap| gap <= 1);
            (!a.title.is_short() && (place || same_people)).then_some(Strength::Loose)
        }
        _ => {
            let telling = a.title.words.len() >= 5 && gap == Some(0);
            (!a.title.is_short() && (place || telling)).then_some(Strength::Anonymous)
        }
    }
}

fn near_title(a: &Facts, b: &Facts, abstracts: impl Fn() -> bool) -> Option<Strength> {
    if a.title.is_short() || b.title.is_short() || a.title.cut || b.title.cut {
        return None;
    }
    let (Some(one), Some(two)) = (&a.byline.first, &b.byline.first) else { return None };
    if !one.fits(two) {
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
    if difference.is_empty() {
        // The same words in the same order; only "of" and "the" differ.
        return same_title(a, b, abstracts).map(|_| Strength::Near);
    }
    let share = difference.dice;
    let same_people = a.byline.overlap(&b.byline) >= 0.8 && a.byline.len().min(b.byline.len()) >= 3;
    let editions = a.stage != b.stage;
    let near = (share >= LEAST_DICE && (place || abstracts()))
        || (editions && same_people && ((share >= NEAR_DICE && difference.spelling_only) || difference.subtitle_only));
    near.then_some(Strength::Near)
}

/// How two titles differ.
#[derive(Debug)]
struct Difference {
    /// Share of words in common, 0 to 1.
    dice: f64,
    /// Only one side has words that the other lacks, and they come at its end.
    subtitle_only: bool,
    /// Every word that differs has its like on the other side.
    spelling_only: bool,
    /// A word differs that makes it another text: a number, "part", "reply", "women".
    tells: bool,
    only_one: usize,
    only_two: usize,
}

impl Difference {
    fn between(one: &Title, two: &Title) -> Self {
        let lacking = |from: &Title, there: &Title| -> Vec<Word> {
            from.words.iter().filter(|word| !there.words.iter().any(|other| other.hash == word.hash)).cloned().collect()
        };
        let (only_one, only_two) = (lacking(one, two), lacking(two, one));
        let tells = only_one.iter().chain(&only_two).any(|word| is_telling(&word.text));
        let spelling_only = only_one.len() == only_two.len()
            && only_one.iter().zip(&only_two).all(|(left, right)| is_spelled_alike(&left.text, &right.text));
        let (short, long) = if one.words.len() <= two.words.len() { (one, two) } else { (two, one) };
        let subtitle_only = short.words.len() >= 4
            && short.words.len() < long.words.len()
            && short.words.iter().zip(&long.words).all(|(left, right)| left.hash == right.hash);
        Self {
            dice: dice(one, two),
            subtitle_only,
            spelling_only,
            tells,
            only_one: only_one.len(),
            only_two: only_two.len(),
        }
    }

    const fn is_empty(&self) -> bool {
        self.only_one == 0 && self.only_two == 0
    }
}

/// Share of words that two titles have in common, 0 to 1 (Dice's coefficient).
fn dice(one: &Title, two: &Title) -> f64 {
    let common = one.words.iter().filter(|word| two.words.iter().any(|other| other.hash == word.hash)).count();
    let all = one.words.len() + two.words.len();
    if all == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most a hundred words")]
    let share = (2 * common) as f64 / all as f64;
    share
}

/// One letter more, less or other, in the middle of a long word: a slip or another habit, not another word. Beginnings
/// (hypo-, hyper-) and endings (-ane, -ene) carry meaning, but for a plural's "s".
fn is_spelled_alike(one: &str, two: &str) -> bool {
    let (short, long) = if one.len() <= two.len() { (one, two) } else { (two, one) };
    if long.strip_suffix('s').is_some_and(|stem| stem == short && stem.len() >= 3) {
        return true;
    }
    if short.len() < 7 || long.len() - short.len() > 1 {
        return false;
    }
    let head = short.bytes().zip(long.bytes()).take_while(|(left, right)| left == right).count();
    let tail = short.bytes().rev().zip(long.bytes().rev()).take_while(|(left, right)| left == right).count();
    head >= 3 && tail >= 3 && head + tail + 1 >= short.len().max(long.len() - 1)
}

/// Whether a title with this word is about something else, or another text, than the same title without it.
fn is_telling(word: &str) -> bool {
    word.chars().count() == 1
        || word.bytes().any(|byte| byte.is_ascii_digit())
        || is_roman_number(word)
        || TELLING.binary_search(&word).is_ok()
}

fn is_roman_number(word: &str) -> bool {
    word.len() <= 5 && word.bytes().all(|byte| matches!(byte, b'i' | b'v' | b'x'))
}

/// Words that make two titles two texts; sorted, folded.
const TELLING: [&str; 123] = [
    "abstract",
    "acute",
    "addendum",
    "adult",
    "adults",
    "after",
    "again",
    "appendix",
    "before",
    "bottom",
    "boys",
    "chapter",
    "children",
    "chronic",
    "code",
    "comment",
    "commentary",
    "comments",
    "companion",
    "continued",
    "control",
    "correction",
    "corrigendum",
    "cross",
    "data",
    "dataset",
    "design",
    "discussion",
    "dissertation",
    "early",
    "editorial",
    "eight",
    "elderly",
    "errata",
    "erratum",
    "even",
    "extended",
    "fall",
    "female",
    "females",
    "fifth",
    "final",
    "first",
    "five",
    "followup",
    "four",
    "fourth",
    "girls",
    "high",
    "human",
    "humans",
    "infants",
    "inpatients",
    "interim",
    "invited",
    "late",
    "lecture",
    "left",
    "lower",
    "male",
    "males",
    "men",
    "meta",
    "mice",
    "model",
    "mouse",
    "negative",
    "neonates",
    "nine",
    "no",
    "non",
    "nonlinear",
    "not",
    "note",
    "odd",
    "old",
    "one",
    "outpatients",
    "part",
    "phase",
    "pilot",
    "positive",
    "post",
    "poster",
    "pre",
    "preliminary",
    "protocol",
    "rat",
    "rationale",
    "rats",
    "rejoinder",
    "remarks",
    "replication",
    "reply",
    "response",
    "retraction",
    "review",
    "revisited",
    "right",
    "second",
    "secondary",
    "seven",
    "six",
    "spring",
    "supplement",
    "supplementary",
    "supporting",
    "survey",
    "ten",
    "tenth",
    "thesis",
    "third",
    "three",
    "top",
    "tutorial",
    "two",
    "update",
    "updated",
    "upper",
    "vitro",
    "vivo",
    "without",
    "women",
];

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
