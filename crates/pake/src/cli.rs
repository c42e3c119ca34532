//! The command line: every command, option and example. What they do is in `commands/`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::PossibleValuesParser, builder::TypedValueParser as _};
use engine::{item::WorkType, source::SourceId};

mod deploy;
mod destination;
mod govern;
mod moving;
mod people;
mod production;
mod running;
mod upkeep;

pub use self::{
    deploy::{Deploy, Image, Place, Plan, Recover, Releases, Rollback},
    govern::{Jobs, JobsCommand, JobsList, Maintenance, MaintenanceCommand, OneJob, PutBack, Status},
    moving::Move,
    people::{Audit, AuditCommand, AuditDeploys, AuditVerify, User, UserAdd, UserCommand, UserList, UserReset},
    production::{Env, EnvCommand, EnvInit},
    running::{Level, Logs, Power, ProductionStatus, Restart, Smoke},
    upkeep::{
        Completions, Doctor, Generate, Health, Migrate, MigrateCommand, MigrateContract, Secrets, SecretsCommand,
        SecretsRotate, SecretsStatus,
    },
};

/// PAKE asks many sources of research at once and gives one merged, ranked list.
#[derive(Debug, Parser)]
#[command(name = "pake", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Examples:
  pake search 'crispr base editing'     one question, every source, live
  pake serve                            the web service at http://localhost:8000
  pake sources                          which sources there are and how they are

Exit status: 0 done · 1 the question, the configuration or the world is at fault · 2 PAKE is at fault")]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Configuration file [default: $PAKE_CONFIG, else pake.toml in the working directory]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config: Option<PathBuf>,
    /// Colour and live display
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", help_heading = "Global options")]
    pub color: When,
    /// Say only what is asked for and what goes wrong
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub quiet: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the web service
    Serve(Serve),
    /// Ask every source one question
    Search(Search),
    /// Searches made before
    History(History),
    /// The sources and how they are
    Sources(Sources),
    /// The people who can sign in
    User(User),
    /// Who did what
    Audit(Audit),
    /// What is done in the background
    Jobs(Jobs),
    /// What is done once in a while: backup, indexes, old searches, the cache
    Maintenance(Maintenance),
    /// The tables of the database, from version to version
    Migrate(Migrate),
    /// All that is kept, from one database to another
    Move(Move),
    /// The keys that seal secrets in the database
    Secrets(Secrets),
    /// Look whether everything is set up well, and say what to do
    Doctor(Doctor),
    /// Ask a running server whether it takes requests
    Health(Health),
    /// The configuration
    Config(Config),
    /// The settings and secrets of a production in containers
    Env(Env),
    /// Bring a release to where people use it, without anybody noticing
    Deploy(Box<Deploy>),
    /// What a deployment would do
    Plan(Plan),
    /// Go back to a release that ran before
    Rollback(Rollback),
    /// What ran, what runs, and what can be gone back to
    Releases(Releases),
    /// End what a deployer left that died, and see to it that PAKE runs
    Recover(Recover),
    /// What runs in a production, and how it is
    Status(ProductionStatus),
    /// Read the logs of a production
    Logs(Logs),
    /// Start PAKE anew without anybody noticing, or a part of the production
    Restart(Restart),
    /// Stop a production
    Stop(Power),
    /// Start a production that was stopped
    Start(Power),
    /// Try a release out before anybody is led to it
    #[command(hide = true)]
    Smoke(Smoke),
    /// Write the completions for a shell
    Completions(Completions),
    /// Write the reference documentation into a folder
    #[command(hide = true)]
    Generate(Generate),
}

/// Where the answers come from.
#[derive(Debug, Clone, Args)]
pub struct Server {
    /// Ask a running server instead of working in this process; $PAKE_TOKEN is shown to it
    #[arg(long, value_name = "URL")]
    pub server: Option<url::Url>,
}

/// `pake serve`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake serve                                         http://localhost:8000, everything in ./data
  pake serve --listen 0.0.0.0:80 --data-dir /var/lib/pake
  PAKE_DATABASE__URL=postgres://pake@db/pake pake serve")]
pub struct Serve {
    /// Where to listen: address:port or unix:/path [setting: server.listen]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Folder of everything that is kept on disk [setting: server.data_dir]
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<String>,
}

/// `pake search`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake search 'crispr base editing'
  pake search 'title:\"attention is all you need\"' --source arxiv,openalex
  pake search 'author:gaudelli OR author:komor' --year 2016..2020 --open --limit 50
  pake search 'graph neural networks' --export bibtex > references.bib
  pake search 'dark matter' --json | jq -r 'select(.type == \"search_completed\") | .data.works[].title'

