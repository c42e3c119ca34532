#![expect(clippy::disallowed_methods, reason = "a test looks at the database from outside")]

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr, migrate::MigrationType};

use super::*;
use crate::db::{
    Db, Pool, on,
    testing::{TestDb, on_both, say_skipped},
};

const EXPAND: &str = "-- pake: expand\nCREATE TABLE lamps (id BIGINT NOT NULL PRIMARY KEY)";
const CONTRACT: &str = "-- pake: contract\nDROP TABLE lamps";

/// Steps after those of this version, from number 9001 on.
fn further(texts: &[&'static str]) -> Result<Vec<Known>, OpenError> {
    let migration = |(version, text): (i64, &&'static str)| {
        Migration::new(version, "lamps".into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    read(&Migrator::with_migrations((9001..).zip(texts).map(migration).collect()))
}

/// Applies those of one kind on top of what is there; gives back their numbers.
async fn applied(db: &TestDb, known: &[Known], kind: Kind) -> Vec<i64> {
    let steps = steps(db, known).await;
    let applied = on!(db.write, pool => {
        let mut connection = pool.acquire().await.unwrap();
        apply(&mut *connection, known, &steps, kind).await.unwrap()
    });
    applied.iter().map(|step| step.version).collect()
}

/// How far these are. What is in the database besides them counts as theirs too: it is not empty.
async fn steps(db: &TestDb, known: &[Known]) -> Vec<Step> {
    let recorded: Vec<Recorded> = on!(db.read, pool => sqlx::query_as(RECORDED).fetch_all(pool).await.unwrap());
    let ours: Vec<Recorded> = recorded.into_iter().filter(|(version, ..)| *version > 9000).collect();
    let mut steps = compare(known, &ours).unwrap();
    steps.push(Step { version: 9999, name: String::new(), kind: Kind::Expand, state: State::Applied });
    steps
}

async fn has_lamps(db: &TestDb) -> bool {
    on!(db.read, pool => sqlx::query("SELECT id FROM lamps").fetch_optional(pool).await.is_ok())
}

on_both! {
    async fn what_takes_away_waits_until_somebody_says_so(db: TestDb) {
        let known = further(&[EXPAND, CONTRACT]).unwrap();
        assert_eq!(applied(&db, &known, Kind::Expand).await, [9001]);
        assert!(has_lamps(&db).await);
        assert_eq!(due(&steps(&db, &known).await, Kind::Contract), 1);
        assert_eq!(applied(&db, &known, Kind::Expand).await, [0_i64; 0], "nothing is left to add");
        assert_eq!(applied(&db, &known, Kind::Contract).await, [9002]);
        assert!(!has_lamps(&db).await);
    }

    async fn nothing_is_taken_away_before_everything_is_added(db: TestDb) {
        let known = further(&[EXPAND, CONTRACT]).unwrap();
        let error = check_contract(&steps(&db, &known).await).unwrap_err();
        assert!(error.to_string().contains("`pake migrate expand`"), "{error}");
    }

    async fn a_step_that_fails_changes_nothing_and_says_which_it_is(db: TestDb) {
        const BROKEN: &str = "-- pake: expand\nCREATE TABLE lamps (id BIGINT); INSERT INTO nowhere VALUES (1)";
        let known = further(&[BROKEN]).unwrap();
        let steps = steps(&db, &known).await;
        let error = on!(db.write, pool => {
            let mut connection = pool.acquire().await.unwrap();
            apply(&mut *connection, &known, &steps, Kind::Expand).await.unwrap_err()
        });
        assert!(error.to_string().contains("migration 9001") && error.to_string().contains("nowhere"), "{error}");
        assert!(!has_lamps(&db).await);
    }

    async fn a_version_goes_on_with_what_a_newer_one_has_only_added(db: TestDb) {
        applied(&db, &further(&[EXPAND]).unwrap(), Kind::Expand).await;
        db.again().await.ping().await.unwrap();
        let newer = Db::steps(&db.address).await.unwrap().pop().unwrap();
        assert_eq!((newer.version, newer.state, newer.name.as_str()), (9001, State::Newer, "lamps"));
        applied(&db, &further(&[EXPAND, CONTRACT]).unwrap(), Kind::Contract).await;
        let error = Db::open(&db.address, &crate::db::DbOptions::default()).await.unwrap_err();
        assert!(matches!(error, OpenError::NewerSchema { found: 9002, .. }), "{error:?}");
    }

    async fn what_only_older_versions_look_in_is_there_until_somebody_says_that_none_is_needed(db: TestDb) {
        const ITS_STEP: &str = "DELETE FROM _sqlx_migrations WHERE version = 14";
        const IS_THERE: &str = "SELECT COUNT(*) FROM pg_indexes WHERE indexname = 'queries_index' AND schemaname = current_schema()";
        on!(db.write, pool => { sqlx::query(ITS_STEP).execute(pool).await.unwrap(); });
        if let Pool::Postgres(pool) = &db.write {
            sqlx::query("CREATE INDEX queries_index ON queries (words)").execute(pool).await.unwrap();
        }
        let there = async || match &db.read {
            Pool::Postgres(pool) => sqlx::query_scalar::<_, i64>(IS_THERE).fetch_one(pool).await.unwrap(),
            Pool::Sqlite(_) => 1,
        };
        let again = db.again().await;
        assert_eq!((again.contract_due, there().await), (1, 1));
        again.close().await;
        let applied = Db::migrate(&db.address, Kind::Contract).await.unwrap();
        assert_eq!(applied.iter().map(|step| step.version).collect::<Vec<_>>(), [14]);
        let left = i64::from(matches!(db.read, Pool::Sqlite(_)));
        assert_eq!(there().await, left, "SQLite still looks in it");
    }

    async fn every_step_of_this_version_is_applied_and_nothing_is_due(db: TestDb) {
        let steps = Db::steps(&db.address).await.unwrap();
        assert!(steps.iter().all(|step| step.state == State::Applied), "{steps:?}");
        assert_eq!(Db::migrate(&db.address, Kind::Expand).await.unwrap(), []);
        assert_eq!(db.contract_due, 0);
    }
}

#[tokio::test]
async fn both_databases_have_the_same_steps_of_the_same_kinds() {
    let Some(postgres) = TestDb::postgres().await else {
        return say_skipped(module_path!(), "both_databases_have_the_same_steps_of_the_same_kinds");
    };
    let sqlite = TestDb::sqlite().await;
    assert_eq!(Db::steps(&sqlite.address).await.unwrap(), Db::steps(&postgres.address).await.unwrap());
}

#[tokio::test]
async fn an_empty_database_gets_every_step_at_once() {
    let known = further(&[EXPAND, CONTRACT]).unwrap();
    let mut connection = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
    ensure_table(&mut connection).await.unwrap();
    let applied = apply(&mut connection, &known, &compare(&known, &[]).unwrap(), Kind::Expand).await.unwrap();
    assert_eq!(applied.len(), 2);
}

#[test]
fn a_step_without_a_mark_or_with_a_wrong_one_is_refused() {
    for text in
        ["CREATE TABLE a (x BIGINT)", "-- pake: both\nSELECT 1", "", "\n-- pake: expand\nCREATE TABLE a (x BIGINT)"]
    {
        let error = further(&[text]).unwrap_err().to_string();
        assert!(error.contains("migration 9001") && error.contains("`-- pake: expand`"), "{error}");
    }
    let error = further(&["-- pake: expand\nALTER TABLE users DROP COLUMN name"]).unwrap_err().to_string();
    assert!(error.contains("alter table users drop column name") && error.contains("contract"), "{error}");
}

/// Whether somebody waits for a lock on `lamps`.
async fn is_waited_for(pool: &sqlx::PgPool) -> bool {
    let sql = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'lamps'::regclass AND NOT granted)";
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_gets_no_lock_in_time_steps_aside_and_comes_back() {
    const COLUMN: &str = "-- pake: expand\nALTER TABLE lamps ADD COLUMN watts BIGINT";
    let name = "a_step_that_gets_no_lock_in_time_steps_aside_and_comes_back";
    let Some(db) = TestDb::postgres().await else { return say_skipped(module_path!(), name) };
    applied(&db, &further(&[EXPAND]).unwrap(), Kind::Expand).await;
    let Pool::Postgres(pool) = &db.read else { panic!("PostgreSQL") };
    let mut reader = pool.begin().await.unwrap();
    reader.execute("SELECT FROM lamps").await.unwrap();
    let known = further(&[EXPAND, COLUMN]).unwrap();
    let steps = steps(&db, &known).await;
    let mut migrator = PgConnection::connect(&db.address).await.unwrap();
    migrator.execute("SET lock_timeout = '100ms'").await.unwrap();
    let holder = async {
        while !is_waited_for(pool).await {
            tokio::task::yield_now().await;
        }
        while is_waited_for(pool).await {
            tokio::task::yield_now().await;
        }
        reader.commit().await.unwrap();
    };
    let (applied, ()) = tokio::join!(apply(&mut migrator, &known, &steps, Kind::Expand), holder);
    assert_eq!(applied.unwrap().len(), 1);
    sqlx::query("SELECT watts FROM lamps").execute(pool).await.unwrap();
}

#[tokio::test]
async fn nothing_is_taken_away_while_another_version_is_connected() {
    let Some(db) = TestDb::postgres().await else {
        return say_skipped(module_path!(), "nothing_is_taken_away_while_another_version_is_connected");
    };
    assert_eq!(Db::migrate(&db.address, Kind::Contract).await.unwrap(), []);
    let mut other = PgConnection::connect(&db.address).await.unwrap();
    other.execute(AssertSqlSafe("SET application_name = 'pake 0.0.9'".to_owned())).await.unwrap();
    let error = Db::migrate(&db.address, Kind::Contract).await.unwrap_err();
    assert!(matches!(&error, OpenError::OthersAtWork { programs } if programs == &["pake 0.0.9"]), "{error:?}");
    other.close().await.unwrap();
}
