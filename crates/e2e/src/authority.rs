//! An authority for certificates that speaks ACME, of a test's own: Let's Encrypt's pebble.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    fs, io,
    net::{Ipv4Addr, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;
use tokio::net::TcpSocket;

use crate::{
    patience::eventually,
    ports,
    process::{Family, mortal},
};

/// The authority. It ends with the test.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
    child: Option<Child>,
    /// Its port while it is away: refuses, and nobody else is given it meanwhile.
    held: Option<TcpSocket>,
    port: u16,
    management: u16,
    /// Where it asks for names: all of them are this machine.
    names: u16,
    _resolver: Family,
}

impl Authority {
    /// One that looks at this port of loopback whether somebody has a name, or at the other one without TLS, and whose certificates are
    /// good for so many seconds. `certificate` and `key` (PEM) are its own, for `localhost`. None when pebble is not installed.
    pub fn start(tls: u16, plain: u16, seconds: u64, certificate: &str, key: &str) -> io::Result<Option<Self>> {
        let [port, management, names, more] = ports::free()?;
        let Some(resolver) = resolver(names, more)? else { return Ok(None) };
        let folder = tempfile::tempdir()?;
        let mut authority = Self { folder, child: None, held: None, port, management, names, _resolver: resolver };
        let folder = authority.folder.path();
        fs::write(folder.join("own.pem"), certificate)?;
        fs::write(folder.join("own.key"), key)?;
        let settings = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": folder.join("own.pem"),
            "privateKey": folder.join("own.key"),
            "httpPort": plain,
            "tlsPort": tls,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
            "certificateValidityPeriod": seconds,
        }});
        fs::write(folder.join("pebble.json"), settings.to_string())?;
        authority.come_back().map(|is_there| is_there.then_some(authority))
    }

    /// Its directory.
    pub fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.port)
    }

    /// The file with the certificate that vouches for the authority itself.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("own.pem")
    }

    /// The file with the root of the certificates that it gives, as it is now: each start has another one.
    pub fn root(&self) -> io::Result<PathBuf> {
        let url = format!("https://localhost:{}/roots/0", self.management);
        let file = self.folder.path().join("root.pem");
        let mut get = Command::new("curl");
        get.args(["--silent", "--fail", "--insecure", "--noproxy", "*", "--output"]).arg(&file).arg(url);
        if get.status()?.success() { Ok(file) } else { Err(io::Error::other("it does not tell its root")) }
    }

    /// Takes it away.
    pub fn die(&mut self) -> io::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.kill()?;
        child.wait()?;
        let held = TcpSocket::new_v4()?;
        held.set_reuseaddr(true)?;
        held.bind((Ipv4Addr::LOCALHOST, self.port).into())?;
        self.held = Some(held);
        Ok(())
    }

    /// Starts it where it was, without anything that it knew; `false` when it is not installed.
    pub fn come_back(&mut self) -> io::Result<bool> {
        let Some(mut command) = mortal("pebble") else { return Ok(false) };
        command.arg("-config").arg(self.folder.path().join("pebble.json"));
        command.args(["-dnsserver", &format!("127.0.0.1:{}", self.names)]).env("PEBBLE_VA_NOSLEEP", "1");
        // By itself it refuses one request of twenty for no reason: asked again, but a test has no use for chance.
        command.env("PEBBLE_WFE_NONCEREJECT", "0");
        self.held = None;
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        let is_there = || TcpStream::connect(("127.0.0.1", self.port)).is_ok().then_some(());
        eventually("the authority listens", is_there).map(|()| true)
    }
}

/// Starts what knows names at this port; nothing where it is not installed.
fn resolver(port: u16, management: u16) -> io::Result<Option<Family>> {
    let Some(mut command) = mortal("pebble-challtestsrv") else { return Ok(None) };
    command.args(["-dns01", &format!("127.0.0.1:{port}"), "-management", &format!("127.0.0.1:{management}")]);
    command.args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]);
    Family::start(command.stdout(Stdio::null()).stderr(Stdio::null())).map(Some)
}

impl Drop for Authority {
    fn drop(&mut self) {
        // It fails when it has ended already.
        let _ = self.die();
    }
}
