//! The sources that are asked: the stand-in of `../shared/upstream` with its real records where it is, else the one that
//! the repository carries ([`crate::upstream`]). Both speak the same addresses and the same words to `/__ctl`.

use std::{collections::HashSet, path::Path};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    process::{self, Process, free_address},
    truth::Truth,
    vocabulary, wire,
};

/// Sources that run.
#[derive(Debug)]
pub struct Sources {
    process: Process,
    /// What can be asked; asked with a word that was never sent before, each is a new question.
    pub queries: Vec<String>,
    /// Which records tell of the same paper.
    pub truth: Truth,
    /// For the report.
    pub name: &'static str,
}

impl Sources {
    /// Starts them; `shared` is the folder with `upstream/run`, `program` this very benchmark.
    pub fn start(shared: Option<&Path>, program: &Path, log: &Path) -> Result<Self> {
        let address = free_address()?;
        let Some(shared) = shared else {
            let process = Process::start(program, &["upstream", &address], &[], &address, log)?;
            return Ok(Self {
                process,
                queries: vocabulary::queries(),
                truth: Truth::Numbers,
                name: "the carried stand-in",
            });
        };
        let folder = shared.join("upstream");
        process::build(&folder.join("run"), &[])?;
        let process = Process::start(&folder.join("run"), &["--listen", &address], &[], &address, log)?;
        let queries =
            std::fs::read_to_string(folder.join("data/queries.txt")).context("queries of ../shared/upstream")?;
        let queries = queries.lines().map(str::to_owned).collect();
        Ok(Self { process, queries, truth: Truth::read(&folder.join("data"))?, name: "../shared/upstream" })
    }

    /// Changes how they answer: `reset all.latency=const:100 arxiv.hang=0.1`.
    pub async fn set(&self, words: &str) -> Result<()> {
        let (status, body) = wire::once(&self.process.address, &wire::request("/__ctl", &[], Some(words))).await?;
        ensure!(status == 200, "`{words}` is not understood: {}", String::from_utf8_lossy(&body));
        Ok(())
    }

    /// The DOIs of which Crossref says that they are this one's preprint or print.
    pub async fn related(&self, doi: &str) -> Result<HashSet<String>> {
        let request = wire::request(&format!("/crossref/works/{doi}"), &[], None);
        let (status, body) = wire::once(&self.process.address, &request).await?;
        if doi.is_empty() || status != 200 {
            return Ok(HashSet::new());
        }
        let answer: Value = serde_json::from_slice(&body)?;
        let relations = ["has-preprint", "is-preprint-of"].map(|kind| &answer["message"]["relation"][kind]);
        let others = relations.into_iter().filter_map(Value::as_array).flatten();
        Ok(others.filter_map(|other| Some(other["id"].as_str()?.to_lowercase())).collect())
    }

    /// `http://host:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.process.address)
    }
}
