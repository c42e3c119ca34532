//! The shape of an answer: which fields it has and what kind of value each holds, without the values. Pure.
//!
//! A path names a field: `message.items[].DOI` in JSON, `feed.entry.link@href` in XML. The elements of a list share one
//! path, as do the elements of one name in XML, so that a shape tells of any of them, not of each.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::{
    source::SourceError,
    xml::{Step, Xml},
};

mod compare;

pub use compare::{Change, Difference};

/// Most fields that are remembered; a body that has more is no answer to learn from.
const MAX_FIELDS: usize = 10_000;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Nothing: null, or an element without content.
    Nothing,
    /// Yes or no.
    Boolean,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A list.
    List,
    /// Fields or elements of its own.
    Object,
}

/// The fields of a body, and all kinds of values that each was seen with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    fields: BTreeMap<String, BTreeSet<Kind>>,
}

impl Shape {
    /// The shape of a body of JSON or XML. What is inside of the `opaque` paths is not looked at: names there are data (the
    /// words of an inverted index) or markup of a text.
    pub fn of(body: &[u8], opaque: &[&str]) -> Result<Self, SourceError> {
        let mut shape = Self::default();
        let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
        if start.starts_with(b"<") {
            shape.read_xml(&String::from_utf8_lossy(start), opaque)?;
        } else {
            let value = serde_json::from_slice(start)
                .map_err(|error| SourceError::Malformed { message: format!("neither XML nor JSON: {error}") })?;
            shape.read_json(&value, String::new(), opaque);
        }
        Ok(shape)
    }

    /// The kinds of values that a field holds; `None` when there is no such field.
    pub fn kinds(&self, path: &str) -> Option<&BTreeSet<Kind>> {
        self.fields.get(path)
    }

    /// Whether a field is there and holds something.
    fn holds(&self, path: &str) -> bool {
        self.kinds(path).is_some_and(|kinds| kinds.iter().any(|kind| *kind != Kind::Nothing))
    }

    fn note(&mut self, path: &str, kind: Kind) {
        if let Some(kinds) = self.fields.get_mut(path) {
            kinds.insert(kind);
        } else if self.fields.len() < MAX_FIELDS {
            self.fields.insert(path.to_owned(), BTreeSet::from([kind]));
        }
    }

    fn read_json(&mut self, value: &Value, path: String, opaque: &[&str]) {
        self.note(
            &path,
            match value {
                Value::Null => Kind::Nothing,
                Value::Bool(_) => Kind::Boolean,
                Value::Number(_) => Kind::Number,
                Value::String(_) => Kind::Text,
                Value::Array(_) => Kind::List,
                Value::Object(_) => Kind::Object,
            },
        );
        if opaque.contains(&path.as_str()) {
            return;
        }
        match value {
            Value::Array(elements) => {
                let path = path + "[]";
                for element in elements {
                    self.read_json(element, path.clone(), opaque);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    self.read_json(value, path, opaque);
                }
            }
            _ => {}
        }
    }

    fn read_xml(&mut self, text: &str, opaque: &[&str]) -> Result<(), SourceError> {
        let mut xml = Xml::new(text);
        let root = xml.root()?;
        self.note("", Kind::Object);
        let mut open = vec![Open::new(root.name().to_owned())];
        self.note_attributes(&root, root.name());
        while let Some(inner) = open.last_mut() {
            match xml.step()? {
                Step::Enter(element) => {
                    inner.kinds.insert(Kind::Object);
                    let path = format!("{}.{}", inner.path, element.name());
                    self.note_attributes(&element, &path);
                    if opaque.contains(&path.as_str()) {
                        let kind = if xml.inner()?.trim().is_empty() { Kind::Nothing } else { Kind::Text };
                        self.note(&path, kind);
                    } else {
                        open.push(Open::new(path));
                    }
                }
                Step::Text => drop(inner.kinds.insert(Kind::Text)),
                Step::Leave => {
                    if inner.kinds.is_empty() {
                        inner.kinds.insert(Kind::Nothing);
                    }
                    for kind in &inner.kinds {
                        self.note(&inner.path, *kind);
                    }
                    open.pop();
                }
            }
        }
        Ok(())
    }

    fn note_attributes(&mut self, element: &crate::xml::Element<'_>, path: &str) {
        for name in element.attributes() {
            // An element that is empty but for these holds something, too.
            self.note(path, Kind::Object);
            self.note(&format!("{path}@{name}"), Kind::Text);
        }
    }
}

/// An element that is being read.
struct Open {
    path: String,
    kinds: BTreeSet<Kind>,
}

impl Open {
    const fn new(path: String) -> Self {
        Self { path, kinds: BTreeSet::new() }
    }
}

#[cfg(test)]
mod tests;
