//! HTTP/1.1 as far as tests need it: one request on one connection, without any layer that could hide something.

use std::{
    fmt,
    io::{self, BufRead, Read, Write},
    net::TcpStream,
};

use crate::patience::PATIENCE;

/// An answer.
#[derive(Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// Body, without the frames of chunked encoding.
    pub body: Vec<u8>,
}

/// The beginning of the body as text, for the message of a test that failed.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beginning: String = self.text().chars().take(2_000).collect();
        write!(f, "{}\n\n{beginning}", self.head)
    }
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

impl Reply {
    /// Name and value of each cookie that it sets.
    pub fn cookies(&self) -> impl Iterator<Item = (String, String)> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let lines = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let pairs = lines.filter_map(|(_, line)| line.split(';').next()?.trim().split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
    }
}

/// Sends a request to `address` and reads the whole answer.
pub fn send(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Reply> {
    let mut stream = open(address, method, path, headers, body)?;
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer);
    // Who answers before the whole body is there may close in the middle of it.
    read(&answer).ok_or_else(|| end.err().unwrap_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no answer")))
}

/// Sends a request to `address`; the answer is still to be read.
pub fn open(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.extend([*name, ": ", *value, "\r\n"]);
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    match stream.write_all(body) {
        // It does not want the rest; what it says instead is to be read.
        Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => {}
        written => written?,
    }
    Ok(stream)
}

/// Status line and headers.
pub(crate) fn head_of(stream: &mut impl BufRead) -> io::Result<String> {
    let mut head = String::new();
    loop {
        let length = head.len();
        if stream.read_line(&mut head)? == 0 || head[length..].trim().is_empty() {
            return Ok(head);
        }
    }
}

fn read(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = &answer[end + 4..];
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    Some(Reply { status, head, body: if is_chunked { unchunked(body) } else { body.to_vec() } })
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).ok().and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        let Some(size) = size.filter(|size| *size > 0) else { break };
        let chunk = rest.get(end + 2..).unwrap_or_default();
        body.extend_from_slice(&chunk[..size.min(chunk.len())]);
        rest = chunk.get(size + 2..).unwrap_or_default();
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together() {
        let reply =
            read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                .unwrap();
        assert_eq!((reply.status, reply.text().as_str(), reply.header("x-a")), (200, "abcde", Some("b")));
    }
}
