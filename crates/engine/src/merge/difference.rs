//! How two titles differ.

use super::title::{Title, Word};

/// How two titles differ.
#[derive(Debug)]
pub(super) struct Difference {
    /// Share of words in common, 0 to 1.
    pub dice: f64,
    /// The same words in the same order: only "of", "the" and their kin differ.
    pub empty_words_only: bool,
    /// The same words in another order.
    pub order_only: bool,
    /// Only one side has words that the other lacks, and they come at its end.
    pub subtitle_only: bool,
    /// One side has just one word more, and enough others in the same order.
    pub one_word_only: bool,
    /// Every word that differs has its like on the other side.
    pub spelling_only: bool,
    /// A word differs that makes it another text: a number, "part", "reply", "women".
    pub tells: bool,
}

impl Difference {
    /// Compares two titles word by word.
    pub fn between(one: &Title, two: &Title) -> Self {
        let (only_one, only_two) = (lacking(one, two), lacking(two, one));
        let spelling_only = only_one.len() == only_two.len()
            && only_one.iter().zip(&only_two).all(|(left, right)| is_spelled_alike(left, right));
        let same_words = only_one.is_empty() && only_two.is_empty();
        let same_order = one.words.iter().map(|word| word.hash).eq(two.words.iter().map(|word| word.hash));
        let (short, long) = if one.words.len() <= two.words.len() { (one, two) } else { (two, one) };
        Self {
            dice: dice(one, two),
            empty_words_only: same_order,
            order_only: same_words && !same_order,
            subtitle_only: is_without_subtitle(short, long),
            one_word_only: short.words.len() >= 5
                && short.words.len() + 1 == long.words.len()
                && is_within(short, long),
            spelling_only,
            tells: only_one.iter().chain(&only_two).any(|word| is_telling(word)),
        }
    }
}

/// The words of one title that the other lacks.
fn lacking<'a>(from: &'a Title, there: &Title) -> Vec<&'a str> {
    let is_lacking = |word: &&Word| !there.words.iter().any(|other| other.hash == word.hash);
    from.words.iter().filter(is_lacking).map(|word| from.text(word)).collect()
}

/// Whether the longer title begins with the shorter one. One with a number does not count: "Data Release 2" may stand
/// over every paper of a series whose subtitles got lost.
fn is_without_subtitle(short: &Title, long: &Title) -> bool {
    short.words.len() >= 4
        && short.words.len() < long.words.len()
        && short.words.iter().zip(&long.words).all(|(left, right)| left.hash == right.hash)
        && !short.words.iter().any(|word| is_number(short.text(word)))
}

/// Whether the longer title has all words of the shorter one in the same order.
fn is_within(short: &Title, long: &Title) -> bool {
    let mut there = long.words.iter();
    short.words.iter().all(|word| there.any(|other| other.hash == word.hash))
}

/// Share of words that two titles have in common, 0 to 1 (Dice's coefficient).
pub(super) fn dice(one: &Title, two: &Title) -> f64 {
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
    word.chars().count() == 1 || is_number(word) || TELLING.binary_search(&word).is_ok()
}

/// A number, in digits or Roman, or a name with a number in it.
fn is_number(word: &str) -> bool {
    let is_roman = word.len() <= 5 && word.bytes().all(|byte| matches!(byte, b'i' | b'v' | b'x'));
    is_roman || word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Words that make two titles two texts; sorted, and folded, so that "fourth" and "revisited" look odd.
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
    "forth",
    "four",
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
    "revizited",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn between(one: &str, two: &str) -> Difference {
        let (one, two) = (Title::read(one), Title::read(two));
        Difference::between(&one, &two)
    }

    #[test]
    fn words_that_tell_are_listed_as_titles_have_them() {
        assert!(TELLING.is_sorted());
        for word in TELLING {
            let title = Title::read(&format!("{word} x"));
            assert_eq!(title.squashed, format!("{word}x"));
        }
        assert!(between("Attention in primates", "Attention in primates revisited").tells);
        assert!(between("The fourth survey of stars", "The survey of stars").tells);
    }

    #[test]
    fn a_word_more_is_told_from_two_and_from_another_order() {
        let short = "Near-optimal RNA-Seq quantification";
        assert!(between(short, "Near-optimal probabilistic RNA-seq quantification").one_word_only);
        assert!(!between(short, "Near-optimal probabilistic quantification of RNA-seq").one_word_only);
        assert!(!between(short, "Near-optimal fast probabilistic RNA-seq quantification").one_word_only);
        assert!(!between("RNA-seq quantification", "Probabilistic RNA-seq quantification").one_word_only);
    }

    #[test]
    fn a_title_with_a_number_may_lack_any_subtitle() {
        let whole = "Large surveys of stars: the southern sky";
        assert!(between("Large surveys of nearby stars", &whole.replace("of", "of nearby")).subtitle_only);
        assert!(!between("Gaia Data Release 2", "Gaia Data Release 2: Observational diagrams").subtitle_only);
        assert!(!between("Studies of old stars IV", "Studies of old stars IV: the southern sky").subtitle_only);
    }

    #[test]
    fn the_same_words_in_another_order_are_not_the_same_title() {
        let turned = between("Effect of insulin on glucagon secretion", "Effect of glucagon on insulin secretion");
        assert!(turned.order_only && !turned.empty_words_only && !turned.tells);
        let articles = between("The effect of insulin on secretion", "Effect of the insulin on secretion");
        assert!(articles.empty_words_only && !articles.order_only);
    }
}
