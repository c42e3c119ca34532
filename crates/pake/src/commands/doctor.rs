//! `pake doctor`: is everything set up well?

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use engine::clock::SystemClock;
use secrecy::ExposeSecret as _;
use server::{
    db::{
        Db,
        migrations::{Kind, due},
    },
    doctor::{Finding, Verdict, examine, examine_apart},
};

use super::Context;
use crate::{
    cli::Doctor,
    printer::{Printer, Style},
    table::{Cell, Column, lines},
};

const COLUMNS: [Column; 3] = [Column::fixed("result"), Column::fixed("what"), Column::flexible("seen", 1)];

/// Of these versions on deploy/compose.yaml is understood (`env_file` that may be missing, `depends_on` with conditions).
const OLDEST_ENGINE: &str = "20.10";
const OLDEST_COMPOSE: &str = "2.24";

/// Runs `pake doctor`.
pub async fn run(context: &Context, arguments: &Doctor) -> anyhow::Result<()> {
    let found = if arguments.unexpanded { found_apart(context).await } else { found(context).await };
    if arguments.json {
        context.printer.data(serde_json::to_string_pretty(&found)?)?;
    } else {
        print(&context.printer, &found)?;
    }
    match found.iter().filter(|finding| finding.result == Verdict::Bad).count() {
        0 => Ok(()),
        bad => anyhow::bail!("{bad} of {} are not as they should be", found.len()),
    }
}

async fn found(context: &Context) -> Vec<Finding> {
    // An application that does not open is what people call a doctor for.
    let app = match context.application().await {
        Ok(app) => app,
        Err(error) => return vec![Finding::bad("start", format!("{error:#}"))],
    };
    let mut found = vec![Finding::good("start", "the configuration is valid, and everything opens")];
    found.extend(examine(&app).await);
    found.push(docker());
    app.lifecycle.stop();
    server::close(&app).await;
    found
}

/// What is found without what this version adds to the database, which is not changed.
async fn found_apart(context: &Context) -> Vec<Finding> {
    let opened = async {
        let loaded = context.load()?;
        let address = loaded.config.database.url(&loaded.config.server.data_dir);
        let steps = Db::steps(address.expose_secret()).await?;
        let app = server::open_apart(loaded.config, Arc::new(SystemClock)).await?;
        anyhow::Ok((due(&steps, Kind::Expand), app))
    };
    let (due, app) = match opened.await {
        Ok(opened) => opened,
        Err(error) => return vec![Finding::bad("start", format!("{error:#}"))],
    };
    let mut found =
        vec![Finding::good("start", format!("the configuration is valid; {due} steps of the database are due"))];
    found.extend(examine_apart(&app).await);
    app.lifecycle.stop();
    server::close(&app).await;
    found
}

/// The Docker of this machine, which deploy/compose.yaml needs and nothing else.
#[expect(clippy::disallowed_methods, reason = "Docker's compose tells its version to nobody who does not run it")]
fn docker() -> Finding {
    const WHAT: &str = "docker";
    let version = |words: &[&str]| {
        let run = Command::new("docker").args(words).stdin(Stdio::null()).output().ok()?;
        let said = String::from_utf8_lossy(&run.stdout).trim().to_owned();
        (run.status.success() && !said.is_empty()).then_some(said)
    };
    if version(&["--version"]).is_none() {
        return Finding::good(WHAT, "is not here; only deploy/compose.yaml needs it");
    }
    let engine = version(&["version", "--format", "{{.Server.Version}}"]);
    let compose = version(&["compose", "version", "--short"]);
    match (engine, compose) {
        (None, _) => {
            Finding::advice(WHAT, "its engine does not answer: start it, or put yourself into the group docker")
        }
        (Some(engine), None) => {
            Finding::advice(WHAT, format!("engine {engine} without compose: install docker-compose-plugin"))
        }
        (Some(engine), Some(compose)) if older(&engine, OLDEST_ENGINE) || older(&compose, OLDEST_COMPOSE) => {
            let said = format!("engine {engine}, compose {compose}: deploy/compose.yaml needs");
            Finding::advice(WHAT, format!("{said} {OLDEST_ENGINE} and {OLDEST_COMPOSE} at least; install newer ones"))
        }
        (Some(engine), Some(compose)) => Finding::good(WHAT, format!("engine {engine}, compose {compose}")),
    }
}

/// Whether a version is below another one, by their first two numbers; one that cannot be read is not.
fn older(version: &str, oldest: &str) -> bool {
    let numbers = |text: &str| -> Option<(u32, u32)> {
        let mut parts = text.trim_start_matches('v').split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    matches!((numbers(version), numbers(oldest)), (Some(version), Some(oldest)) if version < oldest)
}

fn print(printer: &Printer, found: &[Finding]) -> anyhow::Result<()> {
    let rows: Vec<Vec<Cell>> = found.iter().map(row).collect();
    lines(&COLUMNS, &rows, printer.out).iter().try_for_each(|line| printer.data(line))?;
    Ok(())
}

fn row(finding: &Finding) -> Vec<Cell> {
    let (word, style) = match finding.result {
        Verdict::Good => ("good", Style::Green),
        Verdict::Advice => ("advice", Style::Yellow),
        Verdict::Bad => ("bad", Style::Red),
    };
    vec![Cell::new(word).styled(style), finding.what.into(), finding.said.as_str().into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(older("2.9.1", OLDEST_COMPOSE) && older("v1.29.2", OLDEST_COMPOSE) && older("19.03.15", OLDEST_ENGINE));
        assert!(
            !older("2.24.0", OLDEST_COMPOSE)
                && !older("5.6.1", OLDEST_COMPOSE)
                && !older("20.10.24+dfsg1", OLDEST_ENGINE)
        );
        assert!(!older("dev", OLDEST_COMPOSE));
    }
}
