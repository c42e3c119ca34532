//! Passwords: which are taken ([`rule`]), how they are kept (Argon2id), and that checking them slows nobody else down.
//!
//! A hash takes a tenth of a second and 64 MiB on purpose. So hashes are made on a few threads of their own, less urgent
//! than the rest of the process; whoever comes when too many wait is told when to come back.

use std::{
    fmt,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

mod breached;
mod generate;
mod guesses;
mod hashing;
mod personal;
mod pool;
pub mod rule;
#[cfg(test)]
mod tests;

pub use self::{
    generate::{LENGTHS, WrongLength, generate},
    hashing::{Cost, Verdict},
};
use self::{
    hashing::{HashingError, Memory, SALT_BYTES},
    pool::{Pool, PoolError},
};

/// Four people who sign in at once are to wait no longer than this.
const GOAL: Duration = Duration::from_millis(400);

/// How many sign in at once in the goal.
const AT_ONCE: usize = 4;

/// Lesser costs that OWASP's password cheat sheet or RFC 9106 name, dearest first; the last is the least that is advised.
const LESSER: [Cost; 3] = [
    Cost { memory_kib: 65536, iterations: 2 },
    Cost { memory_kib: 47104, iterations: 1 },
    Cost { memory_kib: 19456, iterations: 2 },
];

/// How passwords are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordOptions {
    /// What a hash costs.
    pub cost: Cost,
    /// Hashes made at once.
    pub concurrency: usize,
    /// Hashes that may wait.
    pub queue: usize,
}

/// Makes and checks hashes of passwords.
pub struct Passwords {
    cost: Cost,
    pool: Pool,
    random: SystemRandom,
}

/// Why a password was neither hashed nor checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many are waiting.
    #[error("too many people are signing in at once")]
    Busy {
        /// When there will be room again.
        retry_after: Duration,
    },
    /// It has more characters than the rule allows.
    #[error("a password of more than {} characters", rule::MOST)]
    TooLong,
    /// Our fault, or the system's.
    #[error("{0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

/// What a hash takes on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calibration {
    /// What is configured.
    pub cost: Cost,
    /// What one hash takes, when nobody else makes one.
    pub one: Duration,
    /// How long the last of four waits who sign in at once.
    pub last_of_four: Duration,
    /// What would keep that below 400 ms; nothing when it is already.
    pub suggestion: Option<Cost>,
}

impl Passwords {
    /// With these options. The threads begin with the first password.
    pub fn new(options: &PasswordOptions) -> Self {
        Self { cost: options.cost, pool: Pool::new(options.concurrency, options.queue), random: SystemRandom::new() }
    }

    /// Hashes a password for keeping. Whether it may be set is for [`rule::check`] to say.
    pub async fn hash(&self, password: &SecretString) -> Result<String, PasswordError> {
        let password = normalised(password).ok_or(PasswordError::TooLong)?;
        let mut salt = [0; SALT_BYTES];
        self.random.fill(&mut salt).map_err(|_| PasswordError::Failed("the system gives no random numbers".into()))?;
        let cost = self.cost;
        let work = move |memory: &mut Memory| hashing::hash(password.expose_secret().as_bytes(), salt, cost, memory);
        Ok(self.pool.run(work).await??)
    }

    /// Whether the password is the one of which this hash was kept. Without a hash it does the same work, so that nobody is
    /// known to have no account by a quick answer.
    pub async fn verify(&self, password: &SecretString, stored: Option<&str>) -> Result<Verdict, PasswordError> {
        // None so long was ever set.
        let password = normalised(password);
        let stored = stored.filter(|_| password.is_some()).map(str::to_owned);
        let password = password.unwrap_or_default();
        let cost = self.cost;
        let work = move |memory: &mut Memory| {
            let password = password.expose_secret().as_bytes();
            let Some(stored) = stored else { return hashing::pretend(password, cost, memory) };
            hashing::verify(password, &stored, cost, memory).or_else(|error| {
                // To whoever asks it is a wrong password; an operator wants to know.
                tracing::error!(%error, "a stored password hash cannot be read: nobody can sign in with it");
                hashing::pretend(password, cost, memory)
            })
        };
        Ok(self.pool.run(work).await??)
    }

    /// Measures what hashes take on this machine, in about a second.
    pub async fn calibrate(&self) -> Result<Calibration, PasswordError> {
        let password = SecretString::from("calibration");
        // The first one also gets the memory.
        self.verify(&password, None).await?;
        let mut single = [Duration::MAX; 3];
        for took in &mut single {
            let begun = Instant::now();
            self.verify(&password, None).await?;
            *took = begun.elapsed();
        }
        single.sort_unstable();
        let begun = Instant::now();
        try_join_all((0..AT_ONCE).map(|_| self.verify(&password, None))).await?;
        let last_of_four = begun.elapsed();
        Ok(Calibration {
            cost: self.cost,
            one: single[1],
            last_of_four,
            suggestion: suggestion(self.cost, last_of_four),
        })
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("cost", &self.cost).field("pool", &self.pool).finish_non_exhaustive()
    }
}

impl From<PoolError> for PasswordError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Full { retry_after } => Self::Busy { retry_after },
            error => Self::Failed(error.into()),
        }
    }
}

impl From<HashingError> for PasswordError {
    fn from(error: HashingError) -> Self {
        Self::Failed(error.into())
    }
}

/// The dearest of the lesser costs with which four would wait no longer than they should. Time goes with memory times passes.
fn suggestion(cost: Cost, last_of_four: Duration) -> Option<Cost> {
    if last_of_four <= GOAL {
        return None;
    }
    let work = |cost: Cost| f64::from(cost.memory_kib) * f64::from(cost.iterations);
    let lesser = || LESSER.into_iter().filter(|lesser| work(*lesser) < work(cost));
    lesser().find(|lesser| last_of_four.mul_f64(work(*lesser) / work(cost)) <= GOAL).or_else(|| lesser().next_back())
}

/// The password as it is hashed: NFKC, so that it does not matter which keyboard it was typed on. Nothing when it is too
/// long.
fn normalised(password: &SecretString) -> Option<SecretString> {
    // One more than is taken is enough to know: what is sent may be as long as a request.
    let text: String = password.expose_secret().nfkc().take(rule::MOST + 1).collect();
    let text = SecretString::from(text);
    (text.expose_secret().chars().count() <= rule::MOST).then_some(text)
}

/// What is compared with lists: NFKC, lower case, without spaces around it.
fn fold(text: &str) -> String {
    let lower = text.nfkc().collect::<String>().to_lowercase();
    lower.nfkc().collect::<String>().trim().to_owned()
}
