//! `pake generate`: the reference documentation, written from the code.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Context as _;
use clap::CommandFactory as _;
use engine::sources::{DefaultOn, Entry, TABLE};
use ops::{destination::Destination, notify::NotifySettings};
use server::config::Config as Settings;

use super::Context;
use crate::{
    cli::{Cli, Generate},
    config::reference::{example, example_of, json_schema, markdown},
};

/// What stands above the settings of a destination, and above who hears of deployments.
const DESTINATION: &str = "# A destination: deploy/destinations/<name>.toml, for `pake deploy --destination <name>`.\n";
/// See [`DESTINATION`].
const NOTIFY: &str = "# Who hears of deployments: notify.toml in the folder of compose.yaml (docs/notifications.md).\n";

/// Writes every reference into the folder, or with `--check` compares what is there.
pub fn run(context: &Context, arguments: &Generate) -> anyhow::Result<()> {
    let mut stale = Vec::new();
    for (name, text) in references() {
        let path = arguments.folder.join(name);
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        if arguments.check {
            stale.push(path.display().to_string());
        } else {
            write(&path, &text)?;
            context.printer.say(format_args!("wrote {}", path.display()));
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    anyhow::bail!("not as the code would write it: {}; run `make gen`", stale.join(", "))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Every reference: its file and what it holds.
fn references() -> Vec<(&'static str, String)> {
    vec![
        ("cli.md", command_line()),
        ("config.md", markdown::<Settings>()),
        ("config.schema.json", json_schema::<Settings>()),
        ("destination.example.toml", example_of::<Destination>(DESTINATION)),
        ("metrics.md", server::metrics::reference()),
        ("notify.example.toml", example_of::<NotifySettings>(NOTIFY)),
        ("openapi.json", server::openapi() + "\n"),
        ("pake.example.toml", example::<Settings>()),
        ("sources.md", sources()),
    ]
}

/// The help of every command as one page.
fn command_line() -> String {
    let mut page =
        String::from("# Command line\n\n<!-- Written by `make gen` from the code; change the code instead. -->\n");
    let mut root = Cli::command().term_width(100);
    root.build();
    command(&mut page, &mut root);
    page
}

fn command(page: &mut String, command: &mut clap::Command) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
    for inner in command.get_subcommands_mut().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help") {
        self::command(page, inner);
    }
}

/// The table of sources as a page.
fn sources() -> String {
    let mut page = String::from(
        "# Sources\n\n<!-- Written by `make gen` from the code; change the code instead. -->\n\n\
         Every value can be set: `[sources.<id>]` in the configuration, see [config.md](config.md).\n\n\
         | id | source | what it holds | asked | requests/s (with a key) | at once | timeout | kept (while it is down) |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for entry in &TABLE {
        let terms = entry.terms_url;
        let label = if terms.is_empty() { entry.label.to_owned() } else { format!("[{}]({terms})", entry.label) };
        _ = writeln!(
            page,
            "| `{}` | {label} | {} | {} | {} ({}) | {} | {} s | {} ({}){} |",
            entry.id,
            entry.description,
            asked(entry.default_on),
            entry.rate,
            entry.rate_with_key,
            entry.concurrency,
            entry.timeout.as_secs(),
            span(entry.cache.fresh.as_secs()),
            span(entry.cache.stale_ok.as_secs()),
            note(entry),
        );
    }
    page
}

const fn asked(when: DefaultOn) -> &'static str {
    match when {
        DefaultOn::Always => "always",
        DefaultOn::WithKey => "with a key",
        DefaultOn::WithBaseUrl => "with a base URL",
        DefaultOn::WithUrls => "with addresses of feeds",
        DefaultOn::Lazily => "for one record at a time",
        DefaultOn::Never => "when enabled",
    }
}

fn note(entry: &Entry) -> &'static str {
    if entry.cache.store { "" } else { ", in memory only" }
}

fn span(seconds: u64) -> String {
    match seconds {
        0 => "no".to_owned(),
        seconds if seconds.is_multiple_of(86_400) => format!("{} d", seconds / 86_400),
        seconds if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        seconds => format!("{} min", seconds / 60),
    }
}
