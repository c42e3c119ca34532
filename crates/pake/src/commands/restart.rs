//! `pake restart`: PAKE is started anew beside itself; another service by itself.

use anyhow::{Context as _, bail};
use ops::{
    machine::Machine as _,
    plan::{Plan, Policy},
};

use super::{Context, deploy::carried_out, production::Production};
use crate::{cli::Restart, telling::Teller};

/// Runs `pake restart`.
pub async fn run(context: &Context, arguments: &Restart) -> anyhow::Result<()> {
    let production = Production::of(context, &arguments.place)?;
    let machine = production.machine().await?;
    let teller = Teller::new(&context.printer, arguments.watching.json);
    let _lock = production.lock(&machine, "pake restart", arguments.watching.wait).await?;
    if let Some(name) = &arguments.service {
        let service = machine.service(name).await?;
        if service.colour.is_some() {
            bail!("`pake restart` without a name starts PAKE anew, and nobody notices");
        }
        machine.start_anew(&service).await?;
        context.printer.say(format_args!("{} is started anew", service.name));
        return Ok(());
    }
    production.end_what_was_left(&machine, &teller).await?;
    let salt = production.desk.salt()?;
    let live =
        machine.live(&salt).await?.context("no PAKE is live here: `pake start` starts all, `pake recover` PAKE")?;
    let before = production.desk.releases.current()?.filter(|current| Some(current.deploy) == live.deploy);
    let survey = machine.survey_again(&live.content, &salt).await?;
    let policy = Policy { bake_seconds: 10, ..Policy::ROLLBACK };
    let before = before.and_then(|current| current.before);
    let plan = Plan::again(before, production.name(&machine)?, machine.now(), survey, policy);
    carried_out(context, &production, &machine, &teller, plan).await
}
