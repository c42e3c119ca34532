//! The journal of a deployment: a line before each act, and a line after it.
//!
//! A line is on the disk before what it tells of is begun. Each holds the SHA-256 of the line before it, the first one that of the
//! last line of the deployment before: whoever takes a line or a whole journal away, or changes one, breaks the chain, and
//! `sha256sum` finds where. A last line that was cut off by the end of the machine was never followed by anything: it is
//! taken away, and said.

use std::{
    fs::{File, OpenOptions},
    io::{Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{deploy_id::DeployId, step::State, whole_file};

/// How the name of a journal ends.
pub const ENDING: &str = "jsonl";

/// So many bytes of the disk are kept for a journal: twice what one has in which everything goes wrong.
const RESERVED: u64 = 32 << 10;

/// What the first line of the first journal holds instead of a hash.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its place in the journal, from 0.
    pub seq: u64,
    /// When it was written.
    pub ts: DateTime<Utc>,
    /// Whose journal it is.
    pub deploy: DeployId,
    /// What is done or decided.
    pub state: State,
    /// How far it is.
    pub phase: Phase,
    /// What else is to be known: what was found, why it failed.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// The hash of the line before.
    pub prev_sha256: String,
}

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It is about to be done. Whether it was, only looking tells.
    Intent,
    /// It is done.
    Done,
    /// It could not be done.
    Failed,
}

/// What was read of a journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// Its lines.
    pub records: Vec<Record>,
    /// The hash of the last one; of the journal before, where there is none.
    pub last_sha256: String,
    /// So many bytes are whole lines.
    pub whole: u64,
    /// What stands behind them: a line that was not written to its end.
    pub torn: Option<String>,
}

/// A journal that is written.
#[derive(Debug)]
pub struct Journal {
    file: File,
    deploy: DeployId,
    records: Vec<Record>,
    last_sha256: String,
}

impl Journal {
    /// Begins the journal of `deploy` behind what stands in the journal before.
    pub fn begin(folder: &Path, deploy: DeployId, last_sha256: String) -> anyhow::Result<Self> {
        let path = path(folder, deploy);
        let open = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path);
        let file = open.with_context(|| format!("cannot begin the journal {}", path.display()))?;
        // Room for all its lines, so that a disk that fills up meanwhile does not stop it. Not every file system can.
        let _ = rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, RESERVED);
        // A file without its name on the disk is none after a loss of power.
        whole_file::sync_folder(folder).with_context(|| format!("cannot write to {}", folder.display()))?;
        Ok(Self { file, deploy, records: Vec::new(), last_sha256 })
    }

    /// Takes the journal of `deploy` up again where it ends. Gives what was cut off of its last line, too.
    pub fn take_up(folder: &Path, deploy: DeployId, last_sha256: &str) -> anyhow::Result<(Self, Option<String>)> {
        let path = path(folder, deploy);
        let read = read(&path, deploy, last_sha256)?;
        let taken = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().append(true).open(&path)?;
            file.set_len(read.whole)?;
            file.seek(std::io::SeekFrom::End(0))?;
            file.sync_all()?;
            Ok(file)
        };
        let file = taken().with_context(|| format!("cannot write to the journal {}", path.display()))?;
        Ok((Self { file, deploy, records: read.records, last_sha256: read.last_sha256 }, read.torn))
    }

    /// Its lines.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Writes a line, and comes back when it is on the disk.
    pub fn write(&mut self, ts: DateTime<Utc>, state: State, phase: Phase, data: Value) -> anyhow::Result<&Record> {
        let (seq, deploy, prev_sha256) = (self.records.len() as u64, self.deploy, self.last_sha256.clone());
        let record = Record { seq, ts, deploy, state, phase, data, prev_sha256 };
        let mut line = serde_json::to_string(&record)?;
        let hash = sha256(line.as_bytes());
        line.push('\n');
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.context("cannot write to the journal: without it nothing is done; is the disk full?")?;
        self.last_sha256 = hash;
        self.records.push(record);
        self.records.last().context("a journal has the line that was written")
    }
}

/// Where the journal of a deployment is.
pub fn path(folder: &Path, deploy: DeployId) -> PathBuf {
    folder.join(format!("{deploy}.{ENDING}"))
}

/// Reads a journal, and holds it against the chain.
pub fn read(path: &Path, deploy: DeployId, last_sha256: &str) -> anyhow::Result<Read> {
    let text = std::fs::read(path).with_context(|| format!("cannot read the journal {}", path.display()))?;
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (lines, rest) = text.split_at(whole);
    let mut records = Vec::new();
    let mut last_sha256 = last_sha256.to_owned();
    for (number, line) in (1_u64..).zip(lines.split_inclusive(|byte| *byte == b'\n')) {
        let line = &line[..line.len() - 1];
        let broken = |why: &str| {
            format!(
                "line {number} of {} {why}: somebody or something changed the journal after it was written. Nothing is \
                 done on it. Put back the copy of it that a backup has, or move the file away once you have seen for \
                 yourself what runs (`pake status`)",
                path.display()
            )
        };
        let record: Record = serde_json::from_slice(line).with_context(|| broken("cannot be read"))?;
        ensure!(record.prev_sha256 == last_sha256, broken("does not follow the line before it"));
        if record.deploy != deploy || record.seq + 1 != number {
            bail!(broken("is not in its place"));
        }
        last_sha256 = sha256(line);
        records.push(record);
    }
    let torn = (!rest.is_empty()).then(|| String::from_utf8_lossy(rest).into_owned());
    Ok(Read { records, last_sha256, whole: whole as u64, torn })
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    data_encoding::HEXLOWER.encode(digest.as_ref())
}

#[cfg(test)]
mod tests;
