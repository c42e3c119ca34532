//! Two Redis servers and a sentinel that says which of them is written to, of a test's own.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::patience::{PATIENCE, eventually};

/// What the sentinel calls them.
const SERVICE: &str = "pake";

/// Two servers, one of which copies the other, and a sentinel. They end with the test.
#[derive(Debug)]
pub struct Sentinel {
    folder: TempDir,
    /// The first server, the second and the sentinel.
    children: Vec<Child>,
    ports: [u16; 3],
}

impl Sentinel {
    /// Starts them; none when redis-server is not installed.
    pub fn start() -> io::Result<Option<Self>> {
        let mut ports = [0; 3];
        let held = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0"));
        for (port, listener) in ports.iter_mut().zip(held) {
            *port = listener?.local_addr()?.port();
        }
        let [first, second, own] = ports.map(|port| port.to_string());
        let mut sentinel = Self { folder: tempfile::tempdir()?, children: Vec::new(), ports };
        if !sentinel.run(&["--port", &first, "--save", "", "--appendonly", "no"])? {
            return Ok(None);
        }
        let copy = ["--port", &second, "--save", "", "--appendonly", "no", "--replicaof", "127.0.0.1", &first];
        sentinel.run(&copy)?;
        let settings = format!(
            "port {own}\nsentinel monitor {SERVICE} 127.0.0.1 {first} 1\n\
             sentinel down-after-milliseconds {SERVICE} 300\nsentinel failover-timeout {SERVICE} 2000\n"
        );
        fs::write(sentinel.folder.path().join("sentinel.conf"), settings)?;
        sentinel.run(&["sentinel.conf", "--sentinel"])?;
        let copies = format!("SENTINEL REPLICAS {SERVICE}");
        eventually("the sentinel knows both", || sentinel.said(2, &copies, 1).ok().filter(|said| said == "*1"))?;
        eventually("the second has what the first has", || {
            let info = sentinel.lines(1, "INFO replication").ok()?;
            info.contains("master_link_status:up").then_some(())
        })?;
        Ok(Some(sentinel))
    }

    /// Starts one more in their folder; `false` when there is no such program.
    fn run(&mut self, arguments: &[&str]) -> io::Result<bool> {
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

    /// Their address.
    pub fn url(&self) -> String {
        format!("redis+sentinel://127.0.0.1:{}/{SERVICE}/0", self.ports[2])
    }

    /// Takes the one away that is written to, and waits until the sentinel names the other.
    pub fn first_dies(&mut self) -> io::Result<()> {
        self.children[0].kill()?;
        self.children[0].wait()?;
        let (ask, wanted) = (format!("SENTINEL GET-MASTER-ADDR-BY-NAME {SERVICE}"), self.ports[1].to_string());
        eventually("the other one is named", || self.said(2, &ask, 5).ok().filter(|port| *port == wanted)).map(drop)
    }

    /// The last of so many lines of the answer to a command.
    fn said(&self, place: usize, command: &str, lines: usize) -> io::Result<String> {
        let reader = self.ask(place, command)?;
        let line = reader.lines().nth(lines - 1).transpose()?;
        line.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
    }

    /// The whole answer to a command, which is one text.
    fn lines(&self, place: usize, command: &str) -> io::Result<String> {
        let mut reader = self.ask(place, command)?;
        let mut head = String::new();
        reader.read_line(&mut head)?;
        let length: usize = head.trim_end().trim_start_matches('$').parse().map_err(io::Error::other)?;
        let mut text = vec![0; length];
        io::Read::read_exact(&mut reader, &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn ask(&self, place: usize, command: &str) -> io::Result<BufReader<TcpStream>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.ports[place]))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        Ok(BufReader::new(stream))
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        for child in &mut self.children {
            // Both fail when it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
