//! Identifiers in their key form: DOI, arXiv id, PubMed id, PubMed Central id.
//!
//! Every function takes what sources and people write (bare, with a prefix, as an address) and gives the one form under
//! which two records can be compared, or `None` when it is no such identifier.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization;

use crate::{item::Identifier, text};

mod address;
pub mod page;

pub use address::{from_url, in_text, of_doi as doi_address};

/// Longest DOI that is believed, in bytes; the longest registered ones are about 200.
const MAX_DOI: usize = 512;

/// A DOI in its key form: without resolver or `doi:`, percent-decoded, in NFC, ASCII lowercase (ISO 26324: case does not matter).
///
/// `https://doi.org/10.1000/ABC`, `doi:10.1000/ABC` and `10.1000/abc` all give `10.1000/abc`.
pub fn doi(raw: &str) -> Option<String> {
    let raw = raw.trim();
    let (mut rest, mut is_address) = (raw, false);
    if let Some(after) = strip_scheme(rest) {
        (rest, is_address) = (after, true);
    }
    for host in ["dx.doi.org/", "www.doi.org/", "doi.org/"] {
        if let Some(after) = strip_prefix(rest, host) {
            (rest, is_address) = (after, true);
            break;
        }
    }
    for prefix in ["info:doi/", "urn:doi:", "doi:", "doi "] {
        if let Some(after) = strip_prefix(rest, prefix) {
            rest = after.trim_start();
        }
    }
    if is_address {
        // In an address `?` and `#` of the DOI itself are percent-encoded; what follows a bare one is tracking.
        rest = rest.split(['?', '#']).next().unwrap_or(rest);
    }
    let decoded = decoded_throughout(rest)?;
    // The standard does not say in which form accents are: one must be chosen, or the same DOI is another one elsewhere.
    // Lowercase before, for a capital that is joined with its accent is no ASCII any more; and after, for what becomes ASCII.
    let lower = decoded.trim().to_ascii_lowercase();
    let key = if lower.is_ascii() { lower } else { lower.nfc().collect::<String>().to_ascii_lowercase() };
    is_doi(&key).then_some(key)
}

/// Whether `key` has the form `10.<registrant>/<suffix>`.
fn is_doi(key: &str) -> bool {
    let Some((prefix, suffix)) = key.split_once('/') else { return false };
    let Some(registrant) = prefix.strip_prefix("10.") else { return false };
    let mut parts = registrant.split('.');
    let code = parts.next().unwrap_or_default();
    (4..=9).contains(&code.len())
        && is_digits(code)
        && parts.all(is_digits)
        && !suffix.is_empty()
        && key.len() <= MAX_DOI
        && !suffix.contains(char::is_whitespace)
        // What cannot be seen came along when it was copied from a page.
        && text::tidy(key) == key
}

/// An arXiv id in its key form: without `arXiv:`, address, version, and for ids before April 2007 without subject class.
///
/// `arXiv:2101.00001v2`, `https://arxiv.org/pdf/2101.00001v2.pdf` and `10.48550/arXiv.2101.00001` give `2101.00001`;
/// `math.GT/0309136v1` gives `math/0309136` (arXiv takes both for the same paper).
pub fn arxiv(raw: &str) -> Option<String> {
    let raw = raw.trim();
    let mut rest = strip_scheme(raw).unwrap_or(raw);
    for prefix in ["dx.doi.org/", "doi.org/", "doi:"] {
        rest = strip_prefix(rest, prefix).unwrap_or(rest);
    }
    if let Some(after) = strip_prefix(rest, "10.48550/arxiv.") {
        rest = after;
    } else if let Some(after) = strip_arxiv_host(rest) {
        let (page, id) = after.split_once('/')?;
        if !["abs", "pdf", "html", "format", "ps", "src", "e-print"].contains(&page) {
            return None;
        }
        rest = id.split(['?', '#']).next().unwrap_or(id).trim_end_matches('/');
        rest = rest.strip_suffix(".pdf").unwrap_or(rest);
    } else {
        for prefix in ["oai:arxiv.org:", "arxiv:"] {
            rest = strip_prefix(rest, prefix).unwrap_or(rest);
        }
    }
    arxiv_key(without_version(percent_decoded(rest).trim()))
}

/// The host of arXiv or of one of its mirrors, with the slash behind it.
fn strip_arxiv_host(rest: &str) -> Option<&str> {
    let (host, after) = rest.split_once('/')?;
    let host = host.to_ascii_lowercase();
    (host == "arxiv.org" || host.ends_with(".arxiv.org")).then_some(after)
}

