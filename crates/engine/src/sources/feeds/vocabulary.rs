//! Elements that feeds borrow from other vocabularies: Dublin Core, PRISM, arXiv's own, and RSS's module for content.

use super::entry::{Draft, html, unescaped};
use crate::{identifier, item::Identifier, source::SourceError, xml::Xml};

/// Takes in the element of this (prefixed) name that was just entered; passes over what it does not know.
pub(super) fn take(draft: &mut Draft, name: &str, xml: &mut Xml<'_>) -> Result<(), SourceError> {
    let inside = xml.inner()?;
    match name {
        "content:encoded" => first(&mut draft.content, html(inside)),
        "dc:title" | "prism:title" => first(&mut draft.title, html(inside)),
        "dc:description" | "prism:teaser" => first(&mut draft.summary, html(inside)),
        "dc:creator" => draft.names.extend(html(inside)),
        "dc:date" | "dcterms:issued" | "dcterms:created" => first(&mut draft.published, unescaped(inside)),
        "dcterms:modified" => first(&mut draft.updated, unescaped(inside)),
        "prism:publicationDate" | "prism:coverDate" => first(&mut draft.issued, unescaped(inside)),
        "dc:subject" | "prism:keyword" | "prism:section" => draft.topics.extend(html(inside)),
        "dc:language" => first(&mut draft.language, unescaped(inside)),
        "dc:identifier" | "prism:doi" | "arxiv:doi" | "arxiv:DOI" => {
            draft.identifiers.extend(unescaped(inside).and_then(|text| identified(&text)));
        }
        "prism:publicationName" => first(&mut draft.venue, html(inside)),
        "prism:volume" => first(&mut draft.volume, unescaped(inside)),
        "prism:number" | "prism:issueIdentifier" => first(&mut draft.issue, unescaped(inside)),
        "prism:startingPage" => first(&mut draft.first_page, unescaped(inside)),
        "prism:endingPage" => first(&mut draft.last_page, unescaped(inside)),
        "prism:issn" | "prism:eIssn" => draft.issn.extend(unescaped(inside)),
        "prism:url" | "feedburner:origLink" => first(&mut draft.link, unescaped(inside)),
        "arxiv:announce_type" => first(&mut draft.announced, unescaped(inside)),
        _ => {}
    }
    Ok(())
}

/// Keeps the first of several.
pub(super) fn first(place: &mut Option<String>, found: Option<String>) {
    if place.is_none() {
        *place = found;
    }
}

/// `doi:10.1000/x`, `10.1000/x`, `https://doi.org/…`, `pmid:123`.
fn identified(text: &str) -> Option<Identifier> {
    let is_pmid = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("pmid:"));
    if is_pmid { identifier::pmid(text).map(Identifier::Pmid) } else { Identifier::of_doi(text) }
}
