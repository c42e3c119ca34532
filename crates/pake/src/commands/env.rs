//! `pake env init`: the settings of a production in containers, and secrets that nobody has had before.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, chown},
    path::Path,
};

use anyhow::Context as _;
use server::config::is_placeholder;

use super::Context;
use crate::cli::{Env, EnvCommand, EnvInit};

/// What is written, with what has to be replaced in it.
const EXAMPLE: &str = include_str!("../../../../deploy/.env.production.example");
const SETTINGS: &str = ".env.production";
const SECRETS: &str = "secrets";
/// The group that the containers of deploy/compose.yaml have: `PAKE` itself, and whoever else reads a secret.
const GROUP: u32 = 10_001;
/// What example settings begin with that has to be said.
const DOMAIN: &str = "PAKE_DOMAIN=";
const CONTACT: &str = "PAKE_CONTACT=";

/// Runs `pake env`.
pub fn run(context: &Context, arguments: &Env) -> anyhow::Result<()> {
    match &arguments.command {
        EnvCommand::Init(arguments) => init(context, arguments),
    }
}

fn init(context: &Context, arguments: &EnvInit) -> anyhow::Result<()> {
    let (settings, secrets) = (arguments.folder.join(SETTINGS), arguments.folder.join(SECRETS));
    let text = filled(arguments)?;
    if !arguments.folder.is_dir() {
        anyhow::bail!("{} is no folder: name that of compose.yaml", arguments.folder.display());
    }
    // Before anything is written: a second set of secrets does not open what the first one has sealed.
    for path in [&settings, &secrets] {
        if path.symlink_metadata().is_ok() {
            anyhow::bail!("{} is there already: move it away first if you want another one", path.display());
        }
    }
    fs::create_dir(&secrets).with_context(|| format!("cannot make {}", secrets.display()))?;
    let mut is_given = give(&secrets, 0o750)?;
    for (name, secret) in drawn() {
        let path = secrets.join(name);
        write(&path, &secret, 0o600)?;
        is_given &= give(&path, 0o640)?;
    }
    write(&settings, &text, 0o600)?;
    context.printer.data(settings.display())?;
    context.printer.data(secrets.display())?;
    if !is_given {
        let folder = secrets.display();
        context.printer.warn(format_args!(
            "the containers cannot read the secrets yet: `sudo chgrp -R {GROUP} {folder} && sudo chmod 0750 {folder} && sudo chmod 0640 {folder}/*`"
        ));
    }
    if let Some(line) = text.lines().find(|line| !line.starts_with('#') && is_placeholder(line)) {
        context.printer.warn(format_args!("PAKE does not start before `{line}` says something else"));
    }
    context.printer.say("keep a copy of secrets/master_key apart from the backups: it opens what is sealed in them");
    Ok(())
}

/// The example with what was said.
fn filled(arguments: &EnvInit) -> anyhow::Result<String> {
    if let Some(domain) = &arguments.domain
        && (domain.is_empty() || !domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)))
    {
        anyhow::bail!("--domain: `{domain}` is no name; give one like pake.example.org, without https://");
    }
    if let Some(contact) = &arguments.contact
        && (!contact.contains('@') || contact.contains(|char: char| char.is_whitespace() || "$\"'#\\".contains(char)))
    {
        anyhow::bail!("--contact: `{contact}` is no address; give one like ada@example.org");
    }
    let line = |line: &str| match (&arguments.domain, &arguments.contact) {
        (Some(domain), _) if line.starts_with(DOMAIN) => format!("{DOMAIN}{domain}\n"),
        (_, Some(contact)) if line.starts_with(CONTACT) => format!("{CONTACT}{contact}\n"),
        _ => format!("{line}\n"),
    };
    Ok(EXAMPLE.lines().map(line).collect())
}

/// Every secret by the name of its file, drawn anew.
fn drawn() -> [(&'static str, String); 7] {
    let [database, replication, redis] = [(); 3].map(|()| hexadecimal());
    [
        ("database_url", format!("postgres://pake:{database}@pake-postgres:5432/pake\n")),
        ("database_password", database),
        ("replication_password", replication),
        ("redis_url", format!("redis://:{redis}@pake-redis:6379/0\n")),
        ("redis_conf", format!("requirepass {redis}\n")),
        ("master_key", hexadecimal()),
        // A password of one's own, where mail is sent.
        ("mail_password", String::new()),
    ]
}

/// 32 random bytes.
fn hexadecimal() -> String {
    let halves: [u128; 2] = rand::random();
    format!("{:032x}{:032x}", halves[0], halves[1])
}

/// Writes a file that was not there before.
fn write(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    made.and_then(|mut file: File| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Gives something to the group of the containers; `false` where this user may not, and it stays readable for the user alone.
fn give(path: &Path, mode: u32) -> anyhow::Result<bool> {
    match chown(path, None, Some(GROUP)) {
        Ok(()) => {
            let set = fs::set_permissions(path, fs::Permissions::from_mode(mode));
            set.map(|()| true).with_context(|| format!("cannot set who may read {}", path.display()))
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let own = if path.is_dir() { 0o700 } else { 0o600 };
            let set = fs::set_permissions(path, fs::Permissions::from_mode(own));
            set.map(|()| false).with_context(|| format!("cannot set who may read {}", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("cannot give {} to group {GROUP}", path.display())),
    }
}
