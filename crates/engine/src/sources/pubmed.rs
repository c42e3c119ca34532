//! PubMed: biomedical literature, through NCBI's E-utilities: `esearch` (JSON) gives ids, `efetch` (XML) the records.
//! Facts: sources.md §3.2.

use std::fmt::Write;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use super::{Settings, address, answer};
use crate::{
    capabilities::Capabilities,
    connector::{Page, Source, SourceRequest},
    fetch::{Call, Fetcher},
    item::{Identifier, Record, WorkType},
    plan::Plan,
    query::{
        Field, Leaf,
        render::{self, Syntax},
    },
    source::{SourceError, SourceId},
};

mod article;
mod book;
mod efetch;
mod esearch;
#[cfg(test)]
mod tests;

pub use efetch::parse;
pub use esearch::{Found, parse as parse_ids};

/// Addresses longer than this are sent as POST: NCBI refuses long ones (414).
const MAX_ADDRESS: usize = 1_000;

static CAPABILITIES: Capabilities = Capabilities {
    title: true,
    author: true,
    phrase: true,
    boolean: true,
    mixed: true,
    year_range: true,
    doi_lookup: true,
    pmid_lookup: true,
    open_access: true,
    types: &[WorkType::Article, WorkType::Review, WorkType::Preprint, WorkType::Notice],
    holds: &[
        WorkType::Article,
        WorkType::Review,
        WorkType::Preprint,
        WorkType::Notice,
        WorkType::Conference,
        WorkType::Book,
        WorkType::Chapter,
        WorkType::Thesis,
        WorkType::Dataset,
        WorkType::Report,
        WorkType::News,
    ],
    max_page: 100,
    max_total: 10_000,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(Pubmed { base_url: settings.base_url, key: settings.key, contact: settings.contact })
}

struct Pubmed {
    base_url: Url,
    key: Option<SecretString>,
    contact: Option<String>,
}

impl Pubmed {
    /// A call of one of the utilities; NCBI wants to know which tool asks and whom to write to.
    fn call(&self, utility: &str, parameters: &[(&str, &str)]) -> Call {
        let mut all = vec![("db", "pubmed")];
        all.extend_from_slice(parameters);
        all.extend([
            ("tool", "pake"),
            ("email", self.contact.as_deref().unwrap_or_default()),
            ("api_key", self.key.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default()),
        ]);
        let url = address::address(&self.base_url, [utility], &all);
        if url.as_str().len() <= MAX_ADDRESS {
            return Call::get(url);
        }
        let form = Bytes::copy_from_slice(url.query().unwrap_or_default().as_bytes());
        Call {
            method: Method::POST,
            body: Some((form, "application/x-www-form-urlencoded")),
            ..Call::get(address::address(&self.base_url, [utility], &[]))
        }
    }

    fn esearch(&self, term: &str, limit: usize) -> Call {
        let limit = limit.clamp(1, CAPABILITIES.max_page).to_string();
        let page = [("term", term), ("retmode", "json"), ("retstart", "0"), ("retmax", &limit), ("sort", "relevance")];
        self.call("esearch.fcgi", &page)
    }

    fn efetch(&self, ids: &[String]) -> Call {
        let call = self.call("efetch.fcgi", &[("retmode", "xml"), ("id", &ids.join(","))]);
        Call { accept: "text/xml", ..call }
    }

    /// Both calls; the second is not made for no ids, which NCBI answers with an error.
    async fn find(
        &self,
        term: &str,
        limit: usize,
        deadline: Instant,
        fetcher: &Fetcher,
        fetched_at: Option<DateTime<Utc>>,
    ) -> Result<Page, SourceError> {
        let call = self.esearch(term, limit);
        let found = fetcher.fetch(SourceId::Pubmed, &call, deadline, |reply| esearch::read(&reply)).await?;
        let mut page = self.records(&found.ids, deadline, fetcher, fetched_at).await?;
        page.reported = found.count;
        page.warnings = found.warnings;
        Ok(page)
    }

