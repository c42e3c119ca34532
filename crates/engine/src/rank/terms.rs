//! The words and phrases of a query that speak for a work.

use std::ops::Range;

use crate::query::{Expr, Field, Leaf, Query};

/// Terms scored at most; a query has no more than a few.
const MOST_TERMS: usize = 32;

/// What is looked for in a work's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    /// As the person wrote it.
    pub shown: String,
    /// Its words, folded by [`fold`]; more than one: they must stand together in this order.
    pub words: Vec<u64>,
}

/// The words and phrases that must or may stand in a work, each once, in the order of the query. What is excluded, and
/// authors' names, are not among them.
pub(super) fn of_query(query: &Query) -> Vec<Term> {
    let mut terms = Vec::new();
    // A stack of its own: nesting is as deep as the person likes.
    let mut open: Vec<&Expr> = query.all_of.iter().rev().collect();
    while let Some(expr) = open.pop() {
        match expr {
            Expr::Leaf(Leaf::Text { field: Field::Any | Field::Title | Field::Abstract, text, phrase }) => {
                add(&mut terms, text, *phrase);
            }
            Expr::Leaf(_) | Expr::Not(_) => {}
            Expr::And(parts) | Expr::Or(parts) => open.extend(parts.iter().rev()),
        }
    }
    terms
}

/// Adds every word by itself, and a phrase as a whole on top.
fn add(terms: &mut Vec<Term>, text: &str, phrase: bool) {
    let mut all = Vec::new();
    each_word(text, |place, word| {
        all.push(word);
        push(terms, text.get(place).unwrap_or_default(), vec![word]);
    });
    if phrase && all.len() > 1 {
        push(terms, text, all);
    }
}

fn push(terms: &mut Vec<Term>, shown: &str, words: Vec<u64>) {
    if terms.len() < MOST_TERMS && !terms.iter().any(|term| term.words == words) {
        terms.push(Term { shown: shown.to_owned(), words });
    }
}

/// Calls `f` with each word of a text: where it stands, and the hash of its folded form (lowercase, no accents, no plural).
pub(super) fn each_word(text: &str, mut f: impl FnMut(Range<usize>, u64)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        // Nearly every word is short and plain: then one look at eight bytes finds its end and its hash.
        if let Some(eight) = rest.first_chunk() {
            let piece = u64::from_le_bytes(*eight);
            let length = plain_length(piece);
            if eight.get(length).is_some_and(u8::is_ascii) {
                if length > 0 {
                    f(at..at + length, hash_short(piece, length));
                }
                at += length + 1;
                continue;
            }
        }
        let (length, is_plain) = word_at(text, at);
        if let Some(word) = text.get(at..at + length).filter(|word| !word.is_empty()) {
            f(at..at + length, if is_plain { hash(word.as_bytes(), LOWER) } else { hash(folded(word).as_bytes(), 0) });
        }
        // On to the next character: past the one that ended the word.
        at += length + 1;
    }
}

/// How long the word is that begins at `at`, in bytes, and whether it is plain ASCII.
fn word_at(text: &str, at: usize) -> (usize, bool) {
    let mut is_plain = true;
    let mut end = at;
    while let Some(rest @ [byte, ..]) = text.as_bytes().get(end..) {
        let plain = rest.first_chunk().map_or(0, |eight| plain_length(u64::from_le_bytes(*eight)));
        if plain > 0 {
            end += plain;
        } else if byte.is_ascii_alphanumeric() {
            // One of the last seven bytes of the text.
            end += 1;
        } else if byte.is_ascii() || !is_letter_at(text, end) {
            break;
        } else {
            is_plain = false;
            end += 1;
        }
    }
    (end - at, is_plain)
}

/// How many of eight bytes are ASCII letters and digits before the first other one.
const fn plain_length(eight: u64) -> usize {
    (!plain_letters(eight) & HIGH).trailing_zeros() as usize / 8
}

/// The highest bit of each of eight bytes that is an ASCII letter or digit.
const fn plain_letters(eight: u64) -> u64 {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    // Below 0x80 a sum stays within its byte, and its highest bit tells whether it reached a bound.
    let low = eight & !HIGH;
    let lower = low | each(LOWER);
    let letters = (lower + each(0x80 - b'a')) & !(lower + each(0x7f - b'z'));
    let digits = (low + each(0x80 - b'0')) & !(low + each(0x7f - b'9'));
    (letters | digits) & !eight & HIGH
}

/// Whether the byte at `at`, which is not ASCII, belongs to a letter, a digit or an accent on one.
fn is_letter_at(text: &str, at: usize) -> bool {
    let start = text.floor_char_boundary(at);
    text.get(start..)
        .and_then(|rest| rest.chars().next())
        .is_some_and(|letter| letter.is_alphanumeric() || unicode_normalization::char::is_combining_mark(letter))
}

