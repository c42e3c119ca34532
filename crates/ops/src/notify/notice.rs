//! What is told.

use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{deploy_id::DeployId, plan::Kind, step::Step};

/// What there is to tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A deployment begins, or is taken up.
    Start,
    /// The new release is the current one.
    Success,
    /// Something failed, and it goes back; or the deployer could not go on.
    Failure,
    /// What was stands again, by itself or because somebody wanted it.
    Rollback,
    /// It stands still until a person says which way.
    Halt,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Start, Self::Success, Self::Failure, Self::Rollback, Self::Halt];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Rollback => "rollback",
            Self::Halt => "halt",
        }
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is told on one occasion. Programs get all of it, people what [`fmt::Display`] makes of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    /// What there is to tell of.
    pub occasion: Occasion,
    /// Names the notice: the same one may come twice.
    pub id: Uuid,
    /// When it was.
    pub at: DateTime<Utc>,
    /// In one line.
    pub title: String,
    /// Which deployment; the release that it makes is called the same.
    pub deploy: Option<DeployId>,
    /// Whether it is a deployment, or one back to a release that ran before.
    pub kind: Option<Kind>,
    /// The image of the new release, as it was asked for.
    pub image: Option<String>,
    /// The digest of what was live.
    pub from: Option<String>,
    /// The digest of the new release.
    pub to: Option<String>,
    /// Who deploys.
    pub by: String,
    /// Where.
    pub host: String,
    /// To which destination.
    pub destination: Option<String>,
    /// What failed.
    pub step: Option<Step>,
    /// Why, with what was answered last where that was the reason.
    pub reason: Option<String>,
    /// What went wrong on the way and changed nothing.
    pub warnings: Vec<String>,
    /// What to do.
    pub remedy: Option<String>,
    /// Where it is told at length.
    pub runbook: Option<String>,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)?;
        let mut row = |name: &str, text: Option<&str>| match text {
            Some(text) => write!(f, "\n{name}: {text}"),
            None => Ok(()),
        };
        row("release", self.deploy.map(|deploy| deploy.to_string()).as_deref())?;
        row("image", self.image.as_deref())?;
        let digests = match (&self.from, &self.to) {
            (Some(from), Some(to)) if from == to => Some(format!("{to}, as before")),
            (Some(from), Some(to)) => Some(format!("{from} → {to}")),
            (None, Some(to)) => Some(to.clone()),
            (_, None) => None,
        };
        row("digest", digests.as_deref())?;
        row("by", Some(&format!("{} on {}", self.by, self.host)))?;
        row("failed", self.step.map(Step::doing))?;
        row("why", self.reason.as_deref())?;
        for warning in &self.warnings {
            row("warning", Some(warning))?;
        }
        row("to do", self.remedy.as_deref())?;
        row("runbook", self.runbook.as_deref())
    }
}
