//! The query language: every error points into the text, and what is read is written so that it is read the same again;
//! plans are made of it, translated for every source and applied to a record.
#![no_main]

use engine::{
    capabilities::Capabilities,
    connector::Source,
    item::{Author, Record},
    plan,
    query::Query,
};
use libfuzzer_sys::fuzz_target;

/// A source that can do everything but restrict to types.
const ABLE: Capabilities = Capabilities {
    title: true,
    author: true,
    abstract_text: true,
    phrase: true,
    boolean: true,
    mixed: true,
    year_range: true,
    doi_lookup: true,
    arxiv_lookup: true,
    pmid_lookup: true,
    open_access: true,
    ..Capabilities::NONE
};

fuzz_target!(|text: &str| {
    let query = match Query::parse(text) {
        Ok(query) => query,
        Err(error) => {
            assert!((1..=text.chars().count().max(1)).contains(&error.column), "{error}");
            return;
        }
    };
    let written = query.to_string();
    match Query::parse(&written) {
        Ok(again) => {
            assert_eq!((&again.all_of, &again.sources), (&query.all_of, &query.sources), "written as `{written}`");
            assert_eq!(again.cache_key(), query.cache_key());
        }
        Err(error) => panic!("`{written}` of {query:?}: {error}"),
    }
    for capabilities in [&ABLE, &Capabilities { mixed: false, ..ABLE }, &Capabilities::NONE] {
        if let Ok(plan) = plan::plan(&query, capabilities) {
            assert!(!plan.pushed.is_empty());
        }
    }
    fuzz::connectors::all().iter().for_each(|source| translated(&query, &**source));
    let record = Record {
        title: query.text.clone(),
        authors: [Author { name: text.into(), ..Author::default() }].into(),
        abstract_text: Some(written.into()),
        ..Record::default()
    };
    plan::matches(&record, &query.all_of);
});

/// A source's own words hold nothing unreadable, every quote in pairs and, where they mean something, parentheses too.
fn translated(query: &Query, source: &dyn Source) {
    let Ok(plan) = plan::plan(query, source.capabilities()) else { return };
    let translated = source.translate(&plan);
    assert_eq!(source.translate(&plan), translated);
    assert!(!translated.contains(char::is_control), "{}: {translated:?}", source.id());
    let boolean = source.capabilities().boolean;
    let (mut quoted, mut open) = (false, 0_i32);
    for c in translated.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => open += 1,
            ')' if !quoted => open -= 1,
            _ => {}
        }
        assert!(open >= 0 || !boolean, "{}: {translated}", source.id());
    }
    assert!(!quoted && (open == 0 || !boolean), "{}: {translated}", source.id());
    assert!(translated.len() <= 64 * query.text.len() + 1_024, "{}: {} bytes", source.id(), translated.len());
}
