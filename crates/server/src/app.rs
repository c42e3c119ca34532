//! The application: everything that a use case may need, built once.

use std::sync::{Arc, OnceLock, atomic::AtomicI64};

use chrono::{DateTime, Utc};
use engine::{
    clock::SharedClock,
    config::EngineConfig,
    others::Others,
    search::{Engine, SetupError},
};
use tokio::sync::OnceCell;

use crate::{
    alerts::Alerts,
    cache::Cache,
    certificates::Certificates,
    config::{Config, EffectiveSetting},
    current_engine::CurrentEngine,
    db::Db,
    departures::Departures,
    door::Door,
    ids::Ids,
    issuer_book::IssuerBook,
    job_book::JobBook,
    lifecycle::Lifecycle,
    limits::Limits,
    mail::Mail,
    metrics::Metrics,
    passwords::Passwords,
    preference_book::PreferenceBook,
    pulse::Pulse,
    recent_callers::RecentCallers,
    recorder::{Recorder, RecorderOptions},
    register::Searches,
    relying_party::RelyingParty,
    replicas::{Replicas, Turns},
    signer::Signer,
    split_book::SplitBook,
    usage_book::UsageBook,
    vault::{self, Vault},
    web::Web,
    workbench::Workbench,
};

/// Everything that a use case may need.
#[derive(Debug)]
pub struct App {
    /// What is set; checked.
    pub config: Config,
    /// Whether anybody may come in without signing in.
    pub door: Door,
    /// Seals secrets, and signs for one purpose each.
    pub vault: Vault,
    /// Signs the audit log; its key is in the database (`data_keys.rs`).
    pub audit_signer: OnceCell<vault::Signer>,
    /// Signs access tokens.
    pub signer: Signer,
    /// Makes and checks hashes of passwords.
    pub passwords: Passwords,
    /// The sources and the client that asks them, with the settings that they have now.
    pub current_engine: CurrentEngine,
    /// Where history and answers are kept.
    pub db: Db,
    /// Writes the history.
    pub recorder: Recorder,
    /// Kept answers and pages.
    pub cache: Cache,
    /// Searches under way and lately ended.
    pub searches: Searches,
    /// The other replicas, where Redis leads to them.
    pub replicas: Arc<Replicas>,
    /// Merges that were undone.
    pub splits: SplitBook,
    /// What decides how the searches of each person go.
    pub preference_book: PreferenceBook,
    /// Who was let in lately, for when the database is away.
    pub recent_callers: Arc<RecentCallers>,
    /// Whose sessions ended, for their sockets.
    pub departures: Departures,
    /// Number in the audit log of the latest erasure after which this process has forgotten the person.
    pub erasures_heard: AtomicI64,
    /// Words to whoever has a socket open.
    pub alerts: Alerts,
    /// When the background jobs ran, and how it went.
    pub job_book: JobBook,
    /// What is set, as the program says that serves; for those who operate it.
    pub settings: OnceLock<Vec<EffectiveSetting>>,
    /// Requests that were counted.
    pub usage_book: UsageBook,
    /// The jobs out of the queue that this process works on.
    pub workbench: Workbench,
    /// How much one client may ask.
    pub limits: Limits,
    /// What is known of the providers of single sign-on.
    pub issuers: IssuerBook,
    /// What authenticators take this for.
    pub relying_party: RelyingParty,
    /// Sends mail.
    pub mail: Mail,
    /// The certificate, where PAKE ends TLS itself.
    pub certificates: Option<Arc<Certificates>>,
    /// The web app.
    pub web: Web,
    /// What went on lately, for those who watch it.
    pub pulse: Pulse,
    /// What is counted and timed.
    pub metrics: Metrics,
    /// The time of day.
    pub clock: SharedClock,
    /// Makes ids.
    pub ids: Ids,
    /// When the application was built.
    pub started_at: DateTime<Utc>,
    /// Version of PAKE.
    pub version: &'static str,
    /// Tells everything to stop, and waits for it.
    pub lifecycle: Lifecycle,
}

/// The application, shared by all requests.
pub type SharedApp = Arc<App>;

impl App {
    /// The application with this configuration, on this database.
    pub fn new(config: Config, db: Db, vault: Vault, clock: SharedClock, ids: Ids) -> Result<SharedApp, SetupError> {
        let metrics = Metrics::new(crate::VERSION);
        let certificates = Certificates::open(&config)?.map(Arc::new);
        let db = db.reporting(metrics.db_operations.clone(), metrics.replica_gauges());
        let replicas = Arc::new(Replicas::new(&config.redis)?);
        let others = if replicas.are_reachable() {
            Others::new(Arc::new(Turns(Arc::clone(&replicas))))
        } else {
            Others::default()
        };
        let engine = EngineConfig { observer: metrics.requests_to_sources(), others, ..config.engine() };
        let recent_callers = Arc::new(RecentCallers::default());
        let recorder = Recorder::start(db.clone(), Arc::clone(&clock), RecorderOptions::default());
        Ok(Arc::new(Self {
            current_engine: CurrentEngine::new(engine, Arc::clone(&clock))?,
            recorder: recorder.clone(),
            db,
            door: Door::new(&config),
            vault,
            audit_signer: OnceCell::new(),
            signer: Signer::default(),
            passwords: Passwords::new(&config.passwords.options()),
            cache: Cache::new(&config.cache, &config.redis)?,
            searches: Searches::default(),
            replicas: Arc::clone(&replicas),
            splits: SplitBook::default(),
            job_book: JobBook::default(),
            settings: OnceLock::new(),
            usage_book: UsageBook::default(),
            workbench: Workbench::default(),
            preference_book: PreferenceBook::default(),
            departures: Departures::new(Arc::clone(&recent_callers)),
            recent_callers,
            erasures_heard: AtomicI64::default(),
            limits: Limits::new(&config.limits, &config.redis, &metrics)?,
            issuers: IssuerBook::default(),
            relying_party: RelyingParty::new(&config),
            mail: Mail::new(&config, &metrics)?,
            certificates,
            web: Web::new(&config),
            pulse: Pulse::default(),
            alerts: Alerts::new(Arc::clone(&clock), recorder, replicas),
            config,
            metrics,
            started_at: clock.now(),
            clock,
            ids,
            version: crate::VERSION,
            lifecycle: Lifecycle::default(),
        }))
    }

    /// The sources and the client that asks them. Who asks several things of it takes it once: it may be another one the next
    /// time.
    pub fn engine(&self) -> Engine {
        self.current_engine.get()
    }
}
