//! What a source can do by itself: by this a query is fitted to it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::item::WorkType;

/// What a source can do by itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Capabilities {
    /// Takes words to search for. `false`: it gives all that it has, whatever is asked for, and every condition is applied
    /// here; nothing else that it can do matters then, but for what it holds.
    pub words: bool,
    /// Restrict words to the title.
    pub title: bool,
    /// Restrict words to authors.
    pub author: bool,
    /// Restrict words to the abstract.
    #[serde(rename = "abstract")]
    pub abstract_text: bool,
    /// "Exact phrases".
    pub phrase: bool,
    /// AND, OR, NOT and parentheses.
    pub boolean: bool,
    /// Different fields, years, types and identifiers can stand together within OR and NOT, because all are part of one
    /// query text (arXiv, PubMed, Europe PMC). `false`: within OR and NOT the source is only given text of one field, and
    /// years, types, identifiers and openness only as conditions of their own. Means nothing without `boolean`.
    pub mixed: bool,
    /// Restrict the year of publication.
    pub year_range: bool,
    /// Look up by DOI in a query.
    pub doi_lookup: bool,
    /// Look up by arXiv id in a query.
    pub arxiv_lookup: bool,
    /// Look up by PubMed id or PubMed Central id in a query.
    pub pmid_lookup: bool,
    /// A work is looked up by its identifier on a way of its own, which takes no other condition: those that stand beside
    /// the identifier are applied here (Semantic Scholar).
    pub lookup_alone: bool,
    /// Only open access.
    pub open_access: bool,
    /// Types of work that can be asked for; empty when none can.
    pub types: &'static [WorkType],
    /// Types of work that the source holds at all; empty means any. A `type:` outside of it skips the source.
    pub holds: &'static [WorkType],
    /// Gives citation counts.
    pub citations: bool,
    /// Most records in one answer.
    pub max_page: usize,
    /// Most records that can be reached by paging.
    pub max_total: usize,
}

impl Capabilities {
    /// A source that takes a bag of words and nothing else; connectors say what they can beyond that.
    pub const NONE: Self = Self {
        words: true,
        title: false,
        author: false,
        abstract_text: false,
        phrase: false,
        boolean: false,
        mixed: false,
        year_range: false,
        doi_lookup: false,
        arxiv_lookup: false,
        pmid_lookup: false,
        lookup_alone: false,
        open_access: false,
        types: &[],
        holds: &[],
        citations: false,
        max_page: 10,
        max_total: 10,
    };
}
