//! Another machine, over the system's own `ssh`: the same PAKE is brought there and does there what it would do here.
//!
//! What is begun there does not hang on the connection: it runs on by itself and writes down what it says, and whoever comes
//! again is told from where they were. There is no agent of ours: what is needed there is a shell. All of it waits for `ssh`, so
//! it is called where waiting keeps nobody else.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};

mod script;

use self::script::{FOLLOW, KEEP, LOCK, RECEIVE, quoted};
use crate::{deploy_id::DeployId, journal::sha256};

/// Where PAKE keeps itself there, when nobody says otherwise.
const FOLDER: &str = ".pake";

/// `ssh` ends so when it has no connection, and not what it was to do.
const NO_CONNECTION: i32 = 255;

/// How often is tried to come back to a machine, and how long is waited before each time.
const BACK_AFTER: [Duration; 6] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(1),
];

/// Another machine.
#[derive(Debug, Clone)]
pub struct Remote {
    /// As `ssh` calls it.
    pub host: String,
    /// Configuration for `ssh` beside the usual one.
    pub ssh_config: Option<PathBuf>,
    /// Folder there; `.pake` at home without.
    pub folder: Option<String>,
}

/// What it came to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// It ended with this status.
    Ended(i32),
    /// The machine cannot be reached any more; what was begun goes on there.
    Lost,
}

/// Keeps others from deploying to the same machines, as long as it lives.
#[derive(Debug)]
pub struct SharedLock {
    child: Child,
}

impl Remote {
    /// Brings this program there, where it is not yet. Gives where it is: by what is in it, so that two versions do not meet.
    pub fn bring(&self, program: &Path) -> anyhow::Result<String> {
        let bytes = std::fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
        let hash = sha256(&bytes);
        let arguments = [self.folder(), &hash, std::env::consts::ARCH];
        // Said in the same breath whether it is wanted, so that a program of many megabytes is not sent in vain.
        let path = self.run(KEEP, &arguments, None)?;
        if let Some(path) = path.trim().strip_prefix("there ") {
            return Ok(path.to_owned());
        }
        let path = self.run(RECEIVE, &arguments, Some(program))?;
        let path = path.trim().strip_prefix("there ").context("the program was sent and is not there")?;
        Ok(path.to_owned())
    }

    /// Has the program there do this, and passes on each line that it says. A connection that is lost is made anew: what was
    /// begun under this name is begun once.
    pub fn follow(
        &self,
        program: &str,
        name: DeployId,
        words: &[String],
        tell: &dyn Fn(&str),
    ) -> anyhow::Result<Errand> {
        let name = name.to_string();
        let mut heard = Heard::default();
        let mut waits = BACK_AFTER.into_iter();
        loop {
            let from = heard.bytes.to_string();
            let mut arguments = vec![self.folder(), &name, &from, program];
            arguments.extend(words.iter().map(String::as_str));
            let before = heard.bytes;
            let status = self.listen(&arguments, &mut heard, tell)?;
            if status != Some(NO_CONNECTION) {
                heard.end(tell);
                return Ok(Errand::Ended(status.unwrap_or(1)));
            }
            if heard.bytes > before {
                waits = BACK_AFTER.into_iter();
            }
            let Some(wait) = waits.next() else { return Ok(Errand::Lost) };
            std::thread::sleep(wait);
        }
    }

    fn listen(&self, arguments: &[&str], heard: &mut Heard, tell: &dyn Fn(&str)) -> anyhow::Result<Option<i32>> {
        let mut child = self.ssh(FOLLOW, arguments, Stdio::null()).stderr(Stdio::inherit()).spawn().context(NO_SSH)?;
        let mut said = child.stdout.take().context("ssh has no output")?;
        let mut piece = vec![0; 8 << 10];
        loop {
            let length = said.read(&mut piece).context("cannot hear what ssh says")?;
            if length == 0 {
                break;
            }
            heard.more(&piece[..length], tell);
        }
        Ok(child.wait()?.code())
    }

