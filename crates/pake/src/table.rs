//! Lays rows out: in columns for a person at a terminal, separated by tabs for everything else.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::printer::{Look, Style, plain};

/// Between two columns.
const GAP: usize = 2;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// How much of the width it gets when there is too little for all; 0: always as much as it needs.
    pub share: usize,
    /// Narrowest terminal on which it is shown, in columns.
    pub from_width: usize,
    /// Whether its text stands at the right.
    pub right: bool,
}

impl Column {
    /// A column that is always shown whole, at the left.
    pub const fn fixed(title: &'static str) -> Self {
        Self { title, share: 0, from_width: 0, right: false }
    }

    /// A column that gives way when there is too little width.
    pub const fn flexible(title: &'static str, share: usize) -> Self {
        Self { title, share, from_width: 0, right: false }
    }

    /// The same column, with its text at the right.
    pub const fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// The same column, shown only on terminals of at least this width.
    pub const fn only_from(mut self, width: usize) -> Self {
        self.from_width = width;
        self
    }
}

/// A piece of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says, on one line.
    pub text: String,
    /// Where it leads.
    pub link: Option<String>,
    /// How it looks.
    pub style: Option<Style>,
}

impl Cell {
    /// A cell that says `text`, which may come from outside.
    pub fn new(text: &str) -> Self {
        Self { text: plain(text), link: None, style: None }
    }

    /// The same cell as a link.
    pub fn linked(mut self, address: Option<&str>) -> Self {
        self.link = address.map(str::to_owned);
        self
    }

    /// The same cell in a style.
    pub fn styled(mut self, style: Style) -> Self {
        self.style = Some(style);
        self
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

/// The lines of a table: with headings and in columns when a person looks, else only the rows, separated by tabs.
pub fn lines(columns: &[Column], rows: &[Vec<Cell>], look: Look) -> Vec<String> {
    if !look.terminal {
        return rows.iter().map(|row| tabs(row)).collect();
    }
    let shown: Vec<usize> = (0..columns.len()).filter(|&at| columns[at].from_width <= look.width).collect();
    let widths = widths(columns, rows, &shown, look.width);
    let headings: Vec<Cell> = columns.iter().map(|column| Cell::new(column.title).styled(Style::Dim)).collect();
    std::iter::once(&headings).chain(rows).map(|row| line(columns, row, &shown, &widths, look)).collect()
}

fn tabs(row: &[Cell]) -> String {
    row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("\t")
}

/// The width of each shown column: what it needs, and a share of what is there when that is too much.
fn widths(columns: &[Column], rows: &[Vec<Cell>], shown: &[usize], width: usize) -> Vec<usize> {
    let need = |at: &usize| {
        let cells = rows.iter().filter_map(|row| row.get(*at)).map(|cell| cell.text.width());
        cells.max().unwrap_or(0).max(columns[*at].title.width())
    };
    let mut widths: Vec<usize> = shown.iter().map(need).collect();
    let is_flexible = |place: &usize| columns[shown[*place]].share > 0;
    let fixed: usize = (0..shown.len()).filter(|place| !is_flexible(place)).map(|place| widths[place]).sum();
    let mut open: Vec<usize> = (0..shown.len()).filter(is_flexible).collect();
    let mut left = width.saturating_sub(fixed + GAP * shown.len().saturating_sub(1));
    // A column that needs less than its share leaves the rest to the others.
    loop {
        let shares: usize = open.iter().map(|&place| columns[shown[place]].share).sum();
        let share = |place: usize| left * columns[shown[place]].share / shares.max(1);
        let content: Vec<usize> = open.iter().copied().filter(|&place| widths[place] <= share(place)).collect();
        if content.is_empty() {
            for &place in &open {
                widths[place] = share(place).max(4);
            }
            return widths;
        }
        left = left.saturating_sub(content.iter().map(|&place| widths[place]).sum());
        open.retain(|place| !content.contains(place));
    }
}

fn line(columns: &[Column], row: &[Cell], shown: &[usize], widths: &[usize], look: Look) -> String {
    let mut line = String::new();
    for (place, (&at, &width)) in shown.iter().zip(widths).enumerate() {
        let Some(cell) = row.get(at) else { continue };
        let text = fitted(&cell.text, width);
        let gap = " ".repeat(width.saturating_sub(text.width()));
        let text = look.link(cell.link.as_deref(), &text);
        let text = cell.style.map_or_else(|| text.clone(), |style| look.paint(style, &text));
        let is_last = place + 1 == shown.len();
        match (columns[at].right, is_last) {
            (true, _) => line.extend([gap.as_str(), &text]),
            (false, true) => line.push_str(&text),
            (false, false) => line.extend([text.as_str(), &gap]),
        }
        if !is_last {
            line.push_str(&" ".repeat(GAP));
        }
    }
    line.trim_end().to_owned()
}

/// `text` in at most `width` columns, with `…` where it was cut.
pub fn fitted(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let cut = text.chars().take_while(|char| {
        used += char.width().unwrap_or(0);
        used <= width
    });
    let cut: String = cut.collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 4] = [
        Column::fixed("#").right(),
        Column::flexible("title", 3),
        Column::flexible("authors", 1).only_from(60),
        Column::fixed("year"),
    ];

    fn terminal(width: usize) -> Look {
        Look { terminal: true, colour: false, width }
    }

    fn rows() -> Vec<Vec<Cell>> {
        vec![
            vec![
                "1".into(),
                "Programmable base editing without cleavage".into(),
                "Gaudelli, Komor".into(),
                "2017".into(),
            ],
            vec!["10".into(), "碱基编辑 in plants".into(), "Li".into(), "".into()],
        ]
    }

    #[test]
    fn columns_stand_under_each_other() {
        assert_eq!(
            lines(&COLUMNS, &rows(), terminal(80)),
            [
                " #  title                                       authors          year",
                " 1  Programmable base editing without cleavage  Gaudelli, Komor  2017",
                "10  碱基编辑 in plants                          Li",
            ]
        );
    }

    #[test]
    fn a_narrow_terminal_gets_less_and_no_line_is_wider_than_it() {
        assert_eq!(
            lines(&COLUMNS, &rows(), terminal(40)),
            [
                " #  title                           year",
                " 1  Programmable base editing wit…  2017",
                "10  碱基编辑 in plants",
            ]
        );
        for width in 40..120 {
            for line in lines(&COLUMNS, &rows(), terminal(width)) {
                assert!(line.width() <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn elsewhere_there_are_tabs_and_whole_texts() {
        let look = Look { terminal: false, colour: false, width: 40 };
        assert_eq!(
            lines(&COLUMNS, &rows(), look),
            ["1\tProgrammable base editing without cleavage\tGaudelli, Komor\t2017", "10\t碱基编辑 in plants\tLi\t",]
        );
    }

    #[test]
    fn a_tab_in_a_title_makes_no_new_column() {
        let look = Look { terminal: false, colour: false, width: 40 };
        assert_eq!(lines(&COLUMNS, &[vec!["a\tb\nc".into(), "d".into()]], look), ["a b c\td"]);
    }

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(fitted("碱基编辑", 8), "碱基编辑");
        assert_eq!(fitted("碱基编辑", 7), "碱基编…");
        assert_eq!(fitted("碱基编辑", 6), "碱基…");
        assert_eq!(fitted("abc", 0), "…");
        assert_eq!(fitted("", 0), "");
    }
}
