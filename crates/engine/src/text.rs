//! Text as sources send it to text as people read it: HTML, JATS and MathML to plain text, white space, invisible characters.

use std::borrow::Cow;

use data_encoding::HEXLOWER;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use wide::u8x16;

mod markup;

/// Markup (HTML, JATS, MathML, escaped once or twice) as tidy plain text.
///
/// Inline tags vanish (`H<sub>2</sub>O` is `H2O`), block tags become spaces, scripts and the second writing of a formula
/// are left out, section headings get a colon, a heading "Abstract" is dropped. A `<` that begins no tag stays: `p < 0.05`.
/// Takes time linear in the text, whatever its form.
pub fn plain(markup: &str) -> Cow<'_, str> {
    if !may_be_markup(markup) {
        return tidy(markup);
    }
    let (once, escaped) = markup::strip(markup);
    // `&lt;i&gt;` is a tag that was escaped once too often; `&amp;amp;` is an entity that was.
    Cow::Owned(tidied(if escaped { markup::strip(&once).0 } else { once }))
}

/// Text out of XML that holds no markup of its own, with its entities decoded, tidy. Other than [`plain`] it leaves what
/// looks like a tag once decoded: `&lt;p&gt;` is a mean momentum at arXiv.
pub fn unescaped(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'<', raw.as_bytes()).is_some() {
        return Cow::Owned(tidied(markup::strip(raw).0));
    }
    match html_escape::decode_html_entities(raw) {
        Cow::Borrowed(text) => tidy(text),
        Cow::Owned(text) => Cow::Owned(tidied(text)),
    }
}

/// Text with white space collapsed to single spaces and trimmed, in Unicode's NFC, without control characters, without
/// characters that reorder what surrounds them (bidirectional overrides and isolates) and without zero-width spaces.
pub fn tidy(text: &str) -> Cow<'_, str> {
    if is_tidy(text) {
        return Cow::Borrowed(text);
    }
    let mut tidied = String::with_capacity(text.len());
    let mut space = false;
    let mut rest = text;
    // Word by word where it is ASCII, as most of it is.
    while let Some(c) = rest.chars().next() {
        let plain = rest.bytes().position(|byte| !byte.is_ascii_graphic()).unwrap_or(rest.len());
        let (taken, after) = rest.split_at(plain.max(c.len_utf8()));
        rest = after;
        if c.is_whitespace() {
            space = true;
        } else if !is_dropped(c) {
            if space && !tidied.is_empty() {
                tidied.push(' ');
            }
            space = false;
            tidied.push_str(taken);
        }
    }
    Cow::Owned(if is_nfc_quick(tidied.chars()) == IsNormalized::Yes { tidied } else { tidied.nfc().collect() })
}

/// [`tidy`] of a text that is nobody else's.
fn tidied(text: String) -> String {
    match tidy(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(tidied) => tidied,
    }
}

/// Whether two texts are the same but for their capitals.
pub fn same_but_case(one: &str, other: &str) -> bool {
    // Most are others from their first letter on.
    if let ([first, ..], [another, ..]) = (one.as_bytes(), other.as_bytes())
        && first.is_ascii()
        && another.is_ascii()
        && !first.eq_ignore_ascii_case(another)
    {
        return false;
    }
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other);
    }
    one.chars().flat_map(char::to_lowercase).eq(other.chars().flat_map(char::to_lowercase))
}

/// [`tidy`], or `None` when nothing is left.
pub fn tidy_some(text: &str) -> Option<String> {
    Some(tidy(text)).filter(|text| !text.is_empty()).map(Cow::into_owned)
}

/// [`plain`], or `None` when nothing is left.
pub fn plain_some(markup: &str) -> Option<String> {
    Some(plain(markup)).filter(|text| !text.is_empty()).map(Cow::into_owned)
}

/// Whether [`tidy`] has nothing to do, as it has with most texts.
fn is_tidy(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ([first, nexts @ ..], [these @ .., last]) = (bytes, bytes) else { return true };
    let mut pairs = these.as_chunks().0.iter().zip(nexts.as_chunks().0);
    let is_no_end = |byte: u8| byte.is_ascii_control() || byte == b' ';
    if is_no_end(*first)
        || is_no_end(*last)
        || pairs.any(|(these, nexts)| has_odd(*these, *nexts))
        || has_odd(end_of(these), end_of(nexts))
    {
        return false;
    }
    // What is ASCII takes no part in composing: it is passed over.
    text.is_ascii()
        || !beyond_ascii(text).any(|c| c.is_whitespace() || is_dropped(c))
            && is_nfc_quick(beyond_ascii(text)) == IsNormalized::Yes
}

/// Whether any of sixteen bytes is a control character, or a space before another: all are looked at at once. Left
/// to the compiler, and with the profile of scripts/tune, it were four.
fn has_odd(these: [u8; 16], nexts: [u8; 16]) -> bool {
    let (these, nexts, space) = (u8x16::new(these), u8x16::new(nexts), u8x16::splat(b' '));
    let control = these.min(u8x16::splat(0x1f)).simd_eq(these) | these.simd_eq(u8x16::splat(0x7f));
    (control | these.simd_eq(space) & nexts.simd_eq(space)).to_bitmask() != 0
}

/// The last sixteen bytes; of fewer all, and letters behind them.
fn end_of(bytes: &[u8]) -> [u8; 16] {
    bytes.last_chunk().copied().unwrap_or_else(|| {
        let mut all = [b'x'; 16];
        all[..bytes.len()].copy_from_slice(bytes);
        all
    })
}

/// The characters that are not ASCII.
fn beyond_ascii(text: &str) -> impl Iterator<Item = char> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let bytes = rest.as_bytes();
        let passed = bytes.as_chunks::<16>().0.iter().take_while(|piece| piece.is_ascii()).count() * 16;
        let place = bytes[passed..].iter().position(|byte| !byte.is_ascii())?;
        let mut after = rest.get(passed + place..)?.chars();
        let found = after.next();
        rest = after.as_str();
        found
    })
}

/// Whether anything in it could be a tag or an entity.
fn may_be_markup(text: &str) -> bool {
    memchr::memchr2(b'<', b'&', text.as_bytes()).is_some()
}

/// Characters that are not for reading.
fn is_dropped(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// `text` cut to at most `longest` characters, with `…` where it was cut: for messages.
pub fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
    }
}

/// Short name (16 hexadecimal digits) for what has none: nobody finds two texts that share it.
pub fn digest(text: &[u8]) -> String {
    blake3::hash(text).to_hex()[..16].to_owned()
}

/// Short hash (16 hexadecimal digits) of a source's raw record, by its checksum and its length: shows whether it changed
/// between two fetches. Nobody gains by a forged one, and it is made of every byte that a source sends.
pub fn raw_hash(raw: &[u8]) -> String {
    let length = u32::try_from(raw.len() & 0xffff_ffff).unwrap_or_default();
    HEXLOWER.encode([crc32fast::hash(raw), length].map(u32::to_be_bytes).as_flattened())
}

#[cfg(test)]
mod tests;
