//! Under which licence it may be used, and whether it is open.

use serde::Deserialize;

use super::super::lenient::{List, Object, Text};
use crate::item::OaStatus;

/// One statement of rights. Every field may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Rights<'a> {
    #[serde(borrow, rename = "rights")]
    name: Text<'a>,
    #[serde(borrow, rename = "rightsUri")]
    uri: Text<'a>,
    #[serde(borrow, rename = "rightsIdentifier")]
    id: Text<'a>,
}

/// The licence by its SPDX name, else by its address, else as it is called.
pub(super) fn licence(list: &List<Object<Rights<'_>>>) -> Option<String> {
    let of = |part: fn(&Rights<'_>) -> Option<String>| list.objects().filter_map(part).find(|name| is_licence(name));
    of(|rights| rights.id.tidy())
        .or_else(|| of(|rights| rights.uri.tidy()))
        .or_else(|| of(|rights| rights.name.plain()))
}

/// Whether it is open, as far as any of the statements says so.
pub(super) fn oa_status(list: &List<Object<Rights<'_>>>) -> Option<OaStatus> {
    let says = |words: &[&str]| list.objects().any(|rights| rights.says(words));
    if says(&["closedaccess", "restrictedaccess", "closed access", "restricted access"]) {
        return Some(OaStatus::Closed);
    }
    // What is under embargo is open one day, and which day is not always said.
    if says(&["embargoedaccess", "embargoed access"]) {
        return None;
    }
    says(&["openaccess", "open access", "creativecommons.org", "cc-by", "cc0"]).then_some(OaStatus::Open)
}

impl Rights<'_> {
    fn says(&self, words: &[&str]) -> bool {
        [&self.id, &self.uri, &self.name].into_iter().filter_map(Text::get).any(|text| {
            let text = text.to_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    }
}

/// Whether it names a licence, and not only who may read it (`info:eu-repo/semantics/openAccess`, "Open Access").
fn is_licence(rights: &str) -> bool {
    let rights = rights.to_lowercase();
    !rights.starts_with("info:eu-repo/") && !rights.ends_with(" access")
}
