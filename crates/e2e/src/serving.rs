//! A server that runs: the built binary as `pake serve`.

use std::{
    io,
    process::{Child, ExitStatus},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    events::Events,
    http::{Reply, send},
    patience::PATIENCE,
    socket::Socket,
};

/// What most tests ask for. No log may tell what people ask for.
const ASKED: &str = "lamps";

/// A server that runs. When it is dropped it is ended, and an error or a question in its log fails the test.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    /// Locked by nobody: it makes the server usable from many threads at once.
    lines: Mutex<Receiver<String>>,
    log: Vec<String>,
    address: String,
    /// What may stand in an error of its log.
    expected: Vec<&'static str>,
    /// It goes away when nobody needs it any more.
    _folder: Arc<TempDir>,
}

impl Serving {
    /// Waits until the server says where it is; what it writes to standard error comes by `lines`, and `folder` is where it
    /// runs.
    pub(crate) fn wait_for(child: Child, lines: Receiver<String>, folder: Arc<TempDir>) -> io::Result<Self> {
        let mut serving = Self {
            child,
            lines: Mutex::new(lines),
            log: Vec::new(),
            address: String::new(),
            expected: Vec::new(),
            _folder: folder,
        };
        let address = serving.await_line(|line| Some(line.split_once("://localhost:")?.1.trim().to_owned()))?;
        serving.address = format!("127.0.0.1:{address}");
        Ok(serving)
    }

    /// An error with these words is no surprise.
    #[must_use]
    pub fn expecting(mut self, words: &'static str) -> Self {
        self.expected.push(words);
        self
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its address as `--server` takes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends a request.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Reply> {
        send(&self.address, method, path, headers, body)
    }

    /// Reads.
    pub fn get(&self, path: &str) -> io::Result<Reply> {
        self.request("GET", path, &[], b"")
    }

    /// Sends JSON.
    pub fn post(&self, path: &str, body: &Value) -> io::Result<Reply> {
        self.request("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// Asks a question and waits for its answer.
    pub fn ask(&self, question: &Value) -> io::Result<Reply> {
        let headers = [("Content-Type", "application/json"), ("Prefer", "wait=60")];
        self.request("POST", "/api/v1/searches", &headers, question.to_string().as_bytes())
    }

    /// Asks for these words and waits for the answer, which must come.
    pub fn answer(&self, query: &str) -> io::Result<Value> {
        let reply = self.ask(&json!({ "query": query }))?;
        if reply.status == 200 { Ok(reply.json()) } else { Err(io::Error::other(format!("no answer, but {reply:?}"))) }
    }

    /// Asks for these words and waits until nothing more is done about it: the same question once more is a new one then,
    /// where before it joins what is under way.
    pub fn settled_answer(&self, query: &str) -> io::Result<Value> {
        let id = self.begin(&json!({ "query": query }))?;
        self.follow(&id, None)?.rest()?;
        Ok(self.get(&format!("/api/v1/searches/{id}"))?.json())
    }

    /// Asks a question and waits for nothing; gives back the id of the search.
    pub fn begin(&self, question: &Value) -> io::Result<String> {
        let reply = self.post("/api/v1/searches", question)?;
        let id = reply.json()["id"].as_str().map(str::to_owned);
        id.filter(|_| reply.status == 202).ok_or_else(|| io::Error::other(format!("not accepted: {reply:?}")))
    }

    /// Follows a search from its beginning, or after an event.
    pub fn follow(&self, id: &str, after: Option<u64>) -> io::Result<Events> {
        Events::open(&self.address, &format!("/api/v1/searches/{id}/events"), after)
    }

    /// Opens a WebSocket.
    pub fn socket(&self) -> io::Result<Socket> {
        Socket::open(&self.address)
    }

    /// The value of a metric of which the line begins like this, where it is a whole number.
    pub fn metric(&self, start: &str) -> io::Result<Option<u64>> {
        let scrape = self.get("/metrics")?.text();
        let line = scrape.lines().find(|line| line.starts_with(start));
        Ok(line.and_then(|line| line.rsplit_once(' ')?.1.parse().ok()))
    }

    /// Most memory that it has ever had, in bytes, as far as the kernel tells.
    pub fn memory_peak(&self) -> io::Result<Option<u64>> {
        let path = format!("/proc/{}/status", self.child.id());
        if !std::path::Path::new("/proc").exists() {
            return Ok(None);
        }
        let status = std::fs::read_to_string(path)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        Ok(line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).map(|kib| kib << 10))
    }

    /// Sends a signal, for example `TERM`.
    pub fn signal(&self, name: &str) -> io::Result<()> {
        crate::process::signal(&self.child, name)
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> io::Result<ExitStatus> {
        loop {
            match self.lines().recv_timeout(PATIENCE) {
                Ok(line) => self.log.push(line),
                // Standard error is closed when it ends.
                Err(RecvTimeoutError::Disconnected) => return self.child.wait(),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, format!("it goes on: {:#?}", self.log)));
                }
            }
        }
    }

    /// Tells it to stop and waits until it has; what it said in its life.
    pub fn stop(mut self) -> io::Result<Vec<String>> {
        self.signal("TERM")?;
        let status = self.ended()?;
        if status.success() {
            return Ok(self.log.clone());
        }
        Err(io::Error::other(format!("it ended with {status}, after {:#?}", self.log)))
    }

    fn lines(&mut self) -> &mut Receiver<String> {
        self.lines.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it has said so far.
    pub fn log(&mut self) -> &[String] {
        let said: Vec<_> = self.lines().try_iter().collect();
        self.log.extend(said);
        &self.log
    }

    /// Waits for a line of its log in which something is found.
    pub fn await_line<T>(&mut self, wanted: impl Fn(&str) -> Option<T>) -> io::Result<T> {
        while let Ok(line) = self.lines().recv_timeout(PATIENCE) {
            let found = wanted(&line);
            self.log.push(line);
            if let Some(found) = found {
                return Ok(found);
            }
        }
        Err(io::Error::other(format!("it did not say what was waited for, but: {:#?}", self.log)))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // All that was written before the end is in the pipe still.
        let said: Vec<_> = self.lines().iter().collect();
        self.log.extend(said);
        let is_error = |line: &&String| line.contains("ERROR") || line.contains("panicked");
        let is_surprise = |line: &&String| !self.expected.iter().any(|words| line.contains(words));
        let errors: Vec<_> = self.log.iter().filter(is_error).filter(is_surprise).collect();
        assert!(thread::panicking() || errors.is_empty(), "the server logged errors: {errors:#?}");
        let told: Vec<_> = self.log.iter().filter(|line| line.contains(ASKED)).collect();
        assert!(thread::panicking() || told.is_empty(), "the server logged what was asked: {told:#?}");
    }
}
