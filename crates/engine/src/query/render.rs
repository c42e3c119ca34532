//! Writes conditions in the words of a source: the recursion is here, a connector gives the spelling.

use super::{Expr, Field, Leaf};

/// How a source spells a boolean query. The operators carry their spaces.
pub trait Syntax {
    /// Stands between conditions that must all hold.
    fn and(&self) -> &'static str {
        " AND "
    }

    /// Stands between alternatives.
    fn or(&self) -> &'static str {
        " OR "
    }

    /// Stands between what must hold and what must not; ` ANDNOT ` at arXiv. What must not hold is written last.
    fn and_not(&self) -> &'static str {
        " NOT "
    }

    /// Writes one condition, with whatever escaping and parentheses it needs. A condition that is sent as a parameter of
    /// its own writes nothing, and is then left out together with its operator.
    fn leaf(&self, leaf: &Leaf, out: &mut String);
}

/// The conditions, all of which must hold, as one boolean query. AND and OR never meet without parentheses, so that
/// sources that read from left to right (PubMed) and those with precedences understand the same.
///
/// Empty when every condition wrote nothing.
pub fn boolean<'a>(conditions: impl IntoIterator<Item = &'a Expr>, syntax: &dyn Syntax) -> String {
    let mut parts = Vec::new();
    let mut negated = Vec::new();
    for condition in conditions {
        match condition {
            Expr::And(inner) => collect(inner.iter(), syntax, &mut parts, &mut negated),
            one => collect(std::iter::once(one), syntax, &mut parts, &mut negated),
        }
    }
    join(&parts, &negated, syntax)
}

/// The positive words and phrases of one field, in their order, with spaces between and phrases in `"`: for sources that
/// take a bag of words. Alternatives are all in the bag; what must not hold is not.
pub fn bag<'a>(conditions: impl IntoIterator<Item = &'a Expr>, field: Field) -> String {
    let mut out = String::new();
    for condition in conditions {
        condition.each_positive(&mut |leaf| {
            let Leaf::Text { field: stands_in, text, phrase } = leaf else { return };
            if *stands_in != field {
                return;
            }
            if !out.is_empty() {
                out.push(' ');
            }
            if *phrase {
                out.push('"');
            }
            out.push_str(text);
            if *phrase {
                out.push('"');
            }
        });
    }
    out
}

/// Renders the members of an AND, what must hold apart from what must not.
fn collect<'a>(
    members: impl Iterator<Item = &'a Expr>,
    syntax: &dyn Syntax,
    parts: &mut Vec<String>,
    negated: &mut Vec<String>,
) {
    for member in members {
        let (target, operand) = match member {
            Expr::Not(inner) => (&mut *negated, inner.as_ref()),
            other => (&mut *parts, other),
        };
        let text = operand_text(operand, syntax);
        if !text.is_empty() {
            target.push(text);
        }
    }
}

fn join(parts: &[String], negated: &[String], syntax: &dyn Syntax) -> String {
    let mut out = parts.join(syntax.and());
    for text in negated {
        // Without anything before it the operator is the first word; the planner sends no such query.
        out.push_str(if out.is_empty() { syntax.and_not().trim_start() } else { syntax.and_not() });
        out.push_str(text);
    }
    out
}

/// One operand: a bare leaf, or a group in parentheses.
fn operand_text(expr: &Expr, syntax: &dyn Syntax) -> String {
    let mut out = String::new();
    match expr {
        Expr::Leaf(leaf) => syntax.leaf(leaf, &mut out),
        Expr::And(members) => {
            let (mut parts, mut negated) = (Vec::new(), Vec::new());
            collect(members.iter(), syntax, &mut parts, &mut negated);
            let lonely = parts.len() + negated.len() == 1 && negated.is_empty();
            out = in_parentheses(join(&parts, &negated, syntax), lonely);
        }
        Expr::Or(members) => {
            let parts: Vec<String> =
                members.iter().map(|member| operand_text(member, syntax)).filter(|text| !text.is_empty()).collect();
            out = in_parentheses(parts.join(syntax.or()), parts.len() == 1);
        }
        Expr::Not(inner) => {
            out = join(&[], &[operand_text(inner, syntax)], syntax);
            out = in_parentheses(out, false);
        }
    }
    out
}

fn in_parentheses(text: String, lonely: bool) -> String {
    if lonely || text.is_empty() { text } else { format!("({text})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::YearRange;

    struct Arxiv;

    impl Syntax for Arxiv {
        fn and_not(&self) -> &'static str {
            " ANDNOT "
        }

        fn leaf(&self, leaf: &Leaf, out: &mut String) {
            if let Leaf::Text { text, phrase, .. } = leaf {
                let mark = if *phrase { "\"" } else { "" };
                out.extend(["all:", mark, text, mark]);
            }
        }
    }

    fn word(text: &str) -> Expr {
        Expr::Leaf(Leaf::Text { field: Field::Any, text: text.to_owned(), phrase: false })
    }

    fn phrase(text: &str) -> Expr {
        Expr::Leaf(Leaf::Text { field: Field::Any, text: text.to_owned(), phrase: true })
    }

    fn not(expr: Expr) -> Expr {
        Expr::Not(Box::new(expr))
    }

    #[test]
    fn what_must_not_hold_comes_last_with_the_source_s_own_operator() {
        let all = [not(word("c")), word("a"), Expr::Or(vec![word("b"), Expr::And(vec![word("d"), not(word("e"))])])];
        assert_eq!(boolean(&all, &Arxiv), "all:a AND (all:b OR (all:d ANDNOT all:e)) ANDNOT all:c");
    }

    #[test]
    fn a_top_level_or_has_parentheses_and_a_negated_group_too() {
        let all = [Expr::Or(vec![word("a"), phrase("b c")]), not(Expr::Or(vec![word("d"), word("e")]))];
        assert_eq!(boolean(&all, &Arxiv), "(all:a OR all:\"b c\") ANDNOT (all:d OR all:e)");
    }

    #[test]
    fn a_condition_that_writes_nothing_takes_its_operator_with_it() {
        let year = Expr::Leaf(Leaf::Year(YearRange { from: Some(2020), to: None }));
        assert_eq!(boolean(&[year.clone(), word("a"), not(year.clone())], &Arxiv), "all:a");
        assert_eq!(boolean(&[word("a"), Expr::Or(vec![year.clone(), word("b")])], &Arxiv), "all:a AND all:b");
        assert_eq!(boolean(&[year], &Arxiv), "");
    }

    #[test]
    fn a_bag_has_the_positive_words_of_one_field() {
        let title = Expr::Leaf(Leaf::Text { field: Field::Title, text: "t".to_owned(), phrase: false });
        let all = [word("a"), Expr::Or(vec![phrase("b c"), word("d")]), not(word("e")), title];
        assert_eq!(bag(&all, Field::Any), "a \"b c\" d");
        assert_eq!(bag(&all, Field::Title), "t");
        assert_eq!(bag(&all, Field::Author), "");
    }
}
