//! Slots of the edge that are led to a colour beside the live one: a link to a folder with a file for each slot, and with a link to
//! the socket of that colour (deploy/nginx/pake/upstream.conf). The link is renamed over, so that all slots change at once, and its
//! name tells which share is led where.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use anyhow::{Context as _, bail};

use super::socket;
use crate::{
    plan::SLOT,
    whole_file,
    world::{Canary, Colour},
};

/// The link that the edge follows, and how the folders begin that it leads to.
const CANARY: &str = "canary";

/// The link to the socket, in the folder.
const SOCKET: &str = "new.sock";

/// Which share is led where; none where all requests go to the live colour.
pub fn led(sockets: &Path) -> anyhow::Result<Option<Canary>> {
    let link = sockets.join(CANARY);
    let target = match fs::read_link(&link) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        target => target.with_context(|| format!("cannot read {}; is this user root?", link.display()))?,
    };
    match target.to_str().and_then(read) {
        Some(canary) => Ok(Some(canary)),
        None => bail!("{} leads to {}, which is no share", link.display(), target.display()),
    }
}

/// Leads a share somewhere, or all requests to the live colour again. Done again, it changes nothing.
pub fn lead(sockets: &Path, canary: Option<Canary>) -> anyhow::Result<()> {
    let link = sockets.join(CANARY);
    let lead = || -> io::Result<()> {
        if let Some(canary) = canary {
            let name = name(canary);
            fill(&sockets.join(&name), canary)?;
            return whole_file::point(&link, Path::new(&name));
        }
        match fs::remove_file(&link) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => whole_file::sync_folder(sockets)?,
        }
        for entry in fs::read_dir(sockets)? {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(|name| read(name).is_some()) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    };
    lead().with_context(|| format!("cannot change {}; is this user root?", link.display()))
}

/// Makes a folder as it should be, also where it is there in part.
fn fill(folder: &Path, canary: Canary) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // The edge is another user, who has to look in.
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    for slot in 0..canary.percent / SLOT {
        fs::write(folder.join(format!("{slot:02}")), "")?;
    }
    match symlink(format!("../{}", socket(canary.colour)), folder.join(SOCKET)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn name(Canary { colour, percent }: Canary) -> String {
    format!("{CANARY}.{colour}.{percent}")
}

fn read(name: &str) -> Option<Canary> {
    let (colour, percent) = name.strip_prefix(CANARY)?.strip_prefix('.')?.split_once('.')?;
    let colour = Colour::BOTH.into_iter().find(|it| it.as_str() == colour)?;
    Some(Canary { colour, percent: percent.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_share_is_led_and_seen_and_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let sockets = folder.path();
        fs::write(sockets.join("green.sock"), "green").unwrap();
        assert_eq!(led(sockets).unwrap(), None);
        for percent in [5, 25, 25, 95] {
            let canary = Some(Canary { colour: Colour::Green, percent });
            lead(sockets, canary).unwrap();
            assert_eq!(led(sockets).unwrap(), canary);
            let slots = names(&sockets.join(CANARY));
            assert_eq!(slots.len(), usize::from(percent / SLOT) + 1, "{slots:?}");
            assert_eq!((slots[0].as_str(), slots.last().unwrap().as_str()), ("00", SOCKET));
            assert_eq!(fs::read_to_string(sockets.join("canary/new.sock")).unwrap(), "green");
            assert_eq!(fs::metadata(sockets.join(CANARY)).unwrap().permissions().mode() & 0o777, 0o755);
        }
        for _ in 0..2 {
            lead(sockets, None).unwrap();
            assert_eq!((led(sockets).unwrap(), names(sockets)), (None, vec!["green.sock".to_owned()]));
        }
    }

    #[test]
    fn what_a_dead_deployer_left_half_made_is_made_whole() {
        let folder = tempfile::tempdir().unwrap();
        let half = folder.path().join("canary.blue.10");
        fs::create_dir(&half).unwrap();
        fs::write(half.join("01"), "").unwrap();
        assert_eq!(led(folder.path()).unwrap(), None, "nobody is led by a folder without a link");
        lead(folder.path(), Some(Canary { colour: Colour::Blue, percent: 10 })).unwrap();
        assert_eq!(names(&folder.path().join(CANARY)), ["00", "01", SOCKET]);
    }

    #[test]
    fn a_link_that_leads_to_no_share_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for target in ["", "canary.red.5", "canary.blue.", "canary.blue.5.5", "canary.blue.500", "elsewhere"] {
            assert_eq!(read(target), None, "{target}");
        }
        symlink("elsewhere", folder.path().join(CANARY)).unwrap();
        assert!(led(folder.path()).unwrap_err().to_string().ends_with("leads to elsewhere, which is no share"));
    }
}
