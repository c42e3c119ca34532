//! The folder in which a deployer works: the lock, the journals one after the other, the releases.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, Utc};
use serde::Deserialize as _;

use crate::{
    deploy_id::DeployId,
    journal::{self, Journal, Phase, Record},
    plan::Plan,
    progress::Progress,
    release::Releases,
    step::{Mark, State},
    whole_file,
};

/// So much of the disk has to be free before a deployment begins, in bytes: a journal, a plan and a release are a few KiB.
const ROOM: u64 = 1 << 20;

/// The folder.
#[derive(Debug, Clone)]
pub struct Desk {
    folder: PathBuf,
    /// The releases.
    pub releases: Releases,
}

/// All journals, held against the chain that goes through them.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// The deployments, the oldest first.
    pub deployments: Vec<Entry>,
    /// The hash of the last line of all.
    pub last_sha256: String,
}

/// A deployment, as its journal tells of it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is called.
    pub deploy: DeployId,
    /// The hash that stood before its first line.
    pub before_sha256: String,
    /// Its lines.
    pub records: Vec<Record>,
}

/// A deployment that a deployer has in hand.
#[derive(Debug)]
pub struct Taken {
    /// Its plan.
    pub plan: Plan,
    /// Its journal.
    pub journal: Journal,
    /// How far it is.
    pub progress: Progress,
    /// What stood at the end of its journal and was not whole.
    pub torn: Option<String>,
}

impl Desk {
    /// The desk in a folder, which is made for its owner alone where there is none.
    pub fn at(folder: &Path) -> anyhow::Result<Self> {
        let made = || -> io::Result<Releases> {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            Releases::at(&folder.join("releases"))
        };
        let releases = made().with_context(|| {
            format!("cannot work in {}; set another folder, or give it to this user", folder.display())
        })?;
        Ok(Self { folder: folder.to_owned(), releases })
    }

    /// Where the lock is.
    pub fn lock(&self) -> PathBuf {
        self.folder.join("deploy.lock")
    }

    /// The salt with which settings are hashed. It is drawn once.
    pub fn salt(&self) -> anyhow::Result<Vec<u8>> {
        let path = self.folder.join("salt");
        match fs::read(&path) {
            Ok(salt) => Ok(salt),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut salt = vec![0; 32];
                let drawn = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut salt);
                drawn.map_err(|_| anyhow::anyhow!("this machine gives no random numbers"))?;
                whole_file::write(&path, &salt).with_context(|| format!("cannot write {}", path.display()))?;
                Ok(salt)
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Reads all journals. One that was changed is an error.
    pub fn ledger(&self) -> anyhow::Result<Ledger> {
        let entries = fs::read_dir(&self.folder).with_context(|| format!("cannot read {}", self.folder.display()))?;
        let mut deploys = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let is_journal = path.extension().is_some_and(|ending| ending == journal::ENDING);
            let name = path.file_stem().and_then(|name| name.to_str());
            if let Some(deploy) = name.filter(|_| is_journal).and_then(|name| name.parse::<DeployId>().ok()) {
                deploys.push(deploy);
            }
        }
        deploys.sort_unstable();
        let mut ledger = Ledger { deployments: Vec::new(), last_sha256: journal::BEGINNING.to_owned() };
        for deploy in deploys {
            let read = journal::read(&journal::path(&self.folder, deploy), deploy, &ledger.last_sha256)?;
            let before_sha256 = std::mem::replace(&mut ledger.last_sha256, read.last_sha256);
            ledger.deployments.push(Entry { deploy, before_sha256, records: read.records });
        }
        Ok(ledger)
    }

    /// Begins a deployment. The plan stands in the first line of its journal.
    pub fn begin(&self, plan: Plan, now: DateTime<Utc>) -> anyhow::Result<Taken> {
        let ledger = self.ledger()?;
        if let Some(unfinished) = ledger.unfinished() {
            bail!("deployment {} is not over", unfinished.deploy);
        }
        self.has_room()?;
        ensure!(ledger.last() < Some(plan.deploy), "the plan is older than the last deployment; make a new one");
        let mut journal = Journal::begin(&self.folder, plan.deploy, ledger.last_sha256)?;
        journal.write(now, State::Mark(Mark::Planned), Phase::Done, serde_json::to_value(&plan)?)?;
        Ok(Taken { plan, progress: Progress::of(journal.records()), journal, torn: None })
    }

    /// A disk that fills up in the midst of a deployment would keep it from going on and from going back.
    fn has_room(&self) -> anyhow::Result<()> {
        let folder = self.folder.display();
        let disk = rustix::fs::statvfs(&self.folder).with_context(|| format!("cannot look at {folder}"))?;
        let free = disk.f_bavail * disk.f_frsize;
        ensure!(
            free >= ROOM,
            "the disk of {folder} is full ({} KiB are free, {} are needed): nothing was begun. Make room there \
             (`df -h {folder}`, `docker system df`), then deploy again",
            free >> 10,
            ROOM >> 10
        );
        Ok(())
    }

