//! `efetch`'s answers: a set of articles and books in XML, or an error.

use chrono::{DateTime, Utc};

use super::{
    super::answer::{self, Answer},
    article, book, esearch,
};
use crate::{
    connector::Page,
    fetch::Reply,
    source::{SourceError, SourceId},
    work::SharedRecord,
    xml::Xml,
};

/// Reads a set of articles, in its own order. `fetched_at` goes into the records. Pure.
pub fn parse(body: &[u8], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    read_text(&String::from_utf8_lossy(body), &[], fetched_at)
}

/// Reads an answer and brings its records into the order of `ids`, which is that of relevance.
pub(super) fn read(reply: &Reply, ids: &[String], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    match read_text(&reply.text(), ids, fetched_at) {
        Err(SourceError::Malformed { .. }) if !reply.status.is_success() => {
            answer::succeeded(reply, |_| None).map(|()| Page::default())
        }
        page => page,
    }
}

fn read_text(text: &str, ids: &[String], fetched_at: Option<DateTime<Utc>>) -> Result<Page, SourceError> {
    let mut xml = Xml::new(text);
    let root = xml.root()?;
    if root.name() != "PubmedArticleSet" {
        let name = root.name().to_owned();
        return error_of(&mut xml, &name);
    }
    let mut found: Vec<(&[u8], Option<SharedRecord>)> = Vec::new();
    loop {
        let mark = xml.rest();
        let Some(child) = xml.child()? else { break };
        let record = match child.name() {
            // Read into memory before they are put in order: not without bound.
            _ if found.len() >= answer::MAX_RECORDS as usize => {
                xml.skip()?;
                continue;
            }
            "PubmedArticle" => article::read(&mut xml)?,
            "PubmedBookArticle" => book::read(&mut xml)?,
            _ => {
                xml.skip()?;
                continue;
            }
        };
        found.push((xml.since(mark), record));
    }
    let place = |record: &Option<SharedRecord>| {
        record.as_ref().and_then(|record| ids.iter().position(|id| *id == record.source_id)).unwrap_or(usize::MAX)
    };
    if !ids.is_empty() {
        found.sort_by_cached_key(|(_, record)| place(record));
    }
    let mut answer = Answer::new(SourceId::Pubmed, fetched_at);
    for (raw, record) in found {
        answer.take(raw, record);
    }
    answer.page()
}

/// `<eFetchResult><ERROR>…</ERROR></eFetchResult>` and its kin. That no id is right is no error: there is no such record.
fn error_of(xml: &mut Xml<'_>, root: &str) -> Result<Page, SourceError> {
    if root == "ERROR" {
        return Err(esearch::failure(xml.inner()?));
    }
    if root.eq_ignore_ascii_case("html") {
        return Err(answer::malformed("a page of HTML where XML was expected"));
    }
    while let Some(child) = xml.child()? {
        if child.name() == "ERROR" {
            let message = xml.inner()?;
            if message.contains("ID list is empty") {
                return Ok(Page::default());
            }
            return Err(esearch::failure(message));
        }
        xml.skip()?;
    }
    Err(answer::malformed(&format!("<{root}> where <PubmedArticleSet> was expected")))
}
