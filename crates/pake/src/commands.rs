//! What every command needs, and which one runs.

use std::{error::Error as _, ffi::OsString, fmt, io};

use clap::Parser as _;
use engine::{
    clock::SystemClock,
    search::{Engine, SetupError},
};
use secrecy::SecretString;
use server::{app::SharedApp, config::InvalidConfig, error::StartError};

use crate::{
    api::{
        Api, Problem,
        own::{Absent, Own},
        remote::Remote,
    },
    cli::{self, Cli, Command},
    config::{Loaded, Places, load, problem::ConfigError},
    printer::Printer,
};

mod audit;
mod completions;
mod config;
mod deploy;
mod destination;
mod doctor;
mod env;
mod generate;
mod health;
mod heard;
mod history;
mod jobs;
mod logs;
mod maintenance;
mod migrate;
mod moving;
mod power;
mod production;
mod recover;
mod releases;
mod restart;
mod rollback;
mod search;
mod secrets;
mod serve;
mod smoke;
mod sources;
mod status;
mod user;

use self::destination::Sent;

/// Names the token for a server that is asked.
const TOKEN_VARIABLE: &str = "PAKE_TOKEN";

/// The work is done.
pub const DONE: u8 = 0;
/// The question, the configuration or the world is at fault.
pub const WORLD: u8 = 1;
/// PAKE is at fault.
pub const OURS: u8 = 2;

/// What every command needs.
#[derive(Debug)]
pub struct Context {
    /// Where it writes.
    pub printer: Printer,
    /// Where the configuration comes from.
    pub places: Places,
}

/// Something that cannot happen happened: PAKE is at fault.
#[derive(Debug)]
pub struct Bug(pub String);

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; this is a fault of PAKE: please report it", self.0)
    }
}

impl std::error::Error for Bug {}

/// Runs what the arguments ask for; gives back the exit status.
pub fn run(arguments: impl Iterator<Item = OsString>, variables: Vec<(OsString, OsString)>) -> u8 {
    let arguments: Vec<OsString> = arguments.collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no errors; a closed pipe is nobody's fault.
            let _ = error.print();
            return if error.use_stderr() { WORLD } else { DONE };
        }
    };
    let printer = Printer::new(cli.global.quiet, cli.global.color, &variables);
    let places = Places { file: cli.global.config, variables, flags: Vec::new() };
    let context = Context { printer: printer.clone(), places };
    match dispatch(context, cli.command, &arguments) {
        Ok(()) => DONE,
        Err(error) if is_closed_pipe(&error) => DONE,
        Err(error) => {
            printer.error(format_args!("{error:#}"));
            status_of(&error)
        }
    }
}

fn dispatch(context: Context, command: Command, arguments: &[OsString]) -> anyhow::Result<()> {
    if let Some(name) = command.destination() {
        return match destination::send(&context, &command, name, arguments)? {
            Sent::Here(words) => dispatch(context, Cli::try_parse_from(&words)?.command, &words),
            Sent::Elsewhere => Ok(()),
        };
    }
    match command {
        Command::Config(arguments) => config::run(&context, &arguments),
        Command::Env(arguments) => env::run(&context, &arguments),
        Command::Releases(arguments) => releases::run(&context, &arguments),
        Command::Completions(arguments) => completions::run(&context, &arguments),
        Command::Generate(arguments) => generate::run(&context, &arguments),
        Command::Serve(arguments) => runtime()?.block_on(serve::run(context, arguments)),
        Command::Search(arguments) => runtime()?.block_on(search::run(context, arguments)),
        Command::History(arguments) => runtime()?.block_on(history::run(&context, arguments)),
        Command::Sources(arguments) => runtime()?.block_on(sources::run(&context, arguments)),
        Command::Jobs(arguments) => runtime()?.block_on(jobs::run(&context, arguments)),
        Command::Maintenance(arguments) => runtime()?.block_on(maintenance::run(&context, arguments)),
        Command::Audit(arguments) => runtime()?.block_on(audit::run(&context, arguments)),
        Command::Doctor(arguments) => runtime()?.block_on(doctor::run(&context, &arguments)),
        Command::Health(arguments) => runtime()?.block_on(health::run(context, arguments)),
        Command::Deploy(_)
        | Command::Plan(_)
        | Command::Rollback(_)
        | Command::Recover(_)
        | Command::Status(_)
        | Command::Logs(_)
        | Command::Restart(_)
        | Command::Stop(_)
        | Command::Start(_)
        | Command::Smoke(_) => runtime()?.block_on(in_production(context, command)),
        Command::Migrate(arguments) => runtime()?.block_on(migrate::run(&context, &arguments)),
        Command::Move(arguments) => runtime()?.block_on(moving::run(&context, &arguments)),
        Command::Secrets(arguments) => runtime()?.block_on(secrets::run(&context, arguments)),
        Command::User(arguments) => runtime()?.block_on(user::run(&context, arguments)),
    }
}

