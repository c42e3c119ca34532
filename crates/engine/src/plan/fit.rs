//! Conditions in the form that one source can apply: exactly, or looser so that it may be applied here afterwards.

use crate::{
    capabilities::Capabilities,
    item::Identifier,
    query::{Expr, Field, Leaf},
};

use super::ARXIV_DOI;

/// A condition of the query as one source is asked it.
pub(super) struct Fitted {
    /// What the source is asked in its place; empty when nothing.
    pub(super) asked: Vec<Expr>,
    /// Whether that is all of the condition.
    pub(super) exact: bool,
}

/// Fits one of the conditions that must all hold.
pub(super) fn condition(expr: &Expr, capabilities: &Capabilities) -> Fitted {
    if let Some(asked) = whole(expr, capabilities) {
        return Fitted { asked: vec![asked], exact: true };
    }
    let asked = match expr {
        Expr::Leaf(leaf) => loose_leaf(leaf, capabilities, None),
        Expr::And(members) => members.iter().flat_map(|member| condition(member, capabilities).asked).collect(),
        Expr::Or(_) if capabilities.boolean => {
            let scope = if capabilities.mixed { None } else { Some(common_field(expr, capabilities)) };
            loose(expr, capabilities, scope).into_iter().collect()
        }
        Expr::Or(_) => bag(expr, capabilities),
        Expr::Not(_) => Vec::new(),
    };
    Fitted { asked, exact: false }
}

/// The condition just as it stands, where the source can apply all of it.
fn whole(expr: &Expr, capabilities: &Capabilities) -> Option<Expr> {
    match expr {
        Expr::Leaf(leaf) => exact_leaf(leaf, capabilities).map(Expr::Leaf),
        Expr::Or(members) if let Some(types) = types(members, capabilities) => Some(types),
        Expr::And(_) | Expr::Or(_) | Expr::Not(_) => (capabilities.boolean
            && (capabilities.mixed || expr.field().is_some()))
        .then(|| within_boolean(expr, capabilities))
        .flatten(),
    }
}

/// A choice of types, all of which the source can be asked for: that needs no OR.
fn types(members: &[Expr], capabilities: &Capabilities) -> Option<Expr> {
    let can = |expr: &&Expr| matches!(expr, Expr::Leaf(Leaf::Type(kind)) if capabilities.types.contains(kind));
    members.iter().all(|member| can(&member)).then(|| Expr::Or(members.to_vec()))
}

fn within_boolean(expr: &Expr, capabilities: &Capabilities) -> Option<Expr> {
    let all = |members: &[Expr]| -> Option<Vec<Expr>> {
        members.iter().map(|member| within_boolean(member, capabilities)).collect()
    };
    Some(match expr {
        Expr::Leaf(leaf) => Expr::Leaf(exact_leaf(leaf, capabilities)?),
        Expr::And(members) => Expr::And(all(members)?),
        Expr::Or(members) => Expr::Or(all(members)?),
        Expr::Not(inner) => Expr::Not(Box::new(within_boolean(inner, capabilities)?)),
    })
}

/// The leaf as the source can apply it, if it can.
fn exact_leaf(leaf: &Leaf, capabilities: &Capabilities) -> Option<Leaf> {
    let can = match leaf {
        Leaf::Text { field, phrase, .. } => restricts(*field, capabilities) && (capabilities.phrase || !phrase),
        Leaf::Year(_) => capabilities.year_range,
        Leaf::Identifier(identifier) => return look_up(identifier, capabilities).map(Leaf::Identifier),
        Leaf::Type(kind) => capabilities.types.contains(kind),
        Leaf::Open(open) => *open && capabilities.open_access,
    };
    can.then(|| leaf.clone())
}

