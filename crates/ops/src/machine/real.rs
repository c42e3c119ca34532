//! The machine itself: the Docker engine by its API, the sockets of the colours, the edge over TLS.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use bollard::models::ContainerInspectResponse;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::sync::OnceCell;

use self::{
    definition::{Definition, Rendered},
    engine::{Engine, is_running},
    question::{Name, at_edge, at_socket},
};
use super::{Answer, Data, Database, Door, Machine};
use crate::{
    backup::Backups,
    plan::Plan,
    whole_file,
    world::{Canary, Colour, Container, World},
};

mod definition;
mod engine;
mod parts;
mod question;
mod restoring;
mod slots;
mod surveying;

pub use self::{
    parts::{Logs, Service},
    question::Edge,
};

/// The link that the edge follows.
const ACTIVE: &str = "active.sock";

/// A release is asked so often whether it is well before it counts as ill.
const ASKED: usize = 3;

/// From one question to the next.
const ASKED_EVERY: Duration = Duration::from_millis(300);

/// A command that is not understood ends so.
const NOT_UNDERSTOOD: i64 = 2;

/// So much memory has to be left for a second release, in bytes.
const MEMORY: u64 = 256 << 20;

/// So much of the disk has to be left beside two images, in bytes.
const DISK: u64 = 1 << 30;

/// A production in containers.
#[derive(Debug, Clone)]
pub struct Site {
    /// The folder of compose.yaml.
    pub folder: PathBuf,
    /// The files that say how it runs, in this folder.
    pub compose: Vec<PathBuf>,
    /// The socket of the Docker engine.
    pub engine: String,
    /// How everybody comes in; without, as compose.yaml says.
    pub edge: Option<Edge>,
    /// Where it is noted which backup belongs to which deployment.
    pub backups: Backups,
}

/// The machine.
#[derive(Debug)]
pub struct Real {
    site: Site,
    engine: Engine,
    /// What compose says, asked once: a deployment is of one state of the files.
    rendered: OnceCell<Rendered>,
}

impl Real {
    /// Reaches the machine.
    pub async fn open(site: Site) -> anyhow::Result<Self> {
        let engine = Engine::at(&site.engine).await?;
        Ok(Self { site, engine, rendered: OnceCell::new() })
    }

    /// Has an image of PAKE do one thing.
    async fn once(&self, definition: &Definition, image: &str, what: &str, command: &[&str]) -> anyhow::Result<String> {
        let project = &self.rendered().await?.name;
        let body = definition.once(image, command, (engine::ONCE, project));
        let said = self.engine.run(&format!("{project}-{what}"), body, &definition.networks).await?;
        said.good(&format!("`pake {}`", command.join(" ")))
    }

    /// How everybody comes in.
    async fn edge(&self) -> anyhow::Result<Edge> {
        match &self.site.edge {
            Some(edge) => Ok(edge.clone()),
            None => self.rendered().await?.edge(&self.site.folder),
        }
    }

    /// What compose says of this production.
    async fn rendered(&self) -> anyhow::Result<&Rendered> {
        self.rendered.get_or_try_init(|| async { render(self.site.clone()).await }).await
    }

    async fn definition(&self, colour: Colour) -> anyhow::Result<Definition> {
        Definition::of(self.rendered().await?, colour)
    }

    /// The folder of the sockets.
    pub async fn sockets(&self) -> anyhow::Result<PathBuf> {
        let definition = self.definition(Colour::Blue).await?;
        self.engine.volume(&definition.sockets).await
    }

