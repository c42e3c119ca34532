//! Unpaywall: where a DOI can be read for free, one DOI at a time. It takes no part in searches. Facts: sources.md §3.7.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use http::StatusCode;
use tokio::time::Instant;
use url::Url;

use super::{Settings, address, answer};
use crate::{
    capabilities::Capabilities,
    connector::{Page, Source, SourceRequest},
    fetch::{Call, Fetcher, Reply},
    item::{Identifier, Record},
    plan::Plan,
    source::{SourceError, SourceId},
};

mod article;
#[cfg(test)]
mod tests;

pub use article::parse;

static CAPABILITIES: Capabilities =
    Capabilities { doi_lookup: true, lookup_alone: true, max_page: 1, max_total: 1, ..Capabilities::NONE };

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(Unpaywall { base_url: settings.base_url, contact: settings.contact })
}

struct Unpaywall {
    base_url: Url,
    contact: Option<String>,
}

impl Unpaywall {
    /// The call for a DOI; an error when there is no address to give, for then it would only be refused.
    fn call(&self, doi: &str) -> Result<Call, SourceError> {
        let contact = self.contact.as_deref().map(str::trim).unwrap_or_default();
        let contact = contact.strip_prefix("mailto:").unwrap_or(contact);
        if contact.is_empty() {
            let reason = "it asks for the e-mail address of whoever asks; set search.contact".to_owned();
            return Err(SourceError::Unsupported { reason });
        }
        // The DOI's slashes stand in the path as they are.
        Ok(Call::get(address::address(&self.base_url, doi.split('/'), &[("email", contact)])))
    }
}

impl Source for Unpaywall {
    fn id(&self) -> SourceId {
        SourceId::Unpaywall
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn translate(&self, plan: &Plan) -> String {
        let doi = plan.identifiers().next().map(Identifier::value).unwrap_or_default();
        address::shown(&[("doi", doi)])
    }

    fn search<'a>(
        &'a self,
        _request: &'a SourceRequest<'a>,
        _fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        let reason = "it looks up one DOI at a time and cannot be searched".to_owned();
        Box::pin(async { Err(SourceError::Unsupported { reason }) })
    }

    fn lookup<'a>(
        &'a self,
        identifier: &'a Identifier,
        deadline: Instant,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Option<Record>, SourceError>> {
        Box::pin(async move {
            // What has no DOI it does not know, and what has an arXiv id is open.
            let Identifier::Doi(doi) = identifier else { return Ok(None) };
            let call = self.call(doi)?;
            let page = fetcher.fetch(SourceId::Unpaywall, &call, deadline, |reply| read(&reply, None)).await?;
            Ok(answer::only(page))
        })
    }
}

/// Reads an answer. A DOI that Unpaywall does not know is a 404, and no error; 422 is about the address that was given.
fn read(reply: &Reply, fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    match reply.status {
        StatusCode::NOT_FOUND => Ok(Page { reported: Some(0), ..Page::default() }),
        StatusCode::UNPROCESSABLE_ENTITY => {
            // Without the address itself, should it be repeated.
            let message =
                format!("{} (search.contact must be an address at which you can be reached)", reply.excerpt());
            Err(SourceError::Refused { status: reply.status.as_u16(), message })
        }
        _ => {
            answer::succeeded(reply, |_| Some(reply.excerpt()))?;
            parse(&reply.body, fetched_at)
        }
    }
}