/// `id` without `v<digits>` at its end: only there, for `solv-int/9701001v1` has another `v`.
pub fn without_version(id: &str) -> &str {
    let stem = id.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == id.len() { id } else { stem.strip_suffix(['v', 'V']).unwrap_or(id) }
}

/// The key form of an id without version.
fn arxiv_key(id: &str) -> Option<String> {
    if let Some((archive, number)) = id.split_once('/') {
        let (archive, class) = archive.split_once('.').map_or((archive, None), |(name, class)| (name, Some(class)));
        let is_archive = !archive.is_empty()
            && archive.len() <= 16
            && archive.starts_with(|c: char| c.is_ascii_alphabetic())
            && archive.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
        let is_class = class.is_none_or(|class| class.len() == 2 && class.chars().all(|c| c.is_ascii_alphabetic()));
        return (is_archive && is_class && number.len() == 7 && is_digits(number))
            .then(|| format!("{}/{number}", archive.to_ascii_lowercase()));
    }
    let (month, number) = id.split_once('.')?;
    (month.len() == 4 && is_digits(month) && (4..=5).contains(&number.len()) && is_digits(number))
        .then(|| id.to_owned())
}

/// The arXiv id that a DOI is an alias of: `10.48550/arxiv.<id>`.
pub fn arxiv_of_doi(doi: &str) -> Option<String> {
    strip_prefix(doi, "10.48550/arxiv.").and_then(arxiv)
}

/// A PubMed id: digits without leading zeros. Takes `PMID: 123` and addresses of PubMed and Europe PMC too.
pub fn pmid(raw: &str) -> Option<String> {
    let raw = raw.trim();
    if let Some(Identifier::Pmid(id)) = from_url(raw) {
        return Some(id);
    }
    let rest = strip_prefix(raw, "pmid").map_or(raw, |rest| rest.trim_start_matches([':', ' ']));
    number(rest, 9)
}

/// A PubMed Central id: `PMC` and digits. Takes bare digits and addresses too.
pub fn pmcid(raw: &str) -> Option<String> {
    let raw = raw.trim();
    if let Some(Identifier::Pmcid(id)) = from_url(raw) {
        return Some(id);
    }
    let rest = strip_prefix(raw, "pmcid").map_or(raw, |rest| rest.trim_start_matches([':', ' ']));
    let rest = strip_prefix(rest, "PMC").unwrap_or(rest);
    // `PMC123.1` is a version of `PMC123`.
    let rest = rest.split_once('.').map_or(rest, |(id, version)| if is_digits(version) { id } else { rest });
    number(rest, 10).map(|digits| format!("PMC{digits}"))
}

/// Digits without leading zeros, at most `longest` of them and not zero.
fn number(raw: &str, longest: usize) -> Option<String> {
    let digits = raw.trim_start_matches('0');
    (is_digits(digits) && digits.len() <= longest && is_digits(raw)).then(|| digits.to_owned())
}

impl Identifier {
    /// The bare value: `10.1000/abc`, `2101.00001`, `12345`, `PMC123`.
    pub fn value(&self) -> &str {
        match self {
            Self::Doi(value) | Self::Arxiv(value) | Self::Pmid(value) | Self::Pmcid(value) => value,
        }
    }

    /// A DOI in its key form, with arXiv's own DOIs as the arXiv ids that they are aliases of.
    pub fn of_doi(raw: &str) -> Option<Self> {
        let doi = doi(raw)?;
        Some(arxiv_of_doi(&doi).map_or(Self::Doi(doi), Self::Arxiv))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `text` without `prefix`, whatever its case. `prefix` is ASCII.
fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

fn strip_scheme(text: &str) -> Option<&str> {
    strip_prefix(text, "https://").or_else(|| strip_prefix(text, "http://"))
}

/// Percent-decoded once; as it was when that does not give UTF-8.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
}

/// Percent-decoded until nothing changes: a key must be its own key, and some sites encode what was encoded. `None` for what
/// was encoded more often than anybody does.
fn decoded_throughout(text: &str) -> Option<Cow<'_, str>> {
    let mut decoded = percent_decoded(text);
    for _ in 0..3 {
        let again = percent_decoded(&decoded);
        if again == decoded {
            return Some(decoded);
        }
        decoded = Cow::Owned(again.into_owned());
    }
    None
}

#[cfg(test)]
mod tests;
