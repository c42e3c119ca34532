//! What the deployer says, as metrics. Before it says anything there are no such families.

use std::sync::atomic::Ordering;

use super::{DeployedRelease, Deployment, Told};
use crate::metrics::{DeployLabels, DeployOutcome, Metrics, ReleaseLabels};

/// Takes the numbers of the deployer: they are those of the installation, and every process tells the same.
pub(super) fn count(metrics: &Metrics, told: &Told) {
    for outcome in DeployOutcome::ALL {
        let total = told.totals.get(outcome.as_str()).copied().unwrap_or(0);
        metrics.deploys.get_or_create(&DeployLabels { outcome }).inner().store(total, Ordering::Relaxed);
    }
    let ended = |it: &&Deployment, with: &[DeployOutcome]| {
        it.outcome.as_deref().is_some_and(|outcome| with.iter().any(|it| it.as_str() == outcome))
    };
    let over = [DeployOutcome::Committed, DeployOutcome::RolledBack];
    let last = told.deployments.iter().find(|it| ended(it, &over));
    if let Some(took) = last.and_then(|it| Some(it.last? - it.began?)) {
        metrics.deploy_last_duration.get_or_create(&[]).set(took.num_seconds());
    }
    let success = told.deployments.iter().find(|it| ended(it, &[DeployOutcome::Committed]));
    if let Some(at) = success.and_then(|it| it.last) {
        metrics.deploy_last_success.get_or_create(&[]).set(at.timestamp());
    }
    let unfinished = told.deployments.first().filter(|it| !ended(it, &over)).and_then(|it| it.began);
    metrics.deploy_unfinished.get_or_create(&[]).set(unfinished.map_or(0, |at| at.timestamp()));
    metrics.release.clear();
    if let Some(DeployedRelease { deploy, digest, .. }) = &told.current {
        let labels = ReleaseLabels { release: deploy.to_string(), image_digest: digest.clone() };
        metrics.release.get_or_create(&labels).set(1);
    }
}
