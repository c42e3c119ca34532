#![expect(clippy::disallowed_methods, reason = "a test fills a database from outside")]

use std::sync::Arc;

use chrono::{Days, TimeDelta};
use engine::clock::{Clock as _, FixedClock, SharedClock};
use secrecy::SecretString;
use serde_json::Value;
use sqlx::{AssertSqlSafe, postgres::PgPoolCopyExt as _};

use super::*;
use crate::{
    app::SharedApp,
    cache::testing::redis_url,
    db::{
        Db, DbError, Pool,
        testing::{TestDb, on_both},
    },
    recorder::FinishedSearch,
    store::{dump, favorites, queue::JobFilter, queue::JobRow, testing as stored, testing::count, upkeep},
    testing::{app_on, config, now},
    workers,
};

fn app_at(db: Db) -> SharedApp {
    app_on(db, config(), FixedClock::at(now()))
}

/// Has it done; the job as it is afterwards.
async fn done(app: &SharedApp, task: Task, extent: Option<Extent>) -> JobRow {
    let id = begin(app, &Caller::local(), task, extent, &Client::default()).await.unwrap();
    assert_eq!(workers::run_due(app, workers::TABLE).await.unwrap(), 1);
    queue::find(app, &JobFilter::default(), id).await.unwrap()
}

fn result(job: &JobRow) -> Value {
    assert_eq!(job.status, "done", "{job:?}");
    serde_json::from_str(job.result.as_deref().unwrap()).unwrap()
}

fn days_ago(days: u64) -> FinishedSearch {
    let seconds = (now() - Days::new(days) - stored::at(0)).num_seconds();
    FinishedSearch { started_at: now() - Days::new(days), ..stored::search(seconds, &format!("{days} days ago")) }
}

on_both! {
    async fn searches_older_than_wanted_are_counted_and_deleted_and_favourites_stay(db: TestDb) {
        let app = app_at(db.clone());
        let another = stored::another_scope(&app.db).await;
        for search in [days_ago(3), days_ago(11), days_ago(12), FinishedSearch { scope: another, ..days_ago(20) }] {
            app.recorder.record_durably(search).await.unwrap();
        }
        assert!(favorites::set(&app.db, crate::store::Scope::local(), days_ago(12).id, true).await.unwrap());
        let dry = result(&done(&app, Task::CleanupOldData, Some(Extent { days: 10, dry_run: true })).await);
        assert_eq!((&dry["searches"], &dry["people"], &dry["dry_run"]), (&json!(2), &json!(2), &json!(true)));
        assert_eq!(count(&app.db, "searches").await, 4);
        let wet = done(&app, Task::CleanupOldData, Some(Extent { days: 10, dry_run: false })).await;
        assert_eq!((wet.done, wet.step.as_deref()), (2, Some("people")));
        assert_eq!(result(&wet)["searches"], json!(2));
        assert_eq!(count(&app.db, "searches").await, 2);
        assert_eq!(count(&app.db, "queries").await, 2, "with the questions that nobody asks any more");
    }

    async fn indexes_are_made_anew_and_find_what_they_found_before(db: TestDb) {
        let app = app_at(db.clone());
        app.recorder.record_durably(stored::search(1, "base editing")).await.unwrap();
        let job = done(&app, Task::RebuildIndexes, None).await;
        assert!(result(&job)["tables"].as_u64().unwrap() > 10, "{job:?}");
        assert_eq!(job.total, Some(job.done));
        let filter = crate::store::listing::HistoryFilter { text: Some("editing".into()), ..Default::default() };
        let page = crate::history::list(&app, crate::store::Scope::local(), &filter, None, 10).await.unwrap();
        assert_eq!(page.entries.len(), 1);
        assert!(upkeep::size(&app.db).await.unwrap() > 100_000);
    }

    async fn the_same_maintenance_is_in_the_queue_once_and_audited_each_time(db: TestDb) {
        let app = app_at(db.clone());
        let begin = async |task| begin(&app, &Caller::local(), task, None, &Client::default()).await.unwrap();
        let first = begin(Task::RebuildIndexes).await;
        assert_eq!(begin(Task::RebuildIndexes).await, first);
        assert_ne!(begin(Task::ClearCache).await, first);
        assert_eq!(count(&app.db, "audit_log WHERE action = 'system.maintenance'").await, 3);
    }
}

#[tokio::test]
async fn a_backup_of_sqlite_is_whole_checked_and_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let db = TestDb::sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.server.data_dir = folder.path().to_owned();
    let app = app_on(db.clone(), config, FixedClock::at(now()));
    app.recorder.record_durably(stored::search(1, "base editing")).await.unwrap();
    let told = result(&done(&app, Task::BackupDatabase, None).await);
    assert_eq!(told["file"], "backups/pake-20260301T120000000Z.db");
    let file = folder.path().join(told["file"].as_str().unwrap());
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    assert_eq!(told["bytes"], json!(file.metadata().unwrap().len()));
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing half done is left");
    let copy = Db::open(&format!("sqlite://{}", file.display()), &crate::db::DbOptions::default()).await.unwrap();
    assert_eq!(count(&copy, "searches").await, 1);
}

