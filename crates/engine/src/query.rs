//! The query language: one for all sources.
//!
//! Words, `"phrases"`, `title: author: abstract: year: doi: arxiv: pmid: pmcid: type: source: open:`, `AND OR NOT` (also
//! `-word`) and parentheses. Words side by side are joined by AND; NOT binds tighter than AND, AND tighter than OR.
//! A field holds for a word, a phrase or a group: `title:(crispr OR "base editing")`. `parse` never guesses: what it does
//! not understand is an error that points at the column and says what would parse.

mod chars;
mod display;
mod fields;
mod identify;
mod lex;
mod parse;
pub mod render;
#[cfg(test)]
mod tests;
mod whole;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    item::{Identifier, WorkType},
    source::SourceId,
};

/// Longest query that is read, in characters.
pub const MAX_QUERY_CHARS: usize = 2_000;

/// What a person asked for, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What was typed, NFC, control characters removed, white space collapsed.
    pub text: String,
    /// The conditions, all of which must hold; never empty after parsing, and at least one is no NOT. At most one is on
    /// years. `source:` is not among them.
    pub all_of: Vec<Expr>,
    /// Sources named by `source:`; empty means those of the request.
    pub sources: Vec<SourceId>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A single condition.
    Leaf(Leaf),
    /// All must hold. After parsing: two or more, none of them an `And`, at least one no `Not`.
    And(Vec<Expr>),
    /// At least one must hold. After parsing: two or more, none of them an `Or` or a `Not`.
    Or(Vec<Expr>),
    /// It must not hold. After parsing only as a member of an `And` or of the whole query.
    Not(Box<Expr>),
}

/// A condition that has no parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// A word or a phrase in a field.
    Text {
        /// Where it must stand.
        field: Field,
        /// The word, or the words of the phrase; never empty.
        text: String,
        /// Whether it was quoted: the words must stand together in this order.
        phrase: bool,
    },
    /// Published in these years, both ends included.
    Year(YearRange),
    /// This very identifier.
    Identifier(Identifier),
    /// Of this kind.
    Type(WorkType),
    /// Open access (`true`) or not (`false`).
    Open(bool),
}

/// Where words must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Anywhere: title, abstract, authors, topics, venue.
    Any,
    /// In the title.
    Title,
    /// In an author's name.
    Author,
    /// In the abstract.
    Abstract,
}

/// Years, both ends included; at least one end is set, and `from <= to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearRange {
    /// First year.
    pub from: Option<i32>,
    /// Last year.
    pub to: Option<i32>,
}

/// Why a query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, ToSchema)]
#[error("column {column}: {message}; {help}")]
pub struct QueryError {
    /// Where, counted in characters from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
    /// What would parse.
    pub help: String,
}

impl Query {
    /// Reads a query. A word that is a DOI or the address of a work, and an arXiv or PubMed Central id that is the whole
    /// query, is an identifier. Punctuation that stands alone is left out: nothing can be searched for it.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        whole::query(text)
    }

    /// The same for all queries that mean the same up to spelling: white space, marks, names and case of fields, case of
    /// words, AND written or not, repeats, order of the sources. The order of words stays: sources may rank by it.
    pub fn cache_key(&self) -> String {
        display::written(self, true)
    }

    /// The words that are looked for, phrases taken apart, each with the field in which it must stand; in the order of
    /// the query and without repeats. Words that must not occur are not among them.
    pub fn words(&self) -> Vec<(Field, &str)> {
        words_of(&self.all_of)
    }
}

/// The words that these conditions look for: see [`Query::words`].
pub fn words_of(conditions: &[Expr]) -> Vec<(Field, &str)> {
    let mut words = Vec::new();
    for condition in conditions {
        condition.each_positive(&mut |leaf| {
            if let Leaf::Text { field, text, .. } = leaf {
                words.extend(text.split_whitespace().map(|word| (*field, word)));
            }
        });
    }
    let mut seen = HashSet::with_capacity(words.len());
    words.retain(|word| seen.insert(*word));
    words
}

impl QueryError {
    pub(crate) fn new(column: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { column, message: message.into(), help: help.into() }
    }
}

impl YearRange {
    /// Whether a year is in it.
    pub fn contains(self, year: i32) -> bool {
        self.from.is_none_or(|from| from <= year) && self.to.is_none_or(|to| year <= to)
    }

    /// The years that are in both; `None` when there are none.
    pub fn intersect(self, other: Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let to = match (self.to, other.to) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        (from.zip(to).is_none_or(|(from, to)| from <= to)).then_some(Self { from, to })
    }
}

impl Expr {
    /// The condition, when it has no parts.
    pub const fn as_leaf(&self) -> Option<&Leaf> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            _ => None,
        }
    }

    /// Calls `visit` with every leaf that may hold, from left to right: those within a NOT are left out.
    pub fn each_positive<'a>(&'a self, visit: &mut dyn FnMut(&'a Leaf)) {
        match self {
            Self::Leaf(leaf) => visit(leaf),
            Self::And(members) | Self::Or(members) => members.iter().for_each(|member| member.each_positive(visit)),
            Self::Not(_) => {}
        }
    }

    /// Calls `visit` with every leaf, from left to right.
    pub fn each_leaf<'a>(&'a self, visit: &mut dyn FnMut(&'a Leaf)) {
        match self {
            Self::Leaf(leaf) => visit(leaf),
            Self::And(members) | Self::Or(members) => members.iter().for_each(|member| member.each_leaf(visit)),
            Self::Not(inner) => inner.each_leaf(visit),
        }
    }

    /// The field, when every leaf is text in one and the same field: such a condition can be given to a parameter that
    /// searches that field only.
    pub fn field(&self) -> Option<Field> {
        let (mut field, mut mixed) = (None, false);
        self.each_leaf(&mut |leaf| match leaf {
            Leaf::Text { field: stands_in, .. } if field.is_none_or(|seen| seen == *stands_in) => {
                field = Some(*stands_in);
            }
            _ => mixed = true,
        });
        if mixed { None } else { field }
    }
}
