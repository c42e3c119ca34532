//! What must hold of every record, whatever source it comes from.

use chrono::NaiveDate;
use engine::{
    identifier,
    item::{Author, Identifier, PartialDate, Record},
};

use crate::written;

/// Asserts what must hold of a record.
pub fn holds(record: &Record) {
    written::is_some(&record.source_id);
    written::is_some(&record.title);
    record.authors.iter().for_each(author);
    if let Some(date) = &record.date {
        exists(date);
    }
    identifiers(record);
    record.abstract_text.iter().for_each(|text| written::is_some(text));
    let texts =
        [&record.venue, &record.volume, &record.issue, &record.pages, &record.language, &record.licence, &record.via];
    texts.into_iter().flatten().chain(&record.issn).chain(&record.isbn).chain(&record.topics).for_each(|text| {
        written::is_some(text);
    });
    for address in [&record.url, &record.pdf_url].into_iter().flatten() {
        written::is_web_address(address);
    }
    assert!(record.score_native.is_none_or(f64::is_finite), "score {:?}", record.score_native);
    assert!(record.rank_native >= 1);
    let mut topics = record.topics.clone();
    topics.sort_unstable();
    topics.dedup();
    assert_eq!(topics.len(), record.topics.len(), "a topic stands there twice");
}

/// Asserts what must hold of an author.
pub fn author(author: &Author) {
    written::is_some(&author.name);
    let parts = [author.given.as_deref(), author.family.as_deref(), author.affiliation.as_deref()];
    parts.into_iter().flatten().for_each(written::is_some);
    if let Some(orcid) = &author.orcid {
        assert_eq!(engine::names::orcid(orcid).as_ref(), Some(orcid));
    }
}

/// Asserts that there is such a date.
pub fn exists(date: &PartialDate) {
    assert!((1000..=2999).contains(&date.year), "{date:?}");
    assert!(date.month.is_some() || date.day.is_none(), "{date:?}");
    let (month, day) = (date.month.unwrap_or(1), date.day.unwrap_or(1));
    assert!(NaiveDate::from_ymd_opt(date.year, month.into(), day.into()).is_some(), "{date:?}");
}

fn identifiers(record: &Record) {
    for doi in [&record.doi, &record.retraction_notice_doi].into_iter().flatten() {
        is_key(&Identifier::Doi(doi.clone()));
    }
    let others = [
        record.arxiv_id.clone().map(Identifier::Arxiv),
        record.pmid.clone().map(Identifier::Pmid),
        record.pmcid.clone().map(Identifier::Pmcid),
    ];
    others.iter().flatten().chain(record.version_of.iter().map(|relation| &relation.target)).for_each(is_key);
}

/// Asserts that an identifier is in its key form.
pub fn is_key(identifier: &Identifier) {
    let value = identifier.value();
    written::is_some(value);
    let again = match identifier {
        Identifier::Doi(_) => identifier::doi(value),
        Identifier::Arxiv(_) => identifier::arxiv(value),
        Identifier::Pmid(_) => identifier::pmid(value),
        Identifier::Pmcid(_) => identifier::pmcid(value),
    };
    assert_eq!(again.as_deref(), Some(value), "{identifier:?} is not in its key form");
}

/// Bytes of all its texts.
pub fn size(record: &Record) -> usize {
    serde_json::to_vec(record).map_or(usize::MAX, |written| written.len())
}
