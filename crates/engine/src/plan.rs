//! Fits a query to what one source can do: what it is asked, what is applied here afterwards, or why it is not asked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    item::{Identifier, WorkType},
    query::{Expr, Field, Leaf, YearRange},
};

/// What one source is asked, and what is applied here to its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Conditions that the source applies by itself (joined by AND); never empty. They keep within the source's
    /// capabilities: text only in fields it can restrict to (else in [`Field::Any`]), phrases only where it knows phrases,
    /// years, types, identifiers and openness only where it can restrict to them. OR and NOT only with `boolean`; within
    /// them only text of one field unless `mixed`; the one exception is a choice of types ([`Plan::types`]).
    pub pushed: Vec<Expr>,
    /// Conditions that are applied to its records here.
    pub local: Vec<Expr>,
    /// Every condition of the query, and who applies it: shown with the source's state and in the record.
    pub applied: Vec<AppliedFilter>,
}

impl Plan {
    /// The pushed conditions that have no parts: those that a source takes as parameters are found here.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.pushed.iter().filter_map(Expr::as_leaf)
    }

    /// The years that the source restricts to; a query has at most one such condition at the top.
    pub fn year(&self) -> Option<YearRange> {
        self.leaves().find_map(|leaf| if let Leaf::Year(years) = leaf { Some(*years) } else { None })
    }

    /// The types of work that the source restricts to, any of which will do; empty means any.
    pub fn types(&self) -> Vec<WorkType> {
        self.pushed.iter().find_map(types_of).unwrap_or_default()
    }

    /// Whether the source restricts to open access.
    pub fn open_only(&self) -> bool {
        self.leaves().any(|leaf| matches!(leaf, Leaf::Open(true)))
    }

    /// The identifiers that the source looks up.
    pub fn identifiers(&self) -> impl Iterator<Item = &Identifier> {
        self.leaves().filter_map(|leaf| if let Leaf::Identifier(identifier) = leaf { Some(identifier) } else { None })
    }

    /// The pushed conditions that are text of this one field only, for sources with a parameter for each field.
    pub fn text_in(&self, field: Field) -> impl Iterator<Item = &Expr> {
        self.pushed.iter().filter(move |condition| condition.field() == Some(field))
    }
}

/// The types, when the condition is a type or a choice of types and nothing else.
fn types_of(condition: &Expr) -> Option<Vec<WorkType>> {
    let kind = |expr: &Expr| if let Some(Leaf::Type(kind)) = expr.as_leaf() { Some(*kind) } else { None };
    match condition {
        Expr::Or(members) => members.iter().map(kind).collect(),
        other => kind(other).map(|kind| vec![kind]),
    }
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
