//! `pake migrate`, `pake secrets`, `pake doctor`, `pake health` and what is written once: what an operator looks after.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Server;

/// `pake migrate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake migrate status           which steps there are, and how far each is
  pake migrate expand           before a new version starts beside the old one
  pake migrate contract --yes   when no older version is needed any more, not even to go back to")]
pub struct Migrate {
    /// What to do.
    #[command(subcommand)]
    pub command: MigrateCommand,
}

/// What to do with the tables of the database.
#[derive(Debug, Subcommand)]
pub enum MigrateCommand {
    /// Show which steps were applied and which are due
    #[command(after_help = "Examples:
  pake migrate status
  pake migrate status --json | jq '.steps[] | select(.state == \"due\")'

Changes nothing. A step that is `newer` was applied by a newer PAKE; this one can do with it.")]
    Status(MigrateStatus),
    /// Apply what only adds: an older version goes on working
    #[command(after_help = "Examples:
  pake migrate expand
  pake migrate expand --json | jq '.applied | length'

`pake serve` does the same at its start. Each step is a transaction of its own; on PostgreSQL it waits for a lock at most
2 seconds at a time, so that nobody waits long behind it, and one process at a time does it.")]
    Expand(MigrateExpand),
    /// Apply what takes away what no version needs any more
    #[command(after_help = "Examples:
  pake migrate contract         says what would be done
  pake migrate contract --yes

Afterwards an older version does not start on this database any more: there is no way back but a backup. Nothing else
applies these steps, except on an empty database. On PostgreSQL this refuses while another version is connected.")]
    Contract(MigrateContract),
}

/// `pake migrate status`.
#[derive(Debug, Args)]
pub struct MigrateStatus {
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `pake migrate expand`.
#[derive(Debug, Args)]
pub struct MigrateExpand {
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `pake migrate contract`.
#[derive(Debug, Args)]
pub struct MigrateContract {
    /// Do it: no older version is needed any more
    #[arg(long)]
    pub yes: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `pake secrets`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake secrets status                   which key seals, and what older keys still seal
  pake secrets rotate                   a new master key; everything is sealed with it
  pake secrets rotate --forget-older    and nothing opens with the older ones any more")]
pub struct Secrets {
    /// What to do.
    #[command(subcommand)]
    pub command: SecretsCommand,
}

/// What to do with the keys.
#[derive(Debug, Subcommand)]
pub enum SecretsCommand {
    /// Show which key seals what
    #[command(after_help = "Example:
  pake secrets status --json")]
    Status(SecretsStatus),
    /// Seal everything with a new master key
    #[command(after_help = "Examples:
  pake secrets rotate
  pake secrets rotate --forget-older    on the day after, when every process has the new key

Where the key is a setting (secrets.master_key), the new one is set first, with the old one among
secrets.previous_master_keys; then `pake secrets rotate` seals everything with it.")]
    Rotate(SecretsRotate),
}

/// `pake secrets status`.
#[derive(Debug, Args)]
pub struct SecretsStatus {
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `pake secrets rotate`.
#[derive(Debug, Args)]
pub struct SecretsRotate {
    /// Draw no new key; take the older ones out of the file when nothing needs them
    ///
    /// A server that was started before the new key was drawn finds it by itself. What it sealed with the old key in
    /// between is sealed anew first.
    #[arg(long)]
    pub forget_older: bool,
}

/// `pake doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake doctor               each check with what to do about it; exit status 1 when one fails
  pake doctor --json | jq '.[] | select(.result != \"good\")'")]
pub struct Doctor {
    /// Leave the database as it is: what this version would add to it is not there yet, and what needs it is not looked at
    #[arg(long)]
    pub unexpanded: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `pake health`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake health                                 the server of this configuration, on this machine
  pake health --listen unix:/run/pake/green.sock --timeout 1
  pake health --server https://pake.example.org --json

In a container it is the health check, without any other program: HEALTHCHECK CMD [\"pake\", \"health\"].
Exit status: 0 it takes requests · 1 it does not, or is not there")]
pub struct Health {
    /// Where it listens: address:port or unix:/path [setting: server.listen]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "server")]
    pub listen: Option<String>,
    /// Longest wait in seconds, 0.1 to 60
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    pub timeout: f64,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Where it is.
    #[command(flatten)]
    pub server: Server,
}

/// `pake completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake completions bash > /etc/bash_completion.d/pake
  pake completions zsh > ~/.zfunc/_pake
  pake completions fish > ~/.config/fish/completions/pake.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `pake generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// The folder, usually docs/reference
    pub folder: PathBuf,
    /// Write nothing; fail when a file is not as it would be written
    #[arg(long)]
    pub check: bool,
}
