//! `pake env`: what a production in containers is set up with.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `pake env`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  pake env init deploy --domain pake.example.org --contact ada@example.org")]
pub struct Env {
    /// What to do.
    #[command(subcommand)]
    pub command: EnvCommand,
}

/// What can be done with the settings of a production.
#[derive(Debug, Subcommand)]
pub enum EnvCommand {
    /// Write .env.production and a folder of secrets that are drawn anew
    #[command(after_help = "Examples:
  pake env init                         here, with `change-me` where you have to say something
  pake env init deploy --domain pake.example.org --contact ada@example.org
  docker compose --env-file .env.production up --detach         then, in that folder

Nothing that is there already is touched. The settings are readable for you alone, the secrets also for the group 10001,
which the containers have; run it as root, or give them that group as it says.")]
    Init(EnvInit),
}

/// `pake env init`.
#[derive(Debug, Args)]
pub struct EnvInit {
    /// Folder of compose.yaml
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
    /// The name that people type
    #[arg(long, value_name = "NAME")]
    pub domain: Option<String>,
    /// Where the operators of the sources reach you
    #[arg(long, value_name = "ADDRESS")]
    pub contact: Option<String>,
}
