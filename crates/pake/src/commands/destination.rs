//! `--destination`: a command for a production that a file describes, on this machine or on others.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use engine::clock::{Clock as _, SystemClock};
use ops::{
    deploy_id::DeployId,
    destination::{Destination, Outcome, Round, is_name},
    remote::{Errand, Remote},
    step::Step,
};
use serde::Deserialize as _;
use serde_json::Value;

use super::Context;
use crate::{
    cli::Command,
    config::{Places, load, nearest::nearest},
    printer::plain,
};

mod words;

use self::words::{changes, is_given, tells, words};

/// Where the files are, seen from where people work.
const FOLDERS: [&str; 2] = ["deploy/destinations", "destinations"];

/// What becomes of a command with a destination.
pub enum Sent {
    /// It is to be done here, with these arguments.
    Here(Vec<OsString>),
    /// It was done elsewhere.
    Elsewhere,
}

/// Looks where a command is to be done, and has it done where that is not here.
pub fn send(context: &Context, command: &Command, name: &str, arguments: &[OsString]) -> anyhow::Result<Sent> {
    let destination = read(name)?;
    let who = super::heard::whoever(context);
    let is_told = tells(command) && !is_given(arguments, "--json");
    let arguments = words(arguments, name, &who, &destination, command)?;
    if destination.hosts.is_empty() {
        return Ok(Sent::Here(arguments));
    }
    let sent: Option<Vec<String>> = arguments.iter().skip(1).map(|word| Some(word.to_str()?.to_owned())).collect();
    let sent = sent.context("what is sent to another machine has to be UTF-8")?;
    let program = std::env::current_exe().context("cannot find this program")?;
    let errand = Sending { context, destination: &destination, sent, is_told, program };
    if !changes(command) {
        return errand.everywhere().map(|()| Sent::Elsewhere);
    }
    let round = errand.round(&who)?;
    ensure!(round.count(Outcome::Lost) == 0, "{round}\n`pake status --destination {name}` tells how it went");
    if round.is_done() { Ok(Sent::Elsewhere) } else { bail!("{round}") }
}

/// A command on its way to other machines.
struct Sending<'a> {
    context: &'a Context,
    destination: &'a Destination,
    sent: Vec<String>,
    /// Whether what is said there is JSON that is told here in words.
    is_told: bool,
    program: PathBuf,
}

impl Sending<'_> {
    fn remote(&self, host: &str) -> Remote {
        let Destination { ssh_config, remote_folder, .. } = self.destination;
        Remote { host: host.to_owned(), ssh_config: ssh_config.clone(), folder: remote_folder.clone() }
    }

    /// On all machines, whatever comes of it on each: nothing is changed.
    fn everywhere(&self) -> anyhow::Result<()> {
        let hosts = &self.destination.hosts;
        let mut failed = Vec::new();
        for host in hosts {
            if hosts.len() > 1 {
                self.context.printer.say(format_args!("{host}:"));
            }
            if self.at(&self.remote(host))? != Outcome::Done {
                failed.push(host.as_str());
            }
        }
        ensure!(failed.is_empty(), "not as it should be at {}", failed.join(", "));
        Ok(())
    }

    /// One machine after the other, and nobody else does so at once.
    fn round(&self, who: &str) -> anyhow::Result<Round> {
        let first = self.remote(self.destination.hosts.first().map_or("", String::as_str));
        let mut lock = first.lock(who)?;
        let mut round = Round::of(self.destination.hosts.clone());
        while let Some(host) = round.next().map(str::to_owned) {
            if !lock.is_held() {
                lock = first.lock(who).context("the connection that kept others away was lost")?;
            }
            let outcome = self.at(&self.remote(&host))?;
            round.went(outcome);
        }
        Ok(round)
    }

    /// Does it on one machine.
    fn at(&self, remote: &Remote) -> anyhow::Result<Outcome> {
        let printer = &self.context.printer;
        let program = remote.bring(&self.program)?;
        let tell = |line: &str| {
            // What comes from elsewhere steers no terminal.
            let line = plain(line);
            match sentence(&line).filter(|_| self.is_told) {
                Some(text) => printer.say(format_args!("{}: {text}", remote.host)),
                // Whoever reads may have gone away; what was begun goes on.
                None => drop(printer.data(&line)),
            }
        };
        // What is asked for twice is done twice: only a lost connection finds what it has begun.
        let name = DeployId::after(None, SystemClock.now());
        Ok(match remote.follow(&program, name, &self.sent, &tell)? {
            Errand::Ended(0) => Outcome::Done,
            Errand::Ended(_) => Outcome::Failed,
            Errand::Lost => Outcome::Lost,
        })
    }
}

