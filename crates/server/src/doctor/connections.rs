//! Whether the server of the database has connections for every process that shares it.

use super::Finding;
use crate::{
    app::App,
    db::{Pool, Standing},
    store,
};

const WHAT: &str = "connections";
/// While a new version takes over from the old one, there are two.
const AT_ONCE: u32 = 2;

/// What is looked at of a replica.
const REPLICA: &str = "replica";

/// The connections of a server of databases, against the pools of the processes that share it.
pub(super) async fn examine(app: &App) -> Option<Finding> {
    match store::upkeep::connections(&app.db).await {
        Ok(connections) => {
            connections.map(|(all, others)| judge("the database", all, others, app.config.database.max_connections))
        }
        // The database is told of already.
        Err(_) => None,
    }
}

/// The replica of the database, where there is one: how far behind it is, and its connections.
pub(super) async fn examine_replica(app: &App) -> Vec<Finding> {
    let (Some(replica), Pool::Postgres(primary)) = (&app.db.replica, &app.db.read) else { return Vec::new() };
    let standing = replica.examine(primary).await;
    let remedy =
        "look whether it runs and follows, and at database.read_url; lists are read from the primary meanwhile";
    let mut found = vec![match standing {
        Standing::Near(_) => Finding::good(REPLICA, standing.to_string()),
        Standing::Behind(_) => Finding::advice(REPLICA, standing.to_string(), remedy),
        Standing::Away | Standing::Foreign | Standing::Unknown => Finding::bad(REPLICA, standing.to_string(), remedy),
    }];
    if let Some(db) = app.db.of_replica()
        && let Ok(Some((all, others))) = store::upkeep::connections(&db).await
    {
        found.push(judge("the replica", all, others, app.config.database.max_connections));
    }
    found
}

fn judge(who: &str, all: u32, others: u32, pool: u32) -> Finding {
    // Each process has one more at its start, which looks at the tables.
    let each = pool.saturating_add(1);
    let fit = all.saturating_sub(others) / each;
    let seen = format!(
        "{who} gives {all}, other programs have {others}: {fit} processes with database.max_connections = {pool} fit"
    );
    if fit < AT_ONCE {
        let remedy = "lower database.max_connections, or raise max_connections of PostgreSQL";
        return Finding::advice(WHAT, format!("{seen}, and a deployment runs two at once"), remedy);
    }
    Finding::good(WHAT, seen)
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};
    use crate::db::testing::{TestDb, say_skipped};

    #[test]
    fn two_processes_have_to_fit_beside_what_others_have() {
        for (all, others, pool, fit, result) in [
            (97, 3, 10, 8, Verdict::Good),
            (22, 0, 10, 2, Verdict::Good),
            (22, 1, 10, 1, Verdict::Advice),
            (97, 0, 1000, 0, Verdict::Advice),
            (3, 9, 10, 0, Verdict::Advice),
            (97, 0, u32::MAX, 0, Verdict::Advice),
        ] {
            let found = judge("the database", all, others, pool);
            assert!(found.result == result && found.said.contains(&format!("{fit} processes")), "{found:?}");
        }
    }

    #[tokio::test]
    async fn postgresql_says_what_it_gives() {
        let Some(db) = TestDb::postgres().await else {
            return say_skipped(module_path!(), "postgresql_says_what_it_gives");
        };
        let (all, others) = store::upkeep::connections(&db).await.unwrap().unwrap();
        assert!(all > others && others >= 1, "this one calls itself by the name of its test: {others} of {all}");
        let sqlite = TestDb::sqlite().await;
        assert_eq!(store::upkeep::connections(&sqlite).await.unwrap(), None);
    }
}
