//! `pake audit deploys`: what was deployed, by the journals, of which no line may be missing or changed.

use ops::{
    history::{Deployment, deployments},
    plan::Kind,
    progress::Ending,
};
use serde_json::json;

use crate::{
    cli::AuditDeploys,
    commands::{Context, production::desk},
    printer::{Style, plain},
    table::{Cell, Column, lines},
};

const COLUMNS: [Column; 6] = [
    Column::fixed("deployment"),
    Column::fixed("begun (UTC)"),
    Column::fixed("what"),
    Column::fixed("how it ended"),
    Column::fixed("image"),
    Column::flexible("why", 1),
];

/// Runs `pake audit deploys`. A journal that was changed is an error.
pub fn run(context: &Context, arguments: &AuditDeploys) -> anyhow::Result<()> {
    let ledger = desk(&arguments.place)?.ledger()?;
    let told = deployments(&ledger);
    if arguments.json {
        let found = json!({ "is_whole": true, "last_sha256": ledger.last_sha256, "deployments": told });
        return Ok(context.printer.data(serde_json::to_string_pretty(&found)?)?);
    }
    let rows: Vec<Vec<Cell>> = told.iter().map(row).collect();
    let printer = &context.printer;
    lines(&COLUMNS, &rows, printer.out).iter().try_for_each(|line| printer.data(line))?;
    let all: usize = told.iter().map(|deployment| deployment.lines).sum();
    printer.say(format_args!("the journals are whole: {} deployments, {all} lines", told.len()));
    Ok(())
}

fn row(told: &Deployment) -> Vec<Cell> {
    let what = match told.kind {
        Some(Kind::Deploy) => "deploy",
        Some(Kind::Rollback) => "rollback",
        Some(Kind::Restart) => "restart",
        None => "",
    };
    let (ending, style) = match told.ending {
        Some(Ending::Committed) => ("committed", Style::Green),
        Some(Ending::RolledBack) => ("went back", Style::Yellow),
        Some(Ending::Halted) => ("stands still", Style::Red),
        None => ("under way", Style::Dim),
    };
    vec![
        told.deploy.to_string().into(),
        told.began.map(|at| at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default().into(),
        what.into(),
        Cell::new(ending).styled(style),
        plain(told.image.as_deref().unwrap_or_default()).into(),
        plain(told.reason.as_deref().unwrap_or_default()).into(),
    ]
}
