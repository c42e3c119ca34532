//! Comma separated values (RFC 4180), for spreadsheets: a header, then one row a work.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@` or a tab for a formula and runs it; such a cell gets an
//! apostrophe before it, which spreadsheets take for "this is text". Text is quoted always, so that a semicolon in it does
//! not begin a cell where that is the separator.

use csv::{QuoteStyle, Terminator, WriterBuilder};
use engine::{
    item::{Author, OaStatus},
    text::tidy,
    work::Work,
};

/// What the cells hold, by place.
pub const HEADER: [&str; 23] = [
    "title",
    "authors",
    "year",
    "date",
    "type",
    "venue",
    "volume",
    "issue",
    "pages",
    "doi",
    "arxiv",
    "pmid",
    "pmcid",
    "url",
    "pdf_url",
    "oa_status",
    "licence",
    "citations",
    "topics",
    "is_retracted",
    "sources",
    "score",
    "abstract",
];

/// The works as a `.csv` file.
pub fn render(works: &[Work]) -> String {
    lines(std::iter::once(HEADER.map(str::to_owned)).chain(works.iter().map(row)))
}

/// Lines of cells that hold whatever text.
pub fn lines<const CELLS: usize>(rows: impl IntoIterator<Item = [String; CELLS]>) -> String {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::NonNumeric)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::with_capacity(8 << 10));
    for row in rows {
        // Writing to memory fails for no row; all have as many cells as the first.
        let _ = writer.write_record(row.iter().map(|cell| guarded(cell)));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn row(work: &Work) -> [String; HEADER.len()] {
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        work.title.clone(),
        joined(work.authors.iter().map(name)),
        work.date.as_ref().map(|date| format!("{:04}", date.year)).unwrap_or_default(),
        work.date.as_ref().map(ToString::to_string).unwrap_or_default(),
        work.kind.as_str().to_owned(),
        some(&work.venue),
        some(&work.volume),
        some(&work.issue),
        some(&work.pages),
        some(&work.doi),
        // With its scheme: a spreadsheet would take the bare id for a number and lose the zeros at its end.
        work.arxiv_id.as_ref().map(|id| format!("arXiv:{id}")).unwrap_or_default(),
        some(&work.pmid),
        some(&work.pmcid),
        some(&work.url),
        some(&work.pdf_url),
        work.oa_status.map_or("", open_access).to_owned(),
        some(&work.licence),
        joined(work.citations.iter().map(|citations| format!("{}: {}", citations.source, citations.count))),
        joined(work.topics.iter().cloned()),
        work.is_retracted.to_string(),
        joined(work.sources.iter().map(ToString::to_string)),
        format!("{:.6}", work.score),
        work.abstract_text.as_deref().unwrap_or_default().to_owned(),
    ]
}

/// `Family, Given`, or the name that there is.
fn name(author: &Author) -> String {
    match (&author.family, &author.given) {
        (Some(family), Some(given)) => format!("{family}, {given}"),
        _ => author.name.to_string(),
    }
}

const fn open_access(status: OaStatus) -> &'static str {
    match status {
        OaStatus::Gold => "gold",
        OaStatus::Diamond => "diamond",
        OaStatus::Hybrid => "hybrid",
        OaStatus::Bronze => "bronze",
        OaStatus::Green => "green",
        OaStatus::Closed => "closed",
        OaStatus::Open => "open",
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

/// The cell on one line, and no formula; the full-width signs are formulas in some settings too.
fn guarded(cell: &str) -> String {
    let cell = tidy(cell);
    if cell.starts_with(['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.into()
    }
}
