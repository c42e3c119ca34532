//! Answers that were kept: in this process's memory, and in Redis by another process.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use crate::{
    Bench,
    load::{self, Cell, Load, Took},
    process::{Process, free_address},
    report::{Findings, short, table},
    serving::{self, Recipe, WHOLE, ask, new_query},
    wire::{self, Connection},
};

/// Measures hits in memory against a bare handler that sends the same bytes.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    bench.sources.set("reset").await?;
    let pake = bench.recipe.start("cached")?;
    let query = new_query(&bench.sources.queries);
    let mut rows = Vec::new();
    for encoding in ["zstd", "identity"] {
        let request = ask(&query, encoding);
        wire::once(&pake.process.address, &request).await?;
        let (status, body) = wire::once(&pake.process.address, &request).await?;
        ensure!(status == 200, "a hit is answered with {status}: {}", String::from_utf8_lossy(&body));
        let file = bench.folder.join(encoding);
        std::fs::write(&file, &body)?;
        let address = free_address()?;
        let arguments = ["floor-bytes", &address, &file.display().to_string(), encoding];
        let floor = Process::start(&bench.program, &arguments, &[], &address, &bench.folder.join("floor.log"))?;
        for clients in [1, 32] {
            for (name, process, whole) in [("floor", &floor, ""), ("PAKE", &pake.process, WHOLE)] {
                let (address, pid, requests) =
                    (process.address.as_str(), process.pid(), serving::again(vec![request.clone()]));
                let load = Load { address, pid, requests, clients, seconds: bench.seconds(5.0), warm: 0.5, whole };
                rows.push((format!("{name}, {encoding}"), load::run(load).await?));
            }
        }
    }
    judge(found, &rows);
    let note = "One question again and again. The floor is a bare axum handler that sends the same bytes from memory. PAKE writes each \
                hit into the history too.";
    found.section(table("Cached answers", note, &rows));
    Ok(())
}

fn judge(found: &mut Findings, rows: &[(String, Cell)]) {
    let cell = |name: &str, clients| {
        rows.iter()
            .find(|(row, cell)| row == name && cell.clients == clients)
            .map(|(_, cell)| cell.clone())
            .unwrap_or_default()
    };
    for encoding in ["zstd", "identity"] {
        let (pake, floor) = (cell(&format!("PAKE, {encoding}"), 32), cell(&format!("floor, {encoding}"), 32));
        found.at_least(
            &format!("hits against a bare axum handler with the same bytes ({encoding}, 32 clients)"),
            pake.rate / floor.rate * 100.0,
            60.0,
            "%",
        );
        found.at_most(&format!("CPU of a hit ({encoding}, 32 clients)"), pake.cpu * 1e3, 35.0, "µs");
    }
    found.at_most("p50 of a hit with one client (zstd)", cell("PAKE, zstd", 1).took.at(0.5) * 1e3, 150.0, "µs");
}

/// Answers that surely fit into the memory of a PAKE as it comes: what was let go would come from Redis once more.
const KEPT_IN_MEMORY: usize = 48;