    async fn active(&self) -> anyhow::Result<Option<Colour>> {
        let link = self.sockets().await?.join(ACTIVE);
        match std::fs::read_link(&link) {
            Ok(target) => match Colour::BOTH.into_iter().find(|colour| target == Path::new(&socket(*colour))) {
                Some(colour) => Ok(Some(colour)),
                None => bail!("{} leads to {}, which is no colour", link.display(), target.display()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}; is this user root?", link.display())),
        }
    }

    async fn container(&self, colour: Colour) -> anyhow::Result<Option<ContainerInspectResponse>> {
        let all = self.engine.containers(&self.rendered().await?.name, colour).await?;
        Ok(all.into_iter().next())
    }

    /// The container of a colour, as far as it decides about anything.
    async fn seen(&self, colour: Colour) -> anyhow::Result<Option<Container>> {
        let Some(container) = self.container(colour).await? else { return Ok(None) };
        let is_running = is_running(&container);
        let is_well = is_running && self.is_well(colour).await;
        let deploy = label(&container, engine::DEPLOY).and_then(|deploy| deploy.parse().ok());
        let restarts = container.restart_count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        Ok(Some(Container { deploy, image: container.image.unwrap_or_default(), is_running, is_well, restarts }))
    }

    /// Asked more than once: one answer that does not come is an accident.
    async fn is_well(&self, colour: Colour) -> bool {
        for _ in 0..ASKED {
            let answer = self.ask(Door::Socket(colour), "/readyz").await;
            if answer.is_ok_and(|answer| (200..300).contains(&answer.status)) {
                return true;
            }
            tokio::time::sleep(ASKED_EVERY).await;
        }
        false
    }
}

impl Machine for Real {
    #[expect(clippy::disallowed_methods, reason = "the one place of this crate that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    async fn pause(&self, how_long: Duration) {
        tokio::time::sleep(how_long).await;
    }

    async fn tidy(&self) -> anyhow::Result<()> {
        self.engine.tidy(&self.rendered().await?.name).await
    }

    async fn look(&self, plan: &Plan) -> anyhow::Result<World> {
        let (blue, green) = tokio::try_join!(self.seen(Colour::Blue), self.seen(Colour::Green))?;
        Ok(World {
            active: self.active().await?,
            canary: slots::led(&self.sockets().await?)?,
            blue,
            green,
            has_image: self.engine.image(&plan.survey.target.digest).await?.is_some(),
            has_backup: self.site.backups.is_there(plan.deploy),
            is_shut: self.is_shut().await?,
            is_restored: self.site.backups.is_restored(plan.deploy),
        })
    }

    async fn examine(&self, plan: &Plan) -> anyhow::Result<Vec<String>> {
        let sockets = self.sockets().await?;
        let wanted = DISK + 2 * self.engine.size(&plan.survey.target.digest).await.unwrap_or(0);
        let mut found = Vec::new();
        let disk = rustix::fs::statvfs(&sockets).with_context(|| format!("cannot look at {}", sockets.display()))?;
        let free = disk.f_bavail * disk.f_frsize;
        if free < wanted {
            found.push(format!(
                "{} MB of the disk are free, {} MB are needed: see `docker system df`",
                free >> 20,
                wanted >> 20
            ));
        }
        let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        if let Some(free) = available(&memory).filter(|free| *free < MEMORY) {
            found.push(format!("{} MB of memory are left, two releases need {} MB more", free >> 20, MEMORY >> 20));
        }
        // Where data are put back, what is live may be ill because of those that are there.
        if plan.survey.active.is_some() && plan.restore.is_none() {
            let edge = self.edge().await?;
            let live = plan.survey.live.as_ref().and_then(|live| live.deploy);
            let said = match at_edge(&edge, "/healthz", Name::Deployer).await {
                // Nothing is left of what was live (`pake recover`): then nothing can answer for it.
                Ok(answer) if plan.survey.live.is_none() || answer.is_good(live) => None,
                Ok(answer) => Some(answer.to_string()),
                Err(error) => Some(format!("{error:#}")),
            };
            if let Some(said) = said {
                let (url, port) = (&edge.url, edge.url.port_or_known_default().unwrap_or_default());
                found.push(format!(
                    "the edge does not answer for what is live at {url}: {said}; look at nginx (`pake logs nginx`), at its \
                     certificate, and at who has its port (`ss -ltnp sport = :{port}`)"
                ));
            }
        }
        Ok(found)
    }

    async fn fetch(&self, plan: &Plan) -> anyhow::Result<()> {
        let target = &plan.survey.target;
        self.engine.pull(&target.image).await?;
        let here = self.engine.image(&target.image).await?.unwrap_or_default();
        ensure!(here == target.digest, "{} is another image now ({here}); make a new plan", target.image);
        Ok(())
    }

    async fn back_up(&self, plan: &Plan) -> anyhow::Result<()> {
        let live = plan.survey.live.as_ref();
        // What serves knows its database. Where nothing serves there is nothing to lose.
        let said = match (live, plan.survey.active) {
            (Some(live), Some(colour)) => {
                let definition = self.definition(colour).await?;
                self.once(&definition, &live.content.digest, "backup", &["maintenance", "back-up", "--json"]).await?
            }
            _ => r#"{"result":{"is_checked":true}}"#.to_owned(),
        };
        self.site.backups.note(plan.deploy, &said)
    }

