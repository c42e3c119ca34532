//! `process_*`: what the kernel says of this process, read at each scrape (Linux only; elsewhere there is nothing).

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use super::Described;

/// The kernel counts processor time in this many ticks a second on every architecture of Linux that PAKE is built for
/// (`USER_HZ`, proc(5)).
const TICKS_PER_SECOND: f64 = 100.0;

const fn described(name: &'static str, kind: MetricType, help: &'static [&'static str]) -> Described {
    Described { name, kind, labels: &[], help }
}

pub(super) const FAMILIES: &[Described] = &[
    described("process_cpu_seconds_total", MetricType::Counter, &["Seconds of processor time, user and system."]),
    described("process_resident_memory_bytes", MetricType::Gauge, &["Memory in use, in bytes."]),
    described("process_virtual_memory_bytes", MetricType::Gauge, &["Address space in use, in bytes."]),
    described("process_open_fds", MetricType::Gauge, &["Open files and sockets."]),
    described("process_max_fds", MetricType::Gauge, &["Most files and sockets that may be open at once."]),
    described("process_threads", MetricType::Gauge, &["Threads."]),
    described("process_start_time_seconds", MetricType::Gauge, &["When the process started, in seconds since 1970."]),
];

/// Reads /proc at each scrape.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for (family, value) in FAMILIES.iter().zip(Reading::take().values()) {
            let Some(value) = value else { continue };
            // Here nobody adds the full stop.
            let help = super::help(family.help) + ".";
            let encoder = encoder.encode_descriptor(super::without_total(family.name), &help, None, family.kind)?;
            match family.kind {
                MetricType::Counter => ConstCounter::new(value).encode(encoder)?,
                _ => ConstGauge::new(value).encode(encoder)?,
            }
        }
        Ok(())
    }
}

/// What this process uses.
#[derive(Debug, Clone, Copy, Default)]
pub struct Use {
    /// Seconds of processor time since the start.
    pub cpu_seconds: Option<f64>,
    /// Memory, in bytes.
    pub resident_bytes: Option<u64>,
}

/// What this process uses at the moment.
pub fn process_use() -> Use {
    let Reading { cpu_seconds, resident_bytes, .. } = Reading::take();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it was read from a whole number of KiB"
    )]
    let resident_bytes = resident_bytes.map(|bytes| bytes as u64);
    Use { cpu_seconds, resident_bytes }
}

/// What /proc said; `None` where it could not be read.
#[derive(Debug, Default, PartialEq)]
struct Reading {
    cpu_seconds: Option<f64>,
    resident_bytes: Option<f64>,
    virtual_bytes: Option<f64>,
    open_files: Option<f64>,
    most_files: Option<f64>,
    threads: Option<f64>,
    started_at: Option<f64>,
}

impl Reading {
    fn take() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let mut reading = Self::parse(&read("/proc/self/stat"), &read("/proc/self/status"), &read("/proc/stat"));
        reading.most_files = most_files(&read("/proc/self/limits"));
        #[expect(clippy::cast_precision_loss, reason = "nobody opens 2^52 files")]
        {
            reading.open_files = std::fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as f64);
        }
        reading
    }

    /// In the order of [`FAMILIES`].
    const fn values(&self) -> [Option<f64>; 7] {
        [
            self.cpu_seconds,
            self.resident_bytes,
            self.virtual_bytes,
            self.open_files,
            self.most_files,
            self.threads,
            self.started_at,
        ]
    }

    /// Reads `/proc/self/stat`, `/proc/self/status` and `/proc/stat` (proc(5)).
    fn parse(stat: &str, status: &str, machine: &str) -> Self {
        // The program's name stands in parentheses and may hold spaces and parentheses; fields are counted after it.
        let fields: Vec<&str> =
            stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
        let field = |number: usize| fields.get(number - 3).and_then(|text| text.parse::<f64>().ok());
        let booted_at = machine.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<f64>().ok());
        Self {
            cpu_seconds: field(14).zip(field(15)).map(|(user, system)| (user + system) / TICKS_PER_SECOND),
            resident_bytes: status_bytes(status, "VmRSS:"),
            virtual_bytes: status_bytes(status, "VmSize:"),
            threads: field(20),
            started_at: booted_at.zip(field(22)).map(|(booted, started)| booted + started / TICKS_PER_SECOND),
            ..Self::default()
        }
    }
}

/// A line of `/proc/self/status` in kB, as bytes.
fn status_bytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|kib| kib * 1024.0)
}

/// The soft limit of open files in `/proc/self/limits`.
fn most_files(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_read() {
        let stat = "42 (pake (1) x) S 1 42 42 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 7 0 12345 9 9";
        let status = "Name:\tpake\nVmSize:\t   2048 kB\nVmRSS:\t     10 kB\n";
        let reading = Reading::parse(stat, status, "cpu 1 2\nbtime 1700000000\n");
        assert_eq!(reading.cpu_seconds, Some(3.0));
        assert_eq!(reading.threads, Some(7.0));
        assert_eq!(reading.virtual_bytes, Some(2_097_152.0));
        assert_eq!(reading.resident_bytes, Some(10_240.0));
        assert_eq!(reading.started_at, Some(1_700_000_123.45));
        assert_eq!(
            most_files("Limit  Soft  Hard\nMax open files            20000                20000   files\n"),
            Some(20_000.0)
        );
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(Reading::parse("", "", ""), Reading::default());
        assert_eq!(Reading::parse("42 (pake", "VmRSS: x kB", "btime"), Reading::default());
        assert_eq!(most_files("Max open files   unlimited"), None);
    }
}
