//! A value of a row on its way from one kind of database to the other, and what a table of them comes to.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// A value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// Nothing.
    Null,
    /// Bytes, and ids.
    Bytes(Vec<u8>),
    /// Whole numbers, and yes and no as 1 and 0.
    Number(i64),
    /// Other numbers.
    Real(f64),
    /// Text.
    Text(String),
}

/// What a column holds, as its own database has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ids.
    Uuid,
    /// Bytes.
    Bytes,
    /// Yes and no.
    Boolean,
    /// Whole numbers.
    Number,
    /// Other numbers.
    Real,
    /// Text.
    Text,
}

impl Kind {
    /// The kind that a database calls so.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "uuid" => Self::Uuid,
            "blob" | "bytea" => Self::Bytes,
            "boolean" => Self::Boolean,
            "integer" | "bigint" => Self::Number,
            "real" | "double precision" => Self::Real,
            "text" => Self::Text,
            _ => return None,
        })
    }
}

impl Cell {
    /// How many bytes it takes, about.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
            Self::Null | Self::Number(_) | Self::Real(_) => 8,
        }
    }

    /// As PostgreSQL can hold it, which has no NUL in texts; whether that is another value.
    pub(super) fn without_nul(&mut self) -> bool {
        match self {
            Self::Text(text) if text.contains('\0') => {
                *text = text.replace('\0', "\u{fffd}");
                true
            }
            _ => false,
        }
    }

    fn add_to(&self, hasher: &mut blake3::Hasher) {
        let (kind, bytes): (u8, &[u8]) = match self {
            Self::Null => (0, &[]),
            Self::Bytes(bytes) => (1, bytes),
            Self::Number(number) => (2, &number.to_be_bytes()),
            Self::Real(number) => (3, &number.to_bits().to_be_bytes()),
            Self::Text(text) => (4, text.as_bytes()),
        };
        hasher.update(&[kind]).update(&(bytes.len() as u64).to_be_bytes()).update(bytes);
    }
}

/// What the rows of a table come to, in whatever order they are read: databases do not agree in what order texts are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many rows.
    pub rows: u64,
    lanes: [u64; 4],
}

impl Sum {
    /// Adds a row.
    pub(super) fn add(&mut self, row: &[Cell]) {
        let mut hasher = blake3::Hasher::new();
        for cell in row {
            cell.add_to(&mut hasher);
        }
        let hash = hasher.finalize();
        for (lane, bytes) in self.lanes.iter_mut().zip(hash.as_bytes().as_chunks().0) {
            *lane = lane.wrapping_add(u64::from_be_bytes(*bytes));
        }
        self.rows += 1;
    }

    /// As text: two tables of the same rows have the same one.
    pub fn digest(&self) -> String {
        let mut text = String::with_capacity(64);
        for lane in self.lanes {
            // Writing to a String does not fail.
            let _ = write!(text, "{lane:016x}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rows: &[&[Cell]]) -> Sum {
        let mut sum = Sum::default();
        for row in rows {
            sum.add(row);
        }
        sum
    }

    #[test]
    fn a_sum_tells_rows_apart_and_not_their_order() {
        let (one, other) = ([Cell::Text("a".to_owned()), Cell::Number(1)], [Cell::Text("b".to_owned()), Cell::Null]);
        let both = sum(&[&one, &other]);
        assert_eq!(both, sum(&[&other, &one]));
        assert_eq!((both.rows, both.digest().len()), (2, 64));
        for altered in [
            sum(&[&one]),
            sum(&[&one, &one]),
            sum(&[&one, &[Cell::Text("b".to_owned()), Cell::Number(0)]]),
            sum(&[&one, &[Cell::Text("bc".to_owned()), Cell::Null]]),
            sum(&[&one, &[Cell::Bytes(b"b".to_vec()), Cell::Null]]),
            // What belongs to the one value and what to the next.
            sum(&[&one, &[Cell::Text(String::new()), Cell::Text("b".to_owned())]]),
        ] {
            assert_ne!(altered.digest(), both.digest());
        }
    }

    #[test]
    fn what_postgresql_cannot_hold_is_replaced_and_told() {
        let mut text = Cell::Text("a\0b".to_owned());
        assert!(text.without_nul());
        assert_eq!(text, Cell::Text("a\u{fffd}b".to_owned()));
        assert!(!text.without_nul() && !Cell::Bytes(vec![0]).without_nul() && !Cell::Null.without_nul());
    }
}
