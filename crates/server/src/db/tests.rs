#![expect(clippy::disallowed_methods, reason = "a test looks at the database from outside")]

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use super::{
    testing::{TestDb, on_both},
    *,
};

on_both! {
    async fn it_answers_and_says_what_it_is(db: TestDb) {
        db.ping().await.unwrap();
        assert!(["sqlite", "postgres"].contains(&db.kind()));
        db.close().await;
        assert_eq!(db.ping().await.unwrap_err().problem, Problem::Away);
    }

    async fn opening_it_again_changes_nothing(db: TestDb) {
        let applied = migrations(&db).await;
        let again = db.again().await;
        assert_eq!(migrations(&again).await, applied);
        assert!(!applied.is_empty());
    }

    async fn a_database_of_a_newer_version_is_refused_with_both_versions_named(db: TestDb) {
        let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 9999, 'from the future', success, checksum, 0 FROM _sqlx_migrations LIMIT 1";
        run(&db, sql).await;
        let error = Db::open(&db.address, &DbOptions::default()).await.unwrap_err();
        let known = *migrations(&db).await.iter().rev().nth(1).unwrap();
        assert!(matches!(error, OpenError::NewerSchema { found: 9999, known: k } if k == known), "{error:?}");
        assert!(error.to_string().contains("start that version or a newer one"), "{error}");
    }

    async fn a_changed_migration_is_refused(db: TestDb) {
        match &db.write {
            Pool::Sqlite(_) => run(&db, "UPDATE _sqlx_migrations SET checksum = x'00'").await,
            Pool::Postgres(_) => run(&db, "UPDATE _sqlx_migrations SET checksum = '\\x00'").await,
        }
        let error = Db::open(&db.address, &DbOptions::default()).await.unwrap_err();
        assert!(matches!(error, OpenError::Migration(MigrateError::VersionMismatch(_))), "{error:?}");
    }

    async fn two_processes_that_open_a_new_database_at_once_set_it_up_once(db: TestDb) {
        let applied = migrations(&db).await;
        // Back to an empty database, then all at once.
        match &db.write {
            Pool::Sqlite(_) => {
                db.close().await;
                std::fs::remove_file(db.address.trim_start_matches("sqlite://")).unwrap();
            }
            Pool::Postgres(pool) => {
                let sql = "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = current_schema()";
                let tables: String = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
                run(&db, &format!("DROP TABLE {tables}")).await;
            }
        }
        let (one, other, third) = tokio::join!(db.again(), db.again(), db.again());
        for db in [one, other, third] {
            assert_eq!(migrations(&db).await, applied);
        }
    }

    async fn transactions_that_read_first_and_then_write_wait_for_each_other(db: TestDb) {
        run(&db, "INSERT INTO source_spend (source, day, micros) VALUES ('arxiv', '2026-01-01', 0)").await;
        let (one, other) = (db.again().await, db.again().await);
        tokio::join!(count_up(&one, 100), count_up(&other, 100));
        let total: i64 = on!(db.read, pool =>
            sqlx::query_scalar("SELECT micros FROM source_spend").fetch_one(pool).await.unwrap());
        assert_eq!(total, 200);
    }
}

/// Reads a number and writes the next, as two statements of one transaction.
async fn count_up(db: &Db, times: i64) {
    let read = match &db.read {
        Pool::Sqlite(_) => "SELECT micros FROM source_spend",
        Pool::Postgres(_) => "SELECT micros FROM source_spend FOR UPDATE",
    };
    for _ in 0..times {
        on!(db.write, pool => {
            let mut transaction = pool.begin_with(db.begin).await.unwrap();
            let number: i64 = sqlx::query_scalar(read).fetch_one(&mut *transaction).await.unwrap();
            sqlx::query("UPDATE source_spend SET micros = $1").bind(number + 1).execute(&mut *transaction).await.unwrap();
            transaction.commit().await.unwrap();
        });
    }
}

