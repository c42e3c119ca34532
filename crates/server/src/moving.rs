//! Moving a whole installation from one database to another, of either kind. The source is only read. The target has a mark
//! until all of it is there and was compared; whoever dies in between is gone on after, and no server starts on half of it.

use serde::Serialize;

use crate::{
    db::{
        Alone, Db, DbError, OpenError,
        migrations::{Kind as StepKind, State},
    },
    store::moving::{self, Kind, Reader, Sum, Table, mark, mark::Reached, shape},
};

/// What is to be moved where, and how.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The address of the database that is read.
    pub from: &'a str,
    /// The address of the one that is filled.
    pub to: &'a str,
    /// What a move that did not end has left in the target is thrown away.
    pub anew: bool,
    /// A server may be at work on the source; what it writes from now on is not moved.
    pub while_serving: bool,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It begins, or goes on where another one ended.
    Begins {
        /// How many rows are there already.
        there: u64,
    },
    /// Rows of a table are there.
    Copied {
        /// The table.
        table: String,
        /// How many of it.
        rows: u64,
        /// Of how many.
        of: u64,
    },
    /// A table was compared.
    Compared {
        /// The table.
        table: String,
    },
}

/// A table that was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedTable {
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// What they come to; the same for the same rows in any database.
    pub digest: String,
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// All of it.
    pub tables: Vec<MovedTable>,
    /// How many rows in all.
    pub rows: u64,
    /// How many texts held a NUL, which PostgreSQL cannot store, and hold U+FFFD instead.
    pub altered: u64,
}

/// Why it was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// One of the two cannot be opened.
    #[error("{which}: {error}")]
    Open {
        /// `--from` or `--to`.
        which: &'static str,
        /// Why.
        error: OpenError,
    },
    /// There is nothing to move.
    #[error("--from holds no installation of PAKE")]
    Nothing,
    /// Its tables are those of another version.
    #[error(
        "--from is not at this version of PAKE ({table}): bring it there with `pake migrate expand` and `contract` first"
    )]
    OtherVersion {
        /// What is not as it is in this version.
        table: String,
    },
    /// The target belongs to another program.
    #[error("--to holds tables of something else ({}): give an empty database", tables.join(", "))]
    Foreign {
        /// Which.
        tables: Vec<String>,
    },
    /// The target is in use.
    #[error("--to is not empty ({}): give an empty database", tables.join(", "))]
    NotEmpty {
        /// What has rows.
        tables: Vec<String>,
    },
    /// Something else was begun there.
    #[error("--to holds a part of another database: go on with that one, or throw it away with --anew")]
    OtherMove,
    /// The two are not the same afterwards.
    #[error(
        "{table} is not the same in both: {from} rows in --from, {to} in --to. Somebody wrote meanwhile, perhaps between two attempts; \
         stop whoever does, and begin again with --anew"
    )]
    Differs {
        /// Where.
        table: String,
        /// Rows in the source.
        from: u64,
        /// Rows in the target.
        to: u64,
    },
    /// A database failed.
    #[error("{which}: {error}")]
    Db {
        /// `--from`, `--to` or the table.
        which: String,
        /// Why.
        error: DbError,
    },
}

const FROM: &str = "--from";
const TO: &str = "--to";

/// Says where an error of a database belongs.
fn at(which: &str) -> impl FnOnce(DbError) -> MoveError {
    let which = which.to_owned();
    |error| MoveError::Db { which, error }
}

/// A table and how both databases have it.
struct Plan {
    table: Table,
    from: Vec<Kind>,
    to: Vec<Kind>,
}

/// Moves everything, and compares it.
pub async fn run(order: Order<'_>, tell: &mut (dyn FnMut(Told) + Send)) -> Result<Moved, MoveError> {
    check_source(order.from).await?;
    let opening = |which| move |error| MoveError::Open { which, error };
    let mut unused = Alone::unused().await.map_err(opening(TO))?;
    let tables = shape::tables(&mut unused).await.map_err(at(TO))?;
    let mut from = Alone::open(order.from, order.while_serving).await.map_err(opening(FROM))?;
    from.hold().await.map_err(at(FROM))?;
    let name = moving::name(&mut from).await.map_err(at(FROM))?.ok_or(MoveError::Nothing)?;
    prepare_tables(order.to).await?;
    let mut to = Alone::open(order.to, false).await.map_err(opening(TO))?;
    let plans = plans(&mut from, &mut to, &tables).await?;
    begin(&mut to, &mut unused, &plans, &name, order.anew).await?;
    unused.close().await;

    let mut there = 0;
    for Plan { table, .. } in &plans {
        there += mark::reached(&mut to, &table.name).await.map_err(at(TO))?.rows;
    }
    tell(Told::Begins { there });
    let mut altered = 0;
    for plan in &plans {
        altered += copy(&mut from, &mut to, plan, tell).await?;
    }
    let mut moved = Moved { tables: Vec::new(), rows: 0, altered };
    for plan in &plans {
        let sum = compare(&mut from, &mut to, plan).await?;
        tell(Told::Compared { table: plan.table.name.clone() });
        moved.rows += sum.rows;
        moved.tables.push(MovedTable { table: plan.table.name.clone(), rows: sum.rows, digest: sum.digest() });
    }
    mark::unmake(&mut to).await.map_err(at(TO))?;
    // What it has learnt of its tables is that they are empty.
    to.run("ANALYZE").await.map_err(at(TO))?;
    to.close().await;
    from.close().await;
    Ok(moved)
}