    async fn diagnose(&self, plan: &Plan, database: Database) -> anyhow::Result<Vec<String>> {
        let definition = self.definition(plan.colour).await?;
        let project = &self.rendered().await?.name;
        let command: &[&str] = match database {
            Database::Unexpanded => &["doctor", "--json", "--unexpanded"],
            Database::Expanded => &["doctor", "--json"],
        };
        let body = definition.once(&plan.survey.target.digest, command, (engine::ONCE, project));
        let said = self.engine.run(&format!("{project}-doctor"), body, &definition.networks).await?;
        // An older PAKE is asked once the database is expanded, and does not know of before.
        if database == Database::Unexpanded && said.code == NOT_UNDERSTOOD {
            return Ok(Vec::new());
        }
        // What is bad makes it end with 1, and is said all the same.
        let found: Vec<Finding> = serde_json::from_str(&said.out)
            .with_context(|| format!("`pake doctor` does not say how it is: {}", said.all.trim()))?;
        Ok(found.into_iter().filter(|finding| finding.result == "bad").map(Finding::told).collect())
    }

    async fn expand(&self, plan: &Plan) -> anyhow::Result<()> {
        let definition = self.definition(plan.colour).await?;
        self.once(&definition, &plan.survey.target.digest, "expand", &["migrate", "expand"]).await.map(drop)
    }

    async fn start(&self, plan: &Plan) -> anyhow::Result<()> {
        let deploy = plan.deploy.to_string();
        let project = &self.rendered().await?.name;
        for there in self.engine.containers(project, plan.colour).await? {
            let is_new = label(&there, engine::DEPLOY) == Some(&deploy);
            if is_new && is_running(&there) {
                return Ok(());
            }
            self.engine.remove(&there.id.unwrap_or_default()).await?;
        }
        let definition = self.definition(plan.colour).await?;
        let colour = plan.colour.as_str();
        let settings = [("PAKE_SERVER__RELEASE", deploy.as_str())];
        let labels = [
            (engine::COLOUR, colour),
            (engine::DEPLOY, deploy.as_str()),
            (engine::IMAGE, plan.survey.target.image.as_str()),
            (engine::PROJECT[0], project.as_str()),
        ];
        let body = definition.container(&plan.survey.target.digest, &settings, &labels);
        let id = self.engine.create(&format!("{project}-{colour}"), body, &definition.networks).await?;
        self.engine.start(&id).await
    }

    async fn ask(&self, door: Door, path: &str) -> anyhow::Result<Answer> {
        match door {
            Door::Socket(colour) => at_socket(&self.sockets().await?.join(socket(colour)), path).await,
            Door::Edge => at_edge(&self.edge().await?, path, Name::Deployer).await,
            Door::Person(number) => at_edge(&self.edge().await?, path, Name::Person(number)).await,
        }
    }

    async fn try_out(&self, plan: &Plan) -> anyhow::Result<()> {
        let definition = self.definition(plan.colour).await?;
        let listen = format!("unix:{}/{}", definition::SOCKETS, socket(plan.colour));
        self.once(&definition, &plan.survey.target.digest, "smoke", &["smoke", "--listen", &listen]).await.map(drop)
    }

    async fn log(&self, colour: Colour, lines: usize) -> anyhow::Result<Vec<String>> {
        match self.container(colour).await?.and_then(|container| container.id) {
            Some(id) => self.engine.log(&id, lines).await,
            None => Ok(Vec::new()),
        }
    }

    async fn point(&self, colour: Colour) -> anyhow::Result<()> {
        let link = self.sockets().await?.join(ACTIVE);
        whole_file::point(&link, Path::new(&socket(colour))).with_context(|| format!("cannot turn {}", link.display()))
    }

    async fn lead(&self, canary: Option<Canary>) -> anyhow::Result<()> {
        slots::lead(&self.sockets().await?, canary)
    }

    async fn let_in(&self, is_open: bool) -> anyhow::Result<()> {
        self.shut(!is_open).await
    }

