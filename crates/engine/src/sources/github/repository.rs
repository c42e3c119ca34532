//! One repository as GitHub gives it, and the record that it becomes.

use serde::Deserialize;

use super::super::lenient::{List, Number, Object, Text};
use crate::{
    dates,
    item::{DateKind, OaStatus, Record, WorkType},
    names,
};

/// A repository. Every field may be missing, null or of another type. Stars are no citations: nobody reads them here.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Repository<'a> {
    id: Number,
    #[serde(borrow)]
    full_name: Text<'a>,
    #[serde(borrow)]
    html_url: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    owner: Object<Owner<'a>>,
    #[serde(borrow)]
    language: Text<'a>,
    #[serde(borrow)]
    license: Object<Licence<'a>>,
    #[serde(borrow)]
    topics: List<Text<'a>>,
    #[serde(borrow)]
    created_at: Text<'a>,
    score: Number,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Owner<'a> {
    #[serde(borrow)]
    login: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Licence<'a> {
    #[serde(borrow)]
    spdx_id: Text<'a>,
}

impl Repository<'_> {
    /// The record; `None` without a name.
    pub(super) fn record(self) -> Option<Record> {
        let name = self.full_name.tidy()?;
        let owner = self.owner.0.and_then(|owner| owner.login.tidy());
        let owner = owner.or_else(|| name.split_once('/').map(|(owner, _)| owner.to_owned()));
        // What GitHub calls NOASSERTION is a licence that it does not know.
        let licence = self.license.0.and_then(|licence| licence.spdx_id.tidy()).filter(|id| id != "NOASSERTION");
        let mut topics: Vec<String> = self.topics.tidy().collect();
        topics.extend(self.language.tidy());
        Some(Record {
            // The number stays when a repository is renamed.
            source_id: self.id.total().filter(|id| *id > 0).map_or_else(|| name.clone(), |id| id.to_string()),
            authors: owner.as_deref().and_then(names::whole).into_iter().collect(),
            abstract_text: self.description.tidy().map(Into::into),
            date: self.created_at.get().and_then(|date| dates::iso(date, DateKind::Created)),
            venue: Some("GitHub".to_owned()),
            kind: WorkType::Software,
            url: self.html_url.tidy().filter(|url| url.starts_with("https://") || url.starts_with("http://")),
            oa_status: licence.as_ref().map(|_| OaStatus::Open),
            licence,
            topics,
            score_native: self.score.0,
            title: name,
            ..Record::default()
        })
    }
}
