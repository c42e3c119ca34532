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
            if let Some(file) = if plan.before == Some(release) { self.file_of(entry.deploy)? } else { None } {
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

    /// The deployments whose backups are older than the newest `keep`, in the order of their age.
    pub fn old(&self, keep: usize) -> anyhow::Result<Vec<DeployId>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.with_context(|| format!("cannot read {}", self.folder.display()))?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let name = path.file_stem().filter(|_| path.extension().is_some_and(|ending| ending == "json"));
            all.extend(name.and_then(|name| name.to_str()?.parse::<DeployId>().ok()));
        }
        all.sort();
        all.truncate(all.len().saturating_sub(keep));
        Ok(all)
    }

    /// Removes the backup of a deployment, which is in this folder of data, and its note.
    pub fn drop(&self, deploy: DeployId, data: &Path) -> anyhow::Result<()> {
        let file = self.file_of(deploy)?;
        // The folder is one that a server can write to: no link in it is followed, and nothing removed that is no backup.
        let is_ours = |name: &str| name.starts_with("pake-") && !name.contains('/');
        let name = file.as_deref().and_then(|file| file.strip_prefix("backups/")).filter(|name| is_ours(name));
        let folder = data.join("backups");
        if let Some(name) = name.filter(|_| folder.symlink_metadata().is_ok_and(|folder| folder.is_dir())) {
            gone(&folder.join(name))?;
        }
        gone(&self.mark_of(deploy))?;
        gone(&self.note_of(deploy))
    }

    fn note_of(&self, deploy: DeployId) -> PathBuf {
        self.folder.join(format!("{deploy}.json"))
    }

    fn mark_of(&self, deploy: DeployId) -> PathBuf {
        self.folder.join(format!("{deploy}.restored"))
    }
}

fn gone(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn said(file: &str) -> String {
        format!("{{\"result\":{{\"is_checked\":true,\"file\":\"{file}\"}}}}")
    }

    #[test]
    fn a_backup_that_was_not_checked_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let backups = Backups::at(&folder.path().join("notes"));
        let deploy = DeployId::after(None, DateTime::UNIX_EPOCH);
        for bad in ["", "{}", "{\"result\":{\"is_checked\":false}}"] {
            assert!(backups.note(deploy, bad).is_err() && !backups.is_there(deploy), "{bad}");
        }
        assert_eq!((backups.file_of(deploy).unwrap(), backups.old(0).unwrap()), (None, Vec::new()));
        backups.note(deploy, &said("backups/pake-1.zip")).unwrap();
        assert_eq!(backups.file_of(deploy).unwrap().as_deref(), Some("backups/pake-1.zip"));
        assert!(!backups.is_restored(deploy));
        backups.restored(deploy, true).unwrap();
        assert!(backups.is_restored(deploy));
        backups.restored(deploy, false).unwrap();
        backups.restored(deploy, false).unwrap();
        assert!(!backups.is_restored(deploy));
    }

    #[test]
    fn the_newest_stay_and_nothing_else_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let backups = Backups::at(&folder.path().join("notes"));
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("backups")).unwrap();
        let mut last = None;
        let deploys: Vec<DeployId> =
            (0..5).map(|_| *last.insert(DeployId::after(last, DateTime::UNIX_EPOCH))).collect();
        for (number, deploy) in deploys.iter().enumerate() {
            backups.note(*deploy, &said(&format!("backups/pake-{number}.zip"))).unwrap();
            fs::write(data.join(format!("backups/pake-{number}.zip")), "").unwrap();
        }
        fs::write(data.join("backups/pake-by-hand.zip"), "").unwrap();
        assert_eq!(backups.old(2).unwrap(), &deploys[..3]);
        for deploy in backups.old(2).unwrap() {
            backups.drop(deploy, &data).unwrap();
            backups.drop(deploy, &data).unwrap();
        }
        let left = fs::read_dir(data.join("backups")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut left: Vec<String> = left.collect();
        left.sort();
        assert_eq!(left, ["pake-3.zip", "pake-4.zip", "pake-by-hand.zip"]);
        assert_eq!(backups.old(0).unwrap(), &deploys[3..]);
        // What a note names is removed only where backups are.
        fs::write(data.join("pake.db"), "").unwrap();
        backups.note(deploys[0], &said("backups/../pake.db")).unwrap();
        backups.drop(deploys[0], &data).unwrap();
        assert!(data.join("pake.db").exists());
    }
}