/// The identifier that the source can look up in place of this one.
fn look_up(identifier: &Identifier, capabilities: &Capabilities) -> Option<Identifier> {
    match identifier {
        Identifier::Doi(_) => capabilities.doi_lookup.then(|| identifier.clone()),
        Identifier::Pmid(_) | Identifier::Pmcid(_) => capabilities.pmid_lookup.then(|| identifier.clone()),
        Identifier::Arxiv(_) if capabilities.arxiv_lookup => Some(identifier.clone()),
        // Every arXiv paper has a DOI made of its id.
        Identifier::Arxiv(id) => capabilities.doi_lookup.then(|| Identifier::Doi(format!("{ARXIV_DOI}{id}"))),
    }
}

const fn restricts(field: Field, capabilities: &Capabilities) -> bool {
    match field {
        Field::Any => true,
        Field::Title => capabilities.title,
        Field::Author => capabilities.author,
        Field::Abstract => capabilities.abstract_text,
    }
}

/// The one field of all words, if the source can restrict to it; else anywhere.
fn common_field(expr: &Expr, capabilities: &Capabilities) -> Field {
    expr.field().filter(|field| restricts(*field, capabilities)).unwrap_or(Field::Any)
}

/// Something the source can apply that holds whenever `expr` holds; `None` when that can only be everything.
/// `scope` is the field that all words are put into, where a boolean query can only have one.
fn loose(expr: &Expr, capabilities: &Capabilities, scope: Option<Field>) -> Option<Expr> {
    match expr {
        Expr::Leaf(leaf) => {
            let exact = exact_leaf(leaf, capabilities).map(Expr::Leaf);
            if let Some(exact) = exact.filter(|exact| scope.is_none() || exact.field() == scope) {
                return Some(exact);
            }
            one_of(loose_leaf(leaf, capabilities, scope), Expr::And)
        }
        Expr::And(members) => {
            let kept: Vec<Expr> = members.iter().filter_map(|member| loose(member, capabilities, scope)).collect();
            // What must not hold says nothing when all that must hold fell away.
            let positive = kept.iter().any(|member| !matches!(member, Expr::Not(_)));
            positive.then(|| one_of(kept, Expr::And)).flatten()
        }
        Expr::Or(members) => {
            let kept: Option<Vec<Expr>> = members.iter().map(|member| loose(member, capabilities, scope)).collect();
            one_of(kept?, Expr::Or)
        }
        // Looser within a NOT would be stricter without.
        Expr::Not(_) => within_boolean(expr, capabilities).filter(|_| scope.is_none() || expr.field() == scope),
    }
}

/// Words for a text that the source cannot apply as it stands; nothing for anything else.
fn loose_leaf(leaf: &Leaf, capabilities: &Capabilities, scope: Option<Field>) -> Vec<Expr> {
    let Leaf::Text { field, text, phrase } = leaf else { return Vec::new() };
    let keeps_field = restricts(*field, capabilities) && scope.is_none_or(|scope| scope == *field);
    let asked_in = if keeps_field { *field } else { Field::Any };
    if *phrase && capabilities.phrase && *field != Field::Author {
        return vec![Expr::Leaf(Leaf::Text { field: asked_in, text: text.clone(), phrase: true })];
    }
    // Initials of an author are no words that stand in a text.
    let is_word = |word: &&str| {
        asked_in == *field || *field != Field::Author || word.chars().filter(|c| c.is_alphanumeric()).count() > 1
    };
    let word = |word: &str| Expr::Leaf(Leaf::Text { field: asked_in, text: word.to_owned(), phrase: false });
    text.split_whitespace().filter(is_word).map(word).collect()
}

/// All words that may hold, for a source that knows no OR; nothing when an alternative has no words.
fn bag(expr: &Expr, capabilities: &Capabilities) -> Vec<Expr> {
    let scope = common_field(expr, capabilities);
    let Some(alternatives) = loose(expr, capabilities, Some(scope)) else { return Vec::new() };
    let mut words = Vec::new();
    alternatives.each_positive(&mut |leaf| {
        let word = Expr::Leaf(leaf.clone());
        if !words.contains(&word) {
            words.push(word);
        }
    });
    words
}

fn one_of(mut exprs: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Option<Expr> {
    match exprs.len() {
        0 => None,
        1 => exprs.pop(),
        _ => Some(join(exprs)),
    }
}