In the query: words, \"phrases\", AND, OR, NOT, parentheses, and title: author: abstract: year: doi: arxiv: pmid: type:
source: open: before a word. On a terminal the answer is a table; elsewhere its columns are separated by tabs.")]
pub struct Search {
    /// What to look for
    #[arg(required = true, value_name = "QUERY")]
    pub query: Vec<String>,
    /// Ask only these sources
    #[arg(long, short, value_name = "SOURCE", value_delimiter = ',', value_parser = source_id())]
    pub source: Vec<SourceId>,
    /// Only of this year or these years: 2020, 2020..2024, 2020.. or ..2024
    #[arg(long, short, value_name = "YEARS")]
    pub year: Option<String>,
    /// Only of this kind
    #[arg(long = "type", short, value_name = "TYPE", value_delimiter = ',', value_parser = work_type())]
    pub kind: Vec<WorkType>,
    /// Only open access
    #[arg(long)]
    pub open: bool,
    /// Leave nothing behind: no history, and nothing in the caches
    #[arg(long)]
    pub anonymous: bool,
    /// Records to ask of each source, 1 to 100 [setting: search.page_size]
    #[arg(long, short = 'n', value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: Option<u32>,
    /// Longest wait in seconds, 1 to 120 [setting: search.deadline]
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<f64>,
    /// Write every event as a line of JSON
    #[arg(long, conflicts_with = "export")]
    pub json: bool,
    /// Write the answer in this form
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub export: Option<ExportFormat>,
    /// Where the answers come from.
    #[command(flatten)]
    pub server: Server,
}

/// The forms in which an answer can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// BibTeX
    Bibtex,
    /// RIS
    Ris,
    /// CSL-JSON
    CslJson,
    /// Comma-separated values
    Csv,
    /// JSON
    Json,
}

impl ExportFormat {
    /// The name in the API's `format` parameter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bibtex => "bibtex",
            Self::Ris => "ris",
            Self::CslJson => "csl-json",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// `pake history`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake history list --favourites
  pake history list --text crispr --limit 5 --json
  pake history show 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42
  pake history tag 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42 thesis 'chapter 2'")]
pub struct History {
    /// What to do.
    #[command(subcommand)]
    pub command: HistoryCommand,
}

/// What can be done with the history.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// List searches, newest first
    #[command(after_help = "Example:
  pake history list --tag thesis --since 2026-01-01")]
    List(HistoryList),
    /// Show one search: its counts, its sources and its works
    #[command(after_help = "Example:
  pake history show 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42")]
    Show(HistoryShow),
    /// Delete searches
    #[command(after_help = "Examples:
  pake history delete 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42
  pake history delete --all --yes")]
    Delete(HistoryDelete),
    /// Write the whole history as JSON
    #[command(after_help = "Example:
  pake history export > history.json")]
    Export(HistoryExport),
    /// Mark a search as a favourite: it is kept until it is deleted
    #[command(after_help = "Examples:
  pake history favourite 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42
  pake history favourite 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42 --off")]
    Favourite(HistoryFavourite),
    /// Set the tags of a search
    #[command(after_help = "Examples:
  pake history tag 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42 thesis 'chapter 2'
  pake history tag 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42          takes all tags away")]
    Tag(HistoryTag),
}

/// `pake history list`.
#[derive(Debug, Args)]
pub struct HistoryList {
    /// Only searches whose words match these
    #[arg(long, value_name = "WORDS")]
    pub text: Option<String>,
    /// Only searches that asked this source
    #[arg(long, value_name = "SOURCE", value_parser = source_id())]
    pub source: Option<SourceId>,
    /// Only searches with this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// Only favourites
    #[arg(long)]
    pub favourites: bool,
    /// Only searches from this day on (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub since: Option<chrono::NaiveDate>,
    /// Only searches up to the end of this day (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub until: Option<chrono::NaiveDate>,
    /// How many to list
    #[arg(long, short = 'n', value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Only what comes after this place, as the last line of a list gives it
    #[arg(long, value_name = "PLACE")]
    pub after: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Where the history is.
    #[command(flatten)]
    pub server: Server,
}

/// `pake history show`.
#[derive(Debug, Args)]
pub struct HistoryShow {
    /// Its id, as `pake history list` gives it
    pub id: String,
    /// Write JSON
    #[arg(long, conflicts_with = "export")]
    pub json: bool,
    /// Write its works in this form
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub export: Option<ExportFormat>,
    /// Where the history is.
    #[command(flatten)]
    pub server: Server,
}

