//! Signing in: that it takes as long for a name that nobody has as for one that somebody has, and that it holds up neither
//! those who sign in nor those who search.

use std::sync::Arc;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    Bench,
    load::{self, Cell, Load, Requests, Took},
    report::{Findings, short, table},
    serving::{Pake, Recipe, WHOLE, new_questions},
    wire::{self, Connection},
};

/// People with an account. Four wrong passwords each are answered without a wait.
const PEOPLE: usize = 16;
/// Wrong passwords for each of them.
const GUESSES: usize = 3;
/// How many sign in at once.
const AT_ONCE: usize = 4;

/// Measures on a PAKE that believes whom its proxy names, so that no address is slowed down.
pub async fn measure(bench: &Bench, found: &mut Findings) -> Result<()> {
    let more = [
        ("PAKE_ACCOUNTS__SIGN_IN", "off"),
        ("PAKE_LIMITS__ENABLED", "false"),
        ("PAKE_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let recipe = Recipe { more: more.map(|(name, value)| (name, value.to_owned())).to_vec(), ..bench.recipe.clone() };
    let people = (0..PEOPLE).map(|number| person(&recipe, number)).collect::<Result<Vec<_>>>()?;
    let pake = recipe.start("people")?;
    guesses(bench, &pake, found).await?;
    at_once(bench, &pake, people, found).await
}

/// Makes an account; gives its name and its password.
fn person(recipe: &Recipe, number: usize) -> Result<(String, String)> {
    let name = format!("person{number}");
    let password = recipe.run("people", &["user", "add", &name, "--generate"])?;
    Ok((name, password.trim().to_owned()))
}

/// Somebody signs in, from an address of their own.
fn sign_in(name: &str, password: &str, number: u64) -> Vec<u8> {
    let address = format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255);
    let body = json!({ "username": name, "password": password }).to_string();
    wire::request("/api/v1/auth/login", &[("X-Forwarded-For", &address)], Some(&body))
}

/// Wrong passwords for names that somebody has and that nobody has, one after the other.
async fn guesses(bench: &Bench, pake: &Pake, found: &mut Findings) -> Result<()> {
    let mut connection = Connection::open(&pake.process.address).await?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..bench.count(GUESSES) {
        for number in 0..PEOPLE {
            for (name, took) in [("person", &mut known), ("nobody", &mut unknown)] {
                let request =
                    sign_in(&format!("{name}{number}"), "a guess that is wrong", (round * PEOPLE + number) as u64);
                let began = Instant::now();
                let status = connection.exchange(&request).await?.status;
                ensure!(status == 401, "a wrong password is answered with {status}");
                took.push(began.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    let (known, unknown) = (Took::of(known), Took::of(unknown));
    let apart = (known.at(0.5) / unknown.at(0.5) - 1.0).abs() * 100.0;
    found.at_most(
        "a wrong password for a name that nobody has, p50, apart from one that somebody has",
        apart,
        5.0,
        "%",
    );
    found.section(format!(
        "## Signing in\n\n{} wrong passwords each, in turn, p50 / p95 in ms: for names that somebody has {} / {}, that nobody has {} / {}.\n",
        known.count(),
        short(known.at(0.5)),
        short(known.at(0.95)),
        short(unknown.at(0.5)),
        short(unknown.at(0.95)),
    ));
    Ok(())
}

/// Four who sign in again and again, alone and beside sixteen who search.
async fn at_once(bench: &Bench, pake: &Pake, people: Vec<(String, String)>, found: &mut Findings) -> Result<()> {
    let sign_ins: Requests = Arc::new(move |number| {
        let (name, password) = &people[usize::try_from(number).unwrap_or(0) % people.len()];
        sign_in(name, password, number)
    });
    let load = |requests: &Requests, clients, whole| Load {
        address: &pake.process.address,
        pid: pake.process.pid(),
        requests: Arc::clone(requests),
        clients,
        seconds: bench.seconds(8.0),
        warm: 1.0,
        whole,
    };
    bench.sources.set("reset all.latency=const:100").await?;
    let searches = new_questions(&bench.sources.queries);
    let alone = load::run(load(&sign_ins, AT_ONCE, "")).await?;
    let quiet = load::run(load(&searches, 16, WHOLE)).await?;
    let (beside, disturbed) =
        tokio::try_join!(load::run(load(&sign_ins, AT_ONCE, "")), load::run(load(&searches, 16, WHOLE)))?;
    bench.sources.set("reset").await?;
    found.at_most("four who sign in at once, p95", alone.took.at(0.95), 400.0, "ms");
    let slower = (disturbed.took.at(0.5) / quiet.took.at(0.5) - 1.0) * 100.0;
    found.at_most("searches beside four who sign in at once, p50, slower by", slower, 10.0, "%");
    let named = |name: &str, cell: Cell| (name.to_owned(), cell);
    let rows = [
        named("signing in, nobody searches", alone),
        named("searching, sources at 100 ms, nobody signs in", quiet),
        named("signing in, beside the searches", beside),
        named("searching, beside those who sign in", disturbed),
    ];
    let note = "Each sign-in hashes with Argon2id at the defaults. CPU beside others is that of the whole process.";
    found.section(table("Signing in at once", note, &rows));
    Ok(())
}
