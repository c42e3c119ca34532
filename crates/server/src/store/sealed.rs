//! Every column that holds sealed texts, to be sealed anew when there is a new master key.

use uuid::Uuid;

use super::statement::Statement;
use crate::db::{Db, DbError};

/// A column of sealed texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// What names a row.
    pub row: RowName,
    /// The column.
    pub column: &'static str,
}

/// The column that names a row, and of what kind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowName {
    /// Text.
    Text(&'static str),
    /// An id.
    Id(&'static str),
    /// The id of what it is a part of, and which part it is.
    Part(&'static str, &'static str),
}

impl SealedColumn {
    /// The name of each row, as it is sealed with it, and the sealed text.
    pub async fn all(&self, db: &Db) -> Result<Vec<(String, String)>, DbError> {
        let select = |names: &[&'static str]| {
            let mut statement = Statement::new("SELECT ");
            for name in names {
                statement.push(name).push(", ");
            }
            statement.push(self.column).push(" FROM ").push(self.table).push(" WHERE ");
            statement.push(self.column).push(" IS NOT NULL");
            statement
        };
        match self.row {
            RowName::Text(name) => select(&[name]).all(db).await,
            RowName::Id(name) => {
                let rows: Vec<(Uuid, String)> = select(&[name]).all(db).await?;
                Ok(rows.into_iter().map(|(id, sealed)| (id.to_string(), sealed)).collect())
            }
            RowName::Part(whole, part) => {
                let rows: Vec<(Uuid, i64, String)> = select(&[whole, part]).all(db).await?;
                Ok(rows.into_iter().map(|(id, part, sealed)| (format!("{id} {part}"), sealed)).collect())
            }
        }
    }

    /// Puts a text in place of the one that was read; `false` when it is another one by now. No two sealed texts are alike.
    pub async fn replace(&self, db: &Db, old: &str, new: &str) -> Result<bool, DbError> {
        let mut statement = Statement::new("UPDATE ");
        statement.push(self.table).push(" SET ").push(self.column).push(" = ").value(new).push(" WHERE ");
        statement.push(self.column).push(" = ").value(old);
        Ok(statement.run(db).await? > 0)
    }
}
