//! What somebody asked for who operates PAKE in a browser: PAKE writes it into the folder of the sockets, and the deployer of the machine
//! takes it up. A server never gets the engine's socket; all that it can ask for is the one rollback that is offered, and whether
//! that is done is decided here.

use std::{
    fs::OpenOptions,
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use rustix::fs::OFlags;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{deploy_id::DeployId, published, release::Release};

/// The name of the file.
pub const FILE: &str = "deployment-request.json";

/// What is told of a request that was not taken up.
pub const REFUSED: &str = "deployment-refused.json";

/// Longer than this no request is.
const LONGEST: u64 = 4 << 10;

/// So old it may be: whoever asked is still there, and what they saw is still so.
const OLDEST: TimeDelta = TimeDelta::minutes(10);

/// Somebody wants what ran before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Names the request.
    pub id: Uuid,
    /// The release that is wanted.
    pub release: DeployId,
    /// Who asked.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Takes the request out of the folder, where there is one: whatever comes of it, it is not there twice.
pub fn take(folder: &Path) -> anyhow::Result<Option<Request>> {
    let path = folder.join(FILE);
    // Whoever can write to the folder chooses what stands there: no link is followed, and no pipe waited for.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let read = || -> io::Result<Vec<u8>> {
        let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(&path)?;
        let mut text = Vec::new();
        if file.metadata()?.is_file() {
            file.take(LONGEST + 1).read_to_end(&mut text)?;
        }
        Ok(text)
    };
    let text = match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text,
    };
    std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(text.len() as u64 <= LONGEST, "{} is no request: it is too long", path.display());
    // What stood there is not repeated: it may be anything.
    let request = serde_json::from_slice(&text).ok().with_context(|| format!("{} is no request", path.display()))?;
    Ok(Some(request))
}

impl Request {
    /// The release that is gone back to. Only what is offered can be had: what was before the current one.
    pub fn granted(&self, current: &Release, all: &[Release], now: DateTime<Utc>) -> anyhow::Result<Release> {
        let age = now - self.at;
        ensure!(age <= OLDEST && age >= -OLDEST, "the request is of {}: ask again", self.at.format("%H:%M:%S UTC"));
        ensure!(
            current.before == Some(self.release),
            "the release {} is not the one that is gone back to any more: look again",
            self.release
        );
        let release = all.iter().find(|release| release.deploy == self.release);
        release.cloned().with_context(|| format!("the release {} is not written down any more", self.release))
    }

    /// Tells whoever asked that nothing comes of it, and why: they do not read the log of this machine.
    pub fn refuse(&self, folder: &Path, why: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
        let told = json!({ "id": self.id, "release": self.release, "by": self.by, "at": now, "why": why });
        published::hand_over(folder, REFUSED, &serde_json::to_vec(&told)?)
    }

    /// Who asked, on one line.
    pub fn whoever(&self) -> String {
        let name: String = self.by.chars().filter(|char| !char.is_control()).take(80).collect();
        format!("{name} (in PAKE)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::{Content, Settings};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn id(number: u8) -> DeployId {
        format!("0198f2c4-6000-7a10-9c51-2b6f0c1d7e4{number}").parse().unwrap()
    }

    fn release(deploy: DeployId, before: Option<DeployId>) -> Release {
        let content = Content { image: "pake:1".into(), digest: "sha256:1".into(), settings: Settings::new() };
        Release { deploy, content, committed_at: now(), before }
    }

    fn written(folder: &Path, text: &str) {
        std::fs::write(folder.join(FILE), text).unwrap();
    }

    fn text(by: &str) -> String {
        serde_json::json!({ "id": Uuid::nil(), "release": id(1), "by": by, "at": now() }).to_string()
    }

    #[test]
    fn a_request_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(take(folder.path()).unwrap(), None);
        written(folder.path(), &text("ada"));
        let request = take(folder.path()).unwrap().unwrap();
        assert_eq!((request.release, request.whoever().as_str()), (id(1), "ada (in PAKE)"));
        assert_eq!(take(folder.path()).unwrap(), None);
    }

    #[test]
    fn whoever_asked_reads_why_nothing_came_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let request = Request { id: Uuid::nil(), release: id(1), by: "ada".to_owned(), at: now() };
        request.refuse(folder.path(), "ask again", now()).unwrap();
        let told: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.path().join(REFUSED)).unwrap()).unwrap();
        assert_eq!((&told["why"], &told["by"], &told["release"]), (&json!("ask again"), &json!("ada"), &json!(id(1))));
        assert!(request.refuse(&folder.path().join("nowhere"), "", now()).is_err());
    }

    #[test]
    fn what_is_no_request_is_taken_away_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for nonsense in ["", "{}", "s3cr3t", "[1]", &"x".repeat(5_000), &text("ada").replace("\"by\"", "\"image\"")] {
            written(folder.path(), nonsense);
            let error = format!("{:#}", take(folder.path()).unwrap_err());
            assert!(error.contains("is no request") && !error.contains("s3cr3t"), "{error}");
            assert!(!path.exists());
        }
        let secret = folder.path().join("secret");
        std::fs::write(&secret, text("ada")).unwrap();
        std::os::unix::fs::symlink(&secret, &path).unwrap();
        assert!(take(folder.path()).is_err(), "a link is not followed");
        assert!(secret.exists() && path.symlink_metadata().is_err());
    }

    #[test]
    fn only_what_is_offered_is_had_and_not_for_long() {
        let [first, second, third] = [1, 2, 3].map(id);
        let all = [release(first, None), release(second, Some(first)), release(third, Some(second))];
        let request = |release, age| Request { id: Uuid::nil(), release, by: String::new(), at: now() - age };
        let fresh = TimeDelta::seconds(5);
        assert_eq!(request(second, fresh).granted(&all[2], &all, now()).unwrap().deploy, second);
        assert!(request(first, fresh).granted(&all[2], &all, now()).is_err(), "it is further back");
        assert!(request(third, fresh).granted(&all[2], &all, now()).is_err(), "it is the current one");
        assert!(request(second, fresh).granted(&all[2], &all[..1], now()).is_err(), "it is not written down");
        for age in [TimeDelta::minutes(11), TimeDelta::minutes(-11)] {
            assert!(request(second, age).granted(&all[2], &all, now()).unwrap_err().to_string().contains("ask again"));
        }
        let odd = Request { by: "ada\u{1b}[2J\n".repeat(40), ..request(second, fresh) };
        assert!(!odd.whoever().contains('\n') && odd.whoever().len() < 100);
    }
}
