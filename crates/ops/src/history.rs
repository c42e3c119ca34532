//! What deployments there were, by their journals: for people, and for whoever looks afterwards.

use chrono::{DateTime, Utc};
use serde::{Deserialize as _, Serialize};

use crate::{
    deploy_id::DeployId,
    desk::{Entry, Ledger},
    plan::{Kind, Plan},
    progress::{Ending, Progress},
};

/// A deployment, in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deployment {
    /// Its name.
    pub deploy: DeployId,
    /// Forward, back or anew; none where its plan is of another PAKE.
    pub kind: Option<Kind>,
    /// The image as it was asked for.
    pub image: Option<String>,
    /// Its digest.
    pub digest: Option<String>,
    /// The settings that it changed, by name.
    pub settings: Vec<String>,
    /// When it began.
    pub began: Option<DateTime<Utc>>,
    /// When the last line was written.
    pub last: Option<DateTime<Utc>>,
    /// How it ended; none while it is under way, or when its deployer died.
    pub ending: Option<Ending>,
    /// Why it did not end as it was meant.
    pub reason: Option<String>,
    /// Lines of its journal.
    pub lines: usize,
}

impl Deployment {
    fn of(entry: &Entry) -> Self {
        let first = entry.records.first();
        let plan = first.and_then(|record| Plan::deserialize(&record.data).ok());
        let progress = Progress::of(&entry.records);
        Self {
            deploy: entry.deploy,
            kind: plan.as_ref().map(|plan| plan.kind),
            image: plan.as_ref().map(|plan| plan.survey.target.image.clone()),
            digest: plan.as_ref().map(|plan| plan.survey.target.digest.clone()),
            settings: plan.as_ref().map(Plan::changed_settings).unwrap_or_default(),
            began: first.map(|record| record.ts),
            last: entry.records.last().map(|record| record.ts),
            ending: progress.ending,
            reason: progress.reason,
            lines: entry.records.len(),
        }
    }
}

/// All of them, the oldest first.
pub fn deployments(ledger: &Ledger) -> Vec<Deployment> {
    ledger.deployments.iter().map(Deployment::of).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        desk::Desk,
        journal::Phase,
        plan::{Migrations, Policy, Survey},
        progress::because,
        release::{Content, Settings},
        step::{Mark, State},
    };

    #[test]
    fn a_journal_tells_how_its_deployment_went() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::at(folder.path()).unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let target = Content { image: "pake:2".into(), digest: "sha256:b".into(), settings: Settings::new() };
        let survey = Survey { active: None, live: None, target, migrations: Migrations::default() };
        let plan = Plan::new(DeployId::after(None, now), now, survey, Policy::DEPLOY);
        let mut taken = desk.begin(plan.clone(), now).unwrap();
        let under_way = &deployments(&desk.ledger().unwrap())[0];
        assert_eq!((under_way.ending, under_way.lines), (None, 1));
        for (mark, why) in [(Mark::RollingBack, because("it is never ready")), (Mark::RolledBack, Value::Null)] {
            taken.journal.write(now, State::Mark(mark), Phase::Done, why).unwrap();
        }
        let told = deployments(&desk.ledger().unwrap()).remove(0);
        assert_eq!((told.deploy, told.kind, told.image.as_deref()), (plan.deploy, Some(Kind::Deploy), Some("pake:2")));
        assert_eq!((told.ending, told.reason.as_deref()), (Some(Ending::RolledBack), Some("it is never ready")));
    }
}
