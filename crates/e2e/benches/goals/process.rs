//! The processes under test: started, watched through /proc, and ended again.
#![expect(clippy::disallowed_methods, reason = "a benchmark starts processes")]

use std::{
    fs::{self, File},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

/// Clock ticks a second in /proc/PID/stat: 100 on every Linux.
const TICKS: f64 = 100.0;
/// Longest wait for a process to take connections, or to end by itself.
const PATIENCE: Duration = Duration::from_mins(1);

/// A process of ours; it ends with this value.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Host and port at which it listens.
    pub address: String,
}

impl Process {
    /// Starts a program that will listen at `address`, with its output in the file `log`, and waits until it does.
    pub fn start(
        program: &Path,
        arguments: &[&str],
        variables: &[(String, String)],
        address: &str,
        log: &Path,
    ) -> Result<Self> {
        let process = Self::spawn(program, arguments, variables, address, log)?;
        process.listens(log)
    }

    /// Starts it without waiting.
    pub fn spawn(
        program: &Path,
        arguments: &[&str],
        variables: &[(String, String)],
        address: &str,
        log: &Path,
    ) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let mut command = prepared(program, arguments, variables);
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, address: address.to_owned() })
    }

    fn listens(mut self, log: &Path) -> Result<Self> {
        let began = Instant::now();
        while std::net::TcpStream::connect(&self.address).is_err() {
            if self.child.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                bail!("it does not listen at {}:\n{}", self.address, fs::read_to_string(log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(self)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as an operator would, and waits for it.
    pub fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_none() {
            Command::new("kill").args(["-TERM", &self.pid().to_string()]).status()?;
        }
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > PATIENCE {
                bail!("process {} does not end", self.pid());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

/// As an operator would, too: only who ends in order writes down how often it took which branch (scripts/tune).
impl Drop for Process {
    fn drop(&mut self) {
        if self.end().is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Runs a program to its end; gives what it prints.
pub fn run(program: &Path, arguments: &[&str], variables: &[(String, String)]) -> Result<String> {
    let output = prepared(program, arguments, variables).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Has a script of ../shared build what it starts: the first time that takes longer than anything is waited for to listen.
pub fn build(script: &Path, arguments: &[&str]) -> Result<()> {
    let arguments = [arguments, &["--help"]].concat();
    let output = prepared(script, &arguments, &[]).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {}", script.display()))?;
    ensure!(output.status.success(), "{}: {}", script.display(), String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A program with these settings and none of ours.
fn prepared(program: &Path, arguments: &[&str], variables: &[(String, String)]) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PAKE_")) {
        command.env_remove(name);
    }
    command.args(arguments).envs(variables.iter().map(|(name, value)| (name, value)));
    command
}

/// An address of this machine at which nobody listens.
pub fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// Seconds of CPU that a process has used, in user space and kernel.
pub fn cpu(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name of the program stands in parentheses and may hold spaces; the 12th and 13th field after it are meant.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11)).into_iter().flatten();
    fields.take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// MiB of memory that a process takes, with its share of what it shares with others (PSS).
pub fn memory(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

/// Seconds of CPU that the whole machine has been busy.
pub fn busy() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    let idle = fields.get(3).unwrap_or(&0.0) + fields.get(4).unwrap_or(&0.0);
    (fields.iter().take(8).sum::<f64>() - idle) / TICKS
}

/// What this machine is, for the report.
pub fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).map(str::to_owned);
        line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned())).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse::<u64>().unwrap_or_default() >> 20;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores of {}, {memory} GiB, Linux {}", field("/proc/cpuinfo", "model name"), kernel.trim())
}
