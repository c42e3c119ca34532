//! Identifiers inside addresses and running text.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{arxiv, doi, is_digits, number, percent_decoded, strip_arxiv_host, strip_prefix, strip_scheme};
use crate::item::Identifier;

/// Most identifiers taken from one text.
const MAX_IN_TEXT: usize = 32;

/// What may stand in a DOI and not in the path of an address. The slash may.
const NOT_IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Endings that publishers add to a DOI in the address of a page.
const PAGE_ENDINGS: [&str; 15] = [
    "/full",
    "/pdf",
    "/epdf",
    "/html",
    "/abstract",
    "/fulltext",
    "/meta",
    "/summary",
    "/references",
    ".pdf",
    ".full",
    ".abstract",
    ".full-text",
    ".short",
    ".html",
];

/// The identifier in a web address: of doi.org, arXiv, PubMed, PubMed Central, Europe PMC, or a DOI in the path of a
/// publisher's page. arXiv's own DOIs come out as arXiv ids.
pub fn from_url(address: &str) -> Option<Identifier> {
    let address = address.trim();
    let rest = strip_scheme(address)?;
    let (host, path) = rest.split_once('/')?;
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    match host {
        "doi.org" | "dx.doi.org" => Identifier::of_doi(address),
        "pubmed.ncbi.nlm.nih.gov" => first_segment(path).and_then(pmid_digits),
        "pmc.ncbi.nlm.nih.gov" => strip_prefix(path, "articles/").and_then(first_segment).and_then(pmc_digits),
        "ncbi.nlm.nih.gov" => {
            if let Some(id) = strip_prefix(path, "pubmed/") {
                return first_segment(id).and_then(pmid_digits);
            }
            strip_prefix(path, "pmc/articles/").and_then(first_segment).and_then(pmc_digits)
        }
        "europepmc.org" => from_europepmc(path),
        _ if strip_arxiv_host(rest).is_some() => arxiv(address).map(Identifier::Arxiv),
        _ => from_publisher(path),
    }
}

/// The address at which a DOI (in its key form) leads to its work. Some hold characters that an address must not:
/// `10.1002/…<1661::aid…` and, rarely, `#`, `?` and `%`.
pub fn of_doi(doi: &str) -> String {
    format!("https://doi.org/{}", utf8_percent_encode(doi, NOT_IN_PATH))
}

/// `article/MED/123`, `abstract/PMC/PMC123`, `articles/PMC123`.
fn from_europepmc(path: &str) -> Option<Identifier> {
    let mut segments = path.split(['/', '?', '#']).filter(|segment| !segment.is_empty());
    segments
        .find(|segment| ["article", "articles", "abstract"].iter().any(|kind| segment.eq_ignore_ascii_case(kind)))?;
    let first = segments.next()?;
    match (first.to_ascii_uppercase().as_str(), segments.next()) {
        ("MED", Some(id)) => pmid_digits(id),
        ("PMC", Some(id)) => pmc_digits(id),
        _ => pmc_digits(first).filter(|_| strip_prefix(first, "PMC").is_some()),
    }
}

/// A DOI in a publisher's address: after a slash in the path, or as a parameter's value.
fn from_publisher(path: &str) -> Option<Identifier> {
    let decoded = percent_decoded(path);
    let start = doi_start(&decoded, |before| matches!(before, None | Some(b'/' | b'=' | b':')))?;
    let found = decoded.get(start..)?;
    let found = found.split(['?', '#', '&', ' ']).next().unwrap_or(found);
    let mut found = found.trim_end_matches('/');
    while let Some(shorter) = PAGE_ENDINGS.iter().find_map(|ending| strip_suffix(found, ending)) {
        found = shorter;
    }
    // bioRxiv and medRxiv put the version into the address; it is no part of the DOI.
    if found.starts_with("10.1101/") || found.starts_with("10.64898/") {
        found = super::without_version(found);
    }
    Identifier::of_doi(found)
}

fn strip_suffix<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    tail.eq_ignore_ascii_case(suffix).then_some(head)
}

