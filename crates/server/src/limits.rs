//! How much one client may ask: the generic cell rate algorithm (GCRA) for each class of routes and each person, API token
//! or address. In this process alone (`limits/local.rs`), or over all replicas in Redis (`limits/shared.rs`); when Redis is
//! away, in this process meanwhile.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use engine::search::SetupError;
use prometheus_client::metrics::{counter::Counter, family::Family};
use uuid::Uuid;

mod hand;
mod key;
mod local;
mod own;
mod shared;
#[cfg(test)]
mod tests;

pub use self::own::{OwnLimits, Rate};
use self::{
    key::Key,
    local::{Local, Table},
    shared::Shared,
};
use crate::{
    client::network,
    config::{LimitsConfig, RedisConfig},
    error::Error,
    metrics::{LimitLabels, Metrics},
    redis_line::RedisSource,
};

/// The tokens of one person may ask so many times what each of them may: making more of them does not help.
const TOKENS_OF_A_PERSON: u32 = 4;
/// Most limits of workspaces that are remembered; there are as many as workspaces have different ones.
const MOST_OWN: usize = 256;

/// What a route is for, as far as limits are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Proves who somebody is; counted for each address.
    SignIn,
    /// Makes PAKE send a mail.
    Mail,
    /// Asks the sources.
    Search,
    /// Only reads.
    Read,
    /// Changes something.
    Write,
    /// Takes much away at once.
    Export,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::SignIn, Self::Mail, Self::Search, Self::Read, Self::Write, Self::Export];

    /// Its name, in headers, settings and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Mail => "mail",
            Self::Search => "search",
            Self::Read => "read",
            Self::Write => "write",
            Self::Export => "export",
        }
    }

    /// What there is too much of.
    const fn things(self) -> &'static str {
        match self {
            Self::SignIn => "attempts to sign in",
            Self::Mail => "mails",
            Self::Search => "searches",
            Self::Read => "requests",
            Self::Write => "changes",
            Self::Export => "exports",
        }
    }

    const fn setting(self, config: &LimitsConfig) -> (f64, u32) {
        match self {
            Self::SignIn => (config.sign_in_rate, config.sign_in_burst),
            Self::Mail => (config.mail_rate, config.mail_burst),
            Self::Search => (config.search_rate, config.search_burst),
            Self::Read => (config.read_rate, config.read_burst),
            Self::Write => (config.write_rate, config.write_burst),
            Self::Export => (config.export_rate, config.export_burst),
        }
    }
}

/// Who asks, as far as limits are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The person at this machine, while there are no accounts: not limited.
    Local,
    /// Somebody who has not signed in: their address counts.
    Nobody,
    /// Somebody who has signed in.
    Person(Uuid),
    /// A program with an API token.
    Token {
        /// The token.
        token: Uuid,
        /// Whose it is.
        person: Uuid,
    },
}

/// So many at once, and one more after each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Quota {
    /// How long one more takes.
    interval: Duration,
    /// How many at once; at least 1.
    burst: u32,
}

impl Quota {
    /// The quota of a class; none when it is not limited.
    fn of(class: Class, config: &LimitsConfig) -> Option<Self> {
        let (rate, burst) = class.setting(config);
        if config.enabled { Self::at(rate, burst) } else { None }
    }

    /// So many a second and so many at once; none when that is no limit.
    fn at(rate: f64, burst: u32) -> Option<Self> {
        let interval = Duration::try_from_secs_f64(1.0 / rate).ok().filter(|interval| !interval.is_zero())?;
        (rate > 0.0).then_some(Self { interval, burst: burst.max(1) })
    }

    /// This, but at most `factor` times the other.
    fn within(self, most: Self, factor: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of requests, cut where it is too large"
        )]
        let burst = (f64::from(most.burst) * factor) as u32;
        Self { interval: self.interval.max(most.interval.div_f64(factor)), burst: self.burst.min(burst).max(1) }
    }

    fn times(self, factor: u32) -> Self {
        Self { interval: self.interval / factor, burst: self.burst.saturating_mul(factor) }
    }
}

/// What is left of a quota after a request was counted, or would be if it had been let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Left {
    is_allowed: bool,
    /// How many more at once.
    remaining: u32,
    /// Until one more may be asked than may be asked now.
    wait: Duration,
}

/// A class that is limited.
#[derive(Debug)]
struct Policy {
    /// `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), ready to be sent.
    header: Bytes,
    /// For each.
    each: Allowance,
    /// For all tokens of a person.
    tokens: Allowance,
}

impl Policy {
    fn new(class: Class, quota: Quota, table: &Arc<Table>) -> Self {
        // The time in which the whole quota comes back, in whole seconds.
        let window = seconds_up(quota.interval.saturating_mul(quota.burst)).max(1);
        let header = format!("\"{}\";q={};w={window}", class.name(), quota.burst);
        let allowance = |quota| Allowance { quota, local: Local::new(quota, table) };
        Self { header: header.into(), each: allowance(quota), tokens: allowance(quota.times(TOKENS_OF_A_PERSON)) }
    }
}

/// How much somebody may ask, and what is left of it here.
#[derive(Debug)]
struct Allowance {
    quota: Quota,
    local: Local,
}

/// Whether a request is let through, and what is left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision(Option<Limited>);

/// A request that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Limited {
    class: Class,
    policy: Bytes,
    left: Left,
}

impl Decision {
    /// Not limited.
    pub const FREE: Self = Self(None);

