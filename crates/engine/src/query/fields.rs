//! The fields of the query language and how their values are read.

use std::str::FromStr;

use super::{Expr, Field, Leaf, QueryError, YearRange, chars, identify};
use crate::{
    identifier,
    item::{Identifier, WorkType},
    source::SourceId,
};

/// A name before a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Text(Field),
    Year,
    Doi,
    Arxiv,
    Pmid,
    Pmcid,
    Type,
    Open,
    Source,
}

/// Every name, its short forms after it.
const NAMES: [(&str, Name); 14] = [
    ("title", Name::Text(Field::Title)),
    ("author", Name::Text(Field::Author)),
    ("abstract", Name::Text(Field::Abstract)),
    ("year", Name::Year),
    ("doi", Name::Doi),
    ("arxiv", Name::Arxiv),
    ("pmid", Name::Pmid),
    ("pmcid", Name::Pmcid),
    ("type", Name::Type),
    ("source", Name::Source),
    ("open", Name::Open),
    ("ti", Name::Text(Field::Title)),
    ("au", Name::Text(Field::Author)),
    ("abs", Name::Text(Field::Abstract)),
];

/// Names that other systems use for ours.
const MEANT: [(&str, &str); 10] = [
    ("date", "year"),
    ("published", "year"),
    ("since", "year"),
    ("name", "author"),
    ("by", "author"),
    ("kind", "type"),
    ("site", "source"),
    ("engine", "source"),
    ("oa", "open"),
    ("eprint", "arxiv"),
];

/// The fields, as the help shows them.
pub(super) const LIST: &str = "title: author: abstract: year: doi: arxiv: pmid: pmcid: type: source: open:";

/// Earliest and latest year that can be asked for.
const YEARS: std::ops::RangeInclusive<i32> = 1000..=2999;

impl Name {
    /// The field of that name, in any case.
    pub(super) fn read(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }

    /// The name as the language writes it.
    pub(super) fn as_str(self) -> &'static str {
        NAMES.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    /// A condition on it, for a message.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Text(Field::Any | Field::Title) => "title:crispr or title:\"base editing\"",
            Self::Text(Field::Author) => "author:doudna or author:\"Doudna J\"",
            Self::Text(Field::Abstract) => "abstract:crispr or abstract:\"base editing\"",
            Self::Year => "year:2020..2024",
            Self::Doi => "doi:10.1038/nature12373",
            Self::Arxiv => "arxiv:2101.00001",
            Self::Pmid => "pmid:23846655",
            Self::Pmcid => "pmcid:PMC3737249",
            Self::Type => "type:article or type:article,review",
            Self::Open => "open:true",
            Self::Source => "source:arxiv,pubmed",
        }
    }

    /// Whether its value may be several with commas between.
    pub(super) const fn takes_list(self) -> bool {
        matches!(self, Self::Type | Self::Source)
    }
}

/// The field that somebody who wrote `name` meant, if that can be guessed.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let meant = MEANT.iter().find(|(other, _)| *other == name).map(|(_, ours)| *ours);
    meant.or_else(|| nearest_of(&name, NAMES.iter().take(11).map(|(known, _)| *known)))
}

