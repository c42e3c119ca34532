//! `pake jobs` and `pake maintenance`: what is done in the background, and what is done once in a while.

use clap::{Args, Subcommand, ValueEnum};

use super::{Server, deploy::Place};

/// `pake jobs`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake jobs list --status failed
  pake jobs show 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42 --json
  pake jobs retry 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42")]
pub struct Jobs {
    /// What to do.
    #[command(subcommand)]
    pub command: JobsCommand,
}

/// What can be done with jobs.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List jobs, newest first; what has ended is kept for 30 days
    #[command(after_help = "Example:
  pake jobs list --kind backup_database --limit 5")]
    List(JobsList),
    /// Show one job
    #[command(after_help = "Example:
  pake jobs show 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42")]
    Show(OneJob),
    /// End a job: at once when it waits, as soon as it can when it is worked on
    #[command(after_help = "Example:
  pake jobs cancel 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42")]
    Cancel(OneJob),
    /// Try a job again that failed or was cancelled
    #[command(after_help = "Example:
  pake jobs retry 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42")]
    Retry(OneJob),
}

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// It waits
    Waiting,
    /// It is worked on
    Running,
    /// It is done
    Done,
    /// It failed for good
    Failed,
    /// Somebody wanted it to end
    Cancelled,
}

/// `pake jobs list`.
#[derive(Debug, Args)]
pub struct JobsList {
    /// Only jobs that have come this far
    #[arg(long, value_enum, value_name = "STATUS")]
    pub status: Option<Status>,
    /// Only jobs of this kind
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// How many to list
    #[arg(long, short = 'n', value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Where the jobs are.
    #[command(flatten)]
    pub server: Server,
}

/// `pake jobs show`, `cancel`, `retry`.
#[derive(Debug, Args)]
pub struct OneJob {
    /// Its id, as `pake jobs list` gives it
    pub id: String,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Where the job is.
    #[command(flatten)]
    pub server: Server,
}

/// `pake maintenance`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake maintenance back-up                             a checked copy in the data folder
  pake maintenance clean-up --days 90 --dry-run        how many searches would go
  pake maintenance clear-cache --server https://pake.example.org
  pake maintenance on                                  nobody is let in to a production in containers

Copying, cleaning and indexing are jobs: they are waited for, unless --detach is given; `pake jobs` shows them afterwards.")]
pub struct Maintenance {
    /// What to do.
    #[command(subcommand)]
    pub command: MaintenanceCommand,
}

/// `pake maintenance put-back`.
#[derive(Debug, Args)]
pub struct PutBack {
    /// The copy, as `back-up` named it: seen from the data folder
    #[arg(value_name = "FILE")]
    pub file: std::path::PathBuf,
    /// Do it: what was written since is lost
    #[arg(long)]
    pub yes: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// What can be done once in a while.
#[derive(Debug, Subcommand)]
pub enum MaintenanceCommand {
    /// Forget all kept answers: in every process, and in Redis
    #[command(after_help = "Example:
  pake maintenance clear-cache")]
    ClearCache(Waiting),
    /// Delete old searches; favourites stay
    #[command(after_help = "Example:
  pake maintenance clean-up --days 90 --dry-run")]
    CleanUp(CleanUp),
    /// Make the indexes of the database anew
    #[command(after_help = "Example:
  pake maintenance rebuild-indexes")]
    RebuildIndexes(Waiting),
    /// Copy the database into the data folder, and check the copy
    #[command(after_help = "Example:
  pake maintenance back-up --json")]
    BackUp(Waiting),
    /// Put back what a copy holds, in the place of what is there
    #[command(after_help = "Examples:
  pake maintenance put-back backups/pake-20261126T201403123Z.zip         says what would be lost
  pake maintenance put-back backups/pake-20261126T201403123Z.zip --yes

All of it is put back or nothing, and no PAKE may be at work on the database. What was written since the copy is lost. In a production
in containers `pake rollback --restore-db` does it, with the release that made those data.")]
    PutBack(PutBack),
    /// Let nobody in to a production in containers: the edge answers 503 by itself
    #[command(after_help = "Example:
  pake maintenance on

Holds until `pake maintenance off`, also over deployments and restarts. Only whether PAKE is there (/healthz) is still
answered. What was under way goes on.")]
    On(Place),
    /// Let everybody in again
    #[command(after_help = "Example:
  pake maintenance off")]
    Off(Place),
}

/// `pake maintenance clean-up`.
#[derive(Debug, Args)]
pub struct CleanUp {
    /// Searches that are older than so many days go
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=36500))]
    pub days: u32,
    /// Only count them
    #[arg(long)]
    pub dry_run: bool,
    /// Whether it is waited for, and where.
    #[command(flatten)]
    pub waiting: Waiting,
}

/// Whether it is waited for, and where it is done.
#[derive(Debug, Args)]
pub struct Waiting {
    /// Do not wait for its end
    #[arg(long)]
    pub detach: bool,
    /// Write the job as JSON
    #[arg(long)]
    pub json: bool,
    /// Where it is done.
    #[command(flatten)]
    pub server: Server,
}
