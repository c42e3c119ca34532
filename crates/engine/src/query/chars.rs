//! The characters of a query: what is kept, what is dropped, what is a mark of the language.

use unicode_normalization::{IsNormalized, UnicodeNormalization, char::canonical_combining_class, is_nfc_quick};

/// A character and the column at which the person typed it, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) char: char,
    pub(super) column: usize,
}

/// The text in NFC, without control, direction and invisible characters, and with every white space as a plain space.
pub(super) fn clean(text: &str) -> Vec<Placed> {
    let kept = text.chars().enumerate().filter_map(|(index, char)| {
        let column = index + 1;
        if char.is_whitespace() {
            Some(Placed { char: ' ', column })
        } else {
            (!is_dropped(char)).then_some(Placed { char, column })
        }
    });
    let kept: Vec<Placed> = kept.collect();
    match is_nfc_quick(kept.iter().map(|placed| placed.char)) {
        IsNormalized::Yes => kept,
        _ => compose(&kept),
    }
}

/// NFC, piece by piece, so that each character keeps its column. A piece ends before a character that never joins the
/// one before it (UAX #15, section 9: a starter that the quick check accepts).
fn compose(kept: &[Placed]) -> Vec<Placed> {
    let begins_piece = |placed: &Placed| {
        canonical_combining_class(placed.char) == 0 && is_nfc_quick(std::iter::once(placed.char)) == IsNormalized::Yes
    };
    let mut composed = Vec::with_capacity(kept.len());
    for piece in kept.chunk_by(|_, next| !begins_piece(next)) {
        let Some(first) = piece.first() else { continue };
        composed.extend(
            piece
                .iter()
                .map(|placed| placed.char)
                .nfc()
                .map(|char| Placed { char: if char.is_whitespace() { ' ' } else { char }, column: first.column }),
        );
    }
    composed
}

/// Characters that nobody sees: controls (C0, C1, NUL), direction marks, zero-width space, soft hyphen, byte order mark.
/// The joiners U+200C and U+200D stay: Persian words and emoji need them.
fn is_dropped(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}')
}

/// Double quotation marks; any of them opens a phrase and any of them closes it („so“, “so”, «so»).
pub(super) const fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{ff02}')
}

/// Whether a word made of such characters only says nothing that could be searched for.
pub(super) const fn is_punctuation(char: char) -> bool {
    char.is_ascii_punctuation()
        || char.is_whitespace()
        || matches!(char, '\u{2010}'..='\u{205e}' | '\u{200c}' | '\u{200d}' | '\u{3000}'..='\u{3003}')
        || matches!(char, '\u{3008}'..='\u{301f}' | '\u{fe00}'..='\u{fe0f}' | '\u{ff01}' | '\u{ff0c}' | '\u{ff1f}')
        || matches!(char, '\u{a1}' | '\u{ab}' | '\u{b4}' | '\u{b7}' | '\u{bb}' | '\u{bf}' | '\u{a0}')
}

/// Marks that are no part of the word which they precede.
pub(super) const fn is_leading_mark(char: char) -> bool {
    matches!(char, ',' | ';' | ':' | '!' | '?' | '\'' | '`' | '-') || is_typographic_mark(char)
}

/// Marks that are no part of the word which they follow.
pub(super) const fn is_trailing_mark(char: char) -> bool {
    is_leading_mark(char) || matches!(char, '.' | '\u{2026}')
}

/// Dashes, single quotation marks, and the Spanish and Chinese marks.
const fn is_typographic_mark(char: char) -> bool {
    matches!(char, '\u{2010}'..='\u{2015}' | '\u{2018}'..='\u{201b}' | '\u{a1}' | '\u{bf}')
        || matches!(char, '\u{3001}' | '\u{3002}' | '\u{ff0c}' | '\u{ff01}' | '\u{ff1f}')
}

/// The characters as text, white space collapsed.
pub(super) fn collapse(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    for char in chars {
        if char != ' ' {
            out.push(char);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> String {
        collapse(clean(text).into_iter().map(|placed| placed.char))
    }

    #[test]
    fn controls_and_direction_marks_go_and_white_space_is_one_space() {
        assert_eq!(cleaned(" a\u{0}b\t\n c\u{202e}d\u{2028}\u{feff}e "), "ab cd e");
    }

    #[test]
    fn letters_with_marks_are_composed_even_when_a_control_stood_between() {
        assert_eq!(cleaned("e\u{0}\u{301}"), "é");
        assert_eq!(cleaned("\u{1100}\u{1161}"), "가");
    }

    #[test]
    fn columns_stay_those_of_the_typed_text() {
        let columns: Vec<usize> = clean("e\u{301}\u{0}x").iter().map(|placed| placed.column).collect();
        assert_eq!(columns, [1, 4]);
    }

    #[test]
    fn joiners_of_emoji_and_persian_stay() {
        assert_eq!(cleaned("👩\u{200d}🔬"), "👩\u{200d}🔬");
    }
}
