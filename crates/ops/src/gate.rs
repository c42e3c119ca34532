//! What has to hold before a deployment goes on. Each gate says what it saw last when it does not open.

use std::{fmt, time::Duration};

use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    deploy_id::DeployId,
    machine::{Answer, Database, Door, Machine},
    plan::{Kind, Plan},
    world::{Colour, Container},
};

mod bake;

pub use self::bake::{bake, canary};

/// Where a release says whether requests should be sent to it.
const READY: &str = "/readyz";

/// What everybody may ask, through the edge too.
const ALIVE: &str = "/healthz";

/// What a release has to answer before anybody is led to it, with the status of the answer.
const SMOKE: [(&str, u16); 2] = [(ALIVE, 204), ("/", 200)];

/// The edge is asked so often.
const EDGE_TIMES: usize = 3;

/// And so often it may have answered otherwise before.
const EDGE_TRIES: usize = 20;

/// From one question to the edge to the next.
const EDGE_EVERY: Duration = Duration::from_millis(250);

/// So many people ask at most until one of them is answered by the release that has a share: with one slot of twenty, all would be
/// led elsewhere once in 30,000 times.
const PEOPLE: u16 = 200;

/// How often it is looked whether a release has ended.
const ENDED_EVERY: Duration = Duration::from_millis(500);

/// The machine is fit for the deployment, and what is live is well.
pub async fn fit<M: Machine>(machine: &M, plan: &Plan) -> anyhow::Result<()> {
    roomy(machine, plan).await?;
    still_well(machine, plan).await
}

/// The machine is fit for the deployment.
pub async fn roomy<M: Machine>(machine: &M, plan: &Plan) -> anyhow::Result<()> {
    let found = machine.examine(plan).await?;
    ensure!(found.is_empty(), "{}", found.join("; "));
    Ok(())
}

/// A release has ended, by itself or by force, and does nothing more.
pub async fn quiet<M: Machine>(machine: &M, plan: &Plan, colour: Colour) -> anyhow::Result<()> {
    machine.end(colour).await?;
    if ended(machine, plan, colour).await.is_err() {
        machine.halt(colour).await?;
    }
    let is_running = machine.look(plan).await?.of(colour).is_some_and(|container| container.is_running);
    ensure!(!is_running, "{colour} does not end, and nobody else may be at work on the data");
    Ok(())
}

/// The new release finds everything set up well. What ran before was asked then.
pub async fn sound<M: Machine>(machine: &M, plan: &Plan, database: Database) -> anyhow::Result<()> {
    let found = machine.diagnose(plan, database).await?;
    ensure!(found.is_empty(), "the new release finds what is not as it should be: {}", found.join("; "));
    Ok(())
}

/// What was live before the deployment takes requests.
pub async fn still_well<M: Machine>(machine: &M, plan: &Plan) -> anyhow::Result<()> {
    let Some(old) = plan.survey.active else { return Ok(()) };
    let world = machine.look(plan).await?;
    let Some(container) = world.of(old) else { return Ok(()) };
    ensure!(
        container.is_running && container.is_well,
        "{old}, which is live, does not take requests: there would be nothing to go back to. `pake logs` tells why"
    );
    Ok(())
}

/// The new release says that it is ready, so many times in a row, and was not started anew meanwhile.
pub async fn ready<M: Machine>(machine: &M, plan: &Plan) -> anyhow::Result<()> {
    let policy = &plan.policy;
    let until = after(machine.now(), policy.ready_seconds);
    let mut in_a_row = 0;
    loop {
        // Looking asks too, and takes its time with a release that does not answer: what comes and goes is not well.
        let is_well = runs(machine, plan).await?.is_well;
        let answer = machine.ask(Door::Socket(plan.colour), READY).await;
        in_a_row = if is_well && is_good(&answer, Some(plan.deploy)) { in_a_row + 1 } else { 0 };
        if in_a_row >= policy.ready_in_a_row {
            return Ok(());
        }
        ensure!(
            machine.now() < until,
            "{} was not ready {} times in a row within {} s; the last answer: {}",
            plan.colour,
            policy.ready_in_a_row,
            policy.ready_seconds,
            Told(&answer)
        );
        machine.pause(Duration::from_millis(policy.ready_every_ms)).await;
    }
}

