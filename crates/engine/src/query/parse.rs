//! The grammar. From loose to tight: OR, AND (also without the word), NOT, and then terms:
//! words, phrases, `field:term` and parentheses.

use super::{
    Expr, Leaf, QueryError, YearRange, fields,
    fields::Name,
    lex::{Kind, Token},
};
use crate::source::SourceId;

/// Deepest nesting of parentheses.
const MAX_DEPTH: usize = 32;

/// What to write instead of a misplaced `source:`.
pub(super) const SOURCE_HELP: &str =
    "name the sources beside the rest of the query, as in: crispr source:arxiv,pubmed (they hold for all of it)";

/// How lists are written.
const LIST_HELP: &str = "write lists without spaces, as in type:article,review or source:arxiv,pubmed";

const OPEN_HELP: &str = "remove it, or write ( where the group begins";
const CLOSE_HELP: &str = "write ) where the group ends, or remove this one";

/// Reads the tokens of a whole query.
pub(super) fn tokens(tokens: &[Token]) -> Result<Parsed, QueryError> {
    let mut parser = Parser { tokens, at: 0, depth: 0, sources: Vec::new(), source_at: None, years: Vec::new() };
    let found = parser.alternatives(None)?;
    if let Some(token) = parser.peek() {
        return Err(QueryError::new(token.column, "this parenthesis closes nothing", OPEN_HELP));
    }
    let Parser { sources, source_at, years, .. } = parser;
    Ok(Parsed { found, sources, source_at, years })
}

/// What the tokens say.
pub(super) struct Parsed {
    pub(super) found: Found,
    /// In the order of the query, without repeats.
    pub(super) sources: Vec<SourceId>,
    /// Column of the first `source:`.
    pub(super) source_at: Option<usize>,
    /// Every range of years and its column.
    pub(super) years: Vec<(usize, YearRange)>,
}

/// A part of the query that was read.
pub(super) struct Found {
    /// `None` when it only named sources.
    pub(super) expr: Option<Expr>,
    /// Column of its first NOT, when it says nothing but what must not hold.
    pub(super) only_not: Option<usize>,
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    sources: Vec<SourceId>,
    source_at: Option<usize>,
    years: Vec<(usize, YearRange)>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn next_is(&self, kind: &Kind) -> bool {
        self.peek().is_some_and(|token| token.kind == *kind)
    }

    /// Alternatives, within the parentheses of the field `name` if there is one.
    fn alternatives(&mut self, name: Option<Name>) -> Result<Found, QueryError> {
        let first = self.conjunction(name)?;
        if !self.next_is(&Kind::Or) {
            return Ok(first);
        }
        let mut members = Vec::new();
        self.alternative(first, &mut members)?;
        while self.next_is(&Kind::Or) {
            self.at += 1;
            let next = self.conjunction(name)?;
            self.alternative(next, &mut members)?;
        }
        Ok(Found { expr: Some(one_or(Expr::Or, members)), only_not: None })
    }

    fn alternative(&self, found: Found, members: &mut Vec<Expr>) -> Result<(), QueryError> {
        if let Some(column) = found.only_not {
            return Err(QueryError::new(
                column,
                "a NOT cannot be an alternative of its own: nearly everything would do",
                "say what must occur beside it, as in: a OR (b -c)",
            ));
        }
        // `source:` only stands at depth 0, so this is the OR that it stands beside.
        if self.depth == 0
            && let Some(column) = self.source_at
        {
            return Err(QueryError::new(
                column,
                "`source:` cannot be one of several alternatives",
                "put the alternatives in parentheses, as in: (a OR b) source:arxiv",
            ));
        }
        match found.expr {
            Some(Expr::Or(inner)) => inner.into_iter().for_each(|member| push_new(members, member)),
            Some(other) => push_new(members, other),
            None => {}
        }
        Ok(())
    }

    fn conjunction(&mut self, name: Option<Name>) -> Result<Found, QueryError> {
        let (mut members, mut only_not, mut positive) = (Vec::new(), None, false);
        loop {
            let found = self.negation(name)?;
            positive |= found.only_not.is_none() && found.expr.is_some();
            only_not = only_not.or(found.only_not);
            match found.expr {
                Some(Expr::And(inner)) => inner.into_iter().for_each(|member| push_new(&mut members, member)),
                Some(other) => push_new(&mut members, other),
                None => {}
            }
            match self.peek().map(|token| &token.kind) {
                Some(Kind::And) => self.at += 1,
                None | Some(Kind::Or | Kind::Close) => break,
                Some(_) => {}
            }
        }
        let expr = if members.is_empty() { None } else { Some(one_or(Expr::And, members)) };
        Ok(Found { expr, only_not: only_not.filter(|_| !positive) })
    }

