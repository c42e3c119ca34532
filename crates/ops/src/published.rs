//! What is told to PAKE itself of its deployments: a file in the folder of the sockets, which both can reach. PAKE shows it to whoever
//! operates it, writes it into its audit log and counts it. No server reaches the journals, the engine or the salt.

use std::{
    collections::BTreeMap,
    fs::Permissions,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown},
    path::Path,
};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::{Deserialize as _, Serialize};

use crate::{
    deploy_id::DeployId,
    desk::{Entry, Ledger},
    journal::{Phase, Record},
    plan::{Kind, Plan},
    progress::{Ending, Progress},
    release::Releases,
    step::{State, Step},
};

/// The name of the file.
pub const FILE: &str = "deployments.json";

/// So many of the latest are told of.
const MOST: usize = 50;

/// All that is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Published {
    /// What is current.
    pub current: Option<Current>,
    /// Where a rollback without a name leads.
    pub back_to: Option<Current>,
    /// How many deployments there were, by how they ended.
    pub totals: BTreeMap<&'static str, usize>,
    /// The latest deployments, the newest first.
    pub deployments: Vec<Told>,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Current {
    /// The deployment that made it.
    pub deploy: DeployId,
    /// Its image as it was asked for.
    pub image: String,
    /// The digest of its image.
    pub digest: String,
    /// Since when it is, or was, the current one.
    pub committed_at: DateTime<Utc>,
}

/// A deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told {
    /// Its name.
    pub deploy: DeployId,
    /// Forward, back or anew; nothing where its plan is of another PAKE.
    pub kind: Option<Kind>,
    /// Who deployed.
    pub by: Option<String>,
    /// The image as it was asked for.
    pub image: Option<String>,
    /// The digest of what was live.
    pub from: Option<String>,
    /// The digest of the new release.
    pub to: Option<String>,
    /// Settings that it changed: a sign and a name.
    pub settings: Vec<String>,
    /// Steps by which it expanded the database.
    pub migrations: Vec<String>,
    /// When it began.
    pub began: Option<DateTime<Utc>>,
    /// When the last thing happened.
    pub last: Option<DateTime<Utc>>,
    /// How it ended, or that it stands still; nothing while it is under way.
    pub outcome: Option<&'static str>,
    /// Why it did not end as it was meant.
    pub reason: Option<String>,
    /// What was done.
    pub steps: Vec<Done>,
}

/// Something that was done, or is being done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Done {
    /// What.
    pub step: Step,
    /// How far it is.
    pub phase: Phase,
    /// How many milliseconds it took.
    pub took_ms: Option<i64>,
    /// Why it failed.
    pub why: Option<String>,
}

impl Published {
    /// What is told of all this.
    pub fn of(ledger: &Ledger, releases: &Releases) -> anyhow::Result<Self> {
        let all = releases.all()?;
        let current = releases.current()?;
        let before = current.as_ref().and_then(|current| current.before);
        let back_to = all.into_iter().find(|release| Some(release.deploy) == before);
        let told = |release: crate::release::Release| Current {
            deploy: release.deploy,
            image: release.content.image,
            digest: release.content.digest,
            committed_at: release.committed_at,
        };
        let deployments: Vec<Told> = ledger.deployments.iter().rev().filter_map(Told::of).collect();
        let mut totals = BTreeMap::from(["committed", "rolled_back", "halted"].map(|outcome| (outcome, 0)));
        for outcome in deployments.iter().filter_map(|told| told.outcome) {
            *totals.entry(outcome).or_default() += 1;
        }
        let deployments = deployments.into_iter().take(MOST).collect();
        Ok(Self { current: current.map(told), back_to: back_to.map(told), totals, deployments })
    }

    /// Lets whoever has the group of the folder read it. The folder is one that a server can write to: nothing in it is followed.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        hand_over(folder, FILE, &serde_json::to_vec(self)?)
    }
}

