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
        let remedy = "make the folder, or set server.data_dir to another one";
        return Finding::bad(WHAT, format!("the disk of {} cannot be asked", folder.display()), remedy);
    };
    let (all, free) = (disk.f_files, disk.f_favail);
    if all == 0 {
        return Finding::good(WHAT, "as many as there is room for");
    }
    let (seen, remedy) =
        (format!("the disk can hold {free} more of {all}"), "delete some: `df -i` shows where they are");
    if free < all / 1000 {
        return Finding::bad(WHAT, seen, remedy);
    }
    if free < all / 100 * FEW_FILES {
        return Finding::advice(WHAT, seen, remedy);
    }
    Finding::good(WHAT, format!("the disk can hold {free} more"))
}

/// What can be had, of the machine's memory and within the limit of the container.
pub fn memory() -> Finding {
    let read = |name: &str| fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?.trim().parse::<u64>().ok();
    let left = |most: &str, now: &str| Some(read(most)?.saturating_sub(read(now).unwrap_or(0)));
    // The second pair is that of older kernels and engines (cgroup v1).
    let own = left("memory.max", "memory.current")
        .or_else(|| left("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"));
    let free = [Machine::with_disk_of(Path::new("/")).memory_free_bytes, own].into_iter().flatten().min();
    judge_memory(free.map(|bytes| bytes >> 20))
}

fn judge_memory(mebibytes: Option<u64>) -> Finding {
    const WHAT: &str = "memory";
    const REMEDY: &str = "end something else, or give PAKE's container more (PAKE_BACKEND_MEMORY)";
    match mebibytes {
        None => Finding::good(WHAT, "the kernel does not tell"),
        Some(free) if free < NO_MEMORY => Finding::bad(WHAT, format!("{free} MiB can be had"), REMEDY),
        Some(free) if free < LITTLE_MEMORY => {
            Finding::advice(WHAT, format!("{free} MiB can be had, {LITTLE_MEMORY} MiB are better"), REMEDY)
        }
        Some(free) => Finding::good(WHAT, format!("{free} MiB can be had")),
    }
}

/// Connections that may wait to be accepted.
pub fn backlog() -> Finding {
    let most = fs::read_to_string("/proc/sys/net/core/somaxconn").ok().and_then(|text| text.trim().parse::<u64>().ok());
    judge_backlog(most)
}

fn judge_backlog(most: Option<u64>) -> Finding {
    const WHAT: &str = "waiting connections";
    match most {
        Some(most) if most < BACKLOG => {
            let remedy = format!("`sysctl net.core.somaxconn={BACKLOG}`, or sysctls in compose.yaml");
            Finding::advice(WHAT, format!("at most {most}: when many come at once some are turned away"), remedy)
        }
        Some(most) => Finding::good(WHAT, format!("at most {most}")),
        None => Finding::good(WHAT, "the kernel does not tell"),
    }
}

/// Whether something keeps the clock right: tokens, codes and certificates are good for a time.
pub fn clock() -> Finding {
    let seen = CLOCKS.iter().copied().find(|path| Path::new(path).exists());
    let is_inside = ["/.dockerenv", "/run/.containerenv"].iter().any(|path| Path::new(path).exists());
    judge_clock(seen, is_inside)
}

fn judge_clock(seen: Option<&str>, is_inside: bool) -> Finding {
    const WHAT: &str = "clock";
    if let Some(seen) = seen {
        return Finding::good(WHAT, format!("is kept right ({seen})"));
    }
    if is_inside {
        return Finding::good(WHAT, "is that of the machine around this container: see that it is kept right there");
    }
    let seen = "nothing is seen that keeps it right, and codes of authenticator apps are good for 30 s";
    Finding::advice(WHAT, seen, "`timedatectl set-ntp true`, or install chrony")
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
                Err(error) => {
                    let remedy = match error.kind() {
                        ErrorKind::PermissionDenied => {
                            "set server.listen to a port from 1024 on, or give PAKE the capability CAP_NET_BIND_SERVICE"
                        }
                        _ => "set server.listen to an address of this machine",
                    };
                    Finding::bad(WHAT, format!("{address}: {error}"), remedy)
                }
            };
        }
        Listen::Unix(path) => path,
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match tempfile::tempfile_in(folder) {
        Ok(_) => Finding::good(WHAT, format!("sockets can be made in {}", folder.display())),
        Err(error) => {
            let seen = format!("no socket can be made in {}: {error}", folder.display());
            Finding::bad(WHAT, seen, "make the folder, and give it to the user that PAKE runs as")
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
        Finding::advice(WHAT, format!("{host} leads nowhere from here"), "make an A and an AAAA record for it")
    } else {
        Finding::good(WHAT, format!("{host} leads to {}", addresses.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};

    #[test]
    fn memory_the_kernel_and_the_clock_are_told_of_with_what_to_do() {
        for (found, result, said, remedy) in [
            (judge_memory(Some(90)), Verdict::Bad, "90 MiB", "PAKE_BACKEND_MEMORY"),
            (judge_memory(Some(300)), Verdict::Advice, "512 MiB are better", "PAKE_BACKEND_MEMORY"),
            (judge_memory(Some(4_000)), Verdict::Good, "4000 MiB", ""),
            (judge_memory(None), Verdict::Good, "does not tell", ""),
            (judge_backlog(Some(128)), Verdict::Advice, "at most 128", "`sysctl net.core.somaxconn=4096`"),
            (judge_backlog(Some(4_096)), Verdict::Good, "at most 4096", ""),
            (judge_clock(None, false), Verdict::Advice, "nothing is seen", "`timedatectl set-ntp true`"),
            (judge_clock(None, true), Verdict::Good, "the machine around", ""),
            (judge_clock(Some(CLOCKS[1]), false), Verdict::Good, "chronyd", ""),
        ] {
            assert!(found.result == result && found.said.contains(said), "{found:?}");
            assert!(found.remedy.clone().unwrap_or_default().contains(remedy), "{found:?}");
        }
    }
}
