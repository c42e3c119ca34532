//! Files that appear whole or not at all, also when the machine stops in between.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

/// Writes a file for its owner alone, and gives it its name when all of it is on the disk.
pub fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = folder_of(path)?;
    let mut part = tempfile::NamedTempFile::new_in(folder)?;
    part.write_all(text)?;
    part.as_file().sync_all()?;
    part.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Lets a link lead to `target`: another link is renamed over it, so that at every moment it leads somewhere.
pub fn point(link: &Path, target: &Path) -> io::Result<()> {
    let folder = folder_of(link)?;
    let name = link.file_name().ok_or_else(|| io::Error::other("a link has a name"))?;
    let next = folder.join(format!(".{}.next", name.to_string_lossy()));
    match std::fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::os::unix::fs::symlink(target, &next)?;
    std::fs::rename(&next, link)?;
    sync_folder(folder)
}

/// Brings the names in a folder onto the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn folder_of(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::Error::other(format!("{} is in no folder", path.display())))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn a_file_takes_the_place_of_another_and_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        assert!(write(&folder.path().join("nowhere/file"), b"").is_err());
    }

    #[test]
    fn a_link_is_turned_also_over_what_a_dead_deployer_left() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("active.sock");
        point(&link, Path::new("blue.sock")).unwrap();
        std::os::unix::fs::symlink("half", folder.path().join(".active.sock.next")).unwrap();
        point(&link, Path::new("green.sock")).unwrap();
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("green.sock"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
