//! A client of PAKE's WebSocket that waits for one frame at a time.

use std::{
    io,
    net::TcpStream,
    sync::atomic::{AtomicU64, Ordering},
};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message, WebSocket, client::IntoClientRequest};

use crate::patience::PATIENCE;

/// An open WebSocket.
#[derive(Debug)]
pub struct Socket {
    inner: WebSocket<TcpStream>,
}

/// What came.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A frame.
    Frame(Value),
    /// The server closed, with this code and reason.
    Closed(u16, String),
    /// The connection is gone without a word.
    Gone,
}

impl Socket {
    /// Connects to `/ws` of the server at `address`.
    pub fn open(address: &str) -> io::Result<Self> {
        Self::open_with(address, &[])
    }

    /// Connects with these headers too.
    pub fn open_with(address: &str, headers: &[(&'static str, &str)]) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut request = format!("ws://{address}/ws").into_client_request().map_err(io::Error::other)?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().map_err(io::Error::other)?);
        }
        let (inner, _) = tungstenite::client(request, stream).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self { inner })
    }

    /// Sends a frame; gives back its `message_id`.
    pub fn send(&mut self, kind: &str, data: &Value) -> io::Result<String> {
        static SENT: AtomicU64 = AtomicU64::new(0);
        let id = format!("m{}", SENT.fetch_add(1, Ordering::Relaxed));
        self.send_message(Message::text(json!({"type": kind, "message_id": id, "data": data}).to_string()))?;
        Ok(id)
    }

    /// Sends whatever it is.
    pub fn send_message(&mut self, message: Message) -> io::Result<()> {
        self.inner.send(message).map_err(|error| io::Error::other(error.to_string()))
    }

    /// What comes next. Pings are answered on the way.
    pub fn next_said(&mut self) -> io::Result<Said> {
        loop {
            match self.inner.read() {
                Ok(Message::Text(text)) => return Ok(Said::Frame(serde_json::from_str(&text)?)),
                Ok(Message::Close(Some(close))) => {
                    return Ok(Said::Closed(close.code.into(), close.reason.to_string()));
                }
                Ok(Message::Close(None)) => return Ok(Said::Closed(1005, String::new())),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "no frame came"));
                }
                Err(_) => return Ok(Said::Gone),
            }
        }
    }

    /// The next frame, without the news of the history, which come at any time; an error when the socket was closed instead.
    pub fn next_frame(&mut self) -> io::Result<Value> {
        loop {
            match self.next_said()? {
                Said::Frame(frame) if frame["type"] == "search_history_updated" => {}
                Said::Frame(frame) => return Ok(frame),
                other => return Err(io::Error::other(format!("no frame, but {other:?}"))),
            }
        }
    }

    /// Every frame up to the first that is like this, which is the last of them.
    pub fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> io::Result<Vec<Value>> {
        let mut frames = Vec::new();
        loop {
            frames.push(self.next_frame()?);
            if frames.last().is_some_and(&wanted) {
                return Ok(frames);
            }
        }
    }

    /// Reads until the server closes; how it did so.
    pub fn closed(&mut self) -> io::Result<Said> {
        loop {
            match self.next_said()? {
                Said::Frame(_) => {}
                end => return Ok(end),
            }
        }
    }
}
