//! Titles as they are compared: what is left when spelling, markup and typesetting no longer count.

mod folding;

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use folding::fold;

/// Words kept for comparison word by word; a longer title can only be the same when it is the same throughout.
const MOST_WORDS: usize = 48;

/// A title in its comparable form.
#[derive(Debug, Clone, Default)]
pub(super) struct Title {
    /// Every word, folded, without anything between them: "COVID-19" and "covid 19" are the same.
    pub squashed: String,
    /// The words in their order, without those that say nothing ("of", "the"); at most [`MOST_WORDS`].
    pub words: Vec<Word>,
    /// There were more words than are kept.
    pub cut: bool,
    /// The one word before the colon, or the only one there is: what a program or a method is called.
    pub name: Option<u64>,
    /// The title names a kind of text rather than a subject: "Editorial", "Introduction", "Erratum".
    pub generic: bool,
    /// The title is that of a notice about another work: "Erratum: …", "Retraction note to: …".
    pub notice: bool,
}

/// One word of a title; [`Title::text`] tells it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    /// Where it begins and ends in the squashed title.
    place: (u32, u32),
    /// Names the word in comparisons.
    pub hash: u64,
}

impl Title {
    /// Reads a title as a source gave it.
    pub fn read(raw: &str) -> Self {
        let raw = strip_labels(raw);
        let text = fold(raw);
        let text = text.strip_prefix("the ").unwrap_or(&text);
        let mut squashed = String::with_capacity(text.len());
        let mut words = Vec::with_capacity(16);
        let mut cut = false;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let start = squashed.len();
            squashed.push_str(word);
            if !is_empty_word(word) {
                if words.len() < MOST_WORDS {
                    let place = |at| u32::try_from(at).unwrap_or(u32::MAX);
                    words.push(Word { place: (place(start), place(squashed.len())), hash: hash(word.as_bytes()) });
                } else {
                    cut = true;
                }
            }
        }
        let generic = GENERIC.binary_search(&text).is_ok();
        let notice = NOTICES.iter().any(|start| starts_with_words(text, start));
        Self { squashed, words, cut, name: name(raw), generic, notice }
    }

    /// One of its words, folded.
    pub fn text(&self, word: &Word) -> &str {
        self.squashed.get(word.place.0 as usize..word.place.1 as usize).unwrap_or_default()
    }

    /// Whether the title is nothing but a name.
    pub fn is_name_only(&self) -> bool {
        self.name == Some(hash(self.squashed.as_bytes()))
    }

    /// Whether so few words could well stand over two different works of the same author.
    pub fn is_short(&self) -> bool {
        self.generic || self.words.len() < 3 || self.squashed.len() < 16
    }
}

