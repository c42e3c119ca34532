//! The words of a command, with what a destination says in the place of its name. Purely: words in, words out.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use anyhow::ensure;
use ops::destination::Destination;

use crate::cli::Command;

/// Whether a command changes something.
pub const fn changes(command: &Command) -> bool {
    matches!(
        command,
        Command::Deploy(_)
            | Command::Rollback(_)
            | Command::Restart(_)
            | Command::Recover(_)
            | Command::Stop(_)
            | Command::Start(_)
    )
}

/// Whether a command tells what goes on, event by event.
pub const fn tells(command: &Command) -> bool {
    matches!(command, Command::Deploy(_) | Command::Rollback(_) | Command::Restart(_) | Command::Recover(_))
}

/// Whether an option is among the words.
pub fn is_given(arguments: &[OsString], option: &str) -> bool {
    arguments.iter().any(|word| is_option(word, option))
}

/// Whether a word is this option, alone or with its value.
fn is_option(word: &OsStr, option: &str) -> bool {
    let rest = word.to_str().and_then(|word| word.strip_prefix(option));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

/// What is to be done there.
pub fn words(
    arguments: &[OsString],
    name: &str,
    who: &str,
    destination: &Destination,
    command: &Command,
) -> anyhow::Result<Vec<OsString>> {
    if !destination.hosts.is_empty() {
        for option in ["--build", "--plan-out", "--apply"] {
            ensure!(!is_given(arguments, option), "{option} is for one machine: log in there and give it there");
        }
    }
    let mut all = without(arguments, &["--destination", "--config"]);
    let mut add = |option: &str, value: Option<&OsStr>| {
        if !is_given(arguments, option) {
            all.push(option.into());
            all.extend(value.map(OsStr::to_owned));
        }
    };
    add("--named", Some(name.as_ref()));
    add("--by", Some(who.as_ref()));
    let path = |path: &'_ Option<std::path::PathBuf>| path.as_deref().map(Path::as_os_str).map(OsStr::to_owned);
    for (option, value) in [
        ("--folder", path(&destination.folder)),
        ("--state", path(&destination.state)),
        ("--notify", path(&destination.notify)),
    ] {
        if let Some(value) = value {
            add(option, Some(&value));
        }
    }
    let number = |option: Option<u64>| option.map(|number| OsString::from(number.to_string()));
    let is_deploy = matches!(command, Command::Deploy(_));
    for (option, value) in of_deployments(destination).into_iter().filter(|_| is_deploy) {
        add(option, Some(&value));
    }
    let waits = changes(command);
    if let Some(wait) = number(destination.wait).filter(|_| waits) {
        add("--wait", Some(&wait));
    }
    if destination.strict && is_deploy {
        add("--strict", None);
    }
    let names_another = ["--build", "--apply", "--resume", "--abort"].iter().any(|option| is_given(arguments, option));
    if let Some(image) = &destination.image
        && (matches!(command, Command::Plan(_)) || (is_deploy && !names_another))
    {
        add("--image", Some(image.as_ref()));
    }
    if !destination.hosts.is_empty() && tells(command) {
        // Each event is told here as people read it.
        add("--json", None);
        add("--quiet", None);
    }
    if !is_given(arguments, "--compose-file") {
        for file in &destination.compose_files {
            all.extend(["--compose-file".into(), file.clone().into_os_string()]);
        }
    }
    Ok(all)
}

/// What the destination says of deployments alone.
fn of_deployments(destination: &Destination) -> Vec<(&'static str, OsString)> {
    let shares = destination.canary.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let number = |option: Option<u64>| option.map(|number| number.to_string());
    let all = [
        ("--bake", number(destination.bake)),
        ("--canary", Some(shares).filter(|shares| !shares.is_empty())),
        ("--canary-seconds", number(destination.canary_seconds)),
        ("--keep-backups", number(destination.keep_backups)),
    ];
    all.into_iter().filter_map(|(option, value)| Some((option, value?.into()))).collect()
}

/// The words without these options and their values.
fn without(arguments: &[OsString], options: &[&str]) -> Vec<OsString> {
    let mut left = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if !options.iter().any(|option| is_option(word, option)) {
            left.push(word.clone());
        } else if options.iter().any(|option| word == option) {
            // Its value is the next word.
            words.next();
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn sent(line: &str, destination: &Destination) -> anyhow::Result<String> {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let cli = Cli::try_parse_from(&arguments).unwrap();
        let words = words(&arguments, "production", "ada", destination, &cli.command)?;
        // What is sent is understood there.
        Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
        Ok(words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" "))
    }

    fn full() -> Destination {
        Destination {
            folder: Some("/opt/pake".into()),
            compose_files: vec!["compose.yaml".into(), "more.yaml".into()],
            image: Some("pake@sha256:1".to_owned()),
            bake: Some(30),
            wait: Some(600),
            strict: true,
            ..Destination::default()
        }
    }

    #[test]
    fn what_the_destination_says_stands_in_the_place_of_its_name() {
        assert_eq!(
            sent("pake deploy --destination production", &full()).unwrap(),
            "pake deploy --named production --by ada --folder /opt/pake --bake 30 --wait 600 --strict --image pake@sha256:1 \
             --compose-file compose.yaml --compose-file more.yaml"
        );
        assert_eq!(
            sent("pake status --destination=production --json", &Destination::default()).unwrap(),
            "pake status --json --named production --by ada"
        );
    }

    #[test]
    fn a_canary_of_the_destination_is_one_of_deployments() {
        let destination = Destination {
            canary: vec![5, 50],
            canary_seconds: Some(90),
            keep_backups: Some(5),
            ..Destination::default()
        };
        let said = sent("pake deploy --destination production", &destination).unwrap();
        assert!(said.ends_with("--canary 5,50 --canary-seconds 90 --keep-backups 5"), "{said}");
        let said = sent("pake deploy --canary=25 --destination production", &destination).unwrap();
        assert!(said.contains("--canary=25") && !said.contains("5,50"), "{said}");
        assert!(!sent("pake rollback --destination production", &destination).unwrap().contains("canary"));
    }

    #[test]
    fn what_a_person_says_goes_before_what_the_file_says() {
        let said = sent("pake deploy --image pake:3 --bake=5 --destination production --folder here", &full()).unwrap();
        assert!(said.starts_with("pake deploy --image pake:3 --bake=5 --folder here --named"), "{said}");
        assert!(!said.contains("sha256") && !said.contains("--bake 30") && !said.contains("/opt"), "{said}");
        let said = sent("pake deploy --resume --destination production", &full()).unwrap();
        assert!(!said.contains("--image"), "{said}");
        for command in ["rollback", "restart", "stop", "logs", "releases", "plan", "recover"] {
            sent(&format!("pake {command} --destination production"), &full()).unwrap();
        }
    }

    #[test]
    fn what_is_for_one_machine_is_not_sent_to_others() {
        let elsewhere = Destination { hosts: vec!["web1".to_owned()], ..full() };
        assert!(sent("pake deploy --build --destination production", &elsewhere).is_err());
        assert!(sent("pake deploy --plan-out plan.json --destination production", &elsewhere).is_err());
        sent("pake deploy --build --destination production", &full()).unwrap();
        for command in
            ["deploy", "rollback", "restart", "stop", "start", "status", "logs", "releases", "plan", "recover"]
        {
            let said = sent(&format!("pake {command} --destination production"), &elsewhere).unwrap();
            let tells = ["deploy", "rollback", "restart", "recover"].contains(&command);
            assert_eq!(said.contains(" --json --quiet"), tells, "{said}");
        }
    }
}
