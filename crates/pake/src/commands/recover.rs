//! `pake recover`: what a deployer left that died is ended, and the colour that is live runs.

use ops::{
    machine::{Machine as _, Real},
    plan::{Plan, Policy},
    world::Colour,
};

use super::{Context, deploy::carried_out, production::Production};
use crate::{cli::Recover, telling::Teller};

/// Runs `pake recover`.
pub async fn run(context: &Context, arguments: &Recover) -> anyhow::Result<()> {
    let production = Production::of(context, &arguments.place)?;
    let machine = production.machine().await?;
    let teller = Teller::new(&context.printer, arguments.watching.json);
    let _lock = production.lock(&machine, "pake recover", arguments.watching.wait).await?;
    production.end_what_was_left(&machine, &teller).await?;
    let active = machine.standing().await?.active;
    for colour in active.into_iter().chain(active.map(Colour::other)) {
        if machine.wake(colour).await? {
            if active != Some(colour) {
                machine.point(colour).await?;
            }
            context.printer.say(format_args!("{colour} is live and well"));
            return Ok(());
        }
    }
    anew(context, &production, &machine, &teller).await
}

/// No colour can be woken: the current release is started again.
async fn anew(context: &Context, production: &Production, machine: &Real, teller: &Teller) -> anyhow::Result<()> {
    let Some(current) = production.desk.releases.current()? else {
        anyhow::bail!(
            "no PAKE runs here and none was deployed: `docker compose --env-file .env.production up --detach` begins it"
        );
    };
    let survey = machine.survey_again(&current.content, &production.desk.salt()?).await?;
    let policy = Policy { bake_seconds: 0, ..Policy::ROLLBACK };
    let plan = Plan::again(current.before, production.name(machine)?, machine.now(), survey, policy);
    carried_out(context, production, machine, teller, plan).await
}
