//! Names of authors, ORCID iDs and codes of languages.
#![no_main]

use engine::{
    item::Author,
    names,
    sources::{address, language},
    text,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|name: &str| {
    let (given, family) = name.split_once('|').unwrap_or((name, ""));
    let read: [Option<Author>; 5] = [
        names::displayed(name),
        names::with_initials_last(name),
        names::whole(name),
        names::from_parts(Some(given), Some(family)),
        names::from_parts(None, Some(name)),
    ];
    for author in read.iter().flatten() {
        fuzz::record::author(author);
        assert!(author.name.len() <= 3 * name.len() + 1, "{author:?}");
        let known = |part: Option<&str>| part.is_none_or(|part| author.name.contains(part));
        assert!(known(author.given.as_deref()) && known(author.family.as_deref()), "{author:?}");
    }
    assert_eq!(names::whole(name).is_some(), text::tidy_some(name).is_some(), "a name is lost");
    if let Some(orcid) = names::orcid(name) {
        assert_eq!(names::orcid(&orcid), Some(orcid));
    }
    if let Some(code) = language::short(name) {
        assert!(matches!(code.len(), 2 | 3));
        assert_eq!(language::short(&code), Some(code));
    }
    for word in address::words(name, |c| c == '"') {
        assert!(!word.contains(|c: char| c == '"' || c.is_whitespace() || c.is_control()), "{word:?}");
    }
});
