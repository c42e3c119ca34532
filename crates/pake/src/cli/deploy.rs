//! `pake deploy` and its kin: bringing a release to where people use it, and back.

use std::path::PathBuf;

use clap::Args;

/// Which production.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Folder of compose.yaml [default: deploy where that is one, else the working directory]
    #[arg(long, value_name = "FOLDER", help_heading = "Production")]
    pub folder: Option<PathBuf>,
    /// File of compose in that folder; given more than once, later ones add to earlier ones
    #[arg(long, value_name = "FILE", default_value = "compose.yaml", help_heading = "Production")]
    pub compose_file: Vec<PathBuf>,
    /// Folder of the journals, the releases and the lock [default: state in the folder of compose.yaml]
    #[arg(long, value_name = "FOLDER", help_heading = "Production")]
    pub state: Option<PathBuf>,
    /// What deploy/destinations/NAME.toml describes, on this machine or on others; what is said beside it goes before
    #[arg(long, value_name = "NAME", help_heading = "Production")]
    pub destination: Option<String>,
    /// File that says who hears of deployments, seen from the folder of compose.yaml [default: notify.toml]
    #[arg(long, value_name = "FILE", help_heading = "Production")]
    pub notify: Option<PathBuf>,
    /// What the destination is called
    #[arg(long, value_name = "NAME", hide = true)]
    pub named: Option<String>,
    /// Who it is
    #[arg(long, value_name = "WHO", hide = true)]
    pub by: Option<String>,
}

/// Which image.
#[derive(Debug, Clone, Args)]
pub struct Image {
    /// The image, by its name or its digest [default: PAKE_IMAGE, as compose.yaml names it]
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Build the image first, as compose.yaml says
    #[arg(long, conflicts_with = "image")]
    pub build: bool,
}

/// How it is watched.
#[derive(Debug, Clone, Args)]
pub struct Watching {
    /// Wait so many seconds for another deployer to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
    /// Write each event as a line of JSON
    #[arg(long)]
    pub json: bool,
}

/// `pake deploy`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake deploy                                    the image that compose.yaml names
  pake deploy --image ghcr.io/pake/pake@sha256:…
  pake deploy --build                            from the sources, as compose.yaml says
  pake deploy --canary 5,25,50                   some of the requests first, then all of them
  pake deploy --dry-run                          what would be done, step by step
  pake deploy --plan-out plan.json               today's plan in a file …
  pake deploy --apply plan.json                  … carried out if nothing has changed since
  pake deploy --resume                           goes on where a deployer died; --abort goes back

The new release starts beside the old one, at its own socket. When it is ready, has been tried out and is led to, the old one
stays beside it while both are watched; whatever fails on the way puts back what was. Nobody who uses PAKE notices. With --canary
each share has to fail and take as little as the old release does at the same time; who asks stays with one of the two.

Exit status: 0 the new release is the current one · 1 it is not, and what was serves on · 2 PAKE is at fault")]
pub struct Deploy {
    /// Which image.
    #[command(flatten)]
    pub image: Image,
    /// Write the plan into a file and do nothing
    #[arg(long, value_name = "FILE", group = "way")]
    pub plan_out: Option<PathBuf>,
    /// Carry out the plan in a file; refuses when the world is not as it was
    #[arg(long, value_name = "FILE", group = "way", conflicts_with_all = ["image", "build"])]
    pub apply: Option<PathBuf>,
    /// Only tell what would be done
    #[arg(long, group = "way")]
    pub dry_run: bool,
    /// Go on with what another deployer left
    #[arg(long, group = "way", conflicts_with_all = ["image", "build"])]
    pub resume: bool,
    /// Go back from what another deployer left
    #[arg(long, group = "way", conflicts_with_all = ["image", "build"])]
    pub abort: bool,
    /// Take too few requests to judge by for a failure
    #[arg(long)]
    pub strict: bool,
    /// Lead these shares of the requests to it first, one after the other, in percent: 5,25,50
    #[arg(long, value_name = "PERCENT", value_delimiter = ',')]
    pub canary: Vec<u8>,
    /// Watch it for so many seconds with each share
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub canary_seconds: u64,
    /// Watch the new release for so many seconds beside the old one
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub bake: u64,
    /// Keep so many of the backups that deployments took; older ones go at the end
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u64).range(4..=10_000))]
    pub keep_backups: u64,
    /// How it is watched.
    #[command(flatten)]
    pub watching: Watching,
    /// Which production.
    #[command(flatten)]
    pub place: Place,
}

/// `pake plan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake plan                             what `pake deploy` would do: image, settings, database, time, way back
  pake plan --image pake:2 --json

Changes nothing but that the image is fetched: only it knows which steps its database needs.")]
pub struct Plan {
    /// Which image.
    #[command(flatten)]
    pub image: Image,
    /// Write the plan as JSON, as --plan-out of `pake deploy` does
    #[arg(long)]
    pub json: bool,
    /// Which production.
    #[command(flatten)]
    pub place: Place,
}

/// `pake rollback`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake rollback                         to the release before the current one
  pake rollback 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42
  pake rollback --restore-db            says what would be lost with the data of before
  pake releases                         says which there are

The release starts again beside the current one and passes the same gates. The database stays as it is, with all that was
written to it: what a newer release has added does not disturb an older one. With --restore-db the backup comes back that was taken when the
release was replaced: nobody is let in meanwhile, a copy of now is taken first, and whatever fails puts that back.")]
pub struct Rollback {
    /// The release, as `pake releases` names it; the beginning is enough where it is the only one
    #[arg(value_name = "RELEASE")]
    pub release: Option<String>,
    /// What somebody asked for in PAKE's administration; where nobody did, nothing is done
    #[arg(long, conflicts_with_all = ["release", "dry_run"])]
    pub asked: bool,
    /// Put back the data that it had when it was replaced; says what would be lost, and wants that to be said
    #[arg(long, conflicts_with = "asked")]
    pub restore_db: bool,
    /// Since when all that was written is lost: the moment that --restore-db names
    #[arg(long, value_name = "TIME", requires = "restore_db")]
    pub yes_lose_data_since: Option<chrono::DateTime<chrono::Utc>>,
    /// Watch it for so many seconds beside the one that is left
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub bake: u64,
    /// Only tell what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// How it is watched.
    #[command(flatten)]
    pub watching: Watching,
    /// Which production.
    #[command(flatten)]
    pub place: Place,
}

/// `pake releases`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake releases                         the newest first; → is the current one, * can be gone back to
  pake releases --json")]
pub struct Releases {
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Which production.
    #[command(flatten)]
    pub place: Place,
}

/// `pake recover`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  pake recover                          at the start of the machine, before anybody is let in

Ends what a deployer left that died, and sees to it that the colour that is live runs. Where all is well, nothing is done.")]
pub struct Recover {
    /// How it is watched.
    #[command(flatten)]
    pub watching: Watching,
    /// Which production.
    #[command(flatten)]
    pub place: Place,
}
