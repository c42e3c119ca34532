//! Looks whether everything is set up well, and says what to do about what is not. Changes nothing.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use chrono::TimeDelta;
use engine::search::Availability;
use serde::Serialize;

use crate::{
    app::App,
    audit,
    config::{Listen, MailKind, SignIn},
    secrets, store,
};

mod connections;
mod machine;
mod versions;

/// Less room than this on the disk is told of, in bytes.
const LITTLE_ROOM: u64 = 1 << 30;
/// Less room than this is too little to go on, in bytes.
const NO_ROOM: u64 = 100 << 20;
/// Fewer open files than this are fewer sockets than people may have open.
const FEW_FILES: u64 = 10_240;

/// A certificate that is good for less than this is told of. Whoever renews by themselves does it before a third of the life is left;
/// the shortest of today live 45 days.
const CERTIFICATE_SOON: TimeDelta = TimeDelta::days(14);

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// PAKE works; something could be better.
    Advice,
    /// PAKE does not work as it should.
    Bad,
}

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How it is.
    pub result: Verdict,
    /// What was seen, and what to do about it.
    pub said: String,
}

impl Finding {
    /// It is as it should be.
    pub fn good(what: &'static str, said: impl Into<String>) -> Self {
        Self { what, result: Verdict::Good, said: said.into() }
    }

    /// It could be better.
    pub fn advice(what: &'static str, said: impl Into<String>) -> Self {
        Self { what, result: Verdict::Advice, said: said.into() }
    }

    /// It is not as it should be.
    pub fn bad(what: &'static str, said: impl Into<String>) -> Self {
        Self { what, result: Verdict::Bad, said: said.into() }
    }
}

/// Looks at everything.
pub async fn examine(app: &App) -> Vec<Finding> {
    let mut found = examine_apart(app).await;
    found.push(versions::database(app).await);
    found.extend(connections::examine(app).await);
    found.extend(connections::examine_replica(app).await);
    found.push(master_key(app).await);
    found.push(audit_log(app).await);
    found.push(passwords(app).await);
    found.push(accounts(app).await);
    found.push(sources(app));
    found
}

/// Looks at what does not hang on what is in the database.
pub async fn examine_apart(app: &App) -> Vec<Finding> {
    let mut found = vec![data_folder(&app.config.server.data_dir), open_files()];
    found.push(machine::inodes(&app.config.server.data_dir));
    found.push(machine::memory());
    found.push(machine::backlog());
    found.push(machine::clock());
    found.push(machine::listen(&app.config.server.listen).await);
    found.extend(machine::name(app).await);
    found.push(versions::redis(app).await);
    found.push(production(app));
    found.push(network(app));
    found.extend(certificate(app));
    found.push(mail(app));
    found
}