    async fn records(
        &self,
        ids: &[String],
        deadline: Instant,
        fetcher: &Fetcher,
        fetched_at: Option<DateTime<Utc>>,
    ) -> Result<Page, SourceError> {
        if ids.is_empty() {
            return Ok(Page::default());
        }
        let read = |reply| efetch::read(&reply, ids, fetched_at);
        fetcher.fetch(SourceId::Pubmed, &self.efetch(ids), deadline, read).await
    }
}

impl Source for Pubmed {
    fn id(&self) -> SourceId {
        SourceId::Pubmed
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn translate(&self, plan: &Plan) -> String {
        render::boolean(&plan.pushed, &Tags)
    }

    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            let term = self.translate(request.plan);
            self.find(&term, request.limit, request.deadline, fetcher, Some(request.now)).await
        })
    }

    fn lookup<'a>(
        &'a self,
        identifier: &'a Identifier,
        deadline: Instant,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Option<Record>, SourceError>> {
        Box::pin(async move {
            let page = match identifier {
                Identifier::Arxiv(_) => return Ok(None),
                Identifier::Pmid(id) => self.records(std::slice::from_ref(id), deadline, fetcher, None).await?,
                Identifier::Doi(_) | Identifier::Pmcid(_) => {
                    let mut term = String::new();
                    Tags.leaf(&Leaf::Identifier(identifier.clone()), &mut term);
                    self.find(&term, 1, deadline, fetcher, None).await?
                }
            };
            Ok(answer::only(page))
        })
    }
}

/// PubMed's spelling: a tag in brackets behind each word. Words without a tag are mapped to subject headings too, as on
/// the website.
struct Tags;

impl Syntax for Tags {
    fn leaf(&self, leaf: &Leaf, out: &mut String) {
        match leaf {
            Leaf::Text { field, text, phrase } => text_leaf(*field, text, *phrase, out),
            Leaf::Year(years) => {
                let (from, to) = (years.from.unwrap_or(1000), years.to.unwrap_or(3000));
                // Writing into a string cannot fail.
                let _ = write!(out, "{from:04}:{to:04}[dp]");
            }
            Leaf::Identifier(Identifier::Doi(doi)) => out.extend(["\"", &doi.replace('"', ""), "\"[aid]"]),
            Leaf::Identifier(Identifier::Pmid(id)) => out.extend([id, "[pmid]"]),
            // PMC ids are found without a tag.
            Leaf::Identifier(Identifier::Pmcid(id)) => out.push_str(id),
            Leaf::Type(kind) => out.push_str(kind_filter(*kind)),
            Leaf::Open(true) => out.push_str("free full text[filter]"),
            Leaf::Open(false) => out.push_str("(all[sb] NOT free full text[filter])"),
            // Not pushed: see the capabilities.
            Leaf::Identifier(Identifier::Arxiv(_)) => {}
        }
    }
}

fn text_leaf(field: Field, text: &str, phrase: bool, out: &mut String) {
    let words = address::words(text, |c| matches!(c, '"' | '(' | ')' | '[' | ']' | ':' | '*'));
    let tag = match field {
        Field::Title => "[ti]",
        Field::Author => "[au]",
        Field::Any | Field::Abstract => "",
    };
    if words.is_empty() {
        return;
    }
    if field == Field::Author {
        // Quotes would switch off that `smith j` finds `Smith JA`.
        out.extend([&words.join(" "), tag]);
    } else if phrase {
        out.extend(["\"", &words.join(" "), "\"", tag]);
    } else {
        let tagged: Vec<String> = words.iter().map(|word| format!("{word}{tag}")).collect();
        address::grouped(&tagged, " AND ", out);
    }
}

fn kind_filter(kind: WorkType) -> &'static str {
    match kind {
        WorkType::Article => "(journal article[pt] NOT (review[pt] OR preprint[pt]))",
        WorkType::Review => "review[pt]",
        WorkType::Preprint => "preprint[pt]",
        WorkType::Notice => "(retraction of publication[pt] OR published erratum[pt] OR expression of concern[pt])",
        _ => "",
    }
}
