//! Closed-loop load: so many clients that each ask again as soon as they are answered, for so long.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::{process, wire::Connection};

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// How much of an answer is looked through for the word that it is whole.
const HEAD: usize = 512;

/// Makes the bytes of the request of this number.
pub type Requests = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

/// What is asked of whom, by how many, for how long.
#[derive(Clone)]
pub struct Load<'a> {
    /// Host and port.
    pub address: &'a str,
    /// Whose CPU and memory are measured.
    pub pid: u32,
    /// The requests.
    pub requests: Requests,
    /// How many ask at once.
    pub clients: usize,
    /// For how long.
    pub seconds: f64,
    /// For how long before that, unmeasured.
    pub warm: f64,
    /// What stands at the beginning of an answer that is whole; others are timed too, and counted as partial.
    pub whole: &'static str,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// How many asked at once.
    pub clients: usize,
    /// Answers.
    pub answers: u64,
    /// Answers that were not whole.
    pub partial: u64,
    /// The beginnings of these, which name their searches.
    pub partial_heads: Vec<String>,
    /// Requests that got no answer, or one with an error.
    pub failed: u64,
    /// Answers a second.
    pub rate: f64,
    /// Milliseconds, in order.
    pub took: Took,
    /// Milliseconds of CPU an answer, of the process under test.
    pub cpu: f64,
    /// Cores that it used.
    pub cores: f64,
    /// The most memory that it took, in MiB.
    pub memory: f64,
    /// Bytes of an answer.
    pub bytes: u64,
    /// Cores that the whole machine used, with the sources, this load and everybody else.
    pub busy: f64,
}

/// How long things took, in order.
#[derive(Debug, Clone, Default)]
pub struct Took(Vec<f64>);

impl Took {
    /// From milliseconds in any order.
    pub fn of(mut millis: Vec<f64>) -> Self {
        millis.sort_by(f64::total_cmp);
        Self(millis)
    }

    /// The quantile, `q` from 0 to 1; 0 when there is nothing.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    pub fn at(&self, q: f64) -> f64 {
        self.0
            .get(((self.0.len() as f64 * q) as usize).min(self.0.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

#[derive(Default)]
struct Shared {
    next: AtomicU64,
    counting: AtomicBool,
    over: AtomicBool,
    partial: Mutex<Vec<String>>,
    failed: AtomicU64,
    bytes: AtomicU64,
}

/// Runs a load and measures.
pub async fn run(load: Load<'_>) -> Result<Cell> {
    let shared = Arc::new(Shared::default());
    let clients: Vec<_> = (0..load.clients)
        .map(|_| tokio::spawn(client(load.address.to_owned(), load.clone().requests, load.whole, Arc::clone(&shared))))
        .collect();
    tokio::time::sleep(Duration::from_secs_f64(load.warm)).await;
    shared.counting.store(true, Relaxed);
    let (cpu, busy, began) = (process::cpu(load.pid), process::busy(), Instant::now());
    let mut memory = process::memory(load.pid);
    while began.elapsed().as_secs_f64() < load.seconds {
        tokio::time::sleep(Duration::from_millis(200)).await;
        memory = memory.max(process::memory(load.pid));
    }
    shared.counting.store(false, Relaxed);
    let (seconds, cpu, busy) = (began.elapsed().as_secs_f64(), process::cpu(load.pid) - cpu, process::busy() - busy);
    shared.over.store(true, Relaxed);
    let mut took = Vec::new();
    for client in clients {
        took.extend(client.await?);
    }
    let answers = took.len() as u64;
    ensure!(
        answers > 0,
        "no answer from {} within {seconds:.0} s, {} failures",
        load.address,
        shared.failed.load(Relaxed)
    );
    #[expect(clippy::cast_precision_loss, reason = "counts of seconds")]
    let count = answers as f64;
    let partial_heads = std::mem::take(&mut *shared.partial.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Cell {
        clients: load.clients,
        answers,
        partial: partial_heads.len() as u64,
        partial_heads,
        failed: shared.failed.load(Relaxed),
        rate: count / seconds,
        took: Took::of(took),
        cpu: cpu * 1e3 / count,
        cores: cpu / seconds,
        memory,
        bytes: shared.bytes.load(Relaxed) / answers,
        busy: busy / seconds,
    })
}

/// Asks until it is over; gives back how long the counted answers took.
async fn client(address: String, requests: Requests, whole: &'static str, shared: Arc<Shared>) -> Vec<f64> {
    let mut took = Vec::new();
    let mut connection = None;
    while !shared.over.load(Relaxed) {
        let Some(open) = &mut connection else {
            connection = Connection::open(&address).await.ok();
            if connection.is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            continue;
        };
        let request = requests(shared.next.fetch_add(1, Relaxed));
        let began = Instant::now();
        let answer = tokio::time::timeout(PATIENCE, open.exchange(&request)).await;
        let millis = began.elapsed().as_secs_f64() * 1e3;
        let counted = shared.counting.load(Relaxed);
        match answer {
            Ok(Ok(answer)) if answer.status == 200 => {
                if counted {
                    took.push(millis);
                    shared.bytes.fetch_add(answer.body.len() as u64, Relaxed);
                    let head = &answer.body[..answer.body.len().min(HEAD)];
                    let is_whole = whole.is_empty() || head.windows(whole.len()).any(|part| part == whole.as_bytes());
                    if !is_whole {
                        let head = String::from_utf8_lossy(head).into_owned();
                        shared.partial.lock().unwrap_or_else(PoisonError::into_inner).push(head);
                    }
                }
                continue;
            }
            Ok(Ok(_)) => {}
            _ => connection = None,
        }
        shared.failed.fetch_add(u64::from(counted), Relaxed);
    }
    took
}
