//! WebSockets: searches over them, very many of them held, a word to all, and some that do not read.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt, future::join_all};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config, connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::{
    Bench,
    load::Took,
    process,
    report::{Findings, short},
    serving::new_query,
    wire,
};

/// Sockets that are opened at once.
const TOGETHER: usize = 100;
/// Longest wait for a word to have reached everybody.
const PATIENCE: Duration = Duration::from_secs(20);

fn small() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(2 << 10).write_buffer_size(0)
}

/// Searches over `clients` sockets for so long: how long until the first works, and until the answer.
pub async fn searches(url: &str, queries: &[String], clients: usize, seconds: f64) -> Result<(Took, Took)> {
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    let client = async || -> Result<Vec<(f64, f64)>> {
        let (mut socket, _) = connect_async_with_config(url, Some(small()), true).await?;
        let mut took = Vec::new();
        while Instant::now() < until {
            let search = json!({"type": "search", "data": {"query": new_query(queries)}});
            let began = Instant::now();
            socket.send(Message::text(search.to_string())).await?;
            let mut first = None;
            loop {
                let message = socket.next().await.context("the socket was closed")??;
                let Message::Text(text) = message else { continue };
                let since = began.elapsed().as_secs_f64() * 1e3;
                ensure!(!text.starts_with(r#"{"type":"error""#), "{text}");
                if first.is_none() && text.contains(r#""kind":"search_source_results""#) {
                    first = Some(since);
                }
                if text.starts_with(r#"{"type":"search_completed""#) {
                    took.push((first.unwrap_or(since), since));
                    break;
                }
            }
        }
        Ok(took)
    };
    let all = join_all((0..clients).map(|_| client())).await.into_iter().collect::<Result<Vec<_>>>()?.concat();
    let (first, whole) = all.into_iter().unzip();
    Ok((Took::of(first), Took::of(whole)))
}

/// What the readers of words have got.
#[derive(Default)]
pub struct Heard {
    /// When each word was sent, in microseconds.
    sent: Vec<AtomicU64>,
    /// When the last one got each word.
    last: Vec<AtomicU64>,
    count: AtomicU64,
    took: Mutex<Vec<f64>>,
}

impl Heard {
    /// Nothing yet, of so many words.
    pub fn of(words: usize) -> Arc<Self> {
        let times = || (0..words).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self { sent: times(), last: times(), ..Self::default() })
    }
}

/// What a round of words came to.
pub struct Round {
    /// From sending a word to each socket.
    pub each: Took,
    /// To the last one.
    pub all: Took,
    /// Microseconds of CPU of the servers a delivery.
    pub cpu: f64,
}

/// Measures memory, the word to all, and the same with sockets that do not read.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    let pake = bench.recipe.start("sockets")?;
    let (pid, address) = (pake.process.pid(), pake.process.address.clone());
    let before = process::memory(pid);
    let (count, words) = (10_000, bench.count(30));
    let heard = Heard::of(3 * words);
    let say = async |request: &str| wire::once(&address, &announcement("localhost", request)).await;
    let origin = Instant::now();
    let readers = open(&address, count, origin, &heard).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let held = process::memory(pid);
    let alone = round(&say, &[pid], origin, &heard, 0..words, count, 100).await?;
    let after = process::memory(pid);
    let mut stuck = Vec::new();
    for _ in 0..50 {
        stuck.push(never_reads(&address).await?);
    }
    // Long words fill what the system keeps for those who do not read; then it is the server that has to hold them.
    round(&say, &[pid], origin, &heard, words..2 * words, count, 1_900).await?;
    let beside = round(&say, &[pid], origin, &heard, 2 * words..3 * words, count, 100).await?;
    drop(stuck);
    for reader in readers {
        reader.abort();
    }
    found.at_most("10,000 WebSockets held", after.max(held), 80.0, "MiB in all");
    found.at_most("a word to 10,000 sockets reaches the last, p99", alone.all.at(0.99), 300.0, "ms");
    found.at_most(
        "the same beside 50 sockets that never read, p50 of that without them",
        beside.all.at(0.5) / alone.all.at(0.5),
        1.25,
        "×",
    );
    found.section(format!(
        "## WebSockets\n\n{count} sockets, {words} words to all. Memory (PSS): {} MiB before, {} held ({} KiB each), {} after the words. From sending to each \
         socket p50 / p99 {} / {} ms, to the last socket {} / {} ms; {} µs of CPU a delivery. Beside 50 sockets that never read, after words of 1,900 \
         characters had filled them: to each {} / {}, to the last {} / {} ms.\n",
        short(before),
        short(held),
        short((held - before) * 1024.0 / 10_000.0),
        short(after),
        short(alone.each.at(0.5)),
        short(alone.each.at(0.99)),
        short(alone.all.at(0.5)),
        short(alone.all.at(0.99)),
        short(alone.cpu),
        short(beside.each.at(0.5)),
        short(beside.each.at(0.99)),
        short(beside.all.at(0.5)),
        short(beside.all.at(0.99)),
    ));
    Ok(())
}

