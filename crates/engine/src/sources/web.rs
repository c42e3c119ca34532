//! What the sources of the web have in common: how they are asked, and how a page that they found becomes a record.

use http::{HeaderName, HeaderValue};

use super::{address, answer};
use crate::{
    identifier::{self, page::canonical},
    item::{Identifier, Record, WorkType},
    plan::Plan,
    query::{Expr, Field, Leaf},
    source::SourceError,
    text,
};

/// The query of a search of the web: the words and phrases that the plan pushes, each in its place.
///
/// What is applied here afterwards and the web knows an operator for is said with it all the same, so that the few hits of
/// a page are not spent on what would be thrown away: a phrase in quotes, what must not occur with a minus, and where the
/// source has `intitle:` (`in_title`) a word of the title with that. It stays marked as applied here, since not every
/// engine behind a source keeps to every operator.
pub fn question(plan: &Plan, in_title: bool) -> String {
    let mut parts = Vec::new();
    for condition in &plan.pushed {
        condition.each_positive(&mut |leaf| {
            if let Leaf::Text { text, phrase, .. } = leaf {
                let words = words(text);
                parts.extend(if *phrase { quoted(&words).into_iter().collect() } else { words });
            }
        });
    }
    for condition in &plan.local {
        match condition {
            Expr::Leaf(Leaf::Text { field: Field::Any, text, phrase: true }) => {
                let words = words(text);
                replace(&mut parts, &words, quoted(&words));
            }
            Expr::Leaf(Leaf::Text { field: Field::Title, text, .. }) if in_title => {
                let words = words(text);
                replace(&mut parts, &words, words.iter().map(|word| format!("intitle:{word}")));
            }
            Expr::Not(inner) => {
                if let Some(Leaf::Text { field: Field::Any, text, .. }) = inner.as_leaf() {
                    parts.extend(quoted(&words(text)).map(|unwanted| format!("-{unwanted}")));
                }
            }
            _ => {}
        }
    }
    parts.join(" ")
}

/// Refuses a question without words.
pub fn some_words(question: &str) -> Result<(), SourceError> {
    if question.is_empty() {
        return Err(SourceError::Unsupported { reason: "the query has no word that can be searched for".to_owned() });
    }
    Ok(())
}

/// The words without what engines take for their own: quotes, fields (`site:`), SearXNG's `!engine`, `:language`, `<seconds`.
fn words(text: &str) -> Vec<String> {
    address::words(text, |c| {
        matches!(
            c,
            '"' | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '<'
                | '>'
                | ':'
                | '!'
                | '?'
                | '|'
                | '*'
                | '~'
                | '^'
                | '\\'
                | '«'
                | '»'
        ) || ('\u{201c}'..='\u{201f}').contains(&c)
    })
}

/// Several words as a phrase, one as it is; nothing for none.
fn quoted(words: &[String]) -> Option<String> {
    match words {
        [] => None,
        [word] => Some(word.clone()),
        several => Some(format!("\"{}\"", several.join(" "))),
    }
}

/// Puts `new` in the place of the first of `words`, and takes them all out.
fn replace(parts: &mut Vec<String>, words: &[String], new: impl IntoIterator<Item = String>) {
    let at = parts.iter().position(|part| words.contains(part)).unwrap_or(parts.len());
    parts.retain(|part| !words.contains(part));
    parts.splice(at..at, new);
}

/// The record of a page: where it is, what it is called, what it says, and the work that its address names. `None` without
/// a title and for what is no address of the web.
pub fn page(url: &str, title: Option<String>, extract: Option<String>) -> Option<Record> {
    let url = answer::web_address(&text::tidy(url))?;
    let page = canonical(&url)?;
    let site = page.split(['/', '?', '#']).next().unwrap_or_default();
    let mut record = Record {
        title: title?,
        abstract_text: extract.map(Into::into),
        venue: Some(site.to_owned()),
        kind: WorkType::Web,
        ..Record::default()
    };
    match identifier::from_url(&url) {
        Some(Identifier::Doi(doi)) => record.doi = Some(doi),
        Some(Identifier::Arxiv(id)) => record.arxiv_id = Some(id),
        Some(Identifier::Pmid(id)) => record.pmid = Some(id),
        Some(Identifier::Pmcid(id)) => record.pmcid = Some(id),
        None => {}
    }
    record.source_id = page;
    record.url = Some(url);
    Some(record)
}

