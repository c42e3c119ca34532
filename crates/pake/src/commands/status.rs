//! `pake status`: what runs in a production, which colour is live, and what is under way.

use std::time::Duration;

use anyhow::ensure;
use chrono::{DateTime, Utc};
use ops::{
    history::{Deployment, deployments},
    lock::{Holder, Lock},
    machine::{Door, Machine as _, Real, Service},
    progress::Ending,
    release::Release,
    world::{Canary, Colour, World},
};
use serde::Serialize;

use super::{Context, production::Production};
use crate::{
    cli::ProductionStatus,
    printer::{Printer, Style, plain},
    table::{Cell, Column, lines},
    telling::elapsed,
};

/// From one look to the next.
const EVERY: Duration = Duration::from_secs(2);

const COLUMNS: [Column; 5] = [
    Column::fixed("service"),
    Column::fixed("state"),
    Column::fixed("since"),
    Column::fixed("restarts").right(),
    Column::flexible("image", 1),
];

/// What was seen.
#[derive(Debug, Serialize)]
struct Seen {
    /// What is live.
    live: Live,
    /// How the edge answers.
    edge: Edge,
    /// The release that was committed last.
    release: Option<Release>,
    /// A deployment that is not over.
    under_way: Option<Deployment>,
    /// Who deploys.
    deployer: Option<Holder>,
    /// Whether nobody is let in (`pake maintenance on`).
    is_shut: bool,
    /// All that runs.
    services: Vec<Service>,
    #[serde(skip)]
    now: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
struct Live {
    colour: Option<Colour>,
    release: Option<ops::deploy_id::DeployId>,
    is_well: bool,
    /// The share that goes to another colour.
    canary: Option<Canary>,
}

#[derive(Debug, Serialize)]
struct Edge {
    is_good: bool,
    said: String,
}

/// Runs `pake status`.
pub async fn run(context: &Context, arguments: &ProductionStatus) -> anyhow::Result<()> {
    let production = Production::of(context, &arguments.place)?;
    let machine = production.machine().await?;
    loop {
        let seen = look(&production, &machine).await?;
        if arguments.watch && context.printer.out.terminal && !arguments.json {
            context.printer.bytes(b"\x1b[H\x1b[2J")?;
        }
        if arguments.json {
            context.printer.data(serde_json::to_string(&seen)?)?;
        } else {
            print(&context.printer, &seen)?;
        }
        if !arguments.watch {
            return judged(&seen);
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn look(production: &Production, machine: &Real) -> anyhow::Result<Seen> {
    let world: World = machine.standing().await?;
    let container = world.active.and_then(|colour| world.of(colour));
    let live = Live {
        colour: world.active,
        release: container.and_then(|container| container.deploy),
        is_well: container.is_some_and(|container| container.is_running && container.is_well),
        canary: world.canary,
    };
    let edge = match machine.ask(Door::Edge, "/healthz").await {
        Ok(answer) => Edge { is_good: (200..300).contains(&answer.status), said: answer.status.to_string() },
        Err(error) => Edge { is_good: false, said: format!("{error:#}") },
    };
    let told = deployments(&production.desk.ledger()?).pop();
    let is_over = |told: &Deployment| matches!(told.ending, Some(Ending::Committed | Ending::RolledBack));
    Ok(Seen {
        live,
        edge,
        release: production.desk.releases.current()?,
        under_way: told.filter(|told| !is_over(told)),
        deployer: Lock::holder(&production.desk.lock())?.flatten(),
        is_shut: machine.is_shut().await?,
        services: machine.services().await?,
        now: machine.now(),
    })
}

fn judged(seen: &Seen) -> anyhow::Result<()> {
    ensure!(seen.edge.is_good, "the edge does not answer as it should: {}", seen.edge.said);
    let waits = seen.under_way.as_ref().filter(|_| seen.deployer.is_none());
    if let Some(waits) = waits {
        anyhow::bail!(
            "deployment {} was left: `pake deploy --resume` goes on with it, `pake deploy --abort` goes back",
            waits.deploy
        );
    }
    Ok(())
}

fn print(printer: &Printer, seen: &Seen) -> anyhow::Result<()> {
    let look = printer.out;
    let live = match (&seen.live.colour, seen.live.is_well) {
        (None, _) => look.paint(Style::Red, "nothing is live"),
        (Some(colour), true) => look.paint(Style::Green, &format!("{colour} is live and well")),
        (Some(colour), false) => look.paint(Style::Red, &format!("{colour} is live and does not take requests")),
    };
    let release =
        seen.live.release.map_or("that no deployment made".to_owned(), |release| format!("release {release}"));
    printer.data(format_args!("{live}, {release}"))?;
    let edge =
        if seen.edge.is_good { look.paint(Style::Green, "answers") } else { look.paint(Style::Red, &seen.edge.said) };
    printer.data(format_args!("the edge: {edge}"))?;
    if let Some(Canary { colour, percent }) = seen.live.canary {
        printer.data(look.paint(Style::Yellow, &format!("{percent} % of the requests go to {colour}")))?;
    }
    if seen.is_shut {
        printer.data(look.paint(Style::Yellow, "nobody is let in: `pake maintenance off` ends that"))?;
    }
    match (&seen.deployer, &seen.under_way) {
        (Some(Holder { process, command, since }), _) => {
            let since = elapsed((seen.now - *since).to_std().unwrap_or_default());
            printer.data(format_args!("under way: `{command}` (process {process}, for {since})"))?;
        }
        (None, Some(left)) => printer.data(format_args!("left: deployment {}", left.deploy))?,
        (None, None) => {}
    }
    let rows: Vec<Vec<Cell>> = seen.services.iter().map(|service| row(service, seen)).collect();
    lines(&COLUMNS, &rows, look).iter().try_for_each(|line| printer.data(line))?;
    Ok(())
}

fn row(service: &Service, seen: &Seen) -> Vec<Cell> {
    let is_live = service.colour.is_some() && service.colour == seen.live.colour;
    let state = service.health.as_deref().unwrap_or(&service.state);
    let style = match state {
        "running" | "healthy" => Style::Green,
        "starting" | "restarting" => Style::Yellow,
        "exited" => Style::Dim,
        _ => Style::Red,
    };
    let started = service.started_at.as_deref().filter(|_| service.state == "running");
    let started = started.and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let since = started.map(|at| elapsed((seen.now - at).to_std().unwrap_or_default())).unwrap_or_default();
    let name = if is_live { format!("{} (live)", service.name) } else { service.name.clone() };
    vec![
        plain(&name).into(),
        Cell::new(state).styled(style),
        since.into(),
        service.restarts.to_string().into(),
        plain(&service.image).into(),
    ]
}
