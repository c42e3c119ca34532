//! Citation keys: what an author writes into a text to point at a work, such as `doudna2014new`.

use std::{cmp::Ordering, collections::HashMap};

use engine::work::Work;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// First words of titles that tell nothing.
const FILLERS: [&str; 16] =
    ["a", "an", "the", "on", "of", "in", "to", "for", "and", "at", "by", "from", "with", "is", "are", "what"];
/// Longest part of a key that comes from a name or a title.
const LONGEST: usize = 24;

/// A key for each work, in their order: family name of the first author, year, first telling word of the title; unique
/// within these works, and always of `a` to `z` and digits.
///
/// Where several works would have the same, a letter tells them apart, given in the order of their identifiers and not of
/// their ranks: the same works get the same keys in whatever order they come.
pub fn of(works: &[Work]) -> Vec<String> {
    let mut keys: Vec<String> = works.iter().map(base).collect();
    let mut sharing: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, key) in keys.iter().enumerate() {
        sharing.entry(key).or_default().push(place);
    }
    let mut told_apart = Vec::new();
    for (key, mut places) in sharing {
        if places.len() > 1 {
            places.sort_by(|one, other| in_order(&works[*one], &works[*other]));
            told_apart.extend(
                places.into_iter().enumerate().map(|(count, place)| (place, format!("{key}-{}", letters(count)))),
            );
        }
    }
    for (place, key) in told_apart {
        keys[place] = key;
    }
    keys
}

/// The key as far as the work alone decides it.
fn base(work: &Work) -> String {
    let author = work.authors.iter().map(|author| author.family.as_ref().unwrap_or(&author.name)).next();
    let mut key = author.map(|name| folded(name)).unwrap_or_default();
    if let Some(date) = &work.date {
        key.push_str(&date.year.to_string());
    }
    let words = work.title.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c)).map(folded);
    let word = words.into_iter().find(|word| !word.is_empty() && !FILLERS.contains(&word.as_str()));
    key.push_str(&word.unwrap_or_default());
    if key.is_empty() { "work".to_owned() } else { key }
}

/// Letters and digits of ASCII: accents go, ligatures and the letters that no decomposition knows are spelt out, other
/// scripts are left out.
fn folded(text: &str) -> String {
    let mut folded = String::new();
    for c in text.nfkd().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => folded.push(c),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            _ => {}
        }
    }
    folded.truncate(LONGEST);
    folded
}

/// An order of works that no ranking changes.
fn in_order(one: &Work, other: &Work) -> Ordering {
    let names = |work: &Work| {
        // Identifiers first: what has one comes before what has none.
        let identifiers = [&work.doi, &work.arxiv_id, &work.pmid, &work.pmcid];
        let identifiers = identifiers.map(|identifier| (identifier.is_none(), identifier.clone()));
        (identifiers, work.title.clone(), work.url.clone())
    };
    names(one).cmp(&names(other))
}

/// `a` to `z`, then `ba`, `bb` and so on: the number in base 26.
fn letters(number: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(number % 26).unwrap_or(0));
    let before = if number < 26 { String::new() } else { letters(number / 26) };
    format!("{before}{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_digits_of_ascii_remain() {
        for (text, wanted) in [
            ("Müller-Lüdenscheidt", "mullerludenscheidt"),
            ("van der Waals", "vanderwaals"),
            ("Łukasiewicz", "lukasiewicz"),
            ("Ångström", "angstrom"),
            ("Strauß", "strauss"),
            ("ﬁeld", "field"),
            ("王小明", ""),
            ("{\\}\0%\u{202e}", ""),
        ] {
            assert_eq!(folded(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn numbers_become_letters_without_end() {
        let some: Vec<_> = [0, 1, 25, 26, 27, 51, 52, 676].into_iter().map(letters).collect();
        assert_eq!(some, ["a", "b", "z", "ba", "bb", "bz", "ca", "baa"]);
    }
}