    fn negation(&mut self, name: Option<Name>) -> Result<Found, QueryError> {
        let Some(first) = self.peek().filter(|token| token.kind == Kind::Not) else { return self.term(name) };
        let mut negated = false;
        while self.next_is(&Kind::Not) {
            negated = !negated;
            self.at += 1;
        }
        let sources_before = self.source_at;
        let found = self.term(name)?;
        if sources_before != self.source_at || found.expr.is_none() {
            return Err(QueryError::new(
                first.column,
                "sources cannot be excluded by NOT",
                "name the sources that you want, as in: crispr source:arxiv,pubmed",
            ));
        }
        if !negated {
            return Ok(found);
        }
        match (found.expr, found.only_not) {
            // NOT of a NOT.
            (Some(Expr::Not(inner)), _) => Ok(Found { expr: Some(*inner), only_not: None }),
            (_, Some(column)) => Err(QueryError::new(
                column,
                "these parentheses only say what must not occur, and stand behind a NOT",
                "write what must occur instead, joined by OR",
            )),
            (expr, None) => {
                let expr = expr.map(|expr| Expr::Not(Box::new(expr)));
                Ok(Found { expr, only_not: Some(first.column) })
            }
        }
    }

    fn term(&mut self, name: Option<Name>) -> Result<Found, QueryError> {
        let Some(token) = self.peek() else { return Err(self.nothing_here()) };
        self.at += 1;
        let expr = match &token.kind {
            Kind::Word(text) => self.word(name, text, token)?,
            Kind::Phrase(text) => fields::phrase(name, text, token.column)?,
            Kind::Open => return self.group(name, token.column),
            Kind::Prefix(prefix) => return self.prefixed(name, prefix, token),
            Kind::Close | Kind::And | Kind::Or | Kind::Not => {
                self.at -= 1;
                return Err(self.nothing_here());
            }
        };
        if let Expr::Leaf(Leaf::Year(range)) = &expr {
            self.years.push((token.column, *range));
        }
        Ok(Found { expr: Some(expr), only_not: None })
    }

    fn word(&self, name: Option<Name>, text: &str, token: &Token) -> Result<Expr, QueryError> {
        if name == Some(Name::Year) {
            // What looks like a range must not be read as a year and a word.
            let tail = self.tokens.get(self.at..).unwrap_or_default();
            let next = tail.iter().find(|next| next.kind != Kind::Not);
            let range = matches!(next, Some(Token { kind: Kind::Word(next), .. }) if fields::is_year(next));
            if token.marked {
                return Err(QueryError::new(token.column, "a mark stands before this year", fields::YEAR_HELP));
            }
            if range {
                return Err(fields::not_a_year(text, token.column));
            }
        }
        if name.is_some_and(Name::takes_list) && text.ends_with(',') && self.peek().is_some() {
            return Err(QueryError::new(token.column, "this list ends with a comma", LIST_HELP));
        }
        fields::word(name, text, token.column)
    }

    fn group(&mut self, name: Option<Name>, column: usize) -> Result<Found, QueryError> {
        if self.depth == MAX_DEPTH {
            return Err(QueryError::new(
                column,
                format!("parentheses are nested deeper than {MAX_DEPTH}"),
                "remove parentheses that do not change the meaning",
            ));
        }
        if self.next_is(&Kind::Close) {
            return Err(QueryError::new(
                column,
                "there is nothing to search for in these parentheses",
                "write words between them, or remove both",
            ));
        }
        self.depth += 1;
        let found = self.alternatives(name)?;
        self.depth -= 1;
        if !self.next_is(&Kind::Close) {
            return Err(QueryError::new(column, "this parenthesis is not closed", CLOSE_HELP));
        }
        self.at += 1;
        Ok(found)
    }