/// Measures hits that another process put into Redis.
pub async fn measure_redis(bench: &Bench, redis: Option<&str>, found: &mut Findings) -> Result<()> {
    let Some(redis) = redis else {
        found.section("## Answers in Redis\n\nNot measured: there was no Redis.\n".to_owned());
        return Ok(());
    };
    let recipe = Recipe { redis: Some(redis.to_owned()), ..bench.recipe.clone() };
    let (one, other) = (recipe.start("redis-one")?, recipe.start("redis-other")?);
    let questions = |count| (0..count).map(|_| ask(&new_query(&bench.sources.queries), "zstd")).collect::<Vec<_>>();
    // What the other has to set up once, such as its connection to Redis.
    let first = questions(20);
    each(&one.process.address, &first).await?;
    each(&other.process.address, &first).await?;
    let (mut from_redis, mut from_memory, mut cpu) = (Vec::new(), Vec::new(), 0.0);
    for _ in 0..bench.count(12) {
        let requests = questions(KEPT_IN_MEMORY);
        each(&one.process.address, &requests).await?;
        let before = crate::process::cpu(other.process.pid());
        from_redis.append(&mut each(&other.process.address, &requests).await?);
        cpu += (crate::process::cpu(other.process.pid()) - before) * 1e6;
        from_memory.append(&mut each(&other.process.address, &requests).await?);
    }
    let (from_redis, from_memory) = (Took::of(from_redis), Took::of(from_memory));
    let (round_trip, bytes) = round_trips(redis).await?;
    let ratio = from_redis.at(0.5) / round_trip.at(0.5);
    let beyond = (from_redis.at(0.5) - from_memory.at(0.5)) / round_trip.at(0.5);
    found.at_most("p50 of a hit from Redis over the same hit from memory, in round trips to Redis", beyond, 2.0, "×");
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let each = cpu / from_redis.count() as f64;
    found.section(format!(
        "## Answers in Redis\n\nOne client, {} answers that another PAKE made, p50 / p99 in µs: from Redis {} / {}, the same again from memory {} / {}; \
         `GET` of such an answer ({bytes} bytes) over a bare connection {} / {}. A whole hit from Redis is {} such round trips; {} µs of CPU.\n",
        from_redis.count(),
        short(from_redis.at(0.5) * 1e3),
        short(from_redis.at(0.99) * 1e3),
        short(from_memory.at(0.5) * 1e3),
        short(from_memory.at(0.99) * 1e3),
        short(round_trip.at(0.5) * 1e3),
        short(round_trip.at(0.99) * 1e3),
        short(ratio),
        short(each),
    ));
    Ok(())
}

/// Asks each once, one after another; how long each took, in milliseconds.
async fn each(address: &str, requests: &[Vec<u8>]) -> Result<Vec<f64>> {
    let mut connection = Connection::open(address).await?;
    let mut took = Vec::with_capacity(requests.len());
    for request in requests {
        let began = Instant::now();
        let answer = connection.exchange(request).await?;
        ensure!(answer.status == 200, "status {}", answer.status);
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}

/// Times `GET` of the answers that are in Redis, and tells how long the usual one is.
async fn round_trips(redis: &str) -> Result<(Took, usize)> {
    let address = redis.trim_start_matches("redis://").split('/').next().unwrap_or_default();
    let mut stream = TcpStream::connect(address).await.context("Redis")?;
    stream.set_nodelay(true)?;
    let keys = command(&mut stream, &["KEYS", "pake:l2:answer:*"]).await?;
    let keys: Vec<_> =
        String::from_utf8_lossy(&keys).lines().filter(|line| line.starts_with("pake:")).map(str::to_owned).collect();
    let (mut took, mut bytes) = (Vec::new(), 0);
    for key in &keys {
        let began = Instant::now();
        bytes += command(&mut stream, &["GET", key]).await?.len();
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok((Took::of(took), bytes / keys.len().max(1)))
}

/// Sends a command in Redis' protocol and gives back the bytes of its answer: a bulk string, or an array of them.
async fn command(stream: &mut TcpStream, words: &[&str]) -> Result<Vec<u8>> {
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        // Writing into a string cannot fail.
        let _ = write!(text, "${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(text.as_bytes()).await?;
    let mut answer = Vec::with_capacity(64 << 10);
    loop {
        ensure!(stream.read_buf(&mut answer).await? > 0, "Redis closed the connection");
        if is_whole(&answer) {
            return Ok(answer);
        }
    }
}

/// Whether an answer is all there.
fn is_whole(answer: &[u8]) -> bool {
    let line = |from: usize| answer[from..].windows(2).position(|two| two == b"\r\n").map(|end| from + end);
    let number = |from: usize, to: usize| {
        std::str::from_utf8(&answer[from + 1..to]).ok().and_then(|text| text.parse::<i64>().ok()).unwrap_or(0)
    };
    let Some(end) = line(0) else { return false };
    let (mut at, items) = if answer[0] == b'*' { (end + 2, number(0, end)) } else { (0, 1) };
    for _ in 0..items {
        let Some(end) = (at < answer.len()).then(|| line(at)).flatten() else { return false };
        if answer[at] == b'$' {
            at = end + 2 + usize::try_from(number(at, end) + 2).unwrap_or(0);
        } else {
            at = end + 2;
        }
    }
    at <= answer.len()
}
