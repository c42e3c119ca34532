//! Which words are identifiers.

use crate::{identifier, item::Identifier};

/// Hosts whose addresses are recognised without `https://`.
const HOSTS: [&str; 6] =
    ["doi.org/", "dx.doi.org/", "www.doi.org/", "arxiv.org/", "www.arxiv.org/", "pubmed.ncbi.nlm.nih.gov/"];

/// The identifier that a word is wherever it stands: a DOI, or an address that names a work.
pub(super) fn anywhere(word: &str) -> Option<Identifier> {
    if word.starts_with("10.") {
        Identifier::of_doi(word)
    } else if is_address(word) {
        identifier::from_url(word)
    } else if HOSTS.iter().any(|host| starts_with(word, host)) {
        identifier::from_url(&format!("https://{word}"))
    } else {
        None
    }
}

/// The identifier that a word is when it is the whole query: `2101.00001v2`, `hep-th/9901001`, `PMC1234567`.
pub(super) fn alone(word: &str) -> Option<Identifier> {
    if starts_with(word, "pmc") {
        identifier::pmcid(word).map(Identifier::Pmcid)
    } else {
        identifier::arxiv(word).map(Identifier::Arxiv)
    }
}

/// Whether it is an address on the web.
pub(super) fn is_address(word: &str) -> bool {
    starts_with(word, "https://") || starts_with(word, "http://")
}

/// Whether `text` starts so, whatever its case.
fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}
