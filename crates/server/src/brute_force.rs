//! Against guessing of passwords: how often somebody may try to sign in to an account, and from an address.
//!
//! An attempt counts when it begins, and is taken back when it succeeds: many at once do not get around it. For each account
//! attempts are counted apart for each device and network from which it was signed in to before (OWASP's device cookies),
//! and together for all strangers: whoever tries to guess locks strangers out, and not the person. Names that no account
//! has are counted as accounts are, so that nothing shows which are there.
//!
//! Counts are in the database, for all replicas. What is kept of accounts, devices and networks are keyed hashes.

use std::{net::IpAddr, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use secrecy::{ExposeSecret, SecretString};

mod rule;
#[cfg(test)]
mod tests;

use self::rule::Rule;
use crate::{
    app::App,
    bearer_token::{self, Kind},
    client::Client,
    error::{Error, Result},
    metrics::{AttemptLabels, AttemptResult},
    store::{
        known_clients,
        sign_in_attempts::{self, Attempts},
    },
};

/// What the hashes are for.
const PURPOSE: &str = "sign-in attempts";
/// How long a device or network is remembered after it was signed in from.
pub const KNOWN_FOR: TimeDelta = TimeDelta::days(180);
/// How long attempts are kept that led to nothing; longer than they count.
pub const ATTEMPTS_KEPT: TimeDelta = TimeDelta::hours(2);
/// How long is remembered that too many were made.
pub const LOCKS_KEPT: TimeDelta = TimeDelta::milliseconds(rule::MEMORY);
/// Most devices and networks that are remembered of an account.
const MOST_KNOWN: u32 = 100;

/// An attempt to sign in, which counts as failed until it succeeds.
#[derive(Debug)]
#[must_use = "an attempt that is neither failed nor succeeded counts as failed"]
pub struct Attempt {
    at: i64,
    subjects: Vec<Subject>,
    /// The account, and what it will be known to be signed in to from: hashes.
    account: String,
    network: Option<String>,
    device: Option<SecretString>,
    /// Whether the account was signed in to from this device or network before.
    is_known: bool,
    /// Until when no other may be made like this, if this was the last.
    locked_until: Option<DateTime<Utc>>,
}

/// Those whose attempts are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Subject {
    name: String,
    rule: Rule,
}

/// Counts an attempt to sign in to `account`, or refuses it. To be called before a password or a code is looked at.
///
/// `account` names the account, the same whether it was called by its name or its address: its id where there is one, else
/// what was typed. `device` is what [`succeeded`] gave the client's browser once.
pub async fn before_attempt(
    app: &App,
    account: &str,
    client: &Client,
    device: Option<&SecretString>,
) -> Result<Attempt> {
    let now = app.clock.now();
    let names = Names::of(app);
    let hash = names.hash("account", &[account.as_bytes()]);
    let network = client.network().map(|network| names.network(&hash, network));
    let device = device.filter(|device| bearer_token::kind_of(device.expose_secret()) == Some(Kind::Device));
    let device_hash = device.map(|device| names.device(&hash, device));
    let shown: Vec<_> = device_hash.iter().chain(&network).cloned().collect();
    let known = known_clients::among(&app.db, &hash, &shown, now - KNOWN_FOR).await?;
    // The device first: another one in the same network must not lock this one out.
    let is_known = !known.is_empty();
    let subjects = match shown.into_iter().find(|client| known.contains(client)) {
        Some(client) => vec![Subject { name: client, rule: Rule::ACCOUNT }],
        None => vec![
            Subject { name: names.hash("strangers", &[hash.as_bytes()]), rule: Rule::ACCOUNT },
            Subject { name: names.address(client.network()), rule: Rule::ADDRESS },
        ],
    };
    let at = now.timestamp_millis();
    let decide = |all: &mut [Attempts]| count(&subjects, all, at);
    match sign_in_attempts::change(&app.db, &all_names(&subjects), decide).await? {
        Ok(locked_until) => {
            let locked_until = locked_until.and_then(DateTime::from_timestamp_millis);
            Ok(Attempt { at, subjects, account: hash, network, device: device.cloned(), is_known, locked_until })
        }
        Err(wait) => {
            counted(app, AttemptResult::Refused);
            // Not to the millisecond: that would tell how the others went.
            let wait = Duration::from_secs(wait.as_secs() + 1);
            let message = format!("too many attempts to sign in; try again in {} s", wait.as_secs());
            Err(Error::TooMany { message, retry_after: wait })
        }
    }
}

/// Counts an attempt for all of these; until when the account is locked by it. The longest wait of all, if there is one.
fn count(subjects: &[Subject], all: &mut [Attempts], now: i64) -> Result<Option<i64>, Duration> {
    let mut refused = None;
    let mut locked_until = None;
    for (subject, attempts) in subjects.iter().zip(all) {
        match subject.rule.count(attempts, now) {
            Ok(()) if subject.rule.is_locked(attempts) => locked_until = Some(attempts.free_at),
            Ok(()) => {}
            Err(wait) => refused = refused.max(Some(wait)),
        }
    }
    refused.map_or(Ok(locked_until), Err)
}

/// The attempt failed. Gives until when the account is locked by it, for such as this one.
pub fn failed(app: &App, attempt: &Attempt) -> Option<DateTime<Utc>> {
    counted(app, AttemptResult::Failed);
    attempt.locked_until
}