    async fn restore(&self, plan: &Plan, data: Data) -> anyhow::Result<()> {
        self.put_back(plan, data).await
    }

    async fn rouse(&self, colour: Colour) -> anyhow::Result<()> {
        ensure!(self.wake(colour).await?, "{colour} does not take requests again: `pake logs {colour}` tells why");
        Ok(())
    }

    async fn halt(&self, colour: Colour) -> anyhow::Result<()> {
        for container in self.engine.containers(&self.rendered().await?.name, colour).await? {
            self.engine.stop(&container.id.unwrap_or_default()).await?;
        }
        Ok(())
    }

    async fn end(&self, colour: Colour) -> anyhow::Result<()> {
        for container in self.engine.containers(&self.rendered().await?.name, colour).await? {
            self.engine.signal(&container.id.unwrap_or_default()).await?;
        }
        Ok(())
    }

    async fn remove(&self, colour: Colour) -> anyhow::Result<()> {
        for container in self.engine.containers(&self.rendered().await?.name, colour).await? {
            self.engine.remove(&container.id.unwrap_or_default()).await?;
        }
        Ok(())
    }

    async fn keep(&self, colour: Colour) -> anyhow::Result<()> {
        let id = self.container(colour).await?.and_then(|container| container.id);
        self.engine.keep(&id.with_context(|| format!("the container of {colour} is gone"))?).await
    }

    async fn drop_backups(&self, keep: usize) -> anyhow::Result<()> {
        let backups = &self.site.backups;
        let Some(data) = self.definition(Colour::Blue).await?.data else { return Ok(()) };
        let folder = self.engine.volume(&data).await?;
        backups.old(keep)?.into_iter().try_for_each(|deploy| backups.drop(deploy, &folder))
    }

    async fn prune(&self, digests: &[String]) -> anyhow::Result<()> {
        for digest in digests {
            self.engine.remove_image(digest).await?;
        }
        Ok(())
    }
}

/// What `pake doctor --json` says of one thing.
#[derive(Debug, Deserialize)]
struct Finding {
    what: String,
    result: String,
    said: String,
    /// An older PAKE says it with what it has seen.
    #[serde(default)]
    remedy: Option<String>,
}

impl Finding {
    fn told(self) -> String {
        let Self { what, said, remedy, .. } = self;
        match remedy {
            Some(remedy) => format!("{what}: {said}; {remedy}"),
            None => format!("{what}: {said}"),
        }
    }
}

/// The file name of a colour's socket.
fn socket(colour: Colour) -> String {
    format!("{colour}.sock")
}

fn label<'a>(container: &'a ContainerInspectResponse, name: &str) -> Option<&'a String> {
    container.config.as_ref()?.labels.as_ref()?.get(name)
}

/// The memory that can still be had, by `/proc/meminfo`.
fn available(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

/// Asks compose what its files say, with all that is put into them.
#[expect(clippy::disallowed_methods, reason = "what compose reads out of its files only compose knows")]
async fn render(site: Site) -> anyhow::Result<Rendered> {
    let run = move || {
        let mut command = Command::new("docker");
        command.args(["compose", "--env-file", ".env.production", "--profile", "*"]);
        for file in &site.compose {
            command.arg("--file").arg(file);
        }
        command.args(["config", "--format", "json"]).current_dir(&site.folder).stdin(Stdio::null()).output()
    };
    let run = tokio::task::spawn_blocking(run).await?.context("cannot run `docker compose`; is it installed?")?;
    let said = String::from_utf8_lossy(&run.stderr);
    ensure!(run.status.success(), "`docker compose config` fails: {}", said.trim());
    serde_json::from_slice(&run.stdout).context("what `docker compose config` says is not understood")
}

#[cfg(test)]
mod tests {
    use super::Finding;

    #[test]
    fn what_the_doctor_finds_is_told_with_its_remedy_whichever_pake_says_it() {
        let found: Vec<Finding> = serde_json::from_str(
            r#"[{"what":"redis","result":"bad","said":"does not answer","remedy":"look whether it runs"},
                {"what":"redis","result":"bad","said":"does not answer: look whether it runs"}]"#,
        )
        .unwrap();
        let told: Vec<_> = found.into_iter().map(Finding::told).collect();
        assert_eq!(
            told,
            ["redis: does not answer; look whether it runs", "redis: does not answer: look whether it runs"]
        );
    }
}
