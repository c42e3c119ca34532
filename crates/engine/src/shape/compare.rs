//! What is different between the shape that was recorded and the one that came.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;

use super::{Kind, Shape};

/// A field that holds other things than it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its path.
    pub field: String,
    /// What it held.
    pub recorded: Vec<Kind>,
    /// What it holds now.
    pub live: Vec<Kind>,
}

/// How a live answer differs from the recording.
///
/// Records leave out what they do not know, so that a field of the recording that this answer has in no record is mostly
/// no news; only for those that every page of records has it is. And where a list came empty, nothing is known of what
/// would have been in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Fields without which the source cannot be read as before, that no record has.
    pub lost: Vec<String>,
    /// Fields whose values are of no kind that the recording has.
    pub changed: Vec<Change>,
    /// Other fields of the recording that no record has.
    pub missing: Vec<String>,
    /// Fields, and kinds of values in known fields, that the recording does not have.
    pub new: Vec<String>,
}

impl Difference {
    /// Compares; `required` are the paths that every page of records has.
    pub fn between(recorded: &Shape, live: &Shape, required: &[&str]) -> Self {
        let mut difference = Self::default();
        let (mut lost, mut missing) = (BTreeSet::new(), BTreeSet::new());
        for path in required {
            lost.extend(gone(live, path));
        }
        for (path, was) in &recorded.fields {
            match live.kinds(path) {
                Some(is) if live.holds(path) => difference.compare(path, was, is),
                _ if !recorded.holds(path) => {}
                _ => missing.extend(gone(live, path)),
            }
        }
        for (path, kinds) in &live.fields {
            // What is new within something new goes without saying.
            let is_first =
                recorded.kinds(path).is_none() && parent(path).is_none_or(|(up, _)| recorded.kinds(up).is_some());
            if is_first && live.holds(path) {
                difference.new.push(format!("{path} ({})", Names(kinds)));
            }
        }
        difference.missing = missing.into_iter().filter(|path| !lost.contains(path)).collect();
        difference.lost = lost.into_iter().collect();
        difference
    }

    /// Whether the source can be read as it was.
    pub fn is_harmless(&self) -> bool {
        self.lost.is_empty() && self.changed.is_empty()
    }

    /// What is wrong, each in a sentence.
    pub fn problems(&self) -> Vec<String> {
        let lost = self.lost.iter().map(|field| format!("`{field}` is missing in every record"));
        let changed = self.changed.iter().map(|Change { field, recorded, live }| {
            format!("`{field}` was {} and is {}", Names(recorded), Names(live))
        });
        lost.chain(changed).collect()
    }

    fn compare(&mut self, path: &str, was: &BTreeSet<Kind>, is: &BTreeSet<Kind>) {
        let known = |kinds: &BTreeSet<Kind>| -> Vec<Kind> {
            kinds.iter().copied().filter(|kind| *kind != Kind::Nothing).collect()
        };
        let (recorded, live) = (known(was), known(is));
        if recorded.is_empty() {
            return;
        }
        let other: Vec<Kind> = live.iter().copied().filter(|kind| !recorded.contains(kind)).collect();
        if other.len() == live.len() {
            self.changed.push(Change { field: path.to_owned(), recorded, live });
        } else if !other.is_empty() {
            self.new.push(format!("{path} ({})", Names(&other)));
        }
    }
}

/// The outermost field on the way to `path` that the answer does not have; `None` when all are there, when a list on the
/// way is empty, and when something on the way holds what has no fields or elements.
fn gone(live: &Shape, path: &str) -> Option<String> {
    if live.holds(path) {
        return None;
    }
    let Some((up, within)) = parent(path) else { return Some(path.to_owned()) };
    if !live.holds(up) {
        return gone(live, up);
    }
    let has_room = live.kinds(up).is_some_and(|kinds| kinds.contains(&within));
    (has_room && within != Kind::List).then(|| path.to_owned())
}

/// What a path is within, and the kind that this must be of. The root of JSON has the path of no letters.
fn parent(path: &str) -> Option<(&str, Kind)> {
    if let Some(list) = path.strip_suffix("[]") {
        return Some((list, Kind::List));
    }
    if let Some((element, _)) = path.rsplit_once('@') {
        return Some((element, Kind::Object));
    }
    match path.rsplit_once('.') {
        Some((object, _)) => Some((object, Kind::Object)),
        None => (!path.is_empty()).then_some(("", Kind::Object)),
    }
}

/// Kinds in words: `text or number`.
struct Names<'a, T>(&'a T);

impl<'a, T> fmt::Display for Names<'a, T>
where
    &'a T: IntoIterator<Item = &'a Kind>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, kind) in self.0.into_iter().filter(|kind| **kind != Kind::Nothing).enumerate() {
            if index > 0 {
                f.write_str(" or ")?;
            }
            f.write_str(match kind {
                Kind::Nothing => "nothing",
                Kind::Boolean => "yes or no",
                Kind::Number => "a number",
                Kind::Text => "a text",
                Kind::List => "a list",
                Kind::Object => "an object",
            })?;
        }
        Ok(())
    }
}
