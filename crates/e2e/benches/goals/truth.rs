//! Which records tell of the same paper: the stand-in knows, since it made every record from a numbered paper.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result};
use serde_json::Value;

/// Where the number of a record's paper is found.
#[derive(Debug)]
pub enum Truth {
    /// In a table from `source:id`, for ../shared/upstream.
    Table(HashMap<String, usize>),
    /// In the digits at the end of its id, for the carried stand-in.
    Numbers,
}

impl Truth {
    /// Reads the records of ../shared/upstream, numbered as it numbers them.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut table = Table::default();
        for file in ["fixtures.jsonl.zst", "records.jsonl.zst"] {
            let bytes = zstd::stream::decode_all(fs::File::open(folder.join(file)).with_context(|| file.to_owned())?)?;
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                table.add(&serde_json::from_slice(line)?);
            }
        }
        Ok(Self::Table(table.papers()))
    }

    /// The number of the paper that this record is about.
    pub fn paper(&self, source: &str, id: &str) -> Option<usize> {
        match self {
            Self::Table(table) => table.get(&format!("{source}:{}", id.to_lowercase())).copied(),
            Self::Numbers => {
                id.rsplit(|letter: char| !letter.is_ascii_digit()).next()?.trim_start_matches('0').parse().ok()
            }
        }
    }
}

#[derive(Default)]
struct Table {
    /// Record → paper: a record that shares an identifier with an earlier one is about the same paper.
    paper: Vec<usize>,
    by_id: HashMap<String, usize>,
    pmids: HashSet<String>,
}

impl Table {
    fn add(&mut self, record: &Value) {
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_lowercase();
        // The stand-in skips a PMID that it has.
        if text("k") == "pubmed" && !self.pmids.insert(text("pmid")) {
            return;
        }
        let number = self.paper.len();
        let year = record["date"]
            .as_str()
            .and_then(|date| date.get(..4))
            .map_or_else(|| record["year"].to_string(), str::to_owned);
        // OpenAlex ids and DOIs that it makes up for records without.
        let oa = if text("oa").is_empty() { format!("w{}", 4_390_000_000 + number) } else { text("oa") };
        let mut ids = vec![format!("openalex:{oa}")];
        if !text("arxiv").is_empty() {
            ids.push(format!("arxiv:{}", text("arxiv")));
            ids.push(format!("crossref:10.5555/mock.{year}.{number}"));
        }
        ids.extend((!text("pmid").is_empty()).then(|| format!("pubmed:{}", text("pmid"))));
        ids.extend((!text("doi").is_empty()).then(|| format!("crossref:{}", text("doi"))));
        let known = ids.iter().find_map(|id| self.by_id.get(id)).copied();
        let paper = known.map_or(number, |known| self.paper[known]);
        self.paper.push(paper);
        for id in ids {
            self.by_id.entry(id).or_insert(number);
        }
    }

    fn papers(self) -> HashMap<String, usize> {
        self.by_id.into_iter().map(|(id, record)| (id, self.paper[record])).collect()
    }
}
