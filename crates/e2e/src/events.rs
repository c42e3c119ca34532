//! A client of server-sent events, as far as tests need it: it reads one event at a time and hides nothing.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read},
    net::TcpStream,
};

use serde_json::Value;

use crate::http::{Reply, head_of, open};

/// An open event stream.
#[derive(Debug)]
pub struct Events {
    lines: BufReader<Chunks>,
}

/// One event.
#[derive(Clone, PartialEq)]
pub struct Event {
    /// Its number in the log.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The frame that it carries.
    pub frame: Value,
}

/// On one line, for the message of a test that failed.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data: String = self.frame["data"].to_string().chars().take(200).collect();
        write!(f, "{} {} {data}", self.id, self.name)
    }
}

impl Events {
    /// Follows the search at `path` of the server at `address`, from the beginning or after an event.
    pub fn open(address: &str, path: &str, after: Option<u64>) -> io::Result<Self> {
        let last = after.map(|id| id.to_string());
        let mut headers = vec![("Accept", "text/event-stream")];
        headers.extend(last.as_deref().map(|id| ("Last-Event-ID", id)));
        let mut stream = BufReader::new(open(address, "GET", path, &headers, b"")?);
        let reply = Reply { status: 0, head: head_of(&mut stream)?, body: Vec::new() };
        if !reply.head.starts_with("HTTP/1.1 200") || reply.header("content-type") != Some("text/event-stream") {
            return Err(io::Error::other(format!("no event stream, but {}", reply.head)));
        }
        Ok(Self { lines: BufReader::new(Chunks { stream, left: 0 }) })
    }

    /// The next event; none when the stream has ended as it should.
    pub fn next_event(&mut self) -> io::Result<Option<Event>> {
        let (mut id, mut name, mut data) = (0, String::new(), String::new());
        let mut line = String::new();
        loop {
            line.clear();
            if self.lines.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match line.trim_end().split_once(": ") {
                Some(("id", value)) => id = value.parse().map_err(io::Error::other)?,
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("data", value)) => data.push_str(value),
                // A comment keeps the connection open; an empty line ends an event.
                _ if data.is_empty() => {}
                _ => return Ok(Some(Event { id, name, frame: serde_json::from_str(&data)? })),
            }
        }
    }

    /// Every event up to the end of the stream.
    pub fn rest(&mut self) -> io::Result<Vec<Event>> {
        let mut events = Vec::new();
        while let Some(event) = self.next_event()? {
            events.push(event);
        }
        Ok(events)
    }

    /// Every event up to the first that is like this, which is the last of them.
    pub fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> io::Result<Vec<Event>> {
        let mut events = Vec::new();
        while let Some(event) = self.next_event()? {
            events.push(event);
            if events.last().is_some_and(&wanted) {
                return Ok(events);
            }
        }
        Err(io::Error::other(format!("the stream ended before it came, after: {events:#?}")))
    }
}

/// The bytes of a body in chunked encoding.
#[derive(Debug)]
struct Chunks {
    stream: BufReader<TcpStream>,
    left: usize,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let mut size = String::new();
            // An empty line ends the chunk before.
            while size.trim().is_empty() {
                size.clear();
                if self.stream.read_line(&mut size)? == 0 {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection broke off"));
                }
            }
            self.left = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
            if self.left == 0 {
                return Ok(0);
            }
        }
        let most = buffer.len().min(self.left);
        let read = self.stream.read(&mut buffer[..most])?;
        self.left -= read;
        Ok(read)
    }
}
