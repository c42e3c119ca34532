//! Servers of Redis that know each other, of a test's own, at ports of loopback.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    fs,
    io::{self, BufRead, BufReader, Read as _, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    patience::{PATIENCE, eventually},
    ports,
};

/// What everybody has to say, the servers to each other too.
pub const PASSWORD: &str = "a-long-secret";

/// A certificate for 127.0.0.1 and its key (PEM): who has one speaks TLS, with everybody.
#[derive(Debug, Clone, Copy)]
pub struct Guard<'a> {
    /// What is shown, and what the others are held against.
    pub certificate: &'a str,
    /// Its key.
    pub key: &'a str,
}

/// The servers. They end with the test.
#[derive(Debug)]
pub struct RedisServers {
    folder: TempDir,
    children: Vec<Child>,
    ports: Vec<u16>,
    is_guarded: bool,
}

impl RedisServers {
    /// So many ports, for servers none of which runs yet.
    pub fn with_ports<const COUNT: usize>(guard: Option<Guard<'_>>) -> io::Result<Self> {
        let ports = ports::free::<COUNT>()?.to_vec();
        let servers = Self { folder: tempfile::tempdir()?, children: Vec::new(), ports, is_guarded: guard.is_some() };
        if let Some(Guard { certificate, key }) = guard {
            fs::write(servers.certificate(), certificate)?;
            fs::write(servers.folder().join("own.key"), key)?;
        }
        Ok(servers)
    }

    /// Where the server of this place is to be reached, as its settings are written.
    pub fn listening(&self, place: usize) -> Vec<[String; 2]> {
        let (port, file) = (self.port(place).to_string(), self.certificate().display().to_string());
        let socket = self.socket(place).display().to_string();
        let settings = if self.is_guarded {
            vec![
                ["port", "0"],
                ["tls-port", &port],
                ["tls-cert-file", &file],
                ["tls-key-file", "own.key"],
                ["tls-ca-cert-file", &file],
                ["tls-auth-clients", "no"],
                ["tls-replication", "yes"],
                ["tls-cluster", "yes"],
                ["unixsocket", &socket],
            ]
        } else {
            vec![["port", &port], ["unixsocket", &socket]]
        };
        settings.into_iter().map(|setting| setting.map(str::to_owned)).collect()
    }

    /// Starts the next one, to listen; `false` when redis-server is not installed.
    pub fn run(&mut self, arguments: &[&str]) -> io::Result<bool> {
        let listening = self.listening(self.children.len());
        let all = listening.iter().flat_map(|[name, value]| [format!("--{name}"), value.clone()]);
        let all: Vec<_> = all.chain(arguments.iter().map(|&argument| argument.to_owned())).collect();
        self.run_as(&all)
    }

    /// Starts the next one with these arguments alone.
    pub fn run_as(&mut self, arguments: &[String]) -> io::Result<bool> {
        let mut command = Command::new("redis-server");
        command.args(arguments).current_dir(self.folder.path());
        match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
            Ok(child) => {
                let place = self.children.len();
                self.children.push(child);
                eventually("it answers", || self.said(place, "PING", 1).ok().filter(|said| said == "+PONG"))?;
                Ok(true)
            }
        }
    }

    /// Where they run.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file with the certificate of those that have one.
    pub fn certificate(&self) -> PathBuf {
        self.folder().join("own.pem")
    }

    /// How their addresses begin.
    pub const fn scheme(&self) -> &'static str {
        if self.is_guarded { "rediss" } else { "redis" }
    }

    /// Where the test itself talks to one of them.
    fn socket(&self, place: usize) -> PathBuf {
        self.folder().join(format!("{place}.sock"))
    }

    /// The port of one of them.
    pub fn port(&self, place: usize) -> u16 {
        self.ports[place]
    }

    /// Takes one of them away.
    pub fn die(&mut self, place: usize) -> io::Result<()> {
        self.children[place].kill()?;
        self.children[place].wait().map(drop)
    }

    /// The last of so many lines of the answer to a command.
    pub fn said(&self, place: usize, command: &str, lines: usize) -> io::Result<String> {
        let reader = self.ask(place, command)?;
        let line = reader.lines().nth(lines - 1).transpose()?;
        line.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
    }

    /// The whole answer to a command, which is one text.
    pub fn text(&self, place: usize, command: &str) -> io::Result<String> {
        let mut reader = self.ask(place, command)?;
        let mut head = String::new();
        reader.read_line(&mut head)?;
        let length: usize = head.trim_end().trim_start_matches('$').parse().map_err(io::Error::other)?;
        let mut text = vec![0; length];
        reader.read_exact(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn ask(&self, place: usize, command: &str) -> io::Result<BufReader<UnixStream>> {
        let mut stream = UnixStream::connect(self.socket(place))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("AUTH {PASSWORD}\r\n{command}\r\n").as_bytes())?;
        let mut reader = BufReader::new(stream);
        // Whoever wants no password says so, and answers all the same.
        reader.read_line(&mut String::new())?;
        Ok(reader)
    }
}

impl Drop for RedisServers {
    fn drop(&mut self) {
        for child in &mut self.children {
            // Both fail when it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