/// `pake history delete`.
#[derive(Debug, Args)]
pub struct HistoryDelete {
    /// Ids, as `pake history list` gives them
    #[arg(required_unless_present = "all", value_name = "ID")]
    pub ids: Vec<String>,
    /// Delete every search, favourites too
    #[arg(long, requires = "yes", conflicts_with = "ids")]
    pub all: bool,
    /// Yes, delete them
    #[arg(long)]
    pub yes: bool,
    /// Where the history is.
    #[command(flatten)]
    pub server: Server,
}

/// `pake history export`.
#[derive(Debug, Args)]
pub struct HistoryExport {
    /// Where the history is.
    #[command(flatten)]
    pub server: Server,
}

/// `pake history favourite`.
#[derive(Debug, Args)]
pub struct HistoryFavourite {
    /// Its id, as `pake history list` gives it
    pub id: String,
    /// Take the mark away
    #[arg(long)]
    pub off: bool,
    /// Where the history is.
    #[command(flatten)]
    pub server: Server,
}

/// `pake history tag`.
#[derive(Debug, Args)]
pub struct HistoryTag {
    /// Its id, as `pake history list` gives it
    pub id: String,
    /// All tags that it shall have
    #[arg(value_name = "TAG")]
    pub tags: Vec<String>,
    /// Where the history is.
    #[command(flatten)]
    pub server: Server,
}

/// `pake sources`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  pake sources                          every source: on or off, why, its limits
  pake sources --server http://localhost:8000    as the server sees them now: circuits, waits, spending
  pake sources check                    is each one that is on set up as it should be?
  pake sources check --live pubmed      ask it, and compare the shape of its answer with the recordings")]
pub struct Sources {
    /// What to do; without it, list them.
    #[command(subcommand)]
    pub command: Option<SourcesCommand>,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Where they are asked from.
    #[command(flatten)]
    pub server: Server,
}

/// What can be done with sources.
#[derive(Debug, Subcommand)]
pub enum SourcesCommand {
    /// Check the settings of sources, or with --live the sources themselves
    #[command(after_help = "Examples:
  pake sources check
  pake sources check --live arxiv pubmed")]
    Check(SourcesCheck),
}

/// `pake sources check`.
#[derive(Debug, Args)]
pub struct SourcesCheck {
    /// Which sources [default: all that are on]
    #[arg(value_name = "SOURCE", value_parser = source_id())]
    pub sources: Vec<SourceId>,
    /// Ask them over the network, and compare the shape of their answers with the recordings
    ///
    /// Each source is asked once for 25 records on a common subject, within its limits and its budget, past every cache and
    /// without a trace in the history. A source is not as it should be when it does not answer, when records cannot be
    /// read, when a field that every page of records has (id, title, authors, date) is in none of them, and when the values
    /// of a field are all of another kind than in the recording that its connector was written after. Other fields that no
    /// record has, and fields that are new, are told and are no problem: records leave out what they do not know. Nothing is
    /// said of what would be in a list that came empty, nor of the shape of feeds, of which each has its own.
    #[arg(long)]
    pub live: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `pake config`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  pake config check                     is the configuration valid?
  pake config show                      every setting that holds, and where it comes from
  pake config example > pake.toml       a file to start from")]
pub struct Config {
    /// What to do.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether the configuration is valid
    #[command(after_help = "Example:
  pake config check --config /etc/pake/pake.toml")]
    Check,
    /// Show the settings that hold and where each comes from; secrets are hidden
    #[command(after_help = "Examples:
  pake config show --all
  pake config show --json | jq '.[] | select(.setting == \"server.listen\")'")]
    Show(ConfigShow),
    /// Write the JSON Schema of the configuration
    #[command(after_help = "Example:
  pake config schema > config.schema.json")]
    Schema,
    /// Write a configuration file with every setting and its default
    #[command(after_help = "Example:
  pake config example > pake.toml")]
    Example,
}

/// `pake config show`.
#[derive(Debug, Args)]
pub struct ConfigShow {
    /// Show the settings that are not set too
    #[arg(long)]
    pub all: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

fn source_id() -> impl clap::builder::TypedValueParser<Value = SourceId> {
    PossibleValuesParser::new(SourceId::ALL.map(SourceId::as_str)).try_map(|name| name.parse::<SourceId>())
}

fn work_type() -> impl clap::builder::TypedValueParser<Value = WorkType> {
    PossibleValuesParser::new(WorkType::ALL.map(WorkType::as_str)).try_map(|name| {
        WorkType::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| format!("unknown type `{name}`"))
    })
}

#[cfg(test)]
mod tests;
