//! `--help`, `--version`, and what is said to what is no command.

use insta::assert_snapshot;

use super::{alone, done, refused};

/// Every command, as it is typed.
const COMMANDS: [&str; 60] = [
    "",
    "serve",
    "search",
    "history",
    "history list",
    "history show",
    "history delete",
    "history export",
    "history favourite",
    "history tag",
    "sources",
    "sources check",
    "user",
    "user add",
    "user list",
    "user reset",
    "jobs",
    "jobs list",
    "jobs show",
    "jobs cancel",
    "jobs retry",
    "maintenance",
    "maintenance clear-cache",
    "maintenance clean-up",
    "maintenance rebuild-indexes",
    "maintenance back-up",
    "maintenance put-back",
    "maintenance on",
    "maintenance off",
    "migrate",
    "migrate status",
    "migrate expand",
    "migrate contract",
    "move",
    "audit",
    "audit verify",
    "audit deploys",
    "secrets",
    "secrets status",
    "secrets rotate",
    "doctor",
    "health",
    "env",
    "env init",
    "deploy",
    "plan",
    "rollback",
    "releases",
    "recover",
    "status",
    "logs",
    "restart",
    "stop",
    "start",
    "config",
    "config check",
    "config show",
    "config schema",
    "config example",
    "completions",
];

#[test]
fn every_command_explains_itself() {
    let pake = alone();
    for command in COMMANDS {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("--help");
        let name = format!("help {command}").trim_end().replace(' ', "_");
        assert_snapshot!(name, done(&pake, &arguments));
    }
}

#[test]
fn no_command_is_left_out_above() {
    let pake = alone();
    for command in COMMANDS {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("--help");
        let help = done(&pake, &arguments);
        let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        for line in commands {
            let inner = line.split_whitespace().next().unwrap();
            let whole = format!("{command} {inner}").trim().to_owned();
            assert!(
                inner == "help" || COMMANDS.contains(&whole.as_str()),
                "`{whole}` is not among the commands tested"
            );
        }
    }
}

#[test]
fn the_version_is_one_line() {
    let version = done(&alone(), &["--version"]);
    assert_eq!(version, format!("pake {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn without_a_command_it_says_which_there_are_and_fails() {
    let said = refused(&alone(), 1, &[]);
    assert!(said.contains("Commands:") && said.contains("search"), "{said}");
}

#[test]
fn what_is_nearly_a_command_or_an_option_is_guessed() {
    let pake = alone();
    assert_snapshot!(refused(&pake, 1, &["serch", "lamps"]));
    assert_snapshot!(refused(&pake, 1, &["search", "lamps", "--jsn"]));
}

#[test]
fn completions_are_written_for_every_shell() {
    let pake = alone();
    for (shell, begins) in [
        ("bash", "_pake()"),
        ("zsh", "#compdef pake"),
        ("fish", "# Print an optspec"),
        ("elvish", "\nuse builtin"),
        ("powershell", "\nusing namespace"),
    ] {
        let script = done(&pake, &["completions", shell]);
        assert!(script.starts_with(begins), "{shell}: {}", &script[..100]);
        for command in ["search", "favourite", "completions", "--export"] {
            assert!(script.contains(command.trim_start_matches('-')), "{shell} knows {command}");
        }
    }
}
