//! Conditions, looked up in a record.

use std::cell::OnceCell;

use super::{names, words};
use crate::{
    item::{Identifier, OaStatus, Record, WorkType},
    query::{Expr, Field, Leaf},
};

/// What a record says to a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    No,
    /// The record lacks what would tell.
    Unknown,
    Yes,
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// A record and, once they were needed, its words.
pub(super) struct Reader<'a> {
    record: &'a Record,
    /// Text that belongs to the record and is not in it.
    beyond: &'a str,
    /// Whether what the record does not say is taken for not so.
    strict: bool,
    title: OnceCell<String>,
    abstract_text: OnceCell<Option<String>>,
    rest: OnceCell<String>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(record: &'a Record) -> Self {
        Self {
            record,
            beyond: "",
            strict: false,
            title: OnceCell::new(),
            abstract_text: OnceCell::new(),
            rest: OnceCell::new(),
        }
    }

    /// A reader who does not give the benefit of the doubt, of a record and more of its text.
    pub(super) fn strict(record: &'a Record, beyond: &'a str) -> Self {
        Self { beyond, strict: true, ..Self::new(record) }
    }

    /// What the record says: `No` is stronger than `Unknown`, and `Unknown` than `Yes`, where all must hold.
    pub(super) fn answer(&self, condition: &Expr) -> Answer {
        match condition {
            Expr::Leaf(leaf) => match self.leaf(leaf) {
                Answer::Unknown if self.strict => Answer::No,
                answer => answer,
            },
            Expr::And(members) => members.iter().map(|member| self.answer(member)).min().unwrap_or(Answer::Yes),
            Expr::Or(members) => members.iter().map(|member| self.answer(member)).max().unwrap_or(Answer::No),
            Expr::Not(inner) => match self.answer(inner) {
                Answer::Yes => Answer::No,
                Answer::Unknown => Answer::Unknown,
                Answer::No => Answer::Yes,
            },
        }
    }

    fn leaf(&self, leaf: &Leaf) -> Answer {
        let record = self.record;
        match leaf {
            Leaf::Text { field: Field::Author, text, .. } => self.author(text),
            Leaf::Text { field, text, .. } => self.text(*field, text),
            Leaf::Year(range) => record.year().is_some_and(|year| range.contains(year)).into(),
            Leaf::Type(kind) => (record.kind == *kind).into(),
            Leaf::Open(true) => record.oa_status.is_some_and(OaStatus::is_open).into(),
            Leaf::Open(false) => (record.oa_status == Some(OaStatus::Closed)).into(),
            Leaf::Identifier(identifier) => self.identifier(identifier).into(),
        }
    }

    fn identifier(&self, identifier: &Identifier) -> bool {
        let record = self.record;
        match identifier {
            Identifier::Doi(doi) => record.doi.as_ref() == Some(doi),
            Identifier::Arxiv(id) => {
                record.arxiv_id.as_ref() == Some(id)
                    || record.doi.as_ref().and_then(|doi| doi.strip_prefix(super::ARXIV_DOI)) == Some(id)
            }
            Identifier::Pmid(id) => record.pmid.as_ref() == Some(id),
            Identifier::Pmcid(id) => record.pmcid.as_ref() == Some(id),
        }
    }

    fn author(&self, text: &str) -> Answer {
        if self.record.authors.is_empty() {
            return Answer::Unknown;
        }
        names::any_is(&self.record.authors, text).into()
    }

    fn text(&self, field: Field, text: &str) -> Answer {
        let sought = words::row(text);
        if sought.trim().is_empty() {
            return self.symbols(field, text);
        }
        let in_title = || self.title.get_or_init(|| words::row(&self.record.title)).contains(&sought);
        if field == Field::Title {
            return in_title().into();
        }
        if field == Field::Any && (in_title() || self.rest().contains(&sought)) {
            return Answer::Yes;
        }
        let abstract_text =
            self.abstract_text.get_or_init(|| self.record.abstract_text.as_deref().map(words::row)).as_ref();
        match abstract_text {
            Some(row) if row.contains(&sought) => Answer::Yes,
            Some(_) if !has_extract_only(self.record.kind) => Answer::No,
            _ => Answer::Unknown,
        }
    }

    /// Text without letters and digits, such as an emoji or a formula's sign: found as it is, or not told.
    fn symbols(&self, field: Field, text: &str) -> Answer {
        let in_abstract =
            || self.record.abstract_text.as_ref().is_some_and(|abstract_text| abstract_text.contains(text));
        let found = match field {
            Field::Title => self.record.title.contains(text),
            Field::Abstract => in_abstract(),
            Field::Any | Field::Author => {
                self.record.title.contains(text) || in_abstract() || self.beyond.contains(text)
            }
        };
        if found { Answer::Yes } else { Answer::Unknown }
    }

    /// Topics, venue, authors and what is beyond the record.
    fn rest(&self) -> &str {
        self.rest.get_or_init(|| {
            let record = self.record;
            let mut rest = words::row("");
            let names = record.authors.iter().map(|author| author.name.as_str());
            for text in record.topics.iter().chain(&record.venue).map(String::as_str).chain(names) {
                words::append_apart(&mut rest, text);
            }
            words::append_apart(&mut rest, self.beyond);
            rest
        })
    }
}

/// Whether what stands in place of the abstract is only a piece of the text: what is not in it may still be in the text.
const fn has_extract_only(kind: WorkType) -> bool {
    matches!(kind, WorkType::Web | WorkType::News | WorkType::Encyclopedia | WorkType::Software)
}