/// The new release does what it should, asked through its socket.
pub async fn smoke<M: Machine>(machine: &M, plan: &Plan) -> anyhow::Result<()> {
    for (path, status) in SMOKE {
        let answer = machine.ask(Door::Socket(plan.colour), path).await;
        ensure!(
            answer.as_ref().is_ok_and(|answer| answer.status == status),
            "{} is ready and does not do what it should: {path} is to be {status}, and is: {}",
            plan.colour,
            Told(&answer)
        );
    }
    // What ran before did all of it then, and serves again within seconds.
    if plan.kind == Kind::Deploy {
        machine.try_out(plan).await?;
    }
    Ok(())
}

/// Who comes in through the edge is answered by this release.
pub async fn edge<M: Machine>(machine: &M, release: Option<DeployId>) -> anyhow::Result<()> {
    let mut in_a_row = 0;
    let mut last = None;
    for _ in 0..EDGE_TRIES {
        let answer = machine.ask(Door::Edge, ALIVE).await;
        in_a_row = if is_good(&answer, release) { in_a_row + 1 } else { 0 };
        if in_a_row == EDGE_TIMES {
            return Ok(());
        }
        last = Some(answer);
        machine.pause(EDGE_EVERY).await;
    }
    let last = last.context("the edge was not asked")?;
    bail!("the edge is not answered by the release that the link leads to; the last answer: {}", Told(&last))
}

/// Some who come in through the edge are answered by the new release, and nobody is left without an answer.
pub async fn some<M: Machine>(machine: &M, release: DeployId) -> anyhow::Result<()> {
    for number in 0..PEOPLE {
        let answer = machine.ask(Door::Person(number), ALIVE).await;
        ensure!(is_good(&answer, None), "somebody at the edge is not answered as they should be: {}", Told(&answer));
        if is_good(&answer, Some(release)) {
            return Ok(());
        }
    }
    bail!(
        "the edge leads nobody to the new release: is its configuration older than this PAKE? Bring deploy/nginx up to date and \
         restart pake-nginx, or deploy without --canary"
    )
}

/// A release that was told to end has ended.
pub async fn ended<M: Machine>(machine: &M, plan: &Plan, colour: Colour) -> anyhow::Result<()> {
    let seconds = plan.policy.drain_seconds;
    let until = after(machine.now(), seconds);
    while machine.look(plan).await?.of(colour).is_some_and(|container| container.is_running) {
        ensure!(
            machine.now() < until,
            "{colour} has not ended what was under way within {seconds} s; it is ended by force"
        );
        machine.pause(ENDED_EVERY).await;
    }
    Ok(())
}

/// The container of the new release, which runs and was never started anew.
async fn runs<M: Machine>(machine: &M, plan: &Plan) -> anyhow::Result<Container> {
    let colour = plan.colour;
    let world = machine.look(plan).await?;
    let container = world.of(colour).filter(|container| container.deploy == Some(plan.deploy));
    let container = container.with_context(|| format!("the container of {colour} is gone"))?;
    ensure!(container.is_running, "{colour} has ended");
    ensure!(container.restarts == 0, "{colour} ended and was started anew, {} times", container.restarts);
    Ok(container.clone())
}

fn is_good(answer: &anyhow::Result<Answer>, release: Option<DeployId>) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.is_good(release))
}

fn after(now: DateTime<Utc>, seconds: u64) -> DateTime<Utc> {
    now + TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::from(u32::MAX)))
}

/// An answer, or that there was none, as people read it.
struct Told<'a>(&'a anyhow::Result<Answer>);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Err(error) => write!(f, "none ({error:#})"),
            Ok(answer) => answer.fmt(f),
        }
    }
}
