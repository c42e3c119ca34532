//! Which backup belongs to which deployment: a note for each, of what the release said that took it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{deploy_id::DeployId, desk::Ledger, plan::Kind, whole_file};

/// The notes of a production.
#[derive(Debug, Clone)]
pub struct Backups {
    folder: PathBuf,
}

impl Backups {
    /// The notes in a folder, which is made with the first.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Whether there is a backup of this deployment.
    pub fn is_there(&self, deploy: DeployId) -> bool {
        self.note_of(deploy).is_file()
    }

    /// Notes one that was checked, by what was said of it; nothing was there to be lost where nothing is said.
    pub fn note(&self, deploy: DeployId, said: &str) -> anyhow::Result<()> {
        let job: Value = serde_json::from_str(said).context("the backup does not say what became of it")?;
        ensure!(job["result"]["is_checked"] == true, "the backup was not checked: {}", said.trim());
        let note = self.note_of(deploy);
        let write = || {
            fs::create_dir_all(&self.folder)?;
            whole_file::write(&note, said.as_bytes())
        };
        write().with_context(|| format!("cannot write {}", note.display()))
    }

    /// The file of a deployment's backup; none where it made none.
    pub fn file_of(&self, deploy: DeployId) -> anyhow::Result<Option<String>> {
        let note = self.note_of(deploy);
        let text = match fs::read(&note) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| format!("cannot read {}", note.display()))?,
        };
        let job: Value = serde_json::from_slice(&text).with_context(|| format!("{} is damaged", note.display()))?;
        Ok(job["result"]["file"].as_str().map(str::to_owned))
    }

    /// The newest backup of the data of a release: the deployment took it that replaced that release.
    pub fn of_release(&self, ledger: &Ledger, release: DeployId) -> anyhow::Result<Option<String>> {
        for entry in ledger.deployments.iter().rev() {
            let Some(plan) = entry.plan().filter(|plan| plan.kind == Kind::Deploy) else { continue };
            let is_of = plan.survey.live.is_some_and(|live| live.deploy == Some(release));
            if let Some(file) = if is_of { self.file_of(entry.deploy)? } else { None } {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    /// Whether the data of before are in place, as this deployment was to put them.
    pub fn is_restored(&self, deploy: DeployId) -> bool {
        self.mark_of(deploy).is_file()
    }

    /// Notes that the data of before are in place, or are to be so no longer.
    pub fn restored(&self, deploy: DeployId, is_restored: bool) -> anyhow::Result<()> {
        let mark = self.mark_of(deploy);
        let done = if is_restored { whole_file::write(&mark, b"") } else { fs::remove_file(&mark) };
        match done {
            Err(error) if is_restored || error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot change {}", mark.display()))
            }
            _ => Ok(()),
        }
    }

    fn note_of(&self, deploy: DeployId) -> PathBuf {
        self.folder.join(format!("{deploy}.json"))
    }

    fn mark_of(&self, deploy: DeployId) -> PathBuf {
        self.folder.join(format!("{deploy}.restored"))
    }
}
