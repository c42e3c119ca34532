//! Another machine over the system's own `ssh`, with a real sshd on loopback.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    cell::RefCell,
    fs,
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use chrono::DateTime;
use ops::{
    deploy_id::DeployId,
    remote::{Errand, Remote},
};

const SSHD: &str = "/usr/sbin/sshd";

/// A machine elsewhere: an sshd, and a way to it that can be cut.
struct Elsewhere {
    folder: tempfile::TempDir,
    sshd: Child,
    way: Way,
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
    }
}

/// Passes on what comes to it, until it is cut.
#[derive(Clone, Default)]
struct Way {
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Way {
    /// Leads to a port; gives its own.
    fn to(&self, port: u16) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let open = Arc::clone(&self.open);
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
                open.lock().unwrap().extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                for (mut from, mut to) in
                    [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far.try_clone().unwrap(), near)]
                {
                    thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Write);
                    });
                }
            }
        });
        own
    }

    /// Everything that is under way is gone.
    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Elsewhere {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        for key in ["host", "person"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &path(key)]).status();
            assert!(made.unwrap().success());
        }
        fs::copy(path("person.pub"), path("known")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\nStrictModes no\n\
             PasswordAuthentication no\n",
            path("host"),
            path("known"),
        );
        fs::write(path("sshd_config"), settings).unwrap();
        // Where sshd keeps what it does not trust itself with.
        let _ = fs::create_dir_all("/run/sshd");
        let sshd = Command::new(SSHD).args(["-D", "-e", "-f", &path("sshd_config")]).stderr(Stdio::null()).spawn();
        let sshd = sshd.expect("sshd: apt-get install openssh-server");
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "sshd does not come up");
            thread::yield_now();
        }
        let way = Way::default();
        let host = fs::read_to_string(path("host.pub")).unwrap();
        let front = way.to(port);
        fs::write(path("hosts"), format!("[127.0.0.1]:{front} {host}")).unwrap();
        let client = format!(
            "Host web1\n  HostName 127.0.0.1\n  Port {front}\n  IdentityFile {}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n  \
             StrictHostKeyChecking yes\n",
            path("person"),
            path("hosts"),
        );
        fs::write(path("ssh_config"), client).unwrap();
        Self { folder, sshd, way }
    }

    fn remote(&self) -> Remote {
        Remote {
            host: "web1".to_owned(),
            ssh_config: Some(self.folder.path().join("ssh_config")),
            folder: Some(self.there().display().to_string()),
        }
    }

    fn there(&self) -> PathBuf {
        self.folder.path().join("it's there")
    }

    /// A program that does as this script says.
    fn program(&self, script: &str) -> PathBuf {
        let path = self.folder.path().join("program");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        path
    }
}

fn name() -> DeployId {
    DeployId::after(None, DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
#[ignore = "needs OpenSSH's sshd: make e2e-remote"]
fn a_program_is_brought_once_and_does_there_what_it_is_told() {
    let elsewhere = Elsewhere::new();
    let remote = elsewhere.remote();
    let program = elsewhere.program("printf '%s|' \"$@\"; echo; echo talk >&2; exit 7");
    let there = remote.bring(&program).unwrap();
    let mode = fs::metadata(&there).unwrap().permissions().mode();
    assert_eq!((fs::read(&there).unwrap(), mode & 0o777), (fs::read(&program).unwrap(), 0o700));
    let before = fs::metadata(&there).unwrap().modified().unwrap();
    assert_eq!(remote.bring(&program).unwrap(), there);
    assert_eq!(fs::metadata(&there).unwrap().modified().unwrap(), before, "it is not sent again");
    let lines = RefCell::new(Vec::new());
    let tell = |line: &str| lines.borrow_mut().push(line.to_owned());
    let odd = words(&["deploy", "--image", "a b", "it's", "$(touch x)", "`id`", "\"", "-n"]);
    assert_eq!(remote.follow(&there, name(), &odd, &tell).unwrap(), Errand::Ended(7));
    assert_eq!(*lines.borrow(), ["deploy|--image|a b|it's|$(touch x)|`id`|\"|-n|"]);
}

#[test]
#[ignore = "needs OpenSSH's sshd: make e2e-remote"]
fn what_was_begun_goes_on_when_the_connection_is_lost_and_is_told_to_its_end() {
    let elsewhere = Elsewhere::new();
    let remote = elsewhere.remote();
    let marks = elsewhere.folder.path().join("marks");
    fs::create_dir(&marks).unwrap();
    // It waits until it is let go on, so that the connection is cut in its midst each time.
    let script = format!(
        "mkdir '{0}'/began-$$; for n in 1 2 3; do echo line $n; until [ -e '{0}'/go-$n ]; do sleep 0.05; done; done; \
         echo over",
        marks.display()
    );
    let there = remote.bring(&elsewhere.program(&script)).unwrap();
    let lines = RefCell::new(Vec::new());
    let way = elsewhere.way.clone();
    let tell = |line: &str| {
        lines.borrow_mut().push(line.to_owned());
        if let Some(number) = line.strip_prefix("line ") {
            way.cut();
            fs::write(marks.join(format!("go-{number}")), "").unwrap();
        }
    };
    assert_eq!(remote.follow(&there, name(), &[], &tell).unwrap(), Errand::Ended(0));
    assert_eq!(*lines.borrow(), ["line 1", "line 2", "line 3", "over"], "each once, none left out");
    assert_eq!(count(&marks), 4, "it was begun once");
}

#[test]
#[ignore = "needs OpenSSH's sshd: make e2e-remote"]
fn two_people_do_not_deploy_to_the_same_machines_at_once() {
    let elsewhere = Elsewhere::new();
    let remote = elsewhere.remote();
    let mut lock = remote.lock("ada on laptop").unwrap();
    assert!(lock.is_held());
    let error = remote.lock("grace").unwrap_err().to_string();
    assert_eq!(error, "somebody else deploys to these machines: ada on laptop");
    drop(lock);
    let mut lock = remote.lock("grace").unwrap();
    elsewhere.way.cut();
    let until = Instant::now() + Duration::from_secs(30);
    while lock.is_held() {
        assert!(Instant::now() < until, "a lost connection is noticed");
        thread::yield_now();
    }
    drop(lock);
    remote.lock("ada").unwrap();
}

#[test]
#[ignore = "needs OpenSSH's sshd: make e2e-remote"]
fn a_machine_that_does_not_let_us_in_says_so() {
    let elsewhere = Elsewhere::new();
    fs::write(elsewhere.folder.path().join("known"), "").unwrap();
    let error = elsewhere.remote().bring(&elsewhere.program("true")).unwrap_err().to_string();
    assert!(error.starts_with("web1: ") && error.contains("Permission denied"), "{error}");
}
