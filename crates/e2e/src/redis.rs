//! A Redis of a test's own, which it can take away and bring back.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::patience::{PATIENCE, eventually};

/// A user of a guarded one beside the default one, who sees what is PAKE's and nothing else.
pub const USER: &str = "pake";
/// The programs that serve the protocol, the first that is there.
const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

/// A Redis at a socket in the file system, which nobody else can take while it is away; it ends with the test.
#[derive(Debug)]
pub struct Redis {
    child: Option<Child>,
    folder: TempDir,
    /// What it is started with beside.
    arguments: Vec<String>,
    port: u16,
}

impl Redis {
    /// Starts one; none when no such program is installed.
    pub fn start() -> io::Result<Option<Self>> {
        let mut redis = Self { child: None, folder: tempfile::tempdir()?, arguments: Vec::new(), port: 0 };
        redis.come_back().map(|is_there| is_there.then_some(redis))
    }

    /// Starts one that is reached over TLS too, with this certificate and key (PEM), and wants a password, of [`USER`] too; none when
    /// no such program is installed.
    pub fn guarded(certificate: &str, key: &str, password: &str) -> io::Result<Option<Self>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut redis = Self { child: None, folder: tempfile::tempdir()?, arguments: Vec::new(), port };
        let write = |name: &str, text: &str| {
            let path = redis.folder.path().join(name);
            fs::write(&path, text).map(|()| path.display().to_string())
        };
        let (certificate, key) = (write("own.pem", certificate)?, write("own.key", key)?);
        let port = port.to_string();
        let tls = ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key];
        let rest = ["--tls-ca-cert-file", &certificate, "--tls-auth-clients", "no", "--requirepass", password];
        let secret = format!(">{password}");
        let user = ["--user", USER, "on", &secret, "~pake:*", "&pake:*", "+@all"];
        redis.arguments = tls.iter().chain(&rest).chain(&user).map(|&argument| argument.to_owned()).collect();
        redis.come_back().map(|is_there| is_there.then_some(redis))
    }

    /// Its address over TLS, for this user (empty: the default one) with a password.
    pub fn tls_url(&self, user: &str, password: &str) -> String {
        format!("rediss://{user}:{password}@localhost:{}/0", self.port)
    }

    /// The file with its certificate.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("own.pem")
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Takes it away.
    pub fn die(&mut self) -> io::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.kill()?;
        child.wait().map(drop)
    }

    /// Starts it again where it was, without anything in it; `false` when no such program is installed.
    pub fn come_back(&mut self) -> io::Result<bool> {
        for program in PROGRAMS {
            let mut command = Command::new(program);
            command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(self.socket());
            command
                .args(&self.arguments)
                .current_dir(self.folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            match command.spawn() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
                Ok(child) => {
                    self.child = Some(child);
                    let answers = |said: &String| said == "+PONG" || said.starts_with("-NOAUTH");
                    eventually("Redis answers", || self.command("PING").ok().filter(answers))?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Sends a command of one word or more; gives back the first line of the answer.
    pub fn command(&self, command: &str) -> io::Result<String> {
        let mut stream = UnixStream::connect(self.socket())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It fails when it has ended already.
        let _ = self.die();
    }
}
