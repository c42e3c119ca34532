//! Fits a query to what one source can do: what it is asked, what is applied here afterwards, or why it is not asked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod fit;
mod local;
mod names;
mod reason;
#[cfg(test)]
mod tests;
mod words;

use fit::Fitted;
use local::{Answer, Reader};

use crate::{
    capabilities::Capabilities,
    item::{Identifier, Record, WorkType},
    query::{Expr, Field, Leaf, Query, YearRange, words_of},
    source::SourceError,
};

/// What one source is asked, and what is applied here to its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Conditions that the source applies by itself (joined by AND); empty only where it takes no words. They keep within the source's
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

    /// Whether the query is a choice (OR) and nothing else, of which the source is asked the words because it knows no OR:
    /// any of [`Self::leaves`] may hold then, not all. Conditions without words may stand beside the choice.
    pub fn is_choice(&self) -> bool {
        let with_words = self.local.iter().filter(|condition| !words_of(std::slice::from_ref(*condition)).is_empty());
        let by_source = self.applied.iter().any(|filter| filter.applied == AppliedBy::Source);
        !by_source && with_words.map(|condition| matches!(condition, Expr::Or(_))).eq([true])
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

/// What every arXiv paper's own DOI begins with; the paper's id follows.
const ARXIV_DOI: &str = "10.48550/arxiv.";

/// Fits `query` to a source with these `capabilities`; an error (always [`SourceError::Unsupported`]) says why it cannot
/// be asked.
///
/// What the source cannot restrict to is applied here afterwards: the source is asked for the words alone, or, where it
/// knows no OR, for all words of the alternatives. A source is only asked when words or an identifier are left to ask for,
/// but for those that take no words at all.
pub fn plan(query: &Query, capabilities: &Capabilities) -> Result<Plan, SourceError> {
    if !capabilities.words {
        return all_here(query, capabilities);
    }
    let mut fitted = Vec::with_capacity(query.all_of.len());
    for condition in &query.all_of {
        refuse_types(condition, capabilities)?;
        fitted.push((condition, fit::condition(condition, capabilities)));
    }
    take_back_lonely_nots(&mut fitted, capabilities);
    if capabilities.lookup_alone {
        keep_the_identifier_only(&mut fitted);
    }
    let mut plan = Plan { pushed: Vec::new(), local: Vec::new(), applied: Vec::with_capacity(fitted.len()) };
    for (condition, Fitted { asked, exact }) in fitted {
        let applied = if exact { AppliedBy::Source } else { AppliedBy::Local };
        plan.applied.push(AppliedFilter { clause: condition.to_string(), applied });
        for part in asked {
            if !plan.pushed.contains(&part) {
                plan.pushed.push(part);
            }
        }
        if !exact {
            plan.local.push(condition.clone());
        }
    }
    if plan.pushed.iter().any(names_something) {
        return Ok(plan);
    }
    Err(SourceError::Unsupported { reason: reason::nothing_to_ask(query) })
}

/// Whether a record meets all of these conditions, as far as can be told from it: what a record does not say does not speak
/// against it, except for years, types, identifiers and openness.
///
/// Words are compared without case, accents and plural; the words of a phrase must stand together. A text that is only an
/// extract (a web page's, an encyclopedia's) does not speak against a word that it lacks.
pub fn matches(record: &Record, conditions: &[Expr]) -> bool {
    if conditions.is_empty() {
        return true;
    }
    let reader = Reader::new(record);
    conditions.iter().all(|condition| reader.answer(condition) != Answer::No)
}

/// As [`matches`], for a record of a source that takes no words: nobody has looked for them yet, so what cannot be found does
/// not hold. `beyond` is text of the work that the record does not show.
pub fn holds(record: &Record, beyond: &str, conditions: &[Expr]) -> bool {
    let reader = Reader::strict(record, beyond);
    conditions.iter().all(|condition| reader.answer(condition) == Answer::Yes)
}

/// The plan for a source that gives all it has.
fn all_here(query: &Query, capabilities: &Capabilities) -> Result<Plan, SourceError> {
    query.all_of.iter().try_for_each(|condition| refuse_types(condition, capabilities))?;
    let local = |condition: &Expr| AppliedFilter { clause: condition.to_string(), applied: AppliedBy::Local };
    Ok(Plan { pushed: Vec::new(), local: query.all_of.clone(), applied: query.all_of.iter().map(local).collect() })
}

/// Refuses types of work of which the source holds none.
fn refuse_types(condition: &Expr, capabilities: &Capabilities) -> Result<(), SourceError> {
    let Some(wanted) = types_of(condition) else { return Ok(()) };
    let holds = capabilities.holds;
    if holds.is_empty() || wanted.iter().any(|kind| holds.contains(kind)) {
        return Ok(());
    }
    Err(SourceError::Unsupported { reason: reason::holds_none_of(&wanted, holds) })
}

/// A NOT only takes away from something: where the source reads one query text a field, from something in that field.
fn take_back_lonely_nots(fitted: &mut [(&Expr, Fitted)], capabilities: &Capabilities) {
    let found: Vec<Option<Field>> = fitted
        .iter()
        .flat_map(|(_, fitted)| &fitted.asked)
        .filter(|asked| names_something(asked))
        .map(Expr::field)
        .collect();
    for (condition, fitted) in fitted {
        let is_lonely = !capabilities.mixed && !found.contains(&condition.field());
        if matches!(condition, Expr::Not(_)) && fitted.exact && is_lonely {
            *fitted = Fitted { asked: Vec::new(), exact: false };
        }
    }
}

/// Where an identifier is looked up, nothing else is asked: all other conditions are applied here.
fn keep_the_identifier_only(fitted: &mut [(&Expr, Fitted)]) {
    let is_identifier = |fitted: &Fitted| matches!(fitted.asked.as_slice(), [Expr::Leaf(Leaf::Identifier(_))]);
    let Some(first) = fitted.iter().position(|(_, fitted)| is_identifier(fitted)) else { return };
    for (place, (_, fitted)) in fitted.iter_mut().enumerate() {
        if place != first {
            *fitted = Fitted { asked: Vec::new(), exact: false };
        }
    }
}

/// Whether a condition has words or an identifier to look for.
fn names_something(condition: &Expr) -> bool {
    let mut found = false;
    condition.each_positive(&mut |leaf| found |= matches!(leaf, Leaf::Text { .. } | Leaf::Identifier(_)));
    found
}
