//! Writes a query back in the query language: reading it again gives the same query.

use std::fmt::{self, Display, Formatter, Write};

use super::{Expr, Field, Leaf, Query, YearRange, chars};
use crate::item::{Identifier, WorkType};

impl Display for Query {
    /// The query in its plain form: AND left out, `-` for NOT, one space between conditions, `source:` last.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&written(self, false))
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&Writer::write(self, false))
    }
}

impl Display for YearRange {
    /// `2020`, `2020..2024`, `2020..` or `..2024`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from == to => write!(f, "{from}"),
            (from, to) => {
                from.map_or(Ok(()), |from| write!(f, "{from}"))?;
                f.write_str("..")?;
                to.map_or(Ok(()), |to| write!(f, "{to}"))
            }
        }
    }
}

impl Field {
    /// What the query language writes before the word.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Title => "title:",
            Self::Author => "author:",
            Self::Abstract => "abstract:",
        }
    }
}

/// The whole query; `fold` writes words in lower case.
pub(super) fn written(query: &Query, fold: bool) -> String {
    let mut writer = Writer { out: String::new(), fold };
    match query.all_of.as_slice() {
        [only] if query.sources.is_empty() => writer.alternative(only),
        conditions => writer.conjunction(conditions),
    }
    let mut out = writer.out;
    if !query.sources.is_empty() {
        let mut names: Vec<&str> = query.sources.iter().map(|id| id.as_str()).collect();
        if fold {
            names.sort_unstable();
        }
        out.push_str(if out.is_empty() { "source:" } else { " source:" });
        out.push_str(&names.join(","));
    }
    out
}

struct Writer {
    out: String,
    fold: bool,
}

impl Writer {
    fn write(expr: &Expr, fold: bool) -> String {
        let mut writer = Self { out: String::new(), fold };
        writer.alternative(expr);
        writer.out
    }

    /// Where an OR needs no parentheses.
    fn alternative(&mut self, expr: &Expr) {
        match expr {
            Expr::Or(members) if types(members).is_none() => {
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        self.out.push_str(" OR ");
                    }
                    // An OR directly within an OR does not come from `parse`; it means the same without parentheses.
                    self.alternative(member);
                }
            }
            Expr::And(members) => self.conjunction(members),
            other => self.operand(other),
        }
    }

    fn conjunction(&mut self, members: &[Expr]) {
        for (index, member) in members.iter().enumerate() {
            if index > 0 {
                self.out.push(' ');
            }
            if let Expr::And(inner) = member { self.conjunction(inner) } else { self.operand(member) }
        }
    }

    /// Where AND and OR need parentheses.
    fn operand(&mut self, expr: &Expr) {
        match expr {
            Expr::Leaf(leaf) => self.leaf(leaf),
            Expr::Not(inner) => {
                let mut operand = Self { out: String::new(), fold: self.fold };
                operand.operand(inner);
                // A minus before a mark (`-.NET`) would not be read as one.
                let plain =
                    operand.out.starts_with(|first: char| first.is_alphanumeric() || matches!(first, '"' | '('));
                self.out.push_str(if plain { "-" } else { "NOT " });
                self.out.push_str(&operand.out);
            }
            Expr::Or(members) if types(members).is_some() => {
                self.out.push_str("type:");
                self.out.push_str(&types(members).unwrap_or_default().join(","));
            }
            Expr::And(_) | Expr::Or(_) => {
                self.out.push('(');
                self.alternative(expr);
                self.out.push(')');
            }
        }
    }

    fn leaf(&mut self, leaf: &Leaf) {
        match leaf {
            Leaf::Text { field, text, phrase } => {
                let mark = if *phrase { "\"" } else { "" };
                self.out.extend([field.prefix(), mark]);
                if self.fold {
                    self.out.extend(text.chars().flat_map(char::to_lowercase));
                } else {
                    self.out.push_str(text);
                }
                self.out.push_str(mark);
            }
            Leaf::Year(range) => {
                // Writing to a string cannot fail.
                let _ = write!(self.out, "year:{range}");
            }
            Leaf::Identifier(identifier) => {
                let (name, value) = match identifier {
                    Identifier::Doi(value) => ("doi:", value),
                    Identifier::Arxiv(value) => ("arxiv:", value),
                    Identifier::Pmid(value) => ("pmid:", value),
                    Identifier::Pmcid(value) => ("pmcid:", value),
                };
                self.out.push_str(name);
                self.identifier(value);
            }
            Leaf::Type(kind) => self.out.extend(["type:", kind.as_str()]),
            Leaf::Open(open) => self.out.push_str(if *open { "open:true" } else { "open:false" }),
        }
    }

    /// The value, percent-encoded where the language would read a mark of its own.
    fn identifier(&mut self, value: &str) {
        let balanced = has_balanced_parentheses(value);
        let last = value.chars().count().saturating_sub(1);
        for (index, char) in value.chars().enumerate() {
            let is_mark = !char.is_ascii()
                || matches!(char, '%' | '"')
                || (matches!(char, '(' | ')') && !balanced)
                || (index == last && chars::is_trailing_mark(char));
            if is_mark {
                let mut bytes = [0; 4];
                for byte in char.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(self.out, "%{byte:02X}");
                }
            } else {
                self.out.push(char);
            }
        }
    }
}

fn has_balanced_parentheses(value: &str) -> bool {
    let mut depth = 0_usize;
    for char in value.chars() {
        match char {
            '(' => depth += 1,
            ')' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => {}
        }
    }
    depth == 0
}

/// The words for a choice of types and nothing else.
fn types(members: &[Expr]) -> Option<Vec<&'static str>> {
    members
        .iter()
        .map(|member| if let Some(Leaf::Type(kind)) = member.as_leaf() { Some(WorkType::as_str(*kind)) } else { None })
        .collect()
}
