//! The words and phrases of a query that speak for a work.

use std::{iter::once, ops::Range};

use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use wide::u8x16;

use crate::query::{Expr, Field, Leaf, Query};

/// Terms scored at most; a query has no more than a few.
const MOST_TERMS: usize = 32;

/// What is looked for in a work's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    /// As the person wrote it.
    pub shown: String,
    /// Its words by their keys ([`Word::key`]); more than one: they must stand together in this order.
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
    each_word(text, |word| {
        all.push(word.key());
        push(terms, word.text.get(word.place.clone()).unwrap_or_default(), vec![word.key()]);
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

/// A word where it stands.
#[derive(Debug)]
pub(super) struct Word<'a> {
    text: &'a str,
    place: Range<usize>,
    is_plain: bool,
}

impl Word<'_> {
    /// The hash of its folded form (lowercase, no accents, no plural), with the first byte of that as its lowest.
    pub fn key(&self) -> u64 {
        let word = self.text.get(self.place.clone()).unwrap_or_default();
        let with_start = |hash: u64, start: Option<&u8>| (hash & !0xff) | u64::from(start.copied().unwrap_or(0));
        if !self.is_plain {
            let folded = folded(word);
            return with_start(hash(folded.as_bytes(), 0), folded.as_bytes().first());
        }
        // Nearly every word is short: then eight bytes hold it.
        let eight = self.text.as_bytes().get(self.place.start..).and_then(|rest| rest.first_chunk());
        let hash = match eight {
            Some(eight) if word.len() < 8 => hash_short(u64::from_le_bytes(*eight), word.len()),
            _ => hash(word.as_bytes(), LOWER),
        };
        with_start(hash, word.as_bytes().first().map(|byte| byte | LOWER).as_ref())
    }

    /// The lowest byte of its key, where that is to be had at a glance.
    pub fn start(&self) -> Option<u8> {
        self.text.as_bytes().get(self.place.start).filter(|_| self.is_plain).map(|byte| byte | LOWER)
    }
}

/// How much of a text is looked at in one step.
const BLOCK: usize = 64;

