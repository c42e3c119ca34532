//! Europe PMC: articles, preprints and patents of the life sciences, through its REST service (`/search`, JSON).
//! Facts: sources.md §3.3.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use tokio::time::Instant;
use url::Url;

use super::{Settings, address, answer};
use crate::{
    capabilities::Capabilities,
    connector::{Page, Source, SourceRequest},
    fetch::{Call, Fetcher, Reply},
    item::{Identifier, Record, WorkType},
    plan::Plan,
    query::{
        Field, Leaf,
        render::{self, Syntax},
    },
    source::{SourceError, SourceId},
};

mod answers;
mod hit;
#[cfg(test)]
mod tests;

pub use answers::parse;

static CAPABILITIES: Capabilities = Capabilities {
    title: true,
    author: true,
    abstract_text: true,
    phrase: true,
    boolean: true,
    mixed: true,
    year_range: true,
    doi_lookup: true,
    pmid_lookup: true,
    open_access: true,
    types: &[WorkType::Article, WorkType::Review, WorkType::Preprint],
    holds: &[
        WorkType::Article,
        WorkType::Review,
        WorkType::Preprint,
        WorkType::Conference,
        WorkType::Book,
        WorkType::Chapter,
        WorkType::Thesis,
        WorkType::Report,
        WorkType::Notice,
        WorkType::News,
        WorkType::Other,
    ],
    citations: true,
    max_page: 100,
    max_total: 1_000_000,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(EuropePmc { base_url: settings.base_url })
}

struct EuropePmc {
    base_url: Url,
}

impl EuropePmc {
    fn call(&self, query: &str, limit: usize) -> Call {
        let size = limit.clamp(1, CAPABILITIES.max_page).to_string();
        let parameters = [
            ("query", query),
            ("format", "json"),
            // Only "core" has abstracts.
            ("resultType", "core"),
            ("pageSize", &size),
            ("cursorMark", "*"),
            // Search as the website does.
            ("synonym", "TRUE"),
        ];
        Call::get(address::address(&self.base_url, ["search"], &parameters))
    }
}

impl Source for EuropePmc {
    fn id(&self) -> SourceId {
        SourceId::Europepmc
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn translate(&self, plan: &Plan) -> String {
        render::boolean(&plan.pushed, &Fields)
    }

    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            let call = self.call(&self.translate(request.plan), request.limit);
            let read = |reply: Reply| read(&reply, Some(request.now));
            fetcher.fetch(SourceId::Europepmc, &call, request.deadline, read).await
        })
    }

    fn lookup<'a>(
        &'a self,
        identifier: &'a Identifier,
        deadline: Instant,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Option<Record>, SourceError>> {
        Box::pin(async move {
            let mut query = String::new();
            Fields.leaf(&Leaf::Identifier(identifier.clone()), &mut query);
            if query.is_empty() {
                return Ok(None);
            }
            let call = self.call(&query, 1);
            let page = fetcher.fetch(SourceId::Europepmc, &call, deadline, |reply| read(&reply, None)).await?;
            Ok(answer::only(page))
        })
    }
}

/// Reads an answer; errors may come as JSON with any status.
fn read(reply: &Reply, fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    answer::succeeded(reply, answers::message_of)?;
    parse(&reply.body, fetched_at)
}

/// Europe PMC's spelling: a field name before each word.
struct Fields;

impl Syntax for Fields {
    fn leaf(&self, leaf: &Leaf, out: &mut String) {
        match leaf {
            Leaf::Text { field, text, phrase } => text_leaf(*field, text, *phrase, out),
            Leaf::Year(years) => {
                let (from, to) = (years.from.unwrap_or(1000), years.to.unwrap_or(3000));
                // Writing into a string cannot fail.
                let _ = write!(out, "PUB_YEAR:[{from:04} TO {to:04}]");
            }
            Leaf::Identifier(Identifier::Doi(doi)) => out.extend(["DOI:\"", &doi.replace(['"', '\\'], ""), "\""]),
            // The id alone is one in several data bases.
            Leaf::Identifier(Identifier::Pmid(id)) => out.extend(["(EXT_ID:", id, " AND SRC:MED)"]),
            Leaf::Identifier(Identifier::Pmcid(id)) => out.extend(["PMCID:", id]),
            Leaf::Type(WorkType::Article) => out.push_str("(PUB_TYPE:\"Journal Article\" NOT PUB_TYPE:\"Review\")"),
            Leaf::Type(WorkType::Review) => out.push_str("PUB_TYPE:\"Review\""),
            Leaf::Type(WorkType::Preprint) => out.push_str("SRC:PPR"),
            Leaf::Open(open) => out.push_str(if *open { "OPEN_ACCESS:y" } else { "OPEN_ACCESS:n" }),
            // Not pushed: see the capabilities.
            Leaf::Identifier(Identifier::Arxiv(_)) | Leaf::Type(_) => {}
        }
    }
}

fn text_leaf(field: Field, text: &str, phrase: bool, out: &mut String) {
    let means_something = |c| {
        matches!(
            c,
            '"' | '(' | ')' | '[' | ']' | '{' | '}' | ':' | '\\' | '/' | '^' | '~' | '*' | '?' | '!' | '&' | '|'
        )
    };
    let words = address::words(text, means_something);
    let name = match field {
        Field::Any => "",
        Field::Title => "TITLE:",
        Field::Author => "AUTH:",
        Field::Abstract => "ABSTRACT:",
    };
    if phrase && words.len() > 1 || field == Field::Author && !words.is_empty() {
        out.extend([name, "\"", &words.join(" "), "\""]);
    } else {
        let named: Vec<String> = words.iter().map(|word| format!("{name}{word}")).collect();
        address::grouped(&named, " AND ", out);
    }
}
