//! The built binary, run as a person or a script would run it.
#![expect(clippy::disallowed_methods, reason = "a test may start processes and read where the binary is")]

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        OnceLock,
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;

use crate::{
    house::repository_root,
    http::{Reply, send},
    upstream::Upstream,
};

/// Longest wait for a process to say something, or to end: a test that gets nothing fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// The binary: `PAKE_TEST_BINARY` where it is set; else the one beside the tests, built anew when it is older than the code.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("PAKE_TEST_BINARY") {
        Some(path) => path.into(),
        None => beside_the_tests(),
    })
}

#[expect(clippy::panic, reason = "without the binary no test of it means anything")]
fn beside_the_tests() -> PathBuf {
    // target/<profile>/deps/<test>
    let test = std::env::current_exe().unwrap_or_default();
    let folder = test.ancestors().nth(2).unwrap_or(Path::new("target/debug"));
    let binary = folder.join("pake");
    if modified(&binary) >= newest(&repository_root().join("crates")) {
        return binary;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // With the target directory of the tests, which need not be the usual one.
    let target = folder.parent().unwrap_or(folder);
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--locked", "--package", "pake"])
        .current_dir(repository_root())
        .env("CARGO_TARGET_DIR", target)
        .status();
    match built {
        Ok(status) if status.success() => binary,
        other => panic!("the binary cannot be built: {other:?}"),
    }
}

fn modified(path: &Path) -> SystemTime {
    path.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// When the code of the binary was changed last.
fn newest(crates: &Path) -> SystemTime {
    let entries = std::fs::read_dir(crates).into_iter().flatten().flatten();
    let times = entries.map(|entry| {
        let path = entry.path();
        let is_code = path.extension().is_some_and(|ending| ending == "rs" || ending == "sql");
        match path.is_dir() {
            true if !path.ends_with("e2e") && !path.ends_with("tests") => newest(&path),
            false if is_code && !path.ends_with("tests.rs") => modified(&path),
            _ => SystemTime::UNIX_EPOCH,
        }
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A run of the binary: an empty folder to work in, an environment of its own.
#[derive(Debug)]
pub struct Pake {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: i32,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Pake {
    /// In an empty folder, without any setting.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, variables: Vec::new() })
    }

    /// With every source led to the stand-in.
    pub fn asking(upstream: &Upstream) -> std::io::Result<Self> {
        let mut pake = Self::new()?;
        pake.variables = upstream.variables();
        Ok(pake)
    }

    /// With this environment variable too.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The folder in which it runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> std::io::Result<Finished> {
        let output = self.command(arguments).stdin(Stdio::null()).output()?;
        let text = |bytes: Vec<u8>| {
            String::from_utf8_lossy(&bytes).replace(&self.folder.path().display().to_string(), "[folder]")
        };
        let status = output.status.code().unwrap_or(-1);
        Ok(Finished { status, stdout: text(output.stdout), stderr: text(output.stderr) })
    }

    /// Starts `pake serve` on a free port and waits until it says where it is.
    pub fn serve(&self) -> std::io::Result<Serving> {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let lines = lines_of(&mut child);
        let mut serving = Serving { child, lines, log: Vec::new(), address: String::new() };
        serving.address = serving.await_line(|line| Some(line.split_once("http://localhost:")?.1.trim().to_owned()))?;
        serving.address.insert_str(0, "127.0.0.1:");
        Ok(serving)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.folder.path());
        // Nothing of the developer's own settings, and nothing of the terminal.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PAKE_") || name == "NO_COLOR" {
                command.env_remove(name);
            }
        }
        command.env("TERM", "dumb").envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A server that runs. When it is dropped it is ended, and an error in its log fails the test.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    lines: Receiver<String>,
    log: Vec<String>,
    address: String,
}

impl Serving {
    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its address as `--server` takes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends a request.
    pub fn request(&self, method: &str, path: &str, body: &[u8]) -> std::io::Result<Reply> {
        send(&self.address, method, path, &[("Content-Type", "application/json")], body)
    }

    /// Sends a signal, for example `TERM`.
    pub fn signal(&self, name: &str) -> std::io::Result<ExitStatus> {
        Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status()
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> std::io::Result<ExitStatus> {
        // Standard error is closed when it ends.
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.log.push(line);
        }
        self.child.wait()
    }

    /// What it has said so far, once it has ended.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    fn await_line(&mut self, wanted: impl Fn(&str) -> Option<String>) -> std::io::Result<String> {
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            let found = wanted(&line);
            self.log.push(line);
            if let Some(found) = found {
                return Ok(found);
            }
        }
        Err(std::io::Error::other(format!("it did not say what was waited for, but: {:#?}", self.log)))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.log.extend(self.lines.try_iter());
        let errors: Vec<_> = self.log.iter().filter(|line| line.contains("ERROR")).collect();
        assert!(thread::panicking() || errors.is_empty(), "the server logged errors: {errors:#?}");
    }
}

fn lines_of(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stderr) = child.stderr.take() {
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}
