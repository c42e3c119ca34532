//! Asking with curl, which speaks TLS and HTTP/2, under the name that people use.
#![expect(clippy::disallowed_methods, reason = "a test may start processes")]

use std::{
    io,
    process::{Command, Output},
};

/// The name under which people reach PAKE there.
pub const NAME: &str = "pake.test";

/// curl, for a server at two ports of loopback.
#[derive(Debug, Clone, Copy)]
pub struct Curl {
    /// Where TLS is spoken.
    pub https: u16,
    /// Where it is not.
    pub http: u16,
}

/// An answer as curl writes it.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Name, in lower case, and value of each header.
    pub headers: Vec<(String, String)>,
    /// What it says.
    pub body: String,
}

impl Answer {
    /// Every value of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The first value of a header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }

    /// The last answer in what curl wrote with `--include`.
    fn of(output: &Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some(at) = text.match_indices("HTTP/").filter(|(at, _)| *at == 0 || text[..*at].ends_with('\n')).last()
        else {
            return Self::default();
        };
        let (head, body) = text[at.0..].split_once("\r\n\r\n").unwrap_or((&text[at.0..], ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or_default();
        let headers =
            lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.into()));
        Self { status, headers: headers.collect(), body: body.to_owned() }
    }
}

impl Curl {
    /// The address of a path.
    pub fn url(self, path: &str) -> String {
        format!("https://{NAME}:{}{path}", self.https)
    }

    /// The same without TLS.
    pub fn plain_url(self, path: &str) -> String {
        format!("http://{NAME}:{}{path}", self.http)
    }

    /// Reads.
    pub fn get(self, path: &str) -> io::Result<Answer> {
        self.ask(&[&self.url(path)])
    }

    /// The last answer to what curl is told to ask.
    pub fn ask(self, arguments: &[&str]) -> io::Result<Answer> {
        Ok(Answer::of(&self.told(&["--include"], arguments)?))
    }

    /// The status of each answer, all asked at once.
    pub fn statuses(self, arguments: &[&str]) -> io::Result<Vec<u16>> {
        let options = ["--parallel", "--parallel-immediate", "--output", "/dev/null", "--write-out", "%{http_code}\n"];
        let told = self.told(&options, arguments)?;
        Ok(String::from_utf8_lossy(&told.stdout).lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// What curl says of what it has seen: `%{http_version}`.
    pub fn seen(self, what: &str, arguments: &[&str]) -> io::Result<String> {
        let told = self.told(&["--output", "/dev/null", "--write-out", what], arguments)?;
        Ok(String::from_utf8_lossy(&told.stdout).into_owned())
    }

    fn told(self, options: &[&str], arguments: &[&str]) -> io::Result<Output> {
        let place = |port: u16| format!("{NAME}:{port}:127.0.0.1");
        Command::new("curl")
            .args(["--silent", "--insecure", "--noproxy", "*", "--max-time", "60"])
            .args(["--resolve", &place(self.https), "--resolve", &place(self.http)])
            .args(options)
            .args(arguments)
            .output()
    }
}
