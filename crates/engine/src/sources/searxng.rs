//! SearXNG: the web through an instance of the operator's own (`/search`, JSON). Facts: sources.md §3.9.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use http::Method;
use url::Url;

use super::{Settings, address, answer, web};
use crate::{
    capabilities::Capabilities,
    connector::{Page, Source, SourceRequest},
    fetch::{Call, Fetcher, Reply},
    item::WorkType,
    plan::Plan,
    source::{SourceError, SourceId},
};

mod answers;
mod result;
#[cfg(test)]
mod tests;

pub use answers::parse;

/// What a 403 means: JSON is off as SearXNG is shipped.
const JSON_IS_OFF: &str = "`json` must be in `search.formats` of its settings.yml";

/// Only those that search the web; the papers of `science` come from the sources themselves.
const CATEGORIES: &str = "general,news,it";

/// Addresses longer than this are sent as POST, which SearXNG takes too: servers refuse long ones (414).
const MAX_ADDRESS: usize = 2_000;

static CAPABILITIES: Capabilities = Capabilities {
    // Not `year_range`: `time_range` counts back from today, and only some engines keep to it.
    holds: &[WorkType::Web, WorkType::News],
    max_page: 100,
    max_total: 100,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(Searxng { base_url: settings.base_url })
}

struct Searxng {
    base_url: Url,
}

impl Searxng {
    fn call(&self, words: &str) -> Call {
        let parameters = [("q", words), ("format", "json"), ("categories", CATEGORIES), ("pageno", "1")];
        let url = address::address(&self.base_url, ["search"], &parameters);
        let call = if url.as_str().len() <= MAX_ADDRESS {
            Call::get(url)
        } else {
            let form = Bytes::copy_from_slice(url.query().unwrap_or_default().as_bytes());
            Call {
                method: Method::POST,
                body: Some((form, "application/x-www-form-urlencoded")),
                ..Call::get(address::address(&self.base_url, ["search"], &[]))
            }
        };
        Call { forbidden: Some(JSON_IS_OFF), ..call }
    }
}

impl Source for Searxng {
    fn id(&self) -> SourceId {
        SourceId::Searxng
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn translate(&self, plan: &Plan) -> String {
        // Which of the engines behind it know `intitle:` is not known here.
        web::question(plan, false)
    }

    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            let words = self.translate(request.plan);
            web::some_words(&words)?;
            let call = self.call(&words);
            let read = |reply: Reply| read(&reply, Some(request.now));
            let mut page = fetcher.fetch(SourceId::Searxng, &call, request.deadline, read).await?;
            // It cannot be asked for a number of results.
            page.records.truncate(request.limit);
            Ok(page)
        })
    }
}

/// Reads an answer.
fn read(reply: &Reply, fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    answer::succeeded(reply, answers::message_of)?;
    parse(&reply.body, fetched_at)
}
