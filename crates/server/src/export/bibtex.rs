//! BibTeX as bibtex, biber and reference managers read it: UTF-8, with what LaTeX would act upon spelt out.
//!
//! Braces never come from the text itself (BibTeX counts them even behind a backslash): `{` is `\textbraceleft{}`.

use std::fmt::Write;

use engine::{
    item::{Author, WorkType},
    text::tidy,
    work::Work,
};

use super::keys;

/// Names of months that every style knows; they stand without braces.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The works as a `.bib` file.
pub fn render(works: &[Work]) -> String {
    let mut text = String::with_capacity(2_000 * works.len());
    for (work, key) in works.iter().zip(keys::of(works)) {
        if !text.is_empty() {
            text.push('\n');
        }
        entry(&mut text, work, &key);
    }
    text
}

fn entry(text: &mut String, work: &Work, key: &str) {
    let (kind, place) = kind(work);
    text.push('@');
    text.push_str(kind);
    text.push('{');
    text.push_str(key);
    text.push_str(",\n");
    field(text, "title", &title(&work.title));
    field(text, "author", &authors(&work.authors));
    prose(text, place, work.venue.as_deref());
    if let Some(date) = &work.date {
        field(text, "year", &format!("{:04}", date.year));
        if let Some(month) = date.month.and_then(|month| MONTHS.get(usize::from(month).checked_sub(1)?)) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  month = {month},");
        }
        field(text, "day", &date.day.map(|day| day.to_string()).unwrap_or_default());
    }
    prose(text, "volume", work.volume.as_deref());
    prose(text, "number", work.issue.as_deref());
    field(text, "pages", &pages(work.pages.as_deref().unwrap_or_default()));
    verbatim(text, "doi", work.doi.as_deref());
    if let Some(id) = &work.arxiv_id {
        verbatim(text, "eprint", Some(id));
        field(text, "archiveprefix", "arXiv");
    }
    verbatim(text, "pmid", work.pmid.as_deref());
    verbatim(text, "pmcid", work.pmcid.as_deref());
    verbatim(text, "url", work.url.as_deref());
    prose(text, "language", work.language.as_deref());
    prose(text, "keywords", (!work.topics.is_empty()).then(|| work.topics.join(", ")).as_deref());
    prose(text, "abstract", work.abstract_text.as_deref());
    prose(text, "note", note(work).as_deref());
    text.push_str("}\n");
}

/// The type of entry, and the field that holds where the work appeared. Only types that plain BibTeX knows too.
const fn kind(work: &Work) -> (&'static str, &'static str) {
    match work.kind {
        WorkType::Article | WorkType::Review => ("article", "journal"),
        WorkType::Notice | WorkType::News if work.venue.is_some() => ("article", "journal"),
        WorkType::Conference => ("inproceedings", "booktitle"),
        WorkType::Book => ("book", "publisher"),
        WorkType::Chapter => ("incollection", "booktitle"),
        WorkType::Thesis => ("phdthesis", "school"),
        WorkType::Report => ("techreport", "institution"),
        WorkType::Dataset | WorkType::Software => ("misc", "publisher"),
        WorkType::Preprint
        | WorkType::Notice
        | WorkType::Encyclopedia
        | WorkType::Web
        | WorkType::News
        | WorkType::Other => ("misc", "howpublished"),
    }
}

fn note(work: &Work) -> Option<String> {
    let notice = work.retraction_notice_doi.as_ref().map(|doi| format!(", see https://doi.org/{doi}"));
    let retracted = work.is_retracted.then(|| format!("Retracted{}", notice.unwrap_or_default()));
    let kind = match work.kind {
        WorkType::Dataset => Some("Data set".to_owned()),
        WorkType::Software => Some("Software".to_owned()),
        WorkType::Preprint => Some("Preprint".to_owned()),
        _ => None,
    };
    let notes: Vec<_> = [kind, retracted].into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// A field whose value is ready; an empty one is left out.
fn field(text: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name} = {{{value}}},");
    }
}

/// A field that LaTeX typesets.
fn prose(text: &mut String, name: &str, value: Option<&str>) {
    field(text, name, &escaped(&tidy(value.unwrap_or_default())));
}

/// A field that is taken as it stands: an address or an identifier. What would break the field is percent-encoded, which
/// resolvers and browsers undo.
fn verbatim(text: &mut String, name: &str, value: Option<&str>) {
    let mut safe = String::new();
    for c in tidy(value.unwrap_or_default()).chars() {
        match c {
            '{' | '}' | '\\' | '"' | '<' | '>' | '^' | '`' | ' ' => {
                let _ = write!(safe, "%{:02X}", u32::from(c));
            }
            _ => safe.push(c),
        }
    }
    field(text, name, &safe);
}

/// A title in which words such as `CRISPR` and `mRNA` keep their letters: styles write the rest small.
fn title(title: &str) -> String {
    let words = tidy(title);
    let words = words.split(' ').map(|word| {
        let keeps = word.chars().skip(1).any(char::is_uppercase);
        if keeps { format!("{{{}}}", escaped(word)) } else { escaped(word) }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `Family, Given and Family, Given`; what must not be read as parts of a name stands in braces.
fn authors(authors: &[Author]) -> String {
    authors.iter().filter_map(author).collect::<Vec<_>>().join(" and ")
}

fn author(author: &Author) -> Option<String> {
    let part = |part: Option<&str>| part.map(|part| tidy(part).into_owned()).filter(|part| !part.is_empty());
    match (part(author.family.as_deref()), part(author.given.as_deref())) {
        (Some(family), Some(given)) => Some(format!("{}, {}", name_part(&family), name_part(&given))),
        (Some(family), None) => Some(format!("{{{}}}", escaped(&family))),
        (None, _) => {
            Some(tidy(&author.name)).filter(|name| !name.is_empty()).map(|name| format!("{{{}}}", escaped(&name)))
        }
    }
}

/// A part of a name; a comma or an `and` in it would end the name.
fn name_part(part: &str) -> String {
    let ends_name = part.contains(',') || part.split(' ').any(|word| word.eq_ignore_ascii_case("and"));
    if ends_name { format!("{{{}}}", escaped(part)) } else { escaped(part) }
}

/// `12--34`: one hyphen would be printed as one.
fn pages(pages: &str) -> String {
    let pages = tidy(pages).replace(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}'], "-");
    let parts: Vec<_> = pages.split('-').map(str::trim).filter(|part| !part.is_empty()).collect();
    // `S1-12-S1-15` is for no style to guess at.
    if parts.len() == 2 { escaped(&parts.join("--")) } else { escaped(&pages) }
}

/// The text with everything that LaTeX would act upon spelt out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\textbackslash{}"),
            '{' => escaped.push_str("\\textbraceleft{}"),
            '}' => escaped.push_str("\\textbraceright{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '$' | '&' | '#' | '_' | '%' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}
