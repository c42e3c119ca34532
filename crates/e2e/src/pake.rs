//! The built binary, run as a person or a script would run it.
#![expect(clippy::disallowed_methods, reason = "a test may start processes and read where the binary is")]

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use tempfile::TempDir;

use crate::{
    house::repository_root,
    process::{Finished, Running, lines_of},
    serving::Serving,
    upstream::Upstream,
};

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
    let root = repository_root();
    let newest = newest(&root.join("crates")).max(modified(&root.join("Cargo.lock")));
    if modified(&binary) >= newest {
        return binary;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // With the target directory of the tests, which need not be the usual one.
    let target = folder.parent().unwrap_or(folder);
    let mut cargo = Command::new(cargo);
    // What Cargo tells a test of its package would have it build anew whatever looks at that (ring does).
    for (name, _) in std::env::vars_os() {
        if ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
            cargo.env_remove(name);
        }
    }
    // Together with the tests, so that every dependency has the features that it has there: else all are built a second time.
    let built = cargo
        .args(["build", "--quiet", "--locked", "--workspace", "--bins", "--tests"])
        .current_dir(repository_root())
        .env("CARGO_TARGET_DIR", target)
        .status();
    match built {
        Ok(status) if status.success() => {
            // What Cargo found to be as it should it leaves as it was, its time too. The next test need not ask again; that
            // the file cannot be opened, since it is running, costs no more than that.
            if modified(&binary) < newest {
                let _ = std::fs::File::options().append(true).open(&binary).and_then(|file| file.set_modified(newest));
            }
            binary
        }
        other => panic!("the binary cannot be built: {other:?}"),
    }
}

fn modified(path: &Path) -> SystemTime {
    path.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// When what the binary is made of was changed last: code, migrations, pages and recordings.
fn newest(crates: &Path) -> SystemTime {
    let entries = std::fs::read_dir(crates).into_iter().flatten().flatten();
    let times = entries.map(|entry| {
        let path = entry.path();
        let is_of_tests = path.ends_with("e2e") || path.ends_with("tests") || path.ends_with("snapshots");
        match path.is_dir() {
            _ if is_of_tests || path.ends_with("tests.rs") => SystemTime::UNIX_EPOCH,
            true => newest(&path),
            false => modified(&path),
        }
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A place to run the binary: an empty folder to work in, an environment of its own.
#[derive(Debug)]
pub struct Pake {
    folder: Arc<TempDir>,
    variables: Vec<(String, String)>,
}

impl Pake {
    /// In an empty folder, without any setting.
    pub fn new() -> io::Result<Self> {
        Ok(Self { folder: Arc::new(tempfile::tempdir()?), variables: Vec::new() })
    }

    /// With every source led to the stand-in.
    pub fn asking(upstream: &Upstream) -> io::Result<Self> {
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
    pub fn run(&self, arguments: &[&str]) -> io::Result<Finished> {
        self.start(arguments)?.finish()
    }

    /// Starts it.
    pub fn start(&self, arguments: &[&str]) -> io::Result<Running> {
        Running::start(self.command(arguments), self.folder())
    }

    /// Starts it on a terminal of its own, as util-linux' `script` makes one; what it writes to either stream comes back as
    /// standard output.
    pub fn start_on_a_terminal(&self, arguments: &[&str]) -> io::Result<Running> {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let program = binary().display().to_string();
        let line = [program.as_str()].iter().chain(arguments).map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let mut command = self.prepared(Command::new("script"));
        // Echo is off, and the exit status is the command's.
        command.args(["--quiet", "--return", "--echo", "never", "--command", &line]);
        command.arg("/dev/null").env("TERM", "xterm-256color");
        Running::start(command, self.folder())
    }

    /// Starts `pake serve` on a free port and waits until it says where it is.
    pub fn serve(&self) -> io::Result<Serving> {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let lines = lines_of(&mut child);
        Serving::wait_for(child, lines, Arc::clone(&self.folder))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepared(Command::new(binary()));
        command.args(arguments);
        command
    }

    fn prepared(&self, mut command: Command) -> Command {
        command.current_dir(self.folder.path());
        // Nothing of the developer's own settings, and nothing of the terminal.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_ascii_uppercase();
            if text.starts_with("PAKE_") || text.ends_with("_PROXY") || text == "NO_COLOR" {
                command.env_remove(name);
            }
        }
        command.env("TERM", "dumb").envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}
