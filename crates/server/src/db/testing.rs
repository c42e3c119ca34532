//! Databases for tests: every test of the store runs on SQLite and on PostgreSQL, each on a database of its own.

use std::ops::Deref;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, postgres::PgConnectOptions};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Db, DbOptions};

/// A database for one test, gone after it.
pub(crate) struct TestDb {
    db: Db,
    /// What `db` was opened with.
    pub(crate) address: String,
    _place: Place,
}

enum Place {
    Directory(#[expect(dead_code, reason = "deletes the directory when it is dropped")] TempDir),
    Schema(#[expect(dead_code, reason = "drops the schema when it is dropped")] Box<Schema>),
}

/// A schema of PostgreSQL; dropping it drops it there.
struct Schema {
    server: PgConnectOptions,
    name: String,
}

impl TestDb {
    /// A new file of SQLite.
    pub(crate) async fn sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        let address = format!("sqlite://{}", directory.path().join("data/pake.db").display());
        let db = Db::open(&address, &options()).await.unwrap();
        Self { db, address, _place: Place::Directory(directory) }
    }

    /// A new schema of the PostgreSQL at `PAKE_TEST_POSTGRES_URL`; `None` when there is none and that is allowed.
    pub(crate) async fn postgres() -> Option<Self> {
        let server = postgres_address()?;
        let schema = Schema::create(server.parse().unwrap()).await;
        let separator = if server.contains('?') { '&' } else { '?' };
        let address = format!("{server}{separator}options[search_path]={0}&application_name={0}", schema.name);
        let db = Db::open(&address, &options()).await.unwrap();
        Some(Self { db, address, _place: Place::Schema(Box::new(schema)) })
    }

    /// The database once more, as another process would open it.
    pub(crate) async fn again(&self) -> Db {
        Db::open(&self.address, &options()).await.unwrap()
    }
}

impl Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

fn options() -> DbOptions {
    DbOptions { max_connections: 4, ..DbOptions::default() }
}

/// Where the PostgreSQL for tests is. Without one a test is left out and says so, or fails where services are required.
pub(crate) fn postgres_address() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "where the services of the tests are is no configuration")]
    let (address, required) = (std::env::var("PAKE_TEST_POSTGRES_URL"), std::env::var("PAKE_REQUIRE_SERVICES"));
    let address = address.ok().filter(|address| !address.is_empty());
    if address.is_none() {
        assert!(
            required.as_deref() != Ok("1"),
            "PAKE_TEST_POSTGRES_URL is not set, and PAKE_REQUIRE_SERVICES=1: run this under scripts/with-services"
        );
    }
    address
}

impl Schema {
    async fn create(server: PgConnectOptions) -> Self {
        let schema = Self { server, name: format!("test_{}", Uuid::new_v4().simple()) };
        let mut connection = schema.server.connect().await.unwrap();
        connection.execute(AssertSqlSafe(format!("CREATE SCHEMA {}", schema.name))).await.unwrap();
        connection.close().await.unwrap();
        schema
    }

    /// Ends whoever still uses it (a test that failed in a transaction), and drops it.
    async fn remove(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.server.connect().await?;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name =";
        connection.execute(AssertSqlSafe(format!("{end} '{}'", self.name))).await?;
        connection.execute(AssertSqlSafe(format!("DROP SCHEMA {} CASCADE", self.name))).await?;
        connection.close().await
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let removed = std::thread::scope(|scope| {
            let run = || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?
                    .block_on(async { self.remove().await.map_err(std::io::Error::other) })
            };
            scope.spawn(run).join()
        });
        if !std::thread::panicking() {
            removed.unwrap().unwrap();
        }
    }
}

/// Makes one test for each kind of database of each function: `on_both! { async fn a_test_name(db: TestDb) { … } }`.
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($db:ident: $type:ty) $body:block)*) => {
        $($(#[$attribute])* async fn $name($db: $type) $body)*

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::db::testing::TestDb::sqlite().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                match $crate::db::testing::TestDb::postgres().await {
                    Some(db) => super::$name(db).await,
                    None => $crate::db::testing::say_skipped(module_path!(), stringify!($name)),
                }
            })*
        }
    };
}
pub(crate) use on_both;

/// Says, past the test harness that swallows what passing tests print, that a test was left out.
pub(crate) fn say_skipped(module: &str, test: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED {module}::{test}: PAKE_TEST_POSTGRES_URL is not set");
}
