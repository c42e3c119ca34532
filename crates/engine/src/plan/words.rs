//! Text as a row of comparable words: small letters, no accents, no plural.

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// The words of a text between single spaces, with a space before the first and after the last, so that a phrase stands
/// in it exactly when it contains the phrase's own row. Punctuation separates words, as in `COVID-19`; Chinese, Japanese
/// and Korean characters are words of their own, since those texts have no or other spaces. Only `" "` when the text has
/// no letters and digits.
pub(super) fn row(text: &str) -> String {
    let mut row = String::with_capacity(text.len() + 2);
    row.push(' ');
    append(&mut row, text);
    row
}

/// Adds the words of another text behind a boundary that no phrase can span.
pub(super) fn append_apart(row: &mut String, text: &str) {
    row.push_str("| ");
    append(row, text);
}

fn append(row: &mut String, text: &str) {
    let mut start = row.len();
    for char in text.chars() {
        if char.is_ascii_alphanumeric() {
            row.push(char.to_ascii_lowercase());
        } else if char.is_ascii() {
            end_word(row, &mut start);
        } else if is_syllable(char) {
            end_word(row, &mut start);
            row.push(char);
            end_word(row, &mut start);
        } else {
            push_plain(row, char, &mut start);
        }
    }
    end_word(row, &mut start);
}

/// A letter without its accents (`é` is `e`, `ﬁ` is `fi`, `₂` is `2`), or the end of the word.
fn push_plain(row: &mut String, char: char, start: &mut usize) {
    if let Some(plain) = spelled_out(char) {
        row.push_str(plain);
        return;
    }
    decompose_compatible(char, |part| {
        if canonical_combining_class(part) != 0 {
            return;
        }
        if part.is_alphanumeric() {
            row.extend(part.to_lowercase().filter(|lower| canonical_combining_class(*lower) == 0));
        } else {
            end_word(row, start);
        }
    });
}

/// Ends the word that began at `start`, if one did, and takes its plural off.
fn end_word(row: &mut String, start: &mut usize) {
    if row.len() > *start {
        let stem = stem_length(row.get(*start..).unwrap_or_default());
        row.truncate(*start + stem);
        row.push(' ');
    }
    *start = row.len();
}

/// Endings of English plurals and of the words that take them: cutting either gives the same stem (`therapy`,
/// `therapies`; `cause`, `causes`; `virus`, `viruses`). Longer endings first.
const ENDINGS: [&str; 6] = ["ies", "ie", "es", "e", "y", "s"];

/// Length of a word without its ending; at least three letters stay.
fn stem_length(word: &str) -> usize {
    if word.len() <= 3 || !word.is_ascii() || ["us", "ss", "is"].iter().any(|kept| word.ends_with(kept)) {
        return word.len();
    }
    let cut = |ending: &str| word.strip_suffix(ending).filter(|stem| stem.len() >= 3 && may_end(stem, ending));
    ENDINGS.into_iter().find_map(cut).map_or(word.len(), str::len)
}

/// `y` belongs to the stem behind a vowel: `key`, `assay`.
fn may_end(stem: &str, ending: &str) -> bool {
    ending != "y" || !stem.ends_with(['a', 'e', 'i', 'o', 'u'])
}

/// Letters that Unicode does not take apart.
const fn spelled_out(char: char) -> Option<&'static str> {
    Some(match char {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'þ' | 'Þ' => "th",
        'ı' => "i",
        // Within a word and unseen: Persian and emoji joiners.
        '\u{200c}' | '\u{200d}' => "",
        _ => return None,
    })
}

/// Han, Hiragana, Katakana and Hangul.
const fn is_syllable(char: char) -> bool {
    matches!(char, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_plurals_do_not_matter() {
        assert_eq!(row("Naïve Bayes"), row("naive BAYES"));
        assert_eq!(row("Møller, Łódź, Weiß, ﬁn"), " moller lodz weiss fin ");
        assert_eq!(row("H₂O"), row("h2o"));
        for (one, many) in [
            ("gene", "genes"),
            ("therapy", "therapies"),
            ("assay", "assays"),
            ("class", "classes"),
            ("virus", "viruses"),
            ("cause", "causes"),
            ("age", "ages"),
            ("tree", "trees"),
            ("movie", "movies"),
            ("box", "boxes"),
            ("network", "networks"),
        ] {
            assert_eq!(row(one), row(many));
        }
        assert_eq!(row("analysis DNA is"), " analysis dna is ");
    }

    #[test]
    fn punctuation_separates_words_and_syllables_stand_alone() {
        assert_eq!(row("COVID-19 (new)"), " covid 19 new ");
        assert_eq!(row("基因x"), " 基 因 x ");
        assert_eq!(row("  "), " ");
        assert_eq!(row("🧬"), " ");
    }

    #[test]
    fn no_phrase_spans_two_texts() {
        let mut both = row("base");
        append_apart(&mut both, "editing");
        assert!(!both.contains(&row("base editing")) && both.contains(&row("editing")));
    }
}