/// The folded form of a word that is not plain ASCII.
fn folded(word: &str) -> String {
    let mut lower = String::with_capacity(word.len());
    for letter in word.chars() {
        unicode_normalization::char::decompose_compatible(letter, |part| {
            if !unicode_normalization::char::is_combining_mark(part) {
                lower.extend(part.to_lowercase());
            }
        });
    }
    lower
}

/// The bit that makes ASCII letters lowercase, and leaves digits as they are.
const LOWER: u8 = 0x20;

const HIGH: u64 = 0x8080_8080_8080_8080;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// A hash that forgets a plural's "s", of a word whose bytes get the bits of `lower`. Eight bytes at a time: every word of
/// every abstract is hashed. Nobody gains by two words that share one.
fn hash(word: &[u8], lower: u8) -> u64 {
    let word = match word {
        [stem @ .., before, last] if is_plural(stem.len() + 1, before | lower, last | lower) => &word[..word.len() - 1],
        _ => word,
    };
    let (pieces, rest) = word.as_chunks::<8>();
    let lowers = u64::from_ne_bytes([lower; 8]);
    let state = pieces.iter().fold(FACTOR, |state, piece| mix(state, u64::from_le_bytes(*piece) | lowers));
    let piece = rest.iter().rev().fold(0, |piece, byte| (piece << 8) | u64::from(byte | lower));
    finish(state, piece, rest.len())
}

/// [`hash`] of the first `length` of eight bytes, fewer than all, with the bits of [`LOWER`].
fn hash_short(eight: u64, length: usize) -> u64 {
    let lowered = eight | u64::from_ne_bytes([LOWER; 8]);
    let length = match lowered.to_le_bytes()[..length] {
        [.., before, last] if is_plural(length - 1, before, last) => length - 1,
        _ => length,
    };
    finish(FACTOR, lowered & ((1 << (8 * length)) - 1), length)
}

/// Whether a word of a stem of this length ends in the "s" of a plural, by the letter before it.
const fn is_plural(stem: usize, before: u8, last: u8) -> bool {
    stem > 2 && last == b's' && !matches!(before, b's' | b'u' | b'i')
}

const fn mix(state: u64, piece: u64) -> u64 {
    let mixed = (state ^ piece).wrapping_mul(FACTOR);
    mixed ^ (mixed >> 32)
}

/// With the last `length` bytes, fewer than eight.
const fn finish(state: u64, piece: u64, length: usize) -> u64 {
    mix(state, piece | (1 << (8 * length))).wrapping_mul(FACTOR)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hashes(text: &str) -> Vec<u64> {
        let mut all = Vec::new();
        each_word(text, |_, word| all.push(word));
        all
    }

    #[test]
    fn case_accents_and_a_plural_do_not_count() {
        assert_eq!(hashes("Genomes of MICE"), hashes("genome OF mice"));
        assert_eq!(hashes("Schrödinger—naïve"), hashes("schrodinger naive"));
        assert_ne!(hashes("analysis"), hashes("analysi"));
        assert_ne!(hashes("virus"), hashes("viru"));
        assert_ne!(hashes("classless"), hashes("classles"));
        assert_ne!(hashes("gas"), hashes("ga"));
    }

    #[test]
    fn any_text_is_cut_into_words_without_panic() {
        let text = "α-synuclein, “β”\u{301}e ﬁn 日本語 x\0y 🙂z";
        let mut words = Vec::new();
        each_word(text, |place, _| words.push(&text[place]));
        assert_eq!(words, ["α", "synuclein", "β", "\u{301}e", "ﬁn", "日本語", "x", "y", "z"]);
    }

    /// What [`each_word`] does, letter by letter.
    fn by_letters(text: &str) -> Vec<(Range<usize>, u64)> {
        let is_letter = |c: char| c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c);
        let mut words = Vec::new();
        for word in text.split(|c| !is_letter(c)).filter(|word| !word.is_empty()) {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            let key = if word.is_ascii() { hash(word.as_bytes(), LOWER) } else { hash(folded(word).as_bytes(), 0) };
            words.push((start..start + word.len(), key));
        }
        words
    }

    proptest! {
        #[test]
        fn eight_bytes_at_once_are_read_as_one_by_one(text in "(([a-zA-Z0-9]{0,9}(s|S)?|[@\\[`{/:]|\\PC|[éß—])[ .,-]?){0,20}") {
            let mut words = Vec::new();
            each_word(&text, |place, word| words.push((place, word)));
            prop_assert_eq!(words, by_letters(&text));
        }

        #[test]
        fn any_text_gives_the_words_of_its_letters(text: String) {
            let mut words = Vec::new();
            each_word(&text, |place, word| words.push((place, word)));
            prop_assert_eq!(words, by_letters(&text));
        }
    }
}