/// Quick, and the same in every process.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// Spreads the bits of a number over all of it (`SplitMix64`'s finishing step).
pub(super) const fn mix(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// The name that a title gives before the colon, or that it consists of.
fn name(raw: &str) -> Option<u64> {
    /// Shorter ones are abbreviations that anything may have.
    const LEAST_LETTERS: usize = 4;
    let name = raw.split_once(':').map_or(raw, |(name, _)| name).trim();
    if name.contains(char::is_whitespace) {
        return None;
    }
    let squashed = fold(name).replace(' ', "");
    (squashed.len() >= LEAST_LETTERS).then(|| hash(squashed.as_bytes()))
}

fn starts_with_words(text: &str, start: &str) -> bool {
    text.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Takes away what a source puts before or behind a title: "RETRACTED:", "[2101.00001]", "(Preprint)".
fn strip_labels(raw: &str) -> &str {
    const BEFORE: [&str; 8] = [
        "retracted article:",
        "retracted:",
        "withdrawn:",
        "withdrawn article:",
        "removed:",
        "[retracted]",
        "(retracted)",
        "retracted chapter:",
    ];
    const BEHIND: [&str; 4] = ["(preprint)", "[preprint]", "(retracted)", "[retracted]"];
    let mut text = raw.trim();
    for label in BEFORE {
        if let Some(head) = text.get(..label.len())
            && head.eq_ignore_ascii_case(label)
        {
            text = text[label.len()..].trim_start();
            break;
        }
    }
    for label in BEHIND {
        let start = text.trim_end_matches('.').len().saturating_sub(label.len());
        if let Some(tail) = text.get(start..)
            && tail.trim_end_matches('.').eq_ignore_ascii_case(label)
            && start > 0
        {
            text = text[..start].trim_end();
            break;
        }
    }
    if let Some((label, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']'))
        && label.len() <= 20
        && label.bytes().any(|byte| byte.is_ascii_digit())
        && label.bytes().all(|byte| byte.is_ascii_digit() || b"./v-".contains(&byte) || byte.is_ascii_lowercase())
        && !rest.trim().is_empty()
    {
        text = rest;
    }
    text
}

/// Words that may be missing or exchanged without changing what a title says.
fn is_empty_word(word: &str) -> bool {
    matches!(
        word,
        "a" | "an"
            | "and"
            | "as"
            | "at"
            | "by"
            | "for"
            | "from"
            | "in"
            | "into"
            | "of"
            | "on"
            | "or"
            | "the"
            | "to"
            | "using"
            | "via"
            | "with"
    )
}

/// How the title of a notice begins, folded.
const NOTICES: [&str; 19] = [
    "addendum",
    "author correction",
    "correction",
    "correction to",
    "corrigenda",
    "corrigendum",
    "editorial expression of concern",
    "errata",
    "erratum",
    "expression of concern",
    "notice of retraction",
    "publisher correction",
    "publishers correction",
    "publishers note",
    "retraction",
    "retraction note",
    "retraction notice",
    "retraction to",
    "withdrawal notice",
];

/// Titles that say what a text is, not what it is about; folded and sorted.
const GENERIC: [&str; 66] = [
    "abbreviations",
    "abstract",
    "abstracts",
    "acknowledgement",
    "acknowledgements",
    "acknowledgment",
    "acknowledgments",
    "announcement",
    "announcements",
    "annual report",
    "appendix",
    "authors reply",
    "back matter",
    "bibliography",
    "book review",
    "book reviews",
    "calendar",
    "comment",
    "commentary",
    "comments",
    "conclusion",
    "conclusions",
    "conference report",
    "contents",
    "contributors",
    "correction",
    "correspondence",
    "corrigendum",
    "discussion",
    "editorial",
    "editorial board",
    "editorial comment",
    "editorial note",
    "editors choice",
    "editors note",
    "epilogue",
    "errata",
    "erratum",
    "foreword",
    "from editor",
    "from the editor",
    "front matter",
    "guest editorial",
    "in memoriam",
    "in reply",
    "in this issue",
    "index",
    "introduction",
    "issue information",
    "letter",
    "letter to the editor",
    "letters",
    "letters to the editor",
    "list of contributors",
    "masthead",
    "news",
    "obituary",
    "preface",
    "reply",
    "response",
    "retraction",
    "review",
    "summary",
    "table of contents",
    "title page",
    "untitled",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_before_a_colon_or_alone() {
        let (whole, name) = (Title::read("XGBoost: A Scalable Tree Boosting System"), Title::read("XGBoost."));
        assert!(whole.name.is_some() && whole.name == name.name);
        assert!(name.is_name_only() && !whole.is_name_only());
        assert_eq!(Title::read("U-Net: Networks for Images").name, Title::read("U-Net").name);
        for title in ["Deep learning: a primer", "Deep learning", "GAN: A Review", ": what?", ""] {
            assert_eq!(Title::read(title).name, None, "{title}");
        }
    }

    #[test]
    fn what_titles_are_compared_with_is_written_as_titles_are_read() {
        assert!(GENERIC.is_sorted());
        for text in GENERIC.iter().chain(&NOTICES) {
            assert_eq!(fold(text), *text);
        }
    }
}
