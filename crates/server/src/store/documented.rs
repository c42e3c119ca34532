//! docs/privacy.md tells of every column that there is, and of no other.

use std::collections::BTreeSet;

use super::testing::columns;
use crate::db::testing::{TestDb, on_both};

const PRIVACY: &str = include_str!("../../../../docs/privacy.md");

/// The columns that the document tells of, each with why, how long and who gets it.
fn told() -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for line in PRIVACY.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells.len() == 4 && cells.iter().all(|cell| !cell.is_empty()), "{line}");
        assert!(told.insert(cells[0].trim_matches('`').to_owned()), "{line} is there twice");
    }
    told
}

on_both! {
    async fn every_stored_field_is_documented(db: TestDb) {
        // The full-text index of SQLite is told of with the table that it is of.
        let is_ours = |table: &str| !table.starts_with("queries_index") && table != "_sqlx_migrations";
        let there = columns(&db).await.into_iter().filter(|(table, _, _)| is_ours(table));
        let there: BTreeSet<_> = there.map(|(table, column, _)| format!("{table}.{column}")).collect();
        let told = told();
        let missing: Vec<_> = there.difference(&told).collect();
        assert!(missing.is_empty(), "docs/privacy.md says nothing of {missing:?}");
        let gone: Vec<_> = told.difference(&there).collect();
        assert!(gone.is_empty(), "docs/privacy.md tells of {gone:?}, which are not there");
    }
}