    /// Why the request is not let through; nothing when it is.
    pub fn refusal(&self) -> Option<Error> {
        let Limited { class, left, .. } = self.0.as_ref().filter(|limited| !limited.left.is_allowed)?;
        let wait = seconds_up(left.wait).max(1);
        let message = format!("too many {} from you; try again in {wait} s", class.things());
        Some(Error::TooMany { message, retry_after: Duration::from_secs(wait) })
    }

    /// The values of `RateLimit-Policy` and `RateLimit`; nothing when the request is not limited.
    pub fn headers(&self) -> Option<(Bytes, Bytes)> {
        let Limited { class, policy, left } = self.0.as_ref()?;
        let state = format!("\"{}\";r={};t={}", class.name(), left.remaining, seconds_up(left.wait).max(1));
        Some((policy.clone(), state.into()))
    }
}

/// Whole seconds, rounded up: whoever waits this long is not early.
fn seconds_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// The limits and what is left of them.
#[derive(Debug)]
pub struct Limits {
    policies: [Option<Policy>; Class::ALL.len()],
    /// Those of workspaces that have their own.
    own: Mutex<HashMap<(Class, Quota), Arc<Policy>>>,
    /// How many times these limits a workspace may give; nothing when nothing is limited.
    own_most: Option<f64>,
    shared: Option<Shared>,
    /// Requests that were refused.
    refused: Family<LimitLabels, Counter>,
    /// How often Redis should have counted and did not.
    fallbacks: Counter,
}

impl Limits {
    /// The limits that are set; over all replicas where there is a Redis. It is connected to when it is first asked.
    pub fn new(config: &LimitsConfig, redis: &RedisConfig, metrics: &Metrics) -> Result<Self, SetupError> {
        let table = Arc::new(Table::default());
        let policies = Class::ALL.map(|class| Quota::of(class, config).map(|quota| Policy::new(class, quota, &table)));
        Ok(Self {
            policies,
            own_most: config.enabled.then_some(config.workspace_factor),
            own: Mutex::default(),
            shared: RedisSource::of(redis)?.filter(|_| config.enabled).map(Shared::new).transpose()?,
            refused: metrics.limited_requests.clone(),
            fallbacks: metrics.limit_fallbacks.clone(),
        })
    }

    /// Counts a request of this class, and says whether it is let through. `ip` is the client's address.
    pub async fn check(&self, class: Class, ip: Option<IpAddr>, asker: Asker) -> Decision {
        let Some(policy) = &self.policies[class as usize] else { return Decision::FREE };
        let Some(counted) = counted(class, ip, asker) else { return Decision::FREE };
        self.count(class, policy, counted).await
    }

    /// The same of somebody in a workspace that has limits of its own, as far as the configuration lets it.
    pub async fn check_own(&self, class: Class, asker: Asker, workspace: Uuid, own: &OwnLimits) -> Decision {
        let quota = own.of(class).and_then(|rate| Quota::at(rate.rate, rate.burst));
        let (Some(quota), Some(factor)) = (quota, self.own_most) else { return self.check(class, None, asker).await };
        let quota = match &self.policies[class as usize] {
            Some(policy) => quota.within(policy.each.quota, factor),
            None => quota,
        };
        let Some((key, tokens)) = counted(class, None, asker) else { return Decision::FREE };
        // What somebody has asked in one workspace is nothing to the limits of another.
        let counted = (key.within(workspace), tokens.map(|key| key.within(workspace)));
        self.count(class, &self.own_policy(class, quota), counted).await
    }

    /// The policy of workspaces whose limit is this. Each counts in a table of its own: what is left of one quota says nothing
    /// of another.
    fn own_policy(&self, class: Class, quota: Quota) -> Arc<Policy> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.len() >= MOST_OWN && !own.contains_key(&(class, quota)) {
            own.clear();
        }
        let policy = own.entry((class, quota));
        Arc::clone(policy.or_insert_with(|| Arc::new(Policy::new(class, quota, &Arc::default()))))
    }

    async fn count(&self, class: Class, policy: &Policy, (key, tokens): (Key, Option<Key>)) -> Decision {
        let mut left = self.take(&key, &policy.each).await;
        if let Some(key) = tokens.filter(|_| left.is_allowed) {
            let of_all = self.take(&key, &policy.tokens).await;
            if !of_all.is_allowed || of_all.remaining < left.remaining {
                left = of_all;
            }
        }
        if !left.is_allowed {
            self.refused.get_or_create(&LimitLabels { class: class.name() }).inc();
        }
        Decision(Some(Limited { class, policy: policy.header.clone(), left }))
    }

    async fn take(&self, key: &Key, allowance: &Allowance) -> Left {
        if let Some(shared) = &self.shared {
            match shared.take(key, allowance.quota).await {
                Some(left) => return left,
                None => self.fallbacks.inc(),
            };
        }
        allowance.local.take(key)
    }
}

/// For whom a request counts; a program's also for all programs of its person. Nothing: it does not count.
fn counted(class: Class, ip: Option<IpAddr>, asker: Asker) -> Option<(Key, Option<Key>)> {
    let ip = ip.map(network);
    Some(match asker {
        Asker::Local => return None,
        // Whoever signs in is not known yet, whatever they show.
        _ if class == Class::SignIn => (Key::address(class, ip), None),
        Asker::Nobody => (Key::address(class, ip), None),
        Asker::Person(person) => (Key::person(class, person), None),
        Asker::Token { token, person } => (Key::token(class, token), Some(Key::tokens_of(class, person))),
    })
}