/// Hands a file over to a server, whole or not at all.
pub fn hand_over(folder: &Path, name: &str, text: &[u8]) -> anyhow::Result<()> {
    let write = || -> anyhow::Result<()> {
        let mut part = tempfile::NamedTempFile::new_in(folder)?;
        part.write_all(text)?;
        let group = std::fs::metadata(folder)?.gid();
        // Who is not root gives it to a group of their own, or leaves it.
        let _ = fchown(part.as_file(), None, Some(group));
        part.as_file().set_permissions(Permissions::from_mode(0o640))?;
        part.persist(folder.join(name))?;
        Ok(())
    };
    write().with_context(|| format!("PAKE cannot be told of its deployments in {}", folder.display()))
}

impl Told {
    /// One that was begun.
    fn of(entry: &Entry) -> Option<Self> {
        let first = entry.records.first()?;
        let plan = Plan::deserialize(&first.data).ok();
        let progress = Progress::of(&entry.records);
        let target = plan.as_ref().map(|plan| &plan.survey.target);
        Some(Self {
            deploy: entry.deploy,
            kind: plan.as_ref().map(|plan| plan.kind),
            by: first.data["by"].as_str().map(str::to_owned),
            image: target.map(|target| target.image.clone()),
            from: plan.as_ref().and_then(|plan| plan.survey.live.as_ref()).map(|live| live.content.digest.clone()),
            to: target.map(|target| target.digest.clone()),
            settings: plan.as_ref().map(Plan::changed_settings).unwrap_or_default(),
            migrations: plan.as_ref().map(|plan| plan.survey.migrations.expand.clone()).unwrap_or_default(),
            began: Some(first.ts),
            last: entry.records.last().map(|record| record.ts),
            outcome: progress.ending.map(|ending| match ending {
                Ending::Committed => "committed",
                Ending::RolledBack => "rolled_back",
                Ending::Halted => "halted",
            }),
            reason: progress.reason,
            steps: steps(&entry.records),
        })
    }
}

