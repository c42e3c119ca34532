//! A replica of PostgreSQL, from which lists and numbers are read while it is near enough.
//!
//! What is read there is never older than what the primary had when it was asked: the primary says up to where its log is on its
//! disk, and the replica is read once it has applied as much. So everybody reads what they wrote, whichever process wrote it, and
//! no process has to tell another. A replica that is away, or that does not come near in time, is left alone until
//! [`Replica::watch`] finds it near again; the primary is asked meanwhile.
#![expect(clippy::disallowed_methods, reason = "how far a replica is, is asked beside the store")]

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::time::{Instant, sleep, timeout};

use super::{DbError, Problem};
use crate::metrics::{ReadFrom, ReplicaGauges};

/// Up to where the log of the primary is on its disk, in bytes. What was acknowledged is there.
const WRITTEN: &str = "SELECT CAST(pg_current_wal_flush_lsn() - '0/0'::pg_lsn AS BIGINT)";
/// Up to where a replica has applied it. Nothing where somebody writes themselves.
const APPLIED: &str =
    "SELECT CASE WHEN pg_is_in_recovery() THEN CAST(pg_last_wal_replay_lsn() - '0/0'::pg_lsn AS BIGINT) END";
/// Which databases are copies of each other.
const LINEAGE: &str = "SELECT system_identifier FROM pg_control_system()";
/// How often is looked how far it is.
const LOOK: Duration = Duration::from_secs(1);
/// Longest wait for a connection and for what is asked of it beforehand.
const PATIENCE: Duration = Duration::from_millis(500);
/// The first pause before it is asked again how far it is; each is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(1);

/// How a replica is doing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// Nobody has looked yet.
    Unknown,
    /// It is read; it was so far behind at the last look.
    Near(Duration),
    /// It is too far behind; this far, as far as is known.
    Behind(Duration),
    /// It does not answer.
    Away,
    /// What answers is no replica of this database.
    Foreign,
}

/// A replica.
#[derive(Clone)]
pub struct Replica {
    pub(super) pool: PgPool,
    max_lag: Duration,
    standing: Arc<Mutex<Standing>>,
    gauges: ReplicaGauges,
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica").field("standing", &self.standing()).finish_non_exhaustive()
    }
}

impl Replica {
    /// One that may be so far behind.
    pub(super) fn new(pool: PgPool, max_lag: Duration) -> Self {
        let standing = Arc::new(Mutex::new(Standing::Unknown));
        Self { pool, max_lag, standing, gauges: ReplicaGauges::default() }
    }

    /// Counts here from now on.
    pub(super) fn reporting(self, gauges: ReplicaGauges) -> Self {
        Self { gauges, ..self }
    }

