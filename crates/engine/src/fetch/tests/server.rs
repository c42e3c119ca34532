//! A web server on loopback that says what it is told to, byte by byte.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use url::Url;

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends these bytes and waits for the next request.
    Answer(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Close(Vec<u8>),
    /// Sends nothing, ever.
    Hang,
    /// Sends the first bytes, then the second ones so many times with a pause between.
    Stream(Vec<u8>, Vec<u8>, usize, Duration),
}

/// An answer with `Content-Length`.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Act {
    let body = body.as_ref();
    let mut bytes = head(status, headers);
    bytes.truncate(bytes.len() - 2);
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    Act::Answer(bytes)
}

/// Status line and headers, with the empty line.
pub fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    [format!("HTTP/1.1 {status} Whatever\r\n")]
        .into_iter()
        .chain(lines)
        .chain(["\r\n".to_owned()])
        .collect::<Vec<_>>()
        .concat()
        .into_bytes()
}

/// The server; it ends with the test.
#[derive(Debug)]
pub struct Server {
    port: u16,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Shared {
    requests: Mutex<Vec<String>>,
    count: watch::Sender<usize>,
    connections: AtomicU64,
    sent: AtomicU64,
}

impl Server {
    /// Starts it; `script` gets each request with its number from 0.
    pub async fn start(script: impl Fn(usize, &str) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let script = Arc::new(script);
        let mut tasks = JoinSet::new();
        tasks.spawn({
            let shared = Arc::clone(&shared);
            async move {
                let mut connections = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    shared.connections.fetch_add(1, Ordering::SeqCst);
                    connections.spawn(serve(stream, Arc::clone(&shared), Arc::clone(&script)));
                }
            }
        });
        Self { port, shared, _tasks: tasks }
    }

    /// The address of `path` on it.
    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}{path}", self.port)).unwrap()
    }

    /// All requests so far, each with its headers and body.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests came so far.
    pub fn count(&self) -> usize {
        self.requests().len()
    }

    /// Waits until so many requests came.
    pub async fn wait_for(&self, count: usize) {
        self.shared.count.subscribe().wait_for(|&came| came >= count).await.unwrap();
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How many bytes of `Act::Stream` the other side, or the kernel for it, has taken so far.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>, script: Arc<impl Fn(usize, &str) -> Act>) {
    while let Some(request) = read_request(&mut stream).await {
        let number = {
            let mut requests = shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
            requests.push(request.clone());
            shared.count.send_replace(requests.len());
            requests.len() - 1
        };
        match script(number, &request) {
            Act::Answer(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Act::Close(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Act::Hang => std::future::pending().await,
            Act::Stream(head, chunk, times, pause) => {
                let _ = stream.write_all(&head).await;
                for _ in 0..times {
                    if stream.write_all(&chunk).await.is_err() {
                        return;
                    }
                    shared.sent.fetch_add(chunk.len() as u64, Ordering::SeqCst);
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse::<usize>().unwrap());
            if bytes.len() >= end + 4 + length {
                return Some(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
