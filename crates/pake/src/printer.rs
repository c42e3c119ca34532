//! What is written where: standard output is data, standard error is talk.

use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, IsTerminal, Write},
};

use crate::cli::When;

/// Narrowest terminal that is laid out for, in columns.
const MIN_WIDTH: usize = 40;
/// Width that is taken when the terminal does not tell, in columns.
const USUAL_WIDTH: usize = 100;

/// Writes data to standard output and talk to standard error.
#[derive(Debug, Clone)]
pub struct Printer {
    /// Talk only of what goes wrong.
    pub quiet: bool,
    /// How standard output looks.
    pub out: Look,
    /// How standard error looks.
    pub err: Look,
}

/// How a stream looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// A person looks at it, and lines can be drawn anew.
    pub terminal: bool,
    /// Colours and links are understood.
    pub colour: bool,
    /// Columns.
    pub width: usize,
}

#[expect(clippy::unused_self, reason = "the printer is the only way to a stream, also where no setting matters")]
impl Printer {
    /// Looks at the streams and the environment (`NO_COLOR`, see no-color.org, and `TERM=dumb`).
    pub fn new(quiet: bool, when: When, variables: &[(OsString, OsString)]) -> Self {
        let value = |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let plain = value("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = value("TERM").is_some_and(|term| term == "dumb");
        let look = |is_terminal: bool, size: Option<(terminal_size::Width, terminal_size::Height)>| Look {
            terminal: is_terminal && !dumb,
            colour: match when {
                When::Auto => is_terminal && !dumb && !plain,
                When::Always => true,
                When::Never => false,
            },
            width: size.map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0)).max(MIN_WIDTH),
        };
        let (out, err) = (io::stdout(), io::stderr());
        Self {
            quiet,
            out: look(out.is_terminal(), terminal_size::terminal_size_of(&out)),
            err: look(err.is_terminal(), terminal_size::terminal_size_of(&err)),
        }
    }

    /// Writes a line of data.
    pub fn data(&self, line: impl Display) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{line}")
    }

    /// Writes data as it is.
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Says something that helps and is not needed.
    pub fn say(&self, line: impl Display) {
        if !self.quiet {
            self.talk(format_args!("{line}\n"));
        }
    }

    /// Says something that went wrong but does not stop the work.
    pub fn warn(&self, line: impl Display) {
        self.talk(format_args!("{} {line}\n", self.err.paint(Style::Yellow, "warning:")));
    }

    /// Says why the work stopped.
    pub fn error(&self, line: impl Display) {
        self.talk(format_args!("{} {line}\n", self.err.paint(Style::Red, "error:")));
    }

    /// Writes to standard error as it is. Nobody can be told when that fails.
    pub fn talk(&self, text: std::fmt::Arguments<'_>) {
        _ = io::stderr().lock().write_fmt(text);
    }
}

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Stands out.
    Bold,
    /// Stands back.
    Dim,
    /// Good.
    Green,
    /// Doubtful.
    Yellow,
    /// Bad.
    Red,
}

impl Look {
    /// `text` in a style, where colours are understood.
    pub fn paint(self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Green => "32",
            Style::Yellow => "33",
            Style::Red => "31",
        };
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// `text` as a link (OSC 8), where links are understood and the address is a plain one.
    pub fn link(self, address: Option<&str>, text: &str) -> String {
        let plain = |address: &&str| {
            (address.starts_with("https://") || address.starts_with("http://"))
                && address.bytes().all(|byte| byte.is_ascii_graphic())
        };
        match address.filter(plain) {
            Some(address) if self.colour => format!("\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"),
            _ => text.to_owned(),
        }
    }
}

/// What came from outside, on one line and without anything that moves the cursor or turns the writing around.
pub fn plain(text: &str) -> String {
    let hostile = |char: char| char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean: String = text.chars().map(|char| if hostile(char) { ' ' } else { char }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOURFUL: Look = Look { terminal: true, colour: true, width: 80 };
    const BARE: Look = Look { terminal: false, colour: false, width: 80 };

    #[test]
    fn without_colour_nothing_is_added() {
        assert_eq!(BARE.paint(Style::Red, "x"), "x");
        assert_eq!(BARE.link(Some("https://example.org"), "x"), "x");
        assert_eq!(COLOURFUL.paint(Style::Red, "x"), "\x1b[31mx\x1b[0m");
    }

    #[test]
    fn only_plain_addresses_become_links() {
        assert_eq!(
            COLOURFUL.link(Some("https://example.org/a"), "x"),
            "\x1b]8;;https://example.org/a\x1b\\x\x1b]8;;\x1b\\"
        );
        for address in ["javascript:alert(1)", "https://example.org/\x1b]0;pwned\x07", "https://example.org/ä b"] {
            assert_eq!(COLOURFUL.link(Some(address), "x"), "x");
        }
        assert_eq!(COLOURFUL.link(None, "x"), "x");
    }

    #[test]
    fn what_comes_from_outside_cannot_steer_the_terminal() {
        assert_eq!(plain("a\x1b[2Jb\r\nc\u{202e}d\u{9b}31m\te"), "a [2Jb c d 31m e");
        assert_eq!(plain("Études \u{1f9ec} 研究"), "Études \u{1f9ec} 研究");
    }

    #[test]
    fn a_dumb_terminal_and_no_color_are_believed() {
        let printer = |when, name: &str, value: &str| Printer::new(false, when, &[(name.into(), value.into())]);
        assert!(!printer(When::Auto, "NO_COLOR", "1").out.colour);
        assert!(!printer(When::Auto, "TERM", "dumb").err.terminal);
        assert!(printer(When::Always, "NO_COLOR", "1").out.colour, "what is asked for by name wins");
        assert!(!printer(When::Never, "TERM", "xterm").err.colour);
    }
}
