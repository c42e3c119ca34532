//! Stands in for the public services: a server on loopback that answers from the engine's recordings, waits when it is held,
//! and fails as told. It tells what it was asked, and when somebody stopped waiting.

use std::{
    collections::{HashMap, HashSet},
    io::{self, BufRead, BufReader, Read},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use self::answer::{answer, fail};
use crate::patience::PATIENCE;

mod answer;

pub use answer::SIZE_OF_HUGE;

/// Every source, by the name that the configuration gives it.
pub const SOURCES: [&str; 13] = [
    "arxiv",
    "pubmed",
    "europepmc",
    "openalex",
    "crossref",
    "semantic_scholar",
    "datacite",
    "unpaywall",
    "wikipedia",
    "github",
    "searxng",
    "brave",
    "firecrawl",
];

/// How a source fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429 and `Retry-After`, in seconds.
    TooMany(u32),
    /// Never answers.
    Hang,
    /// Sends one byte after the other, slowly and without an end.
    Drip,
    /// Promises more bytes than it sends, then closes.
    Cut,
    /// 200 with a page of HTML.
    Html,
    /// Leads elsewhere.
    Redirect(String),
    /// Half a gigabyte of white space.
    Huge,
    /// A status with an empty body.
    Status(u16),
    /// A gzip body that ends in the middle.
    CutGzip,
    /// Its recording, said to be in a charset that it is not in.
    Charset(&'static str),
    /// 200 with this as JSON.
    Json(String),
}

/// A running stand-in.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Now {
    faults: HashMap<String, Fault>,
    held: HashSet<String>,
    /// Path and query of every request.
    requests: Vec<String>,
    /// The sources of requests whose answer was not waited for.
    abandoned: Vec<String>,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits until it is like this.
    fn until(&self, what: &str, is_so: impl Fn(&Now) -> bool) -> io::Result<()> {
        let waited = self.changed.wait_timeout_while(self.lock(), PATIENCE, |now| !is_so(now));
        let (now, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("{what}: never, after {:?}", now.requests)));
        }
        Ok(())
    }
}

impl Upstream {
    /// Starts one on a free port; it ends with the test's process.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let upstream = Self { address: listener.local_addr()?, state: Arc::default() };
        let state = Arc::clone(&upstream.state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                // A client that goes away in the middle is what half of the tests are about.
                thread::spawn(move || _ = serve(&stream, &state));
            }
        });
        Ok(upstream)
    }

    /// Host and port.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stands before the path of a source.
    pub fn base_url(&self, source: &str) -> String {
        format!("http://{}/{source}", self.address)
    }

    /// Environment variables that lead every source here, without a limiter of ours.
    pub fn variables(&self) -> Vec<(String, String)> {
        let of = |source: &str| {
            let prefix = format!("PAKE_SOURCES__{}", source.to_uppercase());
            [(format!("{prefix}__BASE_URL"), self.base_url(source)), (format!("{prefix}__RATE"), "0".to_owned())]
        };
        // The web sources are on when they have an address, which tests of the default set do not want.
        SOURCES.iter().filter(|source| **source != "searxng").flat_map(|source| of(source)).collect()
    }

    /// From now on a source fails like this.
    pub fn fail(&self, source: &str, fault: Fault) {
        self.state.change(|now| _ = now.faults.insert(source.to_owned(), fault));
    }

    /// From now on every source fails like this.
    pub fn fail_all(&self, fault: &Fault) {
        for source in SOURCES {
            self.fail(source, fault.clone());
        }
    }

    /// From now on a source answers again.
    pub fn mend(&self, source: &str) {
        self.state.change(|now| _ = now.faults.remove(source));
    }

    /// From now on the requests to a source wait, until it is released.
    pub fn hold(&self, source: &str) {
        self.state.change(|now| _ = now.held.insert(source.to_owned()));
    }

    /// From now on the requests to every source wait.
    pub fn hold_all(&self) {
        for source in SOURCES {
            self.hold(source);
        }
    }

    /// The requests to a source are answered, those that wait too.
    pub fn release(&self, source: &str) {
        self.state.change(|now| _ = now.held.remove(source));
    }

    /// The requests to every source are answered.
    pub fn release_all(&self) {
        self.state.change(|now| now.held.clear());
    }

    /// Waits until a source has had so many requests.
    pub fn await_requests(&self, source: &str, count: usize) -> io::Result<()> {
        self.state.until(&format!("{count} requests to {source}"), |now| now.requests_to(source) >= count)
    }

    /// Waits until somebody has stopped waiting for the answer of a source.
    pub fn await_abandoned(&self, source: &str) -> io::Result<()> {
        let what = format!("a request to {source} is given up");
        self.state.until(&what, |now| now.abandoned.iter().any(|given_up| given_up == source))
    }

    /// How many requests a source has had.
    pub fn requests(&self, source: &str) -> usize {
        self.state.lock().requests_to(source)
    }

    /// The path and query of every request.
    pub fn paths(&self) -> Vec<String> {
        self.state.lock().requests.clone()
    }
}

