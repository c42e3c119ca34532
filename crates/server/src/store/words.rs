//! Text folded for full-text search, in the same way on both databases: what is found does not depend on which one it is.
//!
//! Case and accents do not matter, words are runs of letters and digits, each ideograph or kana stands for itself. The
//! databases' own tokenizers and dictionaries get words that are ready.

use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

/// Longest word that is kept, in characters; a longer one is cut, in the index and in what is looked for alike.
const LONGEST: usize = 64;
/// Most words that are looked for at once.
const MOST: usize = 32;
/// Fewest characters that are looked for within words: an index of trigrams knows nothing shorter.
const SHORTEST_WITHIN: usize = 3;

/// The words of a text, separated by single spaces.
pub(super) fn fold(text: &str) -> String {
    let mut words = Words { out: String::with_capacity(text.len()), length: 0, wide: false };
    if text.is_ascii() {
        for byte in text.bytes() {
            words.push(byte.to_ascii_lowercase().into());
        }
    } else {
        // Lower case before and after: decomposition uncovers capitals (ᴴ), and lower case may need it (İ).
        for character in text.chars().flat_map(char::to_lowercase).nfkd() {
            character.to_lowercase().for_each(|character| words.push(character));
        }
    }
    words.out.truncate(words.out.trim_end().len());
    words.out
}

/// The words that a person looks for, ready for [`match_sqlite`] and [`match_postgres`]; `None` when there are none.
pub(super) fn wanted(text: &str) -> Option<Vec<String>> {
    let words: Vec<_> = fold(text).split(' ').filter(|word| !word.is_empty()).take(MOST).map(str::to_owned).collect();
    (!words.is_empty()).then_some(words)
}

/// Whether these are looked for within words when none begins with them. As parts of a `LIKE` they stand for themselves: words
/// hold neither `%` nor `_` nor a backslash.
pub(super) fn may_be_within(words: &[String]) -> bool {
    words.iter().all(|word| word.chars().count() >= SHORTEST_WITHIN)
}

/// The FTS5 expression for texts that have a word beginning with each of these. Words hold neither quotes nor spaces.
pub(super) fn match_sqlite(words: &[String]) -> String {
    words.iter().map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" ")
}

/// What PostgreSQL's index holds of a question `m`: each word with the mark of its workspace before it, as
/// migrations/postgres/0013_listing.sql has it.
pub(super) const MARKED: &str = "array_to_tsvector(string_to_array(right(CAST(m.workspace_id AS TEXT), 12) \
     || replace(m.words, ' ', ' ' || right(CAST(m.workspace_id AS TEXT), 12)), ' '))";

/// The same as a `tsquery` for [`MARKED`]. The mark of a workspace is how its id ends: another with the same costs time, and is
/// left out by its id.
pub(super) fn match_postgres(workspace: Uuid, words: &[String]) -> String {
    let id = workspace.to_string();
    let mark = &id[id.len() - 12..];
    words.iter().map(|word| format!("'{mark}{word}':*")).collect::<Vec<_>>().join(" & ")
}

/// Collects characters into words.
struct Words {
    out: String,
    /// Characters in the word at the end.
    length: usize,
    /// The word at the end is an ideograph.
    wide: bool,
}

impl Words {
    fn push(&mut self, character: char) {
        // Accents vanish; the marks of scripts that write vowels with them stay.
        if matches!(character, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}') {
            return;
        }
        if !is_part_of_word(character) {
            self.end();
            return;
        }
        let wide = stands_alone(character);
        if wide || self.wide {
            self.end();
        }
        self.wide = wide;
        if self.length < LONGEST {
            self.out.push(character);
        }
        self.length += 1;
    }

    fn end(&mut self) {
        if self.length > 0 {
            self.out.push(' ');
        }
        self.length = 0;
        self.wide = false;
    }
}

fn is_part_of_word(character: char) -> bool {
    character.is_alphanumeric() || unicode_normalization::char::is_combining_mark(character)
}

/// Scripts that put no spaces between words.
fn stands_alone(character: char) -> bool {
    matches!(character, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_punctuation_do_not_matter() {
        assert_eq!(fold("  CRISPR–Cas9: Éditing, (naïve)!  "), "crispr cas9 editing naive");
        assert_eq!(fold("title:\"base editing\" year:2020..2024"), "title base editing year 2020 2024");
        assert_eq!(fold("e\u{301}te\u{301}"), fold("été"));
        assert_eq!(fold("İSTANBUL"), "istanbul");
        assert_eq!(fold("ﬁne ℌ²"), "fine h2");
    }

    #[test]
    fn ideographs_stand_for_themselves_and_marks_of_vowels_stay() {
        assert_eq!(fold("基因編輯 base"), "基 因 編 輯 base");
        assert_eq!(fold("ガン治療"), "カ ン 治 療");
        assert_eq!(fold("हिन्दी"), "हिन्दी");
    }

    #[test]
    fn there_is_never_an_empty_word_or_a_quote() {
        for text in [
            "",
            " ",
            "''",
            "\"; DROP TABLE queries; --",
            "\0\u{202e}x\u{0}",
            "🧬 🧬",
            "a\u{301}\u{301} \u{301}",
            "'a' 'b'",
            "100%_a\\%",
        ] {
            let folded = fold(text);
            assert!(
                !folded.starts_with(' ') && !folded.ends_with(' ') && !folded.contains("  "),
                "{text:?} → {folded:?}"
            );
            assert!(!folded.contains(['"', '\'', '\\', '\0', '*', ':', '&', '%', '_']), "{text:?} → {folded:?}");
        }
        assert_eq!(wanted("🧬 ?!"), None);
        assert_eq!(wanted("base editing").map(|words| match_sqlite(&words)).as_deref(), Some("\"base\"* \"editing\"*"));
        assert_eq!(
            wanted("base editing").map(|words| match_postgres(Uuid::from_u128(0xabc), &words)).as_deref(),
            Some("'000000000abcbase':* & '000000000abcediting':*")
        );
    }

    #[test]
    fn fewer_than_three_characters_are_not_looked_for_within_words() {
        let may_be = |text| wanted(text).is_some_and(|words| may_be_within(&words));
        assert!(may_be("bas") && may_be("base été"));
        assert!(!may_be("ba") && !may_be("base ed") && !may_be("éé") && !may_be("基因編輯"));
    }

    #[test]
    fn long_words_are_cut_and_many_are_left_out() {
        assert_eq!(fold(&"é".repeat(5_000)), "e".repeat(LONGEST));
        assert_eq!(fold(&format!("{} b", "a".repeat(70))), format!("{} b", "a".repeat(64)));
        assert_eq!(wanted(&"a ".repeat(5_000)).map(|words| words.len()), Some(MOST));
    }
}
