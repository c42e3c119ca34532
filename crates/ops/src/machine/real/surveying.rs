//! What a plan is made on: what is live, what is to be, and what lies between them.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use bollard::models::ContainerInspectResponse;
use serde::Deserialize;

use super::{DISK, Real, definition::Definition, engine, label, slots};
use crate::{
    machine::Machine as _,
    plan::{Live, Migrations, Survey},
    release::{Content, settings},
    world::{Colour, World},
};

/// Settings that are another one for each release.
const OF_THE_RELEASE: [&str; 2] = ["PAKE_SERVER__LISTEN", "PAKE_SERVER__RELEASE"];

/// What `pake migrate status --json` says.
#[derive(Debug, Deserialize)]
struct Steps {
    steps: Vec<StepOfDatabase>,
}

#[derive(Debug, Deserialize)]
struct StepOfDatabase {
    version: i64,
    name: String,
    kind: String,
    state: String,
}

impl Real {
    /// Looks for what a plan to bring this image is made on. The image is fetched: only it knows its steps of the database.
    pub async fn survey(&self, image: &str, salt: &[u8]) -> anyhow::Result<Survey> {
        if self.engine.image(image).await?.is_none() {
            self.engine.pull(image).await?;
        }
        let digest =
            self.engine.image(image).await?.with_context(|| format!("{image} was fetched and is not there"))?;
        let mut survey = self.surveyed(image, digest, salt).await?;
        let definition = self.definition(survey.active.map_or(Colour::Blue, Colour::other)).await?;
        survey.migrations = self.migrations(&definition, &survey.target.digest).await?;
        Ok(survey)
    }

    /// Looks for what a plan to bring back this content is made on. It ran before: its database is one of the past.
    pub async fn survey_again(&self, content: &Content, salt: &[u8]) -> anyhow::Result<Survey> {
        self.surveyed(&content.image, content.digest.clone(), salt).await
    }

    /// What is live.
    pub async fn live(&self, salt: &[u8]) -> anyhow::Result<Option<Live>> {
        let Some(colour) = self.active().await? else { return Ok(None) };
        Ok(self.container(colour).await?.map(|container| live(&container, salt)))
    }

    async fn surveyed(&self, image: &str, digest: String, salt: &[u8]) -> anyhow::Result<Survey> {
        let active = self.active().await?;
        let definition = self.definition(active.map_or(Colour::Blue, Colour::other)).await?;
        let given = definition.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let target = Content { image: image.to_owned(), digest, settings: settings(salt, of_pake(given)) };
        let live = self.live(salt).await?;
        Ok(Survey { active, live, target, migrations: Migrations::default() })
    }

    async fn migrations(&self, definition: &Definition, image: &str) -> anyhow::Result<Migrations> {
        let said = self.once(definition, image, "status", &["migrate", "status", "--json"]).await?;
        let Steps { steps } = serde_json::from_str(&said).context("the image does not say what its database needs")?;
        let due = |kind: &str| {
            let due = steps.iter().filter(|step| step.state == "due" && step.kind == kind);
            due.map(|step| format!("{} {}", step.version, step.name)).collect()
        };
        Ok(Migrations { expand: due("expand"), contract: due("contract") })
    }

    /// The image that compose.yaml names.
    pub async fn image(&self) -> anyhow::Result<String> {
        Ok(self.rendered().await?.image()?.to_owned())
    }

    /// The name of the installation.
    pub async fn project(&self) -> anyhow::Result<&str> {
        Ok(&self.rendered().await?.name)
    }

    /// What stands there now, without any plan.
    pub async fn standing(&self) -> anyhow::Result<World> {
        let (blue, green) = tokio::try_join!(self.seen(Colour::Blue), self.seen(Colour::Green))?;
        let canary = slots::led(&self.sockets().await?)?;
        Ok(World { active: self.active().await?, canary, blue, green, ..World::default() })
    }

    /// Where there is little room, removes images before another one comes. Gives how many.
    pub async fn make_room(&self, digests: &[String]) -> anyhow::Result<usize> {
        let sockets = self.sockets().await?;
        let disk = rustix::fs::statvfs(&sockets).with_context(|| format!("cannot look at {}", sockets.display()))?;
        if disk.f_bavail * disk.f_frsize >= 2 * DISK {
            return Ok(0);
        }
        self.prune(digests).await?;
        Ok(digests.len())
    }

    /// Builds the image that compose.yaml names, as it says; what the builder says goes to standard error.
    #[expect(clippy::disallowed_methods, reason = "how an image is built only compose knows")]
    pub async fn build(&self) -> anyhow::Result<()> {
        let service = self.rendered().await?.service(Colour::Blue)?.0.to_owned();
        let site = self.site.clone();
        let run = move || {
            let mut command = Command::new("docker");
            command.args(["compose", "--env-file", ".env.production", "--profile", "*"]);
            for file in &site.compose {
                command.arg("--file").arg(file);
            }
            command.args(["build", &service]).current_dir(&site.folder).stdin(Stdio::null());
            command.stdout(std::io::stderr()).status()
        };
        let status = tokio::task::spawn_blocking(run).await?.context("cannot run `docker compose build`")?;
        ensure!(status.success(), "`docker compose build` fails: it says above why");
        Ok(())
    }
}

/// What a container runs, by what it was started with.
fn live(container: &ContainerInspectResponse, salt: &[u8]) -> Live {
    let config = container.config.clone().unwrap_or_default();
    let given: BTreeMap<String, String> = config
        .env
        .unwrap_or_default()
        .iter()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let given = given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let content = Content {
        image: label(container, engine::IMAGE).cloned().or(config.image).unwrap_or_default(),
        digest: container.image.clone().unwrap_or_default(),
        settings: settings(salt, of_pake(given)),
    };
    Live { deploy: label(container, engine::DEPLOY).and_then(|deploy| deploy.parse().ok()), content }
}

/// The settings of PAKE that are not another one for each release.
fn of_pake<'a>(given: impl Iterator<Item = (&'a str, &'a str)>) -> impl Iterator<Item = (&'a str, &'a str)> {
    given.filter(|(name, _)| name.starts_with("PAKE_") && !OF_THE_RELEASE.contains(name))
}
