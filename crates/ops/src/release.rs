//! What has run and what runs: a file for each release that was committed, and a link to the current one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{deploy_id::DeployId, whole_file};

/// What a release consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The image as it was asked for.
    pub image: String,
    /// The digest of the image.
    pub digest: String,
    /// The names of its settings, and of each a hash of what it is set to. What it is set to stands nowhere.
    pub settings: Settings,
}

/// Names of settings, with a salted hash of each.
pub type Settings = BTreeMap<String, String>;

/// Hashes what settings are set to. The salt is of this installation, so that a short secret is not found by trying.
pub fn settings<'a>(salt: &[u8], given: impl IntoIterator<Item = (&'a str, &'a str)>) -> Settings {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, salt);
    let hashed = |(name, value): (&str, &str)| {
        let tag = ring::hmac::sign(&key, format!("{name}={value}").as_bytes());
        (name.to_owned(), data_encoding::HEXLOWER.encode(&tag.as_ref()[..8]))
    };
    given.into_iter().map(hashed).collect()
}

/// A release that was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The deployment that made it.
    pub deploy: DeployId,
    /// What it consists of.
    pub content: Content,
    /// When it became the current one.
    pub committed_at: DateTime<Utc>,
    /// Where `pake rollback` leads from here.
    pub before: Option<DeployId>,
}

/// The folder of the releases.
#[derive(Debug, Clone)]
pub struct Releases {
    folder: PathBuf,
}

/// The link to the current one.
const CURRENT: &str = "current";

impl Releases {
    /// The releases in a folder, which is made where there is none.
    pub fn at(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Writes a release down and lets it be the current one. Done again, it changes nothing.
    pub fn commit(&self, release: &Release) -> anyhow::Result<()> {
        let name = name(release.deploy);
        let write = || {
            whole_file::write(&self.folder.join(&name), &serde_json::to_vec_pretty(release)?)?;
            whole_file::point(&self.folder.join(CURRENT), Path::new(&name))
        };
        write().with_context(|| format!("cannot write the release down in {}", self.folder.display()))
    }

    /// Writes down what something else than a deployment started, so that it can be gone back to. Where a release is the current one
    /// already, nothing is done.
    pub fn adopt(&self, content: &Content, at: DateTime<Utc>) -> anyhow::Result<()> {
        if self.current()?.is_some() {
            return Ok(());
        }
        // Its name has to be before that of the deployment that replaces it.
        let deploy = DeployId::after(None, at - TimeDelta::seconds(1));
        self.commit(&Release { deploy, content: content.clone(), committed_at: at, before: None })
    }

    /// The current one.
    pub fn current(&self) -> anyhow::Result<Option<Release>> {
        // The link is read and not followed, so that one that leads nowhere is an error and not nothing.
        match fs::read_link(self.folder.join(CURRENT)) {
            Ok(name) => read(&self.folder.join(name)).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}/{CURRENT}", self.folder.display())),
        }
    }

    /// All of them, the newest first.
    pub fn all(&self) -> anyhow::Result<Vec<Release>> {
        let entries = fs::read_dir(&self.folder).with_context(|| format!("cannot read {}", self.folder.display()))?;
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                all.push(read::<Release>(&path)?);
            }
        }
        all.sort_by_key(|release| std::cmp::Reverse(release.deploy));
        Ok(all)
    }

    /// The current release and those that can be gone back to from it, one after the other, `keep` of them. Their images stay.
    pub fn rollback_set(&self, keep: usize) -> anyhow::Result<Vec<Release>> {
        let all = self.all()?;
        let mut next = self.current()?.map(|release| release.deploy);
        let mut set = Vec::new();
        while let Some(deploy) = next.filter(|_| set.len() <= keep) {
            let Some(release) = all.iter().find(|release| release.deploy == deploy) else { break };
            // A release goes back to one that was before it; anything else would lead round.
            next = release.before.filter(|before| *before < deploy);
            set.push(release.clone());
        }
        Ok(set)
    }

    /// The images of releases that cannot be gone back to. Images that were never a release are nobody's business here.
    pub fn images_of_no_use(&self, keep: usize) -> anyhow::Result<Vec<String>> {
        let digest = |release: Release| release.content.digest;
        let kept: BTreeSet<String> = self.rollback_set(keep)?.into_iter().map(digest).collect();
        let all: BTreeSet<String> = self.all()?.into_iter().map(digest).collect();
        Ok(all.difference(&kept).cloned().collect())
    }
}