/// Opens sockets that note when they hear a word.
async fn open(
    address: &str,
    count: usize,
    origin: Instant,
    heard: &Arc<Heard>,
) -> Result<Vec<tokio::task::JoinHandle<()>>> {
    let mut readers = Vec::with_capacity(count);
    while readers.len() < count {
        for socket in join_all((0..TOGETHER).map(|_| raw(address))).await {
            let socket = socket.with_context(|| format!("after {} sockets (see `ulimit -n`)", readers.len()))?;
            readers.push(tokio::spawn(listen(socket, origin, Arc::clone(heard))));
        }
    }
    Ok(readers)
}

/// An open socket, read as bytes: very many readers must cost next to nothing here, since what they cost is taken from what
/// is measured.
async fn raw(address: &str) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    upgraded(stream, "localhost").await
}

/// A socket over this connection, to a server of this name.
pub async fn upgraded<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, host: &str) -> Result<S> {
    let headers = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    stream.write_all(&wire::request_to(host, "/ws", &headers, None)).await?;
    // What TLS could not send at once waits for this.
    stream.flush().await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        ensure!(
            stream.read_buf(&mut head).await? > 0 && head.len() < 4096,
            "no WebSocket: {}",
            String::from_utf8_lossy(&head)
        );
    }
    ensure!(head.starts_with(b"HTTP/1.1 101 "), "no WebSocket: {}", String::from_utf8_lossy(&head));
    Ok(stream)
}

/// Notes each word that comes over a socket, and when.
pub async fn listen<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, origin: Instant, heard: Arc<Heard>) {
    let mut chunk = [0; 2048];
    while let Ok(length @ 1..) = stream.read(&mut chunk).await {
        let bytes = &chunk[..length];
        if bytes.starts_with(&[0x89, 0]) {
            // A ping; the answer is masked with zeros.
            let _ = stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await;
        }
        let word = bytes.windows(5).position(|five| five == b"word ").map(|at| &bytes[at + 5..]);
        let number = word
            .and_then(|rest| std::str::from_utf8(rest.split(|byte| *byte == b' ').next()?).ok()?.parse::<usize>().ok());
        let Some((sent, last)) = number.and_then(|number| heard.sent.get(number).zip(heard.last.get(number))) else {
            continue;
        };
        let now = micros(origin);
        last.fetch_max(now, Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "microseconds of minutes")]
        let millis = now.saturating_sub(sent.load(Relaxed)) as f64 / 1e3;
        heard.took.lock().unwrap_or_else(PoisonError::into_inner).push(millis);
        heard.count.fetch_add(1, Relaxed);
    }
}

fn micros(origin: Instant) -> u64 {
    u64::try_from(origin.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// The request that says something to everybody, to a server of this name.
pub fn announcement(host: &str, body: &str) -> Vec<u8> {
    wire::request_to(host, "/api/v1/announcements", &[], Some(body))
}

/// Says words of this length one after another, each when the one before has reached everybody.
pub async fn round(
    say: &impl AsyncFn(&str) -> Result<(u16, Vec<u8>)>,
    servers: &[u32],
    origin: Instant,
    heard: &Heard,
    words: std::ops::Range<usize>,
    sockets: usize,
    length: usize,
) -> Result<Round> {
    heard.took.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let used = || servers.iter().map(|pid| process::cpu(*pid)).sum::<f64>();
    let cpu = used();
    let mut all = Vec::new();
    for number in words.clone() {
        let want = heard.count.load(Relaxed) + sockets as u64;
        let body = json!({"message": format!("word {number} {}", "x".repeat(length))}).to_string();
        heard.sent[number].store(micros(origin), Relaxed);
        let (status, answer) = say(&body).await?;
        ensure!(status == 202, "a word is answered with {status}: {}", String::from_utf8_lossy(&answer));
        let began = Instant::now();
        while heard.count.load(Relaxed) < want {
            ensure!(began.elapsed() < PATIENCE, "word {number} reached {} too few", want - heard.count.load(Relaxed));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        #[expect(clippy::cast_precision_loss, reason = "microseconds of minutes")]
        all.push((heard.last[number].load(Relaxed) - heard.sent[number].load(Relaxed)) as f64 / 1e3);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let took = std::mem::take(&mut *heard.took.lock().unwrap_or_else(PoisonError::into_inner));
    #[expect(clippy::cast_precision_loss, reason = "hundreds of thousands")]
    let deliveries = (words.len() * sockets) as f64;
    Ok(Round { each: Took::of(took), all: Took::of(all), cpu: (used() - cpu) * 1e6 / deliveries })
}

/// A socket that takes next to nothing and never reads.
async fn never_reads(address: &str) -> Result<WebSocketStream<TcpStream>> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(2 << 10)?;
    let stream = socket.connect(address.parse()?).await?;
    let (socket, _) = client_async_with_config(format!("ws://{address}/ws"), stream, Some(small())).await?;
    Ok(socket)
}
