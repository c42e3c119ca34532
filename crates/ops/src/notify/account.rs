//! What is told of what is heard.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::notice::{Notice, Occasion};
use crate::{
    deploy::Event,
    deploy_id::DeployId,
    plan::{Kind, Plan},
    progress::{Direction, Ending},
    runbook::Runbook,
    step::{Consequence, Step},
};

/// Longest reason and warning that is told, in characters.
const LONGEST: usize = 1_500;

/// Who deploys, and where.
#[derive(Debug, Clone)]
pub struct Herald {
    /// The person.
    pub by: String,
    /// The machine.
    pub host: String,
    /// What the machine is for, where it has a name.
    pub destination: Option<String>,
    /// Where the runbooks are.
    pub runbooks: String,
}

/// What was heard of a deployment so far.
#[derive(Debug)]
pub(super) struct Account {
    herald: Herald,
    deploy: Option<DeployId>,
    plan: Option<Box<Plan>>,
    failed: Option<Step>,
    reason: Option<String>,
    warnings: Vec<String>,
}

impl Account {
    pub(super) const fn of(herald: Herald) -> Self {
        Self { herald, deploy: None, plan: None, failed: None, reason: None, warnings: Vec::new() }
    }

    pub(super) fn about(&mut self, plan: &Plan) {
        (self.deploy, self.plan) = (Some(plan.deploy), Some(Box::new(plan.clone())));
    }

    /// What is to be told of it, where something is.
    pub(super) fn hear(&mut self, event: &Event<'_>, now: DateTime<Utc>) -> Option<Notice> {
        match event {
            Event::Begun(plan) => {
                self.about(plan);
                let what = if plan.kind == Kind::Rollback { "a rollback begins" } else { "a deployment begins" };
                Some(self.notice(Occasion::Start, what, now))
            }
            Event::TakenUp { deploy, direction, .. } => {
                self.deploy = Some(*deploy);
                let what = match direction {
                    Direction::Forward => "a deployment that another deployer left goes on",
                    Direction::Back => "a deployment that another deployer left goes back",
                };
                Some(self.notice(Occasion::Start, what, now))
            }
            Event::Failed { step, why, .. } if step.consequence() == Consequence::Warn => {
                self.warnings.push(shortened(&format!("{}: {why}", step.doing())));
                None
            }
            Event::Failed { step, .. } => {
                self.failed = Some(*step);
                None
            }
            Event::TurnedBack(why) => {
                self.reason = Some(shortened(why));
                Some(self.notice(Occasion::Failure, "the deployment failed and goes back", now))
            }
            Event::Halted(why) => {
                self.reason = Some(shortened(why));
                Some(self.notice(Occasion::Halt, "THE DEPLOYMENT STANDS STILL and needs a person", now))
            }
            Event::Over(Ending::Committed) => Some(self.committed(now)),
            Event::Over(Ending::RolledBack) => {
                Some(self.notice(Occasion::Rollback, "what was before the deployment stands again", now))
            }
            Event::Doing(_) | Event::Done { .. } | Event::Over(Ending::Halted) => None,
        }
    }

    /// The deployer could not go on.
    pub(super) fn broke_off(&mut self, why: &str, now: DateTime<Utc>) -> Option<Notice> {
        // Before there is a deployment nothing has happened, and whoever asked for it is told.
        self.deploy?;
        self.reason = Some(shortened(why));
        let mut notice = self.notice(Occasion::Failure, "the deployer broke off", now);
        let remedy =
            "`pake status` tells where it stands; `pake deploy --resume` goes on, `pake deploy --abort` goes back";
        notice.remedy = Some(remedy.to_owned());
        Some(notice)
    }

    fn committed(&mut self, now: DateTime<Utc>) -> Notice {
        // What failed before somebody had it go on is over.
        (self.failed, self.reason) = (None, None);
        let is_rollback = self.plan.as_ref().is_some_and(|plan| plan.kind == Kind::Rollback);
        if is_rollback {
            self.notice(Occasion::Rollback, "the release that was gone back to is the current one", now)
        } else {
            self.notice(Occasion::Success, "the new release is the current one", now)
        }
    }

    fn notice(&self, occasion: Occasion, what: &str, now: DateTime<Utc>) -> Notice {
        let Herald { by, host, destination, runbooks } = &self.herald;
        let plan = self.plan.as_deref();
        let target = plan.map(|plan| &plan.survey.target);
        let runbook = match occasion {
            Occasion::Start | Occasion::Success => None,
            Occasion::Failure => Some(Runbook::FailedDeploy),
            Occasion::Rollback => Some(Runbook::Rollback),
            Occasion::Halt => Some(Runbook::HaltedDeploy),
        };
        Notice {
            occasion,
            id: Uuid::new_v4(),
            at: now,
            title: match destination {
                Some(destination) => format!("PAKE {destination} on {host}: {what}"),
                None => format!("PAKE on {host}: {what}"),
            },
            deploy: self.deploy,
            kind: plan.map(|plan| plan.kind),
            image: target.map(|target| target.image.clone()),
            from: plan.and_then(|plan| plan.survey.live.as_ref()).map(|live| live.content.digest.clone()),
            to: target.map(|target| target.digest.clone()),
            by: by.clone(),
            host: host.clone(),
            destination: destination.clone(),
            step: self.failed,
            reason: self.reason.clone(),
            warnings: self.warnings.clone(),
            remedy: self.remedy(occasion),
            runbook: runbook.map(|page| page.link(runbooks)),
        }
    }

    fn remedy(&self, occasion: Occasion) -> Option<String> {
        let remedy = match (occasion, self.failed) {
            (Occasion::Start | Occasion::Success, _) => return None,
            (Occasion::Halt, _) => {
                "look at both releases (`pake status`, `pake logs`); then `pake deploy --resume` goes on, `pake deploy \
                 --abort` goes back"
            }
            (_, Some(Step::Preflight)) => "nothing was touched: mend what it says and deploy again",
            (_, Some(Step::ImageReady)) => "nothing was touched: see that the image is where it is fetched from",
            (_, Some(Step::BackedUp)) => "nothing was touched: see that there is room, and that the database answers",
            (_, Some(Step::Expanded)) => {
                "what was live serves on: each step of the database is whole or not there; mend it and deploy again"
            }
            _ => "what was live serves on: see why in what it says and in the log, mend it and deploy again",
        };
        Some(remedy.to_owned())
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