/// What is done with a production as a whole.
async fn in_production(context: Context, command: Command) -> anyhow::Result<()> {
    let context = &context;
    match command {
        Command::Deploy(arguments) => Box::pin(deploy::run(context, &arguments)).await,
        Command::Plan(arguments) => deploy::plan(context, &arguments).await,
        Command::Rollback(arguments) => Box::pin(rollback::run(context, &arguments)).await,
        Command::Recover(arguments) => Box::pin(recover::run(context, &arguments)).await,
        Command::Status(arguments) => status::run(context, &arguments).await,
        Command::Logs(arguments) => logs::run(context, arguments).await,
        Command::Restart(arguments) => Box::pin(restart::run(context, &arguments)).await,
        Command::Stop(arguments) => power::stop(context, &arguments).await,
        Command::Start(arguments) => power::start(context, &arguments).await,
        Command::Smoke(arguments) => smoke::run(context, &arguments).await,
        other => Err(Bug(format!("{other:?} is nothing that is done with a production")).into()),
    }
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// The exit status that an error means.
fn status_of(error: &anyhow::Error) -> u8 {
    let is_ours = |cause: &(dyn std::error::Error + 'static)| {
        cause.is::<Bug>() || cause.downcast_ref::<Problem>().is_some_and(Problem::is_ours)
    };
    if error.chain().any(is_ours) { OURS } else { WORLD }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let is_pipe = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(is_pipe))
}

impl Context {
    /// Reads the configuration and checks every value that can be checked without starting anything.
    pub fn load(&self) -> Result<Loaded<server::config::Config>, ConfigError> {
        let loaded = load::<server::config::Config>(&self.places)?;
        let mut problems = loaded.config.validate().err().map_or_else(Vec::new, |invalid| located(&loaded, &invalid).0);
        if loaded.config.server.production {
            problems.extend(loaded.open_secrets());
        }
        if problems.is_empty() { Ok(loaded) } else { Err(ConfigError(problems)) }
    }

    /// The sources as they are configured, without anything around them: no database, no cache, no history.
    pub fn engine(loaded: &Loaded<server::config::Config>) -> anyhow::Result<Engine> {
        let clock = std::sync::Arc::new(SystemClock);
        Engine::new(&loaded.config.engine(), server::VERSION, clock)
            .map_err(|error| explained(loaded, StartError::from(error).into()))
    }

    /// PAKE inside of this process, on the database that is configured.
    pub async fn application(&self) -> anyhow::Result<SharedApp> {
        let loaded = self.load()?;
        let clock = std::sync::Arc::new(SystemClock);
        server::open(loaded.config.clone(), clock).await.map_err(|error| explained(&loaded, error.into()))
    }

    /// The server that was named, or PAKE inside of this process.
    pub async fn api(&self, server: &cli::Server, absent: Absent) -> anyhow::Result<Api> {
        if let Some(base) = &server.server {
            return Ok(Api::Remote(Remote::new(base, self.token())?));
        }
        let loaded = self.load()?;
        match Own::open(loaded.config.clone(), absent).await {
            Ok(own) => Ok(Api::Own(own)),
            Err(error) => Err(explained(&loaded, error)),
        }
    }
}

impl Context {
    /// The token for a server that is asked: a flag would show it to everybody who lists the processes.
    fn token(&self) -> Option<SecretString> {
        let (_, token) =
            self.places.variables.iter().find(|(name, token)| name == TOKEN_VARIABLE && !token.is_empty())?;
        token.to_str().map(|token| token.trim().into())
    }
}

/// Says of every value that makes no sense where it was given.
fn located<T>(loaded: &Loaded<T>, invalid: &InvalidConfig) -> ConfigError {
    let problems = invalid.0.iter().flat_map(|invalid| loaded.problem(&invalid.setting, &invalid.message).0);
    ConfigError(problems.collect())
}

/// The same error; where it is about a setting, with the place at which that was given.
pub fn explained<T>(loaded: &Loaded<T>, error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<StartError>() {
        Ok(StartError::Config(invalid)) => located(loaded, &invalid).into(),
        Ok(StartError::Setup(SetupError { setting, message })) => loaded.problem(&setting, &message).into(),
        // The cause is part of the message already.
        Ok(other) if other.source().is_some() => anyhow::anyhow!("{other}"),
        Ok(other) => other.into(),
        Err(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_says_who_is_at_fault() {
        let problem = |status| anyhow::Error::from(Problem { status, ..Problem::default() }).context("searching");
        assert_eq!(status_of(&problem(400)), WORLD);
        assert_eq!(status_of(&problem(503)), WORLD);
        assert_eq!(status_of(&problem(500)), OURS);
        assert_eq!(status_of(&anyhow::Error::from(Bug("the table has no rows".to_owned()))), OURS);
        assert_eq!(status_of(&anyhow::anyhow!("no such file")), WORLD);
    }

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        let closed = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing");
        assert!(is_closed_pipe(&closed));
        assert!(!is_closed_pipe(&anyhow::Error::from(io::Error::from(io::ErrorKind::NotFound))));
    }
}
