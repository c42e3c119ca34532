//! Threads that only make hashes: few, with a bounded queue before them, and less urgent than whoever answers searches.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use tokio::sync::oneshot;

use super::hashing::Memory;

/// How much nicer the threads are than others: where both want a processor, the others get twelve times as much of it. Four
/// who sign in without a pause took 7 % of the searches of two processors that did nothing else, with 10 up to 11 %, at the
/// same priority half of them. While half of the two was busy, they waited a quarter of a second either way.
#[cfg(target_os = "linux")]
const NICER: i32 = 11;

/// How long memory is kept for the next hash. Having it at hand saves a third of the time of a hash.
const KEPT: Duration = Duration::from_secs(2);

/// How long a hash takes, as long as none was made here.
const FIRST_GUESS: Duration = Duration::from_millis(150);

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// The threads. They begin with the first job and end with this.
#[derive(Debug)]
pub struct Pool {
    workers: usize,
    capacity: usize,
    jobs: OnceLock<Sender<Job>>,
    /// What a job takes, in microseconds, as a moving average.
    average: Arc<AtomicU64>,
}

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The queue is full.
    #[error("too many passwords are being checked at once")]
    Full {
        /// When there will be room again.
        retry_after: Duration,
    },
    /// There are no threads to be had.
    #[error("no thread for password hashes: {0}")]
    Threads(#[from] io::Error),
    /// The job panicked.
    #[error("a password hash panicked")]
    Lost,
}

impl Pool {
    /// A pool of so many threads, before which so many jobs may wait.
    pub fn new(workers: usize, capacity: usize) -> Self {
        let average = Arc::new(AtomicU64::new(u64::try_from(FIRST_GUESS.as_micros()).unwrap_or(u64::MAX)));
        Self { workers: workers.max(1), capacity: capacity.max(1), jobs: OnceLock::new(), average }
    }

    /// Does a job on one of the threads. It is not begun when nobody waits for it any more.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (reply, result) = oneshot::channel();
        let average = Arc::clone(&self.average);
        let job: Job = Box::new(move |memory| {
            if reply.is_closed() {
                return;
            }
            let begun = Instant::now();
            let done = work(memory);
            record(&average, begun.elapsed());
            // Whoever waited may have left.
            let _ = reply.send(done);
        });
        match self.jobs()?.try_send(job) {
            Ok(()) => result.await.map_err(|_| PoolError::Lost),
            Err(TrySendError::Full(_)) => Err(PoolError::Full { retry_after: self.retry_after() }),
            // The threads hold the other end as long as this holds its own.
            Err(TrySendError::Disconnected(_)) => Err(PoolError::Lost),
        }
    }

    fn jobs(&self) -> io::Result<&Sender<Job>> {
        if let Some(jobs) = self.jobs.get() {
            return Ok(jobs);
        }
        let (sender, receiver) = crossbeam_channel::bounded(self.capacity);
        for number in 1..=self.workers {
            let jobs = receiver.clone();
            thread::Builder::new().name(format!("passwords {number}")).spawn(move || work_off(&jobs))?;
        }
        // Of two that begin at once one wins; the threads of the other find their queue gone and end.
        Ok(self.jobs.get_or_init(|| sender))
    }

    /// When the queue will have been worked off, in whole seconds.
    fn retry_after(&self) -> Duration {
        let average = Duration::from_micros(self.average.load(Ordering::Relaxed));
        let waiting = u32::try_from(self.capacity.div_ceil(self.workers)).unwrap_or(u32::MAX);
        Duration::from_secs(average.saturating_mul(waiting).as_secs() + 1)
    }
}

/// One in eight parts of the average is new.
fn record(average: &AtomicU64, took: Duration) {
    let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX / 8);
    let before = average.load(Ordering::Relaxed);
    average.store(before - before / 8 + took / 8, Ordering::Relaxed);
}

/// What each thread does.
fn work_off(jobs: &Receiver<Job>) {
    be_nice();
    let mut memory = Memory::default();
    loop {
        let job = match jobs.recv_timeout(KEPT) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                memory.release();
                match jobs.recv() {
                    Ok(job) => job,
                    Err(_) => return,
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        // A thread that was lost to a panic would be missing for good.
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            memory.release();
        }
    }
}

/// On Linux each thread has a priority of its own; elsewhere it is the whole process that has one.
#[cfg(target_os = "linux")]
fn be_nice() {
    if let Err(error) = rustix::process::nice(NICER) {
        tracing::warn!(%error, "password hashes are made at full priority");
    }
}

#[cfg(not(target_os = "linux"))]
const fn be_nice() {}

