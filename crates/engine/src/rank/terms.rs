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
        let mut hash = Hash::default();
        let mut plain = true;
        while let Some(&byte) = bytes.get(at) {
            if byte.is_ascii_alphanumeric() {
                hash.add(byte.to_ascii_lowercase());
            } else if byte.is_ascii() || !is_letter_at(text, at) {
                break;
            } else {
                plain = false;
            }
            at += 1;
        }
        if at > start
            && let Some(word) = text.get(start..at)
        {
            f(word, if plain { hash.finish() } else { folded(word) });
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

/// The hash of a word that is not plain ASCII.
fn folded(word: &str) -> u64 {
    let mut hash = Hash::default();
    for letter in word.chars() {
        unicode_normalization::char::decompose_compatible(letter, |part| {
            if !unicode_normalization::char::is_combining_mark(part) {
                for lower in part.to_lowercase() {
                    let mut buffer = [0; 4];
                    for &byte in lower.encode_utf8(&mut buffer).as_bytes() {
                        hash.add(byte);
                    }
                }
            }
        });
    }
    hash.finish()
}

/// FNV-1a that forgets a plural's "s".
#[derive(Debug, Clone, Copy)]
struct Hash {
    state: u64,
    /// The state before the last byte.
    before: u64,
    last: u8,
    last_but_one: u8,
    length: usize,
}

impl Default for Hash {
    fn default() -> Self {
        Self { state: 0xcbf2_9ce4_8422_2325, before: 0, last: 0, last_but_one: 0, length: 0 }
    }
}

impl Hash {
    const fn add(&mut self, byte: u8) {
        self.before = self.state;
        self.state = (self.state ^ byte as u64).wrapping_mul(0x0100_0000_01b3);
        self.last_but_one = self.last;
        self.last = byte;
        self.length += 1;
    }

    const fn finish(&self) -> u64 {
        if self.length > 3 && self.last == b's' && !matches!(self.last_but_one, b's' | b'u' | b'i') {
            self.before
        } else {
            self.state
        }
    }
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
    }

    #[test]
    fn any_text_is_cut_into_words_without_panic() {
        let mut words = Vec::new();
        each_word("α-synuclein, “β”\u{301}e ﬁn 日本語 x\0y 🙂z", |word, _| words.push(word.to_owned()));
        assert_eq!(words, ["α", "synuclein", "β", "\u{301}e", "ﬁn", "日本語", "x", "y", "z"]);
    }
}
