//! `pake doctor`: is everything set up well?

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use engine::clock::SystemClock;
use secrecy::ExposeSecret as _;
use server::{
    app::SharedApp,
    db::{
        Db,
        migrations::{Kind, due},
    },
    doctor::{Finding, Verdict, examine, examine_apart},
};

use super::Context;
use crate::{
    cli::Doctor,
    printer::{Look, Style, plain},
};

/// Width of the word for how something is, and of what is looked at, in columns.
const WIDTHS: (usize, usize) = (8, 21);
/// What to do when PAKE does not even start: what is wrong is said with the setting or the file.
const MEND: &str =
    "mend what it says, and look again; `pake config show` tells which settings hold and where each comes from";

/// Of these versions on deploy/compose.yaml is understood (`env_file` that may be missing, `depends_on` with conditions).
const OLDEST_ENGINE: &str = "20.10";
const OLDEST_COMPOSE: &str = "2.24";

/// Runs `pake doctor`.
pub async fn run(context: &Context, arguments: &Doctor) -> anyhow::Result<()> {
    let found = if arguments.unexpanded { found_apart(context).await } else { found(context).await };
    if arguments.json {
        context.printer.data(serde_json::to_string_pretty(&found)?)?;
    } else {
        found.iter().try_for_each(|finding| context.printer.data(line(finding, context.printer.out)))?;
    }
    match found.iter().filter(|finding| finding.result == Verdict::Bad).count() {
        0 => Ok(()),
        bad => anyhow::bail!("{bad} of {} are not as they should be", found.len()),
    }
}

async fn found(context: &Context) -> Vec<Finding> {
    let mut found = match context.application().await {
        Ok(app) => {
            let mut found = vec![Finding::good("start", "the configuration is valid, and everything opens")];
            found.extend(examine(&app).await);
            close(&app).await;
            found
        }
        // An application that does not open is what people call a doctor for.
        Err(error) => found_without(context, &error).await,
    };
    found.push(docker());
    found
}

/// What is found where something does not open: what does not hang on the database may be well all the same, or be the cause.
async fn found_without(context: &Context, error: &anyhow::Error) -> Vec<Finding> {
    let mut found = vec![Finding::bad("start", format!("{error:#}"), MEND)];
    // What is wrong beside the database is said already.
    let Ok(loaded) = context.load() else { return found };
    if let Ok(app) = server::open_apart(loaded.config, Arc::new(SystemClock)).await {
        found.extend(examine_apart(&app).await);
        close(&app).await;
    }
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
        Err(error) => return vec![Finding::bad("start", format!("{error:#}"), MEND)],
    };
    let mut found =
        vec![Finding::good("start", format!("the configuration is valid; {due} steps of the database are due"))];
    found.extend(examine_apart(&app).await);
    close(&app).await;
    found
}

async fn close(app: &SharedApp) {
    app.lifecycle.stop();
    server::close(app).await;
}

/// The Docker of this machine, which deploy/compose.yaml needs and nothing else.
#[expect(clippy::disallowed_methods, reason = "Docker's compose tells its version to nobody who does not run it")]
fn docker() -> Finding {
    let version = |words: &[&str]| {
        let run = Command::new("docker").args(words).stdin(Stdio::null()).output().ok()?;
        let said = String::from_utf8_lossy(&run.stdout).trim().to_owned();
        (run.status.success() && !said.is_empty()).then_some(said)
    };
    if version(&["--version"]).is_none() {
        return judge_docker(false, None, None);
    }
    let engine = version(&["version", "--format", "{{.Server.Version}}"]);
    judge_docker(true, engine, version(&["compose", "version", "--short"]))
}

