//! Where releases are brought to: a file for each destination, `deploy/destinations/<name>.toml`.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::plan::shares;

mod round;

pub use self::round::{Outcome, Round};

/// A destination, as its file says. Everything may be left out: then it is this machine, as compose.yaml says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Destination {
    /// Machines, one after the other, as `ssh` calls them: `name`, `user@name`, or a name out of its configuration. None: this
    /// machine.
    pub hosts: Vec<String>,
    /// Configuration for `ssh` beside the usual one.
    pub ssh_config: Option<PathBuf>,
    /// Folder on the machines in which PAKE keeps itself and what it says while it deploys. Default: `.pake` at home.
    pub remote_folder: Option<String>,
    /// Folder of compose.yaml, on the machines that are deployed to.
    pub folder: Option<PathBuf>,
    /// Files of compose in that folder; later ones add to earlier ones. Default: compose.yaml alone.
    pub compose_files: Vec<PathBuf>,
    /// Folder of the journals, the releases and the lock. Default: `state` in the folder of compose.yaml.
    pub state: Option<PathBuf>,
    /// The image. Default: what compose.yaml names; a command says otherwise.
    pub image: Option<String>,
    /// Shares of the requests, in percent, that are led to a new release one after the other before all are: 5, 25, 50.
    pub canary: Vec<u8>,
    /// Seconds for which it is watched with each of them.
    #[schemars(range(min = 1, max = 86_400))]
    pub canary_seconds: Option<u64>,
    /// Seconds for which a new release is watched beside the old one.
    #[schemars(range(max = 86_400))]
    pub bake: Option<u64>,
    /// How many of the backups that deployments took are kept.
    #[schemars(range(min = 4, max = 10_000))]
    pub keep_backups: Option<u64>,
    /// Whether too few requests to judge by are a failure.
    pub strict: bool,
    /// Seconds for which another deployer is waited for.
    #[schemars(range(max = 86_400))]
    pub wait: Option<u64>,
    /// File that says who hears of deployments, seen from the folder of compose.yaml. Default: notify.toml, where there is one.
    pub notify: Option<PathBuf>,
}

impl Destination {
    /// What no schema says: names that a program would take for something else.
    pub fn check(&self) -> anyhow::Result<()> {
        for host in &self.hosts {
            let is_plain = |char: char| char.is_ascii_alphanumeric() || "._-:@[]".contains(char);
            // What begins with a dash is an option to `ssh`, and one of them runs a command.
            let is_named = !host.is_empty() && !host.starts_with('-') && host.chars().all(is_plain);
            ensure!(is_named, "hosts: `{}` is no name of a machine", host.escape_default());
            let others = self.hosts.iter().filter(|other| *other == host).count();
            ensure!(others == 1, "hosts: `{host}` stands there twice");
        }
        if !self.hosts.is_empty() && self.folder.as_ref().is_none_or(|folder| !folder.is_absolute()) {
            bail!("folder: name the folder of compose.yaml on the machines, from the root on, like /opt/pake");
        }
        let is_odd = |text: &str| text.is_empty() || text.starts_with('-') || text.chars().any(char::is_control);
        ensure!(
            self.remote_folder.as_deref().is_none_or(|text| !is_odd(text)),
            "remote_folder: is no name of a folder"
        );
        shares(&self.canary).context("canary")?;
        ensure!(self.image.as_deref().is_none_or(|text| !is_odd(text)), "image: is no name of an image");
        Ok(())
    }
}

/// Whether something can be the name of a destination: it becomes a part of the name of a file.
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_hosts(hosts: &[&str]) -> Destination {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        Destination { hosts, folder: Some("/opt/pake".into()), ..Destination::default() }
    }

    #[test]
    fn a_host_is_never_an_option_or_a_command() {
        for host in ["web1", "deploy@web1.example.org", "10.0.0.7", "[2001:db8::1]"] {
            with_hosts(&[host]).check().unwrap();
        }
        for host in ["", "-oProxyCommand=touch /tmp/x", "web1 reboot", "web1;reboot", "web1\n", "$(reboot)", "wéb"] {
            assert!(with_hosts(&[host]).check().is_err(), "{host}");
        }
        assert!(with_hosts(&["web1", "web2", "web1"]).check().unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn machines_elsewhere_have_their_folder_named() {
        Destination::default().check().unwrap();
        for folder in [None, Some("deploy".into())] {
            let destination = Destination { folder, ..with_hosts(&["web1"]) };
            assert!(destination.check().unwrap_err().to_string().starts_with("folder: "));
        }
        let odd = Destination { remote_folder: Some("-rf".to_owned()), ..with_hosts(&["web1"]) };
        assert!(odd.check().is_err());
    }

    #[test]
    fn a_name_is_part_of_the_name_of_a_file_and_nothing_more() {
        assert!(is_name("production") && is_name("staging-2") && is_name("a_b"));
        for name in ["", "..", "../secrets", "a/b", "a.b", "ä", &"x".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
