//! Stands in for the public services: a server on loopback that answers from the engine's recordings, and fails as told.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use crate::house::repository_root;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 and `Retry-After`, in seconds.
    TooMany(u32),
    /// Never answers.
    Hang,
    /// Promises more bytes than it sends, then closes.
    Cut,
    /// 200 with a page of HTML.
    Html,
    /// Leads to the address at which clouds keep secrets.
    RedirectToMetadata,
    /// Half a gigabyte of white space.
    Huge,
    /// A status with an empty body.
    Status(u16),
    /// A gzip body that ends in the middle.
    CutGzip,
}

/// A running stand-in.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    faults: Mutex<HashMap<String, Fault>>,
    requests: Mutex<Vec<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Upstream {
    /// Starts one on a free port; it ends with the test's process.
    pub fn start() -> std::io::Result<Self> {
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
        lock(&self.state.faults).insert(source.to_owned(), fault);
    }

    /// From now on a source answers again.
    pub fn mend(&self, source: &str) {
        lock(&self.state.faults).remove(source);
    }

    /// How many requests a source has had.
    pub fn requests(&self, source: &str) -> usize {
        let prefix = format!("/{source}/");
        lock(&self.state.requests).iter().filter(|path| path.starts_with(&prefix)).count()
    }

    /// The path and query of every request.
    pub fn paths(&self) -> Vec<String> {
        lock(&self.state.requests).clone()
    }
}

fn serve(stream: &TcpStream, state: &State) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(path) = request(&mut reader)? {
        lock(&state.requests).push(path.clone());
        let source = path.split('/').nth(1).unwrap_or_default();
        let fault = lock(&state.faults).get(source).copied();
        match fault {
            None => answer(stream, &path)?,
            Some(fault) => {
                failed(stream, fault)?;
                return stream.shutdown(Shutdown::Both);
            }
        }
    }
    Ok(())
}

/// Reads a request; gives back its path and query. None when the client has closed.
fn request(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    Ok(Some(path))
}

fn answer(mut stream: &TcpStream, path: &str) -> std::io::Result<()> {
    let (status, kind, body) = match recording(path).and_then(|file| Some((fs::read(&file).ok()?, file))) {
        Some((body, file)) if file.extension().is_some_and(|ending| ending == "xml") => (200, "application/xml", body),
        Some((body, _)) => (200, "application/json", body),
        None => (404, "text/plain", b"no recording answers this".to_vec()),
    };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

/// The recording that answers a path: `/<source>/<path of the source>`.
fn recording(path: &str) -> Option<PathBuf> {
    let (source, rest) = path.trim_start_matches('/').split_once('/')?;
    let folder =
        repository_root().join("crates/engine/recordings").join(SOURCES.iter().find(|known| **known == source)?);
    let names: &[&str] = match rest.split('?').next()? {
        "esearch.fcgi" => &["esearch.json"],
        "efetch.fcgi" => &["efetch.xml"],
        _ => &["page.xml", "page.json", "search.json"],
    };
    names.iter().map(|name| folder.join(name)).find(|file| Path::exists(file))
}

fn failed(mut stream: &TcpStream, fault: Fault) -> std::io::Result<()> {
    const GZIP: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0x56];
    let simple = |head: &str, body: &[u8]| [format!("HTTP/1.1 {head}\r\n\r\n").as_bytes(), body].concat();
    let bytes = match fault {
        Fault::TooMany(after) => simple(&format!("429 X\r\nRetry-After: {after}\r\nContent-Length: 0"), b""),
        Fault::Status(status) => simple(&format!("{status} X\r\nContent-Length: 0"), b""),
        Fault::Cut => simple("200 X\r\nContent-Type: application/json\r\nContent-Length: 100000", b"{\"results\": ["),
        Fault::Html => simple(
            "200 X\r\nContent-Type: text/html\r\nContent-Length: 40",
            b"<!doctype html><title>Are you?</title>  ",
        ),
        Fault::RedirectToMetadata => {
            simple("302 X\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0", b"")
        }
        Fault::CutGzip => {
            simple("200 X\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 12", GZIP)
        }
        // Until the client gives up: reading gives nothing before that.
        Fault::Hang => return stream.read(&mut [0]).map(drop),
        Fault::Huge => return huge(stream),
    };
    stream.write_all(&bytes)
}

fn huge(mut stream: &TcpStream) -> std::io::Result<()> {
    const SIZE: usize = 500 << 20;
    stream.write_all(
        format!("HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: {SIZE}\r\n\r\n").as_bytes(),
    )?;
    let piece = vec![b' '; 1 << 20];
    (0..SIZE / piece.len()).try_for_each(|_| stream.write_all(&piece))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::send;

    #[test]
    fn it_answers_from_recordings_and_fails_as_told() {
        let upstream = Upstream::start().unwrap();
        let address = upstream.address.to_string();
        let get = |path: &str| send(&address, "GET", path, &[], b"");
        assert_eq!(get("/nobody/x").unwrap().status, 404);
        assert_eq!(get("/arxiv/../../../etc/passwd").unwrap().status, 404);
        upstream.fail("arxiv", Fault::TooMany(7));
        let reply = get("/arxiv/api/query?a=b").unwrap();
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("7")));
        upstream.fail("arxiv", Fault::Cut);
        assert!(get("/arxiv/api/query").unwrap().body.len() < 100);
        upstream.fail("arxiv", Fault::RedirectToMetadata);
        assert!(get("/arxiv/api/query").unwrap().head.contains("169.254.169.254"));
        upstream.mend("arxiv");
        assert_eq!(upstream.requests("arxiv"), 4);
        assert_eq!(upstream.paths()[2], "/arxiv/api/query?a=b");
    }

    #[test]
    fn it_leads_every_source_to_itself() {
        let upstream = Upstream::start().unwrap();
        let variables = upstream.variables();
        let url = format!("{}/semantic_scholar", upstream.address);
        assert!(variables.contains(&("PAKE_SOURCES__SEMANTIC_SCHOLAR__BASE_URL".to_owned(), format!("http://{url}"))));
    }
}
