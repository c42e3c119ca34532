//! What was found, and the document that tells it.

use std::fmt::Write;

use crate::load::Cell;

/// A goal and how it stands.
#[derive(Debug)]
pub struct Goal {
    what: String,
    limit: String,
    measured: String,
    met: bool,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Findings {
    goals: Vec<Goal>,
    sections: Vec<String>,
}

impl Findings {
    /// A goal that `measured` meets when it is at most `limit`.
    pub fn at_most(&mut self, what: &str, measured: f64, limit: f64, unit: &str) {
        self.goal(what, &format!("≤ {limit} {unit}"), &format!("{} {unit}", short(measured)), measured <= limit);
    }

    /// A goal that `measured` meets when it is at least `limit`.
    pub fn at_least(&mut self, what: &str, measured: f64, limit: f64, unit: &str) {
        self.goal(what, &format!("≥ {limit} {unit}"), &format!("{} {unit}", short(measured)), measured >= limit);
    }

    /// Any goal.
    pub fn goal(&mut self, what: &str, limit: &str, measured: &str, met: bool) {
        eprintln(&format!("{} {what}: {measured} ({limit})", if met { "met   " } else { "MISSED" }));
        self.goals.push(Goal { what: what.to_owned(), limit: limit.to_owned(), measured: measured.to_owned(), met });
    }

    /// A part of the document.
    pub fn section(&mut self, text: String) {
        eprintln(&text);
        self.sections.push(text);
    }

    /// How many goals were missed.
    pub fn missed(&self) -> usize {
        self.goals.iter().filter(|goal| !goal.met).count()
    }

    /// The whole document.
    pub fn document(&self, introduction: &str) -> String {
        let mut text = format!(
            "# Performance\n\n{introduction}\n\n## Goals\n\n| goal | limit | measured | met |\n| --- | --- | --- | --- |\n"
        );
        for Goal { what, limit, measured, met } in &self.goals {
            let _ = writeln!(text, "| {what} | {limit} | {measured} | {} |", if *met { "yes" } else { "**no**" });
        }
        for section in &self.sections {
            let _ = write!(text, "\n{section}");
        }
        text
    }
}

/// What `make e2e-deploy` wrote at the end of an earlier document.
pub fn deployments(document: &str) -> &str {
    document.find("\n## Deployments\n").map_or("", |begin| &document[begin..])
}

/// Tells whoever waits how it goes.
#[expect(clippy::print_stderr, reason = "the progress of a benchmark is for a person at a terminal")]
pub fn eprintln(text: &str) {
    std::eprintln!("{text}");
}

/// As many digits as mean something.
pub fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        small if small >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// A table of loads.
pub fn table(title: &str, note: &str, rows: &[(String, Cell)]) -> String {
    let mut text = format!("## {title}\n\n{note}\n\n");
    text.push_str("| what | clients | answers/s | p50 / p95 / p99 ms | CPU ms an answer | cores | busy | MiB | KB an answer | partial, failed of all |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (name, cell) in rows {
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} / {} / {} | {:.3} | {:.2} | {:.2} | {:.0} | {} | {}, {} of {} |",
            cell.clients,
            short(cell.rate),
            short(cell.took.at(0.5)),
            short(cell.took.at(0.95)),
            short(cell.took.at(0.99)),
            cell.cpu,
            cell.cores,
            cell.busy,
            cell.memory,
            cell.bytes >> 10,
            cell.partial,
            cell.failed,
            cell.answers + cell.failed,
        );
    }
    text
}
