//! What PAKE needs of the machine: room for files, memory, a clock that is right, its place in the network.

use std::{fs, io::ErrorKind, path::Path, time::Duration};

use super::Finding;
use crate::{app::App, config::Listen, machine::Machine};

/// Less memory than this is told of, in MiB: a server with searches under way takes about half.
const LITTLE_MEMORY: u64 = 512;
/// Less memory than this is too little, in MiB: a password alone takes 64.
const NO_MEMORY: u64 = 128;
/// As many connections may wait to be accepted as PAKE asks for.
const BACKLOG: u64 = 4096;
/// Longest wait for a name.
const PATIENCE: Duration = Duration::from_secs(5);
/// Of a hundred files that a disk can hold, so few are little.
const FEW_FILES: u64 = 5;
/// What keeps a clock right leaves one of these.
const CLOCKS: [&str; 4] =
    ["/run/systemd/timesync/synchronized", "/run/chrony/chronyd.pid", "/run/ntpd.pid", "/run/openntpd.pid"];

/// Files that the disk of the data folder can still hold: it can be full of small ones.
pub fn inodes(folder: &Path) -> Finding {
    const WHAT: &str = "files on disk";
    let Ok(disk) = rustix::fs::statvfs(folder) else {
        return Finding::bad(WHAT, format!("the disk of {} cannot be asked", folder.display()));
    };
    let (all, free) = (disk.f_files, disk.f_favail);
    if all == 0 {
        return Finding::good(WHAT, "as many as there is room for");
    }
    if free < all / 1000 {
        return Finding::bad(
            WHAT,
            format!("the disk can hold {free} more of {all}: delete some (`df -i` shows where)"),
        );
    }
    if free < all / 100 * FEW_FILES {
        return Finding::advice(WHAT, format!("the disk can hold {free} more of {all}: delete some (`df -i`)"));
    }
    Finding::good(WHAT, format!("the disk can hold {free} more"))
}

/// What can be had, of the machine's memory and within the limit of the container.
pub fn memory() -> Finding {
    const WHAT: &str = "memory";
    let read = |name: &str| fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?.trim().parse::<u64>().ok();
    let left = |most: &str, now: &str| Some(read(most)?.saturating_sub(read(now).unwrap_or(0)));
    // The second pair is that of older kernels and engines (cgroup v1).
    let own = left("memory.max", "memory.current")
        .or_else(|| left("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"));
    let free = [Machine::with_disk_of(Path::new("/")).memory_free_bytes, own].into_iter().flatten().min();
    match free.map(|bytes| bytes >> 20) {
        None => Finding::good(WHAT, "the kernel does not tell"),
        Some(free) if free < NO_MEMORY => {
            Finding::bad(WHAT, format!("{free} MiB can be had: end something else, or give PAKE's container more"))
        }
        Some(free) if free < LITTLE_MEMORY => {
            Finding::advice(WHAT, format!("{free} MiB can be had, {LITTLE_MEMORY} MiB are better"))
        }
        Some(free) => Finding::good(WHAT, format!("{free} MiB can be had")),
    }
}

/// Connections that may wait to be accepted.
pub fn backlog() -> Finding {
    const WHAT: &str = "waiting connections";
    let most = fs::read_to_string("/proc/sys/net/core/somaxconn").ok().and_then(|text| text.trim().parse::<u64>().ok());
    match most {
        Some(most) if most < BACKLOG => Finding::advice(
            WHAT,
            format!(
                "at most {most}: when many come at once some are turned away; `sysctl net.core.somaxconn={BACKLOG}`"
            ),
        ),
        Some(most) => Finding::good(WHAT, format!("at most {most}")),
        None => Finding::good(WHAT, "the kernel does not tell"),
    }
}

/// Whether something keeps the clock right: tokens, codes and certificates are good for a time.
pub fn clock() -> Finding {
    const WHAT: &str = "clock";
    if let Some(seen) = CLOCKS.iter().find(|path| Path::new(path).exists()) {
        return Finding::good(WHAT, format!("is kept right ({seen})"));
    }
    if ["/.dockerenv", "/run/.containerenv"].iter().any(|path| Path::new(path).exists()) {
        return Finding::good(WHAT, "is that of the machine around this container: see that it is kept right there");
    }
    let said = "nothing is seen that keeps it right, and codes of authenticator apps are good for 30 s: \
                `timedatectl set-ntp true`, or install chrony";
    Finding::advice(WHAT, said)
}

/// Whether PAKE can listen where it should, or somebody does already.
pub async fn listen(address: &Listen) -> Finding {
    const WHAT: &str = "address";
    let path = match address {
        Listen::Tcp(address) => {
            return match tokio::net::TcpListener::bind(address).await {
                Ok(_) => Finding::good(WHAT, format!("{address} is free")),
                Err(error) if error.kind() == ErrorKind::AddrInUse => Finding::good(
                    WHAT,
                    format!("somebody listens at {address}: a PAKE when `pake health` says so, else set server.listen"),
                ),
                Err(error) => Finding::bad(WHAT, format!("{address}: {error}; set server.listen to another address")),
            };
        }
        Listen::Unix(path) => path,
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match tempfile::tempfile_in(folder) {
        Ok(_) => Finding::good(WHAT, format!("sockets can be made in {}", folder.display())),
        Err(error) => {
            let said = format!(
                "no socket can be made in {}: {error}; make the folder, and give it to this user",
                folder.display()
            );
            Finding::bad(WHAT, said)
        }
    }
}

/// Whether the name that people use leads anywhere.
pub async fn name(app: &App) -> Option<Finding> {
    const WHAT: &str = "name";
    let host = app.config.server.base_url.as_ref()?.host_str()?;
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host, 443))).await;
    let addresses: Vec<_> =
        found.ok().and_then(Result::ok).into_iter().flatten().map(|place| place.ip().to_string()).collect();
    Some(if addresses.is_empty() {
        Finding::advice(WHAT, format!("{host} leads nowhere from here: make an A and an AAAA record for it"))
    } else {
        Finding::good(WHAT, format!("{host} leads to {}", addresses.join(", ")))
    })
}
