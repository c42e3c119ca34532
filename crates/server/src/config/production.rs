//! What an installation that is said to be in production must not start with: texts that stand for others, secrets that can be
//! guessed, nobody to write to.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Check, Config, MailKind};

/// What examples have where something of one's own belongs.
const PLACEHOLDERS: [&str; 5] = ["change-me", "change_me", "changeme", "replace-me", "placeholder"];
/// Shortest password of a database or of Redis, in characters.
const SHORTEST: usize = 16;
/// How many different characters it has at least.
const FEWEST: usize = 6;

/// Whether a text stands for one that somebody has to put in.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.to_lowercase();
    PLACEHOLDERS.iter().any(|placeholder| text.contains(placeholder))
}

pub(super) fn check(config: &Config, check: &mut Check) {
    if !config.server.production {
        return;
    }
    match &config.server.base_url {
        Some(url) if url.scheme() == "https" => check_text("server.base_url", url.as_str(), check),
        _ => check.wrong("server.base_url", "must be the https address that people use (server.production is on)"),
    }
    match config.search.contact.as_deref().map(str::trim) {
        None | Some("") => check.wrong(
            "search.contact",
            "is not set: the sources that PAKE asks need an address to write to when something is wrong",
        ),
        Some(contact) => check_text("search.contact", contact, check),
    }
    check_url("database.url", config.database.url.as_ref(), check);
    check_url("database.read_url", config.database.read_url().as_ref(), check);
    check_url("redis.url", config.redis.url.as_ref(), check);
    if let Some(key) = &config.secrets.master_key {
        check_text("secrets.master_key", key.expose_secret(), check);
    }
    if config.mail.kind == MailKind::Smtp {
        check_text("mail.from", &config.mail.from, check);
        if let Some(password) = &config.mail.password {
            check_text("mail.password", password.expose_secret(), check);
        }
    }
    for (name, provider) in &config.oidc {
        if let Some(secret) = &provider.client_secret {
            check_text(&format!("oidc.{name}.client_secret"), secret.expose_secret(), check);
        }
    }
}

fn check_text(setting: &str, text: &str, check: &mut Check) {
    if is_placeholder(text) {
        check.wrong(setting, "still stands for something of your own: put that in");
    }
}

/// The password in an address of a service: nothing that comes with the service, or that can be guessed.
fn check_url(setting: &str, url: Option<&SecretString>, check: &mut Check) {
    let Some(url) = url.and_then(|url| Url::parse(&at_the_first(url.expose_secret())).ok()) else { return };
    if url.as_str().starts_with("sqlite:") || url.scheme().contains("unix") {
        return;
    }
    let remedy = "`openssl rand -hex 24` makes one, `pake env init` a whole set";
    match url.password() {
        None => {
            check.wrong(setting, format!("has no password: whoever reaches the service may do everything; {remedy}"));
        }
        Some(password) if is_placeholder(password) => {
            check.wrong(setting, format!("has a password that stands for another; {remedy}"));
        }
        Some(password) if is_weak(password) => {
            check.wrong(setting, format!("has a password that can be guessed; {remedy}"));
        }
        Some(_) => {}
    }
}

/// The address with the first of its servers alone, where it names several: they all have the same password.
fn at_the_first(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let hosts_at = place.rfind('@').map_or(0, |at| at + 1);
    let (who, hosts) = place.split_at(hosts_at);
    format!("{scheme}://{who}{}{path}", hosts.split(',').next().unwrap_or_default())
}

/// Whether a password of a program is shorter or plainer than one that is drawn.
fn is_weak(password: &str) -> bool {
    let different: std::collections::BTreeSet<_> = password.chars().collect();
    password.chars().count() < SHORTEST || different.len() < FEWEST
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::InvalidConfig;

    const DRAWN: &str = "1f0c8a52d97be3461f0c8a52d97be346";

    fn refused(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut value = json!({
            "server": { "production": true, "base_url": "https://pake.example.org" },
            "search": { "contact": "ada@example.org" },
            "database": { "url": format!("postgres://pake:{DRAWN}@db/pake") },
            "redis": { "url": format!("redis://:{DRAWN}@redis:6379/0") },
        });
        change(&mut value);
        match serde_json::from_value::<Config>(value).unwrap().validate() {
            Ok(()) => Vec::new(),
            Err(InvalidConfig(problems)) => problems.into_iter().map(|problem| problem.setting).collect(),
        }
    }

    #[test]
    fn a_production_that_is_set_up_is_let_through_and_everything_else_too() {
        assert_eq!(refused(|_| {}), [""; 0]);
        assert_eq!(refused(|config| *config = json!({})), [""; 0]);
        let sqlite = refused(|config| config["database"]["url"] = json!("sqlite:///var/lib/pake/pake.db"));
        assert_eq!(sqlite, [""; 0], "a file has no password");
        assert_eq!(refused(|config| config["redis"]["url"] = json!("unix:/run/redis.sock")), [""; 0]);
        let cluster = json!(format!("redis+cluster://:{DRAWN}@one:6379,two:6379"));
        assert_eq!(refused(|config| config["redis"]["url"] = cluster), [""; 0]);
    }

    #[test]
    fn what_stands_for_something_else_is_refused() {
        let cases = [
            ("server", "base_url", json!("https://change-me.example.org"), "server.base_url"),
            ("server", "base_url", json!("http://pake.example.org"), "server.base_url"),
            ("server", "base_url", Value::Null, "server.base_url"),
            ("search", "contact", json!("Change_Me@example.org"), "search.contact"),
            ("search", "contact", json!("  "), "search.contact"),
            ("search", "contact", Value::Null, "search.contact"),
            ("database", "url", json!("postgres://pake:change-me-change-me@db/pake"), "database.url"),
            ("database", "url", json!("postgres://pake:pake@db/pake"), "database.url"),
            ("database", "url", json!("postgres://pake:aaaaaaaaaaaaaaaaaaaaaaaa@db/pake"), "database.url"),
            ("database", "url", json!("postgres://pake@db/pake"), "database.url"),
            ("redis", "url", json!("redis://redis:6379"), "redis.url"),
            ("redis", "url", json!("redis://:redis@redis:6379"), "redis.url"),
            ("redis", "url", json!("redis+sentinel://one:26379,two:26379/pake"), "redis.url"),
            ("redis", "url", json!("rediss+cluster://:redis@one:6379,two:6379"), "redis.url"),
        ];
        for (section, setting, value, expected) in cases {
            assert_eq!(refused(|config| config[section][setting] = value.clone()), [expected], "{value}");
        }
    }

    #[test]
    fn no_message_repeats_a_password() {
        let mut check = Check::default();
        check_url("database.url", Some(&"postgres://pake:hunter2@db/pake".into()), &mut check);
        assert!(!check.0.is_empty() && check.0.iter().all(|problem| !problem.message.contains("hunter2")));
    }
}
