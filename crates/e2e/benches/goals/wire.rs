//! HTTP/1.1 over one kept connection, as little of it as a load generator needs: what it costs here is taken from what it
//! measures.

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A kept connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, as long as the next one does not overwrite it.
#[derive(Debug)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// The body as it came, compressed when it was asked for so.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects.
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(256 << 10) })
    }

    /// Sends a request and reads its answer, which must give its length.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, status, length) = loop {
            self.read().await?;
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let (status, length) = head(&self.buffer[..end])?;
                break (end + 4, status, length);
            }
        };
        while self.buffer.len() < head + length {
            self.read().await?;
        }
        Ok(Answer { status, body: &self.buffer[head..head + length] })
    }

    async fn read(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => bail!("the connection was closed"),
            _ => Ok(()),
        }
    }
}

/// Status and length of the body.
fn head(bytes: &[u8]) -> Result<(u16, usize)> {
    let text = std::str::from_utf8(bytes)?;
    let status = text.get(9..12).and_then(|status| status.parse().ok()).context("no status")?;
    let fields = text.lines().skip(1).filter_map(|line| line.split_once(':'));
    let length = fields
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, value)| value.trim().parse().ok());
    Ok((status, length.context("an answer without Content-Length")?))
}

/// A request for `path`, by POST when there is a body.
pub fn request(path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Vec<u8> {
    request_to("localhost", path, headers, body)
}

/// The same to a server of this name.
pub fn request_to(host: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Vec<u8> {
    use std::fmt::Write;
    let method = if body.is_some() { "POST" } else { "GET" };
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if let Some(body) = body {
        let _ = write!(text, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    text.into_bytes()
}

/// One request over a connection of its own: status and body.
pub async fn once(address: &str, request: &[u8]) -> Result<(u16, Vec<u8>)> {
    let mut connection = Connection::open(address).await?;
    let answer = connection.exchange(request).await?;
    Ok((answer.status, answer.body.to_vec()))
}
