//! What an authority has to say of certificates that it gave (OCSP), asked over HTTP, of a test's own: `openssl ocsp`.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    patience::eventually,
    ports,
    process::{Family, mortal},
};

/// Where it can be asked, before it runs: certificates name the address.
#[derive(Debug)]
pub struct Responder {
    folder: TempDir,
    port: u16,
    running: Option<Family>,
}

/// Certificates and a key (PEM) of those who answer.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// Of the authority.
    pub authority: &'a str,
    /// Of whoever answers for it.
    pub signer: &'a str,
    /// The key to that one.
    pub key: &'a str,
}

impl Responder {
    /// Takes a place.
    pub fn prepared() -> io::Result<Self> {
        let [port] = ports::free()?;
        Ok(Self { folder: tempfile::tempdir()?, port, running: None })
    }

    /// Its address, as a certificate names it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers from now on that the certificate with this serial number (in hexadecimal) is good, and no other.
    pub fn vouch(&mut self, serial: &str, signed: Signed<'_>) -> io::Result<()> {
        let files = [("authority.pem", signed.authority), ("signer.pem", signed.signer), ("signer.key", signed.key)];
        for (name, text) in files {
            fs::write(self.file(name), text)?;
        }
        fs::write(self.file("index"), format!("V\t491231235959Z\t\t{serial}\tunknown\t/CN=any\n"))?;
        let mut command = mortal("openssl").ok_or(io::ErrorKind::NotFound)?;
        command.current_dir(self.folder.path()).args(["ocsp", "-index", "index", "-ndays", "1"]);
        command.args(["-port", &self.port.to_string(), "-CA", "authority.pem"]);
        command.args(["-rsigner", "signer.pem", "-rkey", "signer.key"]).stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(Family::start(&mut command)?);
        // A connection over which nothing comes would hold it up for ever.
        eventually("it answers", || self.is_asked(serial).ok().filter(|is_good| *is_good)).map(drop)
    }

    fn is_asked(&self, serial: &str) -> io::Result<bool> {
        let mut ask = Command::new("openssl");
        ask.current_dir(self.folder.path()).args(["ocsp", "-issuer", "authority.pem", "-CAfile", "authority.pem"]);
        ask.args(["-serial", &format!("0x{serial}"), "-url", &self.url()]);
        Ok(String::from_utf8_lossy(&ask.stdin(Stdio::null()).output()?.stdout).contains(": good"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What `openssl s_client` sees at a port of loopback that shows a certificate for this name, when it asks for what the authority
/// says too. It believes nobody but the authority in this file.
pub fn seen_with_status(port: u16, name: &str, authority: &Path) -> io::Result<String> {
    let asked = Command::new("openssl")
        .args(["s_client", "-status", "-verify_return_error", "-servername", name, "-CAfile"])
        .arg(authority)
        .args(["-connect", &format!("127.0.0.1:{port}")])
        .stdin(Stdio::null())
        .output()?;
    Ok(String::from_utf8_lossy(&asked.stdout).into_owned())
}
