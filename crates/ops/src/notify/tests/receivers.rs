//! Receivers on free ports of loopback.

use tokio::{sync::mpsc, task::JoinHandle};

use super::*;

/// How a web server behaves.
#[derive(Debug, Clone)]
pub(super) enum Manners {
    /// It takes what it gets.
    Good,
    /// It answers with this status.
    Status(&'static str),
    /// It sends whoever comes elsewhere.
    Redirect(String),
    /// It listens and says nothing.
    Hang,
    /// It says one byte more whenever it is asked for one, and never ends its head.
    Drip,
    /// It hangs up.
    Drop,
    /// It says something that is no HTTP.
    Noise,
}

/// What it was sent.
#[derive(Debug, Default)]
pub(super) struct Request {
    head: String,
    pub(super) body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("{name} in {}", self.head))
    }
}

/// A web server; gone when it is dropped.
pub(super) struct Web {
    port: u16,
    requests: mpsc::UnboundedReceiver<Option<Request>>,
    task: JoinHandle<()>,
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Web {
    pub(super) async fn with(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (came, requests) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = BufReader::new(stream);
                let request = served(&mut stream, &manners).await.ok();
                if matches!(manners, Manners::Hang | Manners::Drip) {
                    held.push(stream);
                }
                if came.send(request).is_err() {
                    break;
                }
            }
        });
        Self { port, requests, task }
    }

    /// Its address, with a secret in it.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks/T0K3N?key=T0K3N", self.port)
    }

    /// The next request that it was sent whole.
    pub(super) async fn request(&mut self) -> Request {
        self.requests.recv().await.unwrap().unwrap()
    }

    /// Somebody has come.
    pub(super) async fn visit(&mut self) {
        self.requests.recv().await.unwrap();
    }

    pub(super) fn has_no_more(&mut self) -> bool {
        self.requests.try_recv().is_err()
    }
}

async fn served(stream: &mut BufReader<TcpStream>, manners: &Manners) -> std::io::Result<Request> {
    if matches!(manners, Manners::Drop) {
        return Ok(Request::default());
    }
    let mut request = Request::default();
    while !request.head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut request.head).await? == 0 {
            return Ok(request);
        }
    }
    let length: usize = request.header("content-length").parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    request.body = String::from_utf8(body).unwrap();
    let answer = match manners {
        Manners::Good => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok".to_owned(),
        Manners::Status(status) => format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
        Manners::Redirect(to) => {
            format!(
                "HTTP/1.1 307 Temporary Redirect\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
        }
        Manners::Drip => "HTTP/1.1 200 OK\r\nx-more: y".to_owned(),
        Manners::Noise => "\u{0}\u{1}<html>no\r\n\r\n".to_owned(),
        Manners::Hang | Manners::Drop => String::new(),
    };
    stream.write_all(answer.as_bytes()).await?;
    stream.flush().await?;
    Ok(request)
}

/// What a mail server was told.
#[derive(Debug, Default)]
pub(super) struct Visit {
    pub(super) commands: Vec<String>,
    pub(super) message: String,
}

/// A mail server; gone when it is dropped.
pub(super) struct MailServer {
    pub(super) port: u16,
    visits: mpsc::UnboundedReceiver<Visit>,
    task: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailServer {
    /// One that speaks, or says nothing at all.
    pub(super) async fn with(speaks: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ended, visits) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                if !speaks {
                    held.push(stream);
                    continue;
                }
                let mut visit = Visit::default();
                // A client may go away in the middle: what it did until then is told.
                let _ = attended(BufReader::new(stream), &mut visit).await;
                if ended.send(visit).is_err() {
                    break;
                }
            }
        });
        Self { port, visits, task }
    }

    /// The next visit that has ended.
    pub(super) async fn visit(&mut self) -> Visit {
        self.visits.recv().await.unwrap()
    }
}

async fn attended(mut stream: BufReader<TcpStream>, visit: &mut Visit) -> std::io::Result<()> {
    stream.write_all(b"220 localhost ready\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let answer = match command.split([' ', ':']).next().unwrap_or_default() {
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        let is_data = command == "DATA";
        // What the message is sent with besides is nothing that is asserted.
        visit.commands.push(command.split(" BODY=").next().unwrap_or_default().to_owned());
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        if is_data {
            while !visit.message.ends_with("\r\n.\r\n") {
                stream.read_line(&mut visit.message).await?;
            }
            stream.write_all(b"250 taken\r\n").await?;
        }
    }
}