/// What was done, in its order. What a deployer that died had begun is told as it was last seen.
fn steps(records: &[Record]) -> Vec<Done> {
    let mut done: Vec<(Done, DateTime<Utc>)> = Vec::new();
    for record in records {
        let State::Step(step) = record.state else { continue };
        let why = record.data["why"].as_str().map(str::to_owned);
        let begun = done.last_mut().filter(|(last, _)| last.step == step && last.phase == Phase::Intent);
        match begun {
            Some((last, at)) if record.phase != Phase::Intent => {
                last.phase = record.phase;
                last.took_ms = Some((record.ts - *at).num_milliseconds().max(0));
                last.why = why;
            }
            _ => done.push((Done { step, phase: record.phase, took_ms: None, why }, record.ts)),
        }
    }
    done.into_iter().map(|(done, _)| done).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::Value;

    use super::*;
    use crate::{
        desk::Desk,
        plan::{Live, Migrations, Policy, Survey},
        progress::because,
        release::{Content, Settings},
        step::Mark,
        world::Colour,
    };

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn content(name: &str, settings: &[(&str, &str)]) -> Content {
        let settings: Settings = settings.iter().map(|(name, hash)| ((*name).to_owned(), (*hash).to_owned())).collect();
        Content { image: format!("pake:{name}"), digest: format!("sha256:{name}"), settings }
    }

    /// Deploys from one to the other, and writes these lines behind the plan.
    fn deployed(desk: &Desk, name: &str, lines: &[(State, Phase, Value)]) -> DeployId {
        let live = Live { deploy: None, content: content("old", &[("PAKE_A", "1"), ("PAKE_B", "1")]) };
        let survey = Survey {
            active: Some(Colour::Blue),
            live: Some(live),
            target: content(name, &[("PAKE_A", "2"), ("PAKE_C", "1")]),
            migrations: Migrations { expand: vec!["13 tags".to_owned()], contract: Vec::new() },
        };
        let last = desk.ledger().unwrap().last();
        let plan = Plan::new(DeployId::after(last, at(0)), at(0), survey, Policy::DEPLOY);
        let mut taken = desk.begin(plan, at(0)).unwrap();
        for (second, (state, phase, data)) in (1_i64..).zip(lines) {
            taken.journal.write(at(second), *state, *phase, data.clone()).unwrap();
        }
        if lines.contains(&(State::Mark(Mark::Finished), Phase::Done, Value::Null)) {
            desk.releases.commit(&taken.plan.release(at(9))).unwrap();
        }
        taken.plan.deploy
    }

    #[test]
    fn what_was_never_deployed_has_nothing_to_tell() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::at(folder.path()).unwrap();
        let told = Published::of(&desk.ledger().unwrap(), &desk.releases).unwrap();
        assert_eq!((told.current, told.back_to, told.deployments), (None, None, Vec::new()));
        assert_eq!(told.totals.values().sum::<usize>(), 0);
    }

    #[test]
    fn each_deployment_is_told_with_its_steps_and_what_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::at(folder.path()).unwrap();
        let step = State::Step;
        let good = deployed(
            &desk,
            "new",
            &[
                (step(Step::Preflight), Phase::Intent, Value::Null),
                (step(Step::Preflight), Phase::Done, Value::Null),
                (State::Mark(Mark::Finished), Phase::Done, Value::Null),
            ],
        );
        let bad = deployed(
            &desk,
            "bad",
            &[
                (step(Step::Ready), Phase::Intent, Value::Null),
                (State::Mark(Mark::Resumed), Phase::Done, Value::Null),
                (step(Step::Ready), Phase::Intent, Value::Null),
                (step(Step::Ready), Phase::Failed, because("the last answer: 503")),
                (State::Mark(Mark::RollingBack), Phase::Done, because("the last answer: 503")),
                (State::Mark(Mark::RolledBack), Phase::Done, Value::Null),
            ],
        );
        let told = Published::of(&desk.ledger().unwrap(), &desk.releases).unwrap();
        assert_eq!(told.current.as_ref().map(|current| current.deploy), Some(good));
        assert_eq!(told.totals, BTreeMap::from([("committed", 1), ("rolled_back", 1), ("halted", 0)]));
        assert_eq!(told.deployments.iter().map(|told| told.deploy).collect::<Vec<_>>(), [bad, good]);
        let bad = &told.deployments[0];
        assert_eq!((bad.outcome, bad.reason.as_deref()), (Some("rolled_back"), Some("the last answer: 503")));
        assert_eq!((bad.from.as_deref(), bad.to.as_deref()), (Some("sha256:old"), Some("sha256:bad")));
        assert_eq!(bad.settings, ["~PAKE_A", "-PAKE_B", "+PAKE_C"]);
        assert_eq!(bad.last.unwrap() - bad.began.unwrap(), TimeDelta::seconds(6));
        let phases: Vec<_> = bad.steps.iter().map(|done| (done.phase, done.took_ms)).collect();
        assert_eq!(phases, [(Phase::Intent, None), (Phase::Failed, Some(1_000))], "the first deployer died in it");
        assert_eq!(bad.steps[1].why.as_deref(), Some("the last answer: 503"));
        assert!(!serde_json::to_string(&told).unwrap().contains("\"1\""), "no hash of a setting leaves the desk");
    }

    #[test]
    fn the_file_is_for_the_group_of_its_folder_and_follows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::at(&folder.path().join("desk")).unwrap();
        let told = Published::of(&desk.ledger().unwrap(), &desk.releases).unwrap();
        let shared = folder.path().join("sockets");
        std::fs::create_dir(&shared).unwrap();
        let victim = folder.path().join("victim");
        std::fs::write(&victim, "untouched").unwrap();
        std::os::unix::fs::symlink(&victim, shared.join(FILE)).unwrap();
        told.write(&shared).unwrap();
        let meta = std::fs::symlink_metadata(shared.join(FILE)).unwrap();
        assert!(meta.is_file() && meta.permissions().mode() & 0o777 == 0o640);
        assert_eq!(std::fs::read_to_string(victim).unwrap(), "untouched");
        assert!(told.write(&folder.path().join("nowhere")).is_err());
    }
}
