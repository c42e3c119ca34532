//! What a deployment would do, made on what was seen: it can be read, kept in a file and held against the world again.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    deploy_id::DeployId,
    release::{Content, Release},
    step::Step,
    world::Colour,
};

mod drift;
mod restore;
mod shares;
mod text;

pub use self::{
    restore::{Lost, Restore},
    shares::{SLOT, shares},
};

/// What would be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The name of the deployment and of the release that it makes.
    pub deploy: DeployId,
    /// Forward or back.
    pub kind: Kind,
    /// When the plan was made.
    pub made_at: DateTime<Utc>,
    /// Where the new release starts.
    pub colour: Colour,
    /// Where `pake rollback` leads afterwards.
    pub before: Option<DeployId>,
    /// What the plan was made on.
    pub survey: Survey,
    /// How long things may take, and how much is wanted.
    pub policy: Policy,
    /// The data of before, where they are to come back with the release of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<Restore>,
    /// Who carries it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Forward or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// To what has not run yet.
    Deploy,
    /// To a release that ran before: nothing is copied and nothing expanded, because its database is one of the past.
    Rollback,
    /// To what runs already, started anew with the settings of today.
    Restart,
}

/// What was seen before anything was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// Which colour is live.
    pub active: Option<Colour>,
    /// What is live.
    pub live: Option<Live>,
    /// What is to be.
    pub target: Content,
    /// The steps of the database that the target has and that were not applied.
    pub migrations: Migrations,
}

/// What is live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// The deployment that made it; none when it was started by something else.
    pub deploy: Option<DeployId>,
    /// What it consists of.
    pub content: Content,
}

/// Steps of the database that are due.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migrations {
    /// They only add: applied while the old release serves.
    pub expand: Vec<String>,
    /// They take away: never applied by a deployment.
    pub contract: Vec<String>,
}

/// How long things may take, and how much is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// So many times in a row the new release has to say that it is ready.
    pub ready_in_a_row: u32,
    /// So many milliseconds from one question to the next.
    pub ready_every_ms: u64,
    /// In so many seconds it has to be ready.
    pub ready_seconds: u64,
    /// Shares of the requests, in percent, that are led to it one after the other before all are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canary: Vec<u8>,
    /// So many seconds it is watched with each of them.
    #[serde(default)]
    pub canary_seconds: u64,
    /// So many seconds it is watched under everybody's requests, while the old one stays beside it.
    pub bake_seconds: u64,
    /// In so many seconds the old release has to end what is under way.
    pub drain_seconds: u64,
    /// Too few requests to judge by are a failure.
    pub is_strict: bool,
    /// So many releases that can be gone back to keep their images.
    pub keep: usize,
    /// So many of the backups that deployments took are kept.
    #[serde(default = "kept")]
    pub keep_backups: usize,
}

/// How many backups are kept when nobody says otherwise.
const fn kept() -> usize {
    10
}

impl Policy {
    /// For what has not run yet.
    pub const DEPLOY: Self = Self::of(1_000, 120);

    /// For what has run: it serves again within seconds.
    pub const ROLLBACK: Self = Self::of(200, 30);

    const fn of(ready_every_ms: u64, bake_seconds: u64) -> Self {
        Self {
            ready_in_a_row: 5,
            ready_every_ms,
            ready_seconds: 60,
            canary: Vec::new(),
            canary_seconds: 60,
            bake_seconds,
            drain_seconds: 120,
            is_strict: false,
            keep: 3,
            keep_backups: kept(),
        }
    }
}

impl Plan {
    /// A plan to bring what the survey is for beside what it found.
    pub fn new(deploy: DeployId, made_at: DateTime<Utc>, survey: Survey, mut policy: Policy) -> Self {
        // A share for the new release is one beside the others, which somebody has to take.
        if survey.active.is_none() {
            policy.canary.clear();
        }
        let colour = survey.active.map_or(Colour::Blue, Colour::other);
        let before = survey.live.as_ref().and_then(|live| live.deploy);
        Self { deploy, kind: Kind::Deploy, made_at, colour, before, survey, policy, restore: None, by: None }
    }

    /// A plan to go back to `release`, which the survey is for.
    pub fn back_to(
        release: &Release,
        deploy: DeployId,
        made_at: DateTime<Utc>,
        survey: Survey,
        policy: Policy,
    ) -> Self {
        let plan = Self::new(deploy, made_at, survey, policy);
        Self { kind: Kind::Rollback, before: release.before, ..plan }
    }

    /// A plan to start anew what runs, which the survey is for. It leads back to where the release led that runs.
    pub fn again(
        before: Option<DeployId>,
        deploy: DeployId,
        made_at: DateTime<Utc>,
        survey: Survey,
        policy: Policy,
    ) -> Self {
        let plan = Self::new(deploy, made_at, survey, policy);
        Self { kind: Kind::Restart, before, ..plan }
    }

    /// What a step waits for, for people who watch; nothing where it only works.
    pub fn waits_for(&self, step: Step) -> Option<String> {
        let Policy { ready_in_a_row, ready_seconds, canary_seconds, bake_seconds, drain_seconds, .. } = self.policy;
        Some(match step {
            Step::Canaried => format!("{canary_seconds} s with each share"),
            Step::Ready => format!("{ready_in_a_row} good answers in a row, at most {ready_seconds} s"),
            Step::Switched | Step::SwitchedBack => "the edge to be answered by it".to_owned(),
            Step::Baked => format!("{bake_seconds} s under everybody's requests"),
            Step::Drained => format!("what is under way, at most {drain_seconds} s"),
            _ => return None,
        })
    }

    /// The release that it makes.
    pub fn release(&self, committed_at: DateTime<Utc>) -> Release {
        Release { deploy: self.deploy, content: self.survey.target.clone(), committed_at, before: self.before }
    }

    /// The least and the most seconds that it takes beside fetching the image and copying the database.
    pub fn seconds(&self) -> (u64, u64) {
        let Policy { ready_in_a_row, ready_every_ms, ready_seconds, bake_seconds, drain_seconds, .. } = self.policy;
        let watched = bake_seconds + self.policy.canary.len() as u64 * self.policy.canary_seconds;
        let least = u64::from(ready_in_a_row.saturating_sub(1)) * ready_every_ms / 1_000 + watched;
        (least, ready_seconds + watched + drain_seconds)
    }
}

#[cfg(test)]
mod tests;
