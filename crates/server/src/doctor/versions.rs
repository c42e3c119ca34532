//! The database and Redis: whether they answer, and whether they are of an age that PAKE knows.

use super::{ASK_DATABASE, Finding};
use crate::{app::App, cache::RemoteState, store};

const DATABASE: &str = "database";
const REDIS: &str = "redis";
/// The oldest PostgreSQL on which PAKE is tested and for which its makers still mend what is wrong.
const OLDEST_POSTGRES: u32 = 15;
/// The oldest Redis whose scripts may look at its clock and write.
const OLDEST_REDIS: u32 = 5;
/// What to do when Redis does not answer.
const AWAY: &str = "look whether it runs, and at redis.url: host, port, password, and TLS (`rediss://`, redis.ca_file)";

/// The database.
pub(super) async fn database(app: &App) -> Finding {
    let version = match app.db.ping().await {
        Ok(()) => store::upkeep::version(&app.db).await,
        Err(error) => Err(error),
    };
    match version {
        Ok((version, _)) => judge_database(app.db.kind(), &version, app.db.contract_due),
        Err(error) => Finding::bad(DATABASE, error.to_string(), ASK_DATABASE),
    }
}

fn judge_database(kind: &str, version: &str, contract_due: usize) -> Finding {
    let name = if kind == "postgres" { "PostgreSQL" } else { "SQLite" };
    // Debian writes `17.6 (Debian 17.6-1)`.
    let short = version.split(' ').next().unwrap_or_default();
    if kind == "postgres" && major(short).is_some_and(|major| major < OLDEST_POSTGRES) {
        let seen = format!("{name} {short} is older than {OLDEST_POSTGRES}, the oldest that PAKE is made for");
        let remedy =
            "back it up and bring it to a newer one with `pg_upgrade`, or with `pg_dump` and `psql` into a new one";
        return Finding::bad(DATABASE, seen, remedy);
    }
    if contract_due > 0 {
        let seen = format!("{name} {short} answers; {contract_due} steps take away what no version needs any more");
        let remedy = "`pake migrate contract --yes`, when no older version is needed any more, not even to go back to";
        return Finding::advice(DATABASE, seen, remedy);
    }
    Finding::good(DATABASE, format!("{name} {short} answers, its tables are up to date"))
}

/// Redis.
pub(super) async fn redis(app: &App) -> Finding {
    match app.cache.remote.ping().await {
        RemoteState::Off => Finding::good(REDIS, "not used: answers are kept in each process"),
        RemoteState::Down => Finding::bad(REDIS, "does not answer", AWAY),
        // Whoever may not ask for it (`ACL`) goes without.
        RemoteState::Up => judge_redis(app.cache.remote.versions().await.unwrap_or_default()),
    }
}

/// By what each of its servers calls itself.
fn judge_redis(mut versions: Vec<String>) -> Finding {
    let servers = versions.len();
    versions.sort();
    versions.dedup();
    let seen = versions.join(" and ");
    let number = |version: &String| version.rsplit(' ').next().and_then(major);
    if versions.iter().filter_map(number).any(|major| major < OLDEST_REDIS) {
        let seen = format!("{seen} is older than {OLDEST_REDIS}, the oldest that PAKE works with");
        return Finding::bad(REDIS, seen, "install a newer one, or Valkey");
    }
    match servers {
        0 => Finding::good(REDIS, "answers, and does not say its version"),
        1 => Finding::good(REDIS, format!("{seen} answers")),
        _ => Finding::good(REDIS, format!("{seen} answers, at {servers} servers")),
    }
}

/// What stands before the first point of a version.
fn major(version: &str) -> Option<u32> {
    let digits = version.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};

    fn told(found: &Finding) -> String {
        format!("{}: {}", found.said, found.remedy.as_deref().unwrap_or_default())
    }

    #[test]
    fn what_is_too_old_is_told_with_what_to_do() {
        for (kind, version, due, result, said) in [
            ("postgres", "17.6 (Debian 17.6-0+deb13u1)", 0, Verdict::Good, "PostgreSQL 17.6 answers"),
            ("postgres", "15.0", 0, Verdict::Good, "PostgreSQL 15.0 answers"),
            ("postgres", "18beta1", 0, Verdict::Good, "PostgreSQL 18beta1 answers"),
            ("postgres", "14.19 (Ubuntu 14.19-0ubuntu0.22.04.1)", 3, Verdict::Bad, "`pg_upgrade`"),
            ("postgres", "9.6.24", 0, Verdict::Bad, "older than 15"),
            ("postgres", "17.6", 2, Verdict::Advice, "`pake migrate contract --yes`"),
            ("sqlite", "3.50.4", 0, Verdict::Good, "SQLite 3.50.4 answers"),
            ("postgres", "", 0, Verdict::Good, "answers"),
        ] {
            let found = judge_database(kind, version, due);
            assert!(found.result == result && told(&found).contains(said), "{found:?}");
        }
        for (versions, result, said) in [
            (vec![], Verdict::Good, "does not say its version"),
            (vec!["Redis 8.0.2"], Verdict::Good, "Redis 8.0.2 answers"),
            (vec!["Valkey 8.1.1", "Valkey 8.1.1"], Verdict::Good, "Valkey 8.1.1 answers, at 2 servers"),
            (vec!["Redis 7.2.4", "Redis 4.0.14"], Verdict::Bad, "Redis 4.0.14 and Redis 7.2.4 is older than 5"),
        ] {
            let found = judge_redis(versions.into_iter().map(str::to_owned).collect());
            assert!(found.result == result && told(&found).contains(said), "{found:?}");
        }
    }
}