/// The destination in the file of this name.
fn read(name: &str) -> anyhow::Result<Destination> {
    ensure!(is_name(name), "--destination: `{}` is no name of a destination", name.escape_default());
    let folder = FOLDERS.iter().map(Path::new).find(|folder| folder.is_dir());
    let folder = folder.with_context(|| format!("there is no folder {}: work where it is", FOLDERS.join(" or ")))?;
    let file = folder.join(format!("{name}.toml"));
    if !file.is_file() {
        let known = names(folder);
        let hint = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => format!("; there are {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") }),
        };
        bail!("there is no destination `{name}` in {}{hint}", folder.display());
    }
    of(&file)
}

/// The destination in a file; a key that is not known is told with the one that may have been meant.
fn of(file: &Path) -> anyhow::Result<Destination> {
    let destination = load::<Destination>(&Places { file: Some(file.to_owned()), ..Places::default() })?.config;
    destination.check().with_context(|| format!("{} is not as it should be", file.display()))?;
    Ok(destination)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "toml"));
    let mut names: Vec<String> = files.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}

/// What an event says, in words; nothing where it is none.
fn sentence(line: &str) -> Option<String> {
    let event: Value = serde_json::from_str(line).ok()?;
    let step = || Step::deserialize(&event["step"]).map_or("something", Step::doing);
    let why = || event["why"].as_str().unwrap_or("its journal says why");
    Some(match event["event"].as_str()? {
        "begun" => format!("deployment {}", event["deploy"].as_str()?),
        "taken_up" => format!("deployment {} is taken up", event["deploy"].as_str()?),
        "doing" => step().to_owned(),
        "done" => format!("{}: done in {} ms", step(), event["took_ms"]),
        "failed" => format!("{}: {}", step(), why()),
        "turned_back" => format!("going back: {}", why()),
        "halted" => format!("standing still: {}", why()),
        "over" => match event["ending"].as_str()? {
            "committed" => "the new release is the current one".to_owned(),
            "rolled_back" => "what was stands again".to_owned(),
            _ => "nothing more is done until somebody says which way".to_owned(),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(text: &str) -> Result<Destination, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("production.toml");
        std::fs::write(&file, text).unwrap();
        of(&file).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_key_that_is_not_known_is_told_with_the_one_that_was_meant() {
        let error = read_of("bak = 3\n").unwrap_err();
        assert!(error.contains("production.toml:1:1") && error.contains("did you mean `bake`?"), "{error}");
        let error = read_of("hosts = \"web1\"\n").unwrap_err();
        assert!(error.contains("a list of texts"), "{error}");
        assert!(read_of("bake = 100000\n").unwrap_err().contains("86400"));
        assert!(
            read_of("hosts = [\"-oProxyCommand=x\"]\nfolder = \"/opt\"\n")
                .unwrap_err()
                .contains("no name of a machine")
        );
        let all = "hosts = [\"web1\", \"ada@web2\"]\nfolder = \"/opt/pake\"\nstrict = true\nnotify = \"notify.toml\"\n";
        assert_eq!(read_of(all).unwrap().hosts, ["web1", "ada@web2"]);
        assert_eq!(read_of("").unwrap(), Destination::default());
    }

    #[test]
    fn the_destinations_of_the_repository_are_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/destinations");
        assert_eq!(names(&folder), ["production", "staging"]);
        for name in names(&folder) {
            of(&folder.join(format!("{name}.toml"))).unwrap();
        }
    }

    #[test]
    fn events_from_elsewhere_are_told_in_words() {
        for (line, text) in [
            (r#"{"event":"doing","step":"ready"}"#, Some("waiting for the new release to be ready")),
            (r#"{"event":"failed","step":"ready","why":"503"}"#, Some("waiting for the new release to be ready: 503")),
            (r#"{"event":"over","ending":"committed"}"#, Some("the new release is the current one")),
            (r#"{"event":"unheard of"}"#, None),
            ("plain text", None),
        ] {
            assert_eq!(sentence(line).as_deref(), text, "{line}");
        }
    }
}
