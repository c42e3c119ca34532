//! Processes that tests start: what they write is read as it comes, and none outlives its test.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

use crate::patience::PATIENCE;

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its exit status; -1 when a signal ended it.
    pub status: i32,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// The whole run, for a snapshot.
impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, stdout, stderr } = self;
        write!(f, "exit status: {status}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

/// A run under way. When it is dropped before its end it is killed.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Option<ChildStdout>,
    stderr: Option<Receiver<String>>,
    folder: String,
}

impl Running {
    /// Starts a command in a folder of which the name is told in no output.
    pub(crate) fn start(mut command: Command, folder: &Path) -> io::Result<Self> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        Ok(Self { child, stdout, stderr: stderr.map(whole), folder: folder.display().to_string() })
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) -> io::Result<()> {
        signal(&self.child, "INT")
    }

    /// Stops reading what it writes, as `head -n 1` does.
    pub fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// Waits until it ends by itself.
    pub fn finish(mut self) -> io::Result<Finished> {
        let stdout = self.stdout.take().map(whole);
        let read = |stream: Option<Receiver<String>>| match stream.map(|stream| stream.recv_timeout(PATIENCE)) {
            Some(Err(_)) => Err(io::Error::new(io::ErrorKind::TimedOut, "it does not end")),
            Some(Ok(text)) => Ok(text.replace(&self.folder, "[folder]")),
            None => Ok(String::new()),
        };
        let (stdout, stderr) = (read(stdout)?, read(self.stderr.take())?);
        // Both streams are closed: it has ended, or is about to.
        Ok(Finished { status: self.child.wait()?.code().unwrap_or(-1), stdout, stderr })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that the kernel ends when the thread that started it is gone, however that came: a test that is killed leaves nothing
/// behind. None where it is not installed.
pub(crate) fn mortal(program: &str) -> Option<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    if !is_there(program) {
        return None;
    }
    if !is_there("setpriv") {
        return Some(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    Some(command)
}

/// A process and all that it starts, which end when this is dropped.
#[derive(Debug)]
pub(crate) struct Family(Child);

impl Family {
    /// Starts a command at the head of one.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).process_group(0).spawn().map(Self)
    }

    /// Waits for the end of the first; what it left running goes on.
    pub(crate) fn first_ended(&mut self) -> io::Result<ExitStatus> {
        self.0.wait()
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        // Fails when all have ended already.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

/// Sends a signal, for example `TERM`.
pub(crate) fn signal(child: &Child, name: &str) -> io::Result<()> {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("kill -{name} failed: {status}"))) }
}

/// Everything that comes from a stream, once it is closed.
fn whole(mut stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before an error is worth as much.
        let _ = stream.read_to_end(&mut bytes);
        // Nobody may be waiting any more.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// Each line of standard error, as it comes.
pub(crate) fn lines_of(child: &mut Child) -> Receiver<String> {
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

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn a_program_ends_with_whoever_started_it() {
        assert!(mortal("no-such-program-as-this").is_none());
        let started = || {
            let mut command = mortal("sh").unwrap();
            command.args(["-c", "echo there; exec sleep 1000"]).stdout(Stdio::piped());
            let mut child = command.spawn().unwrap();
            // From here on it is what it will be.
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            child
        };
        // Nobody drops it or waits for it in there, as when a test is killed.
        let mut child = thread::spawn(started).join().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }
}