/// What was shown is right, and does not decide: another proof is wanted, which is an attempt of its own. This one does not
/// count any more, and what went wrong before goes on counting.
pub async fn undecided(app: &App, attempt: Attempt) -> Result<()> {
    let now = app.clock.now().timestamp_millis();
    let Attempt { at, subjects, .. } = attempt;
    let take_back = |all: &mut [Attempts]| {
        for (subject, attempts) in subjects.iter().zip(all) {
            subject.rule.take_back(attempts, at, now);
        }
        Ok::<_, std::convert::Infallible>(())
    };
    let Ok(()) = sign_in_attempts::change(&app.db, &all_names(&subjects), take_back).await?;
    Ok(())
}

/// The attempt succeeded, with every proof that was wanted. From now on this device and network are known; gives what the
/// client's browser is to keep (for [`KNOWN_FOR`], out of reach of scripts) and show next time, when it has nothing yet.
pub async fn succeeded(app: &App, attempt: Attempt) -> Result<Welcome> {
    let now = app.clock.now();
    let Attempt { at, subjects, account, network, device, is_known, .. } = attempt;
    let take_back = |all: &mut [Attempts]| {
        for (subject, attempts) in subjects.iter().zip(all) {
            if subject.rule == Rule::ACCOUNT {
                // Whoever knows the password has forgotten it no longer.
                *attempts = Attempts::default();
            } else {
                subject.rule.take_back(attempts, at, now.timestamp_millis());
            }
        }
        Ok::<_, std::convert::Infallible>(())
    };
    let Ok(()) = sign_in_attempts::change(&app.db, &all_names(&subjects), take_back).await?;
    let made = if device.is_some() { None } else { Some(bearer_token::new(Kind::Device)?) };
    let shown = device.as_ref().or(made.as_ref()).map(|device| Names::of(app).device(&account, device));
    let clients: Vec<_> = shown.into_iter().chain(network).collect();
    let is_new = !is_known && known_clients::is_any(&app.db, &account, now - KNOWN_FOR).await?;
    known_clients::remember(&app.db, &account, &clients, now, MOST_KNOWN).await?;
    counted(app, AttemptResult::Succeeded);
    Ok(Welcome { device: made, is_new })
}

/// Somebody has shown who they are without guessing being possible: no attempt is counted, and this device and network are known
/// from now on. What is wanted of strangers goes on counting.
pub async fn recognised(app: &App, account: &str, client: &Client, device: Option<&SecretString>) -> Result<Welcome> {
    let names = Names::of(app);
    let hash = names.hash("account", &[account.as_bytes()]);
    let network = client.network().map(|network| names.network(&hash, network));
    let device = device.filter(|device| bearer_token::kind_of(device.expose_secret()) == Some(Kind::Device));
    let shown: Vec<_> = device.map(|device| names.device(&hash, device)).into_iter().chain(network.clone()).collect();
    let is_known = !known_clients::among(&app.db, &hash, &shown, app.clock.now() - KNOWN_FOR).await?.is_empty();
    let (at, subjects) = (app.clock.now().timestamp_millis(), Vec::new());
    let device = device.cloned();
    succeeded(app, Attempt { at, subjects, account: hash, network, device, is_known, locked_until: None }).await
}

/// What comes of an attempt that succeeded.
#[derive(Debug)]
pub struct Welcome {
    /// What the client's browser is to keep, when it has nothing yet.
    pub device: Option<SecretString>,
    /// Whether the account was signed in to before, and never from this device or network.
    pub is_new: bool,
}

/// Forgets from where an account was signed in to: it is deleted, or its person has lost a device.
pub async fn forget(app: &App, account: &str) -> Result<()> {
    let hash = Names::of(app).hash("account", &[account.as_bytes()]);
    known_clients::forget_all(&app.db, &hash).await?;
    Ok(())
}

fn counted(app: &App, result: AttemptResult) {
    app.metrics.auth_attempts.get_or_create(&AttemptLabels { result }).inc();
}

fn all_names(subjects: &[Subject]) -> Vec<String> {
    subjects.iter().map(|subject| subject.name.clone()).collect()
}

/// Makes the hashes.
struct Names(crate::vault::Signer);

impl Names {
    fn of(app: &App) -> Self {
        Self(app.vault.key_for(PURPOSE))
    }

    /// A device, as one account knows it.
    fn device(&self, account: &str, device: &SecretString) -> String {
        self.hash("device", &[account.as_bytes(), device.expose_secret().as_bytes()])
    }

    /// A network, as one account knows it.
    fn network(&self, account: &str, network: IpAddr) -> String {
        self.hash("network", &[account.as_bytes(), network.to_string().as_bytes()])
    }

    /// An address, whatever the account; all that come from nowhere are one.
    fn address(&self, network: Option<IpAddr>) -> String {
        self.hash("address", &[network.map_or_else(String::new, |network| network.to_string()).as_bytes()])
    }

    /// Half of a signature is plenty to tell them apart. Each part comes with its length, so that no two lists are the same.
    fn hash(&self, kind: &str, parts: &[&[u8]]) -> String {
        let mut message = kind.as_bytes().to_vec();
        for part in parts {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part);
        }
        HEXLOWER.encode(&self.0.sign(&message)[..16])
    }
}
