//! Titles as they are compared: what is left when spelling, markup and typesetting no longer count.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

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
    /// The title names a kind of text rather than a subject: "Editorial", "Introduction", "Erratum".
    pub generic: bool,
    /// The title is that of a notice about another work: "Erratum: …", "Retraction note to: …".
    pub notice: bool,
}

/// One word of a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// The word, folded.
    pub text: Box<str>,
    /// Names the word in comparisons.
    pub hash: u64,
}

impl Title {
    /// Reads a title as a source gave it.
    pub fn read(raw: &str) -> Self {
        let text = fold(strip_labels(raw));
        let text = text.strip_prefix("the ").unwrap_or(&text);
        let mut squashed = String::with_capacity(text.len());
        let mut words = Vec::with_capacity(16);
        let mut cut = false;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            squashed.push_str(word);
            if !is_empty_word(word) {
                if words.len() < MOST_WORDS {
                    words.push(Word { text: word.into(), hash: hash(word.as_bytes()) });
                } else {
                    cut = true;
                }
            }
        }
        let generic = GENERIC.binary_search(&text).is_ok();
        let notice = NOTICES.iter().any(|start| starts_with_words(text, start));
        Self { squashed, words, cut, generic, notice }
    }

    /// Whether so few words could well stand over two different works of the same author.
    pub fn is_short(&self) -> bool {
        self.generic || self.words.len() < 3 || self.squashed.len() < 16
    }
}

/// FNV-1a with a finishing step: quick, and the same in every process.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in bytes {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    mix(state)
}

/// Spreads the bits of a number over all of it (`SplitMix64`'s finishing step).
pub(super) const fn mix(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
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

/// Lowercase words with one space between them: no accents, no markup, Greek letters by name, American spelling.
fn fold(raw: &str) -> String {
    let mut folder = Folder { out: String::with_capacity(raw.len() + 8), gap: false };
    let mut rest = raw;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '\\' => folder.command(&rest[1..]),
            '&' => folder.ampersand(&rest[1..]),
            '<' => folder.tag(&rest[1..]),
            _ => {
                folder.letter(first);
                &rest[first.len_utf8()..]
            }
        };
    }
    american(&folder.out)
}

struct Folder {
    out: String,
    gap: bool,
}

impl Folder {
    fn push(&mut self, letter: char) {
        if self.gap {
            self.gap = false;
            if !self.out.is_empty() {
                self.out.push(' ');
            }
        }
        self.out.push(letter);
    }

    fn push_str(&mut self, letters: &str) {
        for letter in letters.chars() {
            self.push(letter);
        }
    }

    fn letter(&mut self, letter: char) {
        match letter {
            'a'..='z' | '0'..='9' => self.push(letter),
            'A'..='Z' => self.push(letter.to_ascii_lowercase()),
            _ if is_within(letter) => {}
            '\0'..='\u{7f}' => self.gap = true,
            _ => decompose_compatible(letter, |part| self.part(part)),
        }
    }

    fn part(&mut self, part: char) {
        if part.is_ascii() {
            self.letter(part);
        } else if let Some(name) = spelled_out(part) {
            self.push_str(name);
        } else if part.is_alphanumeric() {
            for lower in part.to_lowercase() {
                match spelled_out(lower) {
                    Some(name) => self.push_str(name),
                    None => self.push(lower),
                }
            }
        } else if !is_combining_mark(part) {
            self.gap = true;
        }
    }

