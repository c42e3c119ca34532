//! A real provider of single sign-on, as its authors publish it, and a browser that signs in there.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::{
    http::{Reply, head_of},
    patience::PATIENCE,
};

/// What PAKE is called there, and what it proves there that it is itself with.
pub const CLIENT: (&str, &str) = ("pake", "a secret for tests: 100% & more");
/// Exit status of a script that cannot have what it needs.
const UNAVAILABLE: i32 = 69;
/// Most redirects and forms on the way.
const STEPS: usize = 20;

/// The provider; it ends with the test.
#[derive(Debug)]
pub struct Issuer {
    child: Child,
    /// Left open: it writes on.
    _output: BufReader<ChildStdout>,
    address: String,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        // It is gone already, or goes now.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Issuer {
    /// Starts one that sends people back to `redirect`; none when it cannot be installed here.
    pub fn start(redirect: &str) -> io::Result<Option<Self>> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/oidc-issuer");
        let mut child = Command::new(script)
            .arg(redirect)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        let (mut output, mut address) = (BufReader::new(output), String::new());
        output.read_line(&mut address)?;
        let mut issuer = Self { child, _output: output, address: address.trim().to_owned() };
        if issuer.address.is_empty() {
            let status = issuer.child.wait()?;
            return if status.code() == Some(UNAVAILABLE) {
                Ok(None)
            } else {
                Err(io::Error::other(status.to_string()))
            };
        }
        Ok(Some(issuer))
    }

    /// Who it is.
    pub fn name(&self) -> &str {
        &self.address
    }

    /// Signs in there as this person and agrees to everything, as a browser does that was sent to `address`. Gives the address
    /// to which it is sent back.
    pub fn sign_in(&self, address: &str, person: &str) -> io::Result<String> {
        let mut browser = Browser { host: self.address.replace("http://", ""), cookies: BTreeMap::new() };
        let mut reply = browser.get(&self.path(address)?)?;
        for _ in 0..STEPS {
            if let Some(location) = reply.header("location") {
                let location = location.to_owned();
                match self.path(&location) {
                    Ok(path) => reply = browser.get(&path)?,
                    Err(_) => return Ok(location),
                }
            } else {
                let page = reply.text();
                let between = |start: &str| Some(page.split_once(start)?.1.split_once('"')?.0.to_owned());
                let path = between("action=\"").and_then(|action| self.path(&action).ok());
                let prompt = between("name=\"prompt\" value=\"");
                let (Some(path), Some(prompt)) = (path, prompt) else {
                    return Err(io::Error::other(format!("a page without a form: {reply:?}")));
                };
                let form = format!("prompt={prompt}&login={person}&password=any");
                reply = browser.post(&path, &form)?;
            }
        }
        Err(io::Error::other("it goes round in circles"))
    }

    /// The path of an address of its own.
    fn path(&self, address: &str) -> io::Result<String> {
        let path = address.strip_prefix(&self.address).unwrap_or(address);
        if path.starts_with('/') {
            Ok(path.to_owned())
        } else {
            Err(io::Error::other(format!("{address} is elsewhere")))
        }
    }
}

/// Keeps cookies, whatever their path.
struct Browser {
    host: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn get(&mut self, path: &str) -> io::Result<Reply> {
        self.ask("GET", path, "")
    }

    fn post(&mut self, path: &str, form: &str) -> io::Result<Reply> {
        self.ask("POST", path, form)
    }

    fn ask(&mut self, method: &str, path: &str, form: &str) -> io::Result<Reply> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut stream = TcpStream::connect(&self.host)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (host, cookies) = (&self.host, cookies.join("; "));
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nContent-Type: \
             application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        stream.write_all(request.as_bytes())?;
        // Node.js is not always in a hurry to close a connection: as much is read as is announced.
        let mut stream = BufReader::new(stream);
        let head = head_of(&mut stream)?;
        let mut reply = Reply { status: 0, head, body: Vec::new() };
        let length = reply.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        reply.body.resize(length, 0);
        stream.read_exact(&mut reply.body)?;
        self.cookies.extend(reply.cookies());
        Ok(reply)
    }
}
