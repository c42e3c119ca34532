//! Why a source cannot be asked, in words for people. They stand behind "cannot be asked this: ".

use crate::{
    item::{Identifier, WorkType},
    query::{Expr, Leaf, Query},
};

/// The source holds none of the `wanted` types.
pub(super) fn holds_none_of(wanted: &[WorkType], holds: &[WorkType]) -> String {
    let names = |kinds: &[WorkType], last: &str| {
        let names: Vec<&str> = kinds.iter().map(|kind| plural(*kind)).collect();
        match names.split_last() {
            Some((only, [])) => (*only).to_owned(),
            Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
            None => String::new(),
        }
    };
    format!("it holds no {}, only {}", names(wanted, "or"), names(holds, "and"))
}

/// No words and no identifier are left that the source could be asked for.
pub(super) fn nothing_to_ask(query: &Query) -> String {
    let (mut identifier, mut has_words) = (None, false);
    for condition in &query.all_of {
        condition.each_positive(&mut |leaf| match leaf {
            Leaf::Identifier(found) => identifier = identifier.or(Some(found)),
            Leaf::Text { .. } => has_words = true,
            Leaf::Year(_) | Leaf::Type(_) | Leaf::Open(_) => {}
        });
    }
    match (identifier, has_words) {
        (Some(identifier), false) => format!("it cannot look up {}", scheme(identifier)),
        (None, false) => "it needs words to search for, and the query only restricts what is found".to_owned(),
        (_, true) => {
            let or = query.all_of.iter().find(|condition| matches!(condition, Expr::Or(_)));
            let clause = or.map_or_else(|| query.to_string(), Expr::to_string);
            format!("it can only be asked for words, and `{clause}` may hold without any that it understands")
        }
    }
}

const fn scheme(identifier: &Identifier) -> &'static str {
    match identifier {
        Identifier::Doi(_) => "a DOI",
        Identifier::Arxiv(_) => "an arXiv id",
        Identifier::Pmid(_) => "a PubMed id",
        Identifier::Pmcid(_) => "a PubMed Central id",
    }
}

const fn plural(kind: WorkType) -> &'static str {
    match kind {
        WorkType::Article => "journal articles",
        WorkType::Preprint => "preprints",
        WorkType::Review => "reviews",
        WorkType::Conference => "conference papers",
        WorkType::Book => "books",
        WorkType::Chapter => "chapters",
        WorkType::Thesis => "theses",
        WorkType::Dataset => "data sets",
        WorkType::Software => "software",
        WorkType::Report => "reports",
        WorkType::Notice => "notices",
        WorkType::Encyclopedia => "encyclopedia articles",
        WorkType::Web => "web pages",
        WorkType::News => "news",
        WorkType::Other => "works of other types",
    }
}
