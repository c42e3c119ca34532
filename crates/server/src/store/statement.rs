//! A statement that is put together from parts, with its values beside it, for either database.

use sqlx::{AssertSqlSafe, FromRow, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use crate::db::{Db, DbError, Pool, on};

/// SQL text and the values of its parameters. Text comes from the program alone, values from anywhere.
#[derive(Debug, Clone, Default)]
pub(super) struct Statement {
    sql: String,
    values: Vec<Value>,
    is_planned_anew: bool,
    is_for_replica: bool,
}

/// The value of a parameter.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Id(Uuid),
    Number(i64),
    Real(f64),
    Text(String),
    Flag(bool),
    MaybeId(Option<Uuid>),
    MaybeNumber(Option<i64>),
    MaybeText(Option<String>),
}

/// Values of each of these kinds are parameters.
macro_rules! values {
    ($($kind:ty => $variant:ident,)*) => {
        $(impl From<$kind> for Value {
            fn from(value: $kind) -> Self {
                Self::$variant(value)
            }
        })*
    };
}

values! {
    Uuid => Id,
    i64 => Number,
    f64 => Real,
    String => Text,
    bool => Flag,
    Option<Uuid> => MaybeId,
    Option<i64> => MaybeNumber,
    Option<String> => MaybeText,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Binds the values of a statement to a query for either database.
macro_rules! bind_all {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                $crate::store::statement::Value::Id(id) => query.bind(id),
                $crate::store::statement::Value::Number(number) => query.bind(number),
                $crate::store::statement::Value::Real(number) => query.bind(number),
                $crate::store::statement::Value::Text(text) => query.bind(text),
                $crate::store::statement::Value::Flag(flag) => query.bind(flag),
                $crate::store::statement::Value::MaybeId(id) => query.bind(id),
                $crate::store::statement::Value::MaybeNumber(number) => query.bind(number),
                $crate::store::statement::Value::MaybeText(text) => query.bind(text),
            };
        }
        query
    }};
}
pub(super) use bind_all;

impl Statement {
    /// Begins with this text.
    pub(super) fn new(sql: &'static str) -> Self {
        Self { sql: sql.to_owned(), ..Self::default() }
    }

    /// Lets PostgreSQL plan it each time, for its values: how it is best done depends on them. Otherwise a plan that knows
    /// none of them is kept sooner or later. SQLite never looks at values.
    pub(super) const fn planned_anew(mut self) -> Self {
        self.is_planned_anew = true;
        self
    }

    /// Lets a replica of the database answer it, when that has everything that the primary has.
    pub(super) const fn for_replica(mut self) -> Self {
        self.is_for_replica = true;
        self
    }

    /// Adds text.
    pub(super) fn push(&mut self, sql: &'static str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a parameter with its value.
    pub(super) fn value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.sql.push('$');
        self.sql.push_str(&self.values.len().to_string());
        self
    }

    /// Adds a list in parentheses; it must not be empty.
    pub(super) fn list(&mut self, values: impl IntoIterator<Item = impl Into<Value>>) -> &mut Self {
        self.push("(").values(values.into_iter().map(Into::into)).push(")")
    }

    /// Adds parameters with a comma between them.
    pub(super) fn values(&mut self, values: impl IntoIterator<Item = Value>) -> &mut Self {
        for (place, value) in values.into_iter().enumerate() {
            if place > 0 {
                self.push(", ");
            }
            self.value(value);
        }
        self
    }

    /// What it does, in the word of SQL that it begins with.
    fn operation(&self) -> &'static str {
        ["SELECT", "INSERT", "UPDATE", "DELETE"].into_iter().find(|word| self.sql.starts_with(word)).unwrap_or("_OTHER")
    }

    /// The text and the values.
    pub(super) fn into_parts(self) -> (AssertSqlSafe<String>, Vec<Value>) {
        (AssertSqlSafe(self.sql), self.values)
    }

    /// All rows that it reads.
    pub(super) async fn all<T>(self, db: &Db) -> Result<Vec<T>, DbError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let _timed = db.timed(self.operation());
        let is_kept = !self.is_planned_anew || matches!(db.read, Pool::Sqlite(_));
        if self.is_for_replica
            && let Some(rows) = Box::pin(self.clone().all_there(db, is_kept)).await
        {
            return Ok(rows);
        }
        let (sql, values) = self.into_parts();
        on!(db.read, pool => {
            Ok(bind_all!(sqlx::query_as::<_, T>(sql), values).persistent(is_kept).fetch_all(pool).await?)
        })
    }

    /// All rows that it reads at the replica; nothing when that has to be left to the primary.
    async fn all_there<T>(self, db: &Db, is_kept: bool) -> Option<Vec<T>>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let (Some(replica), Pool::Postgres(primary)) = (&db.replica, &db.read) else { return None };
        let mut connection = replica.current(primary).await?;
        let (sql, values) = self.into_parts();
        let query = bind_all!(sqlx::query_as::<_, T>(sql), values).persistent(is_kept);
        match query.fetch_all(&mut *connection).await {
            Ok(rows) => Some(rows),
            // It may have had to choose between this and following: the primary can answer it all the same.
            Err(error) => {
                replica.failed(&error.into());
                None
            }
        }
    }

    /// The first row that it reads, if there is one.
    pub(super) async fn first<T>(self, db: &Db) -> Result<Option<T>, DbError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        if self.is_for_replica {
            return Ok(self.all(db).await?.into_iter().next());
        }
        let _timed = db.timed(self.operation());
        let (sql, values) = self.into_parts();
        on!(db.read, pool => Ok(bind_all!(sqlx::query_as::<_, T>(sql), values).fetch_optional(pool).await?))
    }

    /// Does it, and gives the first of the rows that it changed, as its `RETURNING` says.
    pub(super) async fn changed<T>(self, db: &Db) -> Result<Option<T>, DbError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let _timed = db.timed(self.operation());
        let (sql, values) = self.into_parts();
        // All of them: SQLite has done it only when every row was read.
        on!(db.write, pool => Ok(bind_all!(sqlx::query_as::<_, T>(sql), values).fetch_all(pool).await?.pop()))
    }

    /// Does it, and counts the rows that it changed.
    pub(super) async fn run(self, db: &Db) -> Result<u64, DbError> {
        let _timed = db.timed(self.operation());
        let (sql, values) = self.into_parts();
        on!(db.write, pool => Ok(bind_all!(sqlx::query(sql), values).execute(pool).await?.rows_affected()))
    }
}

/// Does all of these in one transaction, as long as the first one changes something. `false`: it did not, and nothing is done.
pub(super) async fn all_if_first(db: &Db, statements: Vec<Statement>) -> Result<bool, DbError> {
    let _timed = db.timed(statements.first().map_or("_OTHER", Statement::operation));
    on!(db.write, pool => {
        let mut transaction = pool.begin_with(db.begin).await?;
        for (place, statement) in statements.into_iter().enumerate() {
            let (sql, values) = statement.into_parts();
            let changed = bind_all!(sqlx::query(sql), values).execute(&mut *transaction).await?.rows_affected();
            if place == 0 && changed == 0 {
                transaction.rollback().await?;
                return Ok(false);
            }
        }
        transaction.commit().await?;
        Ok(true)
    })
}
