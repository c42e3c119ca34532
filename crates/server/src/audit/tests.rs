#![expect(clippy::disallowed_methods, reason = "a test alters the log as nobody should")]

use engine::clock::FixedClock;

use super::*;
use crate::{
    app::SharedApp,
    db::{
        Pool, on,
        testing::{TestDb, on_both},
    },
    testing::{app_on, config, now},
};

fn app(db: &TestDb) -> SharedApp {
    app_on((**db).clone(), config(), FixedClock::at(now()))
}

fn client() -> Client {
    Client { ip: Some([192, 0, 2, 7].into()), request_id: Some("a-request".to_owned()), ..Client::default() }
}

/// Writes so many rows.
async fn write(app: &App, rows: usize) {
    for number in 0..rows {
        let deed = Deed::of(&Caller::local(), Action::SignOut).to(number).with(json!({ "number": number }));
        record(app, &client(), deed).await.unwrap();
    }
}

async fn run(db: &TestDb, sql: &'static str) {
    on!(db.write, pool => { sqlx::query(sql).execute(pool).await.unwrap(); });
}

on_both! {
    async fn what_was_done_is_read_back_the_latest_first(db: TestDb) {
        let app = app(&db);
        write(&app, 3).await;
        record(&app, &client(), Deed::by_nobody(Action::SignIn).refused()).await.unwrap();
        let rows = list(&app, &AuditFilter::default(), None, 10).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [4, 3, 2, 1]);
        assert_eq!((rows[0].action.as_str(), rows[0].outcome.as_str(), rows[0].actor), ("auth.sign_in", "refused", None));
        assert_eq!((rows[1].ip.as_deref(), rows[1].request_id.as_deref()), (Some("192.0.2.7"), Some("a-request")));
        let filter = AuditFilter { action: Some("auth.sign_out".to_owned()), ..AuditFilter::default() };
        let page = list(&app, &filter, Some(3), 1).await.unwrap();
        assert_eq!(page.iter().map(|row| row.seq).collect::<Vec<_>>(), [2]);
        assert_eq!(verify(&app).await.unwrap(), Verified { rows: 4, broken_at: None });
    }

    async fn an_empty_log_is_whole(db: TestDb) {
        assert_eq!(verify(&app(&db)).await.unwrap(), Verified { rows: 0, broken_at: None });
    }

    async fn addresses_can_be_forgotten_and_not_altered(db: TestDb) {
        let app = app(&db);
        write(&app, 3).await;
        let none = crate::store::audit::forget_addresses(&app.db, crate::store::audit::Forgotten::Before(now()), 10).await.unwrap();
        assert_eq!(none, 0, "they are not old yet");
        let later = crate::store::audit::Forgotten::Before(now() + chrono::TimeDelta::days(1));
        assert_eq!(crate::store::audit::forget_addresses(&app.db, later, 2).await.unwrap(), 2);
        let ips: Vec<_> = list(&app, &AuditFilter::default(), None, 10).await.unwrap().into_iter().map(|row| row.ip).collect();
        assert_eq!(ips, [Some("192.0.2.7".to_owned()), None, None]);
        assert_eq!(verify(&app).await.unwrap(), Verified { rows: 3, broken_at: None });
        run(&db, "UPDATE audit_log SET ip = '192.0.2.8' WHERE seq = 3").await;
        assert_eq!(verify(&app).await.unwrap(), Verified { rows: 2, broken_at: Some(3) });
    }

    async fn an_altered_row_is_found(db: TestDb) {
        let app = app(&db);
        write(&app, 4).await;
        run(&db, "UPDATE audit_log SET details = '{\"number\":7}' WHERE seq = 3").await;
        assert_eq!(verify(&app).await.unwrap(), Verified { rows: 2, broken_at: Some(3) });
    }

    async fn a_row_that_was_taken_out_is_found(db: TestDb) {
        let app = app(&db);
        write(&app, 4).await;
        run(&db, "DELETE FROM audit_log WHERE seq = 2").await;
        assert_eq!(verify(&app).await.unwrap().broken_at, Some(2));
    }

    async fn rows_taken_off_the_end_are_found(db: TestDb) {
        let app = app(&db);
        write(&app, 4).await;
        run(&db, "DELETE FROM audit_log WHERE seq >= 3").await;
        assert_eq!(verify(&app).await.unwrap(), Verified { rows: 2, broken_at: Some(3) });
        // Nor does it help to set the head back: it has no signature of what is the end now.
        run(&db, "UPDATE audit_head SET seq = 2").await;
        assert_eq!(verify(&app).await.unwrap().broken_at, Some(3));
    }

    async fn a_row_that_somebody_made_up_is_found(db: TestDb) {
        let app = app(&db);
        write(&app, 2).await;
        run(&db, "INSERT INTO audit_log (seq, at, action, outcome, details, signature) \
             SELECT 3, at, action, outcome, details, signature FROM audit_log WHERE seq = 2").await;
        run(&db, "UPDATE audit_head SET seq = 3").await;
        assert_eq!(verify(&app).await.unwrap(), Verified { rows: 2, broken_at: Some(3) });
    }

    async fn many_at_once_make_one_chain(db: TestDb) {
        let (one, other) = (app(&db), app_on(db.again().await, config(), FixedClock::at(now())));
        tokio::join!(write(&one, 20), write(&other, 20), write(&one, 20));
        assert_eq!(verify(&other).await.unwrap(), Verified { rows: 60, broken_at: None });
    }

    async fn what_was_written_is_there_or_the_head_is_where_it_was(db: TestDb) {
        let app = app(&db);
        write(&app, 1).await;
        // A row that cannot be stored takes nothing with it.
        let sql = match &db.write {
            Pool::Sqlite(_) => "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no'); END",
            Pool::Postgres(_) => "ALTER TABLE audit_log ADD CONSTRAINT full_now CHECK (seq < 2)",
        };
        run(&db, sql).await;
        assert!(record(&app, &client(), Deed::by_nobody(Action::SignIn)).await.is_err());
        assert_eq!(verify(&app).await.unwrap(), Verified { rows: 1, broken_at: None });
    }
}
