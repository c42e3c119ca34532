//! `pake migrate`: the steps that bring the tables of the database from version to version.

use secrecy::ExposeSecret;
use serde_json::json;
use server::db::{
    Db,
    migrations::{Kind, State, Step, due},
};

use super::Context;
use crate::{
    cli::{Migrate, MigrateCommand, MigrateContract},
    printer::{Printer, Style},
    table::{Cell, Column, lines},
};

const COLUMNS: [Column; 4] =
    [Column::fixed("step"), Column::fixed("kind"), Column::fixed("state"), Column::flexible("name", 1)];

/// Runs `pake migrate`.
pub async fn run(context: &Context, arguments: &Migrate) -> anyhow::Result<()> {
    let loaded = context.load()?;
    let address = loaded.config.database.url(&loaded.config.server.data_dir);
    let address = address.expose_secret();
    let printer = &context.printer;
    match &arguments.command {
        MigrateCommand::Status(arguments) => {
            let steps = Db::steps(address).await?;
            if arguments.json { as_json(printer, "steps", &steps, &steps) } else { status(printer, &steps) }
        }
        MigrateCommand::Expand(arguments) => {
            let applied = Db::migrate(address, Kind::Expand).await?;
            told(printer, &applied, &Db::steps(address).await?, arguments.json)
        }
        MigrateCommand::Contract(arguments) => contract(printer, address, arguments).await,
    }
}

async fn contract(printer: &Printer, address: &str, arguments: &MigrateContract) -> anyhow::Result<()> {
    let steps = Db::steps(address).await?;
    let waiting = steps.iter().filter(|step| step.state == State::Due && step.kind == Kind::Contract);
    let names: Vec<_> = waiting.map(|step| format!("{} ({})", step.version, step.name)).collect();
    if !names.is_empty() && !arguments.yes {
        anyhow::bail!(
            "{} would be applied, and no older version starts on this database then: say --yes when none is needed any more",
            names.join(", ")
        );
    }
    let applied = if names.is_empty() { Vec::new() } else { Db::migrate(address, Kind::Contract).await? };
    told(printer, &applied, &Db::steps(address).await?, arguments.json)
}

fn as_json(printer: &Printer, name: &str, listed: &[Step], all: &[Step]) -> anyhow::Result<()> {
    let (expand, contract) = (due(all, Kind::Expand), due(all, Kind::Contract));
    Ok(printer.data(json!({ name: listed, "expand_due": expand, "contract_due": contract }))?)
}

fn status(printer: &Printer, steps: &[Step]) -> anyhow::Result<()> {
    let rows: Vec<Vec<Cell>> = steps.iter().map(row).collect();
    lines(&COLUMNS, &rows, printer.out).iter().try_for_each(|line| printer.data(line))?;
    hint(printer, steps);
    Ok(())
}

fn row(step: &Step) -> Vec<Cell> {
    let (state, style) = match step.state {
        State::Applied => ("applied", Style::Green),
        State::Due => ("due", Style::Yellow),
        State::Newer => ("newer", Style::Yellow),
    };
    let version = step.version.to_string();
    vec![
        version.as_str().into(),
        step.kind.to_string().as_str().into(),
        Cell::new(state).styled(style),
        step.name.as_str().into(),
    ]
}

fn told(printer: &Printer, applied: &[Step], steps: &[Step], is_json: bool) -> anyhow::Result<()> {
    if is_json {
        return as_json(printer, "applied", applied, steps);
    }
    if applied.is_empty() {
        printer.say("nothing is due");
    }
    applied.iter().try_for_each(|step| printer.data(format_args!("{}\t{}\t{}", step.version, step.kind, step.name)))?;
    hint(printer, steps);
    Ok(())
}

/// What is due, and how it is done.
fn hint(printer: &Printer, steps: &[Step]) {
    for kind in [Kind::Expand, Kind::Contract] {
        let due = due(steps, kind);
        if due > 0 {
            printer.say(format_args!("{due} due: `pake migrate {kind}`"));
        }
    }
}
