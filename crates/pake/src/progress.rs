//! Shows how the sources do while a search runs: one line each, drawn anew on a terminal, written once elsewhere.

use std::{fmt::Write as _, time::Duration};

use engine::{
    event::{SourceOutcome, SourceReport},
    source::SourceId,
    sources::entry_of,
};

use crate::{
    printer::{Look, Printer, Style, plain},
    table::fitted,
};

/// Shown before a source that is being asked, one after the other.
const SPINNER: [&str; 4] = ["⠋", "⠙", "⠸", "⠴"];

/// How the sources do.
#[derive(Debug)]
pub struct Progress {
    printer: Printer,
    lines: Vec<Line>,
    /// Lines that stand on the terminal and are drawn over.
    drawn: usize,
    turn: usize,
}

/// One source.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    source: SourceId,
    state: State,
}

/// How one source does.
#[derive(Debug, Clone, PartialEq)]
enum State {
    /// It is being asked.
    Asked,
    /// It is done.
    Done(Box<SourceReport>),
}

impl Progress {
    /// Nothing has happened yet.
    pub const fn new(printer: Printer) -> Self {
        Self { printer, lines: Vec::new(), drawn: 0, turn: 0 }
    }

    /// These sources are being asked.
    pub fn asked(&mut self, sources: &[SourceId]) {
        self.lines.extend(sources.iter().map(|&source| Line { source, state: State::Asked }));
        self.draw(Duration::ZERO);
    }

    /// A source is done.
    pub fn done(&mut self, report: SourceReport, elapsed: Duration) {
        let source = report.source;
        let state = State::Done(Box::new(report));
        let line = Line { source, state };
        if !self.printer.err.terminal && !self.printer.quiet {
            self.printer.talk(format_args!("{}\n", self.text(&line, elapsed)));
        }
        match self.lines.iter_mut().find(|line| line.source == source) {
            Some(place) => *place = line,
            None => self.lines.push(line),
        }
        self.draw(elapsed);
    }

    /// Draws the lines anew; to be called a few times a second.
    pub fn turn(&mut self, elapsed: Duration) {
        self.turn += 1;
        self.draw(elapsed);
    }

    fn draw(&mut self, elapsed: Duration) {
        if !self.printer.err.terminal || self.printer.quiet {
            return;
        }
        let mut text = String::new();
        if self.drawn > 0 {
            _ = write!(text, "\x1b[{}A", self.drawn);
        }
        for line in &self.lines {
            _ = writeln!(text, "\r\x1b[K{}", self.text(line, elapsed));
        }
        self.drawn = self.lines.len();
        self.printer.talk(format_args!("{text}"));
    }

    fn text(&self, line: &Line, elapsed: Duration) -> String {
        let look = self.printer.err;
        let label = entry_of(line.source).label;
        match &line.state {
            State::Asked => {
                let sign = look.paint(Style::Dim, SPINNER[self.turn % SPINNER.len()]);
                format!("{sign} {label:<16}  {}", look.paint(Style::Dim, &format!("{:.1} s", elapsed.as_secs_f64())))
            }
            State::Done(report) => done(report, label, look),
        }
    }
}

/// The line of a source of a search that is over.
pub fn told(report: &SourceReport, look: Look) -> String {
    done(report, entry_of(report.source).label, look)
}

/// The line of a source that is done.
fn done(report: &SourceReport, label: &str, look: Look) -> String {
    let (sign, style, text) = match report.state {
        SourceOutcome::Answered => ("✓", Style::Green, answered(report)),
        SourceOutcome::Cached => ("✓", Style::Green, format!("{}, kept", answered(report))),
        SourceOutcome::Stale => ("!", Style::Yellow, format!("{}, kept: {}", answered(report), why(report))),
        SourceOutcome::Failed => ("✗", Style::Red, why(report)),
        SourceOutcome::Skipped => ("–", Style::Dim, why(report)),
        SourceOutcome::Late => ("…", Style::Yellow, "late: its answer is not waited for".to_owned()),
    };
    let room = look.width.saturating_sub(20);
    let text = if look.terminal { fitted(&text, room) } else { text };
    format!("{} {label:<16}  {text}", look.paint(style, sign))
}

fn answered(report: &SourceReport) -> String {
    let mut text = format!("{} {}", report.retrieved, if report.retrieved == 1 { "record" } else { "records" });
    if let Some(reported) = report.reported {
        _ = write!(text, " of {reported}");
    }
    if report.filtered > 0 {
        _ = write!(text, ", {} left out", report.filtered);
    }
    if report.malformed > 0 {
        _ = write!(text, ", {} unreadable", report.malformed);
    }
    if report.state == SourceOutcome::Answered {
        _ = write!(text, ", {} ms", report.took_ms);
    }
    for warning in &report.warnings {
        _ = write!(text, "; {}", plain(warning));
    }
    text
}

fn why(report: &SourceReport) -> String {
    report.error.as_ref().map_or_else(|| "no reason given".to_owned(), |error| plain(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use engine::source::SourceError;

    use super::*;

    const LOOK: Look = Look { terminal: false, colour: false, width: 80 };

    fn report(state: SourceOutcome) -> SourceReport {
        SourceReport {
            source: SourceId::Pubmed,
            state,
            query: String::new(),
            filters: Vec::new(),
            asked_at: chrono::DateTime::UNIX_EPOCH,
            reported: Some(1234),
            retrieved: 20,
            filtered: 0,
            malformed: 0,
            warnings: Vec::new(),
            error: None,
            took_ms: 87,
            cached_at: None,
        }
    }

    #[test]
    fn an_answer_tells_how_many_records_and_how_long() {
        assert_eq!(
            done(&report(SourceOutcome::Answered), "PubMed", LOOK),
            "✓ PubMed            20 records of 1234, 87 ms"
        );
        assert_eq!(
            done(&report(SourceOutcome::Cached), "PubMed", LOOK),
            "✓ PubMed            20 records of 1234, kept"
        );
        let odd = SourceReport {
            reported: None,
            retrieved: 1,
            filtered: 2,
            malformed: 3,
            warnings: vec!["phrase\x1b[2J not found".to_owned()],
            ..report(SourceOutcome::Answered)
        };
        let expected = "✓ PubMed            1 record, 2 left out, 3 unreadable, 87 ms; phrase [2J not found";
        assert_eq!(done(&odd, "PubMed", LOOK), expected);
    }

    #[test]
    fn a_failure_tells_its_reason_and_fits_the_terminal() {
        let error = SourceError::Malformed { message: "a page of HTML where JSON was expected ".repeat(5) };
        let failed = SourceReport { error: Some(error), ..report(SourceOutcome::Failed) };
        assert!(done(&failed, "PubMed", LOOK).starts_with("✗ PubMed            answer cannot be read: a page of HTML"));
        let narrow = Look { terminal: true, colour: false, width: 50 };
        assert_eq!(done(&failed, "PubMed", narrow).chars().count(), 50);
    }
}
