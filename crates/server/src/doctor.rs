//! Looks whether everything is set up well, and says what to do about what is not. Changes nothing.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use engine::search::Availability;
use serde::Serialize;

use crate::{
    app::App,
    audit,
    config::{Listen, MailKind, SignIn},
    secrets, store,
};

mod certificate;
mod connections;
mod machine;
mod versions;

/// Less room than this on the disk is told of, in bytes.
const LITTLE_ROOM: u64 = 1 << 30;
/// Less room than this is too little to go on, in bytes.
const NO_ROOM: u64 = 100 << 20;
/// Fewer open files than this are fewer sockets than people may have open.
const FEW_FILES: u64 = 10_240;
/// What to do when the database does not answer a question.
const ASK_DATABASE: &str = "look whether the database runs and is reached at database.url, and what its log says";

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
    /// What was seen.
    pub said: String,
    /// What to do about it; nothing where it is as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    /// It is as it should be.
    pub fn good(what: &'static str, said: impl Into<String>) -> Self {
        Self { what, result: Verdict::Good, said: said.into(), remedy: None }
    }

    /// It could be better, by this.
    pub fn advice(what: &'static str, said: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, result: Verdict::Advice, said: said.into(), remedy: Some(remedy.into()) }
    }

    /// It is not as it should be, and this is to be done.
    pub fn bad(what: &'static str, said: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, result: Verdict::Bad, said: said.into(), remedy: Some(remedy.into()) }
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
    found.extend(certificate::examine(app).await);
    found.push(mail(app));
    found
}

fn data_folder(folder: &Path) -> Finding {
    const WHAT: &str = "data folder";
    let shown = folder.display();
    let mode = match fs::metadata(folder) {
        Ok(known) => known.permissions().mode() & 0o7777,
        Err(error) => {
            let remedy = "make it and give it to the user that PAKE runs as, or set server.data_dir to another one";
            return Finding::bad(WHAT, format!("{shown} cannot be looked at: {error}"), remedy);
        }
    };
    if let Err(error) = tempfile::tempfile_in(folder) {
        let remedy = format!("give {shown} to the user that PAKE runs as, on a disk that can be written to");
        return Finding::bad(WHAT, format!("{shown} cannot be written to: {error}"), remedy);
    }
    let room = rustix::fs::statvfs(folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    let seen = format!("{shown} has room for {} MiB", room >> 20);
    let make_room = "make room on its disk (`df` shows which, `du` what is large), or give it a larger one";
    if room < NO_ROOM {
        return Finding::bad(WHAT, seen, make_room);
    }
    if room < LITTLE_ROOM {
        return Finding::advice(WHAT, seen, make_room);
    }
    if mode & 0o007 != 0 {
        return Finding::advice(
            WHAT,
            format!("everybody on this machine reads {shown}"),
            format!("`chmod o-rwx {shown}`"),
        );
    }
    Finding::good(WHAT, seen)
}

fn open_files() -> Finding {
    const WHAT: &str = "open files";
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    if most < FEW_FILES {
        let remedy = format!("`ulimit -n {FEW_FILES}`, LimitNOFILE= in systemd, or ulimits in compose.yaml");
        return Finding::advice(WHAT, format!("at most {most}, and each connection is one"), remedy);
    }
    Finding::good(WHAT, format!("at most {most}"))
}

fn production(app: &App) -> Finding {
    const WHAT: &str = "production";
    let is_public = app.config.server.is_behind_tls();
    if app.config.server.production {
        return Finding::good(WHAT, "no placeholder, no secret that can be guessed or read by everybody");
    }
    let seen = "is not said to be one (server.production)";
    if is_public {
        let remedy =
            "server.production = true lets PAKE start only without placeholders and secrets that can be guessed";
        return Finding::advice(WHAT, seen, remedy);
    }
    Finding::good(WHAT, seen)
}

async fn master_key(app: &App) -> Finding {
    const WHAT: &str = "master key";
    let found = match secrets::look(app).await {
        Ok(found) => found,
        Err(error) => return Finding::bad(WHAT, error.to_string(), ASK_DATABASE),
    };
    if let Some((purpose, (count, problem))) =
        found.iter().find_map(|sealed| Some((sealed.purpose, sealed.unreadable.as_ref()?)))
    {
        let remedy = "give the key that sealed them (secrets.master_key, or secrets.previous_master_keys); your copy apart from the backups has it";
        return Finding::bad(WHAT, format!("{purpose}: {count} do not open: {problem}"), remedy);
    }
    let (texts, outdated) = found.iter().fold((0, 0), |sum, sealed| (sum.0 + sealed.texts, sum.1 + sealed.outdated));
    if outdated > 0 {
        let seen = format!("{outdated} of {texts} secrets need an older key");
        return Finding::advice(WHAT, seen, "`pake secrets rotate`");
    }
    Finding::good(WHAT, format!("{} opens all {texts} secrets; keep a copy apart from the backups", app.vault.key_id()))
}

async fn audit_log(app: &App) -> Finding {
    const WHAT: &str = "audit log";
    match audit::verify(app).await {
        Ok(audit::Verified { rows, broken_at: None }) => Finding::good(WHAT, format!("whole: {rows} rows")),
        Ok(audit::Verified { broken_at: Some(row), .. }) => {
            let remedy = "compare it with a backup: somebody was in the database beside PAKE";
            Finding::bad(WHAT, format!("row {row} is missing or altered"), remedy)
        }
        Err(error) => Finding::bad(WHAT, error.to_string(), ASK_DATABASE),
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
                Some(cost) => {
                    let (memory, iterations) = (cost.memory_kib, cost.iterations);
                    let remedy =
                        format!("passwords.memory_kib = {memory} and passwords.iterations = {iterations} take less");
                    Finding::advice(WHAT, format!("{seen}, which is long"), remedy)
                }
            }
        }
        Err(error) => {
            let remedy = "look once more when less goes on here, else lower passwords.memory_kib";
            Finding::bad(WHAT, error.to_string(), remedy)
        }
    }
}

