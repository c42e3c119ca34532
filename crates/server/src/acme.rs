//! The certificate that PAKE gets by itself, from an authority that speaks ACME (RFC 8555): ordered when there is none, or when a third of
//! its life is left. That PAKE has the name it shows where it ends TLS (TLS-ALPN-01, RFC 8737), so that no other port is needed.
//!
//! All of it is in a folder of `server.data_dir`, which processes on one machine share: one of them orders, all of them show the
//! proof and take the certificate up. When the authority cannot be reached the old one stays, and that is told.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use self::{
    folder::{Failure, Folder},
    order::Away,
};
use crate::{
    app::{App, SharedApp},
    certificates::{Certificates, Period},
    jobs::{self, BackgroundJob, Done},
};

mod folder;
mod order;

/// Longest and shortest time between two looks whether a certificate is due; as long as there is none it is the shortest: another process
/// may have got one, and nobody is served until then.
const LOOK: (Duration, Duration) = (Duration::from_mins(10), Duration::from_secs(1));
/// How long nothing is ordered after the authority has refused once; twice as long after each further time, up to the second. Authorities
/// count: Let's Encrypt lets five attempts an hour fail.
const PAUSE: (TimeDelta, TimeDelta) = (TimeDelta::minutes(5), TimeDelta::hours(6));
/// The same after it could not be asked, which it does not count.
const PAUSE_AWAY: (TimeDelta, TimeDelta) = (TimeDelta::seconds(10), TimeDelta::minutes(10));
/// Longest time that an order takes.
const LONGEST: Duration = Duration::from_mins(3);

/// What is done about the certificate, as one of the jobs: for the log, `/health` and metrics.
const JOB: BackgroundJob = BackgroundJob::new("order_certificate", LOOK.0, |app| Box::pin(keep(app)));

/// Orders what is due as long as the server runs.
pub fn start(app: &SharedApp) {
    let (true, Some(certificates)) = (app.config.tls.acme, app.certificates.clone()) else { return };
    if certificates.is_provisional() {
        tracing::warn!(
            "there is no certificate yet: until the authority has given one, PAKE shows one of its own that no browser believes"
        );
    }
    let app = SharedApp::clone(app);
    let lifecycle = app.lifecycle.clone();
    // The lifecycle waits for it.
    drop(lifecycle.spawn(async move {
        let keeping = async {
            loop {
                jobs::run(&app, &JOB).await;
                tokio::time::sleep(until_next_look(&certificates)).await;
            }
        };
        app.lifecycle.stopping().run_until_cancelled(keeping).await;
    }));
}

fn until_next_look(certificates: &Certificates) -> Duration {
    if certificates.is_provisional() { LOOK.1 } else { between_looks(certificates.period()) }
}

/// A twentieth of the life of a certificate, within limits.
fn between_looks(period: Period) -> Duration {
    let life = (period.not_after - period.not_before).to_std().unwrap_or_default();
    (life / 20).clamp(LOOK.1, LOOK.0)
}

/// Orders a certificate if one is due, unless another process is at it.
async fn keep(app: &App) -> Done {
    let (Some(certificates), Some(name)) =
        (&app.certificates, app.config.server.base_url.as_ref().and_then(Url::host_str))
    else {
        return Ok(0);
    };
    let folder = Folder::of(&app.config.server.data_dir)?;
    let Some(_turn) = folder.take_turn()? else {
        // Another process is at it: until that has ended it is as it was, and what failed is no news when it fails again.
        return folder.failure().map_or(Ok(0), |failure| Err(failure.said.into()));
    };
    // Another process may have got one.
    take_up(app, certificates)?;
    let now = app.clock.now();
    if !is_due(certificates, name, now) {
        return Ok(0);
    }
    let life = certificates.period().not_after - certificates.period().not_before;
    if let Some(failure) = folder.failure() {
        let again_at = failure.at + pause(&failure, life);
        // Whoever starts PAKE anew may have mended what was wrong.
        if now < again_at && certificates.has_ordered() {
            return Err(format!("{}; tried again at {}", failure.said, again_at.format("%H:%M:%S UTC")).into());
        }
    }
    certificates.orders();
    let ordered = tokio::time::timeout(LONGEST, order::order(&app.config.tls, name, &folder)).await;
    let ordered = ordered.unwrap_or_else(|_| Err(format!("the authority takes longer than {LONGEST:?}").into()));
    match ordered.and_then(|certificate| Ok(folder.keep_certificate(&certificate)?)) {
        Ok(()) => {
            folder.forget_failure();
            take_up(app, certificates)?;
            Ok(1)
        }
        Err(error) => {
            folder.note_failure(app.clock.now(), &error.to_string(), error.is::<Away>());
            Err(error)
        }
    }
}

/// Shows the certificate in the folder from now on.
fn take_up(app: &App, certificates: &Certificates) -> Done {
    let is_other = certificates.renew()?;
    if is_other {
        let period = certificates.period();
        app.metrics.certificate(period.not_before, period.not_after);
        tracing::info!(not_after = %period.not_after, "another certificate is in use");
    }
    Ok(u64::from(is_other))
}

/// Whether there is none for this name, or a third of its life is left.
fn is_due(certificates: &Certificates, name: &str, now: DateTime<Utc>) -> bool {
    let Period { not_before, not_after } = certificates.period();
    !certificates.names(name) || now >= not_after - (not_after - not_before) / 3
}

/// How long nothing is ordered after these failures: no longer than a tenth of the life of what is in use.
fn pause(failure: &Failure, life: TimeDelta) -> TimeDelta {
    let ((first, longest), times) = match failure.away {
        0 => (PAUSE, failure.count),
        away => (PAUSE_AWAY, away),
    };
    let doubled = first * 2_i32.saturating_pow(times.saturating_sub(1).min(16));
    doubled.min(longest).min(life / 10)
}

#[cfg(test)]
mod tests;