/// Calls `f` with each word of a text. What is a letter is found out for many bytes at once, and words begin and end where
/// that changes.
pub(super) fn each_word<'a>(text: &'a str, mut f: impl FnMut(Word<'a>)) {
    let (blocks, rest) = text.as_bytes().as_chunks::<BLOCK>();
    // The last word ends at the latest where the text does.
    let mut last = [b' '; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    // Where the word began that is open, and whether it was plain in the blocks before this one.
    let (mut open, mut was_plain) = (None, true);
    // Whether the byte before the block is one of a letter, and which of the block belong to a letter that began before it.
    let (mut before, mut begun) = (0, 0);
    for (at, block) in (0..).step_by(BLOCK).zip(blocks.iter().chain(once(&last))) {
        let (plain, beyond) = letters(block);
        let letters = if beyond == 0 { plain } else { plain | letters_beyond(text, at, beyond, &mut begun) };
        let mut edges = letters ^ (letters << 1 | before);
        before = letters >> (BLOCK - 1);
        // Where in this block the open word begins.
        let mut from = 0;
        while edges != 0 {
            let edge = edges.trailing_zeros();
            edges &= edges - 1;
            if let Some(start) = open.take() {
                let is_plain = was_plain && (beyond >> from) & ((1 << (edge - from)) - 1) == 0;
                f(Word { text, place: start..at + edge as usize, is_plain });
            } else {
                (open, was_plain, from) = (Some(at + edge as usize), true, edge);
            }
        }
        was_plain &= beyond >> from == 0;
    }
}

/// Which bytes are ASCII letters and digits, and which are not ASCII: a bit for each.
fn letters(block: &[u8; BLOCK]) -> (u64, u64) {
    let (sixteens, _) = block.as_chunks::<16>();
    let below = |bytes: u8x16, first: u8, most: u8| {
        let place = bytes - u8x16::splat(first);
        place.min(u8x16::splat(most)).simd_eq(place)
    };
    sixteens.iter().rev().fold((0, 0), |(plain, beyond), sixteen| {
        let bytes = u8x16::new(*sixteen);
        let is_plain = below(bytes | u8x16::splat(LOWER), b'a', 25) | below(bytes, b'0', 9);
        (plain << 16 | u64::from(is_plain.to_bitmask()), beyond << 16 | u64::from(bytes.to_bitmask()))
    })
}

/// Which bytes of the block at `at` belong to letters, digits and accents that are `beyond` ASCII. `begun` are those of one that
/// began in the block before, and then those of the next block.
fn letters_beyond(text: &str, at: usize, mut beyond: u64, begun: &mut u64) -> u64 {
    let mut letters = std::mem::take(begun);
    while beyond != 0 {
        let place = beyond.trailing_zeros();
        // None: in the midst of one.
        let character = text.get(at + place as usize..).and_then(|rest| rest.chars().next());
        let bytes = (1_u64 << character.map_or(1, char::len_utf8)) - 1;
        if character.is_some_and(|letter| letter.is_alphanumeric() || is_combining_mark(letter)) {
            letters |= bytes << place;
            *begun = bytes.checked_shr(u64::BITS - place).unwrap_or(0);
        }
        beyond &= !(bytes << place);
    }
    letters
}

/// The folded form of a word that is not plain ASCII.
fn folded(word: &str) -> String {
    let mut lower = String::with_capacity(word.len());
    for letter in word.chars() {
        decompose_compatible(letter, |part| {
            if !is_combining_mark(part) {
                lower.extend(part.to_lowercase());
            }
        });
    }
    lower
}

/// The bit that makes ASCII letters lowercase, and leaves digits as they are.
const LOWER: u8 = 0x20;

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
        each_word(text, |word| all.push(word.key()));
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
        each_word(text, |word| words.push(&text[word.place]));
        assert_eq!(words, ["α", "synuclein", "β", "\u{301}e", "ﬁn", "日本語", "x", "y", "z"]);
    }

    /// What [`each_word`] does, letter by letter.
    fn by_letters(text: &str) -> Vec<(Range<usize>, u64)> {
        let is_letter = |c: char| c.is_alphanumeric() || is_combining_mark(c);
        let mut words = Vec::new();
        for word in text.split(|c| !is_letter(c)).filter(|word| !word.is_empty()) {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            let folded = folded(word);
            words.push((
                start..start + word.len(),
                (hash(folded.as_bytes(), 0) & !0xff) | u64::from(folded.as_bytes().first().copied().unwrap_or(0)),
            ));
        }
        words
    }

    fn in_blocks(text: &str) -> Vec<(Range<usize>, u64)> {
        let mut words = Vec::new();
        each_word(text, |word| {
            let key = word.key();
            assert!(word.start().is_none_or(|start| start == key.to_le_bytes()[0]));
            words.push((word.place.clone(), key));
        });
        words
    }

    proptest! {
        #[test]
        fn a_block_is_read_as_letter_by_letter(text in "(([a-zA-Z0-9]{0,9}(s|S)?|[@\\[`{/:]|\\PC|[éß—])[ .,-]?){0,40}") {
            prop_assert_eq!(in_blocks(&text), by_letters(&text));
        }

        #[test]
        fn a_word_may_begin_and_end_anywhere_in_a_block(before in 0_usize..70, word in "[a-z]{0,70}[éß日—🙂]{0,3}[a-z]{0,70}", after in "[ é—🙂]{0,2}") {
            let text = format!("{}{word}{after}", " ".repeat(before));
            prop_assert_eq!(in_blocks(&text), by_letters(&text));
        }

        #[test]
        fn any_text_gives_the_words_of_its_letters(text: String) {
            prop_assert_eq!(in_blocks(&text), by_letters(&text));
        }
    }
}