/// The candidate that is a slip of the finger away from `word`.
fn nearest_of(word: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    // One slip in a short word, two in a longer one.
    let allowed = if word.chars().count() <= 4 { 1 } else { 2 };
    candidates
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Reads a word as the value of a field; without a field it is text or an identifier.
pub(super) fn word(name: Option<Name>, word: &str, column: usize) -> Result<Expr, QueryError> {
    let text = word.trim_end_matches(chars::is_trailing_mark);
    match name {
        None => without_field(text, column),
        Some(Name::Text(field)) => Ok(text_leaf(field, text, false)),
        Some(other) => value(other, word, column),
    }
}

/// Reads a phrase as the value of a field; without a field it is text.
pub(super) fn phrase(name: Option<Name>, text: &str, column: usize) -> Result<Expr, QueryError> {
    match name {
        None => Ok(text_leaf(Field::Any, text, true)),
        Some(Name::Text(field)) => Ok(text_leaf(field, text, true)),
        Some(other) => value(other, text, column),
    }
}

/// The sources in a comma list.
pub(super) fn sources(list: &str, column: usize) -> Result<Vec<SourceId>, QueryError> {
    let list = list.trim_end_matches(chars::is_trailing_mark);
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(|name| source(name, column)).collect()
}

fn source(name: &str, column: usize) -> Result<SourceId, QueryError> {
    let plain = name.to_lowercase().replace(['-', ' '], "_");
    SourceId::from_str(&plain).map_err(|_| {
        let help = match nearest_of(&plain, SourceId::ALL.iter().map(|id| id.as_str())) {
            Some(near) => format!("did you mean source:{near}?"),
            None => format!("the sources are {}", SourceId::ALL.map(SourceId::as_str).join(", ")),
        };
        QueryError::new(column, format!("there is no source `{}`", shorten(name)), help)
    })
}

fn text_leaf(field: Field, text: &str, phrase: bool) -> Expr {
    Expr::Leaf(Leaf::Text { field, text: text.to_owned(), phrase })
}

fn without_field(text: &str, column: usize) -> Result<Expr, QueryError> {
    if let Some(identifier) = identify::anywhere(text) {
        return Ok(Expr::Leaf(Leaf::Identifier(identifier)));
    }
    if identify::is_address(text) {
        return Err(QueryError::new(
            column,
            "this address names no DOI, arXiv id or PubMed id",
            format!("write the title of the work, or quote the address to search for the text: \"{}\"", shorten(text)),
        ));
    }
    Ok(text_leaf(Field::Any, text, false))
}

fn value(name: Name, text: &str, column: usize) -> Result<Expr, QueryError> {
    let trimmed = text.trim_end_matches(chars::is_trailing_mark);
    match name {
        Name::Year => year(text.trim_end_matches([',', ';']), column).map(|years| Expr::Leaf(Leaf::Year(years))),
        Name::Type => types(trimmed, column),
        Name::Open => open(trimmed, column),
        Name::Doi | Name::Arxiv | Name::Pmid | Name::Pmcid => identifier_of(name, trimmed, column),
        // The parser reads these two by itself.
        Name::Text(field) => Ok(text_leaf(field, trimmed, false)),
        Name::Source => Err(QueryError::new(column, "`source:` cannot stand here", super::parse::SOURCE_HELP)),
    }
}

fn identifier_of(name: Name, text: &str, column: usize) -> Result<Expr, QueryError> {
    // A publisher's page may have the DOI in its address.
    let address =
        || identify::anywhere(text).filter(|found| matches!(found, Identifier::Doi(_) | Identifier::Arxiv(_)));
    let (found, what) = match name {
        Name::Doi => (Identifier::of_doi(text).or_else(address), "a DOI"),
        Name::Arxiv => (identifier::arxiv(text).map(Identifier::Arxiv), "an arXiv id"),
        Name::Pmcid => (identifier::pmcid(text).map(Identifier::Pmcid), "a PubMed Central id"),
        _ => (identifier::pmid(text).map(Identifier::Pmid), "a PubMed id"),
    };
    found.map(|identifier| Expr::Leaf(Leaf::Identifier(identifier))).ok_or_else(|| {
        let message = format!("`{}` is not {what}", shorten(text));
        QueryError::new(column, message, format!("write for example {}", name.example()))
    })
}

fn types(list: &str, column: usize) -> Result<Expr, QueryError> {
    let mut kinds = Vec::new();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let kind = work_type(name, column)?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let mut leaves: Vec<Expr> = kinds.into_iter().map(|kind| Expr::Leaf(Leaf::Type(kind))).collect();
    Ok(if leaves.len() == 1 { leaves.swap_remove(0) } else { Expr::Or(leaves) })
}

fn work_type(name: &str, column: usize) -> Result<WorkType, QueryError> {
    let plain = name.to_lowercase();
    WorkType::ALL.into_iter().find(|kind| kind.as_str() == plain).ok_or_else(|| {
        let help = match nearest_of(&plain, WorkType::ALL.iter().map(|kind| kind.as_str())) {
            Some(near) => format!("did you mean type:{near}?"),
            None => format!("the types are {}", WorkType::ALL.map(WorkType::as_str).join(", ")),
        };
        QueryError::new(column, format!("there is no type `{}`", shorten(name)), help)
    })
}

fn open(text: &str, column: usize) -> Result<Expr, QueryError> {
    let answer = match text.to_lowercase().as_str() {
        "true" | "yes" => true,
        "false" | "no" => false,
        _ => {
            let message = format!("`{}` is neither true nor false", shorten(text));
            return Err(QueryError::new(column, message, "write open:true or open:false"));
        }
    };
    Ok(Expr::Leaf(Leaf::Open(answer)))
}

fn year(text: &str, column: usize) -> Result<YearRange, QueryError> {
    let wrong = || not_a_year(text, column);
    let end = |part: &str| match part {
        "" => Ok(None),
        digits => four_digits(digits).map(Some).ok_or_else(wrong),
    };
    let range = if let Some((from, to)) = text.split_once("..").or_else(|| text.split_once('…')) {
        YearRange { from: end(from)?, to: end(to)? }
    } else if let Some((from, to)) = text.split_once(['-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}']) {
        // `2020-` may be a slip of the finger: only `..` leaves an end open.
        YearRange { from: Some(four_digits(from).ok_or_else(wrong)?), to: Some(four_digits(to).ok_or_else(wrong)?) }
    } else {
        let year = four_digits(text.trim_end_matches('.')).ok_or_else(wrong)?;
        YearRange { from: Some(year), to: Some(year) }
    };
    match (range.from, range.to) {
        (None, None) => Err(wrong()),
        (Some(from), Some(to)) if from > to => Err(QueryError::new(
            column,
            format!("the years run backwards, from {from} to {to}"),
            format!("write year:{to}..{from}"),
        )),
        _ => Ok(range),
    }
}

/// How years are written.
pub(super) const YEAR_HELP: &str = "write year:2020, year:2020..2024, year:2020.. or year:..2024, without spaces";

/// What is said to a year that cannot be read.
pub(super) fn not_a_year(text: &str, column: usize) -> QueryError {
    QueryError::new(column, format!("`{}` is not a year or a range of years", shorten(text)), YEAR_HELP)
}

/// Whether a word is a year that could be asked for.
pub(super) fn is_year(word: &str) -> bool {
    four_digits(word.trim_end_matches(chars::is_trailing_mark)).is_some()
}

fn four_digits(text: &str) -> Option<i32> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|year| digits && YEARS.contains(year))
}

/// The start of a text, for a message.
pub(super) fn shorten(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
