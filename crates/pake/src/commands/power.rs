//! `pake stop` and `pake start`: a whole production.

use ops::machine::Service;

use super::{Context, production::Production};
use crate::cli::Power;

/// Runs `pake stop`.
pub async fn stop(context: &Context, arguments: &Power) -> anyhow::Result<()> {
    let production = Production::of(context, &arguments.place)?;
    let machine = production.machine().await?;
    let _lock = production.lock(&machine, "pake stop", arguments.wait).await?;
    machine.stop_all(|service: &Service| context.printer.say(format_args!("stopping {}", service.name))).await
}

/// Runs `pake start`.
pub async fn start(context: &Context, arguments: &Power) -> anyhow::Result<()> {
    let production = Production::of(context, &arguments.place)?;
    let machine = production.machine().await?;
    let _lock = production.lock(&machine, "pake start", arguments.wait).await?;
    machine.start_all(|service: &Service| context.printer.say(format_args!("starting {}", service.name))).await
}