#[tokio::test]
async fn a_backup_that_cannot_be_written_is_tried_again_and_says_why() {
    let db = TestDb::sqlite().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut config = config();
    config.server.data_dir = file.path().to_owned();
    let clock = FixedClock::at(now());
    let app = app_on(db.clone(), config, Arc::clone(&clock) as SharedClock);
    let job = done(&app, Task::BackupDatabase, None).await;
    assert_eq!(job.status, "waiting");
    assert!(job.last_error.as_deref().unwrap().contains("cannot be written"), "{job:?}");
    assert!(job.due_at <= (clock.now() + TimeDelta::minutes(1)).timestamp_millis());
}

#[tokio::test]
async fn a_damaged_copy_is_found() {
    let db = TestDb::sqlite().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(upkeep::copy_into(&db, file.path()).await.unwrap());
    assert_eq!(upkeep::faults(file.path()).await.unwrap(), None);
    let mut bytes = std::fs::read(file.path()).unwrap();
    // A page in the middle, whatever it holds; how long pages are stands in the file's header.
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let start = bytes.len() / 2 / page * page;
    bytes[start..start + page].fill(0xa5);
    std::fs::write(file.path(), bytes).unwrap();
    let found = upkeep::faults(file.path()).await;
    assert!(found.as_ref().is_err() || found.as_ref().is_ok_and(Option::is_some), "{found:?}");
}

#[tokio::test]
async fn postgresql_is_backed_up_into_a_zip_that_fills_another_database() {
    let (Some(db), Some(other)) = (TestDb::postgres().await, TestDb::postgres().await) else {
        return crate::db::testing::say_skipped(module_path!(), "postgresql_is_backed_up_into_a_zip");
    };
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    folder.path().clone_into(&mut config.server.data_dir);
    let app = app_on(db.clone(), config, FixedClock::at(now()));
    for search in [days_ago(1), stored::search(7, "tabs\tand \\n back\\slashes \n ключ")] {
        app.recorder.record_durably(search).await.unwrap();
    }
    let made = result(&done(&app, Task::BackupDatabase, None).await);
    assert_eq!(made["is_checked"], json!(true));
    let path = folder.path().join(made["file"].as_str().unwrap());
    let mut zip = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_name(name).unwrap(), &mut bytes).unwrap();
        bytes
    };
    let script = String::from_utf8(read("restore.sql")).unwrap();
    let Pool::Postgres(pool) = &other.write else { panic!("PostgreSQL") };
    let mut kept = Vec::new();
    // As psql would.
    for line in script.lines() {
        if line.starts_with("TRUNCATE ") {
            sqlx::raw_sql(AssertSqlSafe(line)).execute(pool).await.unwrap();
        } else if let Some((table, file)) = line.strip_prefix("\\copy ").and_then(|rest| rest.split_once(" FROM ")) {
            let rows = read(file.trim_matches('\''));
            let mut copy = pool.copy_in_raw(&format!("COPY {table} FROM STDIN")).await.unwrap();
            copy.send(rows.as_slice()).await.unwrap();
            copy.finish().await.unwrap();
            kept.extend(rows);
        }
    }
    let mut filled = Vec::new();
    let tables = dump::everything(&other, |piece| {
        if let dump::Piece::Rows(rows) = piece {
            filled.extend_from_slice(rows);
        }
        Ok::<_, DbError>(())
    });
    assert!(tables.await.unwrap().unwrap().len() > 25);
    assert_eq!(filled, kept);
    assert_eq!((count(&other, "searches").await, count(&other, "users").await), (2, 1));
}

#[tokio::test]
async fn clearing_the_cache_clears_redis_too_and_nothing_else_there() {
    let Some(url) = redis_url() else { return };
    // A database of its own: the tests beside this one keep their answers.
    let (server, _) = url.rsplit_once('/').filter(|(server, _)| server.len() > "redis://".len()).unwrap_or((&url, ""));
    let mut config = config();
    config.redis.url = Some(SecretString::from(format!("{server}/7")));
    let db = Db::open("sqlite::memory:", &config.database.options()).await.unwrap();
    let app = app_on(db, config, FixedClock::at(now()));
    let life = std::time::Duration::from_mins(1);
    for name in 0..2_500 {
        app.cache.remote.put(format!("pake:l2:page:{name}"), "page".into(), life).await.unwrap();
    }
    app.cache.remote.put("another:program".into(), "theirs".into(), life).await.unwrap();
    assert_eq!(result(&done(&app, Task::ClearCache, None).await)["entries_in_redis"], json!(2_500));
    let left = app.cache.remote.get(&["pake:l2:page:7".into(), "another:program".into()]).await.unwrap();
    assert_eq!(left, [None, Some("theirs".into())]);
}
