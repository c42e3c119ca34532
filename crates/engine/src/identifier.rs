//! Identifiers in their key form: DOI, arXiv id, PubMed id.