async fn run(db: &Db, sql: &str) {
    on!(db.write, pool => { sqlx::query(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap(); });
}

async fn migrations(db: &Db) -> Vec<i64> {
    on!(db.read, pool => sqlx::query_scalar("SELECT version FROM _sqlx_migrations ORDER BY version")
        .fetch_all(pool).await.unwrap())
}

/// Table → column → kind of value, required or not.
type Shape = BTreeMap<String, BTreeMap<String, String>>;

fn shape(rows: Vec<(String, String, String, bool)>) -> Shape {
    let mut shape = Shape::new();
    for (table, column, kind, required) in rows {
        let kind = match kind.to_ascii_lowercase().as_str() {
            "blob" | "uuid" | "bytea" => "bytes",
            "integer" | "bigint" | "boolean" => "number",
            "real" | "double precision" => "real",
            "text" => "text",
            other => panic!("{table}.{column}: a test has to know what {other} is on the other database"),
        };
        shape.entry(table).or_default().insert(column, format!("{kind}{}", if required { " required" } else { "" }));
    }
    shape
}

#[tokio::test]
async fn both_databases_have_the_same_migrations_tables_and_columns() {
    let Some(postgres) = TestDb::postgres().await else {
        return testing::say_skipped(module_path!(), "both_databases_have_the_same_migrations_tables_and_columns");
    };
    let sqlite = TestDb::sqlite().await;
    let (Pool::Sqlite(sqlite_pool), Pool::Postgres(postgres_pool)) = (&sqlite.read, &postgres.read) else {
        panic!("one of each kind")
    };
    let left = sqlx::query_as(
        "SELECT t.name, c.name, c.type, c.\"notnull\" FROM pragma_table_list t JOIN pragma_table_info(t.name) c \
         WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> '_sqlx_migrations'",
    );
    let right = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'NO' FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name <> '_sqlx_migrations'",
    );
    let left = shape(left.fetch_all(sqlite_pool).await.unwrap());
    let right = shape(right.fetch_all(postgres_pool).await.unwrap());
    assert_eq!(left, right);
    assert_eq!(left.len(), 32, "{:?}", left.keys());
    assert_eq!(migrations(&sqlite).await, migrations(&postgres).await);
}

#[tokio::test]
async fn both_databases_have_the_same_indexes() {
    let Some(postgres) = TestDb::postgres().await else {
        return testing::say_skipped(module_path!(), "both_databases_have_the_same_indexes");
    };
    let sqlite = TestDb::sqlite().await;
    let (Pool::Sqlite(sqlite_pool), Pool::Postgres(postgres_pool)) = (&sqlite.read, &postgres.read) else {
        panic!("one of each kind")
    };
    // The full-text index of SQLite is a table, `queries_index`, and stands where PostgreSQL has `queries_by_word`.
    let left: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")
            .fetch_all(sqlite_pool)
            .await
            .unwrap();
    let right: Vec<String> = sqlx::query_scalar(
        "SELECT indexname::text COLLATE \"C\" AS name FROM pg_indexes WHERE schemaname = current_schema() \
         AND indexname NOT LIKE '%_pkey' ORDER BY name",
    )
    .fetch_all(postgres_pool)
    .await
    .unwrap();
    // Why SQLite needs none of these stands in migrations/sqlite.
    let of_postgres = ["queries_by_word", "queries_within", "searches_listed"];
    let (others, right): (Vec<_>, Vec<_>) = right.into_iter().partition(|name| of_postgres.contains(&&**name));
    assert_eq!(left, right);
    assert_eq!(others, of_postgres);
}

