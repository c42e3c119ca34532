//! Wikipedia: articles of the encyclopedia, through MediaWiki's action API (`/w/api.php`, JSON). Facts: sources.md §3.12.

use futures_util::future::BoxFuture;
use url::Url;

use super::{Settings, address, answer};
use crate::{
    capabilities::Capabilities,
    connector::{Page, Source, SourceRequest},
    fetch::{Call, Fetcher, Reply},
    item::WorkType,
    plan::Plan,
    query::{Field, Leaf},
    source::{SourceError, SourceId},
};

mod answers;
mod article;
#[cfg(test)]
mod tests;

pub use answers::parse;

/// No OR and NOT: CirrusSearch drops parentheses, and its operators do not mean what they say where they are mixed
/// (Help:CirrusSearch/Logical operators). What must not occur is looked for in the extract only: hardly an article is
/// without the word "review" somewhere.
static CAPABILITIES: Capabilities = Capabilities {
    title: true,
    phrase: true,
    holds: &[WorkType::Encyclopedia],
    // Opening paragraphs are given for twenty articles at once.
    max_page: 20,
    max_total: 10_000,
    ..Capabilities::NONE
};

/// Makes the connector.
pub fn build(settings: Settings) -> Box<dyn Source> {
    Box::new(Wikipedia { base_url: settings.base_url })
}

struct Wikipedia {
    base_url: Url,
}

impl Wikipedia {
    /// Search and opening paragraphs in one call.
    fn call(&self, search: &str, limit: usize) -> Call {
        let limit = limit.clamp(1, CAPABILITIES.max_page).to_string();
        let parameters = [
            ("action", "query"),
            ("format", "json"),
            ("formatversion", "2"),
            ("generator", "search"),
            ("gsrsearch", search),
            ("gsrlimit", &limit),
            ("prop", "extracts|info|pageprops"),
            ("exintro", "1"),
            ("explaintext", "1"),
            ("exlimit", "max"),
            ("inprop", "url"),
            ("ppprop", "wikibase-shortdesc"),
        ];
        Call::get(address::address(&self.base_url, ["w", "api.php"], &parameters))
    }
}

impl Source for Wikipedia {
    fn id(&self) -> SourceId {
        SourceId::Wikipedia
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn translate(&self, plan: &Plan) -> String {
        // All words are asked for, but for alternatives that stand alone: that is the one OR that means what it says.
        let any = plan.is_choice();
        let mut parts = Vec::new();
        for leaf in plan.leaves() {
            if let Leaf::Text { field, text, phrase } = leaf {
                spell(if any { Field::Any } else { *field }, text, *phrase, &mut parts);
            }
        }
        parts.join(if any { " OR " } else { " " })
    }

    fn search<'a>(
        &'a self,
        request: &'a SourceRequest<'a>,
        fetcher: &'a Fetcher,
    ) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            let call = self.call(&self.translate(request.plan), request.limit);
            let read = |reply: Reply| {
                answer::succeeded(&reply, |_| None)?;
                answers::read(&reply.body, Some(request.now), reply.retry_after(request.now))
            };
            fetcher.fetch(SourceId::Wikipedia, &call, request.deadline, read).await
        })
    }
}

/// A word, a phrase, or either in the title, without what CirrusSearch takes for its own: keywords (`insource:`), regular
/// expressions, wildcards, NOT.
fn spell(field: Field, text: &str, phrase: bool, parts: &mut Vec<String>) {
    let words = address::words(text, |c| c.is_ascii_punctuation() && !matches!(c, '-' | '\'' | '.' | ',' | '_' | '%'));
    let prefix = if field == Field::Title { "intitle:" } else { "" };
    if phrase && words.len() > 1 {
        parts.push(format!("{prefix}\"{}\"", words.join(" ")));
    } else {
        parts.extend(words.iter().map(|word| format!("{prefix}{word}")));
    }
}
