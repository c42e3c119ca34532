//! RIS as reference managers read it: a tag, two spaces, a hyphen, a space, the value; lines end with CRLF.

use engine::{
    item::{Author, PartialDate, WorkType},
    text::tidy,
    work::Work,
};

/// The works as a `.ris` file.
pub fn render(works: &[Work]) -> String {
    let mut text = String::with_capacity(2_000 * works.len());
    for work in works {
        reference(&mut text, work);
    }
    text
}

fn reference(text: &mut String, work: &Work) {
    line(text, "TY", kind(work.kind));
    for author in &*work.authors {
        line(text, "AU", &name(author));
    }
    line(text, "TI", &work.title);
    if let Some(venue) = &work.venue {
        line(text, place(work.kind), venue);
    }
    if let Some(date) = &work.date {
        line(text, "PY", &format!("{:04}", date.year));
        line(text, "DA", &slashed(date));
    }
    some(text, "VL", work.volume.as_deref());
    some(text, "IS", work.issue.as_deref());
    let (first, last) = pages(work.pages.as_deref().unwrap_or_default());
    line(text, "SP", &first);
    line(text, "EP", &last);
    some(text, "DO", work.doi.as_deref());
    some(text, "AN", work.pmid.as_deref());
    some(text, "C2", work.pmcid.as_deref());
    some(text, "UR", work.url.as_deref());
    some(text, "L1", work.pdf_url.as_deref());
    some(text, "LA", work.language.as_deref());
    for topic in &work.topics {
        line(text, "KW", topic);
    }
    if let Some(id) = &work.arxiv_id {
        line(text, "N1", &format!("arXiv:{id}"));
    }
    if work.is_retracted {
        let notice = work.retraction_notice_doi.as_ref().map(|doi| format!(", see https://doi.org/{doi}"));
        line(text, "N1", &format!("Retracted{}", notice.unwrap_or_default()));
    }
    some(text, "AB", work.abstract_text.as_deref());
    text.push_str("ER  - \r\n\r\n");
}

/// A line, when there is something to say; whatever would end the line is a space in it.
fn line(text: &mut String, tag: &str, value: &str) {
    let value = tidy(value);
    if !value.is_empty() {
        for part in [tag, "  - ", &value, "\r\n"] {
            text.push_str(part);
        }
    }
}

fn some(text: &mut String, tag: &str, value: Option<&str>) {
    line(text, tag, value.unwrap_or_default());
}

const fn kind(kind: WorkType) -> &'static str {
    match kind {
        WorkType::Article | WorkType::Review | WorkType::Notice => "JOUR",
        WorkType::Preprint => "UNPB",
        WorkType::Conference => "CPAPER",
        WorkType::Book => "BOOK",
        WorkType::Chapter => "CHAP",
        WorkType::Thesis => "THES",
        WorkType::Dataset => "DATA",
        WorkType::Software => "COMP",
        WorkType::Report => "RPRT",
        WorkType::Encyclopedia => "ENCYC",
        WorkType::Web => "ELEC",
        WorkType::News => "NEWS",
        WorkType::Other => "GEN",
    }
}

/// The tag for where the work appeared: what contains it, or who published it.
const fn place(kind: WorkType) -> &'static str {
    match kind {
        WorkType::Book | WorkType::Thesis | WorkType::Report | WorkType::Dataset | WorkType::Software => "PB",
        _ => "T2",
    }
}

/// `Family, Given`; a group's name as it is, without commas, which would turn it.
fn name(author: &Author) -> String {
    let part = |part: Option<&str>| part.map(|part| tidy(part).into_owned()).filter(|part| !part.is_empty());
    match (part(author.family.as_deref()), part(author.given.as_deref())) {
        (Some(family), Some(given)) => format!("{}, {}", family.replace(',', ""), given.replace(',', "")),
        (Some(family), None) => family.replace(',', ""),
        (None, _) => author.name.replace(',', ""),
    }
}

/// `2024/05/08/`: year, month, day, and nothing else known.
fn slashed(date: &PartialDate) -> String {
    let two = |number: Option<u8>| number.map(|number| format!("{number:02}")).unwrap_or_default();
    format!("{:04}/{}/{}/", date.year, two(date.month), two(date.day))
}

/// First and last page; an article number is a first page without a last.
fn pages(pages: &str) -> (String, String) {
    let pages = tidy(pages).replace(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}'], "-");
    let parts: Vec<_> = pages.split('-').map(str::trim).filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [first, last] => (first.to_owned(), last.to_owned()),
        _ => (pages, String::new()),
    }
}
