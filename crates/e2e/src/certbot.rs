//! What gets nginx its certificate (deploy/acme): certbot, with its files in a folder of the test.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{curl::NAME, house::repository_root, process::Family};

/// Folders, which are there before certbot and nginx are.
#[derive(Debug)]
pub struct Certbot {
    folder: TempDir,
    running: Option<Family>,
}

impl Certbot {
    /// Makes the folders; none when certbot is not installed.
    pub fn prepared() -> io::Result<Option<Self>> {
        match Command::new("certbot").arg("--version").output() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            version => version?,
        };
        let certbot = Self { folder: tempfile::tempdir()?, running: None };
        for name in ["certificates", "proofs", "letsencrypt"] {
            fs::create_dir(certbot.folder.path().join(name))?;
        }
        Ok(Some(certbot))
    }

    /// The certificate, or its key, as nginx is given it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("certificates").join(name)
    }

    /// What an authority is to find.
    pub fn proofs(&self) -> PathBuf {
        self.folder.path().join("proofs")
    }

    /// Starts to get and to renew, looking each second, at the authority of this directory, for which `root` vouches.
    pub fn start(&mut self, directory: &str, root: &Path) -> io::Result<()> {
        let folder = self.folder.path();
        let place = |name: &str| folder.join(name).display().to_string();
        let script = fs::read_to_string(repository_root().join("deploy/acme/certificates.sh"))?
            .replace("/etc/letsencrypt", &place("state"))
            .replace("/etc/pake/certificates", &place("certificates"))
            .replace("/var/lib/pake/acme", &place("proofs"))
            // There is no such group here, and only root may give something away.
            .replace("chown 0:10001", "chmod 0640");
        fs::write(folder.join("certificates.sh"), script)?;
        let settings = [("config", "state"), ("work", "work"), ("logs", "logs")];
        let settings = settings.map(|(name, under)| format!("{name}-dir = {}\n", place(under))).concat();
        fs::write(folder.join("letsencrypt/cli.ini"), settings)?;
        let said = fs::File::create(folder.join("said"))?;
        self.running = Some(Family::start(
            Command::new("sh")
                .arg(folder.join("certificates.sh"))
                .env("XDG_CONFIG_HOME", folder)
                .env("REQUESTS_CA_BUNDLE", root)
                .env("PAKE_DOMAIN", NAME)
                .env("PAKE_CONTACT", "operator@pake.test")
                .env("PAKE_ACME_DIRECTORY", directory)
                .env("PAKE_ACME_SECONDS", "1")
                .env("PAKE_ACME_PAUSE", "1")
                .stdout(Stdio::from(said.try_clone()?))
                .stderr(said),
        )?);
        Ok(())
    }

    /// Everything that was said so far.
    pub fn said(&self) -> io::Result<String> {
        fs::read_to_string(self.folder.path().join("said"))
    }
}