/// Refuses a source that is not at this version.
async fn check_source(address: &str) -> Result<(), MoveError> {
    let steps = Db::steps(address).await.map_err(|error| MoveError::Open { which: FROM, error })?;
    if steps.iter().all(|step| step.state == State::Due) {
        return Err(MoveError::Nothing);
    }
    let other = steps.iter().find(|step| step.state != State::Applied);
    other.map_or(Ok(()), |step| {
        Err(MoveError::OtherVersion { table: format!("step {} is {:?}", step.version, step.state) })
    })
}

/// Makes the tables in the target, where there are none.
async fn prepare_tables(address: &str) -> Result<(), MoveError> {
    let opening = |error| MoveError::Open { which: TO, error };
    let steps = Db::steps(address).await.map_err(opening)?;
    if steps.iter().all(|step| step.state == State::Due)
        && let Ok(mut to) = Alone::open(address, true).await
    {
        let tables = shape::foreign(&mut to).await.map_err(at(TO))?;
        to.close().await;
        if !tables.is_empty() {
            return Err(MoveError::Foreign { tables });
        }
    }
    Db::migrate(address, StepKind::Expand).await.map_err(opening)?;
    Ok(())
}

/// How both have each table.
async fn plans(from: &mut Alone, to: &mut Alone, tables: &[Table]) -> Result<Vec<Plan>, MoveError> {
    let mut plans = Vec::new();
    for table in tables {
        let other = || MoveError::OtherVersion { table: table.name.clone() };
        let of_source = shape::kinds(from, table).await.map_err(at(FROM))?.ok_or_else(other)?;
        let of_target = shape::kinds(to, table).await.map_err(at(TO))?.ok_or_else(other)?;
        plans.push(Plan { table: table.clone(), from: of_source, to: of_target });
    }
    Ok(plans)
}

/// Marks the target as filled from the source, and takes out what a new database has in it; or finds that this was done.
async fn begin(to: &mut Alone, unused: &mut Alone, plans: &[Plan], name: &str, anew: bool) -> Result<(), MoveError> {
    let tables: Vec<_> = plans.iter().map(|plan| plan.table.clone()).collect();
    let begun = mark::source(to).await.map_err(at(TO))?;
    match begun {
        Some(other) if other == name && !anew => return Ok(()),
        Some(_) if !anew => return Err(MoveError::OtherMove),
        Some(_) => {}
        None => {
            let mut used = Vec::new();
            for plan in plans {
                let kinds = shape::kinds(unused, &plan.table).await.map_err(at(TO))?.unwrap_or_default();
                let fresh = moving::sum(unused, &plan.table, kinds, None).await.map_err(at(TO))?;
                // More rows than a new database has are enough to know; they need not be read.
                let rows = moving::count(to, &plan.table).await.map_err(at(TO))?;
                let is_fresh = rows == fresh.rows
                    && moving::sum(to, &plan.table, plan.to.clone(), None).await.map_err(at(TO))? == fresh;
                if !is_fresh {
                    used.push(plan.table.name.clone());
                }
            }
            if !used.is_empty() {
                return Err(MoveError::NotEmpty { tables: used });
            }
        }
    }
    let is_begun = begun.is_some();
    let done = async {
        to.run("BEGIN").await?;
        if is_begun {
            mark::unmake(to).await?;
        }
        mark::make(to, name).await?;
        moving::empty(to, &tables).await?;
        to.run("COMMIT").await
    };
    done.await.map_err(at(TO))
}

/// Copies what is not there yet of a table; how many values had to be written otherwise.
async fn copy(
    from: &mut Alone,
    to: &mut Alone,
    plan: &Plan,
    tell: &mut (dyn FnMut(Told) + Send),
) -> Result<u64, MoveError> {
    let name = &plan.table.name;
    let mut reached = mark::reached(to, name).await.map_err(at(TO))?;
    if reached.is_whole {
        return Ok(reached.altered);
    }
    let of = moving::count(from, &plan.table).await.map_err(at(FROM))?;
    let mut reader = Reader::new(&plan.table, plan.from.clone(), reached.after.clone());
    while !reached.is_whole {
        let mut rows = reader.next(from).await.map_err(at(name))?;
        reached.altered += moving::fit(&mut rows, to);
        reached.rows += rows.len() as u64;
        reached.after = reader.after().map(<[_]>::to_vec);
        reached.is_whole = rows.is_empty();
        write(to, plan, &rows, &reached).await.map_err(at(name))?;
        tell(Told::Copied { table: name.clone(), rows: reached.rows, of });
    }
    Ok(reached.altered)
}

/// Adds rows and notes it, both or neither.
async fn write(to: &mut Alone, plan: &Plan, rows: &[Vec<moving::Cell>], reached: &Reached) -> Result<(), DbError> {
    to.run("BEGIN").await?;
    if !rows.is_empty() {
        moving::write(to, &plan.table, &plan.to, rows).await?;
    }
    mark::set(to, &plan.table.name, reached).await?;
    to.run("COMMIT").await
}

/// Reads a table in both and compares.
async fn compare(from: &mut Alone, to: &mut Alone, plan: &Plan) -> Result<Sum, MoveError> {
    let name = &plan.table.name;
    let here = moving::sum(from, &plan.table, plan.from.clone(), Some(to)).await.map_err(at(name))?;
    let there = moving::sum(to, &plan.table, plan.to.clone(), None).await.map_err(at(name))?;
    if here == there {
        return Ok(there);
    }
    Err(MoveError::Differs { table: name.clone(), from: here.rows, to: there.rows })
}