fn data_folder(folder: &Path) -> Finding {
    const WHAT: &str = "data folder";
    let shown = folder.display();
    let mode = match fs::metadata(folder) {
        Ok(known) => known.permissions().mode() & 0o7777,
        Err(error) => return Finding::bad(WHAT, format!("{shown} cannot be looked at: {error}")),
    };
    if let Err(error) = tempfile::tempfile_in(folder) {
        return Finding::bad(WHAT, format!("{shown} cannot be written to: {error}"));
    }
    let room = rustix::fs::statvfs(folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    let mebibytes = room >> 20;
    if room < NO_ROOM {
        return Finding::bad(WHAT, format!("{shown} has room for {mebibytes} MiB only: make room on its disk"));
    }
    if room < LITTLE_ROOM {
        return Finding::advice(WHAT, format!("{shown} has room for {mebibytes} MiB only: make room on its disk"));
    }
    if mode & 0o007 != 0 {
        return Finding::advice(WHAT, format!("everybody on this machine reads {shown}: `chmod o-rwx {shown}`"));
    }
    Finding::good(WHAT, format!("{shown}, with room for {mebibytes} MiB"))
}

fn open_files() -> Finding {
    const WHAT: &str = "open files";
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    if most < FEW_FILES {
        let said =
            format!("at most {most}, and each connection is one: `ulimit -n {FEW_FILES}` or LimitNOFILE= in systemd");
        return Finding::advice(WHAT, said);
    }
    Finding::good(WHAT, format!("at most {most}"))
}

fn production(app: &App) -> Finding {
    const WHAT: &str = "production";
    let is_public = app.config.server.is_behind_tls();
    if app.config.server.production {
        return Finding::good(WHAT, "no placeholder, no secret that can be guessed or read by everybody");
    }
    if is_public {
        let said = "server.production = true lets PAKE start only without placeholders and secrets that can be guessed";
        return Finding::advice(WHAT, said);
    }
    Finding::good(WHAT, "is not said to be one (server.production)")
}

async fn master_key(app: &App) -> Finding {
    const WHAT: &str = "master key";
    let found = match secrets::look(app).await {
        Ok(found) => found,
        Err(error) => return Finding::bad(WHAT, error.to_string()),
    };
    if let Some((purpose, (count, problem))) =
        found.iter().find_map(|sealed| Some((sealed.purpose, sealed.unreadable.as_ref()?)))
    {
        return Finding::bad(WHAT, format!("{purpose}: {count} do not open: {problem}"));
    }
    let (texts, outdated) = found.iter().fold((0, 0), |sum, sealed| (sum.0 + sealed.texts, sum.1 + sealed.outdated));
    if outdated > 0 {
        return Finding::advice(
            WHAT,
            format!("{outdated} of {texts} secrets need an older key: `pake secrets rotate`"),
        );
    }
    Finding::good(WHAT, format!("{} opens all {texts} secrets; keep a copy apart from the backups", app.vault.key_id()))
}

async fn audit_log(app: &App) -> Finding {
    match audit::verify(app).await {
        Ok(audit::Verified { rows, broken_at: None }) => Finding::good("audit log", format!("whole: {rows} rows")),
        Ok(audit::Verified { broken_at: Some(row), .. }) => {
            Finding::bad("audit log", format!("row {row} is missing or altered: compare it with a backup"))
        }
        Err(error) => Finding::bad("audit log", error.to_string()),
    }
}

async fn passwords(app: &App) -> Finding {
    const WHAT: &str = "passwords";
    match app.passwords.calibrate().await {
        Ok(measured) => {
            let (one, four) = (measured.one.as_millis(), measured.last_of_four.as_millis());
            let seen = format!("a hash takes {one} ms, the last of four at once {four} ms");
            match measured.suggestion {
                None => Finding::good(WHAT, seen),
                Some(cost) => Finding::advice(
                    WHAT,
                    format!(
                        "{seen}, which is long: passwords.memory_kib = {} and passwords.iterations = {} take less",
                        cost.memory_kib, cost.iterations
                    ),
                ),
            }
        }
        Err(error) => Finding::bad(WHAT, error.to_string()),
    }
}

async fn accounts(app: &App) -> Finding {
    const WHAT: &str = "accounts";
    if app.config.accounts.sign_in == SignIn::Off {
        return Finding::advice(WHAT, "whoever reaches PAKE may everything (accounts.sign_in = \"off\")");
    }
    match store::accounts::is_any(&app.db).await {
        Ok(true) => Finding::good(WHAT, "there are some: one has to sign in"),
        Ok(false) => Finding::advice(WHAT, "there are none: `pake user add NAME` makes the first one, which governs"),
        Err(error) => Finding::bad(WHAT, error.to_string()),
    }
}

fn network(app: &App) -> Finding {
    const WHAT: &str = "network";
    let server = &app.config.server;
    let is_local = matches!(&server.listen, Listen::Tcp(address) if address.ip().is_loopback());
    if !is_local && server.base_url.is_none() {
        return Finding::advice(
            WHAT,
            "server.base_url is not set: links in mails and cookies need the address that people use",
        );
    }
    if server.base_url.is_some() && !server.is_behind_tls() && !app.config.tls.is_on() {
        return Finding::advice(WHAT, "people reach PAKE without TLS: passwords and cookies can be read on the way");
    }
    if server.is_behind_tls() && !app.config.tls.is_on() && server.trusted_proxies.is_empty() {
        let said =
            "server.trusted_proxies is empty: everybody behind the proxy counts as one for limits and in the audit log";
        return Finding::advice(WHAT, said);
    }
    Finding::good(WHAT, format!("listens at {}", server.listen))
}

/// The certificate, where PAKE ends TLS itself.
fn certificate(app: &App) -> Option<Finding> {
    const WHAT: &str = "certificate";
    let period = app.certificates.as_ref()?.period();
    let (now, until) = (app.clock.now(), period.not_after.format("%-d %B %Y, %H:%M UTC"));
    let is_ours = app.config.tls.acme;
    let said = if is_ours {
        "`pake serve` renews it by itself: its log says why it did not"
    } else {
        "renew it: its files are read anew within a minute"
    };
    if app.certificates.as_ref()?.is_provisional() {
        let said = "there is none yet: `pake serve` orders it as soon as it runs, and its log says what came of it";
        return Some(Finding::advice(WHAT, said));
    }
    Some(if now >= period.not_after {
        Finding::bad(WHAT, format!("was good until {until}; {said}"))
    } else if now < period.not_before {
        Finding::bad(WHAT, format!("is good from {} on only; look at the clock", period.not_before))
    } else if period.not_after - now < CERTIFICATE_SOON {
        Finding::advice(WHAT, format!("is good until {until} only; {said}"))
    } else {
        Finding::good(WHAT, format!("is good until {until}"))
    })
}

fn mail(app: &App) -> Finding {
    match app.config.mail.kind {
        MailKind::Smtp => Finding::good("mail", "goes to the mail server that is set"),
        MailKind::File => Finding::advice("mail", "goes into a folder: nobody gets it"),
        MailKind::Log => Finding::advice("mail", "is not sent: hand links over yourself, or set mail.kind = \"smtp\""),
    }
}

fn sources(app: &App) -> Finding {
    const WHAT: &str = "sources";
    let ready = app.engine().states().iter().filter(|state| state.availability == Availability::Ready).count();
    if ready == 0 {
        return Finding::bad(WHAT, "none is switched on: see `pake sources`");
    }
    if app.current_engine.config().search.contact.is_none() {
        let said = format!(
            "{ready} are asked; search.contact is not set: Crossref and OpenAlex serve those first who give an address"
        );
        return Finding::advice(WHAT, said);
    }
    Finding::good(WHAT, format!("{ready} are asked"))
}

#[cfg(test)]
mod tests;
