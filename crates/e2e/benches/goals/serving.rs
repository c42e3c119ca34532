//! PAKE as it is measured: how it is started and what it is asked.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use anyhow::{Context, Result};
use serde_json::json;

use crate::{
    load::Requests,
    process::{self, Process, free_address},
    wire,
};

/// Records asked of each source. The goals speak of arXiv 10, PubMed 20, Crossref 20 and OpenAlex 10; PAKE has one page
/// size for all sources: four times 15 are the same 60 records.
pub const LIMIT: usize = 15;
/// What stands at the beginning of an answer to which every source contributed.
pub const WHOLE: &str = r#""status":"completed""#;
/// Each question is new by a word that was not sent before; the stand-in ignores it.
static NEXT_WORD: AtomicU64 = AtomicU64::new(0x10_0000);

/// A PAKE that runs.
#[derive(Debug)]
pub struct Pake {
    /// Its process.
    pub process: Process,
}

/// How a PAKE is started.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The binary.
    pub program: PathBuf,
    /// `http://host:port` of the sources.
    pub sources: String,
    /// Where folders for data are made.
    pub folder: PathBuf,
    /// URL of Redis, where it is used.
    pub redis: Option<String>,
    /// Settings beside those of every measurement.
    pub more: Vec<(&'static str, String)>,
}

impl Recipe {
    /// Starts one with its data in a folder of this name, and waits until it takes connections.
    pub fn start(&self, name: &str) -> Result<Pake> {
        let (address, folder) = (free_address()?, self.folder.join(name));
        let process =
            Process::start(&self.program, &["serve"], &self.variables(&address, &folder), &address, &self.log(name))?;
        Ok(Pake { process })
    }

    /// Starts one without waiting.
    pub fn spawn(&self, name: &str) -> Result<Pake> {
        let (address, folder) = (free_address()?, self.folder.join(name));
        let process =
            Process::spawn(&self.program, &["serve"], &self.variables(&address, &folder), &address, &self.log(name))?;
        Ok(Pake { process })
    }

    /// Starts one under callgrind with these options, which counts into the file `counts`, and waits until it takes connections.
    pub fn start_under_callgrind(&self, name: &str, options: &[&str], counts: &Path) -> Result<Process> {
        let (address, folder) = (free_address()?, self.folder.join(name));
        let (out, program) = (format!("--callgrind-out-file={}", counts.display()), self.program.display().to_string());
        let arguments = [&["--tool=callgrind", &out], options, &[&program, "serve"]].concat();
        let variables = self.variables(&address, &folder);
        Process::start(Path::new("valgrind"), &arguments, &variables, &address, &self.log(name))
            .context("is valgrind installed?")
    }

    /// Runs a command on the data in the folder of this name to its end; gives what it prints.
    pub fn run(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let folder = self.folder.join(name);
        process::run(&self.program, arguments, &self.variables("127.0.0.1:0", &folder))
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// Four sources without a limiter of ours and without a budget, SQLite, everything else as it comes.
    pub fn variables(&self, address: &str, folder: &Path) -> Vec<(String, String)> {
        let mut variables = vec![
            ("PAKE_SERVER__LISTEN".to_owned(), address.to_owned()),
            ("PAKE_SERVER__DATA_DIR".to_owned(), folder.display().to_string()),
            ("PAKE_SEARCH__PAGE_SIZE".to_owned(), LIMIT.to_string()),
            ("PAKE_SOURCES__OPENALEX__DAILY_BUDGET".to_owned(), "100000".to_owned()),
        ];
        for off in ["EUROPEPMC", "WIKIPEDIA"] {
            variables.push((format!("PAKE_SOURCES__{off}__ENABLED"), "false".to_owned()));
        }
        for (source, path) in
            [("ARXIV", ""), ("PUBMED", "/entrez/eutils"), ("CROSSREF", "/crossref"), ("OPENALEX", "/openalex")]
        {
            variables.push((format!("PAKE_SOURCES__{source}__BASE_URL"), format!("{}{path}", self.sources)));
            variables.push((format!("PAKE_SOURCES__{source}__RATE"), "0".to_owned()));
        }
        variables.extend(self.more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        variables.extend(self.redis.iter().map(|url| ("PAKE_REDIS__URL".to_owned(), url.clone())));
        variables
    }
}

/// A question that was never asked before.
pub fn new_query(queries: &[String]) -> String {
    let word = NEXT_WORD.fetch_add(1, Relaxed);
    let query = usize::try_from(word).ok().and_then(|number| queries.get(number % queries.len()));
    format!("{} zq{word:x}", query.map_or("statin", String::as_str))
}

/// The request that asks this and waits for the answer.
pub fn ask(query: &str, encoding: &str) -> Vec<u8> {
    let body = json!({ "query": query }).to_string();
    wire::request("/api/v1/searches", &[("Prefer", "wait=20"), ("Accept-Encoding", encoding)], Some(&body))
}

/// Questions that were never asked before, without end.
pub fn new_questions(queries: &[String]) -> Requests {
    let queries = queries.to_vec();
    Arc::new(move |_| ask(&new_query(&queries), "zstd"))
}

/// The same requests over and over.
pub fn again(requests: Vec<Vec<u8>>) -> Requests {
    Arc::new(move |number| requests[usize::try_from(number).unwrap_or(0) % requests.len()].clone())
}
