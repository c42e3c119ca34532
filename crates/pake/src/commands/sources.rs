//! `pake sources`: which there are and how they are; check them.

use engine::source::SourceId;
use serde::Deserialize;
use serde_json::Value;

use super::Context;
use crate::{
    api::own::Absent,
    cli::{Sources, SourcesCommand},
    printer::{Printer, Style},
    table::{Cell, Column, lines},
};

mod check;

const COLUMNS: [Column; 6] = [
    Column::fixed("source"),
    Column::fixed("state"),
    Column::fixed("requests/s").right().only_from(70),
    Column::fixed("today $").right().only_from(110),
    Column::fixed("p95 ms").right().only_from(90),
    Column::flexible("about", 1),
];

/// What the API tells of all sources.
#[derive(Debug, Deserialize)]
struct List {
    sources: Vec<State>,
}

/// What the API tells of one source, as far as it is looked at.
#[derive(Debug, Deserialize)]
struct State {
    id: SourceId,
    availability: String,
    hint: Option<String>,
    description: String,
    health: Health,
}

#[derive(Debug, Deserialize)]
struct Health {
    state: String,
    reason: Option<String>,
    next_attempt: Option<String>,
    rate_limit: Option<f64>,
    latency_p95_ms: Option<f64>,
    spent_today_usd: f64,
    daily_budget_usd: Option<f64>,
}

/// Runs `pake sources`.
pub async fn run(context: &Context, arguments: Sources) -> anyhow::Result<()> {
    match &arguments.command {
        None => list(context, &arguments).await,
        Some(SourcesCommand::Check(check)) => check::run(context, check).await,
    }
}

async fn list(context: &Context, arguments: &Sources) -> anyhow::Result<()> {
    let api = context.api(&arguments.server, Absent::Forgotten).await?;
    if arguments.json {
        let sources: Value = api.get("/api/v1/sources").await?;
        context.printer.data(serde_json::to_string_pretty(&sources)?)?;
    } else {
        print(&context.printer, &api.get::<List>("/api/v1/sources").await?.sources)?;
    }
    api.close().await;
    Ok(())
}

fn print(printer: &Printer, states: &[State]) -> anyhow::Result<()> {
    let rows: Vec<Vec<Cell>> = states.iter().map(row).collect();
    lines(&COLUMNS, &rows, printer.out).iter().try_for_each(|line| printer.data(line))?;
    Ok(())
}

fn row(state: &State) -> Vec<Cell> {
    let health = &state.health;
    let (word, style) = match (state.availability.as_str(), health.state.as_str()) {
        ("ready", "closed") => ("on", Style::Green),
        ("ready", "half_open") => ("on trial", Style::Yellow),
        ("ready", "limited") => ("waiting", Style::Yellow),
        ("ready", _) => ("resting", Style::Red),
        ("lazy", _) => ("on demand", Style::Green),
        ("off", _) => ("off", Style::Dim),
        _ => ("not set up", Style::Dim),
    };
    let waits = health.reason.as_ref().map(|reason| match &health.next_attempt {
        Some(at) => format!("{reason}; next attempt {at}"),
        None => reason.clone(),
    });
    let about = waits.or_else(|| state.hint.clone()).unwrap_or_else(|| state.description.clone());
    let spent = health.daily_budget_usd.map(|budget| format!("{:.2} of {budget:.2}", health.spent_today_usd));
    vec![
        state.id.as_str().into(),
        Cell::new(word).styled(style),
        health.rate_limit.map(|rate| rate.to_string()).unwrap_or_default().into(),
        spent.unwrap_or_default().into(),
        health.latency_p95_ms.map(|millis| format!("{millis:.0}")).unwrap_or_default().into(),
        about.into(),
    ]
}