async fn accounts(app: &App) -> Finding {
    const WHAT: &str = "accounts";
    if app.config.accounts.sign_in == SignIn::Off {
        let seen = "whoever reaches PAKE may everything (accounts.sign_in = \"off\")";
        return Finding::advice(WHAT, seen, "remove accounts.sign_in, and make an account with `pake user add NAME`");
    }
    match store::accounts::is_any(&app.db).await {
        Ok(true) => Finding::good(WHAT, "there are some: one has to sign in"),
        Ok(false) => Finding::advice(WHAT, "there are none", "`pake user add NAME` makes the first one, which governs"),
        Err(error) => Finding::bad(WHAT, error.to_string(), ASK_DATABASE),
    }
}

fn network(app: &App) -> Finding {
    const WHAT: &str = "network";
    let server = &app.config.server;
    let is_local = matches!(&server.listen, Listen::Tcp(address) if address.ip().is_loopback());
    if !is_local && server.base_url.is_none() {
        let seen = "links in mails and cookies need the address that people use, and nobody has said it";
        return Finding::advice(WHAT, seen, "set server.base_url");
    }
    if server.base_url.is_some() && !server.is_behind_tls() && !app.config.tls.is_on() {
        let seen = "people reach PAKE without TLS: passwords and cookies can be read on the way";
        let remedy = "set [tls], or put a proxy with TLS before it, and https into server.base_url";
        return Finding::advice(WHAT, seen, remedy);
    }
    if server.is_behind_tls() && !app.config.tls.is_on() && server.trusted_proxies.is_empty() {
        let seen = "everybody behind the proxy counts as one for limits and in the audit log";
        return Finding::advice(WHAT, seen, "name the proxy in server.trusted_proxies");
    }
    Finding::good(WHAT, format!("listens at {}", server.listen))
}

fn mail(app: &App) -> Finding {
    const WHAT: &str = "mail";
    const REMEDY: &str = "set mail.kind = \"smtp\" and mail.host; until then hand links over yourself";
    match app.config.mail.kind {
        MailKind::Smtp => Finding::good(WHAT, "goes to the mail server that is set"),
        MailKind::File => Finding::advice(WHAT, "goes into a folder: nobody gets it", REMEDY),
        MailKind::Log => Finding::advice(WHAT, "is not sent", REMEDY),
    }
}

fn sources(app: &App) -> Finding {
    const WHAT: &str = "sources";
    let ready = app.engine().states().iter().filter(|state| state.availability == Availability::Ready).count();
    if ready == 0 {
        return Finding::bad(WHAT, "none is switched on", "`pake sources` says what each one needs");
    }
    if app.current_engine.config().search.contact.is_none() {
        let remedy = "set search.contact: Crossref and OpenAlex serve those first who give an address";
        return Finding::advice(WHAT, format!("{ready} are asked, by nobody they could write to"), remedy);
    }
    Finding::good(WHAT, format!("{ready} are asked"))
}

#[cfg(test)]
mod tests;