    /// How it is doing.
    pub fn standing(&self) -> Standing {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks again and again how far it is, without end.
    pub async fn watch(self, primary: PgPool) {
        let mut reached = Instant::now();
        loop {
            if let Some(standing) = self.look(&primary, &mut reached).await {
                self.stands(standing);
            }
            sleep(LOOK).await;
        }
    }

    /// How it is doing now; nothing is known while the primary is away.
    pub async fn examine(&self, primary: &PgPool) -> Standing {
        self.look(primary, &mut Instant::now()).await.unwrap_or(Standing::Unknown)
    }

    /// Looks once; `reached` is when the primary had what the replica has.
    async fn look(&self, primary: &PgPool, reached: &mut Instant) -> Option<Standing> {
        let asked = Instant::now();
        let Ok(Ok(written)) = timeout(PATIENCE, position(primary, WRITTEN)).await else { return None };
        Some(match self.arrive(written).await {
            Ok(_) if self.is_foreign(primary).await => Standing::Foreign,
            Ok(_) => {
                *reached = asked;
                Standing::Near(asked.elapsed())
            }
            Err(Late::Behind) => Standing::Behind(reached.elapsed()),
            Err(Late::Foreign) => Standing::Foreign,
            Err(Late::Away(error)) => {
                tracing::debug!(%error, "the replica of the database");
                Standing::Away
            }
        })
    }

    /// Whether the two are no copies of each other; asked where it is not known to be near yet.
    async fn is_foreign(&self, primary: &PgPool) -> bool {
        if matches!(self.standing(), Standing::Near(_)) {
            return false;
        }
        let lineages = async { tokio::join!(position(primary, LINEAGE), position(&self.pool, LINEAGE)) };
        match timeout(PATIENCE, lineages).await {
            Ok((Ok(Some(one)), Ok(Some(other)))) => one != other,
            // Not everybody may ask; then the address has to be believed.
            _ => false,
        }
    }

    /// A connection to it once it has all that the primary has now; nothing: the primary has to be asked itself.
    pub(crate) async fn current(&self, primary: &PgPool) -> Option<PoolConnection<Postgres>> {
        let connection = self.current_or_why(primary).await;
        let from = if connection.is_some() { ReadFrom::Replica } else { ReadFrom::Primary };
        self.gauges.read(from);
        connection
    }

    async fn current_or_why(&self, primary: &PgPool) -> Option<PoolConnection<Postgres>> {
        let Standing::Near(_) = self.standing() else { return None };
        let written = position(primary, WRITTEN).await.ok()?;
        match self.arrive(written).await {
            Ok(connection) => Some(connection),
            Err(late) => {
                self.stands(match late {
                    Late::Behind => Standing::Behind(self.max_lag),
                    Late::Foreign => Standing::Foreign,
                    Late::Away(_) => Standing::Away,
                });
                None
            }
        }
    }

    /// Waits until it has applied the log up to there.
    async fn arrive(&self, written: Option<i64>) -> Result<PoolConnection<Postgres>, Late> {
        let acquired = timeout(PATIENCE, self.pool.acquire()).await;
        let mut connection = acquired.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(DbError::from)?;
        let until = Instant::now() + self.max_lag;
        let mut pause = PAUSE;
        loop {
            let applied = timeout(PATIENCE, applied(&mut connection)).await;
            match applied.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(DbError::from)? {
                None => return Err(Late::Foreign),
                Some(applied) if written.is_some_and(|written| applied >= written) => return Ok(connection),
                Some(_) if Instant::now() + pause > until => return Err(Late::Behind),
                Some(_) => sleep(pause).await,
            }
            pause *= 2;
        }
    }

    /// What was read there failed: the primary is asked, and where the replica is gone, from now on.
    pub(crate) fn failed(&self, error: &DbError) {
        tracing::debug!(%error, "reading from the replica of the database");
        if error.problem == Problem::Away {
            self.stands(Standing::Away);
        }
    }

    /// Remembers how it is doing, and says so when it is another way than before.
    fn stands(&self, now: Standing) {
        let before = std::mem::replace(&mut *self.standing.lock().unwrap_or_else(PoisonError::into_inner), now);
        let lag = match now {
            Standing::Near(lag) | Standing::Behind(lag) => Some(lag),
            _ => None,
        };
        self.gauges.lag(lag);
        if std::mem::discriminant(&before) == std::mem::discriminant(&now) {
            return;
        }
        if matches!(now, Standing::Near(_)) {
            tracing::info!("lists are read from the replica of the database");
        } else {
            tracing::warn!("lists are read from the primary: the replica of the database {now}");
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("was not looked at yet"),
            Self::Near(lag) => write!(f, "is {} ms behind", lag.as_millis()),
            Self::Behind(lag) => write!(f, "is {:.1} s behind or more", lag.as_secs_f64()),
            Self::Away => f.write_str("does not answer"),
            Self::Foreign => f.write_str("is no replica of this database"),
        }
    }
}

/// Why it cannot be read.
enum Late {
    Behind,
    Away(DbError),
    Foreign,
}

impl From<DbError> for Late {
    fn from(error: DbError) -> Self {
        Self::Away(error)
    }
}

async fn position(pool: &PgPool, question: &'static str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(question).fetch_one(pool).await
}

async fn applied(connection: &mut PgConnection) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(APPLIED).fetch_one(connection).await
}
