//! Whether an author is meant by what somebody typed: `Doudna`, `Doudna J`, `Doudna JA`, `Jennifer Doudna`.

use super::words;
use crate::item::Author;

/// Whether one of the authors is meant by `text`. Every word of it must belong to one and the same author: as a part of
/// the name, or as initials of given names beside the family name. Where a record has initials only, a given name that
/// begins so is taken for it.
pub(super) fn any_is(authors: &[Author], text: &str) -> bool {
    let sought = words::row(text);
    let sought: Vec<&str> = sought.split_whitespace().collect();
    !sought.is_empty() && authors.iter().any(|author| Name::of(author).is(&sought))
}

/// A name, taken apart into comparable words.
struct Name {
    /// Of the family name; of the whole name when it is not known which is which.
    family: String,
    given: String,
    /// First letters of the given names, in their order.
    initials: String,
}

impl Name {
    fn of(author: &Author) -> Self {
        let Some(family) = &author.family else {
            return Self { family: words::row(&author.name), given: " ".to_owned(), initials: String::new() };
        };
        let given = author.given.as_deref().unwrap_or_default();
        // `JA` are two initials, `Jo` is a name.
        let are_initials = given.chars().count() <= 3 && given.chars().all(char::is_uppercase);
        let mut row = words::row(given);
        if are_initials {
            row = row.trim().chars().fold(String::from(" "), |row, letter| row + letter.encode_utf8(&mut [0; 4]) + " ");
        }
        let (given, initials) = (row.as_str(), row.split_whitespace().filter_map(|word| word.chars().next()).collect());
        let given = given.to_owned();
        Self { family: words::row(family), given, initials }
    }

    fn is(&self, sought: &[&str]) -> bool {
        let (mut by_family, mut by_given) = (false, false);
        for word in sought {
            if has(&self.family, word) {
                by_family = true;
            } else if has(&self.given, word) {
                by_given = true;
            } else if !self.is_initial(word) {
                return false;
            }
        }
        // Initials alone name nobody; a given name alone does, as long as nothing else had to be guessed.
        by_family || (by_given && sought.iter().all(|word| has(&self.given, word) && word.chars().count() > 1))
    }

    fn is_initial(&self, word: &str) -> bool {
        let mut letters = word.chars();
        let Some(first) = letters.next() else { return false };
        match letters.count() {
            0 => self.initials.contains(first),
            // `JA`, as PubMed writes `Jennifer Anne`.
            1 | 2 if self.initials.starts_with(word) => true,
            // The record only has `J`.
            _ => self.initials.contains(first) && has(&self.given, first.encode_utf8(&mut [0; 4])),
        }
    }
}

fn has(row: &str, word: &str) -> bool {
    row.split_ascii_whitespace().any(|known| known == word)
}
