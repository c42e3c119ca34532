//! DOIs, arXiv ids, PubMed ids and PubMed Central ids: bare, prefixed, in addresses and in running text.
#![no_main]

use engine::{identifier, item::Identifier};
use fuzz::record::is_key;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let found = [
        identifier::doi(text).map(Identifier::Doi),
        identifier::arxiv(text).map(Identifier::Arxiv),
        identifier::pmid(text).map(Identifier::Pmid),
        identifier::pmcid(text).map(Identifier::Pmcid),
        identifier::from_url(text),
        Identifier::of_doi(text),
    ];
    for found in found.iter().flatten() {
        is_key(found);
        assert!(found.value().len() <= text.len() + 3, "{found:?} of {text:?}");
        as_address(found);
    }
    let within = identifier::in_text(text);
    assert!(within.len() <= 32);
    for (at, found) in within.iter().enumerate() {
        is_key(found);
        assert!(!within[..at].contains(found), "{found:?} twice");
    }
    assert_eq!(identifier::in_text(text), within);
    if let Some(doi) = identifier::doi(text) {
        assert_eq!(identifier::doi(&text.to_ascii_uppercase()).as_ref(), Some(&doi), "case matters");
        assert_eq!(identifier::doi(&format!("  {text}\n")).as_ref(), Some(&doi), "space matters");
        if let Some(id) = identifier::arxiv_of_doi(&doi) {
            is_key(&Identifier::Arxiv(id));
        }
    }
});

/// The address that is made of a key leads back to it.
fn as_address(found: &Identifier) {
    let address = match found {
        Identifier::Doi(doi) => format!("https://doi.org/{}", encoded(doi)),
        Identifier::Arxiv(id) => format!("https://arxiv.org/abs/{id}"),
        Identifier::Pmid(id) => format!("https://pubmed.ncbi.nlm.nih.gov/{id}/"),
        Identifier::Pmcid(id) => format!("https://pmc.ncbi.nlm.nih.gov/articles/{id}/"),
    };
    let again = identifier::from_url(&address);
    let alias = Identifier::of_doi(found.value());
    assert!(again.as_ref() == Some(found) || again.is_some() && again == alias, "{address} is read as {again:?}");
}

fn encoded(doi: &str) -> String {
    doi.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
