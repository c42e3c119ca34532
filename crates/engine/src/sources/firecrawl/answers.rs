//! Firecrawl's answers: pages in groups (version 2), in one list (version 1), or a failure.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        answer::{self, Answer},
        lenient::{self, Flag, List, Object, Records, Text},
    },
    result::{Found, Group},
};
use crate::{
    connector::Page,
    source::{SourceError, SourceId},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    success: Flag,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    warning: Text<'a>,
    #[serde(borrow)]
    error: Text<'a>,
    /// A text, or a list of what is wrong.
    #[serde(borrow)]
    details: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wrong<'a> {
    #[serde(borrow)]
    message: Text<'a>,
}

/// The groups that hold pages; images are none.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Groups<'a> {
    #[serde(borrow)]
    web: Option<Records<'a>>,
    #[serde(borrow)]
    news: Option<Records<'a>>,
    #[serde(borrow)]
    images: Option<Records<'a>>,
}

/// Reads pages, of whichever version. A failure with a status of success is the query's. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let frame: Frame<'_> = answer::json(body)?;
    if frame.success.0 == Some(false) {
        return Err(answer::bad_query(&frame.said().unwrap_or_else(|| "it does not say why".to_owned())));
    }
    let data = frame.data.ok_or_else(|| answer::malformed("no `data`"))?;
    let mut answer = Answer::new(SourceId::Firecrawl, fetched_at);
    if let Some(pages) = lenient::record::<Records<'_>>(data) {
        take(&mut answer, pages, Group::Web);
    } else {
        let groups: Option<Groups<'_>> = lenient::record(data);
        let groups = groups.ok_or_else(|| answer::malformed("`data` is neither a list nor groups"))?;
        let is_none = groups.web.is_none() && groups.news.is_none() && groups.images.is_none();
        // A search that finds nothing has no groups, and no other key.
        if is_none && data.get().contains('"') {
            return Err(answer::malformed("`data` has no group of pages"));
        }
        take(&mut answer, groups.web.unwrap_or_default(), Group::Web);
        take(&mut answer, groups.news.unwrap_or_default(), Group::News);
    }
    if let Some(warning) = frame.warning.get() {
        answer.warn(warning);
    }
    answer.page()
}

fn take(answer: &mut Answer, pages: Records<'_>, group: Group) {
    for page in pages.0 {
        let record = lenient::record::<Found<'_>>(page).and_then(|found| found.record(group));
        answer.take(page.get().as_bytes(), record);
    }
}

impl Frame<'_> {
    fn said(&self) -> Option<String> {
        let mut parts: Vec<String> = self.error.tidy().into_iter().collect();
        if let Some(details) = self.details {
            parts.extend(lenient::record::<Text<'_>>(details).and_then(|text| text.tidy()));
            let wrong: List<Object<Wrong<'_>>> = lenient::record(details).unwrap_or_default();
            parts.extend(wrong.objects().filter_map(|wrong| wrong.message.tidy()));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// What Firecrawl says in `{"success":false,"error":"…","details":…}`.
pub(super) fn message_of(body: &[u8]) -> Option<String> {
    let frame: Frame<'_> = serde_json::from_slice(body).ok()?;
    frame.said()
}
