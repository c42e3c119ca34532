//! What the stand-in sends: a recording, or a fault.

use std::{
    fs,
    io::{self, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{Fault, SOURCES};
use crate::house::repository_root;

/// How many bytes [`Fault::Huge`] promises.
pub const SIZE_OF_HUGE: usize = 500 << 20;
/// How long [`Fault::Drip`] waits after each byte.
const BETWEEN_DROPS: Duration = Duration::from_millis(20);

/// Sends the recording that answers a path.
pub(super) fn answer(stream: &TcpStream, path: &str) -> io::Result<()> {
    match recording(path) {
        Some((kind, body)) => send(stream, "200 OK", kind, &body),
        None => send(stream, "404 Not Found", "text/plain", b"no recording answers this"),
    }
}

/// Fails in the given way; an error says that the client did not wait for the end.
pub(super) fn fail(mut stream: &TcpStream, path: &str, fault: &Fault) -> io::Result<()> {
    const GZIP: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0x56];
    let simple = |head: &str, body: &[u8]| [format!("HTTP/1.1 {head}\r\n\r\n").as_bytes(), body].concat();
    let bytes = match fault {
        Fault::TooMany(after) => simple(&format!("429 X\r\nRetry-After: {after}\r\nContent-Length: 0"), b""),
        Fault::Status(status) => simple(&format!("{status} X\r\nContent-Length: 0"), b""),
        Fault::Cut => simple("200 X\r\nContent-Type: application/json\r\nContent-Length: 100000", b"{\"results\": ["),
        Fault::Redirect(to) => simple(&format!("302 X\r\nLocation: {to}\r\nContent-Length: 0"), b""),
        Fault::CutGzip => {
            simple("200 X\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 12", GZIP)
        }
        Fault::Html => return send(stream, "200 OK", "text/html", b"<!doctype html><title>Are you a person?</title>"),
        Fault::Json(json) => return send(stream, "200 OK", "application/json", json.as_bytes()),
        Fault::Charset(charset) => {
            let (kind, body) = recording(path).unwrap_or_default();
            return send(stream, "200 OK", &format!("{kind}; charset={charset}"), &body);
        }
        // Until the client gives up: reading gives nothing before that.
        Fault::Hang => return stream.read(&mut [0]).map(drop),
        Fault::Drip => return drip(stream),
        Fault::Huge => return huge(stream),
    };
    stream.write_all(&bytes)
}

fn send(mut stream: &TcpStream, status: &str, kind: &str, body: &[u8]) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat())
}

/// The type and the bytes of the recording that answers a path: `/<source>/<path of the source>`.
fn recording(path: &str) -> Option<(&'static str, Vec<u8>)> {
    let (source, rest) = path.trim_start_matches('/').split_once('/')?;
    let source = SOURCES.iter().find(|known| **known == source)?;
    let folder = repository_root().join("crates/engine/recordings").join(source);
    let names: &[&str] = match rest.split('?').next()? {
        "esearch.fcgi" => &["esearch.json"],
        "efetch.fcgi" => &["efetch.xml"],
        // Nothing that leads out of the folder is asked for by a source.
        path if path.contains("..") => return None,
        _ => &["page.xml", "page.json", "search.json"],
    };
    let file: PathBuf = names.iter().map(|name| folder.join(name)).find(|file| Path::exists(file))?;
    let is_xml = file.extension().is_some_and(|ending| ending == "xml");
    Some((if is_xml { "application/xml" } else { "application/json" }, fs::read(file).ok()?))
}

fn drip(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")?;
    loop {
        stream.write_all(b" ")?;
        thread::sleep(BETWEEN_DROPS);
    }
}

fn huge(mut stream: &TcpStream) -> io::Result<()> {
    let head = format!("HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: {SIZE_OF_HUGE}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let piece = vec![b' '; 1 << 20];
    (0..SIZE_OF_HUGE / piece.len()).try_for_each(|_| stream.write_all(&piece))
}