    /// Takes up the deployment that is not over; none when all are.
    pub fn take_up(&self) -> anyhow::Result<Option<Taken>> {
        let ledger = self.ledger()?;
        let Some(entry) = ledger.unfinished() else { return Ok(None) };
        let (journal, torn) = Journal::take_up(&self.folder, entry.deploy, &entry.before_sha256)?;
        let plan = journal.records().first().map(|record| Plan::deserialize(&record.data));
        let plan = plan.context("a deployment that is not over has a first line")?;
        let plan = plan.with_context(|| {
            format!("the plan of deployment {} cannot be read: take the PAKE that began it to end it", entry.deploy)
        })?;
        Ok(Some(Taken { plan, progress: Progress::of(journal.records()), journal, torn }))
    }
}

impl Entry {
    /// Its plan; none where it is of another PAKE, or no line was written.
    pub fn plan(&self) -> Option<Plan> {
        self.records.first().and_then(|record| Plan::deserialize(&record.data).ok())
    }
}

impl Ledger {
    /// The name of the last deployment.
    pub fn last(&self) -> Option<DeployId> {
        self.deployments.last().map(|entry| entry.deploy)
    }

    /// The deployment that is not over. One of which no line was written was never begun.
    pub fn unfinished(&self) -> Option<&Entry> {
        let begun = self.deployments.iter().rev().find(|entry| !entry.records.is_empty());
        begun.filter(|entry| !Progress::of(&entry.records).is_over())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{Migrations, Policy, Survey},
        release::{Content, Settings},
    };

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn plan(last: Option<DeployId>) -> Plan {
        let target = Content { image: "pake:2".to_owned(), digest: "sha256:b".to_owned(), settings: Settings::new() };
        let survey = Survey { active: None, live: None, target, migrations: Migrations::default() };
        Plan::new(DeployId::after(last, now()), now(), survey, Policy::DEPLOY)
    }

    fn ended(desk: &Desk, plan: Plan) -> DeployId {
        let mut taken = desk.begin(plan, now()).unwrap();
        taken.journal.write(now(), State::Mark(Mark::Finished), Phase::Done, serde_json::Value::Null).unwrap();
        taken.plan.deploy
    }

    #[test]
    fn a_deployment_that_is_not_over_is_taken_up_with_its_plan() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::at(&folder.path().join("deploy")).unwrap();
        assert!(desk.take_up().unwrap().is_none());
        let first = ended(&desk, plan(None));
        assert!(desk.take_up().unwrap().is_none());
        let second = plan(Some(first));
        desk.begin(second.clone(), now()).unwrap();
        let error = desk.begin(plan(Some(second.deploy)), now()).unwrap_err().to_string();
        assert!(error.ends_with("is not over"), "{error}");
        let taken = desk.take_up().unwrap().unwrap();
        assert_eq!((taken.plan, taken.torn), (second, None));
    }

    #[test]
    fn a_plan_that_is_older_than_the_last_deployment_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::at(folder.path()).unwrap();
        let early = plan(None);
        ended(&desk, plan(Some(early.deploy)));
        assert!(desk.begin(early, now()).unwrap_err().to_string().contains("make a new one"));
    }

    #[test]
    fn a_journal_without_a_line_was_never_begun() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::at(folder.path()).unwrap();
        let first = ended(&desk, plan(None));
        let empty = DeployId::after(Some(first), now());
        fs::write(journal::path(folder.path(), empty), "{\"seq\":0,").unwrap();
        assert!(desk.take_up().unwrap().is_none());
        ended(&desk, plan(Some(empty)));
        assert_eq!(desk.ledger().unwrap().deployments.len(), 3);
    }

    #[test]
    fn a_journal_that_is_taken_away_is_missed() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::at(folder.path()).unwrap();
        let first = ended(&desk, plan(None));
        let second = ended(&desk, plan(Some(first)));
        ended(&desk, plan(Some(second)));
        fs::remove_file(journal::path(folder.path(), second)).unwrap();
        let error = desk.ledger().unwrap_err().to_string();
        assert!(error.contains("does not follow the line before it"), "{error}");
        assert!(desk.take_up().is_err() && desk.begin(plan(None), now()).is_err(), "nothing is done on it");
    }

    #[test]
    fn the_salt_is_drawn_once() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::at(folder.path()).unwrap();
        let salt = desk.salt().unwrap();
        assert_eq!((salt.len(), desk.salt().unwrap()), (32, salt));
        let other = tempfile::tempdir().unwrap();
        assert_ne!(desk.salt().unwrap(), Desk::at(other.path()).unwrap().salt().unwrap());
    }
}
