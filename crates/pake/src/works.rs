//! Works as a table.

use std::io;

use engine::work::Work;

use crate::{
    printer::{Printer, Style},
    table::{Cell, Column, lines},
};

/// The columns; on a terminal as many as fit, elsewhere all of them.
const COLUMNS: [Column; 8] = [
    Column::fixed("#").right(),
    Column::flexible("title", 6),
    Column::flexible("authors", 2).only_from(70),
    Column::fixed("year"),
    Column::flexible("venue", 2).only_from(100),
    Column::flexible("sources", 2).only_from(80),
    Column::flexible("DOI", 1).only_from(usize::MAX),
    Column::flexible("URL", 1).only_from(usize::MAX),
];

/// Writes works as a table: with links for a person, separated by tabs for everything else.
pub fn print(printer: &Printer, works: &[Work]) -> io::Result<()> {
    let rows: Vec<Vec<Cell>> =
        works.iter().zip(1..).map(|(work, rank)| row(work, rank, printer.out.terminal)).collect();
    let lines = lines(&COLUMNS, &rows, printer.out);
    // Headings alone tell nothing.
    if rows.is_empty() { Ok(()) } else { lines.iter().try_for_each(|line| printer.data(line)) }
}

fn row(work: &Work, rank: usize, for_a_person: bool) -> Vec<Cell> {
    let link = work.url.as_deref();
    let title = if work.is_retracted { format!("[retracted] {}", work.title) } else { work.title.clone() };
    let title = Cell::new(&title).linked(link);
    let sources: Vec<_> = work.sources.iter().map(|source| source.as_str()).collect();
    vec![
        rank.to_string().into(),
        if work.is_retracted { title.styled(Style::Red) } else { title },
        authors(work, for_a_person).into(),
        work.date.as_ref().map(|date| date.year.to_string()).unwrap_or_default().into(),
        work.venue.as_deref().unwrap_or_default().into(),
        Cell::new(&sources.join(if for_a_person { " " } else { "," })).styled(Style::Dim),
        work.doi.as_deref().unwrap_or_default().into(),
        link.unwrap_or_default().into(),
    ]
}

/// The family names of the first two and "et al." for a person, every whole name otherwise.
fn authors(work: &Work, for_a_person: bool) -> String {
    if !for_a_person {
        return work.authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>().join("; ");
    }
    let names: Vec<_> =
        work.authors.iter().map(|author| author.family.as_deref().unwrap_or(&author.name)).take(3).collect();
    match names.as_slice() {
        [first, second, _] if work.authors.len() > 2 => format!("{first}, {second} et al."),
        names => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work() -> Work {
        serde_json::from_value(serde_json::json!({
            "id": "w1", "title": "A\tstudy \u{1b}[31mof things", "score": 1.0, "type": "article",
            "authors": [
                {"name": "Ada Lovelace", "family": "Lovelace"}, {"name": "The Group"}, {"name": "C. Three", "family": "Three"}
            ],
            "date": {"year": 2020, "kind": "published"}, "doi": "10.1/x", "url": "https://doi.org/10.1/x",
            "is_retracted": true, "provenance": {}, "sources": ["pubmed", "crossref"], "versions": []
        }))
        .unwrap()
    }

    fn texts(for_a_person: bool) -> Vec<String> {
        row(&work(), 7, for_a_person).into_iter().map(|cell| cell.text).collect()
    }

    #[test]
    fn a_person_gets_short_names() {
        assert_eq!(
            texts(true)[..6],
            ["7", "[retracted] A study [31mof things", "Lovelace, The Group et al.", "2020", "", "pubmed crossref"]
        );
    }

    #[test]
    fn a_script_gets_everything() {
        assert_eq!(texts(false)[2], "Ada Lovelace; The Group; C. Three");
        assert_eq!(texts(false)[5..], ["pubmed,crossref", "10.1/x", "https://doi.org/10.1/x"]);
    }
}