/// Where `10.<digits>…/` begins in `text`; `allowed` judges the byte before it.
fn doi_start(text: &str, allowed: impl Fn(Option<u8>) -> bool) -> Option<usize> {
    let bytes = text.as_bytes();
    text.match_indices("10.").map(|(at, _)| at).find(|&at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before).copied());
        let digits = bytes.iter().skip(at + 3).take(10).take_while(|byte| byte.is_ascii_digit()).count();
        allowed(before) && (4..=9).contains(&digits) && matches!(bytes.get(at + 3 + digits), Some(b'/' | b'.'))
    })
}

fn first_segment(path: &str) -> Option<&str> {
    path.split(['/', '?', '#']).next().filter(|segment| !segment.is_empty())
}

fn pmid_digits(text: &str) -> Option<Identifier> {
    number(text, 9).map(Identifier::Pmid)
}

fn pmc_digits(text: &str) -> Option<Identifier> {
    let digits = strip_prefix(text, "PMC").unwrap_or(text);
    number(digits, 10).map(|digits| Identifier::Pmcid(format!("PMC{digits}")))
}

/// The identifiers in running text, in its order and without repeats, at most 32: DOIs wherever they stand, arXiv,
/// PubMed and PubMed Central ids only with their prefix or as an address (bare numbers mean anything).
pub fn in_text(text: &str) -> Vec<Identifier> {
    let mut found = Vec::new();
    let mut prefix = "";
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|c: char| matches!(c, '(' | '[' | '{' | '<' | '"' | '\'' | '“' | '”' | ',' | ';'));
        // `PMID: 123` is two words.
        let labelled = if prefix.is_empty() { None } else { with_prefix(prefix, trim_sentence(bare)) };
        prefix = if bare.ends_with(':') || bare.eq_ignore_ascii_case("pmid") { bare.trim_end_matches(':') } else { "" };
        if let Some(identifier) = labelled.or_else(|| in_word(bare))
            && !found.contains(&identifier)
        {
            found.push(identifier);
            if found.len() == MAX_IN_TEXT {
                break;
            }
        }
    }
    found
}

fn in_word(word: &str) -> Option<Identifier> {
    let word = trim_sentence(word);
    if strip_scheme(word).is_some() {
        return from_url(word);
    }
    if let Some((prefix, rest)) = word.split_once(':')
        && let Some(identifier) = with_prefix(prefix, rest)
    {
        return Some(identifier);
    }
    if strip_prefix(word, "PMC").is_some_and(|digits| digits.len() >= 4 && is_digits(digits)) {
        return pmc_digits(word);
    }
    let start = doi_start(word, |before| before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'.'))?;
    Identifier::of_doi(word.get(start..)?)
}

fn with_prefix(prefix: &str, rest: &str) -> Option<Identifier> {
    match prefix.to_ascii_lowercase().as_str() {
        "arxiv" => arxiv(rest).map(Identifier::Arxiv),
        "pmid" => pmid_digits(rest),
        "pmcid" | "pmc" => pmc_digits(rest),
        "doi" => doi(rest).and_then(|doi| Identifier::of_doi(&doi)),
        _ => None,
    }
}

/// Without the punctuation that ends a sentence or closes a bracket opened before the word.
fn trim_sentence(word: &str) -> &str {
    let mut word = word;
    // Counted once: a word may be nothing but brackets.
    let mut closed_too_often = surplus(word);
    loop {
        let shorter = word.trim_end_matches(['.', ',', ';', ':', '"', '\'', '>', '”', '!', '?']);
        let shorter = match shorter.strip_suffix([')', ']', '}']) {
            Some(inside) if closed_too_often > 0 => {
                closed_too_often -= 1;
                inside
            }
            _ => shorter,
        };
        if shorter.len() == word.len() {
            return word;
        }
        word = shorter;
    }
}

/// How many more brackets close than open: SICIs such as `10.1002/(SICI)1097-0258` hold balanced ones.
fn surplus(word: &str) -> usize {
    let count = |set: [char; 3]| word.chars().filter(|c| set.contains(c)).count();
    count([')', ']', '}']).saturating_sub(count(['(', '[', '{']))
}