    /// A name and a colon, and what follows.
    fn prefixed(&mut self, outer: Option<Name>, prefix: &str, token: &Token) -> Result<Found, QueryError> {
        let next = self.peek();
        let Some(name) = Name::read(prefix) else {
            // `Attention: a review` is a title, and no field was meant.
            if next.is_none_or(|next| next.spaced) && fields::nearest(prefix).is_none() {
                let expr = fields::word(outer, prefix, token.column)?;
                return Ok(Found { expr: Some(expr), only_not: None });
            }
            return Err(self.unknown_field(prefix, token.column));
        };
        if let Some(outer) = outer {
            return Err(QueryError::new(
                token.column,
                format!("`{}:` stands within the parentheses of `{}:`", name.as_str(), outer.as_str()),
                "close the parentheses first, or quote it to search for the text",
            ));
        }
        match next.map(|next| (&next.kind, next.column)) {
            Some((Kind::Word(text), column)) if name == Name::Source => self.name_sources(text, token.column, column),
            Some((Kind::Phrase(text), column)) if name == Name::Source => self.name_sources(text, token.column, column),
            Some((Kind::Open, column)) if name == Name::Source => {
                Err(QueryError::new(column, "`source:` takes a list", "write source:arxiv,pubmed"))
            }
            Some((Kind::Word(_) | Kind::Phrase(_) | Kind::Open, _)) => self.term(Some(name)),
            Some((Kind::Prefix(inner), column)) => Err(QueryError::new(
                column,
                format!("`{}:` is followed by another field", name.as_str()),
                format!("quote it to search for the text: {}:\"{}\"", name.as_str(), self.raw(column, inner)),
            )),
            Some((Kind::Not, column)) => Err(QueryError::new(
                column,
                format!("`{}:` is followed by a NOT", name.as_str()),
                format!("put the minus before the field, as in -{}:…", name.as_str()),
            )),
            Some((Kind::And | Kind::Or | Kind::Close, _)) | None => Err(QueryError::new(
                token.column,
                format!("`{}:` has no value", name.as_str()),
                format!("write for example {}", name.example()),
            )),
        }
    }

    fn name_sources(&mut self, list: &str, column: usize, value_column: usize) -> Result<Found, QueryError> {
        if self.depth > 0 {
            return Err(QueryError::new(column, "`source:` cannot stand in parentheses", SOURCE_HELP));
        }
        self.at += 1;
        if list.ends_with(',') && self.peek().is_some() {
            return Err(QueryError::new(value_column, "this list ends with a comma", LIST_HELP));
        }
        self.source_at = self.source_at.or(Some(column));
        for id in fields::sources(list, value_column)? {
            if !self.sources.contains(&id) {
                self.sources.push(id);
            }
        }
        Ok(Found { expr: None, only_not: None })
    }

    fn unknown_field(&self, prefix: &str, column: usize) -> QueryError {
        let quoted = format!("quote it to search for the text: \"{}\"", self.raw(column, prefix));
        let help = match fields::nearest(prefix) {
            Some(near) => format!("did you mean {near}:? Otherwise {quoted}"),
            None => format!("{quoted}; the fields are {}", fields::LIST),
        };
        QueryError::new(column, format!("there is no field `{}`", fields::shorten(prefix)), help)
    }

    /// A prefix and the word that follows it, as typed.
    fn raw(&self, column: usize, prefix: &str) -> String {
        let mut raw = format!("{prefix}:");
        let follows = self.tokens.iter().skip_while(|token| token.column <= column).take_while(|token| !token.spaced);
        for token in follows {
            match &token.kind {
                Kind::Word(text) => raw.push_str(text),
                Kind::Prefix(text) => raw.extend([text, ":"]),
                _ => break,
            }
        }
        fields::shorten(&raw)
    }

    /// A term was due, and something else or nothing is here.
    fn nothing_here(&self) -> QueryError {
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let operator = |token: &Token| match token.kind {
            Kind::And => Some("AND"),
            Kind::Or => Some("OR"),
            Kind::Not => Some("NOT"),
            _ => None,
        };
        let quote = "write a word there, or quote the operator to search for it as a word";
        if let Some((token, name)) = before.and_then(|token| operator(token).map(|name| (token, name))) {
            return QueryError::new(token.column, format!("nothing stands on the right of `{name}`"), quote);
        }
        if let Some((token, name)) = self.peek().and_then(|token| operator(token).map(|name| (token, name))) {
            return QueryError::new(token.column, format!("nothing stands on the left of `{name}`"), quote);
        }
        match (self.peek(), before) {
            (None, Some(open)) => QueryError::new(open.column, "this parenthesis is not closed", CLOSE_HELP),
            (close, _) => {
                let column = close.map_or(1, |close| close.column);
                QueryError::new(column, "this parenthesis closes nothing", OPEN_HELP)
            }
        }
    }
}

/// Adds a member that is not there yet.
fn push_new(members: &mut Vec<Expr>, member: Expr) {
    if !members.iter().any(|known| is_repeat(known, &member)) {
        members.push(member);
    }
}

/// Whether two conditions are the same; words in any case.
fn is_repeat(one: &Expr, other: &Expr) -> bool {
    match (one, other) {
        (
            Expr::Leaf(Leaf::Text { field, text, phrase }),
            Expr::Leaf(Leaf::Text { field: other_field, text: other_text, phrase: other_phrase }),
        ) => (field, phrase) == (other_field, other_phrase) && folded(text).eq(folded(other_text)),
        _ => one == other,
    }
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// The members joined, or the only one by itself.
fn one_or(join: fn(Vec<Expr>) -> Expr, mut members: Vec<Expr>) -> Expr {
    if members.len() == 1 { members.swap_remove(0) } else { join(members) }
}
