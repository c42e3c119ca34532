//! `pake rollback`: back to a release that ran before.

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use ops::{
    machine::{Machine as _, Real},
    plan::{Plan, Policy, Restore},
    release::{Release, Releases},
    request::{self, Request},
};

use super::{
    Context,
    deploy::{carried_out, rehearsed},
    production::Production,
};
use crate::{cli::Rollback, telling::Teller};

/// Runs `pake rollback`.
pub async fn run(context: &Context, arguments: &Rollback) -> anyhow::Result<()> {
    let mut production = Production::of(context, &arguments.place)?;
    let machine = production.machine().await?;
    let teller = Teller::new(&context.printer, arguments.watching.json);
    let _lock = if arguments.dry_run {
        None
    } else {
        Some(production.lock(&machine, "pake rollback", arguments.watching.wait).await?)
    };
    if !arguments.dry_run {
        production.end_what_was_left(&machine, &teller).await?;
    }
    let releases = &production.desk.releases;
    let release = if arguments.asked {
        let sockets = machine.sockets().await?;
        let Some(request) = request::take(&sockets)? else {
            context.printer.say("nobody has asked for a rollback");
            return Ok(());
        };
        let release = match granted(&request, releases, machine.now()) {
            Ok(release) => release,
            Err(refusal) => {
                request.refuse(&sockets, &format!("{refusal:#}"), machine.now())?;
                return Err(refusal);
            }
        };
        production.audience.by = request.whoever();
        release
    } else {
        target(releases, arguments.release.as_deref())?
    };
    let survey = machine.survey_again(&release.content, &production.desk.salt()?).await?;
    // With the data of before nobody is let in who could be watched.
    let bake_seconds = if arguments.restore_db { 0 } else { arguments.bake };
    let policy = Policy { bake_seconds, ..Policy::ROLLBACK };
    let mut plan = Plan::back_to(&release, production.name(&machine)?, machine.now(), survey, policy);
    if arguments.restore_db {
        plan.restore = Some(data_of(&production, &machine, &release, &plan).await?);
    }
    if arguments.dry_run {
        return rehearsed(context, &production.desk, &machine, plan).await;
    }
    if let Some(restore) = &plan.restore {
        restore.accepted(arguments.yes_lose_data_since)?;
    }
    carried_out(context, &production, &machine, &teller, plan).await
}

/// The release that somebody asked for in the administration.
fn granted(request: &Request, releases: &Releases, now: DateTime<Utc>) -> anyhow::Result<Release> {
    let current = releases.current()?.context("nothing was deployed yet: there is nothing to go back from")?;
    request.granted(&current, &releases.all()?, now)
}

/// The data that a release had when it was replaced.
async fn data_of(production: &Production, machine: &Real, release: &Release, plan: &Plan) -> anyhow::Result<Restore> {
    let file = production.backups().of_release(&production.desk.ledger()?, release.deploy)?;
    let file = file.with_context(|| {
        format!(
            "there is no backup of the data of release {}: no deployment took one when it was replaced",
            release.deploy
        )
    })?;
    machine.restorable(&plan.survey, file).await
}

/// The release that is meant; without a name, the one before the current one.
fn target(releases: &Releases, name: Option<&str>) -> anyhow::Result<Release> {
    let all = releases.all()?;
    let Some(name) = name else {
        let current = releases.current()?.context("nothing was deployed yet: there is nothing to go back from")?;
        let before = current.before.context("the current release is the first one: there is none to go back to")?;
        let found = all.into_iter().find(|release| release.deploy == before);
        return found.with_context(|| format!("the release {before} is not written down any more; name another one"));
    };
    let found: Vec<Release> = all.into_iter().filter(|release| release.deploy.to_string().starts_with(name)).collect();
    match <[Release; 1]>::try_from(found) {
        Ok([release]) => Ok(release),
        Err(found) if found.is_empty() => bail!("there is no release {name}; `pake releases` says which there are"),
        Err(found) => bail!("{} releases begin with {name}; say more of it", found.len()),
    }
}

#[cfg(test)]
mod tests {
    use ops::{
        deploy_id::DeployId,
        release::{Content, Settings},
    };

    use super::*;

    #[test]
    fn a_release_is_found_by_what_it_was_before_and_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::at(folder.path()).unwrap();
        assert!(target(&releases, None).unwrap_err().to_string().contains("nothing was deployed yet"));
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut last = None;
        for image in ["pake:1", "pake:2"] {
            let content = Content { image: image.into(), digest: image.into(), settings: Settings::new() };
            let deploy = DeployId::after(last, at);
            releases.commit(&Release { deploy, content, committed_at: at, before: last }).unwrap();
            if last.is_none() {
                assert!(target(&releases, None).unwrap_err().to_string().contains("is the first one"));
            }
            last = Some(deploy);
        }
        assert_eq!(target(&releases, None).unwrap().content.image, "pake:1");
        let current = last.unwrap().to_string();
        assert_eq!(target(&releases, Some(&current)).unwrap().content.image, "pake:2");
        assert_eq!(target(&releases, Some(&current[..4])).unwrap_err().to_string().split(' ').next(), Some("2"));
        assert!(target(&releases, Some("zz")).unwrap_err().to_string().contains("pake releases"));
    }
}