#[cfg(test)]
mod tests {
    use std::{
        pin::{Pin, pin},
        sync::{Mutex, atomic::AtomicBool, mpsc},
        task::{Context, Waker},
    };

    use tokio::task::JoinHandle;

    use super::*;

    #[tokio::test]
    async fn what_a_job_gives_comes_back() {
        let pool = Pool::new(2, 4);
        assert_eq!(pool.run(|_| 42).await.unwrap(), 42);
    }

    /// Begins jobs that hold their threads until the sender is dropped; comes back when all of them run.
    async fn hold(pool: &Arc<Pool>, count: usize) -> (mpsc::Sender<()>, Vec<JoinHandle<Result<(), PoolError>>>) {
        let (open, closed) = mpsc::channel::<()>();
        let closed = Arc::new(Mutex::new(closed));
        let (running, mut begun) = tokio::sync::mpsc::unbounded_channel();
        let mut held = Vec::new();
        for _ in 0..count {
            let (pool, running, closed) = (Arc::clone(pool), running.clone(), Arc::clone(&closed));
            let job = move |_: &mut Memory| {
                running.send(()).unwrap();
                let _ = closed.lock().unwrap().recv();
            };
            held.push(tokio::spawn(async move { pool.run(job).await }));
            begun.recv().await.unwrap();
        }
        (open, held)
    }

    /// Brings a job into the queue.
    fn queued<T>(run: Pin<&mut impl Future<Output = T>>) {
        assert!(run.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }

    #[tokio::test]
    async fn so_many_jobs_run_at_once_so_many_wait_and_the_next_is_told_when_to_come_back() {
        let pool = Arc::new(Pool::new(2, 2));
        let (open, held) = hold(&pool, 2).await;
        let mut waiting = [1, 2].map(|number| Box::pin(pool.run(move |_| number)));
        for run in &mut waiting {
            queued(run.as_mut());
        }
        let Err(PoolError::Full { retry_after }) = pool.run(|_| ()).await else { panic!("there was room") };
        assert_eq!(retry_after, Duration::from_secs(1));

        drop(open);
        for job in held {
            job.await.unwrap().unwrap();
        }
        for (run, number) in waiting.into_iter().zip(1..) {
            assert_eq!(run.await.unwrap(), number);
        }
        assert_eq!(pool.run(|_| 3).await.unwrap(), 3, "there is room again");
    }

    #[tokio::test]
    async fn a_job_for_which_nobody_waits_any_more_is_not_begun() {
        let pool = Arc::new(Pool::new(1, 4));
        let (open, held) = hold(&pool, 1).await;
        let begun = Arc::new(AtomicBool::new(false));
        {
            let begun = Arc::clone(&begun);
            let mut left = pin!(pool.run(move |_| begun.store(true, Ordering::Relaxed)));
            queued(left.as_mut());
        }
        drop(open);
        for job in held {
            job.await.unwrap().unwrap();
        }
        assert_eq!(pool.run(|_| 3).await.unwrap(), 3);
        assert!(!begun.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn a_panic_costs_its_job_and_no_thread() {
        let pool = Pool::new(1, 4);
        let lost = pool.run(|_| -> u8 { panic!("in a test") }).await;
        assert!(matches!(lost, Err(PoolError::Lost)), "{lost:?}");
        assert_eq!(pool.run(|_| 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn the_threads_end_with_the_pool() {
        struct Told(mpsc::Sender<()>);
        impl Drop for Told {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        thread_local! {
            static AT_THE_END: std::cell::RefCell<Option<Told>> = const { std::cell::RefCell::new(None) };
        }
        let (told, ended) = mpsc::channel();
        let pool = Pool::new(1, 4);
        pool.run(move |_| AT_THE_END.set(Some(Told(told)))).await.unwrap();
        assert!(ended.try_recv().is_err());
        drop(pool);
        tokio::task::spawn_blocking(move || ended.recv().unwrap()).await.unwrap();
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn hashes_are_less_urgent_than_everything_else() {
        let own = || rustix::process::getpriority_process(None).unwrap();
        let before = own();
        let of_job = Pool::new(1, 1).run(move |_| own()).await.unwrap();
        assert_eq!(of_job, (before + NICER).min(19));
        assert_eq!(own(), before, "only the threads of the pool are");
    }

    #[test]
    fn the_wait_follows_what_hashes_take() {
        let pool = Pool::new(2, 32);
        assert_eq!(pool.retry_after(), Duration::from_secs(3), "16 rounds of 150 ms");
        (0..100).for_each(|_| record(&pool.average, Duration::from_secs(1)));
        assert!((16..=17).contains(&pool.retry_after().as_secs()), "{:?}", pool.retry_after());
    }
}
