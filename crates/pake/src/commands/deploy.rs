//! `pake deploy` and `pake plan`: a new release takes the place of the old one.

use std::path::Path;

use anyhow::{Context as _, bail};
use ops::{
    desk::Desk,
    machine::{Machine as _, Real, Rehearsal},
    plan::{Plan, Policy, shares},
    progress::Direction,
};

use super::{
    Context,
    production::{Production, Work, carry_out, judged},
};
use crate::{cli, telling::Teller};

/// Runs `pake deploy`.
pub async fn run(context: &Context, arguments: &cli::Deploy) -> anyhow::Result<()> {
    let production = Production::of(context, &arguments.place)?;
    let machine = production.machine().await?;
    let policy = Policy {
        is_strict: arguments.strict,
        canary: shares(&arguments.canary)?,
        canary_seconds: arguments.canary_seconds,
        bake_seconds: arguments.bake,
        keep_backups: usize::try_from(arguments.keep_backups)?,
        ..Policy::DEPLOY
    };
    let teller = Teller::new(&context.printer, arguments.watching.json);
    if arguments.dry_run {
        let plan = production.planned(&machine, &arguments.image, policy).await?;
        return rehearsed(context, &production.desk, &machine, plan).await;
    }
    if let Some(file) = &arguments.plan_out {
        let plan = production.planned(&machine, &arguments.image, policy).await?;
        return written(context, &plan, file);
    }
    let _lock = production.lock(&machine, "pake deploy", arguments.watching.wait).await?;
    let taken_up = match (arguments.resume, arguments.abort) {
        (true, _) => Some(Direction::Forward),
        (_, true) => Some(Direction::Back),
        _ => None,
    };
    if let Some(wanted) = taken_up {
        return take_up(&production, &machine, &teller, wanted).await;
    }
    production.end_what_was_left(&machine, &teller).await?;
    production.adopt(&machine).await?;
    let plan = match &arguments.apply {
        Some(file) => production.behind_what_was_adopted(unchanged(&production, &machine, file).await?)?,
        None => production.planned(&machine, &arguments.image, policy).await?,
    };
    carried_out(context, &production, &machine, &teller, plan).await
}

/// Runs `pake plan`.
pub async fn plan(context: &Context, arguments: &cli::Plan) -> anyhow::Result<()> {
    let production = Production::of(context, &arguments.place)?;
    let machine = production.machine().await?;
    let plan = production.planned(&machine, &arguments.image, Policy::DEPLOY).await?;
    let text = if arguments.json { serde_json::to_string_pretty(&plan)? } else { plan.to_string() };
    Ok(context.printer.data(text.trim_end())?)
}

/// Shows a plan and carries it out.
pub async fn carried_out(
    context: &Context,
    production: &Production,
    machine: &Real,
    teller: &Teller,
    plan: Plan,
) -> anyhow::Result<()> {
    context.printer.say(format_args!("{}", plan.to_string().trim_end()));
    let heard = production.heard(machine).await?;
    let ended = carry_out(machine, &production.desk, teller, Some(heard), Work::Begin(Box::new(plan))).await?;
    judged(&ended, Direction::Forward)
}

/// Tells what would be done.
pub async fn rehearsed(context: &Context, desk: &Desk, machine: &Real, plan: Plan) -> anyhow::Result<()> {
    context.printer.say(format_args!("{}", plan.to_string().trim_end()));
    let rehearsal = Rehearsal::of(machine.look(&plan).await?, machine.now());
    // A desk beside the real one: what is only told of is written down nowhere.
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let beside = Desk::at(folder.path())?;
    for release in desk.releases.all()?.iter().rev() {
        beside.releases.commit(release)?;
    }
    let quiet = crate::printer::Printer { quiet: true, ..context.printer.clone() };
    let teller = Teller::new(&quiet, false);
    let ended = carry_out(&rehearsal, &beside, &teller, None, Work::Begin(Box::new(plan))).await?;
    context.printer.data(rehearsal.transcript().trim_end())?;
    judged(&ended, Direction::Forward)
}

fn written(context: &Context, plan: &Plan, file: &Path) -> anyhow::Result<()> {
    context.printer.say(format_args!("{}", plan.to_string().trim_end()));
    ops::whole_file::write(&std::path::absolute(file)?, &serde_json::to_vec_pretty(plan)?)
        .with_context(|| format!("cannot write {}", file.display()))
}

/// The plan in a file, when the world is as it was then.
async fn unchanged(production: &Production, machine: &Real, file: &Path) -> anyhow::Result<Plan> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let plan: Plan = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no plan of this PAKE: `pake deploy --plan-out` makes one", file.display()))?;
    let now = machine.survey(&plan.survey.target.image, &production.desk.salt()?).await?;
    let drift = plan.drift(&now);
    if !drift.is_empty() {
        bail!("the world is not as the plan found it: {}. Make a new one with --plan-out", drift.join("; "));
    }
    Ok(plan)
}

async fn take_up(production: &Production, machine: &Real, teller: &Teller, wanted: Direction) -> anyhow::Result<()> {
    let taken = production.desk.take_up()?.context("no deployment was left: there is nothing to take up")?;
    let direction = if wanted == Direction::Forward { taken.progress.onward() } else { wanted };
    let heard = production.heard(machine).await?;
    let work = Work::TakeUp(Box::new(taken), direction);
    let ended = carry_out(machine, &production.desk, teller, Some(heard), work).await?;
    judged(&ended, direction)
}
