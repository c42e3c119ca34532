//! Who is believed first, field by field. The best version is always asked before the others; these tables decide
//! among the sources that tell of the same version.

use crate::source::SourceId::{
    self, Arxiv, Brave, Crossref, Datacite, Europepmc, Feeds, Firecrawl, Github, Openalex, Pubmed, Searxng,
    SemanticScholar, Unpaywall, Wikipedia,
};

/// Sources in the order in which they are believed; those not named come last, in the order of the table of sources.
pub(super) type Authority = &'static [SourceId];

/// Titles, bylines, types: the publisher's deposit, the curated index, then the harvesters.
pub(super) const RECORD: Authority =
    &[Crossref, Pubmed, Europepmc, Datacite, Arxiv, Openalex, SemanticScholar, Unpaywall, Wikipedia, Github, Feeds];

/// Types: PubMed's are curated, Crossref's "journal-article" covers reviews and letters alike.
pub(super) const KIND: Authority = &[Pubmed, Europepmc, Arxiv, Crossref, Datacite, Openalex, SemanticScholar];

/// Journal, volume, pages, language: PubMed's are checked by hand, Crossref's come from the publisher.
pub(super) const PLACE: Authority = &[Crossref, Pubmed, Europepmc, Openalex, SemanticScholar, Datacite, Arxiv];

/// Dates: Crossref tells print from online.
pub(super) const DATE: Authority = &[Crossref, Pubmed, Europepmc, Datacite, Arxiv, Openalex, SemanticScholar];

/// Where a person reads about it: what leads to the publisher or the paper's own page.
pub(super) const ADDRESS: Authority =
    &[Crossref, Pubmed, Europepmc, Arxiv, Datacite, Openalex, SemanticScholar, Wikipedia, Github, Unpaywall];

/// Open copies: those who check that the file is there come first.
pub(super) const OPEN_COPY: Authority =
    &[Unpaywall, Arxiv, Europepmc, Openalex, SemanticScholar, Pubmed, Datacite, Crossref];

/// Licences: those who record the licence of the copy, not of text mining.
pub(super) const LICENCE: Authority = &[Unpaywall, Openalex, Europepmc, Arxiv, Datacite, Crossref];

/// Place of a source in a table, from 0.
pub(super) fn rank(authority: Authority, source: SourceId) -> usize {
    authority.iter().position(|&other| other == source).unwrap_or_else(|| match source {
        Searxng | Brave | Firecrawl => authority.len() + SourceId::ALL.len() + source as usize,
        _ => authority.len() + source as usize,
    })
}
