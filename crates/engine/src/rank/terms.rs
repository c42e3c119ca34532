//! The words and phrases of a query that speak for a work.

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
    each_word(text, |shown, word| {
        all.push(word);
        push(terms, shown, vec![word]);
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

/// Calls `f` with each word of a text: as written, and by the hash of its folded form (lowercase, no accents, no plural).
pub(super) fn each_word(text: &str, mut f: impl FnMut(&str, u64)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let mut plain = true;
        while let Some(&byte) = bytes.get(at) {
            if !byte.is_ascii_alphanumeric() {
                if byte.is_ascii() || !is_letter_at(text, at) {
                    break;
                }
                plain = false;
            }
            at += 1;
        }
        if at > start
            && let Some(word) = text.get(start..at)
        {
            f(word, if plain { hash(word.as_bytes(), LOWER) } else { hash(folded(word).as_bytes(), 0) });
        }
        // On to the next character: past the one that ended the word.
        at += 1;
    }
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

/// A hash that forgets a plural's "s", of a word whose bytes get the bits of `lower`. Eight bytes at a time: every word of
/// every abstract is hashed. Nobody gains by two words that share one.
fn hash(word: &[u8], lower: u8) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |state: u64, piece: u64| {
        let mixed = (state ^ piece).wrapping_mul(FACTOR);
        mixed ^ (mixed >> 32)
    };
    let word = match word {
        [stem @ .., last] if stem.len() > 2 && last | lower == b's' => match stem.last().map(|last| last | lower) {
            Some(b's' | b'u' | b'i') => word,
            _ => stem,
        },
        _ => word,
    };
    let (pieces, rest) = word.as_chunks::<8>();
    let lowers = u64::from_ne_bytes([lower; 8]);
    let state = pieces.iter().fold(FACTOR, |state, piece| mix(state, u64::from_le_bytes(*piece) | lowers));
    let rest = rest.iter().fold(1, |piece, byte| (piece << 8) | u64::from(byte | lower));
    mix(state, rest).wrapping_mul(FACTOR)
}

#[cfg(test)]
mod tests {
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
        let mut words = Vec::new();
        each_word("α-synuclein, “β”\u{301}e ﬁn 日本語 x\0y 🙂z", |word, _| words.push(word.to_owned()));
        assert_eq!(words, ["α", "synuclein", "β", "\u{301}e", "ﬁn", "日本語", "x", "y", "z"]);
    }
}
