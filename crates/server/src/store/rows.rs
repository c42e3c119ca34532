//! Statements that write many rows. A statement is prepared once for each number of rows, so there are few numbers: a
//! batch of any size is written in slices of powers of two.

use std::sync::{Arc, OnceLock};

use sqlx::AssertSqlSafe;

use crate::db::{Db, Pool};

/// Most rows in one statement, as a power of two: 256.
const LARGEST: u32 = 8;

/// `INSERT … VALUES (…), (…), … ON CONFLICT …`, by dialect and number of rows.
pub(super) struct Insert {
    head: &'static str,
    columns: usize,
    tail: &'static str,
    sqlite: [OnceLock<Arc<str>>; LARGEST as usize + 1],
    postgres: [OnceLock<Arc<str>>; LARGEST as usize + 1],
}

impl Insert {
    /// A statement made of what stands before the values, the number of columns, and what stands after the values.
    pub(super) const fn new(head: &'static str, columns: usize, tail: &'static str) -> Self {
        Self {
            head,
            columns,
            tail,
            sqlite: [const { OnceLock::new() }; LARGEST as usize + 1],
            postgres: [const { OnceLock::new() }; LARGEST as usize + 1],
        }
    }

    /// The statement for a slice of [`slices`].
    pub(super) fn sql<T>(&self, db: &Db, slice: &[T]) -> AssertSqlSafe<Arc<str>> {
        let power = slice.len().checked_ilog2().unwrap_or(0).min(LARGEST) as usize;
        let numbered = matches!(db.write, Pool::Postgres(_));
        let kept = if numbered { &self.postgres } else { &self.sqlite };
        AssertSqlSafe(Arc::clone(kept[power].get_or_init(|| self.write(1 << power, numbered).into())))
    }

    /// SQLite looks up numbered parameters one after the other, which takes as long as the square of their number: it gets
    /// bare `?`.
    fn write(&self, rows: usize, numbered: bool) -> String {
        let mut sql = self.head.to_owned();
        for row in 0..rows {
            sql.push_str(if row == 0 { " (" } else { ", (" });
            for column in 0..self.columns {
                if column > 0 {
                    sql.push_str(", ");
                }
                if numbered {
                    sql.push('$');
                    sql.push_str(&(row * self.columns + column + 1).to_string());
                } else {
                    sql.push('?');
                }
            }
            sql.push(')');
        }
        sql.push(' ');
        sql.push_str(self.tail);
        sql
    }
}

/// Cuts rows into slices of powers of two, the largest first.
pub(super) fn slices<T>(rows: &mut [T]) -> impl Iterator<Item = &mut [T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let power = rest.len().checked_ilog2()?.min(LARGEST);
        rest.split_off_mut(..1 << power)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_powers_of_two_and_leave_nothing_out() {
        let mut rows: Vec<_> = (0..700).collect();
        let lengths: Vec<_> = slices(&mut rows).map(|slice| slice.len()).collect();
        assert_eq!(lengths, [256, 256, 128, 32, 16, 8, 4]);
        assert_eq!(slices(&mut rows).flatten().map(|row| *row).collect::<Vec<_>>(), (0..700).collect::<Vec<_>>());
        assert_eq!(slices::<u8>(&mut []).count(), 0);
    }

    #[test]
    fn each_dialect_gets_its_own_placeholders() {
        let insert = Insert::new("INSERT INTO t (a, b) VALUES", 2, "ON CONFLICT DO NOTHING");
        assert_eq!(insert.write(2, false), "INSERT INTO t (a, b) VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING");
        assert_eq!(insert.write(2, true), "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING");
    }
}
