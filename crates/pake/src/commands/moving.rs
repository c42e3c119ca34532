//! `pake move`: all that is kept, from one database to another.

use std::fs;

use anyhow::Context as _;
use secrecy::{ExposeSecret, SecretString};
use server::moving::{self, Moved, Order, Told};

use super::Context;
use crate::{
    cli::Move,
    printer::Printer,
    table::{Cell, Column, lines},
};

const COLUMNS: [Column; 3] = [Column::fixed("table"), Column::fixed("rows"), Column::flexible("digest", 1)];

/// Runs `pake move`.
pub async fn run(context: &Context, arguments: &Move) -> anyhow::Result<()> {
    let from = if let Some(from) = &arguments.from {
        address(from)?
    } else {
        let loaded = context.load()?;
        loaded.config.database.url(&loaded.config.server.data_dir)
    };
    let to = address(&arguments.to)?;
    let order = Order {
        from: from.expose_secret(),
        to: to.expose_secret(),
        anew: arguments.anew,
        while_serving: arguments.while_serving,
    };
    let mut progress = Progress { printer: context.printer.clone(), is_drawn: false };
    let moved = moving::run(order, &mut |told| progress.tell(&told)).await;
    progress.end();
    told(&context.printer, &moved?, arguments.json)
}

/// An address as it was given, or out of a file.
fn address(given: &str) -> anyhow::Result<SecretString> {
    let Some(file) = given.strip_prefix('@') else { return Ok(given.into()) };
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    Ok(text.trim().into())
}

fn told(printer: &Printer, moved: &Moved, is_json: bool) -> anyhow::Result<()> {
    if is_json {
        return Ok(printer.data(serde_json::to_string_pretty(moved)?)?);
    }
    let row = |table: &moving::MovedTable| -> Vec<Cell> {
        let rows = table.rows.to_string();
        vec![table.table.as_str().into(), rows.as_str().into(), table.digest.as_str().into()]
    };
    let rows: Vec<_> = moved.tables.iter().map(row).collect();
    lines(&COLUMNS, &rows, printer.out).iter().try_for_each(|line| printer.data(line))?;
    if moved.altered > 0 {
        let altered = moved.altered;
        printer
            .warn(format_args!("{altered} texts held a NUL, which PostgreSQL cannot store, and hold U+FFFD instead"));
    }
    let rows = moved.rows;
    printer.say(format_args!("{rows} rows are the same in both: set database.url, keep the master key, and start"));
    Ok(())
}

/// How far it is: one line that is drawn anew on a terminal, a line for each table elsewhere.
struct Progress {
    printer: Printer,
    is_drawn: bool,
}

impl Progress {
    fn tell(&mut self, told: &Told) {
        let is_terminal = self.printer.err.terminal;
        let text = match told {
            Told::Begins { there: 0 } => "moving".to_owned(),
            Told::Begins { there } => {
                self.printer.say(format_args!("going on: {there} rows are there already"));
                return;
            }
            Told::Copied { rows, of, .. } if !is_terminal && rows < of => return,
            Told::Copied { table, rows, of } => format!("{table}: {rows} of {of} rows"),
            Told::Compared { table } => format!("{table}: the same in both"),
        };
        if self.printer.quiet {
            return;
        }
        if is_terminal {
            self.printer.talk(format_args!("\r\x1b[K{text}"));
            self.is_drawn = true;
        } else {
            self.printer.talk(format_args!("{text}\n"));
        }
    }

    /// Leaves the line to what comes next.
    fn end(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            self.printer.talk(format_args!("\r\x1b[K"));
        }
    }
}