#[tokio::test]
async fn an_address_of_an_unknown_kind_is_refused_with_the_known_ones_named() {
    for (address, scheme) in [("mysql://me:secret@host/db", "mysql"), ("pake.db", ""), ("", ""), ("C:\\pake.db", "C")] {
        let error = Db::open(address, &DbOptions::default()).await.unwrap_err();
        assert!(matches!(&error, OpenError::UnknownScheme { scheme: s } if s == scheme), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("sqlite://") && text.contains("postgres://") && !text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_refused_without_its_password() {
    for address in
        ["postgres://me:secret@host:port/db", "sqlite://x?mode=none", "postgres://me:secret@host/db?sslmode=maybe"]
    {
        let error = Db::open(address, &DbOptions::default()).await.unwrap_err();
        assert!(matches!(error, OpenError::BadAddress { .. }), "{address}: {error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_postgresql_that_is_not_there_is_an_error_with_a_remedy() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("postgres://me:secret@127.0.0.1:{port}/pake");
    let error = Db::open(&address, &DbOptions::default()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, OpenError::Connect(DbError { problem: Problem::Away, .. })), "{error:?}");
    assert!(text.contains("check that it runs") && !text.contains("secret"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_data_directory_and_the_file_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a/b/pake ü.db");
    let address = format!("sqlite://{}", path.display());
    let db = Db::open(&address, &DbOptions::default()).await.unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(mode(&path), 0o600);
    db.ping().await.unwrap();
    assert_eq!(mode(&root.path().join("a/b/pake ü.db-wal")), 0o600);
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let address = format!("sqlite://{}/pake.db", file.path().display());
    let error = Db::open(&address, &DbOptions::default()).await.unwrap_err();
    assert!(matches!(&error, OpenError::Directory { path, .. } if path == file.path()), "{error:?}");
    assert!(error.to_string().contains("choose another data directory"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_called_damaged_and_left_as_it_is() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let content = "this is not a database, but somebody's notes; ".repeat(100);
    std::fs::write(file.path(), &content).unwrap();
    let error = Db::open(&format!("sqlite://{}", file.path().display()), &DbOptions::default()).await.unwrap_err();
    let OpenError::File { path, source } = error else { panic!("{error:?}") };
    assert_eq!((path.as_path(), source.problem), (file.path(), Problem::Damaged));
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), content);
}

#[tokio::test]
async fn the_reader_of_sqlite_cannot_write() {
    let db = TestDb::sqlite().await;
    let Pool::Sqlite(read) = &db.read else { panic!("SQLite") };
    let error = sqlx::query("DELETE FROM users").execute(read).await.unwrap_err();
    assert_eq!(DbError::from(error).problem, Problem::ReadOnly);
}

#[tokio::test]
async fn a_database_in_memory_works_and_is_gone_with_its_handle() {
    for address in ["sqlite::memory:", "sqlite://:memory:"] {
        let db = Db::open(address, &DbOptions::default()).await.unwrap();
        let other = Db::open(address, &DbOptions::default()).await.unwrap();
        run(&db, "INSERT INTO source_spend (source, day, micros) VALUES ('arxiv', '2026-01-01', 7)").await;
        let of = async |db: &Db| -> i64 {
            on!(db.read, pool => sqlx::query_scalar("SELECT COUNT(*) FROM source_spend").fetch_one(pool).await.unwrap())
        };
        assert_eq!((of(&db).await, of(&other).await), (1, 0));
    }
}

#[test]
fn every_kind_of_trouble_has_a_remedy_and_says_whether_it_passes() {
    use Problem::*;
    for problem in [Away, Busy, Full, ReadOnly, Disk, Damaged, Dangling, Rejected, Fault] {
        let error = DbError { problem, detail: "what it said".to_owned() };
        let text = error.to_string();
        assert!(text.contains("(what it said); "), "{text}");
        let unavailable = matches!(crate::error::Error::from(error), crate::error::Error::Unavailable { .. });
        assert_eq!(unavailable, problem.is_passing(), "{problem:?}");
    }
}

#[tokio::test]
async fn once_a_full_disk_has_room_again_it_is_written_to_again() {
    let db = TestDb::sqlite().await;
    let Pool::Sqlite(write) = &db.write else { panic!("SQLite") };
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(write).await.unwrap();
    let limit = async |pages: i64| {
        sqlx::query(AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"))).execute(write).await.unwrap();
    };
    let spend = "INSERT INTO source_spend (source, day, micros) VALUES ($1, '2026-01-01', 7)";
    let fill = async |bytes: usize| -> Result<(), DbError> {
        let mut transaction = write.begin_with(db.begin).await?;
        sqlx::query(spend).bind("x".repeat(bytes)).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    };
    limit(pages + 1).await;
    assert_eq!(fill(1 << 20).await.unwrap_err().problem, Problem::Full);
    limit(pages + 10_000).await;
    fill(10).await.unwrap();
    fill(1 << 20).await.unwrap();
}
