//! What documents and messages tell people to type is what the command line understands.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{CommandFactory as _, Parser as _, error::ErrorKind};

use super::Cli;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Files below a folder with this ending.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
    found
}

/// The commands in a text: lines of its blocks for a shell, and what stands between back ticks.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_block = !is_block && line.trim() == "```sh";
        } else if is_block {
            // What follows two spaces and a hash is talk.
            found.push(line.split("  #").next().unwrap_or(line).trim().to_owned());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    // What is put in while it runs is not known here.
    found.retain(|command| command.starts_with("pake ") && !command.contains('{'));
    found
}

/// What is wrong with a command; nothing where only something is left out.
fn wrong(command: &str) -> Option<String> {
    let words = command.split_whitespace().map(|word| word.trim_matches(['\'', '"']));
    let error = Cli::try_parse_from(words).err()?;
    let is_left_out = matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::MissingSubcommand
    );
    (!is_left_out).then(|| error.to_string().lines().next().unwrap_or_default().to_owned())
}

#[test]
fn the_tree_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn commands_are_found_in_blocks_and_in_sentences() {
    let text = "Run `pake doctor` or `docker ps`.\n```sh\npake status   # which\ncd x\n```\n```text\npake no\n```\n";
    assert_eq!(commands(text), ["pake doctor", "pake status"]);
    assert_eq!(wrong("pake user"), None);
    assert_eq!(wrong("pake user add"), None, "a name is left out");
    assert!(wrong("pake usr").is_some_and(|why| why.contains("usr")));
    assert!(wrong("pake doctor --nosuch").is_some_and(|why| why.contains("--nosuch")));
}

#[test]
fn every_command_that_a_runbook_or_a_message_names_is_one() {
    let mut problems = Vec::new();
    let mut count = 0;
    let documents = files(&root().join("docs/runbooks"), "md");
    let messages = files(&root().join("crates/ops/src"), "rs");
    for path in documents.into_iter().chain(messages) {
        // A long text goes on behind the end of its line.
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("\\\n").map(str::trim_start).collect::<String>();
        for command in commands(&text) {
            count += 1;
            if let Some(why) = wrong(&command) {
                problems.push(format!("{}: `{command}`: {why}", path.display()));
            }
        }
    }
    assert!(count > 50, "only {count} commands were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_runbook_says_what_it_should_and_is_in_the_list() {
    let folder = root().join("docs/runbooks");
    let list = fs::read_to_string(folder.join("README.md")).unwrap();
    for path in files(&folder, "md") {
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "README.md" {
            continue;
        }
        assert!(list.contains(&format!("]({name})")), "{name}");
        let text = fs::read_to_string(&path).unwrap();
        for part in ["How it shows", "What to look at", "What to do", "How to know that it is over", "How to keep it"] {
            assert!(text.contains(&format!("\n## {part}")), "{name}: {part}");
        }
    }
}