/// By the versions of engine and compose, where they tell.
fn judge_docker(is_here: bool, engine: Option<String>, compose: Option<String>) -> Finding {
    const WHAT: &str = "docker";
    match (engine, compose) {
        _ if !is_here => Finding::good(WHAT, "is not here; only deploy/compose.yaml needs it"),
        (None, _) => {
            let remedy = "start it (`systemctl start docker`), or put yourself into the group docker";
            Finding::advice(WHAT, "its engine does not answer", remedy)
        }
        (Some(engine), None) => {
            Finding::advice(WHAT, format!("engine {engine} without compose"), "install docker-compose-plugin")
        }
        (Some(engine), Some(compose)) if older(&engine, OLDEST_ENGINE) || older(&compose, OLDEST_COMPOSE) => {
            let remedy = format!("install newer ones: deploy/compose.yaml needs {OLDEST_ENGINE} and {OLDEST_COMPOSE}");
            Finding::advice(WHAT, format!("engine {engine}, compose {compose}, which is too old"), remedy)
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

/// A finding as it is shown: whole, however narrow the terminal is, for the remedy stands at its end. Off a terminal separated by tabs.
fn line(finding: &Finding, look: Look) -> String {
    let (word, style) = match finding.result {
        Verdict::Good => ("good", Style::Green),
        Verdict::Advice => ("advice", Style::Yellow),
        Verdict::Bad => ("bad", Style::Red),
    };
    let (what, said) = (finding.what, plain(&finding.said));
    let remedy = finding.remedy.as_deref().map(plain);
    if !look.terminal {
        let remedy = remedy.map(|remedy| format!("\t{remedy}"));
        return format!("{}\t{what}\t{said}{}", look.paint(style, word), remedy.unwrap_or_default());
    }
    let (first, second) = WIDTHS;
    let remedy = remedy.map(|remedy| format!("\n{:1$}→ {remedy}", "", first + second));
    let gap = " ".repeat(first.saturating_sub(word.len()));
    format!("{}{gap}{what:<second$}{said}{}", look.paint(style, word), remedy.unwrap_or_default())
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

    #[test]
    fn docker_and_compose_are_told_of_with_what_to_install() {
        let of = |engine: Option<&str>, compose: Option<&str>| {
            judge_docker(true, engine.map(str::to_owned), compose.map(str::to_owned))
        };
        for (found, result, said, remedy) in [
            (judge_docker(false, None, None), Verdict::Good, "is not here", ""),
            (of(None, None), Verdict::Advice, "does not answer", "group docker"),
            (of(Some("28.5.1"), None), Verdict::Advice, "engine 28.5.1 without compose", "docker-compose-plugin"),
            (of(Some("28.5.1"), Some("2.9.0")), Verdict::Advice, "compose 2.9.0, which is too old", "2.24"),
            (of(Some("19.03.15"), Some("2.40.0")), Verdict::Advice, "engine 19.03.15", "20.10"),
            (of(Some("28.5.1"), Some("2.40.0")), Verdict::Good, "engine 28.5.1, compose 2.40.0", ""),
        ] {
            assert!(found.result == result && found.said.contains(said), "{found:?}");
            assert!(found.remedy.clone().unwrap_or_default().contains(remedy), "{found:?}");
        }
    }

    #[test]
    fn the_remedy_is_shown_whole_on_a_narrow_terminal_and_as_a_column_elsewhere() {
        let found = Finding::bad("memory", "90 MiB can be had", "end something else, or give the container more of it");
        let terminal = line(&found, Look { terminal: true, colour: false, width: 40 });
        let [first, second] = terminal.lines().collect::<Vec<_>>()[..] else { panic!("{terminal}") };
        assert_eq!(first, "bad     memory               90 MiB can be had");
        assert_eq!(second.trim_start(), "→ end something else, or give the container more of it");
        assert_eq!(second.find('→'), first.find("90"));
        let file = line(&found, Look { terminal: false, colour: false, width: 100 });
        assert_eq!(file, "bad\tmemory\t90 MiB can be had\tend something else, or give the container more of it");
        let good = line(&Finding::good("clock", "is kept right"), Look { terminal: true, colour: false, width: 40 });
        assert_eq!(good, "good    clock                is kept right");
    }
}
