//! The steps that bring the tables to this version.
//!
//! A step says in its first line what it is. `-- pake: expand` only adds: a version that knows nothing of it goes on working,
//! so it is applied while the older one still serves. `-- pake: contract` takes away what no version needs any more, and is
//! applied when somebody says so (`pake migrate contract`). On an empty database there is no older version: everything is
//! applied at once.

use std::{borrow::Cow, fmt, time::Duration};

use serde::Serialize;
use sqlx::migrate::{Migrate, MigrateError, Migration, Migrator};

use super::{DbError, OpenError, Problem};

mod statements;
#[cfg(test)]
mod tests;

/// The steps up to this one say nothing: they were written before there were marks, and their text must not change any more,
/// because its checksum is in databases. They only add; the lint reads them like the others.
const UNMARKED_UNTIL: i64 = 11;
/// Where it is noted which steps were applied.
const TABLE: &str = "_sqlx_migrations";
/// Reads [`TABLE`].
pub(super) const RECORDED: &str = "SELECT version, description, checksum FROM _sqlx_migrations ORDER BY version";
/// How often a step is begun again that did not get a lock in time: whoever holds it goes on meanwhile.
const ATTEMPTS: u32 = 5;
/// How long is waited in between: what queued up behind the step is done then.
const PAUSE: Duration = Duration::from_secs(1);

/// What a step does to those who do not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Nothing: it only adds.
    Expand,
    /// It takes away what an older version may need.
    Contract,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expand => "expand",
            Self::Contract => "contract",
        })
    }
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was applied.
    Applied,
    /// It was not applied yet.
    Due,
    /// It was applied by a newer PAKE, and this one can do with it.
    Newer,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its number.
    pub version: i64,
    /// What it is called.
    pub name: String,
    /// What it does to those who do not know it.
    pub kind: Kind,
    /// How far it is.
    pub state: State,
}

/// How many steps of a kind are due.
pub fn due(steps: &[Step], kind: Kind) -> usize {
    steps.iter().filter(|step| step.state == State::Due && step.kind == kind).count()
}

/// A row of [`TABLE`]: number, what was done, checksum.
pub(super) type Recorded = (i64, String, Vec<u8>);

/// A step of this version. Its description says its kind too, so that an older PAKE that finds it in a database knows it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    kind: Kind,
    migration: Migration,
}

/// Reads the marks of this version's steps. One without a mark, or one that says that it only adds and does not, is refused.
pub(super) fn read(migrator: &Migrator) -> Result<Vec<Known>, OpenError> {
    migrator.iter().map(known).collect()
}

fn known(migration: &Migration) -> Result<Known, OpenError> {
    let refused = |reason: String| OpenError::BadStep { version: migration.version, reason };
    let text = migration.sql.as_str();
    let kind = match text.lines().next().unwrap_or_default().trim() {
        "-- pake: expand" => Kind::Expand,
        "-- pake: contract" => Kind::Contract,
        _ if migration.version <= UNMARKED_UNTIL => Kind::Expand,
        _ => return Err(refused("its first line is neither `-- pake: expand` nor `-- pake: contract`".to_owned())),
    };
    if kind == Kind::Expand {
        statements::only_add(text).map_err(|refusal| refused(refusal.to_string()))?;
    }
    let description = Cow::Owned(format!("{kind}: {}", migration.description));
    Ok(Known { kind, migration: Migration { description, ..migration.clone() } })
}

/// Which of the steps were applied. A database that a newer version changed so that this one cannot use it is refused, and so is
/// a step that is not what it was when it was applied.
pub(super) fn compare(known: &[Known], recorded: &[Recorded]) -> Result<Vec<Step>, OpenError> {
    let mut steps = Vec::new();
    for Known { kind, migration } in known {
        let row = recorded.iter().find(|(version, ..)| *version == migration.version);
        if row.is_some_and(|(_, _, checksum)| **checksum != *migration.checksum) {
            return Err(OpenError::Migration(MigrateError::VersionMismatch(migration.version)));
        }
        let state = if row.is_some() { State::Applied } else { State::Due };
        steps.push(Step { state, ..step(migration.version, &migration.description, *kind) });
    }
    let last = known.iter().map(|step| step.migration.version).max().unwrap_or(0);
    for (found, description, _) in recorded {
        if known.iter().any(|step| step.migration.version == *found) {
            continue;
        }
        if *found <= last {
            return Err(OpenError::Migration(MigrateError::VersionMissing(*found)));
        }
        if !description.starts_with("expand: ") {
            return Err(OpenError::NewerSchema { found: *found, known: last });
        }
        steps.push(step(*found, description, Kind::Expand));
    }
    Ok(steps)
}

fn step(version: i64, description: &str, kind: Kind) -> Step {
    let name = description.split_once(": ").map_or(description, |(_, name)| name);
    Step { version, name: name.replace('_', " "), kind, state: State::Newer }
}

/// Refuses to take anything away before everything was added.
pub(super) fn check_contract(steps: &[Step]) -> Result<(), OpenError> {
    match due(steps, Kind::Expand) {
        0 => Ok(()),
        due => Err(OpenError::ExpandFirst { due }),
    }
}

/// Applies the steps of one kind that are due, in their order, each in a transaction of its own; on an empty database every step.
/// Gives back those that it applied.
pub(super) async fn apply<C: Migrate>(
    connection: &mut C,
    known: &[Known],
    steps: &[Step],
    kind: Kind,
) -> Result<Vec<Step>, OpenError> {
    let is_empty = steps.iter().all(|step| step.state == State::Due);
    let mut applied = Vec::new();
    for (step, Known { migration, .. }) in steps.iter().zip(known) {
        if step.state != State::Due || !(is_empty || step.kind == kind) {
            continue;
        }
        tracing::info!(step = step.version, name = step.name, kind = %step.kind, "the database is changed");
        apply_one(connection, migration).await?;
        applied.push(Step { state: State::Applied, ..step.clone() });
    }
    Ok(applied)
}

/// One step. It waits for a lock only so long, because everybody who wants the same table waits behind it, and comes back for it.
async fn apply_one<C: Migrate>(connection: &mut C, migration: &Migration) -> Result<(), OpenError> {
    let mut attempt = 1;
    loop {
        let source = match connection.apply(TABLE, migration).await {
            Ok(_) => return Ok(()),
            Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => DbError::from(error),
            Err(other) => return Err(OpenError::Migration(other)),
        };
        if source.problem == Problem::Fault && migration.sql.as_str().contains("CREATE EXTENSION") {
            return Err(OpenError::Extensions { version: migration.version, detail: source.detail });
        }
        if source.problem != Problem::Busy || attempt == ATTEMPTS {
            return Err(OpenError::Step { version: migration.version, source });
        }
        tracing::warn!(step = migration.version, attempt, error = %source, "the step did not get a lock; it is tried again");
        attempt += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Makes the table in which it is noted which steps were applied.
pub(super) async fn ensure_table<C: Migrate>(connection: &mut C) -> Result<(), OpenError> {
    connection.ensure_migrations_table(TABLE).await.map_err(from_driver)
}

/// What sqlx says about the list itself.
pub(super) fn from_driver(error: MigrateError) -> OpenError {
    match error {
        MigrateError::Execute(error) => OpenError::Connect(error.into()),
        other => OpenError::Migration(other),
    }
}
