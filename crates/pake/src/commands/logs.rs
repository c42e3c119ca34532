//! `pake logs`: what a production logs.

use ops::machine::Machine as _;

use super::{Context, production::Production};
use crate::{
    cli::Logs,
    logline::{Wanted, shown},
};

/// So many lines are shown when nobody says otherwise.
const LINES: u32 = 200;

/// Runs `pake logs`.
pub async fn run(context: &Context, arguments: Logs) -> anyhow::Result<()> {
    let production = Production::of(context, &arguments.place)?;
    let machine = production.machine().await?;
    let service = machine.service(&arguments.service).await?;
    let wanted = Wanted {
        text: arguments.grep.map(|text| text.to_lowercase()),
        level: arguments.level,
        request: arguments.request_id,
    };
    let is_whole = wanted.is_any() || arguments.since.is_some();
    let logs = ops::machine::Logs {
        since: arguments.since.map(|since| machine.now() - since),
        tail: arguments.lines.or((!is_whole).then_some(LINES)),
        follow: arguments.follow,
    };
    let printer = &context.printer;
    let take = |line: &str| match line {
        line if !wanted.has(line) => Ok(()),
        line if arguments.json => Ok(printer.data(line)?),
        line => Ok(printer.data(shown(line, printer.out))?),
    };
    machine.logs(&service, &logs, take).await
}
