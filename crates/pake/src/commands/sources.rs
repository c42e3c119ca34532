//! `pake sources`: which there are and how they are; check them.

use engine::{
    event::{SourceOutcome, SourceReport},
    source::SourceId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Context;
use crate::{
    api::{Api, own::Absent},
    cli::{Server, Sources, SourcesCheck, SourcesCommand},
    printer::{Printer, Style},
    table::{Cell, Column, lines},
};

/// What is asked of a source to see whether it answers: a word that every source of research knows.
const PROBE: &str = "cancer";

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
        Some(SourcesCommand::Check(check)) if check.live => live(context, check).await,
        Some(SourcesCommand::Check(check)) => settings(context, check).await,
    }
}

async fn list(context: &Context, arguments: &Sources) -> anyhow::Result<()> {
    let api = context.api(&arguments.server, Absent::Forgotten).await?;
    if arguments.json {
        let sources: Value = api.get("/api/v1/sources").await?;
        context.printer.data(serde_json::to_string_pretty(&sources)?)?;
    } else {
        print(&context.printer, &states(&api).await?)?;
    }
    api.close().await;
    Ok(())
}

async fn states(api: &Api) -> anyhow::Result<Vec<State>> {
    Ok(api.get::<List>("/api/v1/sources").await?.sources)
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

/// Those that are asked for, or those that are on.
fn chosen(states: Vec<State>, named: &[SourceId]) -> Vec<State> {
    let is_on = |state: &State| matches!(state.availability.as_str(), "ready" | "lazy");
    let is_chosen = |state: &State| if named.is_empty() { is_on(state) } else { named.contains(&state.id) };
    states.into_iter().filter(is_chosen).collect()
}

/// Whether the settings of sources are such that they can be asked.
async fn settings(context: &Context, check: &SourcesCheck) -> anyhow::Result<()> {
    let api = context.api(&Server { server: None }, Absent::Forgotten).await?;
    let chosen = chosen(states(&api).await?, &check.sources);
    api.close().await;
    let verdict =
        |state: &State| Verdict { source: state.id, problems: state.hint.iter().cloned().collect(), retrieved: None };
    conclude(context, check, &chosen.iter().map(verdict).collect::<Vec<_>>())
}

/// What came out of checking a source.
#[derive(Debug, Serialize)]
struct Verdict {
    source: SourceId,
    #[serde(skip_serializing_if = "Option::is_none")]
    retrieved: Option<u32>,
    problems: Vec<String>,
}

/// Asks sources over the network.
async fn live(context: &Context, check: &SourcesCheck) -> anyhow::Result<()> {
    let api = context.api(&Server { server: None }, Absent::Forgotten).await?;
    let sources: Vec<SourceId> = chosen(states(&api).await?, &check.sources).iter().map(|state| state.id).collect();
    let mut verdicts = Vec::new();
    for source in sources {
        verdicts.push(ask(&api, source).await?);
    }
    api.close().await;
    conclude(context, check, &verdicts)
}

#[derive(Debug, Deserialize)]
struct Accepted {
    id: String,
}

async fn ask(api: &Api, source: SourceId) -> anyhow::Result<Verdict> {
    let ask = serde_json::json!({"query": PROBE, "sources": [source], "limit": 5, "refresh": true});
    let accepted: Accepted = api.post("/api/v1/searches", &ask).await?;
    let report = super::search::report(api, &accepted.id).await?;
    Ok(verdict(source, report.first()))
}

fn verdict(source: SourceId, report: Option<&SourceReport>) -> Verdict {
    let mut problems = Vec::new();
    let Some(report) = report else {
        return Verdict { source, retrieved: None, problems: vec!["it was not asked".to_owned()] };
    };
    if let Some(error) = &report.error {
        problems.push(error.to_string());
    }
    if report.malformed > 0 {
        problems.push(format!("{} of its records cannot be read", report.malformed));
    }
    if report.state == SourceOutcome::Answered && report.retrieved == 0 {
        problems.push(format!("it knows nothing of `{PROBE}`"));
    }
    Verdict { source, retrieved: Some(report.retrieved), problems }
}

fn conclude(context: &Context, check: &SourcesCheck, verdicts: &[Verdict]) -> anyhow::Result<()> {
    let look = context.printer.out;
    if check.json {
        context.printer.data(serde_json::to_string_pretty(verdicts)?)?;
    } else {
        for Verdict { source, retrieved, problems } in verdicts {
            let told = match (problems.as_slice(), retrieved) {
                ([], Some(records)) => format!("answers; {records} records read"),
                ([], None) => "is set up".to_owned(),
                (problems, _) => problems.join("; "),
            };
            let sign =
                if problems.is_empty() { look.paint(Style::Green, "✓") } else { look.paint(Style::Red, "✗") };
            context.printer.data(format_args!("{sign} {source:<17} {}", crate::printer::plain(&told)))?;
        }
    }
    let wrong = verdicts.iter().filter(|verdict| !verdict.problems.is_empty()).count();
    if wrong > 0 {
        anyhow::bail!("{wrong} of {} sources are not as they should be", verdicts.len());
    }
    Ok(())
}
