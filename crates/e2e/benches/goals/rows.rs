//! The same paper twice among the rows, and two papers in one row.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    Bench,
    report::{Findings, eprintln, short},
    serving::{ask, new_query},
    wire::Connection,
};

#[derive(Default)]
struct Tally {
    rows: usize,
    records: usize,
    unknown: usize,
    same_id: usize,
    same_title: usize,
    same_paper: usize,
    wrong: usize,
    declared: usize,
    examples: Vec<String>,
}

/// Asks and counts.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    bench.sources.set("reset").await?;
    let pake = bench.recipe.start("rows")?;
    let mut connection = Connection::open(&pake.process.address).await?;
    let mut tally = Tally::default();
    let queries = bench.count(400);
    for _ in 0..queries {
        let query = new_query(&bench.sources.queries);
        let answer = connection.exchange(&ask(&query, "identity")).await?;
        ensure!(answer.status == 200, "`{query}`: status {}", answer.status);
        let document: Value = serde_json::from_slice(answer.body)?;
        let several = count(bench, &document, &mut tally).with_context(|| query.clone())?;
        for row in several {
            if row.is_declared(bench).await? {
                tally.declared += 1;
            } else {
                tally.wrong += 1;
                tally.examples.push(format!("two papers: {} {:?}", row.title, row.versions));
            }
        }
    }
    judge(&tally, queries, found);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn judge(tally: &Tally, queries: usize, found: &mut Findings) {
    let percent = |count: usize| count as f64 * 100.0 / tally.rows.max(1) as f64;
    found.at_most("the same paper twice among the rows, by DOI, arXiv id or PMID", percent(tally.same_id), 0.0, "%");
    found.at_most("the same title twice among the rows", percent(tally.same_title), 0.5, "%");
    found.goal("two papers in one row", "none", &tally.wrong.to_string(), tally.wrong == 0);
    found.section(format!(
        "## Rows\n\n{queries} searches, {} rows of {} records ({} of them unknown to the stand-in's numbers). The same paper twice, by the \
         stand-in's number: {} rows ({} %); by identifier {}; by title {}. Two papers in one row: {}; beside them {} that the stand-in numbers apart and \
         Crossref itself joins: each states `has-preprint` or `is-preprint-of` with the other's DOI.\n",
        tally.rows,
        tally.records,
        tally.unknown,
        tally.same_paper,
        short(percent(tally.same_paper)),
        tally.same_id,
        tally.same_title,
        tally.wrong,
        tally.declared
    ));
    for example in tally.examples.iter().take(12) {
        eprintln(example);
    }
}

/// A row with several papers: each version's DOI and the numbers of its papers.
#[derive(Debug)]
struct Several {
    title: String,
    versions: Vec<(String, HashSet<usize>)>,
}

impl Several {
    /// Whether the papers are versions of one by what the source itself says of them, whatever their numbers.
    async fn is_declared(&self, bench: &Bench) -> Result<bool> {
        let mut joined = self.versions.first().map(|(_, numbers)| numbers.clone()).unwrap_or_default();
        let mut links = Vec::new();
        for (doi, numbers) in &self.versions {
            let others = bench.sources.related(doi).await?;
            let related = self.versions.iter().filter(|(doi, _)| others.contains(doi));
            links.extend(related.map(|(_, others)| numbers | others));
        }
        // Each pass joins at least one more version, or none ever will.
        for _ in &self.versions {
            for link in &links {
                if !link.is_disjoint(&joined) {
                    joined.extend(link);
                }
            }
        }
        Ok(self.versions.iter().all(|(_, numbers)| numbers.is_subset(&joined)))
    }
}

/// Counts the rows of an answer; gives back those with several papers.
fn count(bench: &Bench, document: &Value, tally: &mut Tally) -> Result<Vec<Several>> {
    let mut several = Vec::new();
    let (mut ids, mut titles, mut papers) = (HashSet::new(), HashSet::new(), HashMap::new());
    for work in document["works"].as_array().context("no works")? {
        tally.rows += 1;
        let mut of_work = HashSet::new();
        let mut numbers: HashSet<usize> = HashSet::new();
        let mut versions = Vec::new();
        for version in std::iter::once(work).chain(list(&work["versions"])) {
            let mut of_version = HashSet::new();
            let id = |name: &str| version[name].as_str().map(|id| format!("{name}:{}", id.to_lowercase()));
            of_work.extend(["doi", "arxiv_id", "pmid"].into_iter().filter_map(id));
            for record in list(&version["records"]) {
                tally.records += 1;
                let (source, id) =
                    (record["source"].as_str().unwrap_or_default(), record["source_id"].as_str().unwrap_or_default());
                if let Some(number) = bench.sources.truth.paper(source, id) {
                    of_version.insert(number);
                } else {
                    tally.unknown += 1;
                    tally.examples.push(format!("unknown: {source}:{id}"));
                }
            }
            numbers.extend(&of_version);
            if !of_version.is_empty() {
                versions.push((version["doi"].as_str().unwrap_or_default().to_lowercase(), of_version));
            }
        }
        let title = work["title"].as_str().unwrap_or_default();
        let folded: String =
            title.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        tally.same_id += usize::from(of_work.iter().any(|id| ids.contains(id)));
        if !titles.insert(folded) {
            tally.same_title += 1;
            tally.examples.push(format!("same title: {title} {of_work:?} {numbers:?}"));
        }
        ids.extend(of_work);
        let twice = numbers.iter().find_map(|number| papers.insert(*number, title.to_owned()));
        if let Some(other) = twice {
            tally.same_paper += 1;
            tally.examples.push(format!("same paper {numbers:?}: {title} | {other}"));
        }
        if numbers.len() > 1 {
            several.push(Several { title: title.to_owned(), versions });
        }
    }
    Ok(several)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
