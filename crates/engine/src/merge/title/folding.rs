//! Text of a title without what only typesetting, spelling and markup put into it.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use wide::u8x16;

/// Lowercase words with one space between them: no accents, no markup, Greek letters by name, American spelling.
pub(super) fn fold(raw: &str) -> String {
    if let Some(words) = plain_words(raw) {
        return american(&words);
    }
    american(&folded(raw))
}

/// The same before it is American, of any text.
fn folded(raw: &str) -> String {
    let mut folder = Folder { out: String::with_capacity(raw.len() + 8), gap: false };
    folder.text(raw);
    folder.out
}

/// The words of a text without anything but letters, digits and what parts them, as most titles are: in lowercase, with one
/// space or more between them. Sixteen bytes are looked at at once.
fn plain_words(raw: &str) -> Option<String> {
    let (pieces, rest) = raw.as_bytes().as_chunks::<16>();
    let mut end = [b' '; 16];
    end[..rest.len()].copy_from_slice(rest);
    let mut words = Vec::with_capacity(raw.len() + end.len());
    let mut odd = u8x16::ZERO;
    for piece in pieces.iter().chain([&end]) {
        let bytes = u8x16::new(*piece);
        // Markup, or within words; and the highest bit of what is not ASCII.
        odd |= ODD.iter().fold(bytes, |odd, mark| odd | bytes.simd_eq(u8x16::splat(*mark)));
        let within = |first: u8, last: u8| bytes.max(u8x16::splat(first)).min(u8x16::splat(last)).simd_eq(bytes);
        let (capital, other) = (within(b'A', b'Z'), within(b'a', b'z') | within(b'0', b'9'));
        let space = !(capital | other) & u8x16::splat(b' ');
        let lowered = capital & (bytes | u8x16::splat(0x20));
        words.extend_from_slice((lowered | other & bytes | space).as_array());
    }
    words.truncate(raw.len());
    (odd.to_bitmask() == 0).then(|| String::from_utf8(words).ok())?
}

/// What makes that a title is read letter by letter.
const ODD: [u8; 10] = *b"\\&<'`${}^_";

struct Folder {
    out: String,
    gap: bool,
}

impl Folder {
    fn text(&mut self, raw: &str) {
        let mut rest = raw;
        while let Some(first) = rest.chars().next() {
            // Whole words at once, as most of them are.
            let plain = rest.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
            if plain > 0 {
                let (word, after) = rest.split_at(plain);
                self.word(word);
                rest = after;
                continue;
            }
            rest = match first {
                '\\' => self.command(&rest[1..]),
                '&' => self.ampersand(&rest[1..]),
                '<' => self.tag(&rest[1..]),
                '^' => self.superscript(&rest[1..]),
                _ => {
                    self.letter(first);
                    &rest[first.len_utf8()..]
                }
            };
        }
    }

    fn push(&mut self, letter: char) {
        if self.gap {
            self.gap = false;
            if !self.out.is_empty() {
                self.out.push(' ');
            }
        }
        self.out.push(letter);
    }

