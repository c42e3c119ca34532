//! Follows a search: reads its server-sent events (the WHATWG HTML standard, §9.2), and goes on where it was when the
//! connection breaks.

use std::{collections::VecDeque, time::Duration};

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderValue, Method, Request, Response, header};

use super::{Api, request};

/// Largest event that is read, in bytes: an answer of a hundred records from every source is far below.
const MAX_EVENT: usize = 64 << 20;
/// How long is waited before a broken connection is opened again; after the last the server is given up.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its number in the log.
    pub id: String,
    /// Its data: a frame as JSON.
    pub data: String,
}

/// The events of a search.
pub struct Events<'a> {
    api: &'a Api,
    path: String,
    stream: Option<BodyDataStream>,
    parser: Parser,
    last_id: String,
    broken: usize,
}

impl<'a> Events<'a> {
    /// The events of the search of this id, from the first.
    pub fn of(api: &'a Api, id: &str) -> Self {
        let path = format!("/api/v1/searches/{id}/events");
        Self { api, path, stream: None, parser: Parser::default(), last_id: String::new(), broken: 0 }
    }

    /// The next event; none when the log is complete.
    pub async fn next(&mut self) -> anyhow::Result<Option<Event>> {
        loop {
            if let Some(event) = self.parser.next() {
                self.last_id.clone_from(&event.id);
                self.broken = 0;
                return Ok(Some(event));
            }
            let stream = match &mut self.stream {
                Some(stream) => stream,
                None => self.stream.insert(self.open().await?.into_body().into_data_stream()),
            };
            match stream.next().await {
                Some(Ok(bytes)) => self.parser.feed(&bytes)?,
                None => return Ok(None),
                Some(Err(error)) => self.pause(&error).await?,
            }
        }
    }

    async fn open(&self) -> anyhow::Result<Response<Body>> {
        let mut request: Request<Bytes> = request(Method::GET, &self.path, None)?;
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Ok(last) = HeaderValue::from_str(&self.last_id)
            && !last.is_empty()
        {
            headers.insert("last-event-id", last);
        }
        self.api.send(request).await
    }

    /// The connection broke: it is opened again after the last event that came whole.
    async fn pause(&mut self, error: &axum::Error) -> anyhow::Result<()> {
        let Some(pause) = PAUSES.get(self.broken) else {
            anyhow::bail!("the connection to the server broke again and again: {error}");
        };
        self.broken += 1;
        self.stream = None;
        self.parser = Parser::default();
        tokio::time::sleep(*pause).await;
        Ok(())
    }
}

/// Cuts bytes into events.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed after it belongs to it.
    after_return: bool,
    event: Event,
    has_data: bool,
    ready: VecDeque<Event>,
}

impl Parser {
    fn next(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    fn feed(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        for &byte in bytes {
            let ends = matches!(byte, b'\n' | b'\r') && !(byte == b'\n' && self.after_return);
            self.after_return = byte == b'\r';
            match byte {
                _ if ends => self.end_of_line(),
                b'\n' => {}
                _ => self.line.push(byte),
            }
        }
        if self.line.len() + self.event.data.len() > MAX_EVENT {
            anyhow::bail!("the server sent an event of more than {MAX_EVENT} bytes");
        }
        Ok(())
    }

    fn end_of_line(&mut self) {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        if line.is_empty() {
            // An event without data is none; its id still counts.
            if std::mem::take(&mut self.has_data) {
                let event = Event { id: self.event.id.clone(), data: std::mem::take(&mut self.event.data) };
                self.ready.push_back(event);
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.event.id),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, data: &str) -> Event {
        Event { id: id.to_owned(), data: data.to_owned() }
    }

    /// What is read when the bytes come in pieces of this size.
    fn read(text: &str, size: usize) -> Vec<Event> {
        let mut parser = Parser::default();
        text.as_bytes().chunks(size).for_each(|piece| parser.feed(piece).unwrap());
        std::iter::from_fn(|| parser.next()).collect()
    }

    #[test]
    fn events_are_read_however_the_bytes_are_cut() {
        let text = "id: 1\nevent: search_started\ndata: {\"ä\":1}\n\n: keep-alive\n\nid:2\rdata:a\rdata: b\r\rdata\r\n\r\ndata: cut";
        for size in 1..text.len() {
            assert_eq!(read(text, size), [event("1", "{\"ä\":1}"), event("2", "a\nb"), event("2", "")], "{size}");
        }
    }

    #[test]
    fn an_event_without_data_is_none_and_its_id_counts() {
        assert_eq!(read("id: 7\n\ndata: x\n\n", 100), [event("7", "x")]);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut parser = Parser::default();
        let piece = vec![b'x'; 1 << 20];
        let refused = (0..=64).any(|_| parser.feed(&piece).is_err());
        assert!(refused);
    }
}
