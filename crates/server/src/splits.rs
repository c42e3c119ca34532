//! Merges that a person has undone: which records are not the same work.

use engine::work::Work;

use crate::{
    app::App,
    error::{Error, Result},
    store::{self, Scope},
};

/// How many records one split may name.
const MOST_RECORDS: usize = 200;

/// Takes `records` (keys `source:source_id`) out of `work`: they are not the same work as the rest of it. Holds for every
/// later search of this person.
pub async fn split(app: &App, scope: Scope, work: &Work, records: &[String]) -> Result<()> {
    let pairs = pairs(work, records)?;
    for (one, other) in &pairs {
        store::splits::insert(&app.db, scope, one, other, app.clock.now()).await?;
    }
    app.splits.changed(scope);
    Ok(())
}

/// Takes a split back: these two records may be one work again. `false`: they were not split.
pub async fn rejoin(app: &App, scope: Scope, one: &str, other: &str) -> Result<bool> {
    let removed = store::splits::remove(&app.db, scope, one, other).await?;
    app.splits.changed(scope);
    Ok(removed)
}

fn check(records: &[String]) -> Result<()> {
    let longest = store::splits::LONGEST_KEY;
    if records.is_empty() || records.len() > MOST_RECORDS || records.iter().any(|record| record.len() > longest) {
        return Err(Error::invalid("records", format!("name 1 to {MOST_RECORDS} records as `source:source_id`")));
    }
    Ok(())
}

/// Every pair of one record that is taken out and one that stays.
fn pairs(work: &Work, records: &[String]) -> Result<Vec<(String, String)>> {
    check(records)?;
    let all: Vec<String> = work
        .versions
        .iter()
        .flat_map(|version| &version.records)
        .map(|record| format!("{}:{}", record.source, record.source_id))
        .collect();
    if let Some(stranger) = records.iter().find(|record| !all.contains(record)) {
        return Err(Error::invalid("records", format!("`{stranger}` is not a record of this work")));
    }
    let staying: Vec<&String> = all.iter().filter(|record| !records.contains(record)).collect();
    if staying.is_empty() {
        return Err(Error::invalid("records", "these are all records of the work; leave at least one out"));
    }
    Ok(records.iter().flat_map(|out| staying.iter().map(move |stays| (out.clone(), (*stays).clone()))).collect())
}