    /// Keeps everybody else from a round that begins at this machine.
    pub fn lock(&self, holder: &str) -> anyhow::Result<SharedLock> {
        let mut command = self.ssh(LOCK, &[self.folder(), holder], Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().context(NO_SSH)?;
        let said = child.stdout.take().context("ssh has no output")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        if let Some(other) = line.strip_prefix("held ") {
            bail!("somebody else deploys to these machines: {}", other.trim());
        }
        if line.trim() != "yours" {
            let mut why = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                stderr.read_to_string(&mut why)?;
            }
            bail!("{} cannot be reached: {}", self.host, why.trim());
        }
        Ok(SharedLock { child })
    }

    /// Runs a script there, with the content of a file as its input. Gives what it said.
    fn run(&self, script: &str, arguments: &[&str], input: Option<&Path>) -> anyhow::Result<String> {
        let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut child = self.ssh(script, arguments, stdin).stderr(Stdio::piped()).spawn().context(NO_SSH)?;
        if let (Some(path), Some(mut stdin)) = (input, child.stdin.take()) {
            let mut file = File::open(path)?;
            // A script that ends early says why below.
            let _ = std::io::copy(&mut file, &mut stdin);
        }
        let output = child.wait_with_output()?;
        let why = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {}", self.host, why.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn folder(&self) -> &str {
        self.folder.as_deref().unwrap_or(FOLDER)
    }

    #[expect(clippy::disallowed_methods, reason = "the connection is that of the system's own ssh")]
    fn ssh(&self, script: &str, arguments: &[&str], stdin: Stdio) -> Command {
        let mut command = Command::new("ssh");
        // Nobody is there to type a password, and a connection that is dead is noticed within seconds.
        for option in ["BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3"] {
            command.args(["-o", option]);
        }
        if let Some(config) = &self.ssh_config {
            command.arg("-F").arg(config);
        }
        let words = arguments.iter().map(|argument| quoted(argument)).collect::<Vec<_>>().join(" ");
        command.arg("--").arg(&self.host).arg(format!("sh -c {} pake {words}", quoted(script)));
        command.stdin(stdin).stdout(Stdio::piped());
        command
    }
}

impl Drop for SharedLock {
    fn drop(&mut self) {
        // Its input closes, and so the lock is let go.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl SharedLock {
    /// Whether it is still held: the connection may have been lost.
    pub fn is_held(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

/// What is said where there is no ssh.
const NO_SSH: &str = "cannot start `ssh`: install the OpenSSH client";

/// What was heard so far.
#[derive(Debug, Default)]
struct Heard {
    bytes: u64,
    /// The beginning of a line whose end was not heard yet.
    rest: Vec<u8>,
}

impl Heard {
    fn more(&mut self, piece: &[u8], tell: &dyn Fn(&str)) {
        self.bytes += piece.len() as u64;
        self.rest.extend_from_slice(piece);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            tell(String::from_utf8_lossy(&line[..end]).as_ref());
        }
    }

    fn end(&mut self, tell: &dyn Fn(&str)) {
        if !self.rest.is_empty() {
            tell(String::from_utf8_lossy(&std::mem::take(&mut self.rest)).as_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn lines_come_whole_however_they_are_cut() {
        let lines = RefCell::new(Vec::new());
        let tell = |line: &str| lines.borrow_mut().push(line.to_owned());
        let mut heard = Heard::default();
        let text = "{\"event\":\"begun\"}\n\nzwölf\nthe rest";
        for byte in text.as_bytes().chunks(1) {
            heard.more(byte, &tell);
        }
        heard.end(&tell);
        assert_eq!(*lines.borrow(), ["{\"event\":\"begun\"}", "", "zwölf", "the rest"]);
        assert_eq!(heard.bytes, text.len() as u64, "from where it goes on after a lost connection");
    }
}
