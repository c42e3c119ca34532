//! The machine that PAKE runs on, as the kernel tells of it (Linux; elsewhere there is nothing).

use std::path::Path;

/// What the kernel said; `None` where it could not be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Machine {
    /// All memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// Memory that can still be had, in bytes.
    pub memory_free_bytes: Option<u64>,
    /// Processors.
    pub processors: Option<usize>,
    /// Room on the disk of the data directory, in bytes.
    pub disk_bytes: Option<u64>,
    /// Room that is left there, in bytes.
    pub disk_free_bytes: Option<u64>,
}

impl Machine {
    /// Asks, with the disk that this folder is on.
    pub fn with_disk_of(folder: &Path) -> Self {
        let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let (disk_bytes, disk_free_bytes) = disk(folder).unzip();
        Self {
            memory_bytes: line(&memory, "MemTotal:"),
            memory_free_bytes: line(&memory, "MemAvailable:"),
            processors: std::thread::available_parallelism().ok().map(Into::into),
            disk_bytes,
            disk_free_bytes,
        }
    }
}

/// A line of `/proc/meminfo` in kB, as bytes.
fn line(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// All of the disk, and what of it is left for programs that are not root's.
#[cfg(target_os = "linux")]
fn disk(folder: &Path) -> Option<(u64, u64)> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some((disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize))
}

#[cfg(not(target_os = "linux"))]
fn disk(_: &Path) -> Option<(u64, u64)> {
    None
}

/// Bytes of everything in a folder.
pub fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| {
        let kind = entry.file_type().ok()?;
        // A link leads to what is somewhere else.
        if kind.is_dir() {
            Some(size_of(&entry.path()))
        } else {
            kind.is_file().then(|| entry.metadata().map_or(0, |it| it.len()))
        }
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_of_memory_is_read() {
        let text = "MemTotal:        2048 kB\nMemFree: 1 kB\nMemAvailable:    1024 kB\n";
        assert_eq!((line(text, "MemTotal:"), line(text, "MemAvailable:")), (Some(2_097_152), Some(1_048_576)));
        assert_eq!(line("MemTotal: many", "MemTotal:"), None);
    }

    #[test]
    fn a_folder_is_as_large_as_what_is_in_it_and_links_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        std::fs::write(folder.path().join("inner/file"), [0; 700]).unwrap();
        std::fs::write(folder.path().join("file"), [0; 300]).unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("everything")).unwrap();
        assert_eq!(size_of(folder.path()), 1_000);
        assert_eq!(size_of(&folder.path().join("nowhere")), 0);
    }
}