impl Now {
    fn requests_to(&self, source: &str) -> usize {
        let prefix = format!("/{source}/");
        self.requests.iter().filter(|path| path.starts_with(&prefix)).count()
    }
}

fn serve(stream: &TcpStream, state: &Arc<State>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(Request { path, is_last }) = request(&mut reader)? {
        let source = path.split('/').nth(1).unwrap_or_default().to_owned();
        state.change(|now| now.requests.push(path.clone()));
        let (fault, held) = {
            let now = state.lock();
            (now.faults.get(&source).cloned(), now.held.contains(&source))
        };
        if held && !is_waited_for(stream, state, &source)? {
            return Ok(());
        }
        match fault {
            None => answer(stream, &path)?,
            Some(fault) => {
                let failed = fail(stream, &path, &fault);
                if failed.is_err() || fault == Fault::Hang {
                    state.change(|now| now.abandoned.push(source));
                }
                return stream.shutdown(Shutdown::Both);
            }
        }
        if is_last {
            return stream.shutdown(Shutdown::Both);
        }
    }
    Ok(())
}

/// Waits until a source is released; whether the client is there still.
fn is_waited_for(stream: &TcpStream, state: &Arc<State>, source: &str) -> io::Result<bool> {
    let gone = Arc::new(Mutex::new(false));
    let (watched, theirs, known) = (stream.try_clone()?, Arc::clone(state), Arc::clone(&gone));
    let name = source.to_owned();
    thread::spawn(move || {
        // Looks without taking: the next request, or the end of the connection. An error is an end too.
        if watched.peek(&mut [0]).unwrap_or(0) == 0 {
            *known.lock().unwrap_or_else(PoisonError::into_inner) = true;
            theirs.change(|now| {
                if now.held.contains(&name) {
                    now.abandoned.push(name.clone());
                }
            });
        }
    });
    let is_gone = || *gone.lock().unwrap_or_else(PoisonError::into_inner);
    state.until(&format!("{source} is released"), |now| !now.held.contains(source) || is_gone())?;
    Ok(!is_gone())
}

/// A request, as far as it matters here.
struct Request {
    /// Its path and query.
    path: String,
    /// The client wants the connection closed after it.
    is_last: bool,
}

/// Reads a request. None when the client has closed.
fn request(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut is_last) = (0, false);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        match line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim())) {
            Some((name, value)) if name == "content-length" => length = value.parse().unwrap_or(0),
            Some((name, value)) if name == "connection" => is_last = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    io::copy(&mut reader.take(length), &mut io::sink())?;
    Ok(Some(Request { path, is_last }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{open, send};

    #[test]
    fn it_answers_from_recordings_and_fails_as_told() {
        let upstream = Upstream::start().unwrap();
        let address = upstream.address.to_string();
        let get = |path: &str| send(&address, "GET", path, &[], b"");
        assert_eq!(get("/nobody/x").unwrap().status, 404);
        assert_eq!(get("/arxiv/../../../etc/passwd").unwrap().status, 404);
        assert!(get("/arxiv/api/query").unwrap().text().contains("<feed"));
        upstream.fail("arxiv", Fault::TooMany(7));
        let reply = get("/arxiv/api/query?a=b").unwrap();
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("7")));
        upstream.fail("arxiv", Fault::Cut);
        assert!(get("/arxiv/api/query").unwrap().body.len() < 100);
        upstream.fail("arxiv", Fault::Redirect("http://169.254.169.254/".to_owned()));
        assert!(get("/arxiv/api/query").unwrap().head.contains("169.254.169.254"));
        upstream.mend("arxiv");
        assert_eq!(upstream.requests("arxiv"), 5);
        assert_eq!(upstream.paths()[3], "/arxiv/api/query?a=b");
    }

    #[test]
    fn it_waits_when_it_is_held_and_notices_who_goes_away() {
        let upstream = Upstream::start().unwrap();
        let address = upstream.address.to_string();
        upstream.hold("arxiv");
        let impatient = open(&address, "GET", "/arxiv/api/query", &[], b"").unwrap();
        upstream.await_requests("arxiv", 1).unwrap();
        drop(impatient);
        upstream.await_abandoned("arxiv").unwrap();
        let patient = thread::spawn({
            let address = address.clone();
            move || send(&address, "GET", "/arxiv/api/query", &[], b"").unwrap()
        });
        upstream.await_requests("arxiv", 2).unwrap();
        assert_eq!(send(&address, "GET", "/crossref/works", &[], b"").unwrap().status, 200, "others do not wait");
        assert!(!patient.is_finished());
        upstream.release("arxiv");
        assert_eq!(patient.join().unwrap().status, 200);
    }

    #[test]
    fn it_leads_every_source_to_itself() {
        let upstream = Upstream::start().unwrap();
        let variables = upstream.variables();
        let url = format!("{}/semantic_scholar", upstream.address);
        assert!(variables.contains(&("PAKE_SOURCES__SEMANTIC_SCHOLAR__BASE_URL".to_owned(), format!("http://{url}"))));
    }
}