    /// ASCII letters and digits.
    fn word(&mut self, word: &str) {
        let mut letters = word.chars();
        self.push(letters.next().map_or(' ', |first| first.to_ascii_lowercase()));
        let rest = self.out.len();
        self.out.push_str(letters.as_str());
        if let Some(pushed) = self.out.get_mut(rest..) {
            pushed.make_ascii_lowercase();
        }
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

    /// TeX has a sub- and a superscript in either order ("B^0_s", "B_s^0"); MathML, and so what publishers deposit, has the
    /// subscript first ("Bs0"). From behind the "^"; a formula within the scripts is left as it is.
    fn superscript<'a>(&mut self, rest: &'a str) -> &'a str {
        let Some((above, after)) = script(rest) else { return rest };
        let Some((below, after)) = after.strip_prefix('_').and_then(script) else { return rest };
        if above.contains('^') || below.contains('^') {
            return rest;
        }
        self.text(below);
        self.text(above);
        after
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

/// What a "^" or "_" raises or lowers, and what follows: a group in braces, a command or a single letter.
fn script(rest: &str) -> Option<(&str, &str)> {
    /// Longer ones are no scripts of a symbol.
    const LONGEST: usize = 40;
    let first = rest.chars().next()?;
    let group = |from: usize| {
        let within = rest.get(from..)?.strip_prefix('{')?;
        Some(from + 2 + within.bytes().take(LONGEST).position(|byte| byte == b'}')?)
    };
    let end = match first {
        '{' => group(0)?,
        '\\' => {
            let name = 1 + rest[1..].bytes().take(LONGEST).take_while(u8::is_ascii_alphabetic).count();
            group(name).unwrap_or(name)
        }
        _ if first.is_alphanumeric() || matches!(first, '+' | '-' | '*') => first.len_utf8(),
        _ => return None,
    };
    Some(rest.split_at(end))
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
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        // Where what is written as it is begins.
        let mut from = 0;
        let mut at = 0;
        while word.len() >= 5
            && let Some(vowel) = word.as_bytes()[at..].iter().position(|byte| matches!(byte, b'a' | b'i' | b'o' | b'y'))
        {
            at += vowel;
            // Up to where it is written as it is, and what stands for the byte there.
            let (end, z) = match &word.as_bytes()[at..] {
                [b'a' | b'o', b'e', ..] => (at, ""),
                [b'o', b'u', b'r', ..] => (at + 1, ""),
                [b'i' | b'y', b's', b'a' | b'e' | b'i', ..] => (at + 1, "z"),
                _ => {
                    at += 1;
                    continue;
                }
            };
            out.extend([word.get(from..end).unwrap_or_default(), z]);
            at = end + 1;
            from = at;
        }
        out.push_str(word.get(from..).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What [`american`] does, letter by letter.
    fn american_by_letters(word: &str) -> String {
        let mut out = String::new();
        let mut rest = word;
        while let Some(letter) = rest.chars().next() {
            let begins = |starts: &[&str]| starts.iter().any(|start| rest.starts_with(start));
            let (written, taken) = match letter {
                _ if word.len() < 5 => (letter.to_string(), letter.len_utf8()),
                _ if begins(&["ae", "oe"]) => (String::new(), 1),
                _ if begins(&["our"]) => ("o".to_owned(), 2),
                _ if begins(&["isa", "ise", "isi", "ysa", "yse", "ysi"]) => (format!("{letter}z"), 2),
                _ => (letter.to_string(), letter.len_utf8()),
            };
            out.push_str(&written);
            rest = &rest[taken..];
        }
        out
    }

    proptest! {
        #[test]
        fn plain_titles_are_folded_as_others_are(raw in "([a-zA-Z0-9]{1,6}|[ -/:-@\\[-`{-~]{1,2}|é){0,12}") {
            prop_assert_eq!(fold(&raw), american(&folded(&raw)));
        }

        #[test]
        fn words_are_spelled_in_one_way(words in prop::collection::vec("([aoiyseurz]|é){1,9}", 0..4)) {
            let wanted: Vec<_> = words.iter().map(|word| american_by_letters(word)).collect();
            prop_assert_eq!(american(&words.join("  ")), wanted.join(" "));
        }
    }

    #[test]
    fn a_subscript_comes_before_a_superscript_whichever_was_written_first() {
        for (one, other) in [
            (r"$B^0_s\to\mu^+\mu^-$ decays", "Bs0→μ+μ− decays"),
            (r"$\Lambda_b^0$ and $\Lambda^0_b$", r"$\Lambda^{0}_{b}$ and Λb0"),
            (r"$K^{*0}_\mathrm{S}$", r"$K_S^{*0}$"),
            (r"$D^\ast_s$", r"$D_s^\ast$"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
    }

    #[test]
    fn scripts_of_another_symbol_are_another_formula() {
        assert_ne!(fold("$B^0_s$"), fold("$B^0_d$"));
        assert_ne!(fold("p53"), fold("p35"));
        assert_eq!(fold("10^6 cells"), "106 cells");
    }

    #[test]
    fn text_that_only_looks_like_scripts_is_kept() {
        assert_eq!(fold("a^_b"), "ab");
        assert_eq!(fold("a^{b"), "ab");
        assert_eq!(fold("a^{x^2}_{y}z"), "ax2yz");
        assert_eq!(fold("a^é_ü"), "aue");
        assert_eq!(fold("^"), "");
        assert_eq!(fold("a^b_"), "ab");
    }
}
