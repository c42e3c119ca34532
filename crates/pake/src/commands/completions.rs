//! `pake completions`.

use clap::CommandFactory as _;

use super::Context;
use crate::cli::{Cli, Completions};

/// Writes the completions for a shell.
pub fn run(context: &Context, arguments: &Completions) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "pake", &mut script);
    Ok(context.printer.bytes(&script)?)
}