    /// A LaTeX command, from behind its backslash; gives what follows it.
    fn command<'a>(&mut self, rest: &'a str) -> &'a str {
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        if length == 0 {
            return match rest.chars().next() {
                Some('&') => self.ampersand(&rest[1..]),
                // An accent: the letter that it stands on follows.
                Some('\'' | '"' | '^' | '`' | '~' | '=' | '.') => &rest[1..],
                Some(' ' | ',' | ';' | ':' | '!' | '\\') => {
                    self.gap = true;
                    &rest[1..]
                }
                _ => rest,
            };
        }
        let (name, after) = rest.split_at(length);
        match name {
            "ss" | "o" | "l" | "ae" | "oe" | "aa" | "O" | "L" | "AE" | "OE" | "AA" | "i" | "j" | "ell" | "sqrt" => {
                self.push_str(match name {
                    "aa" | "AA" => "a",
                    "o" | "O" => "o",
                    "l" | "L" | "ell" => "l",
                    "ae" | "AE" => "ae",
                    "oe" | "OE" => "oe",
                    other => other,
                });
            }
            _ if is_greek_name(name) => {
                for letter in name.strip_prefix("var").unwrap_or(name).chars() {
                    self.push(letter.to_ascii_lowercase());
                }
            }
            _ if is_operator(name) => self.gap = true,
            // A font, an accent, a box: what it holds follows.
            _ => {}
        }
        after.strip_prefix(' ').unwrap_or(after)
    }

    /// "&", "&amp;" or another entity that was left undecoded, from behind the ampersand.
    fn ampersand<'a>(&mut self, rest: &'a str) -> &'a str {
        self.gap = true;
        for (entity, means_and) in [("amp;", true), ("lt;", false), ("gt;", false), ("quot;", false), ("nbsp;", false)]
        {
            if let Some(after) = rest.strip_prefix(entity) {
                if means_and {
                    self.push_str("and");
                }
                self.gap = true;
                return after;
            }
        }
        self.push_str("and");
        self.gap = true;
        rest
    }

    /// A tag that was left in ("H<sub>2</sub>O"), or just "<", from behind it.
    fn tag<'a>(&mut self, rest: &'a str) -> &'a str {
        let is_tag = rest.bytes().next().is_some_and(|byte| byte == b'/' || byte.is_ascii_alphabetic());
        let end = rest.bytes().take(40).position(|byte| byte == b'>' || byte == b'<');
        match end {
            Some(end) if is_tag && rest.as_bytes().get(end) == Some(&b'>') => &rest[end + 1..],
            _ => {
                self.gap = true;
                rest
            }
        }
    }
}

fn is_greek_name(name: &str) -> bool {
    let name = name.strip_prefix("var").unwrap_or(name);
    ('α'..='ω').filter_map(spelled_out).any(|greek| name.eq_ignore_ascii_case(greek))
}

fn is_operator(name: &str) -> bool {
    matches!(
        name,
        "to" | "times"
            | "sim"
            | "pm"
            | "mp"
            | "leq"
            | "geq"
            | "le"
            | "ge"
            | "cdot"
            | "approx"
            | "rightarrow"
            | "quad"
            | "ldots"
            | "dots"
            | "infty"
            | "in"
            | "otimes"
            | "oplus"
            | "colon"
            | "mid"
            | "equiv"
            | "neq"
            | "ne"
            | "propto"
            | "textendash"
            | "textemdash"
    )
}

/// What stands inside of a word or of a formula: it neither joins nor parts.
const fn is_within(letter: char) -> bool {
    matches!(letter, '\'' | '`' | '$' | '{' | '}' | '^' | '_' | '’' | '‘' | 'ʼ' | '´' | '™' | '®' | '©')
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Letters that do not decompose into others, by the letters that stand for them.
const fn spelled_out(letter: char) -> Option<&'static str> {
    Some(match letter {
        'α' => "alpha",
        'β' => "beta",
        'γ' => "gamma",
        'δ' => "delta",
        'ε' => "epsilon",
        'ζ' => "zeta",
        'η' => "eta",
        'θ' => "theta",
        'ι' => "iota",
        'κ' => "kappa",
        'λ' => "lambda",
        'μ' => "mu",
        'ν' => "nu",
        'ξ' => "xi",
        'ο' => "omicron",
        'π' => "pi",
        'ρ' => "rho",
        'σ' | 'ς' => "sigma",
        'τ' => "tau",
        'υ' => "upsilon",
        'φ' => "phi",
        'χ' => "chi",
        'ψ' => "psi",
        'ω' => "omega",
        'ß' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'þ' | 'Þ' => "th",
        'ı' => "i",
        '√' => "sqrt",
        _ => return None,
    })
}

/// One spelling for both: tumour/tumor, haemoglobin/hemoglobin, randomised/randomized. It need not be right, only the same.
fn american(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(' ') {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.len() < 5 || !word.is_ascii() {
            out.push_str(word);
            continue;
        }
        let bytes = word.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let next = bytes.get(at + 1).copied().unwrap_or(0);
            let after = bytes.get(at + 2).copied().unwrap_or(0);
            match (byte, next, after) {
                (b'a' | b'o', b'e', _) => {}
                (b'o', b'u', b'r') => {
                    out.push('o');
                    at += 1;
                }
                (b'i' | b'y', b's', b'a' | b'e' | b'i') => {
                    out.push(char::from(byte));
                    out.push('z');
                    at += 1;
                }
                _ => out.push(char::from(byte)),
            }
            at += 1;
        }
    }
    out
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
    "annual report",
    "announcement",
    "announcements",
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
