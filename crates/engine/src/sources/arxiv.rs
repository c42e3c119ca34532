//! arXiv: preprints, through its query API (`/api/query`, Atom). Facts: sources.md §3.1.

use std::fmt::Write;

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
        Expr, Field, Leaf,
        render::{self, Syntax},
    },
    source::{SourceError, SourceId},
};

mod feed;
#[cfg(test)]
mod tests;

pub use feed::parse;

/// arXiv's first year; the end of open ranges lies far ahead.
const FIRST_YEAR: i32 = 1991;
const LAST_YEAR: i32 = 2999;

static CAPABILITIES: Capabilities = Capabilities {
    title: true,
    author: true,
    abstract_text: true,
    phrase: true,
    boolean: true,
    mixed: true,
    year_range: true,
    arxiv_lookup: true,
    holds: &[WorkType::Preprint],
    max_page: 100,
    max_total: 30_000,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(Arxiv { base_url: settings.base_url })
}

struct Arxiv {
    base_url: Url,
}

/// What is asked: `search_query` and `id_list`, either may be empty.
struct Question {
    search_query: String,
    id_list: String,
}

impl Question {
    /// An id that must hold by itself goes into `id_list`, as the manual wants it; the rest into `search_query`.
    fn of(plan: &Plan) -> Self {
        let alone = |condition: &&Expr| matches!(condition.as_leaf(), Some(Leaf::Identifier(Identifier::Arxiv(_))));
        let mut ids = plan.pushed.iter().filter(alone);
        let (first, second) = (ids.next(), ids.next());
        if let (Some(Expr::Leaf(Leaf::Identifier(id))), None) = (first, second) {
            let others = plan.pushed.iter().filter(|condition| !alone(condition));
            return Self { search_query: render::boolean(others, &Prefixes), id_list: id.value().to_owned() };
        }
        Self { search_query: render::boolean(&plan.pushed, &Prefixes), id_list: String::new() }
    }

    fn parameters(&self) -> [(&str, &str); 2] {
        [("search_query", &self.search_query), ("id_list", &self.id_list)]
    }
}

impl Arxiv {
    fn call(&self, question: &Question, limit: usize) -> Call {
        let limit = limit.clamp(1, CAPABILITIES.max_page).to_string();
        let [query, ids] = question.parameters();
        let parameters =
            [query, ids, ("start", "0"), ("max_results", &limit), ("sortBy", "relevance"), ("sortOrder", "descending")];
        let url = address::address(&self.base_url, ["api", "query"], &parameters);
        Call { accept: "application/atom+xml", ..Call::get(url) }
    }
}

impl Source for Arxiv {
    fn id(&self) -> SourceId {
        SourceId::Arxiv
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn translate(&self, plan: &Plan) -> String {
        address::shown(&Question::of(plan).parameters())
    }

    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            let call = self.call(&Question::of(request.plan), request.limit);
            let read = |reply: Reply| read(&reply, Some(request.now));
            fetcher.fetch(SourceId::Arxiv, &call, request.deadline, read).await
        })
    }

    fn lookup<'a>(
        &'a self,
        identifier: &'a Identifier,
        deadline: Instant,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Option<Record>, SourceError>> {
        Box::pin(async move {
            let Identifier::Arxiv(id) = identifier else { return Ok(None) };
            let call = self.call(&Question { search_query: String::new(), id_list: id.clone() }, 1);
            let page = fetcher.fetch(SourceId::Arxiv, &call, deadline, |reply| read(&reply, None)).await?;
            Ok(answer::only(page))
        })
    }
}

/// Reads an answer. Errors come as a feed too, with status 200 or 400; anything else but success is text or HTML.
fn read(reply: &Reply, fetched_at: Option<chrono::DateTime<chrono::Utc>>) -> Result<Page, SourceError> {
    let page = feed::read(&reply.text(), fetched_at);
    if reply.status.is_success() || matches!(page, Err(SourceError::BadQuery { .. })) {
        return page;
    }
    answer::succeeded(reply, |_| None).and(page)
}

/// arXiv's spelling: a prefix before every single word, or only the first would be restricted to the field.
struct Prefixes;

impl Syntax for Prefixes {
    fn and_not(&self) -> &'static str {
        " ANDNOT "
    }

    fn leaf(&self, leaf: &Leaf, out: &mut String) {
        match leaf {
            Leaf::Text { field, text, phrase } => {
                let prefix = match field {
                    Field::Any => "all:",
                    Field::Title => "ti:",
                    Field::Author => "au:",
                    Field::Abstract => "abs:",
                };
                let words = address::words(text, |c| matches!(c, '"' | '(' | ')' | '[' | ']' | ':' | '\\'));
                if *phrase && words.len() > 1 {
                    out.extend([prefix, "\"", &words.join(" "), "\""]);
                } else {
                    let prefixed: Vec<String> = words.iter().map(|word| format!("{prefix}{word}")).collect();
                    address::grouped(&prefixed, " AND ", out);
                }
            }
            Leaf::Year(years) => {
                let (from, to) = (years.from.unwrap_or(FIRST_YEAR), years.to.unwrap_or(LAST_YEAR));
                // Writing into a string cannot fail.
                let _ = write!(out, "submittedDate:[{from:04}01010000 TO {to:04}12312359]");
            }
            Leaf::Identifier(Identifier::Arxiv(id)) => out.extend(["id:", id]),
            // The planner pushes nothing else: see the capabilities.
            Leaf::Identifier(_) | Leaf::Type(_) | Leaf::Open(_) => {}
        }
    }
}