fn name(deploy: DeployId) -> String {
    format!("{deploy}.json")
}

fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not as it was written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(deploy: DeployId, image: &str, before: Option<DeployId>) -> Release {
        let content =
            Content { image: image.to_owned(), digest: format!("sha256:{image}"), settings: Settings::default() };
        Release { deploy, content, committed_at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(), before }
    }

    fn ids<const N: usize>() -> [DeployId; N] {
        let mut last = None;
        std::array::from_fn(|_| {
            *last.insert(DeployId::after(last, DateTime::from_timestamp(1_800_000_000, 0).unwrap()))
        })
    }

    #[test]
    fn the_current_release_is_the_one_that_was_committed_last() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::at(&folder.path().join("releases")).unwrap();
        assert_eq!(releases.current().unwrap(), None);
        let [one, two] = ids();
        releases.commit(&release(one, "pake:1", None)).unwrap();
        releases.commit(&release(two, "pake:2", Some(one))).unwrap();
        releases.commit(&release(two, "pake:2", Some(one))).unwrap();
        assert_eq!(releases.current().unwrap().unwrap().deploy, two);
        let all = releases.all().unwrap();
        assert_eq!(all.iter().map(|release| release.deploy).collect::<Vec<_>>(), [two, one]);
    }

    #[test]
    fn what_compose_started_is_written_down_once() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::at(folder.path()).unwrap();
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let content = |image: &str| release(ids::<1>()[0], image, None).content;
        releases.adopt(&content("pake:1"), at).unwrap();
        let adopted = releases.current().unwrap().unwrap();
        assert_eq!((adopted.content.image.as_str(), adopted.before), ("pake:1", None));
        assert!(adopted.deploy < DeployId::after(None, at), "before whatever replaces it");
        releases.adopt(&content("pake:2"), at).unwrap();
        assert_eq!((releases.current().unwrap().unwrap(), releases.all().unwrap().len()), (adopted, 1));
    }

    #[test]
    fn whoever_went_back_goes_back_further_and_not_to_what_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::at(folder.path()).unwrap();
        let [one, two, bad, back] = ids();
        for (deploy, image, before) in
            [(one, "1", None), (two, "2", Some(one)), (bad, "3", Some(two)), (back, "2", Some(one))]
        {
            releases.commit(&release(deploy, image, before)).unwrap();
        }
        let images = |keep| -> Vec<String> {
            releases.rollback_set(keep).unwrap().into_iter().map(|release| release.content.image).collect()
        };
        assert_eq!(images(3), ["2", "1"]);
        assert_eq!(images(0), ["2"]);
        assert_eq!(releases.images_of_no_use(3).unwrap(), ["sha256:3"]);
        assert_eq!(releases.images_of_no_use(0).unwrap(), ["sha256:1", "sha256:3"], "that of `two` is in use again");
    }

    #[test]
    fn a_current_release_that_is_gone_is_an_error_and_not_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::at(folder.path()).unwrap();
        let [one] = ids();
        releases.commit(&release(one, "pake:1", None)).unwrap();
        fs::write(folder.path().join(name(one)), "{}").unwrap();
        assert!(releases.current().unwrap_err().to_string().ends_with("is not as it was written"));
        fs::remove_file(folder.path().join(name(one))).unwrap();
        assert!(releases.current().unwrap_err().to_string().starts_with("cannot read"));
    }

    #[test]
    fn settings_are_compared_without_being_known() {
        let of = |salt: &[u8], value| settings(salt, [("PAKE_LOG__LEVEL", value)]);
        assert_eq!(of(b"salt", "info"), of(b"salt", "info"));
        assert_ne!(of(b"salt", "info"), of(b"salt", "debug"));
        assert_ne!(of(b"salt", "info"), of(b"other", "info"));
        assert!(!format!("{:?}", of(b"salt", "info")).contains("info"));
    }
}