/// A header that is never logged; `None` for a key that no header can hold.
pub fn secret(name: HeaderName, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{capabilities::Capabilities, plan::plan, query::Query};

    const PHRASES: Capabilities = Capabilities { phrase: true, ..Capabilities::NONE };

    fn asked(query: &str, capabilities: &Capabilities, in_title: bool) -> String {
        question(&plan(&Query::parse(query).unwrap(), capabilities).unwrap(), in_title)
    }

    #[test]
    fn what_is_applied_here_is_asked_for_too_where_the_web_has_an_operator() {
        let query = "crispr \"base editing\" -review title:cas9 -\"off target\"";
        assert_eq!(asked(query, &Capabilities::NONE, false), "crispr \"base editing\" cas9 -review -\"off target\"");
        assert_eq!(asked(query, &PHRASES, true), "crispr \"base editing\" intitle:cas9 -review -\"off target\"");
        let title = "title:\"base editing\" cells";
        assert_eq!(asked(title, &Capabilities::NONE, true), "intitle:base intitle:editing cells");
        assert_eq!(asked(title, &PHRASES, true), "\"base editing\" cells intitle:base intitle:editing");
    }

    #[test]
    fn alternatives_are_a_bag_and_other_fields_only_words() {
        assert_eq!(asked("a (b OR \"c d\")", &Capabilities::NONE, true), "a b c d");
        assert_eq!(asked("lamp author:doudna -author:zhang year:2020", &Capabilities::NONE, true), "lamp doudna");
    }

    #[test]
    fn what_engines_take_for_their_own_is_asked_for_as_a_word() {
        let text = |text: &str| {
            let leaf = Leaf::Text { field: Field::Any, text: text.to_owned(), phrase: false };
            question(&Plan { pushed: vec![Expr::Leaf(leaf)], local: vec![], applied: vec![] }, true)
        };
        assert_eq!(
            text("!google !!g :de <3 ?x site:evil.example C++ C# -y \"z"),
            "google g de 3 x site evil.example C++ C# y z"
        );
        assert_eq!(text("AND OR NOT “so”"), "and or not so");
        assert_eq!(text("!!! :)"), "");
    }

    #[test]
    fn a_page_is_named_by_its_address_and_by_the_work_that_the_address_names() {
        let of = |url: &str| page(url, Some("T".to_owned()), None).unwrap();
        let plain = of(" https://www.example.org/a/?utm_source=x#top ");
        assert_eq!((plain.source_id.as_str(), plain.venue.as_deref()), ("example.org/a", Some("example.org")));
        assert_eq!(plain.url.as_deref(), Some("https://www.example.org/a/?utm_source=x#top"));
        assert_eq!((plain.kind, plain.doi), (WorkType::Web, None));
        assert_eq!(of("https://doi.org/10.5555/LAMP").doi.as_deref(), Some("10.5555/lamp"));
        assert_eq!(of("https://arxiv.org/abs/2101.00001v2").arxiv_id.as_deref(), Some("2101.00001"));
        assert_eq!(of("https://pubmed.ncbi.nlm.nih.gov/9806660/").pmid.as_deref(), Some("9806660"));
        assert_eq!(of("https://pmc.ncbi.nlm.nih.gov/articles/PMC123456/").pmcid.as_deref(), Some("PMC123456"));
        assert_eq!(of("https://example.org?q=1").venue.as_deref(), Some("example.org"));
    }

    #[test]
    fn what_leads_nowhere_or_has_no_title_is_no_page() {
        for url in [
            "",
            "https://exam ple.org/",
            "https://[x",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://example.org/",
            "/a",
            "http://user@host/",
        ] {
            assert_eq!(page(url, Some("T".to_owned()), None), None, "{url}");
        }
        assert_eq!(page("https://example.org/", None, Some("x".to_owned())), None);
    }
}
