//! Fits a query to what one source can do: what it is asked, what is applied here afterwards, or why it is not asked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::query::Expr;

/// What one source is asked, and what is applied here to its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Conditions that the source applies by itself (joined by AND); never empty.
    pub pushed: Vec<Expr>,
    /// Conditions that are applied to its records here.
    pub local: Vec<Expr>,
    /// Every condition of the query, and who applies it: shown with the source's state and in the record.
    pub applied: Vec<AppliedFilter>,
}

/// One condition of the query, and who applied it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppliedFilter {
    /// The condition, in the query language.
    pub clause: String,
    /// Who applied it.
    pub applied: AppliedBy,
}

/// Who applied a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppliedBy {
    /// The source itself.
    Source,
    /// PAKE, to the records that the source gave.
    Local,
}

/// Fits `query` to a source with these `capabilities`; an error (always `SourceError::Unsupported`) says why it cannot be asked.
pub fn plan(
    _query: &crate::query::Query,
    _capabilities: &crate::source::Capabilities,
) -> Result<Plan, crate::source::SourceError> {
    unimplemented!()
}

/// Whether a record meets all of these conditions, as far as can be told from it: what a record does not say does not speak
/// against it, except for years, types, identifiers and openness.
pub fn matches(_record: &crate::item::Record, _conditions: &[crate::query::Expr]) -> bool {
    unimplemented!()
}
