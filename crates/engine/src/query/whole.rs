//! Reads a whole query: what is said before its words are looked at, and what can only be seen of all of them.

use super::{
    Expr, Field, Leaf, MAX_QUERY_CHARS, Query, QueryError, YearRange, chars, identify, lex,
    parse::{self, Parsed},
};

const EMPTY_HELP: &str = "type words, a \"phrase\" or an identifier such as doi:10.1038/nature12373";

/// Reads a query: see [`Query::parse`].
pub(super) fn query(text: &str) -> Result<Query, QueryError> {
    let length = text.chars().count();
    if length > MAX_QUERY_CHARS {
        return Err(QueryError::new(
            MAX_QUERY_CHARS + 1,
            format!("the query has {length} characters; at most {MAX_QUERY_CHARS} are read"),
            "shorten it, or ask it in parts",
        ));
    }
    let placed = chars::clean(text);
    let text = chars::collapse(placed.iter().map(|placed| placed.char));
    if text.is_empty() {
        return Err(QueryError::new(1, "the query is empty", EMPTY_HELP));
    }
    let tokens = lex::tokens(&placed)?;
    if tokens.is_empty() {
        return Err(QueryError::new(1, "there is no word in the query", EMPTY_HELP));
    }
    finish(text, parse::tokens(&tokens)?)
}

/// Checks what can only be seen of the whole query.
fn finish(text: String, Parsed { found, sources, source_at, years }: Parsed) -> Result<Query, QueryError> {
    let Some(expr) = found.expr else {
        return Err(QueryError::new(
            source_at.unwrap_or(1),
            "the query names sources and nothing to search for in them",
            "add words, as in: crispr source:arxiv,pubmed",
        ));
    };
    if let Some(column) = found.only_not {
        return Err(QueryError::new(
            column,
            "the query only says what must not occur",
            "add a word that must occur, as in: crispr -review",
        ));
    }
    let mut all_of = match expr {
        Expr::And(members) => members,
        one => vec![one],
    };
    merge_years(&mut all_of, &years)?;
    recognise_alone(&mut all_of);
    Ok(Query { text, all_of, sources })
}

/// A query that is one word: perhaps an identifier without its prefix.
fn recognise_alone(all_of: &mut [Expr]) {
    if let [Expr::Leaf(leaf)] = all_of
        && let Leaf::Text { field: Field::Any, text, phrase: false } = leaf
        && let Some(identifier) = identify::alone(text)
    {
        *leaf = Leaf::Identifier(identifier);
    }
}

/// Several ranges of years that must all hold become one, in the place of the first.
fn merge_years(all_of: &mut Vec<Expr>, years: &[(usize, YearRange)]) -> Result<(), QueryError> {
    let range_of = |expr: &Expr| if let Some(Leaf::Year(range)) = expr.as_leaf() { Some(*range) } else { None };
    let Some(mut merged) = all_of.iter().find_map(range_of) else { return Ok(()) };
    for range in all_of.iter().filter_map(range_of) {
        merged = merged.intersect(range).ok_or_else(|| {
            let column = years.iter().rev().find(|(_, known)| *known == range).map_or(1, |(column, _)| *column);
            let message = format!("no year is in {merged} and in {range}");
            QueryError::new(column, message, "write one range, as in year:2020..2024, or join the two by OR")
        })?;
    }
    let mut is_first = true;
    all_of.retain_mut(|expr| {
        if range_of(expr).is_none() {
            return true;
        }
        *expr = Expr::Leaf(Leaf::Year(merged));
        std::mem::take(&mut is_first)
    });
    Ok(())
}
