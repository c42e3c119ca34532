//! A PostgreSQL of a test's own, which it can take away and bring back with what was in it.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::{patience::eventually, ports};

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// What a socket in the file system is called by when nobody says otherwise.
const PORT: u16 = 5432;

/// A PostgreSQL at a socket in the file system, which nobody else can take while it is away; it ends with the test.
#[derive(Debug)]
pub struct Postgres {
    child: Option<Child>,
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    /// What it is started with beside.
    arguments: Vec<String>,
}

impl Postgres {
    /// Makes one and starts it; none when it is not installed.
    pub fn start() -> io::Result<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let mut postgres = Self::in_a_folder(programs)?;
        let mut make = postgres.command("initdb");
        make.args(["-U", "pake", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "-D"]).arg(postgres.data());
        if !make.status()?.success() {
            return Err(io::Error::other("initdb failed"));
        }
        postgres.come_back()?;
        Ok(Some(postgres))
    }

    fn in_a_folder(programs: PathBuf) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        give_away(folder.path())?;
        Ok(Self { child: None, folder, programs, port: PORT, arguments: Vec::new() })
    }

    /// Makes one that is reached over the network too, over TLS with this certificate and key (PEM) and with a password, and not
    /// otherwise; none when it is not installed.
    pub fn guarded(certificate: &str, key: &str, password: &str) -> io::Result<Option<Self>> {
        let Some(mut postgres) = Self::start()? else { return Ok(None) };
        postgres.ask(&format!("ALTER USER pake PASSWORD '{password}'"))?;
        postgres.die()?;
        for (path, text) in [(postgres.certificate(), certificate), (postgres.folder.path().join("own.key"), key)] {
            fs::write(&path, text)?;
            // A key that others may read is refused.
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            give_away(&path)?;
        }
        let who = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(postgres.data().join("pg_hba.conf"), who)?;
        [postgres.port] = ports::free()?;
        let port = postgres.port.to_string();
        let tls = ["ssl_cert_file=../own.pem", "-c", "ssl_key_file=../own.key"];
        let all = ["-p", &port, "-c", "listen_addresses=127.0.0.1", "-c", "ssl=on", "-c"].into_iter().chain(tls);
        postgres.arguments = all.map(str::to_owned).collect();
        postgres.come_back()?;
        Ok(Some(postgres))
    }

    /// The file with its certificate.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("own.pem")
    }

    /// Its address over the network, with a password and these parameters.
    pub fn network_url(&self, password: &str, parameters: &str) -> String {
        format!("postgres://pake:{password}@localhost:{}/postgres?{parameters}", self.port)
    }

    /// Makes a replica that streams from this one, and starts it.
    pub fn follower(&self) -> io::Result<Self> {
        let mut follower = Self::in_a_folder(self.programs.clone())?;
        let mut copy = follower.command("pg_basebackup");
        copy.args(["-U", "pake", "-X", "stream", "-c", "fast", "--no-sync", "--write-recovery-conf", "-h"]);
        copy.arg(self.folder.path()).arg("-D").arg(follower.data());
        if !copy.status()?.success() {
            return Err(io::Error::other("pg_basebackup failed"));
        }
        follower.come_back()?;
        Ok(follower)
    }

    /// What it answers to a statement, without names of columns.
    pub fn ask(&self, statement: &str) -> io::Result<String> {
        let mut command = self.command("psql");
        command
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", statement, "--dbname"])
            .arg(self.url());
        let said = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).output()?;
        if said.status.success() {
            Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
        } else {
            Err(io::Error::other(format!("psql failed: {}", said.status)))
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("postgres://pake@localhost:{}/postgres?host={}", self.port, self.folder.path().display())
    }

    /// Runs the statements of a file, in one session, until one fails.
    pub fn psql(&self, statements: File) -> io::Result<()> {
        let mut command = self.command("psql");
        command.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname"]).arg(self.url());
        let done = command.stdin(statements).stderr(Stdio::inherit()).status()?;
        if done.success() { Ok(()) } else { Err(io::Error::other(format!("psql failed: {done}"))) }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of it, as somebody who may start it.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "nobody", "--regid", "65534", "--clear-groups", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Takes it away, as when its machine loses power.
    pub fn die(&mut self) -> io::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        // Killed, it would leave the processes of its connections behind for a while.
        Command::new("kill").args(["-QUIT", &child.id().to_string()]).status()?;
        child.wait().map(drop)
    }

    /// Starts it where it was, with what was in it.
    pub fn come_back(&mut self) -> io::Result<()> {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-c", "listen_addresses=", "-c", "fsync=off", "-c"]);
        command.arg(format!("unix_socket_directories={}", self.folder.path().display())).args(&self.arguments);
        self.child = Some(command.spawn()?);
        let pid = self.data().join("postmaster.pid");
        // Its last line says so.
        eventually("PostgreSQL takes connections", || {
            fs::read_to_string(&pid).ok().filter(|text| {
                text.lines().last().is_some_and(|line| line.starts_with("ready") || line.starts_with("standby"))
            })
        })
        .map(drop)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It fails when it has ended already.
        let _ = self.die();
    }
}

/// It does not run as root, and what it uses has to be its own.
fn give_away(path: &Path) -> io::Result<()> {
    if is_root() && !Command::new("chown").arg("nobody").arg(path).status()?.success() {
        return Err(io::Error::other(format!("{} cannot be given away", path.display())));
    }
    Ok(())
}

/// The folder with the newest programs.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).ok()?.flatten().map(|entry| entry.path().join("bin"));
    versions.filter(|folder| folder.join("postgres").is_file()).max()
}

fn is_root() -> bool {
    fs::metadata(Path::new("/proc/self")).is_ok_and(|own| own.uid() == 0)
}
