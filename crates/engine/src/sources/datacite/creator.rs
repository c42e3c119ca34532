//! Who made it: persons and organisations as DataCite gives them.

use serde::Deserialize;

use super::super::lenient::{List, Object, Text};
use crate::{item::Author, names};

/// A name: an object that has one, or a text. DataCite is on its way from the latter to the former.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Name<'a> {
    Named(#[serde(borrow)] Named<'a>),
    Text(#[serde(borrow)] Text<'a>),
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

/// A creator. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Creator<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    name_type: Text<'a>,
    #[serde(borrow)]
    given_name: Text<'a>,
    #[serde(borrow)]
    family_name: Text<'a>,
    #[serde(borrow)]
    affiliation: List<Name<'a>>,
    #[serde(borrow)]
    name_identifiers: List<Object<NameId<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NameId<'a> {
    #[serde(borrow)]
    name_identifier: Text<'a>,
    #[serde(borrow)]
    name_identifier_scheme: Text<'a>,
}

impl Default for Name<'_> {
    fn default() -> Self {
        Self::Text(Text::default())
    }
}

impl Name<'_> {
    /// The name without markup, when there is one.
    pub(super) fn plain(&self) -> Option<String> {
        match self {
            Self::Named(named) => named.name.plain(),
            Self::Text(text) => text.plain(),
        }
    }
}

impl Creator<'_> {
    /// The author; `None` when nobody is named.
    pub(super) fn author(&self) -> Option<Author> {
        let name = self.name.plain().filter(|name| is_known(name));
        let author = if self.name_type.get() == Some("Organizational") {
            names::whole(&name?)
        } else if let Some(family) = self.family_name.plain() {
            names::from_parts(self.given_name.plain().as_deref(), Some(&family))
        } else {
            names::displayed(&name?)
        }?;
        let is_orcid =
            |id: &&NameId<'_>| id.name_identifier_scheme.get().is_some_and(|name| name.eq_ignore_ascii_case("orcid"));
        let orcid = self.name_identifiers.objects().find(is_orcid);
        Some(Author {
            orcid: orcid.and_then(|id| names::orcid(id.name_identifier.get()?)),
            affiliation: self.affiliation.0.iter().find_map(Name::plain),
            ..author
        })
    }
}

/// Whether it is no code for an unknown value: `(:unav)`, `(:tba)`, `:unkn`.
pub(super) fn is_known(text: &str) -> bool {
    const CODES: [&str; 9] = ["unac", "unal", "unap", "unas", "unav", "unkn", "none", "null", "tba"];
    let code = text.strip_prefix("(:").or_else(|| text.strip_prefix(':')).unwrap_or_default();
    let end = code.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(code.len());
    !CODES.contains(&code.get(..end).unwrap_or_default())
}
